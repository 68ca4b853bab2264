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

// TestEMA: the steps are those of the method to the bit, and the average is Σ (1−d)d^(t−k)θ_k/(1−d^t).
func TestEMA(t *testing.T) {
	const d, n, steps = 0.9, 6, 25
	f := optimtest.RosenbrockFunc(n)
	plain, m := initialised(t, &optim.Adam{LR: optim.Constant(0.01)}, n), averaged(&optim.Adam{LR: optim.Constant(0.01)}, d)
	initialised(t, m, n)
	a, b, want := optimtest.RosenbrockStart(n), optimtest.RosenbrockStart(n), make([]float64, n)
	if meanOf(m).Average(b) {
		t.Error("an average of no steps")
	}
	for k := range steps {
		take(t, plain, f, a, 1)
		take(t, m, f, b, 1)
		if !slices.Equal(a, b) {
			t.Fatalf("step %d: averaging changed the steps", k)
		}
		for i, v := range a {
			want[i] += (1 - d) * math.Pow(d, float64(steps-1-k)) / (1 - math.Pow(d, steps)) * v
		}
	}
	if !meanOf(m).Average(b) || meanOf(m).Average(b) || !near(b, want, 1e-14) {
		t.Errorf("average %v, want %v", b, want)
	}
	meanOf(m).Continue(b)
	if !slices.Equal(a, b) {
		t.Errorf("training continues at %v, it was at %v", b, a)
	}
	meanOf(m).Average(b)
	b[0]++ // somebody sets other parameters
	meanOf(m).Continue(b)
	if meanOf(m).Average(slices.Clone(b)) {
		t.Error("an average of steps that led elsewhere")
	}
}

// A phase leaves its average to the next, before it and after a restart; a run that stops within a phase can be asked for it.
func TestEMAInPhases(t *testing.T) {
	const n = 4
	f := optimtest.RosenbrockFunc(n)
	fresh := func() *optim.Phased {
		return optim.Phases(optim.Phase{Method: &optim.SGD{LR: optim.Constant(1e-4)}, EMA: 0.5, Steps: 3}, optim.Phase{Method: &optim.LBFGS{}})
	}
	theta := optimtest.RosenbrockStart(n)
	alone := averaged(&optim.SGD{LR: optim.Constant(1e-4)}, 0.5)
	initialised(t, alone, n)
	take(t, alone, f, theta, 2)
	m, got := fresh(), optimtest.RosenbrockStart(n)
	initialised(t, m, n)
	take(t, m, f, got, 2)
	meanOf(m).Average(got)
	state, err := m.State()
	if err != nil {
		t.Fatal(err)
	}
	m = fresh()
	initialised(t, m, n)
	if err := m.SetState(state); err != nil {
		t.Fatal(err)
	}
	meanOf(m).Continue(got)
	if !slices.Equal(got, theta) {
		t.Fatalf("training continues at %v, it was at %v", got, theta)
	}
	take(t, alone, f, theta, 1)
	meanOf(alone).Average(theta)
	take(t, m, f, got, 1)
	if !slices.Equal(got, theta) || meanOf(m) != nil { // the phase is over: there is nothing to go back to
		t.Fatalf("the phase leaves %v, its average is %v", got, theta)
	}
	want := initialised(t, &optim.LBFGS{}, n)
	take(t, want, f, theta, 5)
	take(t, m, f, got, 5)
	if !slices.Equal(got, theta) {
		t.Errorf("the second phase is at %v, want %v", got, theta)
	}
}

// TestEMAOfNoise: under noise of fixed size the average lies nearer to the minimum than the last point does.
func TestEMAOfNoise(t *testing.T) {
	k := 0
	f := &optimtest.Func{F: func(grad, theta []float64) float64 {
		l := optimtest.Bowl(10)(grad, theta)
		for i := range grad {
			k++
			grad[i] += math.Sin(float64(k * k)) // no trend, and about the same at all frequencies
		}
		return l
	}}
	m := averaged(&optim.SGD{LR: optim.Constant(0.05)}, 0.99)
	initialised(t, m, 8)
	theta := make([]float64, 8)
	mean := 0.0
	for e := range 3000 {
		take(t, m, f, theta, 1)
		if e >= 2000 {
			mean += optimtest.Bowl(10)(make([]float64, 8), theta) / 1000
		}
	}
	meanOf(m).Average(theta)
	if l := optimtest.Bowl(10)(make([]float64, 8), theta); !(l < mean/5) {
		t.Errorf("loss %v at the average, %v on the way", l, mean)
	}
}

func TestEMARefuses(t *testing.T) {
	for want, m := range map[string]*optim.Phased{
		"no method": averaged(nil, 0.5), "EMA": averaged(&optim.Adam{}, 1), "Beta1": averaged(&optim.Adam{Beta1: 3}, 0.5),
	} {
		if err := m.Init(optim.Flat(2)); err == nil || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(want)) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if i := initialised(t, averaged(&optim.LevenbergMarquardt{}, 0.5), 2).Info(free{}.Objective()); i.Err == nil {
		t.Error("the method's demands are forgotten")
	}
	if _, err := averaged(&optim.Adam{}, 0.5).Step(t.Context(), free{}.Objective(), nil); err == nil || errors.Is(err, optim.ErrConverged) {
		t.Errorf("a step before Init: %v", err)
	}
}

func ExampleMean() {
	m := optim.Phases(optim.Phase{Method: &optim.SGD{LR: optim.Constant(0.5)}, EMA: 0.5})
	if err := m.Init(optim.Flat(1)); err != nil {
		fmt.Println(err)
	}
	f, theta := &optimtest.Func{F: optimtest.Bowl(1)}, []float64{1}
	for range 2 {
		if _, err := m.Step(context.Background(), f.Objective(), theta); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Printf("training at %.4f, ", theta[0])
	m.Info(optim.Objective{}).Mean.Average(theta)
	fmt.Printf("average %.4f\n", theta[0])
	// Output:
	// training at 0.2500, average 0.3333
}
