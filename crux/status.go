package crux

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/crux-pinn/crux/optim"
)

// Status says why Solve returned.
type Status int

const (
	Completed Status = iota // ran the requested steps
	Converged               // the method found nothing left to improve; see Result.Reason
	Stopped                 // a callback asked to stop; see Result.Reason
	Canceled                // the context ended
	Diverged                // a loss became NaN or Inf
	Failed                  // a callback, scheme or method returned an error
)

var statusNames = [...]string{"completed", "converged", "stopped", "canceled", "diverged", "failed"}

func (s Status) String() string {
	if s < 0 || int(s) >= len(statusNames) {
		return fmt.Sprintf("Status(%d)", int(s))
	}
	return statusNames[s]
}

// ErrStop is what errors.Is finds in an error by which a callback asks the solver to stop.
var ErrStop = errors.New("crux: stop")

// Stop returns the error by which OnStep ends the run without failing it. The reason is shown to the user.
func Stop(reason string) error { return &stop{reason} }

type stop struct{ reason string }

func (e *stop) Error() string        { return e.reason }
func (e *stop) Is(target error) bool { return target == ErrStop }

// ending is what an error says of how a run, or a stage, has ended.
func ending(err error) (Status, string) {
	var stopping *stop
	var diverged *DivergedError
	var converged *optim.ConvergedError
	switch {
	case err == nil:
		return Completed, "ran all steps"
	case errors.As(err, &stopping):
		return Stopped, stopping.reason
	case errors.As(err, &converged):
		return Converged, converged.Error()
	case errors.Is(err, optim.ErrConverged):
		return Converged, err.Error()
	case errors.As(err, &diverged):
		return Diverged, err.Error()
	}
	return Failed, err.Error()
}

// finish fills the result: how the run ended, and the losses at the final parameters.
func (s *Solver) finish(ctx context.Context, res *Result, err error) {
	res.Status, res.Reason = ending(err)
	switch {
	case err == nil && len(s.stages) > 1 && s.done():
		res.Reason = fmt.Sprintf("ran all %d %s", len(s.stages), s.noun)
	case res.Status == Failed && ctx.Err() != nil && errors.Is(err, context.Cause(ctx)):
		res.Status = Canceled
	}
	res.Epoch = s.epoch
	res.Losses, res.Weights = slices.Clone(s.losses), slices.Clone(s.plan.weights)
	if s.closed {
		return
	}
	if m := s.MethodInfo().Mean; m != nil {
		m.Average(s.theta)
	}
	p, err := s.shown()
	if err != nil {
		return
	}
	if loss, err := p.obj.Loss(context.WithoutCancel(ctx), s.theta); err == nil {
		res.Loss = loss
		copy(res.Losses, p.obj.losses)
	}
}
