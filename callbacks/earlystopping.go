package callbacks

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/crux-pinn/crux/crux"
)

// Mode says what an improvement on the best value b by at least δ is.
type Mode int

// The modes.
const (
	Min      Mode = iota // m < b − δ
	Max                  // m > b + δ
	Relative             // m < b − δ|b|
)

// EarlyStopping ends a run when a metric has not improved for Patience steps in a row. NaN is never an improvement.
type EarlyStopping struct {
	Patience    int                        // steps without improvement, at least 1; needed
	MinDelta    float64                    // δ, at least 0
	Mode        Mode                       // the zero value is Min
	Metric      func(s *crux.Step) float64 // nil means the training loss, s.Loss
	Baseline    *float64                   // a value to improve on from the start; nil means none
	RestoreBest bool                       // at the end of the run, however it ends, go back to the best parameters seen

	ofRun[stopping]
}

// stopping is the state of EarlyStopping.
type stopping struct {
	Started bool
	Wait    int // steps without improvement
	Best    float64
	At      int // step of Best
	Theta   []float64
}

func (s stopping) latest() int { return s.At + s.Wait }

// Best is the best value of the metric and the step at which it was seen, −1 for a baseline; ok is false before the first.
func (e *EarlyStopping) Best() (value float64, epoch int, ok bool) {
	return e.state.Best, e.state.At, e.state.Started && !math.IsNaN(e.state.Best)
}

// OnSolveBegin implements crux.Callback.
func (e *EarlyStopping) OnSolveBegin(_ context.Context, r *crux.Run) error {
	switch {
	case e.Patience < 1:
		return fmt.Errorf("option Patience is %d; set the number of steps without improvement after which to stop", e.Patience)
	case !(e.MinDelta >= 0) || math.IsInf(e.MinDelta, 0):
		return fmt.Errorf("option MinDelta is %v; it must not be negative", e.MinDelta)
	case e.Mode < Min || e.Mode > Relative:
		return fmt.Errorf("option Mode is %d; take Min, Max or Relative", e.Mode)
	}
	if !e.state.Started {
		e.state = stopping{Started: true, Best: math.NaN(), At: -1}
		if e.Baseline != nil {
			e.state.Best = *e.Baseline
		}
	}
	return nil
}

// OnStep implements crux.Callback.
func (e *EarlyStopping) OnStep(_ context.Context, s *crux.Step) error {
	st := &e.state
	if s.Measuring() {
		return nil
	}
	m := s.Loss
	if e.Metric != nil {
		m = e.Metric(s)
	}
	if e.improves(m) {
		st.Best, st.At, st.Wait = m, s.Epoch, 0
		if e.RestoreBest {
			st.Theta = s.Theta()
		}
		return nil
	}
	st.Wait++
	if st.Wait < e.Patience {
		return nil
	}
	return crux.Stop(fmt.Sprintf("no improvement for %d steps; the best value %.6g was at step %d", st.Wait, st.Best, st.At))
}

func (e *EarlyStopping) improves(m float64) bool {
	best := e.state.Best
	switch {
	case math.IsNaN(m):
		return false
	case math.IsNaN(best):
		return true
	case e.Mode == Max:
		return m > best+e.MinDelta
	case e.Mode == Relative:
		return m < best-e.MinDelta*math.Abs(best)
	}
	return m < best-e.MinDelta
}

// OnSolveEnd implements crux.Ender. After restoring the best parameters it corrects the losses of the result.
func (e *EarlyStopping) OnSolveEnd(_ context.Context, r *crux.Run, res *crux.Result) error {
	if !e.RestoreBest || e.state.Theta == nil || slices.Equal(e.state.Theta, r.Solver().Theta()) {
		return nil
	}
	losses := make([]float64, len(r.Names()))
	if err := r.LossesAt(losses, e.state.Theta); err != nil {
		return err
	}
	if err := r.Solver().SetTheta(e.state.Theta); err != nil {
		return err
	}
	res.Losses, res.Loss = losses, 0
	for i, l := range losses {
		res.Loss += res.Weights[i] * l / float64(len(losses))
	}
	return nil
}
