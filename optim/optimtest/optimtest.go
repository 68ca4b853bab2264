// Package optimtest tells whether an optim.Method keeps its contract.
package optimtest

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/crux-pinn/crux/optim"
)

// Run tests methods made by newMethod, which returns a fresh one at each call, all with the same settings. A method
// passes with settings that lower a smooth loss of curvature about 1 within 2000 steps.
func Run(t *testing.T, newMethod func() optim.Method) {
	s := suite{newMethod}
	t.Run("says what it is", s.info)
	t.Run("descends a quadratic bowl", s.bowl)
	t.Run("descends along Rosenbrock's valley", s.rosenbrock)
	t.Run("returns the loss at entry", s.entryLoss)
	t.Run("leaves theta finite when the gradient is zero", s.zeroGradient)
	t.Run("resumes exactly from saved state", s.resume)
	t.Run("keeps its state when initialised again", s.initAgain)
	t.Run("starts afresh on another layout", s.otherLayout)
	t.Run("starts afresh on another vector", s.otherVector)
	t.Run("does not retain theta or mix it up with grad", s.retain)
	t.Run("gives the same bits every time", s.repeat)
	t.Run("honours a cancelled context", s.cancel)
	t.Run("returns the objective's error and theta unchanged", s.objectiveError)
	t.Run("survives losses that are not finite", s.nanTrials)
	t.Run("refuses a start that is not finite", s.nanStart)
	t.Run("refuses theta of another length", s.misuse)
	t.Run("refuses a damaged state", s.damagedState)
}

type suite struct{ newMethod func() optim.Method }

const n = 8 // parameters of most tests, in two blocks

// params is a layout with two parameters, so that groups have something to choose from.
func params() []optim.Param {
	return []optim.Param{
		{Path: "net/weight", Offset: 0, Len: 6, Shape: []int{2, 3}},
		{Path: "net/bias", Offset: 6, Len: 2, Shape: []int{2}},
	}
}

func (s suite) start(t *testing.T) optim.Method {
	t.Helper()
	m := s.newMethod()
	if err := m.Init(params()); err != nil {
		t.Fatalf("Init: %v", err)
	}
	return m
}

// valley is Rosenbrock's function with curvatures of order 1, so that fixed step sizes fit.
func valley(grad, theta []float64) float64 {
	f := Rosenbrock(grad, theta)
	for i := range grad {
		grad[i] /= 1000
	}
	return f / 1000
}

func valleyFunc(size int) *Func {
	f := RosenbrockFunc(size)
	f.F = valley
	f.Squares = scaled(f.Squares, math.Sqrt(1e-3))
	return f
}

// steps takes up to k steps and stops at convergence. Any other error fails the test.
func steps(t *testing.T, m optim.Method, f optim.Objective, theta []float64, k int) (last float64) {
	t.Helper()
	for range k {
		loss, err := m.Step(t.Context(), f, theta)
		if i := slices.IndexFunc(theta, notFinite); i >= 0 {
			t.Fatalf("theta[%d] = %v after a step (error %v)", i, theta[i], err)
		}
		if errors.Is(err, optim.ErrConverged) {
			return loss
		}
		if err != nil {
			t.Fatalf("Step: %v", err)
		}
		last = loss
	}
	return last
}

func notFinite(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) }

func ones() []float64 { return slices.Repeat([]float64{1}, n) }

// info asks a method before Init, after it, and in the middle of a run, which must not notice.
func (s suite) info(t *testing.T) {
	if s.newMethod().Info(optim.Objective{}).Name == "" {
		t.Error("a new method has no name")
	}
	want, got := RosenbrockStart(n), RosenbrockStart(n)
	steps(t, s.start(t), valleyFunc(n).Objective(), want, 20)
	m := s.start(t)
	for range 20 {
		for _, f := range []optim.Objective{{}, valleyFunc(n).Objective()} {
			if i := m.Info(f); i.Name == "" || f.Loss != nil && i.Err != nil {
				t.Fatalf("%v: %v", i, i.Err)
			}
		}
		steps(t, m, valleyFunc(n).Objective(), got, 1)
	}
	if !slices.Equal(got, want) {
		t.Errorf("theta %v with Info before each step, %v without", got, want)
	}
}

func (s suite) bowl(t *testing.T) { s.descends(t, BowlFunc(n, 10), ones(), 0.01) }

func (s suite) rosenbrock(t *testing.T) { s.descends(t, valleyFunc(n), RosenbrockStart(n), 0.5) }

// descends wants less than a share of the loss at the start after 2000 steps.
func (s suite) descends(t *testing.T, f *Func, theta []float64, share float64) {
	first, _ := f.Loss(t.Context(), theta)
	if last := steps(t, s.start(t), f.Objective(), theta, 2000); !(last < share*first) {
		t.Errorf("loss %v after 2000 steps from %v; want less than %v of it", last, first, share)
	}
}

func (s suite) entryLoss(t *testing.T) {
	m, theta := s.start(t), RosenbrockStart(n)
	f := valleyFunc(n)
	for k := range 5 {
		want := valley(make([]float64, n), theta)
		loss, err := m.Step(t.Context(), f.Objective(), theta)
		if err != nil {
			t.Fatal(err)
		}
		if loss != want {
			t.Errorf("step %d returned loss %v, want L(theta) at entry, %v", k, loss, want)
		}
	}
}

func (s suite) zeroGradient(t *testing.T) {
	steps(t, s.start(t), BowlFunc(n, 10).Objective(), make([]float64, n), 3)
}

// resume compares 30 steps with 15, a save, and 15 of a new method restored before or after Init.
func (s suite) resume(t *testing.T) {
	straight := RosenbrockStart(n)
	m := s.start(t)
	steps(t, m, valleyFunc(n).Objective(), straight, 30)

	half := RosenbrockStart(n)
	m = s.start(t)
	steps(t, m, valleyFunc(n).Objective(), half, 15)
	state, err := m.State()
	if err != nil {
		t.Fatalf("State: %v", err)
	}
	for _, before := range []bool{true, false} {
		theta, m := slices.Clone(half), s.newMethod()
		set := func() error { return m.SetState(state) }
		init := func() error { return m.Init(params()) }
		calls := []func() error{init, set}
		if before {
			calls = []func() error{set, init}
		}
		for _, call := range calls {
			if err := call(); err != nil {
				t.Fatalf("restoring, SetState before Init: %t: %v", before, err)
			}
		}
		steps(t, m, valleyFunc(n).Objective(), theta, 15)
		if !slices.Equal(theta, straight) {
			t.Errorf("SetState before Init: %t: resumed theta %v, uninterrupted %v", before, theta, straight)
		}
	}
}

func (s suite) initAgain(t *testing.T) {
	want, got := RosenbrockStart(n), RosenbrockStart(n)
	steps(t, s.start(t), valleyFunc(n).Objective(), want, 20)
	m := s.start(t)
	for range 20 {
		steps(t, m, valleyFunc(n).Objective(), got, 1)
		if err := m.Init(params()); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("theta %v with Init before each step, %v without", got, want)
	}
}

func (s suite) otherLayout(t *testing.T) {
	want, got := RosenbrockStart(n+1), RosenbrockStart(n+1)
	layout := []optim.Param{{Path: "deep/weight", Len: 6, Shape: []int{6}}, {Path: "deep/bias", Offset: 6, Len: 3, Shape: []int{3}}}
	fresh, used := s.newMethod(), s.start(t)
	steps(t, used, valleyFunc(n).Objective(), RosenbrockStart(n), 10)
	for _, m := range []optim.Method{fresh, used} {
		if err := m.Init(layout); err != nil {
			t.Skipf("the method does not fit another layout: %v", err)
		}
	}
	steps(t, fresh, valleyFunc(n+1).Objective(), want, 10)
	steps(t, used, valleyFunc(n+1).Objective(), got, 10)
	if !slices.Equal(got, want) {
		t.Errorf("after Init with a new layout theta is %v, of a new method %v", got, want)
	}
}

// otherVector hands a method that has trained one θ another of the same layout, as a second solver does.
func (s suite) otherVector(t *testing.T) {
	of := func(v *optim.Vector) []optim.Param {
		ps := params()
		for i := range ps {
			ps[i].Vector = v
		}
		return ps
	}
	want, got := ones(), ones()
	fresh, used := s.start(t), s.newMethod()
	if err := used.Init(of(new(optim.Vector))); err != nil {
		t.Fatal(err)
	}
	steps(t, used, valleyFunc(n).Objective(), RosenbrockStart(n), 10)
	if err := used.Init(of(new(optim.Vector))); err != nil {
		t.Fatal(err)
	}
	steps(t, fresh, BowlFunc(n, 10).Objective(), want, 10)
	steps(t, used, BowlFunc(n, 10).Objective(), got, 10)
	if !slices.Equal(got, want) {
		t.Errorf("theta is %v, of a new method %v", got, want)
	}
}

// retain moves theta to a new slice before each step and spoils the old one; and spoils every gradient handed in
// before it is written.
func (s suite) retain(t *testing.T) {
	want, got := RosenbrockStart(n), RosenbrockStart(n)
	steps(t, s.start(t), valleyFunc(n).Objective(), want, 20)
	m := s.start(t)
	for range 20 {
		old := got
		got = slices.Clone(got)
		for i := range old {
			old[i] = math.NaN()
		}
		steps(t, m, aliasing(t, valleyFunc(n).Objective()), got, 1)
	}
	if !slices.Equal(got, want) {
		t.Errorf("theta %v when it moves between steps, %v when it stays", got, want)
	}
}

// aliasing is f, but fails the test when grad and theta share memory or have other lengths than P.
func aliasing(t *testing.T, f optim.Objective) optim.Objective {
	g := f
	g.Grad = func(ctx context.Context, grad, theta []float64) (float64, error) {
		if len(grad) != n || len(theta) != n {
			t.Errorf("Grad got slices of %d and %d elements, want %d", len(grad), len(theta), n)
		}
		at := slices.Clone(theta)
		for i := range grad {
			grad[i] = math.NaN()
		}
		if !slices.Equal(at, theta) {
			t.Errorf("grad and theta share memory")
			copy(theta, at)
		}
		return f.Grad(ctx, grad, theta)
	}
	return g
}

func (s suite) repeat(t *testing.T) {
	a, b := RosenbrockStart(n), RosenbrockStart(n)
	steps(t, s.start(t), valleyFunc(n).Objective(), a, 50)
	steps(t, s.start(t), valleyFunc(n).Objective(), b, 50)
	if !slices.Equal(a, b) {
		t.Errorf("two runs end at %v and %v", a, b)
	}
}
