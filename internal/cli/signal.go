package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// Interrupt is the cause with which the context of a run is cancelled by a signal. It counts as context.Canceled.
type Interrupt struct {
	Reason string // "interrupted"
	Code   int    // exit code
}

func (i *Interrupt) Error() string { return i.Reason }

// Is makes the cause a cancellation for errors.Is.
func (i *Interrupt) Is(target error) bool { return target == context.Canceled }

func interruptOf(s os.Signal) *Interrupt {
	if s == syscall.SIGTERM {
		return &Interrupt{"terminated", exitTerminated}
	}
	return &Interrupt{"interrupted", exitInterrupted}
}

// watchSignals returns a context that ends at the first SIGINT or SIGTERM. At the second one it calls quit with the exit
// code. stop ends watching and waits until it has ended.
func watchSignals(parent context.Context, quit func(code int)) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for first := true; ; first = false {
			select {
			case s := <-signals:
				i := interruptOf(s)
				if !first {
					quit(i.Code)
					return
				}
				cancel(i)
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
