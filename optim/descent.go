package optim

import (
	"context"
	"fmt"
	"math"
)

// curvature is a model of the inverse Hessian, learnt from steps.
type curvature interface {
	// reset makes the model empty, for n parameters.
	reset(n int)
	// empty tells that nothing has been learnt, so that the model is the identity.
	empty() bool
	// direction writes p = −H·g.
	direction(p, g []float64)
	// learn takes in a step along the last direction, or along −g when the model is empty.
	learn(st step)

	save(w *stateWriter)
	// load reads what save wrote for n parameters and returns a function that adopts it.
	load(r *stateReader, n int) func()
}

// step is what a curvature model learns from.
type step struct {
	s, y     []float64 // the change of θ and of the gradient
	from, to []float64 // the gradients before and after, y = to − from
	alpha    float64   // the step length, s = α·p
	sy       float64   // sᵀy > 0
}

// descent is the step shared by quasi-Newton methods: a direction from the curvature model, a line search, and what to
// do when either fails.
type descent struct {
	resumable
	name    string
	form    string // of the model, where there are several; part of the state's kind
	model   curvature
	gradTol float64
	// foresee starts the line search where the last step's progress suggests, not at 1. It suits models whose
	// self-scaling makes H large: on this package's test problem it saves a quarter of the evaluations.
	foresee  bool
	search   lineSearch
	progress progress

	g, p, s, y []float64
}

// minCos is the smallest cosine between s and y that is learnt from: below, sᵀy is rounding error.
const minCos = 1e-14

func (d *descent) init(params []Param, name string, model curvature, gradTol float64, maxTrials int) error {
	if !(gradTol >= 0) {
		return fmt.Errorf("optim: %s: GradTol %v; it must be a number that is not negative", name, gradTol)
	}
	if maxTrials < 0 {
		return fmt.Errorf("optim: %s: MaxTrials %d; it must not be negative", name, maxTrials)
	}
	if maxTrials == 0 {
		maxTrials = 30
	}
	d.name, d.model, d.gradTol = name, model, gradTol
	d.search.maxTrials = maxTrials
	return d.resumable.init(params, d.fresh, d.restore)
}

// fresh makes the state for a new layout.
func (d *descent) fresh() error {
	n := d.layout.n
	d.model.reset(n)
	d.progress = progress{}
	d.search.reset(n)
	d.g, d.p, d.s, d.y = make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	return nil
}

func (d *descent) step(ctx context.Context, f Objective, theta []float64) (float64, error) {
	if err := d.layout.check(d.name, theta); err != nil {
		return math.NaN(), err
	}
	if err := ctx.Err(); err != nil {
		return math.NaN(), err
	}
	loss, err := f.Grad(ctx, d.g, theta)
	if err != nil {
		return loss, err
	}
	if err := entryError(d.name, loss, d.g); err != nil {
		return loss, err
	}
	if normInf(d.g) <= d.gradTol {
		return loss, d.converged(GradientTolerance, loss)
	}
	if d.progress.enter(loss); d.progress.flat >= flatSteps {
		return loss, d.converged(RoundOff, loss)
	}

	steepest := d.model.empty()
	var slope float64
	if !steepest {
		d.model.direction(d.p, d.g)
		slope = dot(d.p, d.g)
		steepest = !(slope < 0) || math.IsInf(slope, 0) // the model has lost its definiteness
	}
	for {
		alpha := 1.0
		switch {
		case steepest:
			for i, g := range d.g {
				d.p[i] = -g
			}
			slope = -dot(d.g, d.g)
			alpha = min(1, 1/norm2(d.g)) // no further than 1, as nothing is known yet
		case d.foresee:
			alpha = d.progress.firstAlpha(slope)
		}
		if !(slope < 0) || math.IsInf(slope, 0) { // ‖g‖² under- or overflows
			return loss, d.converged(NoProgress, loss)
		}
		t, ok, err := d.search.run(ctx, f, theta, d.p, loss, slope, alpha)
		if err != nil {
			return loss, err
		}
		if ok {
			d.accept(theta, loss, t, steepest)
			return loss, nil
		}
		if steepest {
			return loss, d.converged(NoProgress, loss)
		}
		steepest = true
	}
}

// accept moves theta to the point the search found and learns from the step.
func (d *descent) accept(theta []float64, loss float64, t trial, steepest bool) {
	for i, x := range d.search.x {
		d.s[i] = x - theta[i]
		d.y[i] = d.search.g[i] - d.g[i]
	}
	if steepest {
		d.model.reset(d.layout.n) // what was learnt led nowhere; only drop it now that there is something better
	}
	if sy := dot(d.s, d.y); sy > minCos*norm2(d.s)*norm2(d.y) {
		d.model.learn(step{d.s, d.y, d.g, d.search.g, t.alpha, sy})
	}
	copy(theta, d.search.x)
	d.progress.note(loss, t.f)
}

func (d *descent) converged(r Reason, loss float64) error {
	return &ConvergedError{Method: d.name, Reason: r, Loss: loss, Grad: normInf(d.g)}
}

// forget drops the curvature and what is known of progress.
func (d *descent) forget() {
	d.pending = nil
	if d.layout.known {
		d.model.reset(d.layout.n)
	}
	d.progress = progress{}
}

func (d *descent) kind() string { return "optim." + d.name + d.form + "/1" }

func (d *descent) state() ([]byte, error) {
	w, pending, err := d.begin(d.kind())
	if w == nil {
		return pending, err
	}
	d.progress.save(w)
	d.model.save(w)
	return w.b, nil
}

func (d *descent) restore(state []byte) error {
	r := d.open(d.kind(), state)
	g := loadProgress(r)
	adopt := d.model.load(r, d.layout.n)
	if err := r.finish(); err != nil {
		return err
	}
	d.progress = g
	adopt()
	return nil
}

// progress remembers how the last step went.
type progress struct {
	known bool
	loss  float64 // accepted by the last step
	drop  float64 // by how much it lowered the loss
	flat  int     // steps in a row that changed the loss by no more than its rounding error
}

const (
	flatSteps = 5
	roundOff  = 4 * 0x1p-52 // relative change of the loss that counts as none
)

func (g *progress) save(w *stateWriter) {
	w.bool(g.known)
	w.float(g.loss)
	w.float(g.drop)
	w.int(g.flat)
}

func loadProgress(r *stateReader) progress {
	return progress{known: r.bool(), loss: r.float(), drop: r.float(), flat: r.int()}
}

func (g *progress) note(before, after float64) {
	g.known, g.loss, g.drop = true, after, before-after
	if g.drop <= roundOff*math.Abs(before) {
		g.flat++
	} else {
		g.flat = 0
	}
}

// enter begins a step at the given loss. When it is not the one accepted last, the objective changed under the method
// (new points, new weights) and what is known of progress is void.
func (g *progress) enter(loss float64) {
	if g.known && loss != g.loss {
		*g = progress{}
	}
}

// firstAlpha is the length a step needs to lower a quadratic by as much as the last step did, at most 1 (Nocedal &
// Wright 2006, eq. 3.60, with their factor 1.01). The floor bounds what one poor step costs the next.
func (g *progress) firstAlpha(slope float64) float64 {
	if !g.known {
		return 1
	}
	return min(1, max(1.01*2*g.drop/-slope, 0.01))
}
