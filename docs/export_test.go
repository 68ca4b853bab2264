package docs_test

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/crux-pinn/crux/crux/file"
)

// slope opens a run and evaluates a derivative at some points.
func slope(dir string, points ...float64) ([]float64, error) {
	solution, err := file.Open(dir) // such as runs/heat-1
	if err != nil {
		return nil, err
	}
	dT, err := solution.Function("T_t") // any expression in the names of the file
	if err != nil {
		return nil, err
	}
	return dT.Eval(nil, points)
}

// The code of export.md: cooling from 80 to 20 degrees, whose slope is known.
func TestExportPage(t *testing.T) {
	dir := t.TempDir()
	text := "problem: heat\ncoords: {t: [0, 2]}\nfields: {T: {net: mlp}}\nconstraints: {law: {residual: T_t = 20 - T}, begin: {residual: T = 80, on: initial}}\n"
	if err := os.WriteFile(filepath.Join(dir, "problem.yaml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := file.Load(filepath.Join(dir, "problem.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.New()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck
	if _, err := s.Solve(t.Context(), 400, p.Callbacks(filepath.Join(dir, "checkpoints"))...); err != nil {
		t.Fatal(err)
	}
	v, err := slope(dir, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{-60, -60 / math.E} {
		if math.Abs(v[i]-want) > 1e-2 {
			t.Errorf("slope %v, want %v", v[i], want)
		}
	}
}
