package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/problemfile"
)

// What a peer says is read as pairs of time and error, and the times that tables show follow from them.
func TestTrace(t *testing.T) {
	var tr trace
	err := json.Unmarshal([]byte(`{"startup": 2.5, "trace": [[0, 1], [0.5, 1e-3], [1.25, 2e-5], [2, 4e-4], [3, 1e300]], "steps": 7, "how": "Adam"}`), &tr)
	if err != nil {
		t.Fatal(err)
	}
	if b := tr.best(); b != (moment{1.25, 2e-5}) || tr.last() != (moment{3, 1e300}) || tr.Startup != 2.5 || tr.Steps != 7 {
		t.Errorf("%+v, best %v", tr, b)
	}
	for _, c := range []struct{ e, want float64 }{{1, 0}, {1e-3, 0.5}, {4e-4, 1.25}, {2e-5, 1.25}, {1e-5, math.Inf(1)}} {
		if got := tr.reaches(c.e); got != c.want {
			t.Errorf("%g is reached at %g, want %g", c.e, got, c.want)
		}
	}
	if err := json.Unmarshal([]byte(`{"trace": [[0, "nan"]]}`), &tr); err == nil {
		t.Error("no error for an error that is no number")
	}
}

// Every problem that is raced ships, with the points and the network that the peers are given.
func TestRaces(t *testing.T) {
	for _, r := range races {
		p, err := problemfile.Load(filepath.Join("../../../testdata/problems", r.file+".yaml"), nil)
		if err != nil {
			t.Fatal(err)
		}
		s, err := p.New()
		if err != nil {
			t.Fatal(err)
		}
		hidden := hiddenOf(s)
		parameters, in := 0, 2
		for _, h := range append(hidden, 1) {
			parameters, in = parameters+in*h+h, h
		}
		if len(s.Theta()) != parameters || len(p.Crux.Constraints) != 1 {
			t.Errorf("%s: %d parameters and %d constraints, where the peers have %d and 1", r.file, len(s.Theta()), len(p.Crux.Constraints), parameters)
		}
		if moving := len(p.Resamplers) > 0; moving != r.moving {
			t.Errorf("%s: points move: %v, where those of the peers do: %v", r.file, moving, r.moving)
		}
		s.Close() //nolint:errcheck // it only ends workers
	}
	for _, v := range rivals {
		if _, err := os.Stat(filepath.Join("../../../testdata/peers", v.script)); err != nil {
			t.Error(err)
		}
	}
}

// The trace of a file ends with the error that the solver has, its times only grow, and what the peers read is there.
func TestSolveFile(t *testing.T) {
	dir := t.TempDir()
	tr, err := solveFile("../../../testdata/problems/poisson2d_hard.yaml", []string{"optimizer=[{adam: {lr: 5e-3}, steps: 30}, {lm: {}, steps: 20}]"}, dir, 300)
	if err != nil {
		t.Fatal(err)
	}
	if tr.Steps != 50 || tr.Points != 1024 || tr.Parameters != 921 || len(tr.Trace) < 2 {
		t.Errorf("%+v", tr)
	}
	for i, m := range tr.Trace {
		if i > 0 && m.seconds < tr.Trace[i-1].seconds {
			t.Errorf("moment %d is before the one before it", i)
		}
	}
	// the first error is that of the network as it was drawn: of order one. The second method halves it at least at every step.
	if first, last := tr.Trace[0].err, tr.last().err; !(first > 0.3 && last < 1e-5) {
		t.Errorf("the error went from %g to %g", first, last)
	}
	for name, n := range map[string]int64{"x": 2 * 101 * 101, "ref": 101 * 101, "points": 2 * 1024, "more": 2 * 300} {
		if f, err := os.Stat(filepath.Join(dir, name)); err != nil || f.Size() != 8*n {
			t.Errorf("%s: %v, want %d numbers", name, err, n)
		}
	}
	if _, err := solveFile("../../../testdata/problems/inverse_field.yaml", nil, dir, 0); err == nil {
		t.Error("no error for a file with two fields")
	}
}

func TestWriteRaces(t *testing.T) {
	o := &outcome{
		race: races[0],
		ours: &trace{Startup: 0.01, Trace: []moment{{0, 1}, {0.5, 1e-3}, {1, 1e-6}}, Steps: 9, How: "file: A|B", Ended: "all steps"},
		theirs: []*trace{
			{peer: "DeepXDE, 4000 points", target: 10, Startup: 5, Trace: []moment{{0, 1}, {6, 9e-4}, {7, 2e-3}}, How: "Adam"},
			{peer: "JAX + SSBroyden", target: 3, Startup: 2, Trace: []moment{{1, 1e-8}}},
		},
	}
	var b strings.Builder
	writeRaces(&b, []*outcome{o})
	for _, want := range []string{
		"| poisson2d | DeepXDE, 4000 points | 20 s | 9.0e-04 | 6.00 s | 1.00 s | 6.0 | ≥ 10 | 10.9 | 5.0 s | 0.01 s |",
		"| poisson2d | JAX + SSBroyden | 20 s | 1.0e-08 | 1.00 s | – | crux did not | ≥ 3 |",
		"| poisson2d | 1.0e-06 | 1.00 s | 9 | file: A/B; ended: all steps |",
		"\n| poisson2d | crux | DeepXDE, 4000 points | JAX + SSBroyden |\n|---|---|---|---|\n",
		"| 1e-03 | 0.50 s | 6.00 s | 1.00 s |\n", "| 1e-08 | – | – | 1.00 s |\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
}
