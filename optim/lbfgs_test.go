package optim_test

import (
	"errors"
	"math"
	"testing"

	"github.com/crux-pinn/crux/optim"
)

func TestLBFGSRosenbrock(t *testing.T) {
	for _, n := range []int{2, 10, 100} {
		theta := make([]float64, n)
		for i := range theta {
			theta[i] = -1.2 + 2.2*float64(i%2)
		}
		m := &optim.LBFGS{}
		if err := m.Init(optim.Flat(n)); err != nil {
			t.Fatal(err)
		}
		f := &funcObjective{f: rosenbrock}
		steps := 0
		var err error
		for ; steps < 2000 && err == nil; steps++ {
			_, err = m.Step(t.Context(), f, theta)
		}
		if !errors.Is(err, optim.ErrConverged) {
			t.Errorf("n=%d: after %d steps: %v, want convergence", n, steps, err)
		}
		for i, x := range theta {
			if math.Abs(x-1) > 1e-8 {
				t.Errorf("n=%d: theta[%d] = %v, want 1", n, i, x)
				break
			}
		}
		t.Logf("n=%d: %d steps, %d evaluations, %v", n, steps, f.evals, err)
	}
}
