package callbacks

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/crux-pinn/crux/crux"
)

// Accuracy ends a run, or the window or lesson that is trained, when the estimated relative errors of all fields and parameters are below a
// bound. It looks whenever the tracker measures, so a run ends at a step that follows from the tracker's interval and not from the clock.
// The tracker measures before the update of its step, so the error is estimated once more after it: what ends the run is the error of the
// parameters that the run leaves behind.
type Accuracy struct {
	Below float64 // the relative error that is asked for, between 0 and 1; needed
	Error *Error  // estimates it, and takes part in the run, before this; needed

	near bool // the parameters before the update of this step are below the bound
}

// OnSolveBegin implements crux.Callback.
func (a *Accuracy) OnSolveBegin(_ context.Context, r *crux.Run) error {
	switch {
	case !(a.Below > 0 && a.Below < 1):
		return fmt.Errorf("option Below is %v; it must lie between 0 and 1", a.Below)
	case a.Error == nil:
		return errors.New("no Error; give the tracker that estimates the error")
	case !slices.Contains(r.Callbacks(), crux.Callback(a.Error)):
		return errors.New("the tracker Error takes no part in the run; pass it to Solve as well")
	}
	return nil
}

// OnStep implements crux.Callback.
func (a *Accuracy) OnStep(_ context.Context, s *crux.Step) error {
	a.near = false
	if epoch, ok := a.Error.LatestEpoch(); !s.Measuring() && ok && epoch == s.Epoch {
		v, _ := a.Error.Value()
		a.near = v.Worst() < a.Below
	}
	return nil
}

// OnUpdate implements crux.UpdateHook.
func (a *Accuracy) OnUpdate(ctx context.Context, r *crux.Run) error {
	if !a.near {
		return nil
	}
	v, err := a.Error.Estimate(ctx, r)
	if err != nil {
		return err
	}
	if worst := v.Worst(); worst < a.Below {
		return crux.NextStage(fmt.Sprintf("the estimated error, %.1e, is below %.1e", worst, a.Below))
	}
	return nil
}
