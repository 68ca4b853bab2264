//go:build unix

package cli

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
)

// The first signal ends the context with its cause; the second one quits.
func TestSignals(t *testing.T) {
	for sig, code := range map[syscall.Signal]int{syscall.SIGINT: exitInterrupted, syscall.SIGTERM: exitTerminated} {
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
