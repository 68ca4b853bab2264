package crux_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/weights"
)

// inTurn makes stages one after the other, the first one included.
func inTurn(stages ...func() *crux.Stage) func([]crux.StageResult) (*crux.Stage, error) {
	return func(over []crux.StageResult) (*crux.Stage, error) {
		if len(over) == len(stages) {
			return nil, nil
		}
		return stages[len(over)](), nil
	}
}

// A strategy appends a stage when it has seen how the one before has ended.
func TestStrategyAppendsAStage(t *testing.T) {
	s := newSolver(t, newPoisson().Problem, crux.Options{Next: func(over []crux.StageResult) (*crux.Stage, error) {
		switch {
		case len(over) == 0:
			return &crux.Stage{Name: "warm up", Steps: 30}, nil
		case len(over) == 1 && over[0].Loss > 1:
			return &crux.Stage{Name: "polish", Method: &optim.LevenbergMarquardt{}, Steps: 20}, nil
		}
		return nil, nil
	}})
	var kinds []string
	res := solve(t, s, 1000, onStep(func(_ context.Context, st *crux.Step) error {
		if kind := fmt.Sprintf("%T", st.Run.Solver().Method()); len(kinds) == 0 || kinds[len(kinds)-1] != kind {
			kinds = append(kinds, kind)
		}
		return nil
	}))
	want := []string{"*optim.Adam", "*optim.LevenbergMarquardt"}
	if !slices.Equal(kinds, want) || res.Epoch != 50 || res.Reason != "ran all 2 stages" || !(res.Loss < 1e-2) {
		t.Errorf("%q, %d steps to a loss of %v: %s", kinds, res.Epoch, res.Loss, res.Reason)
	}
	if again := solve(t, s, 10); again.Steps != 0 {
		t.Errorf("%d steps more", again.Steps)
	}
}

// A stage is the problem trained again from where the one before has ended, to the bit.
func TestStageBeginsAnew(t *testing.T) {
	for name, method := range methods {
		p := newPoisson()
		staged := newSolver(t, p.Problem, crux.Options{Method: method(), Next: inTurn(
			func() *crux.Stage { return &crux.Stage{Name: "first", Steps: 9} }, func() *crux.Stage { return &crux.Stage{Name: "second", Steps: 9} },
		)})
		solve(t, staged, 30)
		first, second := newSolver(t, p.Problem, crux.Options{Method: method()}), newSolver(t, p.Problem, crux.Options{Method: method()})
		solve(t, first, 9)
		if err := second.SetTheta(first.Theta()); err != nil {
			t.Fatal(err)
		}
		solve(t, second, 9)
		sameBits(t, name, staged.Theta(), second.Theta())
		sameBits(t, name+": losses", staged.History().Loss, append(first.History().Loss, second.History().Loss...))
	}
}

// threeStages are stages of every kind: a part of the points with one constraint at rest, another residual, another method.
func threeStages(t *testing.T) *crux.Solver {
	p := newPoisson()
	p.Constraints[0].On = p.box.Interior(60).Every(4)
	p.Constraints[0].PointWeights = &weights.RBA{Gamma: 0.9, Eta: 0.1}
	left := func(on *domain.Points) *domain.Points {
		if on == p.Constraints[1].On {
			return nil
		}
		return on.Where(func(x []float64) bool { return x[0] < 0.5 })
	}
	twice := func(e ph.Expr) ph.Expr { return e.Scale(2) }
	return newSolver(t, p.Problem, crux.Options{Weights: &weights.ReLoBRaLo{}, Next: inTurn(
		func() *crux.Stage { return &crux.Stage{Name: "left", Steps: 7, Points: left} },
		func() *crux.Stage { return &crux.Stage{Name: "twice", Steps: 6, In: twice} },
		func() *crux.Stage { return &crux.Stage{Name: "quasi-Newton", Method: &optim.SSBroyden{}, Steps: 8} },
	)})
}

func TestStagesOfAnyKind(t *testing.T) {
	s := threeStages(t)
	res := solve(t, s, 100, onStep(func(_ context.Context, st *crux.Step) error {
		k, _ := st.Run.Stage()
		rest := st.Weights[1] == 0
		c := st.Run.Points(0)
		half := true
		for i := range c.Len() {
			half = half && c.Row(i)[0] < 0.5
		}
		if rest != (k == 0) || half != (k == 0 || k == 1 && st.Epoch == 7) { // the points are redrawn at step 8
			t.Errorf("step %d in stage %d: at rest %v, on the left %v", st.Epoch, k, rest, half)
		}
		return nil
	}))
	if res.Epoch != 21 || res.Reason != "ran all 3 stages" {
		t.Errorf("%d steps: %s", res.Epoch, res.Reason)
	}
	if n := resumesFromSteps(t, func() *crux.Solver { return threeStages(t) }, 100); n != 21 {
		t.Errorf("%d states", n)
	}
}

// A stage that converges, or that a callback ends, tells the strategy so.
func TestStrategySeesResults(t *testing.T) {
	var seen [][]crux.StageResult
	next := inTurn(
		func() *crux.Stage { return &crux.Stage{Name: "stage 0"} },
		func() *crux.Stage { return &crux.Stage{Name: "stage 1", Method: &settled{from: 9}, Steps: 7} },
		func() *crux.Stage { return &crux.Stage{Name: "stage 2", Method: &settled{from: 2}} },
	)
	s := newSolver(t, newPoisson().Problem, crux.Options{Method: &settled{from: 3}, Next: func(over []crux.StageResult) (*crux.Stage, error) {
		seen = append(seen, over)
		return next(over)
	}})
	res := solve(t, s, 100, onStep(func(_ context.Context, st *crux.Step) error {
		if st.Epoch == 12 {
			return crux.NextStage("far enough")
		}
		return nil
	}))
	if res.Status != crux.Stopped || res.Reason != "far enough" || res.Epoch != 13 || len(seen) != 4 {
		t.Fatalf("%v after %d steps: %s; asked %d times", res.Status, res.Epoch, res.Reason, len(seen))
	}
	h := s.History()
	want := []crux.StageResult{
		{Name: "stage 0", Steps: 4, Loss: h.Loss[3], Status: crux.Converged, Reason: seen[3][0].Reason},
		{Name: "stage 1", Steps: 7, Loss: h.Loss[10]},
		{Name: "stage 2", Steps: 2, Loss: h.Loss[12], Status: crux.Stopped, Reason: "far enough"},
	}
	if !slices.Equal(seen[3], want) || !strings.Contains(seen[3][0].Reason, "settled") {
		t.Errorf("results %+v, want %+v", seen[3], want)
	}
}

func TestStageMistakes(t *testing.T) {
	lost := errors.New("no idea")
	foreign := ph.NewParam("foreign", 1)
	for says, next := range map[string]func([]crux.StageResult) (*crux.Stage, error){
		"without a name":    inTurn(func() *crux.Stage { return &crux.Stage{} }),
		"Steps is -1":       inTurn(func() *crux.Stage { return &crux.Stage{Name: "a", Steps: -1} }),
		"asked for stage 1": func([]crux.StageResult) (*crux.Stage, error) { return nil, lost },
		"not a fixed number": inTurn(func() *crux.Stage {
			return &crux.Stage{Name: "a", Values: map[*ph.Param]float64{ph.NewParam("k", 1): 2}}
		}),
	} {
		if _, err := crux.New(newPoisson().Problem, crux.Options{Next: next}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %q", err, says)
		}
	}
	first := func() *crux.Stage { return &crux.Stage{Name: "first", Steps: 2} }
	for says, second := range map[string]*crux.Stage{
		`"foreign" is not part`: {Name: "b", In: func(e ph.Expr) ph.Expr { return e.Mul(foreign) }},
		`Keep: "foreign"`:       {Name: "b", Keep: map[*ph.Param]*ph.Param{foreign: foreign.Frozen("foreign/kept")}},
		"Rows":                  {Name: "b", Method: &optim.LevenbergMarquardt{Rows: -1}},
	} {
		s := newSolver(t, newPoisson().Problem, crux.Options{Next: inTurn(first, func() *crux.Stage { return second })})
		res, err := s.Solve(context.Background(), 10)
		if err == nil || !strings.Contains(err.Error(), says) || res.Steps != 2 || math.IsNaN(res.Loss) {
			t.Errorf("%v after %d steps, want %q", err, res.Steps, says)
		}
	}
	s := threeStages(t)
	solve(t, s, 10)
	st, err := s.State()
	if err != nil {
		t.Fatal(err)
	}
	st.PointWeights = nil
	right := inTurn(func() *crux.Stage { return &crux.Stage{Name: "right"} })
	other := newSolver(t, newPoisson().Problem, crux.Options{Weights: &weights.ReLoBRaLo{}, Next: right})
	if err := other.SetState(st); err == nil || !strings.Contains(err.Error(), "is left, that of the problem right; give Options.Windows") {
		t.Errorf("a state of other stages: %v", err)
	}
}
