package crux_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"go.uber.org/goleak"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// inGroups is one phase of these groups.
func inGroups(groups ...optim.Group) *optim.Phased { return optim.Phases(optim.Phase{Groups: groups}) }

// stateless is what the methods of these tests have in common.
type stateless struct{}

func (stateless) Info(optim.Objective) optim.Info { return optim.Info{Name: "test", Rate: math.NaN()} }
func (stateless) State() ([]byte, error)          { return nil, nil }
func (stateless) SetState([]byte) error           { return nil }

// poisson is −Δu = 2π² sin πx sin πy on the unit square with u = 0 on its boundary, and a network of 85 parameters.
type poisson struct {
	x, y *ph.Coord
	u    *ph.Field
	box  *domain.Box
	crux.Problem
}

func newPoisson() *poisson {
	p := &poisson{}
	p.x, p.y = ph.Coords2("x", "y")
	p.box = domain.NewBox(domain.In(p.x, 0, 1), domain.In(p.y, 0, 1))
	p.u = ph.NewField("u", net.MLP{Hidden: []int{7, 7}}, p.x, p.y)
	f := ph.Sin(p.x.Scale(math.Pi)).Mul(ph.Sin(p.y.Scale(math.Pi))).Scale(2 * math.Pi * math.Pi)
	p.Problem = crux.Problem{Name: "poisson2d", Constraints: []crux.Constraint{
		{Name: "pde", Residual: ph.Laplacian(p.u, p.x, p.y).Add(f), On: p.box.Interior(150)},
		{Name: "bc", Residual: p.u, On: p.box.Boundary(40)},
	}}
	return p
}

func newSolver(t testing.TB, p crux.Problem, o crux.Options) *crux.Solver {
	t.Helper()
	s, err := crux.New(p, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func solve(t testing.TB, s *crux.Solver, steps int, callbacks ...crux.Callback) *crux.Result {
	t.Helper()
	res, err := s.Solve(context.Background(), steps, callbacks...)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// hook is a callback made of functions; nil ones do nothing.
type hook struct {
	begin func(r *crux.Run) error
	step  func(ctx context.Context, s *crux.Step) error
}

func (h *hook) OnSolveBegin(_ context.Context, r *crux.Run) error {
	if h.begin == nil {
		return nil
	}
	return h.begin(r)
}

func (h *hook) OnStep(ctx context.Context, s *crux.Step) error {
	if h.step == nil {
		return nil
	}
	return h.step(ctx, s)
}

func onStep(f func(ctx context.Context, s *crux.Step) error) crux.Callback { return &hook{step: f} }

// sameBits compares vectors by their bits.
func sameBits(t testing.TB, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range want {
		if math.Float64bits(got[i]) != math.Float64bits(want[i]) {
			t.Fatalf("%s: value %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

// sameRun compares everything two solvers have come to.
func sameRun(t testing.TB, got, want *crux.Solver) {
	t.Helper()
	g, w := got.History(), want.History()
	if !slices.Equal(g.Epochs, w.Epochs) {
		t.Fatalf("epochs %v, want %v", g.Epochs, w.Epochs)
	}
	sameBits(t, "loss history", g.Loss, w.Loss)
	sameBits(t, "theta", got.Theta(), want.Theta())
}

// resumes cuts a run of first after some steps, goes on with its state in second until there were all, and wants that to be the
// whole run.
func resumes(t testing.TB, first, second, whole *crux.Solver, cut, steps int) {
	t.Helper()
	solve(t, first, cut)
	st, err := first.State()
	if err != nil {
		t.Fatal(err)
	}
	if err := second.SetState(st); err != nil {
		t.Fatal(err)
	}
	solve(t, second, steps-cut)
	sameRun(t, second, whole)
}

// between is a callback made of a function that is called between steps.
type between struct {
	hook
	do func(r *crux.Run) error
}

func (b *between) OnStepEnd(_ context.Context, r *crux.Run) error { return b.do(r) }

// resumesFromSteps takes the state between all steps of a run, and wants whoever goes on from one to end as the run does. It returns
// how many there were.
func resumesFromSteps(t testing.TB, build func() *crux.Solver, steps int, callbacks ...crux.Callback) int {
	t.Helper()
	var states []*crux.State
	take := &between{do: func(r *crux.Run) error {
		st, err := r.Solver().State()
		states = append(states, st)
		return err
	}}
	whole := build()
	solve(t, whole, steps, append([]crux.Callback{take}, callbacks...)...)
	for _, st := range states {
		s := build()
		if err := s.SetState(st); err != nil {
			t.Fatal(err)
		}
		solve(t, s, steps-s.Epoch(), callbacks...)
		sameRun(t, s, whole)
	}
	return len(states)
}

// methods are one of each kind: a fixed step, and line searches with little and with full curvature.
var methods = map[string]func() optim.Method{
	"Adam":      func() optim.Method { return &optim.Adam{LR: optim.Constant(1e-2)} },
	"LBFGS":     func() optim.Method { return &optim.LBFGS{} },
	"SSBroyden": func() optim.Method { return &optim.SSBroyden{} },
}
