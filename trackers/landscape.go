package trackers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/crux"
	ph "github.com/crux-pinn/crux/placeholder"
)

// LossLandscape samples the training loss on a plane through the parameters,
//
//	F(a, b) = L(θ + a d₁ + b d₂),  a, b ∈ linspace(−α, α, n),  L = (1/N) Σ w_i L_i
//
// with the weights of the step at which it fires, those of points included, all over the plane: its centre is the loss of that step.
// With it comes each L_i without weights. The plane is spanned by two directions. Random ones are drawn once and rescaled at
// each measurement, filter by filter: the incoming weights of each output unit get the norm they have in θ; biases and scalar
// parameters are not moved. Then the picture does not depend on how the weights are scaled between layers. Global scales each
// direction as a whole to the norm of θ. Along takes the gradient, the Hessian's leading eigenvectors or the principal components of
// the run's path instead.
//
// How to read it: a smooth bowl trains with anything. A narrow valley wants a quasi-Newton method; walls and chaos away from the
// centre mean a learning rate or an initialisation that is too large. Two directions show little of P: compare over time.
//
// Cost: n² evaluations of the losses, each about 0.38 of a training step: 86 steps for n = 15. With a mask of the output
// layer the layers below it are evaluated once, and a surface costs a few steps. See Li et al. (2018), arXiv 1712.09913.
type LossLandscape struct {
	Interval   int          // steps between measurements; 0 means 500
	Mask       ph.Selector  // parameters moved; nil means all
	Grid       int          // points n along each axis; 0 means 15
	AlphaRange float64      // α; 0 means 1
	Unweighted bool         // take w_i = 1, and 1 for the points: to compare steps between which the weights change
	Global     bool         // scale each direction as a whole
	Directions [2][]float64 // unscaled directions, P entries each; nil means random ones
	Along      [2]Direction // what the directions are; 0 means random or those of Directions
	Seed       uint64       // of the random directions

	History[LossLandscapeValue]
	n       int
	part    *crux.Fact[*crux.Part]
	of      total
	axis    []float64
	raw     []float64 // both directions before they are scaled, one after the other
	filters [][]int   // entries of θ that are scaled together
	grads   *crux.Fact[*mat.Dense]
	pathMu  sync.Mutex
	path    path // for PCADirection
}

// OnSolveBegin implements crux.Callback.
func (t *LossLandscape) OnSolveBegin(_ context.Context, r *crux.Run) error {
	var err error
	if t.n, err = count("Grid", t.Grid, 15, 2); err != nil {
		return err
	}
	alpha := cmp.Or(t.AlphaRange, 1)
	if !(alpha > 0) || math.IsInf(alpha, 0) {
		return fmt.Errorf("AlphaRange is %v; it must be positive, and 0 means 1", alpha)
	}
	t.axis = floats.Span(make([]float64, t.n), -alpha, alpha)
	columns, err := selected(r, t.Mask)
	if err != nil {
		return err
	}
	purposes := []crux.Purpose{crux.ForLosses}
	if slices.Contains(t.Along[:], CurvatureDirection) {
		purposes = append(purposes, hvp(t.Unweighted))
	}
	if t.part, err = r.Part(t.Mask, purposes...); err != nil {
		return err
	}
	if err := t.checkAlong(); err != nil {
		return err
	}
	all, err := r.Constraints()
	if err != nil {
		return err
	}
	t.of = total{all, t.Unweighted}
	if t.Unweighted && slices.Contains(t.Along[:], GradientDirection) {
		if t.grads, err = r.GradientsOf(t.Mask); err != nil {
			return err
		}
	}
	t.filters = filters(r, columns, t.Global)
	drawn := slices.ContainsFunc(t.Along[:], func(d Direction) bool { return d == RandomDirection || d == PCADirection })
	if drawn && len(t.filters) == 0 {
		return errors.New("mask: it selects no weight matrix, and biases and scalars are not moved; select weights, or set Global")
	}
	if err := t.direct(r); err != nil {
		return err
	}
	return t.Begin(t.Interval, 500, t.n, len(all), t.of.kind())
}

// direct draws the directions, or checks the given ones.
func (t *LossLandscape) direct(r *crux.Run) error {
	rng := r.Solver().Stream(fmt.Sprintf("tracker/landscape/%d", t.Seed))
	t.raw = make([]float64, 0, 2*r.Parameters())
	for k, d := range t.Directions {
		switch {
		case d == nil:
			for range r.Parameters() {
				t.raw = append(t.raw, rng.NormFloat64())
			}
		case len(d) != r.Parameters():
			return fmt.Errorf("direction %d has %d entries, the problem has %d parameters", k+1, len(d), r.Parameters())
		default:
			for i, x := range d {
				if math.IsNaN(x) || math.IsInf(x, 0) {
					return fmt.Errorf("direction %d: entry %d is %v", k+1, i, x)
				}
			}
			t.raw = append(t.raw, d...)
		}
	}
	return nil
}

// filters lists the selected entries of θ that get a common norm: all of them if global, otherwise the column of each
// output unit of each weight matrix, which is stored inputs×outputs, row by row.
func filters(r *crux.Run, columns []int, global bool) [][]int {
	in := make([]bool, r.Parameters())
	for _, i := range columns {
		in[i] = true
	}
	var fs [][]int
	add := func(from, to, step int) {
		var f []int
		for i := from; i < to; i += step {
			if in[i] {
				f = append(f, i)
			}
		}
		if len(f) > 0 {
			fs = append(fs, f)
		}
	}
	if global {
		add(0, len(in), 1)
		return fs
	}
	at := 0
	for _, p := range r.Solver().Parameters() {
		if p.Fixed {
			continue
		}
		if len(p.Shape) == 2 {
			for j := range p.Shape[1] {
				add(at+j, at+len(p.Data), p.Shape[1])
			}
		}
		at += len(p.Data)
	}
	return fs
}

// scaled is d with every filter f replaced by d_f ‖θ_f‖/(‖d_f‖ + 1e-12), and 0 elsewhere.
func (t *LossLandscape) scaled(d, theta []float64) []float64 {
	out := make([]float64, len(d))
	for _, f := range t.filters {
		c := floats.Norm(take(theta, f), 2) / (floats.Norm(take(d, f), 2) + 1e-12)
		for _, i := range f {
			out[i] = c * d[i]
		}
	}
	return out
}

// OnStep implements crux.Callback.
func (t *LossLandscape) OnStep(ctx context.Context, s *crux.Step) error {
	t.follow(s)
	if !t.Due(s) {
		return nil
	}
	part, err := t.part.At(ctx, s)
	if err != nil {
		return err
	}
	theta := part.Theta()
	ds, err := t.measured(ctx, s, part, theta)
	if err != nil {
		return err
	}
	v := LossLandscapeValue{
		N: t.n, Axis: t.axis, Loss: make([]float64, t.n*t.n), Constraints: make([][]float64, len(s.Losses)),
		Weights: t.of.weights(s), Training: !t.Unweighted, Masked: t.Mask != nil, Unscaled: t.raw,
	}
	if t.moving() {
		v.Directions = ds
	}
	for i := range v.Constraints {
		v.Constraints[i] = make([]float64, t.n*t.n)
	}
	row, at, losses := make([]float64, len(theta)), make([]float64, len(theta)), make([]float64, len(s.Losses))
	for i, a := range t.axis {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		floats.AddScaledTo(row, theta, a, ds[0])
		for j, b := range t.axis {
			floats.AddScaledTo(at, row, b, ds[1])
			if v.Loss[i*t.n+j], err = t.of.at(part, losses, at); err != nil {
				return err
			}
			for k, l := range losses {
				v.Constraints[k][i*t.n+j] = l
			}
		}
	}
	return t.Publish(s, v)
}
