package known

import (
	"math"
	"testing"
)

// probe looks at a solution around one point. Its derivatives are numerical, so they share nothing with the formulae.
type probe struct {
	f     formula
	p     []float64
	width int
	step  float64 // the first step of the differences; the solution must be smooth that far around p
}

// at returns field k at the point moved by shift along an axis.
func (q probe) at(k, axis int, shift float64) float64 {
	p := append([]float64(nil), q.p...)
	p[axis] += shift
	dst := make([]float64, q.width)
	q.f(dst, p)
	return dst[k]
}

// u returns field k.
func (q probe) u(k int) float64 { return q.at(k, 0, 0) }

// d returns ∂(field k)/∂(axis): central differences, extrapolated to step 0.
func (q probe) d(k, axis int) float64 {
	return extrapolate(q.step, func(h float64) float64 {
		return (q.at(k, axis, h) - q.at(k, axis, -h)) / (2 * h)
	})
}

// dd returns the second derivative of field k along an axis.
func (q probe) dd(k, axis int) float64 {
	middle := q.u(k)
	return extrapolate(q.step, func(h float64) float64 {
		return (q.at(k, axis, h) - 2*middle + q.at(k, axis, -h)) / (h * h)
	})
}

// extrapolate returns the limit of f at 0 by Richardson's method, for an f that is even in h. Of the whole
// table it keeps the entry that agrees best with its neighbours, since rounding spoils the last ones
// (C. J. F. Ridders, Adv. Eng. Software 4, 1982, 75–76).
func extrapolate(h float64, f func(h float64) float64) float64 {
	const ratio, levels = 1.6, 12
	var row, last [levels]float64
	best, bestError := math.NaN(), math.Inf(1)
	for i := range levels {
		row[0] = f(h)
		factor := ratio * ratio
		for j := 1; j <= i; j++ {
			row[j] = (factor*row[j-1] - last[j-1]) / (factor - 1)
			factor *= ratio * ratio
			if e := math.Max(math.Abs(row[j]-row[j-1]), math.Abs(row[j]-last[j-1])); e <= bestError {
				best, bestError = row[j], e
			}
		}
		last = row
		h /= ratio
	}
	return best
}

func TestExtrapolatedDerivatives(t *testing.T) {
	f := func(dst, p []float64) { dst[0] = math.Exp(math.Sin(3 * p[0])) }
	for _, x := range []float64{-0.7, 0, 0.4} {
		q := probe{f: f, p: []float64{x}, width: 1, step: 0.1}
		s, c, e := math.Sin(3*x), math.Cos(3*x), math.Exp(math.Sin(3*x))
		near(t, "first derivative", q.d(0, 0), 3*c*e, 1e-11)
		near(t, "second derivative", q.dd(0, 0), 9*(c*c-s)*e, 1e-8)
	}
}

// near fails when got differs from want by more than tol, absolutely or relative to want.
func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*math.Max(1, math.Abs(want))) {
		t.Errorf("%s: got %.17g, want %.17g, off by %.2g (allowed %.2g)", what, got, want, math.Abs(got-want), tol)
	}
}
