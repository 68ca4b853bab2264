package known

import (
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
)

// region is where a solution is stated: a box.
type region struct{ axes []axis }

// slack is how far outside a point may lie, as a fraction of the width of the region.
const slack = 1e-9

func (r region) names() []string {
	names := make([]string, len(r.axes))
	for i, a := range r.axes {
		names[i] = a.name
	}
	return names
}

// contains returns nil for a point of the region and otherwise says why p is not one.
func (r region) contains(p []float64) error {
	for i, a := range r.axes {
		tol := slack * (a.upper - a.lower)
		if !(p[i] >= a.lower-tol && p[i] <= a.upper+tol) { // also refuses NaN
			return fmt.Errorf("%s = %g is outside [%g, %g]", a.name, p[i], a.lower, a.upper)
		}
	}
	return nil
}

// draw sets p to a uniform random point of the region.
func (r region) draw(p []float64, rng *rand.Rand) {
	for i, a := range r.axes {
		p[i] = a.lower + rng.Float64()*(a.upper-a.lower)
	}
}

// lattice yields about n points spread evenly over the region: in d dimensions the Kronecker sequence
// frac(i/φ, i/φ², …, i/φ^d), where φ is the positive root of φ^(d+1) = φ + 1 (M. Roberts's generalised golden ratio).
// The slice is reused.
func (r region) lattice(n int) iter.Seq[[]float64] {
	phi := 1.5
	for range 60 { // a contraction: converged to rounding
		phi = math.Pow(1+phi, 1/float64(len(r.axes)+1))
	}
	return func(yield func([]float64) bool) {
		p := make([]float64, len(r.axes))
		for i := range n {
			for k, a := range r.axes {
				_, frac := math.Modf(0.5 + float64(i)*math.Pow(phi, -float64(k+1)))
				p[k] = a.lower + frac*(a.upper-a.lower)
			}
			if !yield(p) {
				return
			}
		}
	}
}
