package optim_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/crux-pinn/crux/optim"
	"github.com/crux-pinn/crux/optim/optimtest"
)

// free is an objective whose evaluation costs one pass over θ, so that a benchmark shows the method: ½Σ(1 + i mod 8)θ_i².
type free struct{}

func (free) Grad(_ context.Context, grad, theta []float64) (float64, error) {
	l := 0.0
	for i, v := range theta {
		c := float64(1 + i&7)
		grad[i] = c * v
		l += c * v * v / 2
	}
	return l, nil
}

func (f free) Objective() optim.Objective { return optim.Objective{Loss: f.Loss, Grad: f.Grad} }

func (free) Loss(context.Context, []float64) (float64, error) { return 0, nil }

func benchmarkSteps(b *testing.B, m optim.Method, n int) {
	if err := m.Init(optim.Flat(n)); err != nil {
		b.Fatal(err)
	}
	theta := make([]float64, n)
	restart := func() {
		for i := range theta {
			theta[i] = 1 + float64(i%13)
		}
	}
	restart()
	ctx := context.Background()
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		if _, err := m.Step(ctx, free{}.Objective(), theta); err != nil {
			restart() // it converged
		}
	}
}

func BenchmarkAdam(b *testing.B)  { benchmarkSteps(b, &optim.Adam{}, 10_000) }
func BenchmarkLBFGS(b *testing.B) { benchmarkSteps(b, &optim.LBFGS{}, 10_000) }

// BenchmarkSSBroyden shows the cost of the matrix: about 24n² bytes of memory traffic a step.
func BenchmarkSSBroyden(b *testing.B) {
	for _, n := range []int{500, 1000, 2000} {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) { benchmarkSteps(b, &optim.SSBroyden{}, n) })
	}
}

// BenchmarkMemory shows what L-BFGS and SSBroyden gain from memory on the PINN of the tests: the mean of log10 of the loss that
// 4000 evaluations reach from four starts. A pair of L-BFGS is two vectors, a direction of SSBroyden one.
func BenchmarkMemory(b *testing.B) {
	for _, memory := range []int{5, 10, 20, 30, 50, 100} {
		benchmarkMemory(b, fmt.Sprint("LBFGS/", memory), func() optim.Method { return &optim.LBFGS{Memory: memory} })
	}
	for _, memory := range []int{10, 20, 40, 60, 100, 141} {
		benchmarkMemory(b, fmt.Sprint("SSBroyden/", memory), func() optim.Method { return &optim.SSBroyden{Memory: memory} })
	}
}

func benchmarkMemory(b *testing.B, name string, fresh func() optim.Method) {
	b.Run(name, func(b *testing.B) {
		for b.Loop() {
			sum := 0.0
			const starts = 4
			for seed := range uint64(starts) {
				p := newPINN(48, 10, 10)
				theta := p.start(seed)
				m := fresh()
				if err := m.Init(optim.Flat(len(theta))); err != nil {
					b.Fatal(err)
				}
				f := &optimtest.Func{F: p.eval}
				var loss float64
				var err error
				for f.Evals < 4000 && err == nil {
					loss, err = m.Step(b.Context(), f.Objective(), theta)
				}
				sum += math.Log10(loss)
			}
			b.ReportMetric(sum/starts, "log10(loss)")
		}
	})
}
