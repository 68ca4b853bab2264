package exec

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/crux-pinn/crux/internal/team"
)

// Pool is a set of workers that share the chunks of a sweep. One pool serves all machines of a solver, one call at a
// time. The goroutine that calls Run is worker 0; the others wait between calls.
//
// A step on a few hundred points takes as long as it takes to wake a sleeping thread two or three times. So whoever
// waits first looks for patience, which is about the price of being woken, and only then goes to sleep.
type Pool struct {
	Team team.Team // processes that divide every sweep; nil means that this one is alone

	planned int // machines made for it
	helpers []*helper
	patient bool // there is a processor for every worker: looking takes time from nobody

	// of the call under way
	tasks  int
	do     func(worker, task int)
	next   atomic.Int64 // task to be taken
	active atomic.Int64 // workers in the call; 0 between calls
	caller sleeper      // until active is 0

	closed atomic.Bool
	gone   sync.WaitGroup
	once   sync.Once
}

// patience is how long a worker looks for work before it sleeps.
const patience = 200 * time.Microsecond

// helper is a worker with a goroutine of its own.
type helper struct {
	sleeper
	calls atomic.Int64 // in which it was asked to help, and one for the end of the pool
}

// NewPool starts a pool of the given number of workers; 0 means one for each core that Go may use.
func NewPool(workers int) *Pool {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	p := &Pool{patient: workers <= runtime.GOMAXPROCS(0), caller: newSleeper()}
	for w := 1; w < workers; w++ {
		h := &helper{sleeper: newSleeper()}
		p.helpers = append(p.helpers, h)
		p.gone.Add(1)
		go func() {
			defer p.gone.Done()
			for seen := int64(0); ; {
				h.wait(p.patient, func() bool { return h.calls.Load() != seen })
				seen = h.calls.Load()
				if p.closed.Load() {
					return
				}
				if p.join() {
					p.drain(w)
					p.leave()
				}
			}
		}()
	}
	return p
}

// Workers is the number of workers, at least 1.
func (p *Pool) Workers() int { return len(p.helpers) + 1 }

// Run calls do(worker, task) for every task below tasks, each once, and returns when all are done. Which worker gets a
// task is left to chance, so results may depend on the task only.
func (p *Pool) Run(tasks int, do func(worker, task int)) {
	p.tasks, p.do = tasks, do
	p.next.Store(0)
	p.active.Store(1)
	for _, h := range p.helpers[:max(0, min(len(p.helpers), tasks-1))] {
		h.calls.Add(1)
		h.wake()
	}
	p.drain(0)
	if p.active.Add(-1) > 0 {
		p.caller.wait(p.patient, p.idle)
	}
	p.do = nil
}

func (p *Pool) idle() bool { return p.active.Load() == 0 }

// join enters the call under way, whichever it is; it fails when there is none any more, because the others were faster.
func (p *Pool) join() bool {
	for {
		n := p.active.Load()
		if n == 0 {
			return false
		}
		if p.active.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (p *Pool) leave() {
	if p.active.Add(-1) == 0 {
		p.caller.wake()
	}
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
		p.closed.Store(true)
		for _, h := range p.helpers {
			h.calls.Add(1)
			h.wake()
		}
		p.gone.Wait()
	})
}

// sleeper is one goroutine that waits for something which others make true and then call wake.
type sleeper struct {
	asleep *atomic.Bool
	bell   chan struct{}
}

func newSleeper() sleeper { return sleeper{new(atomic.Bool), make(chan struct{}, 1)} }

// wait returns when done reports true.
func (s *sleeper) wait(patient bool, done func() bool) {
	if patient {
		for begin := time.Now(); time.Since(begin) < patience; {
			for range 32 {
				if done() {
					return
				}
				pause()
			}
		}
	}
	for {
		s.asleep.Store(true)
		// Whoever made it true since the last look may not have seen that this goroutine was about to sleep.
		if done() && s.asleep.CompareAndSwap(true, false) {
			return
		}
		<-s.bell
		if done() {
			return
		}
	}
}

// wake ends the sleep of the waiting goroutine, if it sleeps.
func (s *sleeper) wake() {
	if s.asleep.CompareAndSwap(true, false) {
		s.bell <- struct{}{}
	}
}

// Machines is how many machines have been planned for the pool.
func (p *Pool) Machines() int { return p.planned }
