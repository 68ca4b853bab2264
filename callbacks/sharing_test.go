package callbacks_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// withRecorders is a solver of −k u″ = π² sin(πx), k unknown, with recorders in its options.
func withRecorders(t *testing.T, recorders ...crux.Recorder) *crux.Solver {
	t.Helper()
	x := ph.NewCoord("x")
	line := domain.NewInterval(x, 0, 1)
	u, k := ph.NewField("u", net.MLP{Hidden: []int{6}}, x), ph.NewParam("k", 0.5)
	s, err := crux.New(crux.Problem{Name: "inverse", Constraints: []crux.Constraint{
		{Name: "pde", Residual: u.D(x, x).Mul(k).Add(ph.Sin(x)), On: line.Interior(20)},
		{Name: "ends", Residual: u, On: line.Boundary(2)},
	}}, crux.Options{Method: &optim.Adam{LR: optim.Constant(1e-2)}, Recorders: recorders})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func solveFor(t *testing.T, s *crux.Solver, steps int, cs ...crux.Callback) {
	t.Helper()
	if _, err := s.Solve(context.Background(), steps, cs...); err != nil {
		t.Fatal(err)
	}
}

// rows are the steps that the log of a W&B run has, by the images of a callback that fires at every step.
func rows(t *testing.T, run string) []int {
	t.Helper()
	return pictures(t, run)["explainability/cos_sim_matrix"]
}

// One WandB in the options of two solvers makes two runs, each with its own steps, and never mixes them: the first cannot go on in the
// second one's, nor can a solver record where another is just recording.
func TestWandBOfTwoSolvers(t *testing.T) {
	w := &callbacks.WandB{Dir: t.TempDir()}
	a, b := withRecorders(t, w), withRecorders(t, w)
	cosA, cosB := &callbacks.CosSimilarity{Interval: 1}, &callbacks.CosSimilarity{Interval: 1}
	solveFor(t, a, 3, cosA)
	first := w.RunDir()
	during := callbacks.OnStep(func(ctx context.Context, s *crux.Step) error {
		if s.Epoch == 4 {
			if res, err := b.Solve(ctx, 2, cosB); err == nil || !strings.Contains(err.Error(), "has not ended; give each solver a sink of its own") || res.Steps != 0 {
				t.Errorf("while another solver records: %v", err)
			}
		}
		return nil
	})
	solveFor(t, a, 3, cosA, during)
	if w.RunDir() != first {
		t.Errorf("the run went on in %s instead of %s", w.RunDir(), first)
	}
	solveFor(t, b, 2, cosB)
	second := w.RunDir()
	if first == second || !slices.Equal(rows(t, first), []int{0, 1, 2, 3, 4, 5}) || !slices.Equal(rows(t, second), []int{0, 1}) {
		t.Errorf("%s has steps %v, %s has %v", first, rows(t, first), second, rows(t, second))
	}
	if res, err := a.Solve(context.Background(), 1, cosA); err == nil || !strings.Contains(err.Error(), "has recorded the run of another solver since") || res.Steps != 0 {
		t.Errorf("back with the first solver: %v", err)
	}
}

// Two of them in one folder keep their runs apart, in whatever order the solvers go on.
func TestWandBsInOneFolder(t *testing.T) {
	dir := t.TempDir()
	wa, wb := &callbacks.WandB{Dir: dir}, &callbacks.WandB{Dir: dir}
	a, b := withRecorders(t, wa), withRecorders(t, wb)
	cosA, cosB := &callbacks.CosSimilarity{Interval: 1}, &callbacks.CosSimilarity{Interval: 1}
	for range 2 {
		solveFor(t, a, 2, cosA)
		solveFor(t, b, 1, cosB)
	}
	if got, want := rows(t, wa.RunDir()), []int{0, 1, 2, 3}; !slices.Equal(got, want) {
		t.Errorf("steps %v, want %v", got, want)
	}
	if got, want := rows(t, wb.RunDir()), []int{0, 1}; !slices.Equal(got, want) {
		t.Errorf("steps %v, want %v", got, want)
	}
}

// The files of the other sinks are started over by a second solver, as by a new sink; the first one cannot go on in them, which is an error
// that says what to do, before any file is touched.
func TestFilesOfTwoSolvers(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]crux.Recorder{
		"jsonl": &callbacks.JSONL{Path: filepath.Join(dir, "m.jsonl")}, "csv": &callbacks.CSV{Path: filepath.Join(dir, "h.csv")},
		"arrays": &callbacks.Arrays{Dir: filepath.Join(dir, "trackers")}, "board": &callbacks.TensorBoard{Dir: filepath.Join(dir, "board")},
	} {
		a, b := withRecorders(t, c), withRecorders(t, c)
		normsA, normsB := &callbacks.GradientNorms{Interval: 1}, &callbacks.GradientNorms{Interval: 1}
		solveFor(t, a, 3, normsA)
		solveFor(t, b, 2, normsB)
		before := contents(t, dir)
		if res, err := a.Solve(context.Background(), 2, normsA); err == nil || !strings.Contains(err.Error(), "give each solver a sink of its own") || res.Steps != 0 {
			t.Errorf("%s, back with the first solver: %v", name, err)
		}
		if after := contents(t, dir); before != after {
			t.Errorf("%s: the refused solver changed the files\n%s\nto\n%s", name, before, after)
		}
		solveFor(t, b, 1, normsB) // which goes on
	}
	if l := lines(t, filepath.Join(dir, "m.jsonl")); len(l) != 4 || l[3]["epoch"] != 3.0 {
		t.Errorf("%d lines, the last %v", len(l), l[len(l)-1])
	}
}

// contents are the names and bytes of all files in a folder.
func contents(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		b.WriteString(path + "\n" + string(raw) + "\n")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
