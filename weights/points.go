package weights

import (
	"fmt"
	"math"
	"slices"
)

// PointScheme weighs the points of one constraint. In training the loss of the constraint is
//
//	L̃ = Σ_k μ_k ρ(r_k) / nK  in place of  L = Σ_k ρ(r_k) / nK
//
// for n points and K components (mse: ρ(r) = r²), with μ constant to differentiation and within a step. Everything that watches,
// and every [Scheme], sees L. A PointScheme belongs to one constraint of one problem.
type PointScheme interface {
	// WeighPoints writes the weights μ of step p.Epoch, finite and not negative, one for each point. It is asked once for each step,
	// in order, as Scheme.Weigh is. It keeps no slice.
	WeighPoints(dst []float64, p Points) error
}

// PointChecker is a PointScheme that finds mistakes in its options before the first step.
type PointChecker interface {
	// CheckPoints gets the names of the points' coordinates.
	CheckPoints(coords []string) error
}

// Finisher is a PointScheme that can tell that training has reached its end. The run then stops with this reason.
type Finisher interface {
	Finished() (reason string, ok bool)
}

// Points are the n points of a constraint and what was measured at the m points of the step before. At the very first step
// the measurement is that of θ_0 at the points themselves.
type Points struct {
	Epoch    int
	Coords   []string  // names of the d coordinates
	Lo, Hi   []float64 // bounds of the coordinates on the whole domain
	X        []float64 // n×d, row by row
	At       []float64 // m×d, points of the measurement: X where they have not moved
	From     []int     // place of each point in At, −1 for a new one; nil means that X is At
	Residual []float64 // |r| at the points At, the Euclidean norm over components
	Loss     []float64 // what each of them contributes: L is the mean of Loss, but for a quadrature rule
}

// advance brings λ, a number for each point that follows the point, to a step: observe changes it by the measurement, once for each
// step that is a multiple of interval. A point that stays where it was, to the last bit, keeps its λ; a new one begins with the mean of
// all.
func advance(what string, lambda *[]float64, p Points, interval int, start float64, observe func(lambda []float64)) error {
	m := len(p.Residual)
	if len(*lambda) == 0 {
		*lambda = slices.Repeat([]float64{start}, m)
	}
	if len(*lambda) != m {
		return fmt.Errorf("weights: %s has weights for %d points, and %d were measured; "+
			"give each constraint of each problem a scheme of its own", what, len(*lambda), m)
	}
	if p.Epoch%max(1, interval) == 0 {
		observe(*lambda)
	}
	*lambda = follow(*lambda, p.From)
	return nil
}

// follow gives each point the value that it had, and a new one the mean of all. Nil are points that have not moved.
func follow(x []float64, from []int) []float64 {
	if from == nil || len(x) == 0 {
		return x
	}
	var mean float64
	for _, v := range x {
		mean += v / float64(len(x))
	}
	y := make([]float64, len(from))
	for k, i := range from {
		if y[k] = mean; i >= 0 {
			y[k] = x[i]
		}
	}
	return y
}

func checkInterval(what string, n int) error {
	if n < 0 {
		return fmt.Errorf("weights: %s: Interval is %d; it must be at least 1, and 0 means 1", what, n)
	}
	return nil
}

// notNegative checks an option where 0 is a choice.
func notNegative(option string, v float64) error {
	if !(v >= 0) || math.IsInf(v, 0) {
		return fmt.Errorf("weights: %s is %v; it must be finite and not negative", option, v)
	}
	return nil
}
