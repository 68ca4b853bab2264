package optim_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/crux-pinn/crux/optim"
	"github.com/crux-pinn/crux/optim/optimtest"
)

// minimise runs m on Rosenbrock's function until it has nothing left to improve, 5000 steps at most.
func minimise(m optim.Method, theta []float64) error {
	if err := m.Init(optim.Flat(len(theta))); err != nil {
		return err
	}
	f := &optimtest.Func{F: optimtest.Rosenbrock}
	for range 5000 {
		if _, err := m.Step(context.Background(), f.Objective(), theta); err != nil {
			return err
		}
	}
	return nil
}

func ExampleAdam() {
	theta := []float64{-1.2, 1}
	err := minimise(&optim.Adam{LR: optim.Constant(5e-2)}, theta)
	fmt.Printf("%.3f %v\n", theta, err)
	// Output:
	// [1.000 1.000] <nil>
}

func ExampleAdamW() {
	// Biases are not decayed.
	m := &optim.AdamW{LR: optim.Constant(1e-3), Decay: 1e-2, Decays: func(path string) bool { return path != "bias" }}
	fmt.Println(optim.Describe(m))
	// Output:
	// AdamW(learning rate 0.001, beta1 0.9, beta2 0.999, decay 0.01)
}

func ExampleSGD() {
	theta := []float64{-1.2, 1}
	err := minimise(&optim.SGD{LR: optim.Constant(5e-4), Momentum: 0.95, Nesterov: true}, theta)
	fmt.Printf("%.2f %v\n", theta, err)
	// Output:
	// [1.00 1.00] <nil>
}

func ExampleChain() {
	m := optim.Chain(
		optim.ClipNorm(1),
		optim.ScaleByAdam(),
		optim.ScaleByLR(optim.Cosine(5e-2, 1e-4, 5000)),
	)
	theta := []float64{-1.2, 1}
	err := minimise(m, theta)
	fmt.Println(optim.Describe(m))
	fmt.Printf("%.4f %v\n", theta, err)
	// Output:
	// Chain(clip norm 1, adam 0.9 0.999 1e-08, learning rate)
	// [1.0000 1.0000] <nil>
}

func ExampleLBFGS() {
	theta := []float64{-1.2, 1}
	err := minimise(&optim.LBFGS{GradTol: 1e-8}, theta)
	var c *optim.ConvergedError
	if errors.As(err, &c) {
		fmt.Println(c.Reason)
	}
	fmt.Printf("%.8f\n", theta)
	// Output:
	// the gradient is within its tolerance
	// [1.00000000 1.00000000]
}

func ExampleSSBroyden() {
	theta := []float64{0, 0, 0, 0, 0}
	err := minimise(&optim.SSBroyden{GradTol: 1e-10}, theta)
	fmt.Printf("%.8f %t\n", theta, errors.Is(err, optim.ErrConverged))
	// Output:
	// [1.00000000 1.00000000 1.00000000 1.00000000 1.00000000] true
}

func ExampleSSBroyden_memory() {
	theta := make([]float64, 40)
	m := &optim.SSBroyden{Memory: 10, GradTol: 1e-9}
	err := minimise(m, theta)
	fmt.Println(optim.Describe(m))
	fmt.Printf("%.6f %.6f %t\n", theta[0], theta[39], errors.Is(err, optim.ErrConverged))
	// Output:
	// SSBroyden(memory 10)
	// 1.000000 1.000000 true
}

func ExampleSSBroyden_bfgs() {
	theta := []float64{0, 0, 0, 0, 0}
	err := minimise(&optim.SSBroyden{BFGS: true, GradTol: 1e-10}, theta)
	fmt.Printf("%.8f %t\n", theta, errors.Is(err, optim.ErrConverged))
	// Output:
	// [1.00000000 1.00000000 1.00000000 1.00000000 1.00000000] true
}

// A third party's transform: the sign of the gradient. It has no state, so three lines do.
type signDescent struct{}

func (signDescent) Init([]optim.Param) error { return nil }

func (signDescent) Apply(u []float64, _ optim.Point) error {
	for i, v := range u {
		u[i] = float64(boolInt(v > 0) - boolInt(v < 0))
	}
	return nil
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func ExampleTransform() {
	m := optim.Chain(signDescent{}, optim.ScaleByLR(optim.Constant(0.25)))
	theta := []float64{1, -2}
	if err := m.Init(optim.Flat(2)); err != nil {
		fmt.Println(err)
	}
	f := &optimtest.Func{F: optimtest.Bowl(1)}
	for range 4 {
		if _, err := m.Step(context.Background(), f.Objective(), theta); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println(theta)
	// Output:
	// [0 -1]
}

func ExampleSchedule() {
	constant := optim.Constant(1e-3)
	cosine := optim.Cosine(1e-3, 0, 1000)
	warmup := optim.WarmupCosine(1e-3, 0, 100, 1000)
	stairs := optim.AtLeast(optim.Staircase(optim.Exponential(1e-3, 0.5, 200), 200), 1e-4)
	pieces := optim.Piecewise(1e-3, optim.Breakpoint{Step: 300, LR: 5e-4}, optim.Breakpoint{Step: 700, LR: 1e-4})
	fmt.Println("step  constant  cosine   warm-up  stairs   pieces")
	for _, t := range []int{0, 50, 250, 500, 1000} {
		fmt.Printf("%4d  %.1e   %.1e  %.1e  %.1e  %.1e\n", t, constant(t), cosine(t), warmup(t), stairs(t), pieces(t))
	}
	// Output:
	// step  constant  cosine   warm-up  stairs   pieces
	//    0  1.0e-03   1.0e-03  1.0e-05  1.0e-03  1.0e-03
	//   50  1.0e-03   9.9e-04  5.1e-04  1.0e-03  1.0e-03
	//  250  1.0e-03   8.5e-04  9.3e-04  5.0e-04  1.0e-03
	//  500  1.0e-03   5.0e-04  5.9e-04  2.5e-04  5.0e-04
	// 1000  1.0e-03   0.0e+00  0.0e+00  1.0e-04  1.0e-04
}
