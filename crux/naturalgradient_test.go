package crux_test

import (
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/optim"
)

// Natural gradients train a problem of two groups of points, and the bits do not depend on the workers.
func TestNaturalGradientsTrain(t *testing.T) {
	for name, method := range map[string]func(workers int) optim.Method{
		"engd":   func(workers int) optim.Method { return &optim.NaturalGradient{Momentum: 0.9, Workers: workers} },
		"spring": func(workers int) optim.Method { return &optim.SPRING{Norm: 1, Workers: workers} },
	} {
		t.Run(name, func(t *testing.T) {
			var first *crux.Solver
			for _, workers := range []int{1, 3} {
				p := newPoisson()
				s := newSolver(t, p.Problem, crux.Options{Method: method(workers), Workers: workers})
				res := solve(t, s, 60)
				if start := s.History().Loss[0]; !(res.Loss < 1e-3*start) {
					t.Errorf("loss %v after %d steps from %v", res.Loss, res.Steps, start)
				}
				if first == nil {
					first = s
				} else {
					sameRun(t, s, first)
				}
			}
		})
	}
}
