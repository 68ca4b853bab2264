package seed_test

import (
	"testing"

	"github.com/crux-pinn/crux/internal/seed"
)

func TestStreamsAreNamedAndRepeatable(t *testing.T) {
	a, b := seed.Stream(1, "points"), seed.Stream(1, "points")
	for range 100 {
		if a.Uint64() != b.Uint64() {
			t.Fatal("the same root and name give different numbers")
		}
	}
	first := map[uint64]string{}
	for _, s := range []struct {
		root uint64
		name string
	}{{1, "a"}, {2, "a"}, {1, "b"}, {1, ""}, {0, "a"}} {
		x := seed.Stream(s.root, s.name).Uint64()
		if other, ok := first[x]; ok {
			t.Errorf("%v starts like %s", s, other)
		}
		first[x] = s.name
	}
}
