package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/internal/report"
)

// marched makes an empty folder with marched.yaml the current one.
func marched(t *testing.T) {
	t.Helper()
	alone(t, "marched.yaml")
}

// alone makes an empty folder with a file of testdata the current one.
func alone(t *testing.T, name string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile(name, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// interrupted solves a file until progress has read the clock so many times, once a step.
func interrupted(t *testing.T, file, dir string, reads int) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	calls := 0
	clock := func() time.Time {
		if calls++; calls == reads {
			cancel(&Interrupt{"interrupted", exitInterrupted})
		}
		return time.Unix(int64(calls), 0)
	}
	var out, stderr bytes.Buffer
	if code := Run(ctx, []string{"solve", file, "--out", dir}, Streams{Out: &out, Err: &stderr, Now: clock}); code != exitInterrupted {
		t.Fatalf("exit %d: %s", code, stderr.String())
	}
}

// A run that is interrupted in the middle of a window, at its end or in the last one, ends as one that is not, to the bit; and so
// does one that goes on from any of its checkpoints.
func TestWindowsResume(t *testing.T) {
	marched(t)
	r := call(t, "solve", "marched.yaml", "--out", "whole")
	if r.code != exitOK || !strings.Contains(r.err, "marched  window 1/3, 0 to 1, ended after 16 steps") || !strings.Contains(r.out, "ran all 3 windows") {
		t.Fatalf("%+v", r)
	}
	resumeFromSeams(t, "marched.yaml")
	resumeFromEach(t)
	// the last window is lengthened
	quietly(t, "resume", "whole", "--steps", "54", "--quiet")
	var v struct {
		Steps   int
		Windows []report.Window
	}
	b, err := os.ReadFile(filepath.Join("whole", resultFile))
	if err == nil {
		err = json.Unmarshal(b, &v)
	}
	if err != nil || v.Steps != 50 || len(v.Windows) != 3 || v.Windows[0].Steps != 16 || v.Windows[2].Steps != 18 {
		t.Errorf("%v: %s", err, b)
	}
}

// resumeFromSeams interrupts a run of three stages of 16 steps, in the middle of one and where two meet, goes on, and wants the end of the
// run in whole.
func resumeFromSeams(t *testing.T, file string) {
	t.Helper()
	for _, c := range []struct {
		name  string
		reads int
	}{{"second", 24}, {"seam", 17}, {"afterseam", 18}, {"third", 40}} {
		interrupted(t, file, c.name, c.reads)
		quietly(t, "resume", c.name, "--quiet")
		sameRun(t, c.name, c.name, "whole", historyFile)
	}
}

// resumeFromEach goes on from each checkpoint of the run in whole and wants the same end.
func resumeFromEach(t *testing.T) {
	t.Helper()
	files, err := callbacks.Checkpoints(filepath.Join("whole", checkpointFolder))
	if err != nil || len(files) < 12 {
		t.Fatalf("%d checkpoints, %v", len(files), err)
	}
	for _, path := range files {
		dir := strings.TrimSuffix(filepath.Base(path), ".safetensors")
		if err := os.CopyFS(dir, os.DirFS("whole")); err != nil {
			t.Fatal(err)
		}
		for _, later := range files {
			if later > path {
				if err := os.Remove(filepath.Join(dir, checkpointFolder, filepath.Base(later))); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := os.Remove(filepath.Join(dir, resultFile)); err != nil {
			t.Fatal(err)
		}
		quietly(t, "resume", dir, "--quiet")
		sameRun(t, dir, dir, "whole", historyFile)
	}
}

// A trained run is one solution, whatever is asked of it, also when there is no checkpoint to tell how far it came.
func TestWindowsSolution(t *testing.T) {
	marched(t)
	train := []string{"solve", "marched.yaml", "--quiet", "--set", "optimizer=[{adam: {lr: 1e-2}, steps: 20}, {lm: {}, steps: 20}]", "--set", "weights=", "--set", "trackers="}
	quietly(t, append(train, "--out", "kept")...)
	quietly(t, append(train, "--out", "bare", "--set", "checkpoint=none")...)
	at := []string{"--expr", "u", "--expr", "u_t", "--at", "t=0.3,x=1", "--at", "t=1.5,x=1", "--at", "t=2.7,x=1"}
	a, b := quietly(t, append([]string{"eval", "kept"}, at...)...), quietly(t, append([]string{"eval", "bare"}, at...)...)
	if a != b {
		t.Errorf("%s\n%s", a, b)
	}
	got := quietly(t, "explain", "kept", "--json")
	if again := quietly(t, "explain", "bare", "--json"); len(got) < 500 || again == "" {
		t.Errorf("%s\n%s", got, again)
	}
	var v struct {
		Errors map[string]struct {
			RelL2 float64 `json:"rel_l2"`
		}
	}
	raw, err := os.ReadFile(filepath.Join("kept", resultFile))
	if err == nil {
		err = json.Unmarshal(raw, &v)
	}
	if e := v.Errors["u"].RelL2; err != nil || !(e < 0.03) {
		t.Errorf("%v: %s", err, raw)
	}
}

// The time budget is shared out: the first window gets two parts of it, and each other one gets one.
func TestWindowsBudget(t *testing.T) {
	marched(t)
	calls := 0
	var out, stderr bytes.Buffer
	code := Run(context.Background(), []string{"solve", "marched.yaml", "--out", "run", "--quiet", "--json", "--set", "budget=30s"}, Streams{Out: &out, Err: &stderr, Now: func() time.Time {
		calls++
		return time.Unix(int64(calls), 0) // a second for each step
	}})
	var v struct {
		Reason  string
		Windows []report.Window
	}
	if err := json.Unmarshal(out.Bytes(), &v); err != nil || went(code) != exitOK {
		t.Fatalf("exit %d: %v: %s", code, err, stderr.String())
	}
	if len(v.Windows) != 3 || v.Windows[0].Steps < 14 || v.Windows[1].Steps < 8 || v.Windows[2].Steps < 7 || v.Windows[2].Steps > 11 || !strings.Contains(v.Reason, "30s used up") {
		t.Errorf("%+v", v)
	}
}

// A window that is over and not solved is named once in the log, and in the report.
func TestWindowsUnsolved(t *testing.T) {
	t.Chdir(t.TempDir())
	hasty := `problem: hasty
coords: {t: [0, 3]}
fields: {u: {net: mlp, hidden: [4], output: t*u}}
constraints: {ode: {residual: u_t = 100*sin(100*t)*exp(-10*t^2), points: 50}}
optimizer: {lm: {}, steps: 5}
windows: 3
seed: 1
`
	if err := os.WriteFile("hasty.yaml", []byte(hasty), 0o644); err != nil {
		t.Fatal(err)
	}
	r := call(t, "solve", "hasty.yaml", "--out", "run")
	const warning = "! window 1 ended at a loss of "
	if r.code != exitOK || strings.Count(r.err, warning) != 1 || strings.Count(r.out, warning) != 1 {
		t.Fatalf("%+v", r)
	}
	b, err := os.ReadFile(filepath.Join("run", resultFile))
	if err != nil {
		t.Fatal(err)
	}
	var rep report.Report
	if err := json.Unmarshal(b, &rep); err != nil || len(rep.Warnings) != 1 || !strings.Contains(rep.Warnings[0], "hardly solved") {
		t.Errorf("%v: %q", err, rep.Warnings)
	}
}

// A jump of the initial values is singular where it is and not again at the beginning of each window, the run knows its inputs when it is
// opened again, and its verdict is there.
func TestWindowsOfAJump(t *testing.T) {
	t.Chdir(t.TempDir())
	const rod = `
problem: rod
coords: {t: [0, 0.2], x: [0, 1]}
fields: {u: {net: mlp, hidden: [8]}}
constraints:
  pde: {residual: u_t = u_xx, points: 200}
  ic: {residual: "u = where(x < 0.5, 1, 0)", on: initial}
  bc: {residual: u_x, on: boundary}
windows: 2
optimizer: [{adam: {}, steps: 100}, {lm: {}, steps: 30}]
`
	if err := os.WriteFile("rod.yaml", []byte(rod), 0o600); err != nil {
		t.Fatal(err)
	}
	r := call(t, "solve", "rod.yaml", "--out", "run", "--json", "-q")
	v := &report.Report{}
	if err := json.Unmarshal([]byte(r.out), v); err != nil || v.Verdict == "" || len(v.Windows) != 2 || !(v.Windows[1].Loss < 1e-6) {
		t.Errorf("%+v, %v", r, err)
	}
	r = call(t, "eval", "run", "--at", "t=0.1,x=0.4", "--expr", "u_t - u_xx", "--expr", "u")
	_, rows := readTable(t, r.out)
	if r.code != exitOK || !(math.Abs(rows[0][2]) < 0.1) || !(math.Abs(rows[0][3]-0.58) < 0.01) { // 1/2 + Σ … = 0.5771
		t.Errorf("%+v", r)
	}
}
