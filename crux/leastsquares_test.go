package crux_test

import (
	"context"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/optim"
)

// Two groups of points with weights: the loss falls by orders of magnitude, and the bits do not depend on the workers.
func TestLevenbergMarquardtTrains(t *testing.T) {
	var first *crux.Solver
	for _, workers := range []int{1, 3} {
		p := newPoisson()
		p.Constraints[1].Weight = 100
		s := newSolver(t, p.Problem, crux.Options{Method: &optim.LevenbergMarquardt{Workers: workers}, Workers: workers})
		res := solve(t, s, 30)
		if start := s.History().Loss[0]; !(res.Loss < 1e-3*start) {
			t.Errorf("loss %v after %d steps from %v", res.Loss, res.Steps, start)
		}
		if first == nil {
			first = s
		} else {
			sameRun(t, s, first)
		}
	}
}

func TestLevenbergMarquardtNeedsMeanSquares(t *testing.T) {
	p := newPoisson()
	p.Constraints[1].Loss = compiler.Loss{Kind: compiler.MAE}
	s := newSolver(t, p.Problem, crux.Options{Method: &optim.LevenbergMarquardt{}})
	_, err := s.Solve(context.Background(), 1)
	if err == nil || !strings.Contains(err.Error(), `constraint "bc" is reduced by mae`) {
		t.Errorf("Solve: %v", err)
	}
}
