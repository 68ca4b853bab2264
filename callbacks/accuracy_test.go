package callbacks_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// decay is u' = −u, u(0) = 1, whose error is estimated.
func decay(t *testing.T, m optim.Method) *crux.Solver {
	t.Helper()
	return decayIn(t, m, 0)
}

// decayIn is decay in windows of 300 steps at most, if there are any.
func decayIn(t *testing.T, m optim.Method, windows int) *crux.Solver {
	t.Helper()
	x := ph.NewCoord("x")
	line := domain.NewInterval(x, 0, 1)
	u := ph.NewField("u", net.MLP{Hidden: []int{10}}, x)
	options := crux.Options{Seed: 1, Method: m}
	if windows > 0 {
		options.Windows = &crux.Windows{Coord: x, Count: windows, Steps: 300}
	}
	solver, err := crux.New(crux.Problem{Constraints: []crux.Constraint{
		{Name: "ode", Residual: u.D(x).Add(u), On: line.Interior(40)},
		{Name: "start", Residual: u.Shift(-1), On: line.Face(x, 0, 1)},
	}}, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { solver.Close() }) //nolint:errcheck // it only ends workers
	return solver
}

// estimates keeps what Accuracy has seen.
type estimates struct {
	steps  []int
	values []float64
}

func (*estimates) OnSolveBegin(context.Context, *crux.Run) error { return nil }

func (*estimates) OnStep(context.Context, *crux.Step) error { return nil }

func (e *estimates) Record(m crux.Metric) error {
	if m.Key == "estimate/u" {
		e.steps, e.values = append(e.steps, m.Epoch), append(e.values, m.Value)
	}
	return nil
}

// A run ends at the first look at which the estimate is below the bound, and leaves the parameters that were looked at.
func TestAccuracy(t *testing.T) {
	solver := decay(t, &optim.LevenbergMarquardt{})
	var seen estimates
	res, err := solver.Solve(context.Background(), 500, &seen, &callbacks.Accuracy{Below: 1e-4, Error: &callbacks.Error{}})
	if err != nil || res.Status != crux.Stopped || res.Steps >= 500 || !strings.Contains(res.Reason, "is below 1.0e-04") {
		t.Fatalf("%+v, %v", res, err)
	}
	for k, v := range seen.values {
		if (v < 1e-4) != (k == len(seen.values)-1) {
			t.Errorf("step %d: estimate %v", seen.steps[k], v)
		}
	}
	e := &callbacks.Error{}
	if err := solver.Measure(context.Background(), e); err != nil {
		t.Fatal(err)
	}
	v, _ := e.Value()
	if n := len(seen.values); n == 0 || v.Worst() != seen.values[n-1] || seen.steps[n-1] != res.Epoch-1 {
		t.Errorf("ended at step %d with %v; looked at %v: %v", res.Epoch, v.Worst(), seen.steps, seen.values)
	}
	for want, a := range map[string]*callbacks.Accuracy{"Below is 0": {Error: e}, "no Error": {Below: 1e-3}} {
		if _, err := solver.Solve(context.Background(), 1, a); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
}

// A window may be off by a hundredth of its share of the whole, since those after it can make its error grow; a run without windows by all of it.
func TestAccuracyOfWindows(t *testing.T) {
	const windows, below = 2, 1e-3
	for count, want := range map[int]float64{0: below, windows: below / 100 / math.Sqrt(windows)} {
		solver := decayIn(t, &optim.LevenbergMarquardt{}, count)
		var seen estimates
		res, err := solver.Solve(context.Background(), 300*max(1, count), &seen, &callbacks.Accuracy{Below: below, Error: &callbacks.Error{}})
		if err != nil || !strings.Contains(res.Reason, fmt.Sprintf("is below %.1e", want)) {
			t.Fatalf("%d windows: %+v, %v", count, res, err)
		}
		ends := 0 // looks that ended something
		for _, v := range seen.values {
			if v < want {
				ends++
			}
		}
		if ends != max(1, count) || res.Steps >= 300 {
			t.Errorf("%d windows: %d steps, estimates %v", count, res.Steps, seen.values)
		}
	}
}

// What is looked at are the parameters after the update: where that has spoilt them, the run goes on.
func TestAccuracyAfterUpdate(t *testing.T) {
	const good = 60
	spoils := &optim.Adam{LR: optim.Constant(0.5)}
	solver := decay(t, optim.Phases(optim.Phase{Method: &optim.LevenbergMarquardt{}, Steps: good}, optim.Phase{Method: spoils}))
	var seen estimates
	a := &callbacks.Accuracy{Below: 1e-4, Error: &callbacks.Error{}}
	if _, err := solver.Solve(context.Background(), 1, &seen, a); err != nil {
		t.Fatal(err)
	}
	if _, err := solver.Solve(context.Background(), good-1); err != nil {
		t.Fatal(err)
	}
	res, err := solver.Solve(context.Background(), 1, &seen, a)
	if err != nil || res.Status != crux.Completed || len(seen.values) != 1 || seen.values[0] < 1e-4 {
		t.Errorf("%+v, %v; %+v", res, err, seen)
	}
}
