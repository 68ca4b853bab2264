package callbacks_test

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// diverging is −u″ = 1, with a number k that Adam moves by its learning rate at each step towards 2; √(1 − k) is part of the equation if
// there is an edge.
func diverging(t *testing.T, edge bool, m optim.Method) *crux.Solver {
	t.Helper()
	x := ph.NewCoord("x")
	box := domain.NewBox(domain.In(x, 0, 1))
	u, k := ph.NewField("u", net.MLP{Hidden: []int{6}}, x), ph.NewParam("k", 0)
	pde := ph.Laplacian(u, x).Add(ph.Const(1))
	if edge {
		pde = pde.Add(ph.Sqrt(ph.Const(1).Sub(k)).Scale(1e-9))
	}
	s, err := crux.New(crux.Problem{Name: "edge", Constraints: []crux.Constraint{
		{Name: "pde", Residual: pde, On: box.Interior(20)},
		{Name: "bc", Residual: u, On: box.Boundary(2)},
		{Name: "k", Residual: k.Sub(ph.Const(2)), On: box.Interior(1)},
	}}, crux.Options{Method: m, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func sgd(lr float64) optim.Method { return &optim.SGD{LR: optim.Constant(lr)} }

// From the good state a run goes on as with a tenth of the learning rate: here from the beginning, where it is the run with that rate.
func TestRollbackShortensSteps(t *testing.T) {
	const rate = 5
	if res, err := diverging(t, false, sgd(rate)).Solve(context.Background(), 200); res.Status != crux.Diverged {
		t.Fatalf("%+v %v", res, err)
	}
	s := diverging(t, false, sgd(rate))
	var factors []float64
	b := &callbacks.Rollback{Back: func(why *crux.DivergedError, to int, factor float64) {
		if factors = append(factors, factor); why == nil || to != 0 {
			t.Errorf("back to %d, %v", to, why)
		}
	}}
	res, err := b.Solve(context.Background(), s, 200)
	if err != nil || res.Status != crux.Completed || res.Epoch != 200 || res.Steps <= 200 || len(factors) == 0 || len(s.History().Loss) != 200 {
		t.Fatalf("%+v %v, %v", res, err, factors)
	}
	want := diverging(t, false, sgd(rate*factors[len(factors)-1]))
	if _, err := want.Solve(context.Background(), 200); err != nil {
		t.Fatal(err)
	}
	for i, x := range want.Theta() {
		if math.Abs(s.Theta()[i]-x) > 1e-9*(1+math.Abs(x)) {
			t.Errorf("parameter %d is %v, with the smaller rate %v", i, s.Theta()[i], x)
		}
	}
}

// Where shorter steps do not help, a run ends with a good state: its parameters, its losses, its records and its checkpoint.
func TestRollbackEndsWithGoodState(t *testing.T) {
	for _, times := range []int{0, -1} {
		dir := t.TempDir()
		s := diverging(t, true, &optim.Adam{})
		backs := 0
		b := &callbacks.Rollback{Times: times, Back: func(*crux.DivergedError, int, float64) { backs++ }}
		check := &callbacks.Checkpoint{Dir: filepath.Join(dir, "checkpoints"), Interval: 10}
		res, err := b.Solve(context.Background(), s, 20000, check, &callbacks.CSV{Path: filepath.Join(dir, "history.csv")})
		if want := map[int]int{0: 4, -1: 1}[times]; backs != want {
			t.Errorf("back %d times, not %d", backs, want)
		}
		if diverged := (*crux.DivergedError)(nil); !errors.As(err, &diverged) || res.Status != crux.Diverged || res.Epoch < 800 || math.IsNaN(res.Loss) {
			t.Fatalf("%+v %v", res, err)
		}
		rows := cells(t, filepath.Join(dir, "history.csv"))
		if len(rows) != res.Epoch+1 || rows[res.Epoch]["loss"] != res.Loss {
			t.Errorf("%d rows, the last %v", len(rows), rows[len(rows)-1])
		}
		saved, err := callbacks.Latest(check.Dir)
		if err != nil || saved.State.Epoch != res.Epoch || !reflect.DeepEqual(saved.State.Parameters, s.Parameters()) {
			t.Errorf("%v", err)
		}
	}
}

// A run that is broken off after it went back ends as the one that was not, bit for bit.
func TestRollbackResumes(t *testing.T) {
	const steps = 300
	dir := t.TempDir()
	whole := diverging(t, false, sgd(5))
	if _, err := new(callbacks.Rollback).Solve(context.Background(), whole, steps, &callbacks.Checkpoint{Dir: dir, Interval: 70, Keep: 9}); err != nil {
		t.Fatal(err)
	}
	paths, err := callbacks.Checkpoints(dir)
	if err != nil || len(paths) < 4 {
		t.Fatal(paths, err)
	}
	for _, path := range paths[1:] {
		saved, err := callbacks.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		s, b := diverging(t, false, sgd(5)), new(callbacks.Rollback)
		check := &callbacks.Checkpoint{Dir: t.TempDir()}
		if err := saved.Restore(s, b, check); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Solve(context.Background(), s, steps-s.Epoch(), check); err != nil || !reflect.DeepEqual(s.Theta(), whole.Theta()) || !reflect.DeepEqual(s.History(), whole.History()) {
			t.Errorf("%s: another end (%v)", path, err)
		}
	}
}

// A run that does not diverge is the same with and without, whatever has state.
func TestRollbackChangesNothing(t *testing.T) {
	for _, c := range []struct{ method, scheme, moves string }{{"adam", "norms", "rad"}, {"phases", "relobralo", "r3"}, {"ssbroyden", "rba", ""}} {
		plain, other := build(t, c.method, c.scheme, c.moves, ""), build(t, c.method, c.scheme, c.moves, "")
		plain.solve(t, 230)
		if _, err := new(callbacks.Rollback).Solve(context.Background(), other.solver, 230, other.cs...); err != nil {
			t.Fatal(err)
		}
		if a, b := endingOf(t, plain), endingOf(t, other); !reflect.DeepEqual(a, b) {
			t.Errorf("%v: other bits", c)
		}
	}
}

// Everything that has state goes back with the solver: the run continues as one that was restored from a checkpoint of that step.
func TestRollbackTakesAllBack(t *testing.T) {
	for _, c := range []struct{ method, scheme, moves string }{{"adam", "norms", "rad"}, {"phases", "traces", "r3"}, {"adam", "rba", "rard"}} {
		plain := build(t, c.method, c.scheme, c.moves, "")
		plain.solve(t, 140)
		s := build(t, c.method, c.scheme, c.moves, "")
		thrown := false
		b := &callbacks.Rollback{Times: -1}
		s.cs = append(s.cs, stepEnd(func(r *crux.Run) error {
			if r.Epoch() == 120 && !thrown {
				thrown = true
				return &crux.DivergedError{Problem: "plate", Constraint: "pde", Epoch: 120}
			}
			return nil
		}))
		if res, err := b.Solve(context.Background(), s.solver, 140, s.cs...); err == nil || res.Epoch != 100 {
			t.Fatalf("%+v %v", res, err)
		}
		s.solve(t, 40)
		if a, b := endingOf(t, plain), endingOf(t, s); !reflect.DeepEqual(a, b) {
			t.Errorf("%v: other bits", c)
		}
	}
}
