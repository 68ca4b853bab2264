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
	// learn takes in the step s = α·p from a point with gradient g and the change y of the gradient; sy = sᵀy > 0.
	learn(s, y, g []float64, alpha, sy float64)

	save(w *stateWriter)
	// load reads what save wrote for n parameters and returns a function that adopts it.
	load(r *stateReader, n int) func()
}

// descent is the step shared by quasi-Newton methods: a direction from the curvature model, a line search, and what to
// do when either fails.
type descent struct {
	resumable
	name    string
	model   curvature
	gradTol float64
	search  lineSearch
	stall   stall

	g, p, s, y []float64
}

// minCos is the smallest cosine between s and y that is learnt from: below, sᵀy is rounding error.
const minCos = 1e-14

func (d *descent) init(params []Param, name string, model curvature, gradTol float64, maxTrials int) error {
	if !(gradTol >= 0) {
		return fmt.Errorf("optim: %s: GradTol %v is negative", name, gradTol)
	}
	if maxTrials < 0 {
		return fmt.Errorf("optim: %s: MaxTrials %d is negative", name, maxTrials)
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
	d.stall = stall{}
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
	if d.stall.over(loss) {
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
		if steepest {
			for i, g := range d.g {
				d.p[i] = -g
			}
			slope = -dot(d.g, d.g)
			alpha = min(1, 1/norm2(d.g)) // no further than 1, as nothing is known yet
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
		d.model.learn(d.s, d.y, d.g, t.alpha, sy)
	}
	copy(theta, d.search.x)
	d.stall.note(loss, t.f)
}

func (d *descent) converged(r Reason, loss float64) error {
	return &ConvergedError{Method: d.name, Reason: r, Loss: loss, Grad: normInf(d.g)}
}

// reset forgets the curvature and the stall count.
func (d *descent) forget() {
	d.pending = nil
	if d.layout.known {
		d.model.reset(d.layout.n)
	}
	d.stall = stall{}
}

func (d *descent) kind() string { return "optim." + d.name + "/1" }

func (d *descent) state() ([]byte, error) {
	w, pending, err := d.begin(d.kind())
	if w == nil {
		return pending, err
	}
	w.bool(d.stall.known)
	w.float(d.stall.loss)
	w.int(d.stall.steps)
	d.model.save(w)
	return w.b, nil
}

func (d *descent) restore(state []byte) error {
	r := d.open(d.kind(), state)
	st := stall{known: r.bool(), loss: r.float(), steps: r.int()}
	adopt := d.model.load(r, d.layout.n)
	if err := r.finish(); err != nil {
		return err
	}
	d.stall = st
	adopt()
	return nil
}

// stall counts steps in a row that changed the loss by no more than its rounding error.
type stall struct {
	loss  float64 // accepted by the last step
	known bool
	steps int
}

const (
	stallSteps = 5
	roundOff   = 4 * 0x1p-52 // relative change of the loss that counts as none
)

func (s *stall) note(before, after float64) {
	if before-after <= roundOff*math.Abs(before) {
		s.steps++
	} else {
		s.steps = 0
	}
	s.loss, s.known = after, true
}

// over tells whether to give up. A loss at entry other than the one accepted last means that the objective changed
// under the method (new points, new weights), and counting starts afresh.
func (s *stall) over(loss float64) bool {
	if s.known && loss != s.loss {
		*s = stall{}
	}
	return s.steps >= stallSteps
}
