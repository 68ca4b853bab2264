//go:build unix

package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"
)

// The first signal ends the context with its cause; the second one quits.
func TestSignals(t *testing.T) {
	for sig, code := range map[syscall.Signal]int{syscall.SIGINT: exitInterrupted, syscall.SIGTERM: exitTerminated, syscall.SIGHUP: exitHungUp} {
		if signal.Ignored(sig) {
			continue // as the tests are run by nohup
		}
		quit := make(chan int, 1)
		ctx, stop := watchSignals(context.Background(), func(code int) { quit <- code })
		send := func() {
			if err := syscall.Kill(os.Getpid(), sig); err != nil {
				t.Fatal(err)
			}
		}
		send()
		<-ctx.Done()
		var i *Interrupt
		if !errors.As(context.Cause(ctx), &i) || i.Code != code || !errors.Is(i, context.Canceled) {
			t.Errorf("%v: cause %v", sig, context.Cause(ctx))
		}
		send()
		if got := <-quit; got != code {
			t.Errorf("%v twice: exit %d", sig, got)
		}
		stop()
	}
}

// What does not save anything, such as compiling, ends soon after the first signal; what does has the time that it needs.
func TestSignalWhileNobodySaves(t *testing.T) {
	for _, saves := range []bool{false, true} {
		quit := make(chan int, 1)
		ctx, stop := watchSignals(context.Background(), func(code int) { quit <- code })
		done := func() {}
		if saves {
			done = saving(ctx)
		}
		if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		select {
		case code := <-quit:
			if saves || code != exitTerminated {
				t.Errorf("saving %v: the process was ended with %d", saves, code)
			}
		case <-time.After(grace + grace/2):
			if !saves {
				t.Error("the process goes on")
			}
		}
		done()
		stop()
	}
}
