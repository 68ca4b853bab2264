package optim

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// team is a pool of goroutines that are made for each call.
type team int

func (t team) Workers() int { return int(t) }

func (t team) Run(tasks int, do func(worker, task int)) {
	var wg sync.WaitGroup
	for w := range int(t) {
		wg.Go(func() {
			for k := w; k < tasks; k += int(t) {
				do(w, k)
			}
		})
	}
	wg.Wait()
}

// lending is Σ c_i(θ_i − 1)²/2 with workers to lend, or without for 0.
type lending int

func (l lending) Pool() Pool {
	if l == 0 {
		return nil
	}
	return team(l)
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

// Long vectors are divided into blocks: the sums are those of short ones to rounding, and no bit depends on the workers.
func TestWideVectors(t *testing.T) {
	const n = 3*wideBlock + 17
	rng := rand.New(rand.NewPCG(1, 2))
	x, y := make([]float64, n), make([]float64, n)
	exact := 0.0
	for i := range x {
		x[i], y[i] = rng.NormFloat64(), rng.NormFloat64()
		exact += x[i] * y[i]
	}
	var alone wide
	if d := alone.dot(x, y); math.Abs(d-exact) > 1e-9 {
		t.Errorf("dot product %v, term by term %v", d, exact)
	}
	for _, workers := range []int{1, 2, 5} {
		shared := wide{pool: team(workers)}
		if a, b := alone.dot(x, y), shared.dot(x, y); a != b {
			t.Errorf("%d workers: dot product %v, alone %v", workers, b, a)
		}
	}
}

func TestLongStepsDoNotDependOnWorkers(t *testing.T) {
	const n = 2*wideBlock + 5
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
				if _, err := m.Step(context.Background(), lending(workers), theta); err != nil {
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
