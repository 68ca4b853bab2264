package callbacks

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/linalg"
)

// Accuracy ends a run, or the window or lesson that is trained, when the estimated relative errors of all fields and parameters are below a
// bound. An estimate costs about as much as four steps of Levenberg–Marquardt, so it looks seldom. The error of a state e with the loss L
// goes about as √L, so that the bound is to be expected at L·(Below/e)², and it looks when the loss has come down to
//
//	L·max((Below/e)², 1e-3), at most L/2
//
// where L and e are those of the last look, at the beginning the first loss and 1; and whenever the steps have doubled since, as with noisy
// data the error falls while the loss hardly does. What it looks at are the parameters that a step has made: those that the run leaves
// behind when it ends. When it looks follows from losses and steps alone, never from the clock.
type Accuracy struct {
	Below float64 // the relative error that is asked for, between 0 and 1; needed
	Error *Error  // how it is estimated; it need not take part in the run; needed

	ofRun[looked]
	below float64 // in a stage: errors of n stages come together as their squares do, so each may have 1/√n
	look  bool    // at the parameters that this step makes
	loss  float64
}

// looked is the last look of Accuracy.
type looked struct {
	First, Step int // of the stage, and of the look
	Stage       int
	Loss, Error float64
}

func (l looked) latest() int { return l.Step }

const (
	atLeast  = 1e-3 // of the loss: looks are not further apart, since the error is not quite √L
	atMost   = 0.5  // of the loss: nor closer together
	distance = 10   // steps between two looks, at least

	// growth is the part of the bound that each window of time has to keep, as those after it may make its error grow: ten windows of van der
	// Pol's oscillator do so by 1000 to 3000. Levenberg-Marquardt, once it is near, takes some ten steps for a hundredth.
	growth = 0.01
)

// OnSolveBegin implements crux.Callback.
func (a *Accuracy) OnSolveBegin(context.Context, *crux.Run) error {
	switch {
	case !(a.Below > 0 && a.Below < 1):
		return fmt.Errorf("option Below is %v; it must lie between 0 and 1", a.Below)
	case a.Error == nil:
		return errors.New("no Error; give the tracker that estimates the error")
	}
	return nil
}

// OnStep implements crux.Callback.
func (a *Accuracy) OnStep(_ context.Context, s *crux.Step) error {
	if a.look = false; s.Measuring() {
		return nil
	}
	stage, stages := s.Run.Stage()
	a.below = a.Below / math.Sqrt(float64(max(1, stages)))
	if s.Run.Solver().Windows() != nil {
		a.below *= growth
	}
	if a.state.Loss == 0 || stage != a.state.Stage {
		a.state = looked{s.Epoch, s.Epoch, stage, s.Loss, 1}
		return nil
	}
	ratio := a.below / a.state.Error
	fallen := s.Loss <= a.state.Loss*min(max(ratio*ratio, atLeast), atMost)
	doubled := a.state.Step > a.state.First && s.Epoch-a.state.First >= 2*(a.state.Step-a.state.First)
	a.look = s.Epoch-a.state.Step >= distance && (fallen || doubled)
	a.loss = s.Loss
	return nil
}

// OnUpdate implements crux.UpdateHook.
func (a *Accuracy) OnUpdate(ctx context.Context, r *crux.Run) error {
	if !a.look || NoiseOf(r).Found() { // which ends the run by itself
		return nil
	}
	v, err := a.Error.Estimate(ctx, r)
	if errors.Is(err, linalg.ErrTangent) { // at this state; the run goes on, and later ones may be better
		a.state.Step, a.state.Loss, a.state.Error = r.Epoch(), a.loss, 1
		return nil
	}
	if err != nil {
		return err
	}
	worst := v.Worst()
	a.state.Step, a.state.Loss, a.state.Error = r.Epoch(), a.loss, worst
	for _, f := range slices.Concat(v.Fields, v.Params) {
		if err := r.Record(crux.Metric{Epoch: r.Epoch(), Key: "estimate/" + f.Name, Value: f.Relative()}); err != nil {
			return err
		}
	}
	if worst < a.below && (len(v.Noise) == 0 || NoiseOf(r) == nil) {
		return crux.NextStage(fmt.Sprintf("the estimated error, %.1e, is below %.1e", worst, a.below))
	}
	return nil
}
