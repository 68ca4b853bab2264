package cli

import (
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
	if runs, err := filepath.Glob("boards/wandb/offline-run-*"); err != nil || len(runs) != 1 || r.code != exitOK || strings.Contains(r.out, "sync") {
		t.Errorf("runs %v (%v), %+v", runs, err, r)
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
