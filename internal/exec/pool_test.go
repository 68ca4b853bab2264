package exec

import (
	"sync/atomic"
	"testing"
	"time"

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

// Calls that follow at once find the workers looking, later ones find them asleep or about to be: none may be lost, and
// no call may end before its tasks.
func TestPoolWakesWhoeverSleeps(t *testing.T) {
	defer goleak.VerifyNone(t)
	for _, workers := range []int{2, 3, 9} {
		p := NewPool(workers)
		var count atomic.Int64
		for k := range 400 {
			tasks := 1 + k%5
			before := count.Load()
			p.Run(tasks, func(int, int) {
				if k%7 == 0 {
					time.Sleep(time.Duration(k%3) * patience)
				}
				count.Add(1)
			})
			if n := count.Load() - before; n != int64(tasks) {
				t.Fatalf("%d workers, call %d: %d of %d tasks were done", workers, k, n, tasks)
			}
			if k%11 == 0 {
				time.Sleep(time.Duration(k%4) * patience / 2)
			}
		}
		p.Close()
	}
}
