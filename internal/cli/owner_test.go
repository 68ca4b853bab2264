package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// solving starts crux solve of tiny.yaml in a directory, waits for a checkpoint, and returns what ends it and says how.
func solving(t *testing.T, dir string, args ...string) (end func() outcome) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(context.Background())
	t.Cleanup(func() { cancel(nil) })
	ended := make(chan outcome)
	go func() {
		var out, err bytes.Buffer
		line := append([]string{"solve", "tiny.yaml", "-q", "--out", dir, "--set", "optimizer={adam: {}, steps: 100000000}", "--set", "checkpoint={interval: 50}"}, args...)
		code := Run(ctx, line, Streams{Out: &out, Err: &err})
		ended <- outcome{code, out.String(), err.String()}
	}()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if files, _ := filepath.Glob(filepath.Join(dir, checkpointFolder, "checkpoint-*")); len(files) > 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("no checkpoint within a minute")
		}
	}
	return func() outcome {
		cancel(&Interrupt{"interrupted", exitInterrupted})
		return <-ended
	}
}

// A run directory has one owner. Another solve, resume or sweep is refused, and says whom to wait for; the living run ends as if nothing had
// been. What only reads may do so.
func TestOneOwner(t *testing.T) {
	folder(t)
	end := solving(t, "d")
	named := fmt.Sprintf("process %d on ", os.Getpid())
	for _, line := range []string{"resume d", "resume d --steps 3", "solve tiny.yaml --out d", "sweep tiny.yaml --grid seed=1,2 --out d"} {
		r := call(t, strings.Fields(line)...)
		if r.code != exitUsage || !strings.Contains(r.err, named) || !strings.Contains(r.err, "(crux solve tiny.yaml -q --out d") || !strings.Contains(r.err, fmt.Sprintf("kill %d", os.Getpid())) {
			t.Errorf("%s: exit %d: %s", line, r.code, r.err)
		}
	}
	for range 30 { // checkpoints come and go meanwhile
		for _, line := range []string{"eval d --at x=0.5", "show d"} {
			if r := call(t, strings.Fields(line)...); r.code != exitOK || r.err != "" {
				t.Fatalf("%s: %+v", line, r)
			}
		}
	}
	if r := end(); r.code != exitInterrupted || !strings.Contains(r.err, "continue with: crux resume d") {
		t.Fatalf("the run that was there first: %+v", r)
	}
	if exists(filepath.Join("d", ownerFile)) {
		t.Error("the run has ended and has an owner")
	}
	if r := call(t, "resume", "d", "-q", "--steps", "1"); strings.Contains(r.err, "process") {
		t.Errorf("nobody has the directory any more: %+v", r)
	}
}

// So has the directory of a sweep: a second one, or a resume, does not train the same runs, and one that comes later continues it.
func TestOneSweep(t *testing.T) {
	folder(t)
	line := []string{"sweep", "tiny.yaml", "-q", "--grid", "seed=1,2", "--out", "s"}
	quietly(t, line...)
	const run = "s/run-2"
	if err := os.Remove(filepath.Join(run, resultFile)); err != nil {
		t.Fatal(err)
	}
	first, err := (&app{}).own("s")
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{line, {"resume", "s", "-q"}} {
		if r := call(t, args...); r.code != exitUsage || !strings.Contains(r.err, fmt.Sprintf("process %d on ", os.Getpid())) {
			t.Errorf("%v: %+v", args, r)
		}
	}
	if exists(filepath.Join(run, resultFile)) {
		t.Error("a run was trained")
	}
	first.release()
	quietly(t, line...)
	if !exists(filepath.Join(run, resultFile)) {
		t.Error("the sweep has not gone on")
	}
}

// A process that was killed leaves its name, and files half written. The next one takes over and clears them away; of others it removes nothing.
func TestDeadOwner(t *testing.T) {
	folder(t)
	quietly(t, "solve", "tiny.yaml", "-q", "--steps", "3", "--out", "d")
	left := []string{filepath.Join(checkpointFolder, ".checkpoint-000000106.safetensors2905346750"), ".result.json12"}
	foreign := []string{".hidden", filepath.Join(checkpointFolder, ".git12")}
	for _, name := range append(append([]string{}, left...), foreign...) {
		if err := os.WriteFile(filepath.Join("d", name), []byte("half"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join("d", ownerFile), []byte(`{"pid":1,"host":"elsewhere"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	quietly(t, "resume", "d", "-q", "--steps", "5")
	for _, name := range append(left, ownerFile) {
		if exists(filepath.Join("d", name)) {
			t.Errorf("%s is still there", name)
		}
	}
	for _, name := range foreign {
		if !exists(filepath.Join("d", name)) {
			t.Errorf("%s is gone", name)
		}
	}
}
