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
