package crux

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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

func (h History) clone() History {
	return History{slices.Clone(h.Epochs), slices.Clone(h.Loss), slices.Clone(h.Losses)}
}

// Solve trains for the given number of steps. The step counter continues from earlier calls.
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
	evals := s.evals
	run, err := s.begin(ctx, s.plan, steps, callbacks)
	if err != nil {
		s.finish(ctx, res, err)
		return res, err
	}
	err = s.loop(ctx, run, steps, res)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		err = context.Cause(ctx) // which methods need not know
	}
	s.finish(ctx, res, err)
	res.Evals, res.Time = s.evals-evals, time.Since(start)
	for _, c := range run.callbacks {
		if e, ok := c.(Ender); ok {
			if endErr := e.OnSolveEnd(context.WithoutCancel(ctx), run, res); endErr != nil {
				err = errors.Join(err, fmt.Errorf("crux: %s: %w", called(c), endErr))
			}
		}
	}
	if errors.Is(err, ErrStop) || errors.Is(err, optim.ErrConverged) {
		err = nil
	}
	return res, err
}

// begin prepares a run of a plan.
func (s *Solver) begin(ctx context.Context, p *plan, steps int, callbacks []Callback) (*Run, error) {
	if s.closed {
		return nil, errClosed
	}
	if steps < 0 {
		return nil, fmt.Errorf("crux: problem %q: %d steps; take 0 or more", s.problem.Name, steps)
	}
	r := &Run{statement: s.statement, solver: s, plan: p, planned: s.epoch + steps, facts: map[string]any{}}
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
			return nil, fmt.Errorf("crux: problem %q: %s: %w", s.problem.Name, called(c), err)
		}
	}
	return r, nil
}

// loop takes steps until there is a reason to end, which it returns; nil means that all have been taken. A run ends between steps
// only: a step of which anybody has seen something is complete, and counts, whatever happens in it.
func (s *Solver) loop(ctx context.Context, run *Run, steps int, res *Result) error {
	if m := s.MethodInfo().Mean; m != nil {
		m.Continue(s.theta)
	}
	whole := context.WithoutCancel(ctx) // a step under way is finished: what it has computed is not thrown away
	var ended error                     // by which the stage before was
	for res.Steps < steps {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		more, err := s.turn(run)
		if err != nil {
			return err
		}
		if !more {
			return ended
		}
		step, err := s.present(whole, run)
		if err != nil {
			return err
		}
		err = s.complete(whole, step)
		early := s.early(err, run.callbacks)
		s.count(step)
		res.Steps++
		ended = nil
		switch {
		case early && res.Steps < steps:
			err = nil
		case s.leave(err):
			err, ended = nil, err
		case err != nil && !errors.Is(err, ErrStop) && !errors.Is(err, optim.ErrConverged):
			return err // a step that went wrong is nothing to continue from
		}
		if failed := callAll(run.callbacks, "after step", s.epoch-1, func(h StepEnder) error { return h.OnStepEnd(whole, run) }); failed != nil {
			err = failed
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// count notes that a step has been taken.
func (s *Solver) count(step *Step) {
	s.epoch++
	r := s.now()
	r.Steps++
	r.Loss = step.Loss
}

// early reports whether convergence is provisional: the points are about to change, or a Reviewer has not checked them at this
// step. A method that would end on any points is not asked again.
func (s *Solver) early(err error, callbacks []Callback) bool {
	if s.plan.stage.Points != nil || !errors.Is(err, optim.ErrConverged) {
		return false
	}
	var c *optim.ConvergedError
	if errors.As(err, &c) && (c.Reason == optim.PhasesDone || c.Reason == optim.Stalled) {
		return false
	}
	moved := slices.ContainsFunc(s.points, func(p *points) bool { return p.next != nil })
	return moved || slices.ContainsFunc(callbacks, func(c Callback) bool {
		r, ok := c.(Reviewer)
		return ok && !r.Reviewed(s.epoch)
	})
}

// callAll calls a hook of every callback that has it. A request to stop waits until all have been called, a failure does not. Errors
// say when that was.
func callAll[H any](callbacks []Callback, when string, epoch int, hook func(H) error) error {
	var stopped error
	for _, c := range callbacks {
		h, ok := c.(H)
		if !ok {
			continue
		}
		if err := hook(h); err != nil {
			err = fmt.Errorf("crux: %s %d: %s: %w", when, epoch, called(c), err)
			if !errors.Is(err, ErrStop) {
				return err
			}
			stopped = cmp.Or(stopped, err)
		}
	}
	return stopped
}
