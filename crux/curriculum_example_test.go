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

// A boundary layer of width 0.02, u″ + u′/ν = 0 with u(0) = 0 and u(1) = 1, from wider ones.
func ExampleCurriculum() {
	x := ph.NewCoord("x")
	line := domain.NewInterval(x, 0, 1)
	nu := ph.NewConstant("nu", 0.02)
	u := x.Add(x.Mul(x.Neg().Shift(1), ph.NewField("u", net.MLP{Hidden: []int{15}}, x)))
	problem := crux.Problem{Name: "layer", Constraints: []crux.Constraint{
		{Name: "ode", Residual: nu.Mul(u.D(x, x)).Add(u.D(x)), On: line.Interior(200)},
	}}
	solver, err := crux.New(problem, crux.Options{
		Method:     optim.Phases(optim.Phase{Method: &optim.Adam{LR: optim.Constant(1e-2)}, Steps: 50}, optim.Phase{Method: &optim.LevenbergMarquardt{}, Steps: 50}),
		Curriculum: &crux.Curriculum{Of: nu, Values: crux.GeometricRamp(0.32, 0.02, 3), Steps: 100},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer solver.Close()
	result, err := solver.Solve(context.Background(), 300)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, l := range solver.Lessons() {
		fmt.Printf("nu = %.2f, at most 100 steps: %v\n", l.Value, l.Steps <= 100)
	}
	exact := ph.Exp(x.Div(nu).Neg()).Neg().Shift(1).Scale(1 / (1 - math.Exp(-50)))
	e, err := solver.Eval(u.Sub(exact), line.Grid(1001))
	if err != nil {
		fmt.Println(err)
		return
	}
	largest := 0.0
	for _, v := range e.RawMatrix().Data {
		largest = math.Max(largest, math.Abs(v))
	}
	fmt.Println(result.Reason)
	fmt.Println("largest error below 1e-3:", largest < 1e-3)
	// Output:
	// nu = 0.32, at most 100 steps: true
	// nu = 0.08, at most 100 steps: true
	// nu = 0.02, at most 100 steps: true
	// ran all 3 lessons
	// largest error below 1e-3: true
}

func ExampleGeometricRamp() {
	fmt.Printf("%.4g\n", crux.GeometricRamp(1, 0.001, 4))
	fmt.Println(crux.LinearRamp(10, 30, 3))
	// Output:
	// [1 0.1 0.01 0.001]
	// [10 20 30]
}
