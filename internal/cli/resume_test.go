package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/crux-pinn/crux/callbacks"
)

// watched makes an empty folder with watched.yaml the current one.
func watched(t *testing.T) {
	t.Helper()
	b, err := os.ReadFile("testdata/watched.yaml")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("watched.yaml", b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// sameRun compares what two runs left behind, byte for byte: the named files, and in their last checkpoints the parameters,
// the optimiser, the scheme, the points, the histories and the states of all callbacks but the clock.
func sameRun(t *testing.T, what, got, want string, files ...string) {
	t.Helper()
	for _, name := range append(files, parametersFile, solutionFile) {
		a, errA := os.ReadFile(filepath.Join(got, name))
		b, errB := os.ReadFile(filepath.Join(want, name))
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			t.Errorf("%s: %s differs (%v)", what, name, errors.Join(errA, errB))
		}
	}
	a, errA := callbacks.Latest(filepath.Join(got, checkpointFolder))
	b, errB := callbacks.Latest(filepath.Join(want, checkpointFolder))
	if errA != nil || errB != nil {
		t.Fatal(errors.Join(errA, errB))
	}
	if len(a.Callbacks) < 11 { // eight trackers, points, early stopping and the clock
		t.Errorf("%s: the checkpoint holds the state of %d callbacks", what, len(a.Callbacks))
	}
	const clock = "*cli.clock#0"
	delete(a.Callbacks, clock)
	delete(b.Callbacks, clock)
	if !reflect.DeepEqual(a.State, b.State) || !reflect.DeepEqual(a.Callbacks, b.Callbacks) {
		t.Errorf("%s: the last checkpoints differ", what)
	}
}

// quietly runs a command line that shall succeed without a word on stderr.
func quietly(t *testing.T, args ...string) string {
	t.Helper()
	r := call(t, args...)
	if r.code != exitOK || r.err != "" {
		t.Fatalf("%v: exit %d: %s", args, r.code, r.err)
	}
	return r.out
}

// A run that was interrupted, or that was complete and is lengthened, ends as one that was that long from the beginning.
func TestResume(t *testing.T) {
	for name, method := range map[string]string{"adam": "{adam: {}, steps: 40}", "lbfgs": "{lbfgs: {}, steps: 40}", "phases": "[{adam: {}, steps: 11}, {ssbroyden: {}, steps: 29}]"} {
		t.Run(name, func(t *testing.T) {
			watched(t)
			set := "optimizer=" + method
			quietly(t, "solve", "watched.yaml", "--quiet", "--set", set, "--out", "whole")

			ctx, cancel := context.WithCancelCause(context.Background())
			defer cancel(nil)
			calls := 0
			clock := func() time.Time { // progress reads it once a step
				if calls++; calls == 18 {
					cancel(&Interrupt{"interrupted", exitInterrupted})
				}
				return time.Unix(int64(calls), 0)
			}
			var out, stderr bytes.Buffer
			code := Run(ctx, []string{"solve", "watched.yaml", "--set", set, "--out", "broken"}, Streams{Out: &out, Err: &stderr, Now: clock})
			if code != exitInterrupted || !strings.Contains(stderr.String(), "continue with: crux resume broken") {
				t.Fatalf("exit %d: %s", code, stderr.String())
			}
			r := call(t, "resume", "broken")
			if r.code != exitOK || !strings.Contains(r.err, "watched: going on from step 17 of 40") || !strings.Contains(r.out, "\n40 steps in ") {
				t.Fatalf("%+v", r)
			}
			sameRun(t, "interrupted", "broken", "whole", historyFile)

			quietly(t, "solve", "watched.yaml", "--quiet", "--set", set, "--steps", "23", "--out", "short")
			r = call(t, "resume", "short")
			if r.code != exitUsage || !strings.Contains(r.err, "has taken 23 steps, as many as it should; extend it with --steps") {
				t.Errorf("%+v", r)
			}
			quietly(t, "resume", "short", "--steps", "31", "--quiet")
			quietly(t, "resume", "short", "--steps", "40", "--quiet")
			sameRun(t, "lengthened", "short", "whole", historyFile)
		})
	}
}

// A checkpoint that is cut short, of another problem or no checkpoint at all is named, and the one before it is taken.
func TestResumeFromDamaged(t *testing.T) {
	watched(t)
	quietly(t, "solve", "watched.yaml", "--quiet", "--steps", "20", "--out", "whole")
	quietly(t, "solve", "watched.yaml", "--quiet", "--steps", "20", "--out", "other", "--set", "problem=other")
	folder := filepath.Join("broken", checkpointFolder)
	for _, c := range []struct {
		name, says string
		damage     func(b []byte) []byte
	}{
		{"cut", "cut short or damaged", func(b []byte) []byte { return b[:len(b)/2] }},
		{"empty", "cut short or damaged", func([]byte) []byte { return nil }},
		{"no checkpoint", "cut short or damaged", func([]byte) []byte { return []byte("a text that is no checkpoint") }},
		{"parameters", `its format is "crux.parameters/2"`, func([]byte) []byte {
			b, _ := os.ReadFile(filepath.Join("whole", parametersFile))
			return b
		}},
		{"other problem", `it belongs to problem "other"`, func([]byte) []byte {
			b, _ := os.ReadFile(filepath.Join("other", checkpointFolder, "checkpoint-000000020.safetensors"))
			return b
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := os.RemoveAll("broken"); err != nil {
				t.Fatal(err)
			}
			quietly(t, "solve", "watched.yaml", "--quiet", "--steps", "17", "--out", "broken")
			files, err := callbacks.Checkpoints(folder)
			if err != nil || len(files) != 4 {
				t.Fatal(files, err)
			}
			b, err := os.ReadFile(files[0])
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(files[0], c.damage(b), 0o600); err != nil {
				t.Fatal(err)
			}
			r := call(t, "resume", "broken", "--steps", "20", "--quiet")
			if r.code != exitOK || !strings.Contains(r.err, "crux: warning: ") || !strings.Contains(r.err, c.says) || !strings.Contains(r.err, files[0]) {
				t.Fatalf("%+v", r)
			}
			sameRun(t, c.name, "broken", "whole")
			for _, f := range files {
				if err := os.WriteFile(f, c.damage(b), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	for _, f := range []string{"checkpoint-000000018.safetensors", "checkpoint-000000020.safetensors"} {
		if err := os.WriteFile(filepath.Join(folder, f), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := call(t, "resume", "broken", "--steps", "30")
	if r.code != exitUsage || !strings.Contains(r.err, "checkpoints in broken/checkpoints can be used") {
		t.Errorf("%+v", r)
	}
}

func TestResumeRefuses(t *testing.T) {
	watched(t)
	quietly(t, "solve", "watched.yaml", "--quiet", "--steps", "4", "--out", "run")
	quietly(t, "solve", "watched.yaml", "--quiet", "--steps", "4", "--out", "bare", "--set", "checkpoint=none")
	for _, c := range []struct{ args, want string }{
		{"resume none", "not a directory"},
		{"resume .", "has no problem.yaml"},
		{"resume bare", "no checkpoint in bare/checkpoints"},
		{"resume run --steps 9 --set fields.u.hidden=[9,9]", `parameter 0 is "u/layer0/weight"`},
		{"resume run --steps 9 --set trackers=", "CosSimilarity#0, *trackers.GradientAlignment#0"},
		{"resume run --steps 9 --set optimizer.adam.lrr=1", "lrr"},
		{"resume run --steps 0", "1 or more"},
		{"resume run --seed 3", "unknown flag"},
	} {
		if r := call(t, strings.Fields(c.args)...); r.code != exitUsage || !strings.Contains(r.err, c.want) {
			t.Errorf("%s: %+v", c.args, r)
		}
	}
	// what was refused left the run as it was
	quietly(t, "resume", "run", "--steps", "9", "--quiet")
}

// The time budget counts what was used before the break, and early stopping what it has seen.
func TestResumeKeepsBudget(t *testing.T) {
	folder(t)
	calls := 0
	clock := func() time.Time { calls++; return time.Unix(int64(calls), 0) }
	for _, args := range [][]string{
		{"solve", "tiny.yaml", "--json", "--quiet", "--set", "budget=4s", "--out", "run"},
		{"resume", "run", "--json", "--quiet", "--set", "budget=6s"},
	} {
		var out, stderr bytes.Buffer
		if code := Run(context.Background(), args, Streams{Out: &out, Err: &stderr, Now: clock}); went(code) != exitOK || !strings.Contains(out.String(), "time budget of") {
			t.Errorf("exit %d: %s%s", code, out.String(), stderr.String())
		}
	}
}

// The binary itself, killed without a chance to say so at ten random moments, ends with the same bits.
func TestKilledBinaryResumes(t *testing.T) {
	kills := 10
	if testing.Short() {
		kills = 2
	}
	binary := filepath.Join(t.TempDir(), "crux")
	if out, err := exec.Command("go", "build", "-o", binary, "github.com/crux-pinn/crux/cmd/crux").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	watched(t)
	rng := rand.New(rand.NewPCG(3, 5))
	for _, method := range []string{"{adam: {}, steps: 200}", "{lbfgs: {}, steps: 200}"} {
		base := []string{"--quiet", "--workers", "1", "--set", "optimizer=" + method}
		whole, broken := fmt.Sprintf("whole-%s", method[1:5]), fmt.Sprintf("broken-%s", method[1:5])
		if c := exec.Command(binary, append([]string{"solve", "watched.yaml", "--out", whole}, base...)...); !wentWell(c) {
			t.Fatalf("%v: exit %v", c.Args, c.ProcessState)
		}
		args := append([]string{"solve", "watched.yaml", "--out", broken}, base...)
		for k := range kills {
			// a checkpoint of about this step or a later one is there, and then some time passes: at most a few steps
			step := 3 + 150*k/kills + rng.IntN(150/kills)
			wait := time.Duration(rng.IntN(4000)) * time.Microsecond
			if err := killAt(binary, args, broken, step, wait); err != nil {
				t.Fatalf("%s: kill %d at step %d: %v", method, k+1, step, err)
			}
			if exists(filepath.Join(broken, resultFile)) {
				t.Fatalf("%s: the run was over before kill %d", method, k+1)
			}
			args = []string{"resume", broken, "--quiet", "--workers", "1"}
		}
		if c := exec.Command(binary, args...); !wentWell(c) {
			t.Fatalf("%v: exit %v", c.Args, c.ProcessState)
		}
		sameRun(t, method, broken, whole)
	}
}

// wentWell runs a command to its end, whatever its run is worth.
func wentWell(c *exec.Cmd) bool {
	var exit *exec.ExitError
	err := c.Run()
	return err == nil || errors.As(err, &exit) && went(exit.ExitCode()) == exitOK
}

// killAt starts the binary and kills it some time after a checkpoint of the step, or of a later one, has appeared.
func killAt(binary string, args []string, dir string, step int, wait time.Duration) error {
	var out bytes.Buffer
	c := exec.Command(binary, args...)
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- c.Wait() }()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return fmt.Errorf("it ended by itself (%w): %s", err, out.String())
		case <-tick.C:
		}
		files, _ := callbacks.Checkpoints(filepath.Join(dir, checkpointFolder))
		if len(files) > 0 && files[0] >= filepath.Join(dir, checkpointFolder, fmt.Sprintf("checkpoint-%09d", step)) {
			break
		}
	}
	time.Sleep(wait)
	if err := c.Process.Signal(syscall.SIGKILL); err != nil {
		return err
	}
	var exit *exec.ExitError
	if err := <-done; !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		return fmt.Errorf("it was not killed (%w): %s", err, out.String())
	}
	return nil
}
