package auto_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/optim"
	"github.com/crux-pinn/crux/optim/optimtest"
)

func ExampleMethod() {
	theta := []float64{-1.2, 1}
	m := auto.Method(auto.MethodOptions{})
	if err := m.Init(optim.Flat(2)); err != nil {
		fmt.Println(err)
	}
	f := optimtest.RosenbrockFunc(2)
	var err error
	for err == nil {
		_, err = m.Step(context.Background(), f.Objective(), theta)
	}
	fmt.Printf("%.6f %v\n", theta, errors.Is(err, optim.ErrConverged))
	fmt.Println(strings.Join(m.Info(optim.Objective{}).Choices, "\n"))
	// Output:
	// [1.000000 1.000000] true
	// soap, then lm, then ssbroyden: 2 parameters and 2 residuals, all in mean squares
	// step 200: lm after soap: 100 steps lowered the loss by less than 50 %
}
