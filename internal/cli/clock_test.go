package cli

import (
	"math"
	"testing"
)

// A way whose error falls is left alone where it comes to a solution in the time that is left, and only there. The first two are runs of
// b_of_u and beam_moving of testdata/issues after half of their two minutes.
func TestExpected(t *testing.T) {
	for _, x := range []struct {
		name        string
		before, now float64
		tenths      int
		want        float64
	}{
		{"falls by powers of ten", 1.4e-2, 3.1e-3, 5, 3.1e-3 * math.Pow(3.1/14, 5)},
		{"stalls", 0.27, 0.25, 5, 0.25 * math.Pow(0.25/0.27, 5)},
		{"rises", 0.25, 0.3, 5, 0.3},
		{"a first look, which has none before it", 0, 0.25, 5, 0.25},
		{"no number", math.NaN(), 0.25, 5, 0.25},
	} {
		if got := expected(x.before, x.now, x.tenths); math.Abs(got/x.want-1) > 1e-12 {
			t.Errorf("%s: %v, want %v", x.name, got, x.want)
		}
	}
}
