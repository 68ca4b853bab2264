package crux

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/crux-pinn/crux/optim"
)

// Result is what a run left behind. It is valid however the run ended.
type Result struct {
	Status  Status
	Reason  string        // why, in words
	Steps   int           // taken by this call
	Epoch   int           // global step counter: steps taken in all
	Loss    float64       // at the final parameters
	Losses  []float64     // unweighted, by constraint, at the final parameters
	Weights []float64     // of the last step
	Evals   int           // evaluations of losses or gradients by this call
	Time    time.Duration // wall time of this call
}

// History holds the losses of every step, in order.
type History struct {
	Epochs []int
	Loss   []float64
	Losses [][]float64 // row e: unweighted, by constraint
}

// Solve trains for the given number of steps. The step counter goes on from earlier calls.
//
// A run ends between two steps, so the step under way is finished, and its update made, whoever asks for the end: a callback, the
// context, or a callback that fails. A method that has converged, or fails, changes nothing in the step, which counts. A step whose
// loss is not a number is not taken.
//
// The result is valid whatever err is. err is nil when the run completed, converged or was stopped by a callback; the
// context's cause when that ended the run; a *DivergedError when a loss stopped being a number; and otherwise what a callback, a
// scheme or the method returned.
func (s *Solver) Solve(ctx context.Context, steps int, callbacks ...Callback) (*Result, error) {
	start := time.Now()
	res := &Result{}
	evals := s.obj.count
	run, err := s.begin(ctx, steps, callbacks)
	if err != nil {
		s.finish(ctx, res, err)
		return res, err
	}
	err = s.loop(ctx, run, steps, res)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		err = context.Cause(ctx) // which methods need not know
	}
	s.finish(ctx, res, err)
	res.Evals, res.Time = s.obj.count-evals, time.Since(start)
	for _, c := range run.callbacks {
		if e, ok := c.(Ender); ok {
			if endErr := e.OnSolveEnd(context.WithoutCancel(ctx), run, res); endErr != nil {
				err = errors.Join(err, fmt.Errorf("crux: %T: %w", c, endErr))
			}
		}
	}
	if errors.Is(err, ErrStop) || errors.Is(err, optim.ErrConverged) {
		err = nil
	}
	return res, err
}

// Measure fires the callbacks once at the current parameters, without training: a trained model can be explained. They see the step
// that would come next. Schemes are asked for its weights, and are then what they were before.
func (s *Solver) Measure(ctx context.Context, callbacks ...Callback) error {
	if s.closed {
		return errClosed
	}
	if err := s.movePoints(); err != nil {
		return err
	}
	err := s.aside(func() error { return s.measure(ctx, callbacks) })
	if errors.Is(err, ErrStop) {
		err = nil
	}
	return err
}

func (s *Solver) measure(ctx context.Context, callbacks []Callback) error {
	back, err := s.overall()
	if err != nil {
		return err
	}
	defer back()
	run, err := s.begin(ctx, 1, callbacks)
	if err != nil {
		return err
	}
	step, err := s.evaluate(ctx, run)
	if err != nil {
		return err
	}
	step.measuring = true
	return fire(ctx, step)
}

// aside does something for which schemes are asked for weights, and puts them back.
func (s *Solver) aside(do func() error) error {
	if err := s.claim(s.schemes()); err != nil { // those of another solver are left alone
		return err
	}
	st := &State{Weights: slices.Clone(s.weights)}
	if err := s.schemeStates(st); err != nil {
		return err
	}
	err := do()
	copy(s.weights, st.Weights)
	s.obj.forget()
	return errors.Join(err, s.setSchemeStates(st))
}

func (s *Solver) begin(ctx context.Context, steps int, callbacks []Callback) (*Run, error) {
	if s.closed {
		return nil, errClosed
	}
	if steps < 0 {
		return nil, fmt.Errorf("crux: problem %q: %d steps; take 0 or more", s.problem.Name, steps)
	}
	r := &Run{solver: s, planned: s.epoch + steps, facts: map[string]any{}}
	if err := r.enlist(callbacks); err != nil {
		return nil, err
	}
	if err := s.claim(s.handed(r.callbacks)); err != nil {
		return nil, err
	}
	if err := s.sourced(r.callbacks); err != nil {
		return nil, err
	}
	r.number()
	if err := s.prepare(); err != nil {
		return nil, err
	}
	for _, c := range r.callbacks {
		if err := c.OnSolveBegin(ctx, r); err != nil {
			return nil, fmt.Errorf("crux: problem %q: %T: %w", s.problem.Name, c, err)
		}
	}
	return r, nil
}

// params is θ's layout for the method.
func (s *Solver) params() []optim.Param {
	var ps []optim.Param
	for _, e := range s.layout.Entries() {
		p := paramOf(e)
		p.Vector = s.vector
		ps = append(ps, p)
	}
	return ps
}

// loop takes steps until there is a reason to end, which it returns; nil means that all have been taken. A run ends between steps
// only: a step of which anybody has seen something is complete, and counts, whatever happens in it.
func (s *Solver) loop(ctx context.Context, run *Run, steps int, res *Result) error {
	if m := s.MethodInfo().Mean; m != nil {
		m.Continue(s.theta)
	}
	whole := context.WithoutCancel(ctx) // a step under way is finished: what it has computed is not thrown away
	for res.Steps < steps {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if done, err := s.turn(); err != nil || done {
			return err
		}
		step, err := s.begun(whole, run)
		if err != nil {
			return err
		}
		err = s.complete(whole, step)
		early := s.early(err, run.callbacks)
		s.epoch++
		res.Steps++
		switch {
		case early && res.Steps < steps, s.leave(err):
			err = nil
		case err != nil && !errors.Is(err, ErrStop) && !errors.Is(err, optim.ErrConverged):
			return err // a step that went wrong is nothing to go on from
		}
		if failed := s.between(whole, run); failed != nil {
			err = failed
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// begun is the step as hooks see it, all that belongs to θ_e. If it fails, nobody has seen anything of the step.
func (s *Solver) begun(ctx context.Context, run *Run) (*Step, error) {
	if err := s.resample(); err != nil {
		return nil, err
	}
	step, err := s.evaluate(ctx, run)
	if err != nil {
		return nil, err
	}
	copy(s.losses, step.Losses)
	s.stepped = true
	return step, nil
}

// complete records the step, lets the callbacks see it and updates the parameters. The update is made even if a callback has failed
// or wants the run to end.
func (s *Solver) complete(ctx context.Context, step *Step) error {
	asked := s.record(step.Run, step)
	if asked == nil {
		asked = fire(ctx, step)
	}
	if asked == nil {
		asked = s.finished()
	}
	err := s.update(ctx, step)
	switch {
	case asked == nil:
		return err
	case err == nil || errors.Is(err, optim.ErrConverged):
		return asked
	case errors.Is(asked, ErrStop):
		return err
	}
	return errors.Join(asked, err)
}

// between calls the hooks between two steps.
func (s *Solver) between(ctx context.Context, run *Run) error {
	return callAll(run.callbacks, func(c Callback) error {
		h, ok := c.(StepEnder)
		if !ok {
			return nil
		}
		if err := h.OnStepEnd(ctx, run); err != nil {
			return fmt.Errorf("crux: after epoch %d: %T: %w", s.epoch-1, c, err)
		}
		return nil
	})
}

// early reports whether an error says that the method has converged before all reviewers have looked, or on points that are
// about to be others. A method that would end on any points is not asked again.
func (s *Solver) early(err error, callbacks []Callback) bool {
	if s.march != nil || !errors.Is(err, optim.ErrConverged) {
		return false
	}
	var c *optim.ConvergedError
	if errors.As(err, &c) && (c.Reason == optim.PhasesDone || c.Reason == optim.Stalled) {
		return false
	}
	moved := slices.ContainsFunc(s.groups, func(g *group) bool { return g.next != nil })
	return moved || slices.ContainsFunc(callbacks, func(c Callback) bool {
		r, ok := c.(Reviewer)
		return ok && !r.Reviewed(s.epoch)
	})
}

// update lets the gradient hooks change the gradient and takes the method's step. When it fails, the gradient that hooks
// may have changed is forgotten.
func (s *Solver) update(ctx context.Context, step *Step) (err error) {
	defer func() {
		if err != nil {
			s.obj.forget()
		}
	}()
	for _, c := range step.Run.callbacks {
		if h, ok := c.(GradientHook); ok {
			if err := h.OnGradient(ctx, step, s.obj.grad); err != nil {
				return fmt.Errorf("crux: epoch %d: %T: %w", step.Epoch, c, err)
			}
		}
	}
	_, err = s.method.Step(ctx, s.obj.asked, s.theta)
	if errors.Is(err, optim.ErrNonFinite) {
		return s.badGradient()
	}
	return err
}

// resample puts the points in place that callbacks have set, and draws new ones where they are due.
func (s *Solver) resample() error {
	if err := s.movePoints(); err != nil {
		return err
	}
	for _, g := range s.groups {
		if n := g.on.Interval(); n > 0 && s.epoch > 0 && s.epoch%n == 0 {
			cloud, err := s.draw(g)
			if err != nil {
				return err
			}
			if err := s.setCloud(g, cloud); err != nil {
				return err
			}
			s.obj.forget()
		}
	}
	return nil
}

// evaluate sets the weights and computes losses and gradient at θ_e. Every step is described in the same memory.
func (s *Solver) evaluate(ctx context.Context, run *Run) (*Step, error) {
	if err := s.weigh(ctx); err != nil {
		return nil, err
	}
	if !s.apart {
		if err := s.weighPoints(); err != nil {
			return nil, err
		}
	}
	st := &s.step
	if st.Grad == nil {
		n := len(s.cons)
		*st = Step{Grad: make([]float64, len(s.theta)), Losses: make([]float64, n), Weights: make([]float64, n)}
	}
	loss, err := s.obj.Grad(ctx, st.Grad, s.theta)
	if err != nil {
		return nil, err
	}
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return nil, s.diverged(s.obj.losses)
	}
	if !s.apart {
		s.measurePoints()
	}
	st.Epoch, st.Loss, st.Run, st.measuring = s.epoch, loss, run, false
	copy(st.Losses, s.obj.losses)
	copy(st.Weights, s.weights)
	clear(st.memo)
	return st, nil
}

// weigh asks the scheme for the weights of this step.
func (s *Solver) weigh(ctx context.Context) error {
	w := s.weighed
	for i := range w {
		w[i] = 1
	}
	if s.options.Weights != nil {
		if !s.stepped { // a scheme that reads losses has none yet
			if _, err := s.obj.Loss(ctx, s.theta); err != nil {
				return err
			}
			copy(s.losses, s.obj.losses)
		}
		if err := s.options.Weights.Weigh(w, s.losses, s.epoch); err != nil {
			return fmt.Errorf("crux: epoch %d: %w", s.epoch, err)
		}
	}
	s.leaveAbsent(w)
	for i := range w {
		if w[i] *= s.cons[i].weight; !(w[i] >= 0) || math.IsInf(w[i], 0) {
			return fmt.Errorf("crux: epoch %d: the weight of constraint %q became %v", s.epoch, s.cons[i].name, w[i])
		}
	}
	if !slices.Equal(w, s.weights) {
		copy(s.weights, w)
		s.obj.forget()
	}
	return nil
}

func (s *Solver) record(run *Run, step *Step) error {
	h := &s.history
	h.Epochs = append(h.Epochs, step.Epoch)
	h.Loss = append(h.Loss, step.Loss)
	h.Losses = append(h.Losses, s.rows.keep(step.Losses))
	if len(run.recorders) == 0 {
		return nil
	}
	if err := step.Record("loss", step.Loss); err != nil {
		return err
	}
	for i, l := range step.Losses {
		if err := step.Record("loss/"+s.cons[i].name, l); err != nil {
			return err
		}
	}
	return nil
}

// rows gives lasting copies of short vectors, many of which share a piece of memory.
type rows struct{ free []float64 }

func (r *rows) keep(x []float64) []float64 {
	if len(r.free) < len(x) {
		r.free = make([]float64, 256*len(x))
	}
	row := r.free[:len(x):len(x)]
	r.free = r.free[len(x):]
	copy(row, x)
	return row
}

// fire lets the callbacks see the step.
func fire(ctx context.Context, step *Step) error {
	defer func() { step.firing = nil }()
	return callAll(step.Run.callbacks, func(c Callback) error {
		step.firing = c
		if err := c.OnStep(ctx, step); err != nil {
			return fmt.Errorf("crux: epoch %d: %T: %w", step.Epoch, c, err)
		}
		return nil
	})
}

// callAll calls a hook of every callback. A request to stop waits until all have been called, a failure does not.
func callAll(callbacks []Callback, hook func(Callback) error) error {
	var stopped error
	for _, c := range callbacks {
		switch err := hook(c); {
		case err != nil && !errors.Is(err, ErrStop):
			return err
		case stopped == nil:
			stopped = err
		}
	}
	return stopped
}

// finish fills the result: how the run ended, and the losses at the final parameters.
func (s *Solver) finish(ctx context.Context, res *Result, err error) {
	var stopping *stop
	var diverged *DivergedError
	var converged *optim.ConvergedError
	switch {
	case err == nil && s.stages.done(s.epoch):
		res.Status, res.Reason = Completed, fmt.Sprintf("ran all %d %s", s.stages.last()+1, s.stages.noun)
	case err == nil:
		res.Status, res.Reason = Completed, "ran all steps"
	case errors.As(err, &stopping):
		res.Status, res.Reason = Stopped, stopping.reason
	case errors.As(err, &converged):
		res.Status, res.Reason = Converged, converged.Error()
	case errors.Is(err, optim.ErrConverged):
		res.Status, res.Reason = Converged, err.Error()
	case errors.As(err, &diverged):
		res.Status, res.Reason = Diverged, err.Error()
	case ctx.Err() != nil && errors.Is(err, context.Cause(ctx)):
		res.Status, res.Reason = Canceled, err.Error()
	default:
		res.Status, res.Reason = Failed, err.Error()
	}
	res.Epoch = s.epoch
	res.Losses, res.Weights = slices.Clone(s.losses), slices.Clone(s.weights)
	if s.closed {
		return
	}
	if m := s.MethodInfo().Mean; m != nil {
		m.Average(s.theta)
	}
	back, err := s.overall()
	if err != nil {
		return
	}
	defer back()
	if loss, evalErr := s.obj.Loss(context.WithoutCancel(ctx), s.theta); evalErr == nil {
		res.Loss = loss
		copy(res.Losses, s.obj.losses)
	}
}
