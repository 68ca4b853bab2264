package crux_test

import (
	"context"
	"fmt"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// The strategy looks at what Adam has come to: if that is not good enough, the problem is trained on by another method.
func ExampleStage() {
	x := ph.NewCoord("x")
	line := domain.NewInterval(x, 0, 1)
	u := ph.Const(1).Add(x.Mul(ph.NewField("u", net.MLP{Hidden: []int{6}}, x))) // u(0) = 1
	solver, err := crux.New(crux.Problem{Name: "decay", Constraints: []crux.Constraint{
		{Name: "ode", Residual: u.D(x).Add(u), On: line.Interior(20)},
	}}, crux.Options{Next: func(over []crux.StageResult) (*crux.Stage, error) {
		switch {
		case len(over) == 0:
			return &crux.Stage{Name: "Adam", Steps: 100}, nil
		case len(over) == 1 && over[0].Loss > 1e-8:
			return &crux.Stage{Name: "Levenberg–Marquardt", Method: &optim.LevenbergMarquardt{}, Steps: 30}, nil
		}
		return nil, nil
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer solver.Close()
	result, err := solver.Solve(context.Background(), 1000)
	if err != nil {
		fmt.Println(err)
		return
	}
	st, err := solver.State()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range st.Stages {
		fmt.Printf("%s: loss below 1e-8: %v\n", s.Name, s.Loss < 1e-8)
	}
	fmt.Println("after", len(st.Stages), "stages:", result.Loss < 1e-8)
	// Output:
	// Adam: loss below 1e-8: false
	// Levenberg–Marquardt: loss below 1e-8: true
	// after 2 stages: true
}
