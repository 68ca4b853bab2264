package exec

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Pool is a set of workers that share the chunks of a sweep. One pool serves all machines of a solver, one call at a
// time. The goroutine that calls Run is worker 0; the others wait between calls.
type Pool struct {
	start []chan struct{}
	wg    sync.WaitGroup
	next  atomic.Int64
	tasks int
	do    func(worker, task int)
	gone  sync.WaitGroup
	once  sync.Once
}

// NewPool starts a pool of the given number of workers; 0 means one for each core that Go may use.
func NewPool(workers int) *Pool {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	p := &Pool{}
	for w := 1; w < workers; w++ {
		c := make(chan struct{}, 1)
		p.start = append(p.start, c)
		p.gone.Add(1)
		go func() {
			defer p.gone.Done()
			for range c {
				p.drain(w)
				p.wg.Done()
			}
		}()
	}
	return p
}

// Workers is the number of workers, at least 1.
func (p *Pool) Workers() int { return len(p.start) + 1 }

// Run calls do(worker, task) for every task below tasks, each once, and returns when all are done. Which worker gets a
// task is left to chance, so results may depend on the task only.
func (p *Pool) Run(tasks int, do func(worker, task int)) {
	p.tasks, p.do = tasks, do
	p.next.Store(0)
	helpers := min(len(p.start), tasks-1)
	for i := range helpers {
		p.wg.Add(1)
		p.start[i] <- struct{}{}
	}
	p.drain(0)
	p.wg.Wait()
	p.do = nil
}

func (p *Pool) drain(w int) {
	for {
		t := int(p.next.Add(1)) - 1
		if t >= p.tasks {
			return
		}
		p.do(w, t)
	}
}

// Close ends the workers and waits for them. The pool must be idle.
func (p *Pool) Close() {
	p.once.Do(func() {
		for _, c := range p.start {
			close(c)
		}
		p.gone.Wait()
	})
}
