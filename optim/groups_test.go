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

// netAndKappa has the blocks of two layers interleaved with a PDE parameter, so that groups are not contiguous.
func netAndKappa() []optim.Param {
	return []optim.Param{
		{Path: "u/layer0/weight", Offset: 0, Len: 4, Shape: []int{2, 2}},
		{Path: "kappa", Offset: 4, Len: 1},
		{Path: "u/layer1/weight", Offset: 5, Len: 2, Shape: []int{2}},
	}
}

func isNet(path string) bool { return strings.HasPrefix(path, "u/") }

func grouped(t *testing.T, groups ...optim.Group) optim.Method {
	t.Helper()
	m := inGroups(groups...)
	if err := m.Init(netAndKappa()); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestGroupsOfEqualMethods: splitting an element-wise method into groups changes no bit.
func TestGroupsOfEqualMethods(t *testing.T) {
	adam := func() optim.Method { return &optim.Adam{LR: optim.Constant(1e-2)} }
	got, want := optimtest.RosenbrockStart(7), optimtest.RosenbrockStart(7)
	take(t, grouped(t, optim.Group{Select: isNet, Method: adam()}, optim.Group{Method: adam()}), &optimtest.Func{F: optimtest.Rosenbrock}, got, 50)
	take(t, initialised(t, adam(), 7), &optimtest.Func{F: optimtest.Rosenbrock}, want, 50)
	if !slices.Equal(got, want) {
		t.Errorf("two groups give %v, one method %v", got, want)
	}
}

// TestGroupsEvaluateOnce: first-order groups share the gradient at θ_e, even when the objective has no memory.
func TestGroupsEvaluateOnce(t *testing.T) {
	m := grouped(t, optim.Group{Select: isNet, Method: &optim.Adam{}}, optim.Group{Method: &optim.SGD{}})
	f := &forgetful{F: optimtest.Bowl(10)}
	theta := optimtest.RosenbrockStart(7)
	take(t, m, f, theta, 10)
	if f.evals != 10 {
		t.Errorf("%d evaluations in 10 steps", f.evals)
	}
}

// forgetful evaluates at every call.
type forgetful struct {
	F     func(grad, theta []float64) float64
	evals int
}

func (o *forgetful) Grad(_ context.Context, grad, theta []float64) (float64, error) {
	o.evals++
	return o.F(grad, theta), nil
}

func (o *forgetful) Objective() optim.Objective {
	return optim.Objective{Loss: o.Loss, Grad: o.Grad}
}

func (o *forgetful) Loss(ctx context.Context, theta []float64) (float64, error) {
	return o.Grad(ctx, make([]float64, len(theta)), theta)
}

// TestFreezeKeepsBits, with a value whose bits arithmetic would not keep: −0.
func TestFreezeKeepsBits(t *testing.T) {
	for _, m := range []optim.Method{&optim.Adam{}, &optim.LBFGS{}, &optim.SSBroyden{}} {
		theta := optimtest.RosenbrockStart(7)
		theta[4] = math.Copysign(0, -1)
		take(t, grouped(t, optim.Group{Select: isNet, Method: m}, optim.Group{Freeze: true}), &optimtest.Func{F: optimtest.Rosenbrock}, theta, 10)
		if math.Float64bits(theta[4]) != 1<<63 {
			t.Errorf("%s: a frozen −0 became %v", optim.Describe(m), theta[4])
		}
		if slices.Equal(theta, optimtest.RosenbrockStart(7)) {
			t.Errorf("%s: nothing moved", optim.Describe(m))
		}
	}
}

// TestRestrictedMinimum: a quasi-Newton group finds the minimum over its parameters with the others fixed.
func TestRestrictedMinimum(t *testing.T) {
	f := &optimtest.Func{F: func(grad, x []float64) float64 { // ½‖x‖² + ½(Σx)²; with x₄ = κ fixed, x_i = −κ/(1+6)
		sum := 0.0
		for _, v := range x {
			sum += v
		}
		l := sum * sum / 2
		for i, v := range x {
			grad[i] = v + sum
			l += v * v / 2
		}
		return l
	}}
	theta := optimtest.RosenbrockStart(7)
	theta[4] = 3.5
	m := grouped(t, optim.Group{Select: isNet, Method: &optim.SSBroyden{}}, optim.Group{Freeze: true})
	_, err := descend(t, m, f, theta, 500)
	if err == nil {
		t.Error("no convergence")
	}
	want := []float64{-0.5, -0.5, -0.5, -0.5, 3.5, -0.5, -0.5}
	if !near(theta, want, 1e-9) {
		t.Errorf("theta %v, want %v", theta, want)
	}
}

// TestGroupsConvergeTogether: one converged group rests while the other goes on; when both are done, Step says so.
func TestGroupsConvergeTogether(t *testing.T) {
	m := grouped(t, optim.Group{Select: isNet, Method: &optim.LBFGS{GradTol: 1e-2}}, optim.Group{Method: &optim.LBFGS{GradTol: 1e-10}})
	theta := slices.Repeat([]float64{1}, 7)
	f := quadratic()
	k := 0
	var err error
	for ; err == nil && k < 100; k++ {
		_, err = m.Step(t.Context(), f.Objective(), theta)
	}
	grad := make([]float64, 7)
	optimtest.Bowl(10)(grad, theta)
	if !errors.Is(err, optim.ErrConverged) || math.Abs(grad[4]) > 1e-10 || math.Abs(grad[0]) > 1e-2 {
		t.Errorf("after %d steps: gradient %v, error %v", k, grad, err)
	}
}

func TestGroupSelectionErrors(t *testing.T) {
	for _, c := range []struct {
		groups []optim.Group
		says   string
	}{
		{[]optim.Group{{Select: isNet, Method: &optim.Adam{}}}, "no group selects kappa"},
		{[]optim.Group{{Select: func(string) bool { return false }, Method: &optim.Adam{}}, {Method: &optim.Adam{}}}, "group 0 selects nothing that is left; the parameters are u/layer0/weight, kappa, u/layer1/weight"},
		{[]optim.Group{{Method: &optim.Adam{}}, {Select: isNet, Method: &optim.Adam{}}}, "group 1 selects nothing that is left"},
		{[]optim.Group{{Select: isNet}, {Method: &optim.Adam{}}}, "group 0 has no method; set Freeze to keep its parameters as they are"},
		{[]optim.Group{{Method: &optim.Adam{}, Freeze: true}}, "group 0 has a method and is frozen"},
	} {
		err := inGroups(c.groups...).Init(netAndKappa())
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("error %v, want %q", err, c.says)
		}
	}
}

// A step that fails in the second group after the first has stepped moves neither, and the next one goes on.
func TestGroupFails(t *testing.T) {
	m, theta := inGroups(optim.Group{Select: isNet, Method: &optim.LBFGS{}}, optim.Group{Method: &optim.LBFGS{}}), optimtest.RosenbrockStart(7)
	if err := m.Init(netAndKappa()); err != nil {
		t.Fatal(err)
	}
	bowl := &optimtest.Func{F: optimtest.Bowl(100)}
	take(t, m, bowl, theta, 1)
	before := slices.Clone(theta)
	broken := &breaking{kappa: theta[4], Func: bowl}
	if _, err := m.Step(t.Context(), broken.Objective(), theta); !errors.Is(err, errBroken) || !slices.Equal(theta, before) {
		t.Fatalf("theta is %v, was %v; error %v", theta, before, err)
	}
	was, _ := bowl.Objective().Loss(t.Context(), theta)
	take(t, m, bowl, theta, 3)
	if is, _ := bowl.Objective().Loss(t.Context(), theta); !(is < was) {
		t.Errorf("loss %v, was %v", is, was)
	}
}

var errBroken = errors.New("broken")

// breaking fails where κ has moved, which is in the second group's line search.
type breaking struct {
	kappa float64
	*optimtest.Func
}

func (b *breaking) Objective() optim.Objective {
	f := b.Func.Objective()
	f.Grad = b.Grad
	return f
}

func (b *breaking) Grad(ctx context.Context, grad, theta []float64) (float64, error) {
	if theta[4] != b.kappa {
		return math.NaN(), errBroken
	}
	return b.Func.Grad(ctx, grad, theta)
}

func ExamplePhase_groups() {
	// The network learns by Adam, the PDE parameter kappa ten times as fast, the first layer not at all.
	m := optim.Phases(optim.Phase{
		Groups: []optim.Group{
			{Select: func(p string) bool { return p == "u/layer0/weight" }, Freeze: true},
			{Select: func(p string) bool { return p == "kappa" }, Method: &optim.Adam{LR: optim.Constant(1e-2)}},
		},
		Method: &optim.Adam{LR: optim.Constant(1e-3)},
	})
	if err := m.Init(netAndKappa()); err != nil {
		fmt.Println(err)
		return
	}
	theta := []float64{1, 1, 1, 1, 1, 1, 1}
	f := &optimtest.Func{F: optimtest.Bowl(10)}
	if _, err := m.Step(context.Background(), f.Objective(), theta); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.3f\n", theta)
	// Output:
	// [1.000 1.000 1.000 1.000 0.990 0.999 0.999]
}
