package file_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/crux/file"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/files/ckpt"
	"github.com/crux-pinn/crux/internal/report"
	"github.com/crux-pinn/crux/internal/schema"
)

const decay = `problem: decay
coords: {t: [0, 2]}
fields: {y: {net: mlp, hidden: [10]}}
params: {k: {init: 0.5}}
constraints:
  ode: {residual: y_t + k*y, points: 40}
  start: {residual: y = 1, on: initial, points: 1}
  middle: {residual: y = exp(-1), on: {t: 1}, points: 1}
optimizer: [{lm: {}, steps: 60}]
seed: 1
`

// run writes the problem file and a run directory with checkpoints and parameters, as crux solve does, and returns what the solver knows.
func run(t *testing.T) (dir string, k float64, at func(x float64) float64) {
	t.Helper()
	dir = t.TempDir()
	path := filepath.Join(dir, "problem.yaml")
	if err := os.WriteFile(path, []byte(decay), 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := file.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() }) //nolint:errcheck
	if _, err := s.Solve(t.Context(), p.Steps, p.Callbacks(filepath.Join(dir, "checkpoints"))...); err != nil {
		t.Fatal(err)
	}
	if err := ckpt.Save(filepath.Join(dir, "parameters.safetensors"), s.Parameters(), ckpt.Origin{Epoch: s.Epoch()}); err != nil {
		t.Fatal(err)
	}
	y, err := p.Expr("y_t")
	if err != nil {
		t.Fatal(err)
	}
	return dir, s.Value(p.Params[0]), func(x float64) float64 {
		v, err := s.Eval(y, domain.At(p.Coords, []float64{x}))
		if err != nil {
			t.Fatal(err)
		}
		return v.At(0, 0)
	}
}

// A run is opened by its parameters, by its checkpoint alone, and by its parameters where no checkpoint can be read.
func TestOpen(t *testing.T) {
	dir, k, at := run(t)
	check := func(warnings int) {
		t.Helper()
		o, err := file.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		f, err := o.Function("y_t")
		if err != nil {
			t.Fatal(err)
		}
		v, err := f.Eval(nil, []float64{0.3, 1.7})
		if err != nil {
			t.Fatal(err)
		}
		if v[0] != at(0.3) || v[1] != at(1.7) || o.Value(o.Params[0]) != k || len(o.Warnings) != warnings {
			t.Errorf("%v, k %v, %q; want %v %v, k %v", v, o.Value(o.Params[0]), o.Warnings, at(0.3), at(1.7), k)
		}
		if len(o.Fields) != 1 || o.Fields[0] != "y" {
			t.Errorf("fields %v", o.Fields)
		}
	}
	check(0)
	parameters := filepath.Join(dir, "parameters.safetensors")
	b, err := os.ReadFile(parameters)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(parameters); err != nil {
		t.Fatal(err)
	}
	check(0)
	files, err := filepath.Glob(filepath.Join(dir, "checkpoints", "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		if err := os.WriteFile(f, []byte("damaged"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := file.Open(dir); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("only damaged checkpoints: %v", err)
	}
	if err := os.WriteFile(parameters, b, 0o644); err != nil {
		t.Fatal(err)
	}
	check(1)
	result := &report.Report{Schema: schema.Version}
	result.Files.Add("parameters.safetensors", "0")
	if b, err = report.Sealed(result); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, report.Name), b, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := file.Open(dir); err == nil || !strings.Contains(err.Error(), "another SHA-256") {
		t.Errorf("parameters that are not those of the result: %v", err)
	}
}

// Options may be changed before New, and mistakes have their places.
func TestLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "decay.yaml")
	if err := os.WriteFile(path, []byte(decay), 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := file.Load(path, "seed=7")
	if err != nil {
		t.Fatal(err)
	}
	if p.Options.Seed != 7 || p.Steps != 60 || len(p.Problem.Constraints) == 0 {
		t.Errorf("seed %d, %d steps, %d constraints", p.Options.Seed, p.Steps, len(p.Problem.Constraints))
	}
	first := func(seed uint64) float64 {
		p.Options.Seed = seed
		s, err := p.New()
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close() //nolint:errcheck
		for _, q := range s.Parameters() {
			if q.Path == "y/layer0/weight" {
				return q.Data[0]
			}
		}
		return 0
	}
	if first(1) == first(2) {
		t.Error("the seed of Options has no effect")
	}
	if _, err := p.Expr("y_x"); err == nil {
		t.Error("y_x is accepted")
	}
	if _, err := file.Load(path, "steps=many"); err == nil || !strings.Contains(err.Error(), "steps") {
		t.Errorf("%v", err)
	}
}

func Example() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "problem.yaml")
	if err := os.WriteFile(path, []byte(decay), 0o644); err != nil {
		log.Fatal(err)
	}
	p, err := file.Load(path)
	if err != nil {
		log.Fatal(err)
	}
	s, err := p.New()
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Solve(context.Background(), p.Steps, p.Callbacks(filepath.Join(dir, "checkpoints"))...); err != nil {
		log.Fatal(err)
	}

	solution, err := file.Open(dir) // as after crux solve, perhaps tomorrow and in another program
	if err != nil {
		log.Fatal(err)
	}
	y, err := solution.Function("y")
	if err != nil {
		log.Fatal(err)
	}
	values, err := y.Eval(nil, []float64{0, 1, 2})
	if err != nil {
		log.Fatal(err)
	}
	for i, v := range values {
		fmt.Printf("y(%d) = %.4f, exact %.4f\n", i, v, math.Exp(-float64(i)))
	}
	fmt.Printf("k = %.4f\n", solution.Value(solution.Params[0]))
	// Output:
	// y(0) = 1.0000, exact 1.0000
	// y(1) = 0.3679, exact 0.3679
	// y(2) = 0.1353, exact 0.1353
	// k = 1.0000
}
