//go:build unix

package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/crux-pinn/crux/internal/report"
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

// program is a command line of the program in a process of its own, which ends with the test. With nohup it ignores SIGHUP.
func program(t *testing.T, nohup bool, args ...string) (c *exec.Cmd, said *bytes.Buffer) {
	t.Helper()
	c = exec.Command(os.Args[0], args...)
	if nohup {
		c = exec.Command("sh", append([]string{"-c", `trap "" HUP; exec "$0" "$@"`, os.Args[0]}, args...)...)
	}
	said = &bytes.Buffer{}
	c.Env, c.Stdout, c.Stderr = append(os.Environ(), "CRUX_AS_PROGRAM=1"), io.Discard, said
	t.Cleanup(func() {
		if c.Process != nil && c.ProcessState == nil {
			c.Process.Kill() //nolint:errcheck // it may have ended
			c.Wait()         //nolint:errcheck
		}
	})
	return c, said
}

// A terminal that closes ends a run as SIGTERM does, with all that it has; one that was begun with nohup goes on.
func TestHangUp(t *testing.T) {
	folder(t)
	for _, nohup := range []bool{false, true} {
		if !nohup && signal.Ignored(syscall.SIGHUP) {
			continue // as the tests are run by nohup
		}
		dir := fmt.Sprintf("nohup-%v", nohup)
		long := []string{"--set", "optimizer={adam: {}, steps: 100000000}", "--set", "checkpoint={interval: 1000, keep: 1}"}
		c, said := program(t, nohup, append([]string{"solve", "tiny.yaml", "-q", "--out", dir}, long...)...)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		newest := ""
		another := func() { // checkpoint is there
			t.Helper()
			for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
				files, _ := filepath.Glob(filepath.Join(dir, checkpointFolder, "checkpoint-*"))
				if len(files) > 0 && files[0] > newest {
					newest = files[0]
					return
				}
				if time.Now().After(deadline) {
					t.Fatalf("no checkpoint after %q: %s", newest, said)
				}
			}
		}
		signalled := func(s syscall.Signal) {
			if err := c.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
		}
		another()
		signalled(syscall.SIGHUP)
		code, reason := exitHungUp, "the terminal is gone"
		if nohup {
			another()
			another()
			signalled(syscall.SIGTERM)
			code, reason = exitTerminated, "terminated"
		}
		c.Wait() //nolint:errcheck // the exit code says so
		r, err := report.Read(filepath.Join(dir, resultFile))
		if err != nil || c.ProcessState.ExitCode() != code || !strings.Contains(said.String(), reason) {
			t.Fatalf("%s: exit %d: %s %v", dir, c.ProcessState.ExitCode(), said, err)
		}
		if saved := latest(t, dir); saved.State.Epoch != r.Steps || r.Steps <= 1000 {
			t.Errorf("%s: the checkpoint is of step %d, not %d", dir, saved.State.Epoch, r.Steps)
		}
	}
}

// Commands that are busy with a file, and look at nothing else, end soon after the first signal: here with one that never comes to its end.
func TestSignalWhileReading(t *testing.T) {
	if !exists("/dev/stdin") {
		t.Skip("no /dev/stdin")
	}
	t.Chdir(t.TempDir())
	for i, command := range []string{"validate", "solve -q", "bench", "trace"} {
		sig, code := syscall.SIGINT, exitInterrupted
		if i%2 == 1 {
			sig, code = syscall.SIGTERM, exitTerminated
		}
		c, said := program(t, false, append(strings.Fields(command), "/dev/stdin")...)
		in, err := c.StdinPipe()
		if err == nil {
			err = c.Start()
		}
		if err == nil { // more than a pipe holds: what is written has been read, but for the rest
			_, err = io.WriteString(in, strings.Repeat("# nothing but a comment\n", 9000))
		}
		if err == nil {
			err = c.Process.Signal(sig)
		}
		if err != nil {
			t.Fatalf("%s: %v: %s", command, err, said)
		}
		ended := make(chan struct{})
		go func() {
			c.Wait() //nolint:errcheck // the exit code says so
			close(ended)
		}()
		select {
		case <-ended:
			if got := c.ProcessState.ExitCode(); got != code {
				t.Errorf("%s: exit %d, not %d: %s", command, got, code, said)
			}
		case <-time.After(time.Minute):
			c.Process.Kill() //nolint:errcheck // it may have ended
			<-ended
			t.Errorf("%s goes on", command)
		}
	}
}
