package crux_test

import (
	"context"
	"fmt"
	"math"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Ten periods of u″ + u = 0, in ten windows of a period each, with a network of 46 parameters.
func ExampleWindows() {
	t := ph.NewCoord("t")
	axis := domain.NewInterval(t, 0, 20*math.Pi)
	u := ph.NewField("u", net.MLP{Hidden: []int{15}}, t)
	problem := crux.Problem{Name: "pendulum", Constraints: []crux.Constraint{
		{Name: "ode", Residual: u.D(t, t).Add(u), On: axis.Interior(60)},
		{Name: "start", Residual: u.Shift(-1), On: axis.Face(t, 0, 1)},
		{Name: "rest", Residual: u.D(t), On: axis.Face(t, 0, 1)},
	}}
	solver, err := crux.New(problem, crux.Options{
		Method: optim.Phases(
			optim.Phase{Method: &optim.Adam{LR: optim.Constant(1e-2)}, Steps: 100},
			optim.Phase{Method: &optim.LevenbergMarquardt{}, Steps: 60},
		),
		Windows: &crux.Windows{Coord: t, Count: 10, Steps: 160},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer solver.Close()
	result, err := solver.Solve(context.Background(), 10*160)
	if err != nil {
		fmt.Println(err)
		return
	}
	e, err := solver.Eval(u.Sub(ph.Cos(t)), axis.Grid(1001))
	if err != nil {
		fmt.Println(err)
		return
	}
	largest := 0.0
	for _, v := range e.RawMatrix().Data {
		largest = math.Max(largest, math.Abs(v))
	}
	fmt.Println(len(solver.Windows()), "windows,", result.Status)
	fmt.Println("largest error below 1e-5:", largest < 1e-5)
	// Output:
	// 10 windows, completed
	// largest error below 1e-5: true
}

// A window that is too long is no reason to begin again: a solver with shorter ones takes over those that are solved.
func ExampleSolver_TakeWindows() {
	t := ph.NewCoord("t")
	axis := domain.NewInterval(t, 0, 6)
	u := ph.NewField("u", net.MLP{Hidden: []int{12}}, t)
	problem := crux.Problem{Name: "swing", Constraints: []crux.Constraint{
		{Name: "ode", Residual: u.D(t, t).Add(u.Scale(4)), On: axis.Interior(60)},
		{Name: "start", Residual: u.Shift(-1), On: axis.Face(t, 0, 1)},
		{Name: "rest", Residual: u.D(t), On: axis.Face(t, 0, 1)},
	}}
	solver := func(times ...float64) *crux.Solver {
		s, err := crux.New(problem, crux.Options{
			Method: &optim.LevenbergMarquardt{}, Windows: &crux.Windows{Coord: t, Times: times, Steps: 80}, Seed: 1,
		})
		if err != nil {
			panic(err)
		}
		return s
	}
	long := solver(1) // say that from 1 to 6 turns out to be too long
	defer long.Close()
	if _, err := long.Solve(context.Background(), 2*80); err != nil {
		panic(err)
	}
	short := solver(1, 2, 3, 4, 5)
	defer short.Close()
	if err := short.TakeWindows(long, 1); err != nil {
		panic(err)
	}
	if _, err := short.Solve(context.Background(), 5*80); err != nil {
		panic(err)
	}
	e, err := short.Eval(u.Sub(ph.Cos(t.Scale(2))), axis.Grid(601))
	if err != nil {
		panic(err)
	}
	largest := 0.0
	for _, v := range e.RawMatrix().Data {
		largest = math.Max(largest, math.Abs(v))
	}
	fmt.Println("windows:", len(short.Windows()), "error below 1e-4:", largest < 1e-4)
	// Output: windows: 6 error below 1e-4: true
}
