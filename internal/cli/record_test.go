package cli

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// wandb: true and tensorboard: true are all that it takes; the report says how to open what they wrote.
func TestDashboards(t *testing.T) {
	folder(t)
	r := call(t, "solve", "tiny.yaml", "--quiet", "--out", "run", "--set", "wandb=true", "--set", "tensorboard=true", "--set", "trackers={cos_similarity: {interval: 5}}")
	if r.code != exitOK {
		t.Fatalf("%+v", r)
	}
	runs, err := filepath.Glob("run/wandb/offline-run-*")
	if err != nil || len(runs) != 1 || !strings.HasSuffix(r.out, "\ntensorboard --logdir run/tensorboard\nwandb sync "+runs[0]+"\n") {
		t.Errorf("runs %v (%v), output %q", runs, err, r.out)
	}
	for _, pattern := range []string{"run/wandb/*/run-*.wandb", "run/wandb/*/files/media/images/explainability/cos_sim_matrix_5_*.png", "run/tensorboard/events.out.tfevents.*", "run/trackers/cos_similarity.npz"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) != 1 {
			t.Errorf("%s: %v (%v)", pattern, files, err)
			continue
		}
		if info, err := os.Stat(files[0]); err != nil || info.Size() == 0 {
			t.Errorf("%s is empty (%v)", files[0], err)
		}
	}
	// elsewhere, and as JSON, whose output holds nothing else
	r = call(t, "solve", "tiny.yaml", "--quiet", "--json", "--out", "other", "--set", "wandb={project: pinns, dir: boards}")
	if runs, err := filepath.Glob("other/boards/wandb/offline-run-*"); err != nil || len(runs) != 1 || r.code != exitOK || strings.Contains(r.out, "sync") {
		t.Errorf("runs %v (%v), %+v", runs, err, r)
	}
}

// --wandb and --tensorboard are lines of the file, and leave what it says in detail as it is. Dashboards show the errors that the report has.
func TestDashboardFlags(t *testing.T) {
	folder(t)
	judged := []string{"--set", "reference={u: x^2}", "--steps", "60"}
	r := call(t, append([]string{"solve", "tiny.yaml", "--quiet", "--json", "--out", "run", "--wandb", "--tensorboard", "--set", "wandb={project: pinns}"}, judged...)...)
	if r.code != exitOK {
		t.Fatalf("%+v", r)
	}
	resolved, err := os.ReadFile("run/problem.yaml")
	if err != nil || !strings.Contains(string(resolved), "project: pinns") || !strings.Contains(string(resolved), "tensorboard: true") {
		t.Errorf("%s, %v", resolved, err)
	}
	var report struct {
		Errors map[string]struct {
			RelL2  float64 `json:"rel_l2"`
			MaxAbs float64 `json:"max_abs"`
		} `json:"errors"`
	}
	if err := json.Unmarshal([]byte(r.out), &report); err != nil {
		t.Fatal(err)
	}
	lines, err := os.ReadFile("run/metrics.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Split(strings.TrimSpace(string(lines)), "\n")
	var last map[string]any
	if err := json.Unmarshal([]byte(all[len(all)-1]), &last); err != nil {
		t.Fatal(err)
	}
	if u := report.Errors["u"]; last["error/u/rel_l2"] != u.RelL2 || last["error/u/max_abs"] != u.MaxAbs || !(u.RelL2 > 0) {
		t.Errorf("the last line %v has other errors than the report, %v", last, u)
	}
	for _, pattern := range []string{"run/wandb/*/files/media/images/solution/u_0_*.png", "run/wandb/*/files/media/images/solution/u_error_60_*.png"} {
		if files, err := filepath.Glob(pattern); err != nil || len(files) != 1 {
			t.Errorf("%s: %v (%v)", pattern, files, err)
		}
	}
	r = call(t, "solve", "tiny.yaml", "--quiet", "--out", "off", "--wandb=false", "--set", "wandb=true")
	if files, err := filepath.Glob("off/wandb"); r.code != exitOK || err != nil || len(files) > 0 {
		t.Errorf("--wandb=false: %v (%v), %+v", files, err, r)
	}
}

// Unknown numbers, those that follow from them, and how far they are off, are recorded at every step, with a dashboard or without.
func TestRecordedNumbers(t *testing.T) {
	folder(t)
	file := "problem: inverse\ncoords: {x: [0, 1]}\nparams: {k: 0.5}\ndefine: {double: 2*k}\nfields: {u: {net: mlp, hidden: [4]}}\n" +
		"constraints: {pde: {residual: k*u_xx + 1, points: 10}}\nsteps: 60\nreference: {k: 1, double: 4}\n"
	if err := os.WriteFile("inverse.yaml", []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := call(t, "solve", "inverse.yaml", "--quiet", "--out", "run"); r.code != exitOK {
		t.Fatalf("%+v", r)
	}
	lines, err := os.ReadFile("run/metrics.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	steps := strings.Split(strings.TrimSpace(string(lines)), "\n")
	if len(steps) != 61 {
		t.Errorf("%d lines", len(steps))
	}
	for i, line := range steps {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		double, _ := m["param/double"].(float64)
		if m["param/k"] != double/2 || m["error/double/relative"] != math.Abs(double-4)/4 || m["error/k/relative"] != math.Abs(double/2-1) {
			t.Errorf("step %d: %v", i, m)
		}
	}
}

// The configuration that W&B compares runs by has numbers where the file has them.
func TestConfig(t *testing.T) {
	got := config([]byte("seed: 3\nlr: 1e-3\nbeta: .inf\nnet: {hidden: [20, 20], name: inf}\nwandb: true\ntensorboard: {dir: x}\n"))
	want := map[string]any{"seed": uint64(3), "lr": 1e-3, "beta": "+Inf", "net": map[string]any{"hidden": []any{uint64(20), uint64(20)}, "name": "inf"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%#v, want %#v", got, want)
	}
	if config([]byte("a: [")) != nil {
		t.Error("no configuration from a broken file")
	}
}
