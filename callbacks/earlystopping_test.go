package callbacks_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// line is the problem of one parameter that should be 1: L = (a−1)².
func line(t testing.TB, o crux.Options) (*crux.Solver, *ph.Param) {
	t.Helper()
	x := ph.NewCoord("x")
	a := ph.NewParam("a", 3)
	s, err := crux.New(crux.Problem{Name: "line", Constraints: []crux.Constraint{
		{Name: "one", Residual: a.Sub(ph.Const(1)), On: domain.NewInterval(x, 0, 1).Interior(2)},
	}}, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, a
}

var modes = map[string]callbacks.Mode{"min": callbacks.Min, "max": callbacks.Max, "rel": callbacks.Relative}

// Each sequence ends after the step and with the best value computed elsewhere, also when the run is broken off after two steps.
func TestGoldenEarlyStopping(t *testing.T) {
	raw, err := os.ReadFile("../testdata/golden/early_stopping.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Patience int
		MinDelta float64 `json:"min_delta"`
		Mode     string
		Baseline *float64
		Metric   []float64
		Stopped  *int `json:"stopped_epoch"`
		Best     float64
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		for _, broken := range []bool{false, true} {
			s, _ := line(t, crux.Options{})
			build := func() *callbacks.EarlyStopping {
				return &callbacks.EarlyStopping{
					Patience: c.Patience, MinDelta: c.MinDelta, Mode: modes[c.Mode], Baseline: c.Baseline,
					Metric: func(s *crux.Step) float64 { return c.Metric[s.Epoch] },
				}
			}
			e, left := build(), len(c.Metric)
			if broken {
				if _, err := s.Solve(context.Background(), 2, e); err != nil {
					t.Fatal(err)
				}
				b, err := e.State()
				if err != nil {
					t.Fatal(err)
				}
				e = build()
				if err := e.SetState(b); err != nil {
					t.Fatal(err)
				}
				left -= 2
			}
			res, err := s.Solve(context.Background(), left, e)
			if err != nil {
				t.Fatal(err)
			}
			if c.Stopped == nil {
				if res.Status != crux.Completed {
					t.Errorf("case %d: %v at %d, want no stop", i, res.Status, res.Epoch)
				}
			} else if res.Status != crux.Stopped || res.Epoch != *c.Stopped+1 {
				t.Errorf("case %d: %v with %d steps, want a stop in step %d", i, res.Status, res.Epoch, *c.Stopped)
			}
			if best, _, ok := e.Best(); !ok || best != c.Best {
				t.Errorf("case %d: best %v (%v), want %v", i, best, ok, c.Best)
			}
		}
	}
}

func TestNaNIsNeverBest(t *testing.T) {
	s, _ := line(t, crux.Options{})
	metric := []float64{math.NaN(), 2, math.NaN(), math.NaN(), 1}
	e := &callbacks.EarlyStopping{Patience: 2, Metric: func(s *crux.Step) float64 { return metric[s.Epoch] }}
	res, err := s.Solve(context.Background(), 5, e)
	if best, at, _ := e.Best(); err != nil || best != 2 || at != 1 || res.Epoch != 4 {
		t.Errorf("best %v at %d, stopped at %d (%v)", best, at, res.Epoch, err)
	}
	if !strings.Contains(res.Reason, "no improvement for 2 steps") {
		t.Errorf("reason %q", res.Reason)
	}
}

// A rate of 1.1 makes every step overshoot further, so the first parameters were the best.
func TestRestoreBest(t *testing.T) {
	s, a := line(t, crux.Options{Method: &optim.SGD{LR: optim.Constant(1.1)}})
	res, err := s.Solve(context.Background(), 50, &callbacks.EarlyStopping{Patience: 3, RestoreBest: true})
	if err != nil || s.Value(a) != 3 || res.Loss != 4 || !slices.Equal(res.Losses, []float64{4}) {
		t.Errorf("a = %v, loss %v, losses %v (%v)", s.Value(a), res.Loss, res.Losses, err)
	}
}

func TestEarlyStoppingErrors(t *testing.T) {
	for says, e := range map[string]*callbacks.EarlyStopping{
		"Patience": {}, "MinDelta": {Patience: 1, MinDelta: -1}, "Mode": {Patience: 1, Mode: 7},
	} {
		s, _ := line(t, crux.Options{})
		if _, err := s.Solve(context.Background(), 1, e); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
}

// Measure does not count as a step.
func TestMeasureCountsNothing(t *testing.T) {
	s, _ := line(t, crux.Options{})
	e := &callbacks.EarlyStopping{Patience: 1, Metric: func(*crux.Step) float64 { return 1 }}
	dir := t.TempDir()
	for range 3 {
		if err := s.Measure(context.Background(), e, &callbacks.Checkpoint{Dir: dir, Interval: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, ok := e.Best(); ok {
		t.Error("Measure was counted")
	}
}

func TestOnStep(t *testing.T) {
	s, _ := line(t, crux.Options{})
	var epochs []int
	if _, err := s.Solve(context.Background(), 3, callbacks.OnStep(nil), callbacks.OnStep(func(_ context.Context, s *crux.Step) error {
		epochs = append(epochs, s.Epoch)
		return nil
	})); err != nil || !slices.Equal(epochs, []int{0, 1, 2}) {
		t.Errorf("called at %v (%v)", epochs, err)
	}
}
