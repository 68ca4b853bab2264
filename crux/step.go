package crux

import (
	"context"
	"errors"
	"fmt"

	"github.com/crux-pinn/crux/optim"
)

// present is the step as hooks see it, all that belongs to θ_e. If it fails, nobody has seen anything of the step.
func (s *Solver) present(ctx context.Context, run *Run) (*Step, error) {
	if err := s.plan.movePoints(); err != nil {
		return nil, err
	}
	if err := s.plan.resample(); err != nil {
		return nil, err
	}
	step, err := s.evaluate(ctx, run)
	if err != nil {
		return nil, err
	}
	copy(s.losses, step.Losses)
	return step, nil
}

// evaluate sets the weights and computes losses and gradient at θ_e. Every step is described in the same memory.
func (s *Solver) evaluate(ctx context.Context, run *Run) (*Step, error) {
	p := run.plan
	if err := s.weigh(ctx, p); err != nil {
		return nil, err
	}
	if err := p.weighPoints(); err != nil {
		return nil, err
	}
	st := &s.step
	if st.Grad == nil {
		n := len(s.constraints)
		*st = Step{Grad: make([]float64, len(s.theta)), Losses: make([]float64, n), Weights: make([]float64, n)}
	}
	loss, err := p.obj.Grad(ctx, st.Grad, s.theta)
	if err != nil {
		return nil, err
	}
	if !finite(loss) {
		return nil, s.diverged(p)
	}
	p.measurePoints()
	st.Epoch, st.Loss, st.Run, st.measuring = s.epoch, loss, run, false
	copy(st.Losses, p.obj.losses)
	copy(st.Weights, p.weights)
	clear(st.memo)
	return st, nil
}

// weigh asks the scheme for the weights of this step.
func (s *Solver) weigh(ctx context.Context, p *plan) error {
	w := s.weighed
	for i := range w {
		w[i] = 1
	}
	if s.options.Weights != nil {
		if s.epoch == 0 { // a scheme that reads losses has none yet
			if _, err := p.obj.Loss(ctx, s.theta); err != nil {
				return err
			}
			copy(s.losses, p.obj.losses)
		}
		if err := s.options.Weights.Weigh(w, s.losses, s.epoch); err != nil {
			return fmt.Errorf("crux: step %d: %w", s.epoch, err)
		}
	}
	return p.weigh(w)
}

// complete records the step, lets the callbacks see it and updates the parameters. The update is made even if a callback has failed
// or wants the run to end.
func (s *Solver) complete(ctx context.Context, step *Step) error {
	asked := s.record(step.Run, step)
	if asked == nil {
		asked = fire(ctx, step)
	}
	if asked == nil {
		asked = s.plan.finished()
	}
	err := s.update(ctx, step)
	switch {
	case asked == nil && err == nil:
		return callAll(step.Run.callbacks, "step", s.epoch, func(h UpdateHook) error { return h.OnUpdate(ctx, step.Run) })
	case asked == nil:
		return err
	case err == nil || errors.Is(err, optim.ErrConverged):
		return asked
	case errors.Is(asked, ErrStop):
		return err
	}
	return errors.Join(asked, err)
}

// fire lets the callbacks see the step.
func fire(ctx context.Context, step *Step) error {
	defer func() { step.firing = nil }()
	return callAll(step.Run.callbacks, "step", step.Epoch, func(c Callback) error {
		step.firing = c
		return c.OnStep(ctx, step)
	})
}

// update lets the gradient hooks change the gradient and takes the method's step. When it fails, the gradient that hooks
// may have changed is forgotten.
func (s *Solver) update(ctx context.Context, step *Step) (err error) {
	defer func() {
		if err != nil {
			s.plan.obj.forget()
		}
	}()
	for _, c := range step.Run.callbacks {
		if h, ok := c.(GradientHook); ok {
			if err := h.OnGradient(ctx, step, s.plan.obj.grad); err != nil {
				return fmt.Errorf("crux: step %d: %s: %w", step.Epoch, called(c), err)
			}
		}
	}
	_, err = s.plan.method.Step(ctx, s.plan.obj.asked, s.theta)
	if errors.Is(err, optim.ErrNonFinite) {
		return s.badGradient()
	}
	return err
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
		if err := step.Record(s.constraints[i].key, l); err != nil {
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
