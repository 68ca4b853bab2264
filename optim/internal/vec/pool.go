package vec

import (
	"sync"
	"sync/atomic"
)

// Pool is a set of workers, as optim.Pool describes it.
type Pool interface {
	Workers() int
	Run(tasks int, do func(worker, task int))
}

// Crew is a Pool that starts this many goroutines for every Run.
type Crew int

// Workers implements Pool.
func (c Crew) Workers() int { return int(c) }

// Run implements Pool.
func (c Crew) Run(tasks int, do func(worker, task int)) {
	var next atomic.Int64
	drain := func(w int) {
		for t := int(next.Add(1)) - 1; t < tasks; t = int(next.Add(1)) - 1 {
			do(w, t)
		}
	}
	var wg sync.WaitGroup
	for w := 1; w < min(int(c), tasks); w++ {
		wg.Go(func() { drain(w) })
	}
	drain(0)
	wg.Wait()
}
