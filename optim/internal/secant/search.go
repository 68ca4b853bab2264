package secant

import (
	"context"
	"math"

	"github.com/crux-pinn/crux/optim/internal/vec"
)

// Func writes the gradient at theta and returns the loss there.
type Func func(ctx context.Context, grad, theta []float64) (float64, error)

// Search finds a step length α along p with the strong Wolfe conditions on φ(α) = L(θ + αp),
//
//	φ(α) ≤ φ(0) + c₁·α·φ′(0)        |φ′(α)| ≤ c₂·|φ′(0)|,
//
// by bracketing and cubic interpolation (Nocedal & Wright 2006, Algorithms 3.5 and 3.6, here as one loop). Each trial
// is one evaluation of loss and gradient.
//
// Departures: a trial whose loss or slope is not finite bounds the step from above and is never interpolated through;
// the bracket is bisected when interpolation shrinks it too slowly (Moré & Thuente 1994, section 4); the number of
// trials is bounded, and when they are used up the best point with sufficient decrease is taken, if there is one.
type Search struct {
	MaxTrials int

	X, G         []float64 // the trial being evaluated; on success the accepted point and its gradient
	bestX, bestG []float64 // those of lo
}

const (
	wolfeC1 = 1e-4 // sufficient decrease
	wolfeC2 = 0.9  // curvature; loose, as quasi-Newton steps of length 1 are good
)

func (ls *Search) Reset(n int) {
	ls.X, ls.G = make([]float64, n), make([]float64, n)
	ls.bestX, ls.bestG = make([]float64, n), make([]float64, n)
}

// Trial is one point of φ.
type Trial struct {
	Alpha, F, slope float64
	finite          bool
}

// Run searches from theta, where the loss is f0 and the slope along p is slope0 < 0, starting with step alpha. ok
// tells that a lower point was found, which is then in ls.X and ls.G. theta is not changed.
func (ls *Search) Run(ctx context.Context, f Func, theta, p []float64, f0, slope0, alpha float64) (accepted Trial, ok bool, err error) {
	start := Trial{0, f0, slope0, true}
	lo, hi := start, Trial{} // lo: the lowest point with sufficient decrease. hi: the other end of the bracket,
	bracketed := false       // once there is one
	width := math.Inf(1)     // of the bracket
	for range ls.MaxTrials {
		t, err := ls.evaluate(ctx, f, theta, p, alpha)
		if err != nil {
			return lo, false, err
		}
		switch {
		case !t.finite || t.F > f0+wolfeC1*alpha*slope0 || t.F >= lo.F:
			hi, bracketed = t, true
		case math.Abs(t.slope) <= -wolfeC2*slope0:
			return t, true, nil
		default:
			// The minimum lies on the side of t to which φ falls.
			if rising := t.slope >= 0; rising == (t.Alpha > lo.Alpha) {
				hi, bracketed = lo, true
			} else if !bracketed {
				hi = lo // for extrapolation
			}
			lo = t
			ls.X, ls.bestX = ls.bestX, ls.X
			ls.G, ls.bestG = ls.bestG, ls.G
		}

		if !bracketed {
			alpha = extrapolate(hi, lo)
			continue
		}
		before := width
		width = math.Abs(hi.Alpha - lo.Alpha)
		if width <= 1e-15*max(hi.Alpha, lo.Alpha) {
			break // nothing representable between the ends
		}
		alpha = interpolate(lo, hi, width > 0.66*before)
	}
	if lo.Alpha == 0 {
		return lo, false, nil
	}
	ls.X, ls.bestX = ls.bestX, ls.X
	ls.G, ls.bestG = ls.bestG, ls.G
	return lo, true, nil
}

// evaluate computes φ(α) and φ′(α).
func (ls *Search) evaluate(ctx context.Context, f Func, theta, p []float64, alpha float64) (Trial, error) {
	t := Trial{Alpha: alpha}
	if err := ctx.Err(); err != nil {
		return t, err
	}
	for i := range ls.X {
		ls.X[i] = theta[i] + alpha*p[i]
	}
	if vec.FirstNonFinite(ls.X) >= 0 {
		return t, nil // too far to evaluate
	}
	var err error
	if t.F, err = f(ctx, ls.G, ls.X); err != nil {
		return t, err
	}
	t.slope = vec.Dot(ls.G, p)
	t.finite = vec.Finite(t.F) && vec.Finite(t.slope)
	return t, nil
}

// extrapolate goes beyond t by the secant through the slopes at the two latest points, between 1.1 and 4 times the
// distance of those (Moré & Thuente 1994, section 4).
func extrapolate(before, t Trial) float64 {
	d := t.Alpha - before.Alpha
	step := 4 * d
	if t.slope > before.slope {
		step = min(step, t.slope/(before.slope-t.slope)*d)
	}
	return t.Alpha + max(step, 1.1*d)
}

// interpolate picks a point strictly between the ends of the bracket: the minimum of the cubic through both losses and
// slopes, kept a tenth of the width away from the ends; the middle when asked to bisect or when there is no cubic.
func interpolate(lo, hi Trial, bisect bool) float64 {
	w := hi.Alpha - lo.Alpha
	if !hi.finite {
		return lo.Alpha + 0.1*w // the loss blew up: come back quickly
	}
	r := 0.5
	if !bisect {
		// Nocedal & Wright (3.59) with lo as origin and w as unit of length.
		d0, d1 := lo.slope*w, hi.slope*w
		z := d0 + d1 - 3*(hi.F-lo.F)
		if q := math.Sqrt(z*z - d0*d1); vec.Finite(q) {
			// 1 − (d1 + q − z)/(d1 − d0 + 2q), written without cancellation of the quotient from 1.
			r = (q + z - d0) / (d1 - d0 + 2*q)
		}
		if !vec.Finite(r) {
			r = 0.5
		}
		r = min(max(r, 0.1), 0.9)
	}
	return lo.Alpha + r*w
}
