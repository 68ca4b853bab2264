package optim_test

import (
	"math"
	"slices"
	"testing"

	"github.com/crux-pinn/crux/optim"
	"github.com/crux-pinn/crux/optim/optimtest"
)

func quadratic() *optimtest.Func { return &optimtest.Func{F: optimtest.Bowl(10)} }

// TestChainEqualsStruct: the structs are their chains, bit for bit.
func TestChainEqualsStruct(t *testing.T) {
	lr := optim.Cosine(1e-2, 1e-4, 100)
	for _, c := range []struct{ whole, chain optim.Method }{
		{&optim.Adam{LR: lr}, optim.Chain(optim.ScaleByAdam(), optim.ScaleByLR(lr))},
		{&optim.AdamW{LR: lr, Decay: 0.1}, optim.Chain(optim.ScaleByAdam(), optim.AddDecayedWeights(0.1, nil), optim.ScaleByLR(lr))},
		{&optim.SGD{LR: lr, Momentum: 0.8}, optim.Chain(optim.Momentum(0.8), optim.ScaleByLR(lr))},
		{&optim.SGD{LR: lr, Momentum: 0.8, Nesterov: true}, optim.Chain(optim.NesterovMomentum(0.8), optim.ScaleByLR(lr))},
	} {
		a, b := optimtest.RosenbrockStart(7), optimtest.RosenbrockStart(7)
		take(t, initialised(t, c.whole, 7), quadratic(), a, 100)
		take(t, initialised(t, c.chain, 7), quadratic(), b, 100)
		if !slices.Equal(a, b) {
			t.Errorf("%s gives %v, %s %v", optim.Describe(c.whole), a, optim.Describe(c.chain), b)
		}
	}
}

// TestGradientDescentRate: on a quadratic every component shrinks by 1 − αλ a step.
func TestGradientDescentRate(t *testing.T) {
	theta := []float64{1, 1, 1}
	take(t, initialised(t, &optim.SGD{LR: optim.Constant(0.05)}, 3), quadratic(), theta, 40)
	for i, lambda := range []float64{1, math.Sqrt(10), 10} {
		if want := math.Pow(1-0.05*lambda, 40); math.Abs(theta[i]-want) > 1e-14 {
			t.Errorf("curvature %v: %v after 40 steps, want %v", lambda, theta[i], want)
		}
	}
}

// TestHeavyBallRate: with Polyak's optimal constants the error falls as ((√κ−1)/(√κ+1))^k, against ((κ−1)/(κ+1))^k
// without momentum.
func TestHeavyBallRate(t *testing.T) {
	const kappa = 100
	root := math.Sqrt(kappa)
	rate := (root - 1) / (root + 1)
	m := &optim.SGD{LR: optim.Constant(4 / ((root + 1) * (root + 1))), Momentum: rate * rate}
	theta := []float64{1, 1, 1, 1}
	const k = 100
	take(t, initialised(t, m, 4), &optimtest.Func{F: optimtest.Bowl(kappa)}, theta, k)
	size := 0.0
	for _, v := range theta {
		size = max(size, math.Abs(v))
	}
	// The double root of the recurrence at both ends of the spectrum gives a factor that grows like k.
	if size > 10*k*math.Pow(rate, k) || size < 0.01*math.Pow(rate, k) {
		t.Errorf("error %v after %d steps; the theory says about k·%.3g", size, k, math.Pow(rate, k))
	}
}

// TestAdamFirstStep: bias correction makes the first step α·sign(g), whatever the size of g.
func TestAdamFirstStep(t *testing.T) {
	for _, size := range []float64{1e-3, 1, 1e6} {
		f := &optimtest.Func{F: func(grad, theta []float64) float64 {
			grad[0], grad[1] = size, -size
			return size * (theta[0] - theta[1])
		}}
		theta := []float64{0, 0}
		take(t, initialised(t, &optim.Adam{LR: optim.Constant(0.1)}, 2), f, theta, 1)
		if !near(theta, []float64{-0.1, 0.1}, 1e-4) {
			t.Errorf("gradient of size %v: first step %v, want ±0.1", size, theta)
		}
	}
}

func TestAdamWithoutEpsLeavesUnusedParametersAlone(t *testing.T) {
	f := &optimtest.Func{F: func(grad, theta []float64) float64 { grad[0], grad[1] = theta[0], 0; return theta[0] * theta[0] / 2 }}
	m := optim.Chain(optim.ScaleByAdamWith(0.9, 0.999, 0), optim.ScaleByLR(optim.Constant(0.1)))
	theta := []float64{1, 7}
	take(t, initialised(t, m, 2), f, theta, 3)
	if theta[1] != 7 {
		t.Errorf("a parameter with zero gradient moved to %v", theta[1])
	}
}

func TestWeightDecaySelects(t *testing.T) {
	m := optim.Chain(optim.AddDecayedWeights(0.5, func(p string) bool { return p == "w" }))
	if err := m.Init([]optim.Param{{Path: "w", Len: 1}, {Path: "b", Offset: 1, Len: 1}}); err != nil {
		t.Fatal(err)
	}
	theta := []float64{4, 4}
	take(t, m, &optimtest.Func{F: func(grad, _ []float64) float64 { clear(grad); return 0 }}, theta, 1)
	if theta[0] != 2 || theta[1] != 4 {
		t.Errorf("theta %v, want [2 4]", theta)
	}
}

func TestInvalidSettings(t *testing.T) {
	for _, m := range []optim.Method{
		&optim.Adam{Beta1: 1},
		&optim.Adam{Beta2: -0.1},
		&optim.Adam{Eps: math.NaN()},
		&optim.AdamW{Decay: -1},
		&optim.AdamW{Decay: math.Inf(1)},
		&optim.SGD{Momentum: 1},
		&optim.LBFGS{Memory: -1},
		&optim.LBFGS{GradTol: -1},
		&optim.LBFGS{MaxTrials: -1},
		&optim.SSBroyden{BFGS: true, GradTol: math.NaN()},
		optim.Chain(nil),
		optim.Chain(optim.ClipNorm(0)),
		optim.Chain(optim.ClipValue(math.NaN())),
		optim.Chain(optim.ScaleByRMS(1, 0)),
		optim.Chain(&optim.DLRS{Window: 1}),
		optim.Chain(&optim.DLRS{LR: 2}),
		optim.Chain(&optim.DLRS{Window: -3}),
		optim.Phases(),
		optim.Phases(optim.Phase{Steps: 3}),
		optim.Phases(optim.Phase{Method: &optim.Adam{}, Steps: -1}),
		optim.Phases(optim.Phase{Method: &optim.SGD{Momentum: 2}}),
		optim.Phases(optim.Phase{Method: &optim.SGD{}, Stall: optim.Stall{Window: -1, Keep: 0.5}}),
		optim.Phases(optim.Phase{Method: &optim.SGD{}, Stall: optim.Stall{Keep: 0.5}}),
		optim.Phases(optim.Phase{Method: &optim.SGD{}, Stall: optim.Stall{Window: 1}}),
		optim.Phases(optim.Phase{Method: &optim.SGD{}, Stall: optim.Stall{Window: 1, Keep: 1.1}}),
		optim.Phases(optim.Phase{Method: &optim.SGD{}, Enough: -1}),
		optim.Phases(optim.Phase{Method: &optim.SGD{}, Enough: 1}),
		optim.Phases(optim.Phase{Method: &optim.SGD{}, Enough: math.NaN()}),
		inGroups(),
		optim.Phases(optim.Phase{Method: &optim.SSBroyden{}, Steps: 1}, optim.Phase{Method: &optim.Adam{Beta1: 3}}),
		inGroups(optim.Group{}),
		inGroups(optim.Group{Method: &optim.SGD{Momentum: 2}}),
	} {
		err := m.Init(optim.Flat(3))
		if err == nil {
			t.Errorf("%T %+v: Init accepted it", m, m)
			continue
		}
		t.Log(err)
	}
}

// TestNoAllocations: a step allocates nothing once the buffers exist. (With groups it makes some functions, the objective of each.)
func TestNoAllocations(t *testing.T) {
	for _, m := range []optim.Method{
		&optim.Adam{}, &optim.AdamW{Decay: 0.1}, &optim.SGD{Momentum: 0.9}, &optim.LBFGS{Memory: 5},
		optim.Phases(optim.Phase{Method: &optim.Adam{}}),
	} {
		initialised(t, m, 50)
		theta := optimtest.RosenbrockStart(50)
		f := given((&optimtest.Func{F: optimtest.Bowl(100)}).Objective())
		take(t, m, f, theta, 10)
		ctx := t.Context()
		if a := testing.AllocsPerRun(20, func() {
			if _, err := m.Step(ctx, f.Objective(), theta); err != nil {
				t.Fatal(err)
			}
		}); a != 0 {
			t.Errorf("%s: %v allocations a step", optim.Describe(m), a)
		}
	}
}

func TestDenseMethodsRefuseLargeProblems(t *testing.T) {
	for _, m := range []optim.Method{&optim.SSBroyden{Memory: 1_000_000}, &optim.SSBroyden{BFGS: true, Memory: 1_000_000}} {
		if err := m.Init(optim.Flat(1_000_000)); err == nil {
			t.Errorf("%s accepted a million parameters", optim.Describe(m))
		}
	}
}
