package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/report"
)

// edge is a problem that Adam drives out of the domain of a square root after some 600 steps, whatever the length of a step.
const edge = `
problem: edge
coords: {x: [0, 1]}
params: {k: 0}
fields: {u: {hidden: [4]}}
constraints:
  pde: {residual: "u_xx + 1 + 1e-12*sqrt(1 - k)", points: 20}
  bc: {residual: u, on: boundary, points: 2}
  k: {residual: k - 2, points: 20}
optimizer: [{adam: {lr: 2e-3}, steps: 20000}]
hard: none
scale: none
seed: 1
`

// A run that diverges ends with a state of before, in its parameters and its checkpoint, from which it can continue.
func TestDivergedRun(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("edge.yaml", []byte(edge), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, way := range []string{"rollback", "stop"} {
		r := call(t, "solve", "edge.yaml", "-q", "--out", way, "--json", "--set", "on_divergence="+way)
		var v report.Report
		if err := json.Unmarshal([]byte(r.out), &v); err != nil || r.code != exitDiverged {
			t.Fatalf("%+v %v", r, err)
		}
		if v.Status != "diverged" || v.Verdict != "unsolved" || v.Steps < 300 || !(v.Loss < 10) || !strings.Contains(v.Reason, "sqrt(1 - k) is NaN") || !strings.Contains(v.Reason, "(written at edge.yaml:7:37)") {
			t.Errorf("%s: %+v", way, v)
		}
		if n := strings.Count(r.err, "with steps 0."); n != map[string]int{"rollback": 3, "stop": 0}[way] || !strings.Contains(r.err, "which is the end of the run") {
			t.Errorf("%s: %s", way, r.err)
		}
		if saved := latest(t, way); saved.State.Epoch != v.Steps {
			t.Errorf("%s: the checkpoint is of step %d, not %d", way, saved.State.Epoch, v.Steps)
		}
		said := fmt.Sprintf("%s: the run diverged; this is what there was at step %d\n", way, v.Steps)
		if r := call(t, "eval", way, "--at", "x=0.5"); r.code != exitOK || r.err != said {
			t.Errorf("%s: %+v", way, r)
		}
		if r := call(t, "resume", way, "-q", "--set", "constraints.pde.residual=u_xx + 1"); r.code != exitOK {
			t.Errorf("%s: %+v", way, r)
		}
	}
}

// An expression that is not defined at the first step gets advice that fits it.
func TestDivergedAtOnce(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("edge.yaml", []byte(strings.Replace(edge, "{k: 0}", "{k: 3}", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	if r := call(t, "solve", "edge.yaml", "-q"); r.code != exitDiverged || !strings.Contains(r.err, "before the first step") || strings.Contains(r.err, "learning rate") {
		t.Errorf("%+v", r)
	}
}

// A run goes back to a checkpoint of its choice and ends as if nothing had been after it. What had been is kept under other names.
func TestResumeFrom(t *testing.T) {
	folder(t)
	quietly(t, "solve", "tiny.yaml", "-q", "--set", "checkpoint={interval: 2, keep: 9}", "--out", "d")
	quietly(t, "solve", "tiny.yaml", "-q", "--set", "optimizer.0.adam.lr=1e-2", "--steps", "6", "--out", "other")
	r := call(t, "resume", "d", "-q", "--from", "5")
	if r.code != exitUsage || !strings.Contains(r.err, "there are those of 10, 8, 6, 4, 2") {
		t.Errorf("%+v", r)
	}
	if r := call(t, "resume", "d", "-q", "--steps", "7"); r.code != exitUsage || !strings.Contains(r.err, "is at step 10 already") {
		t.Errorf("%+v", r)
	}
	want := quietly(t, "eval", "d")
	if err := os.Rename("d/"+resultFile, "result"); err != nil { // as if it had been killed before its end
		t.Fatal(err)
	}
	if r := call(t, "resume", "d", "-q", "--steps", "7"); r.code != exitUsage || !strings.Contains(r.err, "is at step 10 already") {
		t.Errorf("without a result: %+v", r)
	}
	if err := os.Rename("result", "d/"+resultFile); err != nil {
		t.Fatal(err)
	}
	if r := call(t, "resume", "d", "-q", "--from", "4"); r.code != exitOK || strings.Count(r.err, "kept as") != 3 {
		t.Errorf("%+v", r)
	}
	if got := quietly(t, "eval", "d"); got != want {
		t.Errorf("%s, not %s", got, want)
	}
	if files, _ := filepath.Glob("d/checkpoints/left-*"); len(files) != 3 {
		t.Errorf("%v", files)
	}
}
