package optim

import (
	"context"
	"slices"
	"testing"

	"github.com/crux-pinn/crux/optim/internal/vec"
)

// lending is Σ c_i(θ_i − 1)²/2 with workers to lend, or without for 0.
type lending int

func (l lending) Objective() Objective {
	f := Objective{Loss: l.Loss, Grad: l.Grad}
	if l > 0 {
		f.Pool = vec.Crew(l)
	}
	return f
}

func (l lending) Loss(_ context.Context, theta []float64) (float64, error) {
	return l.eval(nil, theta), nil
}

func (l lending) Grad(_ context.Context, grad, theta []float64) (float64, error) {
	return l.eval(grad, theta), nil
}

func (lending) eval(grad, theta []float64) (loss float64) {
	for i, v := range theta {
		c := 1 + float64(i%7)
		loss += c * (v - 1) * (v - 1) / 2
		if grad != nil {
			grad[i] = c * (v - 1)
		}
	}
	return loss
}

func TestLongStepsDoNotDependOnWorkers(t *testing.T) {
	const n = 2*vec.Block + 5
	for name, fresh := range map[string]func() Method{
		"Adam":                        func() Method { return &Adam{} },
		"LBFGS":                       func() Method { return &LBFGS{Memory: 3} },
		"SSBroyden":                   func() Method { return &SSBroyden{} },
		"SSBroyden of limited memory": func() Method { return &SSBroyden{Memory: 4} },
	} {
		size := n
		if name == "SSBroyden" {
			size = 600
		}
		var want []float64
		for _, workers := range []int{0, 1, 2, 5} {
			m, theta := fresh(), make([]float64, size)
			if err := m.Init(Flat(size)); err != nil {
				t.Fatal(err)
			}
			for range 4 {
				if _, err := m.Step(context.Background(), lending(workers).Objective(), theta); err != nil {
					t.Fatal(err)
				}
			}
			if want == nil {
				want = theta
			} else if !slices.Equal(theta, want) {
				t.Errorf("%s: %d workers change the bits", name, workers)
			}
		}
	}
}
