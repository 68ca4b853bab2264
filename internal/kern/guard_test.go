package kern

import (
	"math/rand/v2"
	"testing"
)

// guarded is a slice with sentinels on both sides, which writes out of bounds would change.
type guarded[T Float] struct {
	all []T
	off int
	n   int
}

const guardLen = 40

const sentinel = -12345.5

// newGuarded places n elements at an offset from a cache line.
func newGuarded[T Float](n, offset int) *guarded[T] {
	g := &guarded[T]{all: AlignedSlice[T](n + 2*guardLen + offset), off: guardLen + offset, n: n}
	for i := range g.all {
		g.all[i] = sentinel
	}
	return g
}

func (g *guarded[T]) slice() []T { return g.all[g.off : g.off+g.n : g.off+g.n] }

func (g *guarded[T]) fill(rng *rand.Rand) []T {
	s := g.slice()
	for i := range s {
		s[i] = T(rng.NormFloat64())
	}
	return s
}

func (g *guarded[T]) check(t *testing.T, what string) {
	t.Helper()
	for i, v := range g.all {
		if (i < g.off || i >= g.off+g.n) && v != sentinel {
			t.Fatalf("%s: wrote element %d of %d", what, i-g.off, g.n)
		}
	}
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }
