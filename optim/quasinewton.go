package optim

import (
	"context"
	"fmt"
	"runtime"
)

// mostDense is the largest number of parameters a dense method accepts: 3.2 GB.
const mostDense = 20_000

// quasiNewton is a descent with a dense model.
type quasiNewton struct {
	descent
	model dense
}

func (q *quasiNewton) init(params []Param, name string, s scaling, gradTol float64, maxTrials, workers int) error {
	if workers < 0 {
		return fmt.Errorf("optim: %s: Workers %d; it must not be negative", name, workers)
	}
	if n := size(params); n > mostDense {
		return fmt.Errorf("optim: %s: a dense matrix of %d parameters takes %.0f GB; use LBFGS, or Groups to choose fewer parameters", name, n, 8e-9*float64(n)*float64(n))
	}
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	q.model.scaling, q.model.workers = s, workers
	if q.model.z != nil {
		q.model.z.workers = workers
	}
	q.foresee = true
	return q.descent.init(params, name, &q.model, gradTol, maxTrials)
}

func (q *quasiNewton) step(ctx context.Context, f Objective, theta []float64) (float64, error) {
	q.model.pool = poolOf(f)
	if q.model.z != nil {
		q.model.z.pool = q.model.pool
	}
	return q.descent.step(ctx, f, theta)
}
