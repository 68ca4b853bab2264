package auto_test

import (
	"context"
	"fmt"
	"math"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// The start is built in, and the points of the equation are chosen.
func ExampleNew() {
	t := ph.NewCoord("t")
	line := domain.NewInterval(t, 0, 2)
	y := ph.NewField("y", net.MLP{Hidden: []int{10}}, t)
	solver, err := auto.New(auto.Problem{Name: "decay", Domain: line, Constraints: []crux.Constraint{
		{Name: "ode", Residual: y.D(t).Add(y), On: line.Interior(0)},
		{Name: "start", Residual: y.Shift(-1), On: line.Face(t, 0, 0)},
	}}, crux.Options{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer solver.Close()
	for _, d := range solver.Choice.Decisions {
		fmt.Println(d.What)
	}
	if _, err := solver.Solve(context.Background(), auto.Steps); err != nil {
		fmt.Println(err)
		return
	}
	v, err := solver.Eval(y, domain.At([]*ph.Coord{t}, []float64{0, 2}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("y(0) = %.9f, y(2) = %.9f, exact %.9f\n", v.At(0, 0), v.At(1, 0), math.Exp(-2))
	// Output:
	// start: exact, built into y
	// the method is chosen at the first step
	// ode: points are watched
	// ode: 200 points
	// y(0) = 1.000000000, y(2) = 0.135335283, exact 0.135335283
}

// A source with ten periods along the line: the network gets them as inputs, and is left with what is slow.
func ExampleChoose() {
	x := ph.NewCoord("x")
	line := domain.NewInterval(x, 0, 1)
	u := ph.NewField("u", net.MLP{}, x)
	choice, err := auto.Choose(auto.Problem{Name: "waves", Domain: line, Constraints: []crux.Constraint{
		{Name: "pde", Residual: u.D(x, x).Add(ph.Sin(x.Scale(20 * math.Pi))), On: line.Interior(0)},
		{Name: "ends", Residual: u, On: line.Boundary(0)},
	}}, crux.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range choice.Decisions[:2] {
		fmt.Printf("%s: %s\n", d.What, d.Why)
	}
	// Output:
	// inputs of u: the sine and cosine of 62.83 x: pde has 10 periods of sin(62.83185307179586*x) along a side
	// ends: exact, built into u: it holds by the form of the function, so there is nothing left to train
}

func ExampleSwitches() {
	t := ph.NewCoord("t")
	v := ph.NewField("v", net.MLP{Hidden: []int{16}}, t)
	current := ph.Where(ph.Compare(t, ph.Less, ph.Const(1)), ph.Const(5), ph.Const(0))
	circuit := []crux.Constraint{{Name: "ode", Residual: v.D(t).Add(v).Sub(current)}}
	fmt.Println(auto.Switches(circuit, t, 0, 3))
	// Output: [1]
}
