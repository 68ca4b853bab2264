package cli

import (
	"context"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// Interrupt is the cause with which the context of a run is cancelled by a signal or a key. It counts as context.Canceled.
type Interrupt struct {
	Reason string // "interrupted"
	Code   int    // exit code
}

func (i *Interrupt) Error() string { return i.Reason }

// Is makes the cause a cancellation for errors.Is.
func (i *Interrupt) Is(target error) bool { return target == context.Canceled }

func interruptOf(s os.Signal) *Interrupt {
	switch s {
	case syscall.SIGTERM:
		return interruptBy(exitTerminated)
	case syscall.SIGHUP:
		return interruptBy(exitHungUp)
	}
	return interruptBy(exitInterrupted)
}

// interruptBy is the interrupt with an exit code.
func interruptBy(code int) *Interrupt {
	switch code {
	case exitTerminated:
		return &Interrupt{"terminated", code}
	case exitHungUp:
		return &Interrupt{"the terminal is gone", code}
	}
	return &Interrupt{"interrupted", exitInterrupted}
}

// endings are the signals that end a run: SIGHUP is none under nohup, which ignores it.
func endings() []os.Signal {
	list := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		list = append(list, syscall.SIGHUP)
	}
	return list
}

// ending is the key under which a context counts those who save what there is when it ends.
type ending struct{}

// saving says that what follows saves what there is when the context ends, until the function that it returns is called. What does not say
// so, such as compiling, is given a second and then ended with the process.
func saving(ctx context.Context) (done func()) {
	n, ok := ctx.Value(ending{}).(*atomic.Int32)
	if !ok { // nobody ends the process
		return func() {}
	}
	n.Add(1)
	return func() { n.Add(-1) }
}

// grace is how long a command has that does not save anything.
const grace = time.Second

// watchSignals returns a context that ends at the first signal that ends a run. At the second one it calls quit with the exit code, and
// also some time after the first one where nobody is saving. stop ends watching and waits until it has ended.
func watchSignals(parent context.Context, quit func(code int)) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, endings()...)
	savers := new(atomic.Int32)
	ctx = context.WithValue(ctx, ending{}, savers)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		var first *Interrupt
		var late <-chan time.Time
		for {
			select {
			case s := <-signals:
				if first != nil {
					quit(interruptOf(s).Code)
					return
				}
				first, late = interruptOf(s), time.After(grace)
				cancel(first)
			case <-late:
				if savers.Load() == 0 {
					quit(first.Code)
					return
				}
			case <-done:
				return
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		<-ended
		cancel(nil)
	}
}
