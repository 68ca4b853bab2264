package optim_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/crux-pinn/crux/optim"
	"github.com/crux-pinn/crux/optim/optimtest"
)

// TestPhasesAreMethodsInTurn: phases give the bits of running the methods by hand one after the other.
func TestPhasesAreMethodsInTurn(t *testing.T) {
	adam := func() *optim.Adam { return &optim.Adam{LR: optim.Cosine(1e-2, 1e-3, 20)} }
	sgd := func() *optim.SGD { return &optim.SGD{LR: optim.Constant(1e-3), Momentum: 0.5} }
	m := optim.Phases(optim.Phase{Method: adam(), Steps: 20}, optim.Phase{Method: sgd(), Steps: 10}, optim.Phase{Method: adam()})
	got, want := optimtest.RosenbrockStart(6), optimtest.RosenbrockStart(6)
	take(t, initialised(t, m, 6), quadratic(), got, 40)
	take(t, initialised(t, adam(), 6), quadratic(), want, 20)
	take(t, initialised(t, sgd(), 6), quadratic(), want, 10)
	take(t, initialised(t, adam(), 6), quadratic(), want, 10)
	if !slices.Equal(got, want) {
		t.Errorf("phases give %v, the methods in turn %v", got, want)
	}
	if i, k := m.Current(); i != 2 || k != 10 {
		t.Errorf("Current is phase %d, step %d, want 2, 10", i, k)
	}
}

// TestPhaseEndsEarly: a phase whose method converges hands over within the same step.
func TestPhaseEndsEarly(t *testing.T) {
	m := optim.Phases(
		optim.Phase{Method: &optim.LBFGS{GradTol: 1e-2}, Steps: 1000},
		optim.Phase{Method: &optim.SGD{}, Steps: 3},
	)
	initialised(t, m, 4)
	theta := []float64{1, 1, 1, 1}
	f := quadratic()
	for i, _ := m.Current(); i == 0; i, _ = m.Current() {
		before := slices.Clone(theta)
		take(t, m, f, theta, 1)
		if slices.Equal(before, theta) {
			t.Fatal("a step did nothing")
		}
	}
	take(t, m, f, theta, 2) // the step that handed over was the first of three
	loss, err := m.Step(t.Context(), f.Objective(), theta)
	var c *optim.ConvergedError
	if !errors.As(err, &c) || c.Reason != optim.PhasesDone || c.Loss != loss {
		t.Errorf("after the last phase: loss %v, %v", loss, err)
	}
	if r := m.Info(optim.Objective{}).Rate; !math.IsNaN(r) {
		t.Errorf("learning rate %v after the last phase, want NaN", r)
	}
}

func TestLastPhaseConverges(t *testing.T) {
	m := optim.Phases(optim.Phase{Method: &optim.SGD{}, Steps: 2}, optim.Phase{Method: &optim.LBFGS{}})
	initialised(t, m, 4)
	theta := []float64{1, 1, 1, 1}
	_, err := descend(t, m, quadratic(), theta, 500)
	var c *optim.ConvergedError
	if !errors.As(err, &c) || c.Method != "LBFGS" {
		t.Errorf("error %v, want that of LBFGS", err)
	}
}

func ExamplePhases() {
	m := optim.Phases(
		optim.Phase{Method: &optim.Adam{LR: optim.Constant(1e-2)}, Steps: 100},
		optim.Phase{Method: &optim.LBFGS{}},
	)
	theta := []float64{-1.2, 1}
	err := minimise(m, theta)
	fmt.Println(optim.Describe(m))
	fmt.Printf("%.6f\n", theta)
	fmt.Println(errors.Is(err, optim.ErrConverged))
	// Output:
	// Phases(100 × Adam(learning rate 0.01, beta1 0.9, beta2 0.999), LBFGS(memory 30))
	// [1.000000 1.000000]
	// true
}

// Phases that warm up are left out where parameters begin near a solution, but for the last one, and also after a state is restored.
func TestWarmUp(t *testing.T) {
	warm := func() optim.Phase { return optim.Phase{Method: &optim.SGD{}, Steps: 5, WarmUp: true} }
	then := func() optim.Phase { return optim.Phase{Name: "then", Method: &optim.Adam{}, Steps: 5} }
	for _, c := range []struct {
		phases  []optim.Phase
		started bool
		at      int
		says    string
	}{
		{[]optim.Phase{warm(), then()}, false, 0, ""},
		{[]optim.Phase{warm(), then()}, true, 1, "step 0: then without sgd: the parameters are near a solution already"},
		{[]optim.Phase{warm(), warm(), then()}, true, 2, "step 0: then without sgd: the parameters are near a solution already"},
		{[]optim.Phase{then(), warm()}, true, 0, ""},
		{[]optim.Phase{warm()}, true, 0, ""},
	} {
		m, theta := optim.Phases(c.phases...), []float64{1, 1}
		initialised(t, m, 2)
		f := quadratic().Objective()
		f.Started = c.started
		if _, err := m.Step(t.Context(), f, theta); err != nil {
			t.Fatal(err)
		}
		lines := m.Info(f).Choices
		if i, k := m.Current(); i != c.at || k != 1 || c.says != "" && lines[len(lines)-1] != c.says || c.says == "" && len(lines) > 0 {
			t.Errorf("started %v: phase %d of %d, step %d, %q", c.started, i, len(c.phases), k, lines)
		}
		state, err := m.State()
		if err != nil {
			t.Fatal(err)
		}
		for i := range c.phases {
			c.phases[i].Method = map[bool]optim.Method{true: &optim.SGD{}, false: &optim.Adam{}}[c.phases[i].WarmUp]
		}
		again := optim.Phases(c.phases...)
		initialised(t, again, 2)
		if err := again.SetState(state); err != nil {
			t.Fatal(err)
		}
		if i, k := again.Current(); i != c.at || k != 1 {
			t.Errorf("restored: phase %d, step %d", i, k)
		}
	}
}
