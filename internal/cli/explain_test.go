package cli

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/problemfile"
)

// explained is what --json prints.
type explained struct {
	Problem  string
	Step     int
	Trackers []struct {
		Name, Title string
		Findings    []struct{ Level, Text string }
		Series      []struct {
			Name   string
			Steps  []int
			Values []*float64
		}
	}
	Failed []string
}

func explainJSON(t *testing.T, args ...string) (e explained) {
	t.Helper()
	if err := json.Unmarshal([]byte(quietly(t, append([]string{"explain", "--json"}, args...)...)), &e); err != nil {
		t.Fatal(err)
	}
	return e
}

func (e explained) names() []string {
	var list []string
	for _, k := range e.Trackers {
		list = append(list, k.Name)
	}
	return list
}

// contents are the files of a folder with what they hold.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	m := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		m[path] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A run that was trained without trackers is explained by all trackers, as it is now.
func TestExplainWithoutTrackers(t *testing.T) {
	folder(t)
	quietly(t, "solve", "tiny.yaml", "--quiet", "--out", "run")
	before := contents(t, "run")
	e := explainJSON(t, "run")
	if e.Problem != "tiny" || e.Step != 10 || !reflect.DeepEqual(e.names(), problemfile.TrackerNames()) || len(e.Failed) > 0 {
		t.Errorf("%+v", e)
	}
	for _, k := range e.Trackers {
		if len(k.Findings) == 0 || k.Title == "" || len(k.Series) == 0 {
			t.Errorf("%+v", k)
		}
		for _, s := range k.Series {
			if len(s.Steps) != 1 || s.Steps[0] != 10 || len(s.Values) != 1 {
				t.Errorf("%s: %+v", k.Name, s)
			}
		}
	}
	text := quietly(t, "explain", "run", "--tracker", "residual_stats", "--tracker", "gradient_norms")
	if !strings.HasPrefix(text, "tiny at step 10\n\nresiduals, step 10\n") || !strings.Contains(text, "\n\ngradient norms, step 10\n") || strings.Contains(text, "Hessian") {
		t.Errorf("%s", text)
	}
	if !reflect.DeepEqual(contents(t, "run"), before) {
		t.Error("explain changed the run")
	}
	// without checkpoints the parameters are all there is
	quietly(t, "solve", "tiny.yaml", "--quiet", "--out", "bare", "--set", "checkpoint=none")
	bare := explainJSON(t, "bare")
	for i := range bare.Trackers { // which method was at work is not known, so advice may differ
		bare.Trackers[i].Findings, e.Trackers[i].Findings = nil, nil
	}
	if bare.Step != 10 || !reflect.DeepEqual(bare.Trackers, e.Trackers) {
		t.Errorf("from the parameters alone: %+v", bare)
	}
}

// Trackers of the run report their history, at any time of the run, and warn in its report.
func TestExplainHistory(t *testing.T) {
	watched(t)
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(&Interrupt{"interrupted", exitInterrupted})
	if r := callIn(t, ctx, "explain", "."); r.code != exitUsage {
		t.Errorf("%+v", r)
	}
	report := quietly(t, "solve", "watched.yaml", "--quiet", "--steps", "20", "--out", "run", "--set", "early_stopping=")
	if !strings.Contains(report, "\nwhat the trackers found\n  ! ") || !strings.Contains(report, "\n  ! neural tangent kernel of u, step 11: spectral bias: ") || !strings.Contains(report, "crux explain run\n") {
		t.Errorf("%s", report)
	}
	e := explainJSON(t, "run")
	at := map[string]int{"gradient_norms": 8, "cos_similarity": 6, "gradient_alignment": 6, "residual_stats": 5, "input_sensitivity": 4, "ntk_spectrum": 3, "hessian_spectrum": 3, "loss_landscape": 3}
	if len(e.Trackers) != len(problemfile.TrackerNames()) || e.Step != 20 {
		t.Errorf("%+v", e)
	}
	for _, k := range e.Trackers {
		if n := len(k.Series[0].Steps); n != max(1, at[k.Name]) || k.Series[0].Steps[n-1] != 20 {
			t.Errorf("%s: measured at %v", k.Name, k.Series[0].Steps)
		}
	}
	// what a killed run has left
	for _, f := range []string{parametersFile, resultFile, solutionFile} {
		if err := os.Remove(filepath.Join("run", f)); err != nil {
			t.Fatal(err)
		}
	}
	if k := explainJSON(t, "run"); !reflect.DeepEqual(k, e) {
		t.Error("another explanation from the checkpoint alone")
	}
	if out := quietly(t, "eval", "run", "--at", "x=0.5,y=0.5"); strings.Count(out, "\n") != 2 {
		t.Errorf("eval from the checkpoint alone: %s", out)
	}
	if err := os.RemoveAll(filepath.Join("run", checkpointFolder)); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"explain run":               "neither parameters.safetensors nor a checkpoint",
		"eval run":                  "neither parameters.safetensors nor a checkpoint",
		"explain none":              "not a directory",
		"explain run --tracker ntk": "there are gradient_norms, cos_similarity",
	} {
		if r := call(t, strings.Fields(args)...); r.code != exitUsage || !strings.Contains(r.err, want) {
			t.Errorf("%s: %+v", args, r)
		}
	}
}

// Weights that read kernels of all constraints do not stand in the way, and those kernels are explained.
func TestExplainKernelWeights(t *testing.T) {
	watched(t)
	quietly(t, "solve", "watched.yaml", "--quiet", "--steps", "9", "--out", "run", "--set", "weights={ntk: {points: 12, interval: 4}}", "--set", "trackers=")
	e := explainJSON(t, "run", "--tracker", "ntk_spectrum", "--tracker", "hessian_spectrum")
	if !reflect.DeepEqual(e.names(), []string{"ntk_spectrum.pde", "ntk_spectrum.bc", "hessian_spectrum"}) || len(e.Trackers[0].Series[0].Steps) != 4 {
		t.Errorf("%+v", e)
	}
}

// A tracker whose defaults do not suit the problem is named; asked for by name, it is an error.
func TestExplainUnmeasurable(t *testing.T) {
	folder(t)
	// the points of the first constraint have no x, on which the first field depends
	for name, text := range map[string]string{"k.csv": "t,k\n0,1\n0.5,1.2\n1,1.1\n", "two.yaml": `
problem: two
coords: {t: [0, 1], x: [0, 1]}
fields: {u: {hidden: [4]}, k: {hidden: [3], of: [t]}}
constraints:
  data: {residual: k - k_data, on: {file: k.csv, of: [t]}}
  pde: {residual: u_t - k*u_xx, points: 20}
optimizer: {adam: {}, steps: 3}
`} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if r := call(t, "solve", "two.yaml", "--quiet", "--out", "run"); r.code != exitOK {
		t.Fatalf("%+v", r)
	}
	e := explainJSON(t, "run")
	if len(e.Trackers) != len(problemfile.TrackerNames())-2 || len(e.Failed) != 2 || !strings.HasPrefix(e.Failed[0], "input_sensitivity: ") || !strings.Contains(e.Failed[1], "ntk_spectrum: ") {
		t.Errorf("%+v", e)
	}
	if text := quietly(t, "explain", "run"); strings.Count(text, "\nnot measured: ") != 2 {
		t.Errorf("%s", text)
	}
	if r := call(t, "explain", "run", "--tracker", "ntk_spectrum"); r.code != exitUsage || !strings.Contains(r.err, "trackers.ntk_spectrum") {
		t.Errorf("%+v", r)
	}
}
