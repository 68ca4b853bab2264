package vec

import (
	"math"
	"math/rand/v2"
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

// Long vectors are divided into blocks: the sums are those of short ones to rounding, and no bit depends on the workers.
func TestWideVectors(t *testing.T) {
	const n = 3*Block + 17
	rng := rand.New(rand.NewPCG(1, 2))
	x, y := make([]float64, n), make([]float64, n)
	exact := 0.0
	for i := range x {
		x[i], y[i] = rng.NormFloat64(), rng.NormFloat64()
		exact += x[i] * y[i]
	}
	var alone Wide
	if d := alone.Dot(x, y); math.Abs(d-exact) > 1e-9 {
		t.Errorf("dot product %v, term by term %v", d, exact)
	}
	for _, workers := range []int{1, 2, 5} {
		shared := Wide{Pool: team(workers)}
		if a, b := alone.Dot(x, y), shared.Dot(x, y); a != b {
			t.Errorf("%d workers: dot product %v, alone %v", workers, b, a)
		}
	}
}
