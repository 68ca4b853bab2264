package crux_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/weights"
)

// asked is a scheme of either kind whose state are the steps for which it was asked.
type asked struct{ epochs []int }

func (a *asked) note(dst []float64, epoch int) error {
	a.epochs = append(a.epochs, epoch)
	for i := range dst {
		dst[i] = 1
	}
	return nil
}

func (a *asked) Weigh(dst, _ []float64, epoch int) error           { return a.note(dst, epoch) }
func (a *asked) WeighPoints(dst []float64, p weights.Points) error { return a.note(dst, p.Epoch) }
func (a *asked) State() ([]byte, error)                            { return json.Marshal(a.epochs) }
func (a *asked) SetState(b []byte) error                           { a.epochs = nil; return json.Unmarshal(b, &a.epochs) }

// eventful is a method that fails in its step 11 and converges in its steps 12, 13 and 17; its state is their number.
type eventful struct {
	stateless
	taken int
	err   error
}

func (m *eventful) Init([]optim.Param) error { return nil }

func (m *eventful) Step(ctx context.Context, f optim.Objective, theta []float64) (float64, error) {
	m.taken++
	loss, err := f.Loss(ctx, theta)
	switch {
	case err != nil:
		return loss, err
	case m.taken == 11:
		return loss, m.err
	case slices.Contains([]int{12, 13, 17}, m.taken):
		return loss, &optim.ConvergedError{Method: "eventful"}
	}
	theta[0] *= 0.99
	return loss, nil
}

func (m *eventful) State() ([]byte, error)  { return json.Marshal(m.taken) }
func (m *eventful) SetState(b []byte) error { return json.Unmarshal(b, &m.taken) }

// seen writes down at which steps each of its hooks was called. It has looked at every step but 11.
type seen struct{ recorded, stepped, updated, ended []int }

func (s *seen) OnSolveBegin(context.Context, *crux.Run) error { return nil }

func (s *seen) Record(m crux.Metric) error {
	if m.Key == "loss" {
		s.recorded = append(s.recorded, m.Epoch)
	}
	return nil
}

func (s *seen) OnStep(_ context.Context, st *crux.Step) error {
	if !st.Measuring() {
		s.stepped = append(s.stepped, st.Epoch)
	}
	return nil
}

func (s *seen) OnGradient(_ context.Context, st *crux.Step, _ []float64) error {
	s.updated = append(s.updated, st.Epoch)
	return nil
}

func (s *seen) OnStepEnd(_ context.Context, r *crux.Run) error {
	s.ended = append(s.ended, r.Epoch()-1)
	return nil
}

func (s *seen) Reviewed(epoch int) bool { return epoch != 11 }

// However a run ends and goes on, nobody sees a step twice, and what has not failed misses none: schemes, sinks, callbacks, methods, history.
func TestNoStepIsTakenTwice(t *testing.T) {
	broken := errors.New("broken")
	beta := ph.NewConstant("beta", 3)
	build := func() (*crux.Solver, *asked, *asked, *eventful) {
		p := newWind(beta)
		scheme, points, method := &asked{}, &asked{}, &eventful{err: broken}
		p.Constraints[0].On = p.box.Interior(60).Every(3)
		p.Constraints[0].PointWeights = points
		return newSolver(t, p.Problem, crux.Options{Method: method, Weights: scheme}), scheme, points, method
	}
	s, _, _, _ := build()
	log := &seen{}
	run := func(want crux.Status, epoch, steps int, also ...crux.Callback) {
		t.Helper()
		if err := s.Measure(context.Background(), log); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		res, err := s.Solve(ctx, steps, append(append([]crux.Callback{log}, also...), onStep(func(_ context.Context, st *crux.Step) error {
			if want == crux.Canceled && st.Epoch == epoch-1 {
				cancel()
			}
			return nil
		}))...)
		if res.Status != want || s.Epoch() != epoch || (want == crux.Failed) != errors.Is(err, broken) {
			t.Fatalf("%v at %d, %v; want %v at %d", res.Status, s.Epoch(), err, want, epoch)
		}
	}
	at := func(epoch int, err error) crux.Callback {
		return onStep(func(_ context.Context, st *crux.Step) error {
			if st.Epoch == epoch {
				return err
			}
			return nil
		})
	}
	run(crux.Completed, 3, 3)
	run(crux.Stopped, 5, 100, at(4, crux.Stop("a break")))
	run(crux.Failed, 7, 100, at(6, broken))
	run(crux.Canceled, 9, 100)
	run(crux.Failed, 11, 100)    // the method
	run(crux.Converged, 13, 100) // once without having been looked at
	run(crux.Completed, 15, 2)
	st, err := s.State()
	if err != nil {
		t.Fatal(err)
	}
	s, scheme, points, method := build() // whose states have the steps before
	if err := s.SetState(st); err != nil {
		t.Fatal(err)
	}
	run(crux.Converged, 17, 100)

	all := make([]int, 17)
	for e := range all {
		all[e] = e
	}
	without := func(failed ...int) []int {
		return slices.DeleteFunc(slices.Clone(all), func(e int) bool { return slices.Contains(failed, e) })
	}
	for what, c := range map[string]struct{ got, want []int }{
		"Weigh": {scheme.epochs, all}, "WeighPoints": {points.epochs, all}, "Record": {log.recorded, all},
		"OnGradient": {log.updated, all}, "history": {s.History().Epochs, all},
		"OnStep": {log.stepped, without(6)}, "OnStepEnd": {log.ended, without(6, 10)}, // the callback before has failed, the method has
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s of %v, want %v", what, c.got, c.want)
		}
	}
	if method.taken != 17 {
		t.Errorf("%d steps of the method", method.taken)
	}
}
