package callbacks_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
)

// python is an interpreter that has the official readers of what sinks write; ".ci/run readers" makes it.
func python(t *testing.T, module string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("starts Python")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		t.Skip(err)
	}
	p := filepath.Join(home, ".cache", "crux-sinks", "bin", "python")
	if out, err := exec.Command(p, "-c", "import "+module).CombinedOutput(); err != nil {
		if os.Getenv("CRUX_READERS") != "" { // in CI it must not be missing
			t.Fatalf("no %s in %s: %v %s", module, p, err, out)
		}
		t.Skipf("no %s in %s: bash .ci/run readers", module, p)
	}
	return p
}

// script runs one of testdata/readers on a folder.
func script(t *testing.T, module, name, dir string, args ...string) {
	t.Helper()
	p := python(t, module)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, p, append([]string{filepath.Join("testdata", "readers", name), dir}, args...)...)
	c.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "WANDB_SILENT=true", "WANDB_DIR="+dir, "WANDB_CACHE_DIR="+dir, "WANDB_CONFIG_DIR="+dir, "WANDB_DATA_DIR="+dir)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	t.Logf("%s", out)
}

// expected is what readers should find, as JSON for them. Numbers that are not finite are null.
type expected struct {
	Steps  int                         `json:"steps"`
	Arrays map[string]map[string]array `json:"arrays"`

	Scalars    map[string][][2]any  `json:"scalars"` // [step, value] by key
	Images     map[string][]int     `json:"images"`  // steps
	Histograms map[string]histogram `json:"histograms"`
}

type array struct {
	Kind  string `json:"dtype"`
	Shape []int  `json:"shape"`
	Data  []any  `json:"data"`
}

type histogram struct {
	Steps  []int     `json:"steps"`
	Edges  []float64 `json:"edges"` // of the last one
	Counts []int     `json:"counts"`
}

func orNull(v float64) any {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return v
}

// witness is a recorder of the test's own.
type witness struct{ seen map[string][][2]any }

func (w *witness) Record(m crux.Metric) error {
	w.seen[m.Key] = append(w.seen[m.Key], [2]any{m.Epoch, orNull(m.Value)})
	return nil
}

// recordAll solves in two parts with all eight trackers, one of them twice, and all sinks into dir, and writes down what
// the trackers and a recorder of the test's own have seen.
func recordAll(t *testing.T, dir string) *expected {
	t.Helper()
	const steps = 30
	w := &witness{map[string][][2]any{}}
	solver, u, x, inside := poisson(nil, w)
	defer solver.Close()
	cos, stats := &callbacks.CosSimilarity{Interval: 10}, &callbacks.ResidualStats{Interval: 10, Bins: 5}
	ntk := &callbacks.NTKSpectrum{Grad: ph.ParamGrad(u, nil), On: inside, Interval: 10, TopK: 3}
	cs := []crux.Callback{
		&callbacks.GradientNorms{Interval: 10}, cos, &callbacks.GradientAlignment{Interval: 10}, stats,
		&callbacks.InputSensitivity{Expr: u.D(x), On: inside, Interval: 10}, ntk,
		&callbacks.NTKSpectrum{Grad: ph.ParamGrad(u.D(x, x), nil), On: inside, Interval: 15, TopK: 30},
		&callbacks.HessianSpectrum{K: 2, Iters: 5, Interval: 20}, &callbacks.LossLandscape{Grid: 4, Interval: 20},
	}
	sinks := append(sinksIn(dir),
		&callbacks.TensorBoard{Dir: filepath.Join(dir, "tensorboard")},
		&callbacks.WandB{Dir: dir, Project: "pinns", Name: "poisson", Notes: "a test", Tags: []string{"test"}, Config: map[string]any{"lr": 1e-2}},
	)
	for _, n := range []int{17, steps - 17} {
		if _, err := solver.Solve(context.Background(), n, append(cs, sinks...)...); err != nil {
			t.Fatal(err)
		}
	}
	e := &expected{Steps: steps, Arrays: map[string]map[string]array{}, Scalars: w.seen, Images: map[string][]int{
		"explainability/cos_sim_matrix": {0, 10, 20}, "explainability/loss_landscape": {0, 20},
	}, Histograms: map[string]histogram{}}
	res, err := solver.Losses(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	e.Scalars["loss"] = append(e.Scalars["loss"], [2]any{steps, (res[0] + res[1]) / 2})
	e.Scalars["loss/pde"] = append(e.Scalars["loss/pde"], [2]any{steps, res[0]})
	e.Scalars["loss/ends"] = append(e.Scalars["loss/ends"], [2]any{steps, res[1]})
	last := stats.Result().Values[2]
	for i := range 2 {
		e.Histograms[fmt.Sprintf("explainability/residual/constraint_%d/histogram", i)] = histogram{[]int{0, 10, 20}, last.Edges[i], last.Counts[i]}
	}
	for i, c := range cs {
		name := []string{"gradient_norms", "cos_similarity", "gradient_alignment", "residual_stats", "input_sensitivity", "ntk_spectrum", "ntk_spectrum-2", "hessian_spectrum", "loss_landscape"}[i]
		e.Arrays[name] = map[string]array{}
		for _, a := range c.(interface{ Arrays() []trackers.Array }).Arrays() {
			out := array{Shape: a.Shape, Data: []any{}, Kind: "<f8"}
			switch d := a.Data.(type) {
			case []int64:
				out.Kind = "<i8"
				for _, v := range d {
					out.Data = append(out.Data, v)
				}
			case []float64:
				for _, v := range d {
					out.Data = append(out.Data, orNull(v))
				}
			}
			e.Arrays[name][a.Name] = out
		}
	}
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "expected.json"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	return e
}

// NumPy reads every array, and finds in both files of losses the same numbers.
func TestNumPyReadsArrays(t *testing.T) {
	python(t, "numpy")
	dir := t.TempDir()
	recordAll(t, dir)
	script(t, "numpy", "arrays.py", dir)
}

// TensorBoard's own reader finds every scalar at every step once, although the run was taken up again, and every image and
// histogram.
func TestTensorBoardReadsEvents(t *testing.T) {
	python(t, "tensorboard.backend.event_processing.event_accumulator")
	dir := t.TempDir()
	e := recordAll(t, dir)
	if len(e.Scalars) < 25 {
		t.Errorf("only %d scalars", len(e.Scalars))
	}
	script(t, "tensorboard.backend.event_processing.event_accumulator", "board.py", dir)
}

// The client of Weights & Biases reads the run, and uploads it to a server on loopback that has every key afterwards.
func TestWandBReadsRun(t *testing.T) {
	python(t, "wandb")
	dir := t.TempDir()
	recordAll(t, dir)
	runs, err := filepath.Glob(filepath.Join(dir, "wandb", "offline-run-*"))
	if err != nil || len(runs) != 1 || !strings.Contains(runs[0], "offline-run-") {
		t.Fatalf("runs %v (%v)", runs, err)
	}
	script(t, "wandb", "dashboard.py", dir, runs[0])
}

// TensorBoard's reader and the client of Weights & Biases find at least 20 images of each key of a fast run, none further apart than a tenth
// of it, and the same scalars: what everybody looks at first among them.
func TestReadsSpacedImages(t *testing.T) {
	python(t, "tensorboard.backend.event_processing.event_accumulator")
	python(t, "wandb")
	const steps = 1200
	dir := t.TempDir()
	solver, u, x, inside := poisson(nil)
	defer solver.Close() //nolint:errcheck
	w, tb := &callbacks.WandB{Dir: dir}, &callbacks.TensorBoard{Dir: filepath.Join(dir, "tensorboard")}
	solveFor(t, solver, steps,
		&callbacks.GradientNorms{Interval: 10}, &callbacks.CosSimilarity{Interval: 4}, &callbacks.GradientAlignment{Interval: 10},
		&callbacks.ResidualStats{Interval: 5}, &callbacks.InputSensitivity{Expr: u.D(x), On: inside, Interval: 10},
		&callbacks.HessianSpectrum{K: 2, Iters: 4, Interval: 60}, &callbacks.LossLandscape{Grid: 3, Interval: 60},
		&callbacks.Solution{Name: "u", Expr: u, On: inside, Exact: ph.Sin(x.Scale(math.Pi))},
		w, tb,
	)
	if w.Skipped() == 0 || tb.Skipped() == 0 {
		t.Errorf("nothing was left out: %d and %d", w.Skipped(), tb.Skipped())
	}
	script(t, "wandb", "spacing.py", tb.Dir, w.RunDir(), fmt.Sprint(steps), "loss", "learning_rate", "steps_per_second", "residual_p99/pde",
		"residual_p99/ends", "error/u/rel_l2", "explainability/gradient_norm/constraint_1", "explainability/gradient_norm/ends", "explainability/cos_sim/pde_ends")
}
