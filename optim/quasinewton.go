package optim

import (
	"context"
	"fmt"
	"runtime"
)

// mostDense is the largest number of parameters a dense method accepts: 3.2 GB.
const mostDense = 20_000

// Where Memory is 0, H is a matrix up to mostMatrix parameters, 200 MB. Above, the memory has mostMemory directions, fewer if
// these took more than memoryBytes, but leastMemory in any case.
const (
	mostMatrix  = 5000
	mostMemory  = 300
	leastMemory = 30
	memoryBytes = 1 << 30
)

// quasiNewton is a descent with a self-scaled model: a matrix, or a limited memory.
type quasiNewton struct {
	descent
	dense   dense
	reduced reduced
	limit   int // of the memory, 0 for a matrix
}

// settings are those of SSBroyden.
type settings struct {
	memory, maxTrials, workers int
	gradTol                    float64
}

func (q *quasiNewton) init(params []Param, name string, s scaling, set settings) error {
	if set.workers < 0 {
		return fmt.Errorf("optim: %s: Workers %d; it must not be negative", name, set.workers)
	}
	if set.memory < 0 || set.memory == 1 {
		return fmt.Errorf("optim: %s: Memory %d; it must hold 2 directions at least, or be 0 for the default", name, set.memory)
	}
	q.foresee = true
	n := size(params)
	limit := directions(set.memory, n)
	if limit != q.limit {
		q.limit, q.layout = limit, layout{} // another model: it starts afresh
	}
	if limit > 0 {
		q.reduced.scaling, q.reduced.most = s, limit
		q.form = " of limited memory"
		return q.descent.init(params, name, &q.reduced, set.gradTol, set.maxTrials)
	}
	if n > mostDense {
		return fmt.Errorf("optim: %s: a dense matrix of %d parameters takes %.0f GB; set Memory to less than that, or leave it 0", name, n, 8e-9*float64(n)*float64(n))
	}
	workers := set.workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	q.dense.scaling, q.dense.workers = s, workers
	if q.dense.z != nil {
		q.dense.z.workers = workers
	}
	q.form = ""
	return q.descent.init(params, name, &q.dense, set.gradTol, set.maxTrials)
}

// directions is the limit of the memory for n parameters, or 0 for a matrix.
func directions(memory, n int) int {
	switch {
	case memory == 0 && n > mostMatrix:
		return min(mostMemory, max(leastMemory, memoryBytes/(8*n)))
	case memory < n:
		return memory
	}
	return 0
}

func (q *quasiNewton) step(ctx context.Context, f Objective, theta []float64) (float64, error) {
	pool := poolOf(f)
	q.dense.pool, q.reduced.pool = pool, pool
	if q.dense.z != nil {
		q.dense.z.pool = pool
	}
	return q.descent.step(ctx, f, theta)
}

// describe names the memory where it is limited.
func (q *quasiNewton) describe(name string, memory int) string {
	if q.layout.known {
		memory = directions(memory, q.layout.n)
	}
	if memory == 0 {
		return name
	}
	return fmt.Sprintf("%s(memory %d)", name, memory)
}

// choices says that the matrix was too large, where that decided.
func (q *quasiNewton) choices(name string, memory int) []string {
	if n := q.layout.n; memory == 0 && n > mostMatrix {
		return []string{fmt.Sprintf("%s with a memory of %d directions: a matrix is kept up to %d parameters, and there are %d", name, directions(0, n), mostMatrix, n)}
	}
	return nil
}
