package callbacks_test

import (
	"context"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// A run ends at the first look at which the estimate is below the bound, before the step's update and after it.
func TestAccuracy(t *testing.T) {
	x := ph.NewCoord("x")
	line := domain.NewInterval(x, 0, 1)
	u := ph.NewField("u", net.MLP{Hidden: []int{10}}, x)
	solver, err := crux.New(crux.Problem{Constraints: []crux.Constraint{
		{Name: "ode", Residual: u.D(x).Add(u), On: line.Interior(40)},
		{Name: "start", Residual: u.Shift(-1), On: line.Face(x, 0, 1)},
	}}, crux.Options{Seed: 1, Method: &optim.LevenbergMarquardt{}})
	if err != nil {
		t.Fatal(err)
	}
	defer solver.Close() //nolint:errcheck // it only ends workers
	look := &callbacks.Error{Interval: 5}
	res, err := solver.Solve(context.Background(), 500, look, &callbacks.Accuracy{Below: 1e-4, Error: look})
	if err != nil || res.Status != crux.Stopped || res.Steps >= 500 || !strings.Contains(res.Reason, "is below 1.0e-04") {
		t.Fatalf("%+v, %v", res, err)
	}
	r := look.Result()
	for k, v := range r.Values {
		if rel := v.Fields[0].Relative(); (rel < 1e-4) != (k == len(r.Values)-1) {
			t.Errorf("step %d: estimate %v", r.Epochs[k], rel)
		}
	}
	if last := r.Epochs[len(r.Epochs)-1]; res.Epoch != last+1 { // the step in which it looked is complete
		t.Errorf("ended after %d steps, looked at step %d", res.Epoch, last)
	}
	for want, a := range map[string]*callbacks.Accuracy{
		"Below is 0": {Error: look}, "no Error": {Below: 1e-3}, "takes no part": {Below: 1e-3, Error: &callbacks.Error{}},
	} {
		if _, err := solver.Solve(context.Background(), 1, look, a); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
}

// A step whose update spoils what the look found does not end the run.
func TestAccuracyAfterUpdate(t *testing.T) {
	x := ph.NewCoord("x")
	line := domain.NewInterval(x, 0, 1)
	u := ph.NewField("u", net.MLP{Hidden: []int{10}}, x)
	const look = 60
	spoils := &optim.Adam{LR: optim.Constant(0.5)}
	solver, err := crux.New(crux.Problem{Constraints: []crux.Constraint{
		{Name: "ode", Residual: u.D(x).Add(u), On: line.Interior(40)},
		{Name: "start", Residual: u.Shift(-1), On: line.Face(x, 0, 1)},
	}}, crux.Options{Seed: 1, Method: optim.Phases(optim.Phase{Method: &optim.LevenbergMarquardt{}, Steps: look}, optim.Phase{Method: spoils})})
	if err != nil {
		t.Fatal(err)
	}
	defer solver.Close() //nolint:errcheck // it only ends workers
	e := &callbacks.Error{Interval: look}
	res, err := solver.Solve(context.Background(), look+1, e, &callbacks.Accuracy{Below: 1e-4, Error: e})
	if err != nil || res.Status != crux.Completed {
		t.Fatalf("%+v, %v", res, err)
	}
	if v, _ := e.Value(); !(v.Worst() < 1e-4) {
		t.Errorf("before the update the error is %v", v.Worst())
	}
	if err := solver.Measure(context.Background(), e); err != nil {
		t.Fatal(err)
	}
	if v, _ := e.Value(); v.Worst() < 1e-4 {
		t.Errorf("after the update the error is %v", v.Worst())
	}
}
