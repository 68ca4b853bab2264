package crux_test

import (
	"context"
	"math"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/optim"
)

// A training on Gorgonia's TapeMachine is the same one, but for rounding, with every kind of program that methods ask for.
func TestReferenceMachine(t *testing.T) {
	for name, method := range map[string]func() optim.Method{
		"adam":      func() optim.Method { return &optim.Adam{LR: optim.Constant(1e-3)} },
		"lm":        func() optim.Method { return &optim.LevenbergMarquardt{} },
		"ssbroyden": func() optim.Method { return &optim.SSBroyden{} },
	} {
		t.Run(name, func(t *testing.T) {
			var losses [2][]float64
			for k, reference := range []bool{false, true} {
				s, err := crux.New(poissonProblem(40, 6), crux.Options{Method: method(), Reference: reference, Seed: 1})
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close() //nolint:errcheck // it only ends workers
				if _, err := s.Solve(context.Background(), 4); err != nil {
					t.Fatal(err)
				}
				losses[k] = s.History().Loss
			}
			for i, want := range losses[1] {
				if got := losses[0][i]; math.Abs(got-want) > 1e-9*want || i == 0 && math.Abs(got-want) > 1e-12*want {
					t.Errorf("step %d: loss %v, on Gorgonia's machine %v", i, got, want)
				}
			}
		})
	}
}
