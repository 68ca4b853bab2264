package callbacks_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	ph "github.com/crux-pinn/crux/placeholder"
)

// spread checks that images lie over a whole run: at least 20, none further than a tenth of the run from the next, or from an end.
func spread(t *testing.T, what string, steps []int, end int) {
	t.Helper()
	if len(steps) < 20 {
		t.Errorf("%s: only %d images, %v", what, len(steps), steps)
	}
	before := 0
	for _, s := range append(slices.Clone(steps), end) {
		if s-before > end/10 {
			t.Errorf("%s: no image between the steps %d and %d of %d", what, before, s, end)
		}
		before = s
	}
}

// fast is a small problem with trackers that fire far more often than anyone can look, W&B and TensorBoard.
type fast struct {
	solver *crux.Solver
	cs     []crux.Callback
	wandb  *callbacks.WandB
	board  *callbacks.TensorBoard
}

func newFast(t *testing.T, dir string, all bool) *fast {
	t.Helper()
	solver, u, _, inside := poisson(nil)
	t.Cleanup(func() { solver.Close() })
	f := &fast{solver, nil, &callbacks.WandB{Dir: dir, AllImages: all}, &callbacks.TensorBoard{Dir: filepath.Join(dir, "board"), AllImages: all}}
	f.cs = []crux.Callback{
		f.wandb, f.board, // before the trackers, which must make no difference
		&callbacks.CosSimilarity{Interval: 2}, &callbacks.ResidualStats{Interval: 4, Bins: 5},
		&callbacks.NTKSpectrum{Grad: ph.ParamGrad(u, nil), On: inside, Points: 4, TopK: 2, Interval: 4},
		&callbacks.LossLandscape{Grid: 2, Interval: 50},
	}
	return f
}

// The images of a fast run lie evenly over it, however fast it is, wherever it ends and whether it was broken off or not, and are the
// same in W&B and TensorBoard. Histograms, which cost nothing, are all there.
func TestImagesAreSpreadOverTheRun(t *testing.T) {
	const steps = 1000
	dir := t.TempDir()
	whole := newFast(t, dir, false)
	if _, err := whole.solver.Solve(context.Background(), steps, whole.cs...); err != nil {
		t.Fatal(err)
	}
	_, images, histograms := board(t, whole.board.Dir)
	shown := pictures(t, whole.wandb.RunDir())
	cos := stepsOf(images["explainability/cos_sim_matrix"])
	spread(t, "cosines", cos, steps)
	spread(t, "landscape", stepsOf(images["explainability/loss_landscape"]), steps)
	spread(t, "residuals", shown["explainability/residual/constraint_1/histogram"], steps)
	if got := shown["explainability/cos_sim_matrix"]; !slices.Equal(got, cos) || cos[len(cos)-1] != 998 {
		t.Errorf("W&B has cosines at %v, TensorBoard at %v", got, cos)
	}
	for tag, n := range map[string]int{"residual/constraint_0/histogram": 250, "residual/ends/histogram": 250, "ntk/spectrum_hist": 250} {
		if got := len(histograms["explainability/"+tag]); got != n {
			t.Errorf("%d of %d histograms %s", got, n, tag)
		}
	}
	residuals := len(shown["explainability/residual/constraint_0/histogram"])
	if got, want := whole.wandb.Skipped(), 500-len(cos)+2*(250-residuals); got != want || got == 0 {
		t.Errorf("W&B left %d images out, want %d", got, want)
	}
	if got, want := whole.board.Skipped(), 500-len(cos); got != want {
		t.Errorf("TensorBoard left %d images out, want %d", got, want)
	}

	// all of them on request
	every := newFast(t, t.TempDir(), true)
	if _, err := every.solver.Solve(context.Background(), 300, every.cs...); err != nil {
		t.Fatal(err)
	}
	_, images, _ = board(t, every.board.Dir)
	if n, m := len(images["explainability/cos_sim_matrix"]), len(pictures(t, every.wandb.RunDir())["explainability/residual/constraint_0/histogram"]); n != 150 || m != 75 {
		t.Errorf("%d of 150 cosines, %d of 75 residuals", n, m)
	}
	if every.wandb.Skipped() != 0 || every.board.Skipped() != 0 {
		t.Errorf("left out: %d and %d", every.wandb.Skipped(), every.board.Skipped())
	}

	// a run that is planned to be long, and ends soon
	early := newFast(t, t.TempDir(), false)
	stop := callbacks.OnStep(func(_ context.Context, s *crux.Step) error {
		if s.Epoch == 400 {
			return crux.Stop("enough")
		}
		return nil
	})
	if _, err := early.solver.Solve(context.Background(), 1_000_000, append(early.cs, stop)...); err != nil {
		t.Fatal(err)
	}
	_, images, _ = board(t, early.board.Dir)
	spread(t, "cosines of a run that ended early", stepsOf(images["explainability/cos_sim_matrix"]), 400)

	// a run that was broken off, and went on with new callbacks and the state of the trackers
	dir = t.TempDir()
	first, second := newFast(t, dir, false), newFast(t, dir, false)
	check := &callbacks.Checkpoint{Dir: filepath.Join(dir, "checkpoints"), Interval: 300}
	kill := errors.New("killed")
	dies := callbacks.OnStep(func(_ context.Context, s *crux.Step) error {
		if s.Epoch == 700 {
			return kill
		}
		return nil
	})
	if _, err := first.solver.Solve(context.Background(), steps, append(first.cs, check, dies)...); !errors.Is(err, kill) {
		t.Fatal(err)
	}
	saved, err := callbacks.Latest(check.Dir)
	if err != nil {
		t.Fatal(err)
	}
	cs := append(second.cs, &callbacks.Checkpoint{Dir: check.Dir, Interval: 300})
	if err := saved.Restore(second.solver, cs...); err != nil {
		t.Fatal(err)
	}
	if at := second.solver.Epoch(); at != 600 {
		t.Fatalf("resumed at %d", at)
	}
	if _, err := second.solver.Solve(context.Background(), steps-600, cs...); err != nil {
		t.Fatal(err)
	}
	if first.wandb.RunDir() != second.wandb.RunDir() {
		t.Errorf("two runs, %s and %s", first.wandb.RunDir(), second.wandb.RunDir())
	}
	// beside those of the whole run there are those taken twice, and the last ones of the part that was broken off
	got := pictures(t, second.wandb.RunDir())["explainability/cos_sim_matrix"]
	got = slices.Compact(got)
	if k := slices.Index(got, 700); !slices.Contains(cos, 700) && k >= 0 {
		got = slices.Delete(got, k, k+1)
	}
	if !slices.Equal(got, cos) {
		t.Errorf("after a break there are cosines at %v, without one at %v", got, cos)
	}
}

// Dashboards show what everybody looks at first, at the end too, and under the names of the constraints as well. A recorder of the
// options takes part in every Solve.
func TestBoardsShowVitalSigns(t *testing.T) {
	dir := t.TempDir()
	tb, wb := &callbacks.TensorBoard{Dir: filepath.Join(dir, "board")}, &callbacks.WandB{Dir: dir, Config: map[string]any{"parameters": "mine"}}
	stats := &callbacks.ResidualStats{Interval: 50}
	solver := withRecorders(t, tb, wb)
	for range 2 {
		if _, err := solver.Solve(context.Background(), 60, stats, &callbacks.GradientNorms{Interval: 50}); err != nil {
			t.Fatal(err)
		}
	}
	scalars, _, _ := board(t, tb.Dir)
	if got := stepsOf(scalars["learning_rate"]); !slices.Equal(got, []int{0, 50, 60, 100, 120}) || scalars["learning_rate"][0].value != float64(float32(1e-2)) {
		t.Errorf("learning rates %v", scalars["learning_rate"])
	}
	for k, e := range []int{0, 50, 100} {
		v := stats.Result().Values[k]
		for i, name := range []string{"pde", "ends"} {
			for _, tag := range []string{"residual_p99/" + name, "explainability/residual/" + name + "/p99", fmt.Sprintf("explainability/residual/constraint_%d/p99", i)} {
				at := slices.IndexFunc(scalars[tag], func(p point) bool { return p.step == e })
				if at < 0 || scalars[tag][at].value != float64(float32(v.P99[i])) {
					t.Errorf("%s is %v, want %v at step %d", tag, scalars[tag], v.P99[i], e)
				}
			}
		}
	}
	end := scalars["residual_p99/pde"][len(scalars["residual_p99/pde"])-1]
	final, err := solver.Residuals("pde")
	if err != nil {
		t.Fatal(err)
	}
	abs := final.RawMatrix().Data
	for i := range abs {
		abs[i] = math.Abs(abs[i])
	}
	slices.Sort(abs)
	if n := len(abs); end.step != 120 || end.value < float64(float32(abs[n-2])) || end.value > float64(float32(abs[n-1])) {
		t.Errorf("the last residual is %v; the two largest are %v", end, abs[n-2:])
	}
	if p := scalars["param/k"]; len(p) != 5 || p[0].value != 0.5 || p[4].value == 0.5 {
		t.Errorf("the unknown parameter is %v", p)
	}
	if r := scalars["steps_per_second"]; len(r) != 2 || !(r[0].value > 0) {
		t.Errorf("step rates %v", r)
	}
	if _, ok := scalars["explainability/gradient_norm/ends"]; !ok {
		t.Error("no gradient norm under the name of its constraint")
	}
	logs, err := filepath.Glob(filepath.Join(dir, "wandb", "*", "run-*.wandb"))
	if err != nil || len(logs) != 1 {
		t.Fatalf("logs %v (%v)", logs, err)
	}
	raw, err := os.ReadFile(logs[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"learning_rate", "residual_p99/ends", "param/k", "steps_per_second", "status", `"completed"`, `"ran all steps"`, `"mine"`, "Adam(learning rate"} {
		if !strings.Contains(string(raw), text) {
			t.Errorf("the log of W&B lacks %s", text)
		}
	}
}
