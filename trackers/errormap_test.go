package trackers_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
)

// The map lies over the true error while there is something to repair, and has the size of the estimate always: half-trained, where
// it is the error point by point, and at the end, where it is large where the error may be.
func TestErrorMap(t *testing.T) {
	x, y := ph.NewCoord("x"), ph.NewCoord("y")
	square := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	u := ph.NewField("u", net.MLP{Hidden: []int{12, 12}}, x, y)
	exact := ph.Sin(x.Scale(math.Pi)).Mul(ph.Sin(y.Scale(2 * math.Pi)))
	problem := crux.Problem{Constraints: []crux.Constraint{
		{Name: "pde", Residual: ph.Laplacian(u, x, y).Add(exact.Scale(5 * math.Pi * math.Pi)), On: square.Interior(300)},
		{Name: "bc", Residual: u, On: square.Boundary(120)},
	}}
	s := trained(t, problem, crux.Options{Seed: 1, Method: optim.Phases(
		optim.Phase{Method: &optim.Adam{}, Steps: 50}, optim.Phase{Method: &optim.LevenbergMarquardt{}},
	)}, 60)
	for _, c := range []struct {
		steps int
		like  float64 // the correlation with the true error that is asked for
	}{{3, 0.9}, {5, 0.9}, {40, 0.2}} {
		if _, err := s.Solve(context.Background(), c.steps); err != nil {
			t.Fatal(err)
		}
		grid := square.Grid(31)
		off, err := s.Eval(u.Sub(exact), grid)
		if err != nil {
			t.Fatal(err)
		}
		truth := make([]float64, 31*31)
		for i := range truth {
			truth[i] = math.Abs(off.At(i, 0))
		}
		m := &trackers.ErrorMap{Of: trackers.Quantity{Name: "u", Expr: u}, At: grid}
		if err := s.Measure(context.Background(), m); err != nil {
			t.Fatal(err)
		}
		e := estimated(t, s, &trackers.Error{}).Fields[0]
		size, whole := floats.Norm(m.Values, 2)/31, math.Hypot(e.Repairable, e.Left)
		if like := stat.Correlation(m.Values, truth, nil); !(like > c.like) || !(size > whole/2 && size < 2*whole) {
			t.Errorf("step %d: correlation %.2f; %.2g, of the whole %.2g, true %.2g", s.Epoch(), like, size, whole, floats.Norm(truth, 2)/31)
		}
		m.At = square.Grid(2) // other points, of the same parameters
		before := []float64{m.Values[0], m.Values[len(m.Values)-1]}
		if err := s.Measure(context.Background(), m); err != nil || len(m.Values) != 4 || m.Values[0] != before[0] || m.Values[3] != before[1] {
			t.Errorf("at the corners %v, before %v (%v)", m.Values, before, err)
		}
	}
}

// Where a function is not known well: in the middle, farthest from where it is given.
func ExampleErrorMap() {
	x := ph.NewCoord("x")
	line := domain.NewInterval(x, 0, 1)
	u := ph.NewField("u", net.MLP{Hidden: []int{10}}, x)
	solver, err := auto.New(auto.Problem{Domain: line, Constraints: []crux.Constraint{
		{Name: "pde", Residual: u.D(x, x).Add(ph.Sin(x.Scale(3))), On: line.Interior(0)},
		{Name: "ends", Residual: u, On: line.Boundary(0)},
	}}, crux.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer solver.Close()
	if _, err := solver.Solve(context.Background(), 50); err != nil {
		fmt.Println(err)
		return
	}
	m := &trackers.ErrorMap{Of: trackers.Quantity{Name: "u", Expr: u}, At: line.Grid(3)}
	if err := solver.Measure(context.Background(), m); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Values[0], m.Values[1] > 0, m.Values[2])
	// Output: 0 true 0
}
