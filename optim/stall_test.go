package optim_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/optim"
	"github.com/crux-pinn/crux/optim/optimtest"
)

// scripted is a method whose steps have these losses and which then has converged, at the last of them.
type scripted struct {
	losses []float64
	taken  int
}

func (s *scripted) Init([]optim.Param) error { return nil }

func (s *scripted) Step(context.Context, optim.Objective, []float64) (float64, error) {
	if s.taken == len(s.losses) {
		loss := s.losses[s.taken-1]
		return loss, &optim.ConvergedError{Method: "Scripted", Reason: optim.RoundOff, Loss: loss, Grad: math.NaN()}
	}
	s.taken++
	return s.losses[s.taken-1], nil
}

func (s *scripted) Info(optim.Objective) optim.Info {
	return optim.Info{Name: "Scripted", Rate: math.NaN()}
}
func (s *scripted) State() ([]byte, error) { return nil, nil }
func (s *scripted) SetState([]byte) error  { return nil }

// A rule ends a phase at the step at which the losses say so, and none before.
func TestStall(t *testing.T) {
	slow := "2 steps lowered the loss by less than 50 %"
	for name, c := range map[string]struct {
		rule   optim.Stall
		losses []float64
		ends   int // after so many steps; 0 if the rule does not end it
		why    string
	}{
		"half as much is enough":       {optim.Stall{Window: 2, Keep: 0.5}, []float64{8, 9, 4, 5, 2, 3}, 0, ""},
		"less than half is not":        {optim.Stall{Window: 2, Keep: 0.5}, []float64{8, 9, 4.1, 5, 2, 3}, 4, slow},
		"only whole windows count":     {optim.Stall{Window: 2, Keep: 0.5}, []float64{8, 8, 8}, 0, ""},
		"the lowest of all before":     {optim.Stall{Window: 2, Keep: 0.5}, []float64{8, 1, 0.5, 1, 0.3, 0.3}, 6, slow},
		"no rule":                      {optim.Stall{}, []float64{8, 8, 8, 8, 9}, 0, ""},
		"a rise of a method that may":  {optim.Stall{Window: 2, Keep: 0.5}, []float64{1, 1, 9, 9}, 4, slow},
		"changes that fall":            {optim.Stall{Window: 2, Keep: 0.5, Descent: true}, []float64{1, 9, 1, 8, 1, 7, 1, 6}, 0, ""},
		"changes that do not":          {optim.Stall{Window: 2, Keep: 0.5, Descent: true}, []float64{1, 9, 1, 8, 1, 8}, 6, "the points keep changing, and in 2 steps the loss has not fallen"},
		"a change, and all begins new": {optim.Stall{Window: 2, Keep: 0.5, Descent: true}, []float64{1, 0.4, 9, 8, 7, 6}, 6, slow},
	} {
		m := optim.Phases(optim.Phase{Method: &scripted{losses: c.losses}, Stall: c.rule}, optim.Phase{Name: "rest", Method: &optim.SGD{}})
		initialised(t, m, 2)
		theta := []float64{1, 1}
		ends := 0
		for k := range len(c.losses) {
			take(t, m, quadratic(), theta, 1)
			if i, _ := m.Current(); i > 0 {
				ends = k + 1
				break
			}
		}
		if ends != c.ends {
			t.Errorf("%s: ended after %d steps, want %d", name, ends, c.ends)
		}
		if rate := m.Info(optim.Objective{}).Rate; math.IsNaN(rate) != (ends == 0) { // that of whoever takes the next step
			t.Errorf("%s: learning rate %v", name, rate)
		}
		if take(t, m, quadratic(), theta, 1); ends > 0 {
			if got, want := choicesOf(m), []string{fmt.Sprintf("step %d: rest after scripted: %s", ends, c.why)}; !slices.Equal(got, want) {
				t.Errorf("%s: choices %q, want %q", name, got, want)
			}
		}
	}
}

// Below Enough nothing follows, whether the losses stall, the steps are taken or the method converges; above, the next phase does.
func TestEnough(t *testing.T) {
	stall := optim.Stall{Window: 2, Keep: 0.5}
	for name, c := range map[string]struct {
		steps  int
		losses []float64
		reason optim.Reason // with which it ends; -1 if the next phase goes on
		phase  int          // after it
		says   string
	}{
		"stalled, enough":     {0, []float64{1, 0.01, 0.01, 0.01}, optim.Stalled, 2, "step 4: no method after scripted: the loss is below 1e-02 of the first"},
		"stalled, too little": {0, []float64{1, 0.011, 0.011, 0.011}, -1, 1, "step 4: rest after scripted: 2 steps lowered the loss by less than 50 %"},
		"steps, enough":       {2, []float64{1, 0.01}, optim.PhasesDone, 2, "step 2: no method after scripted: the loss is below 1e-02 of the first"},
		"steps, too few":      {2, []float64{1, 0.011}, -1, 1, "step 2: rest after scripted: its 2 steps are taken"},
		"converged, enough":   {0, []float64{1, 0.01}, optim.RoundOff, 0, ""},
		"converged, too soon": {0, []float64{1, 0.011}, -1, 1, "step 2: rest after scripted: the loss changes by rounding errors only"},
	} {
		m := optim.Phases(optim.Phase{Method: &scripted{losses: c.losses}, Steps: c.steps, Stall: stall, Enough: 0.01}, optim.Phase{Name: "rest", Method: &optim.SGD{}})
		initialised(t, m, 2)
		theta := []float64{1, 1}
		take(t, m, quadratic(), theta, len(c.losses))
		for range 2 { // the second time as the first
			_, err := m.Step(t.Context(), quadratic().Objective(), theta)
			var e *optim.ConvergedError
			if c.reason < 0 && err != nil || c.reason >= 0 && (!errors.As(err, &e) || e.Reason != c.reason) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got := strings.Join(choicesOf(m), "\n"); got != c.says {
			t.Errorf("%s: choices %q, want %q", name, got, c.says)
		}
		if i, _ := m.Current(); i != c.phase {
			t.Errorf("%s: in phase %d", name, i)
		}
	}
}

// A phase that stalls leaves its mean to the next, as one that has taken its steps.
func TestStallLeavesMean(t *testing.T) {
	run := func(ph optim.Phase) []float64 {
		ph.Method, ph.EMA = &optim.SGD{LR: optim.Constant(0.1)}, 0.5
		m, theta := optim.Phases(ph, optim.Phase{Method: &optim.SGD{}}), []float64{1, 1}
		take(t, initialised(t, m, 2), quadratic(), theta, 2)
		if i, _ := m.Current(); i != 1 {
			t.Fatalf("%+v: not over", ph)
		}
		return theta
	}
	if a, b := run(optim.Phase{Steps: 2}), run(optim.Phase{Stall: optim.Stall{Window: 1, Keep: 1e-6}}); !slices.Equal(a, b) {
		t.Errorf("left %v and %v", a, b)
	}
}

func ExampleStall() {
	m := optim.Phases(
		optim.Phase{Method: &optim.Adam{LR: optim.Constant(1e-2)}, Steps: 1000, Stall: optim.Stall{Window: 100, Keep: 0.5}},
		optim.Phase{Method: &optim.SSBroyden{}},
	)
	theta := []float64{-1.2, 1}
	if err := m.Init(optim.Flat(2)); err != nil {
		fmt.Println(err)
	}
	f := &optimtest.Func{F: optimtest.Rosenbrock}
	var err error
	for err == nil {
		_, err = m.Step(context.Background(), f.Objective(), theta)
	}
	fmt.Printf("%.6f\n", theta)
	fmt.Println(strings.Join(m.Info(optim.Objective{}).Choices, "\n"))
	// Output:
	// [1.000000 1.000000]
	// step 200: ssbroyden after adam: 100 steps lowered the loss by less than 50 %
}
