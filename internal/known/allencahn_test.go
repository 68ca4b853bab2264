package known

import (
	"math"
	"testing"
)

// With reaction 0 the kink is the solution of the heat equation with diffusion 1e-4 from −x², continued periodically.
// The numbers are its Fourier series, −1/3 − 4/π² Σ (−1)^k e^{−επ²k²t}/k² cos kπx, summed by mpmath to 1e-25.
func TestKinkSolvesTheHeatEquation(t *testing.T) {
	p := allenCahn{diffusion: 1e-4}
	for _, c := range []struct{ t, x, want float64 }{
		{0.001, 1, -0.99928655035353889},
		{0.001, 0.999, -0.99799331470710723},
		{0.01, 0.99, -0.98010199999999941},
		{0.5, 0.97, -0.94098471382731809},
		{1, 1, -0.97763241665808975},
		{1, 0.2, -0.0402},
	} {
		near(t, "w", p.kink(c.t).at(c.x), c.want, 1e-15)
	}
	for _, x := range []float64{0, 0.3, 1} {
		near(t, "w(0,x)", p.kink(0).at(x), -x*x, 0)
	}
}

// Halving step and spacing must bring the field closer by the factor that the table at allenCahn states, also beside the
// kink at early times, where it is hardest. TestAllenCahnAgainstOthers holds the finest row to 1e-9.
func TestAllenCahnConverges(t *testing.T) {
	s := shared(t, "allen_cahn", nil)
	best := s.field()
	early := region{axes: besideTheKink}
	for _, c := range []struct {
		modes, steps int
		allowed      float64
	}{{512, 500, 1e-5}, {1024, 1000, 2e-8}} {
		f := allenCahn{diffusion: 1e-4, reaction: 5, modes: c.modes, steps: c.steps, stride: 5}.solve()
		var u, v [1]float64
		worst := 0.0
		for _, box := range []region{s.within, early} {
			for p := range box.lattice(10_000) {
				f(u[:], p)
				best(v[:], p)
				worst = math.Max(worst, math.Abs(u[0]-v[0]))
			}
		}
		if t.Logf("%d modes, %d steps: largest difference %.2g", c.modes, c.steps, worst); !(worst <= c.allowed) {
			t.Errorf("%d modes, %d steps: largest difference %.2g, allowed %.2g", c.modes, c.steps, worst, c.allowed)
		}
	}
}

// The field is even, so the mirror image is exact, not only close.
func TestAllenCahnIsEven(t *testing.T) {
	s := shared(t, "allen_cahn", nil)
	for _, x := range []float64{1e-5, 0.3, 0.9999, 1} {
		points, u := []float64{0.37, x, 0.37, -x}, make([]float64, 2)
		if err := s.Eval(u, points); err != nil {
			t.Fatal(err)
		}
		near(t, "u(-x)", u[1], u[0], 0)
	}
}
