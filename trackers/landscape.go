package trackers

import (
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
// Beside it stands each L_i without weights. The plane is spanned by two directions. Random ones are drawn once and scaled anew at
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

	history[LossLandscapeValue]
	interval, n int
	part        *crux.Fact[*crux.Part]
	of          total
	axis        []float64
	raw         [2][]float64
	filters     [][]int // entries of θ that are scaled together
	grads       *crux.Fact[*mat.Dense]
	pathMu      sync.Mutex
	path        path // for PCADirection
}

// LossLandscapeValue is one measurement on an n×n grid.
type LossLandscapeValue struct {
	N           int
	Loss        []float64   // n×n, row by row: row a, column b
	Constraints [][]float64 // the same for each L_i, unweighted
	Weights     []float64   // w_i in Loss: those of the step, or 1 if unweighted
	Training    bool        // Loss is the training loss: its weights were not left out
	// Directions are d₁ and d₂, scaled, one entry for each selected parameter; only if Along names one that belongs to the
	// step. Otherwise those of the result, scaled to θ, are meant.
	Directions [2][]float64
}

// At is the loss at entry i of the axis along d₁ and j along d₂. Like a slice, it panics when one is out of range.
func (v LossLandscapeValue) At(i, j int) float64 { return v.Loss[i*v.N : (i+1)*v.N][j] }

func (v LossLandscapeValue) clone() LossLandscapeValue {
	v.Loss, v.Constraints, v.Weights = slices.Clone(v.Loss), cloneRows(v.Constraints), slices.Clone(v.Weights)
	v.Directions = [2][]float64{slices.Clone(v.Directions[0]), slices.Clone(v.Directions[1])}
	return v
}

// LossLandscapeResult is the whole history: S surfaces.
type LossLandscapeResult struct {
	Epochs     []int
	Surfaces   []*mat.Dense   // of the training loss, n×n, or of the unweighted one
	PerLoss    [][]*mat.Dense // PerLoss[s][i]: of L_i, unweighted
	Weights    *mat.Dense     // S×N: w_i in Surfaces
	Axis       []float64      // n
	Directions [2][]float64   // fixed ones, before scaling, P entries each
	Measured   [][2][]float64 // Measured[s]: those of measurement s, scaled; nil if Along names none of the step
}

// OnSolveBegin implements crux.Callback.
func (t *LossLandscape) OnSolveBegin(_ context.Context, r *crux.Run) error {
	var err error
	if t.interval, err = interval(t.Interval, 500); err != nil {
		return err
	}
	if t.n, err = count("Grid", t.Grid, 15, 2); err != nil {
		return err
	}
	alpha := t.AlphaRange
	if alpha == 0 {
		alpha = 1
	}
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
		if t.grads, err = r.GradientsOf(t.Mask, func(s *crux.Step) bool { return t.due(s, t.interval) }); err != nil {
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
	return t.adopt(t.n, len(all), t.of.kind())
}

// direct draws the directions, or checks the given ones.
func (t *LossLandscape) direct(r *crux.Run) error {
	rng := r.Solver().Stream(fmt.Sprintf("tracker/landscape/%d", t.Seed))
	for k, d := range t.Directions {
		switch {
		case d == nil:
			t.raw[k] = make([]float64, r.Parameters())
			for i := range t.raw[k] {
				t.raw[k][i] = rng.NormFloat64()
			}
		case len(d) != r.Parameters():
			return fmt.Errorf("direction %d has %d entries, the problem has %d parameters", k+1, len(d), r.Parameters())
		default:
			for i, x := range d {
				if math.IsNaN(x) || math.IsInf(x, 0) {
					return fmt.Errorf("direction %d: entry %d is %v", k+1, i, x)
				}
			}
			t.raw[k] = slices.Clone(d)
		}
	}
	return nil
}

// filters lists the selected entries of θ that get a common norm: all of them if global, otherwise the column of each
// output unit of each weight matrix, which is stored inputs×outputs, row by row.
func filters(r *crux.Run, columns []int, global bool) [][]int {
	in := make([]bool, r.Parameters())
	for i := range in {
		in[i] = columns == nil
	}
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
	if !t.due(s, t.interval) {
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
		N: t.n, Loss: make([]float64, t.n*t.n), Constraints: make([][]float64, len(s.Losses)),
		Weights: t.of.weights(s), Training: !t.Unweighted,
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
	t.publish(s.Epoch, v)
	return nil
}

// Result is a copy of the history.
func (t *LossLandscape) Result() LossLandscapeResult {
	epochs, vs := t.all()
	r := LossLandscapeResult{Epochs: epochs, Axis: slices.Clone(t.axis)}
	r.Weights = matrix(vs, func(v LossLandscapeValue) []float64 { return v.Weights })
	for k, d := range t.raw {
		r.Directions[k] = slices.Clone(d)
	}
	for _, v := range vs {
		r.Surfaces = append(r.Surfaces, mat.NewDense(v.N, v.N, v.Loss))
		var per []*mat.Dense
		for _, l := range v.Constraints {
			per = append(per, mat.NewDense(v.N, v.N, l))
		}
		r.PerLoss = append(r.PerLoss, per)
		if t.moving() {
			r.Measured = append(r.Measured, v.Directions)
		}
	}
	return r
}

// Arrays are epochs (S), landscapes (S,n,n) of the training loss, or of the unweighted one, and axis (n); beside them
// constraint_landscapes (S,N,n,n) of the unweighted L_i, weights (S,N), the w_i in landscapes, and the unscaled directions (2,P), and
// with an Along of the step measured_directions (S,2,p) of the p selected parameters.
func (t *LossLandscape) Arrays() []Array {
	epochs, vs := t.all()
	s, constraints := len(vs), 0
	if s > 0 {
		constraints = len(vs[0].Constraints)
	}
	weights := func(v LossLandscapeValue) []float64 { return v.Weights }
	arrays := []Array{
		intArray("epochs", epochs),
		floatArray("landscapes", stack(vs, func(v LossLandscapeValue) []float64 { return v.Loss }), s, t.n, t.n),
		floatArray("axis", slices.Clone(t.axis), t.n),
		floatArray("constraint_landscapes", stack(vs, func(v LossLandscapeValue) []float64 { return slices.Concat(v.Constraints...) }), s, constraints, t.n, t.n),
		floatArray("weights", stack(vs, weights), s, width(vs, weights)),
		floatArray("directions", slices.Concat(t.raw[0], t.raw[1]), 2, len(t.raw[0])),
	}
	if t.moving() {
		both := func(v LossLandscapeValue) []float64 { return slices.Concat(v.Directions[0], v.Directions[1]) }
		arrays = append(arrays, floatArray("measured_directions", stack(vs, both), s, 2, width(vs, both)/2))
	}
	return arrays
}
