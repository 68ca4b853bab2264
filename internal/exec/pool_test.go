package exec

import (
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
)

func TestPoolRunsEveryTaskOnceAndEnds(t *testing.T) {
	defer goleak.VerifyNone(t)
	for _, workers := range []int{1, 2, 5} {
		p := NewPool(workers)
		if p.Workers() != workers {
			t.Errorf("%d workers, want %d", p.Workers(), workers)
		}
		for _, tasks := range []int{0, 1, 3, 100} {
			done := make([]atomic.Int32, tasks)
			p.Run(tasks, func(w, task int) {
				if w < 0 || w >= workers {
					t.Errorf("worker %d of %d", w, workers)
				}
				done[task].Add(1)
			})
			for i := range done {
				if n := done[i].Load(); n != 1 {
					t.Errorf("%d workers: task %d of %d ran %d times", workers, i, tasks, n)
				}
			}
		}
		p.Close()
		p.Close() // twice is harmless
	}
}
