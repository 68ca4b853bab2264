package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/crux-pinn/crux/internal/problemfile"
	"github.com/crux-pinn/crux/optim"
)

func TestBench(t *testing.T) {
	folder(t)
	for _, set := range []string{"precision=float64", "precision=float32"} {
		r := call(t, "bench", "tiny.yaml", "--json", "--seconds", "0.01", "--workers", "2", "--set", set)
		if r.code != exitOK || r.err != "" {
			t.Fatalf("exit %d, stderr %q", r.code, r.err)
		}
		var b struct {
			Precision                              string
			Workers, Points, Steps                 int
			Seconds, Gradient, Gflops, Evaluations float64
			Peak                                   float64 `json:"peak_gflops"`
			Bytes                                  int     `json:"worker_bytes"`
			Rate                                   float64 `json:"points_per_second"`
			Share                                  float64
			Parts                                  map[string]float64
		}
		if err := json.Unmarshal([]byte(r.out), &b); err != nil {
			t.Fatal(err)
		}
		if want := strings.TrimPrefix(set, "precision="); b.Precision != want || b.Workers != 2 || b.Points != 9 {
			t.Errorf("%+v, want %s, 2 workers, 9 points", b, want)
		}
		var sum float64
		for _, part := range []string{"forward", "reverse", "update", "callbacks"} {
			v, ok := b.Parts[part]
			if sum += v; !ok {
				t.Errorf("no part %s in %s", part, r.out)
			}
		}
		if math.Abs(sum-b.Seconds) > 1e-9*b.Seconds {
			t.Errorf("parts sum to %v of %v seconds", sum, b.Seconds)
		}
		if b.Steps < 1 || b.Evaluations < 1 || b.Gradient <= 0 || b.Gflops <= 0 || b.Peak <= 0 || b.Bytes <= 0 || b.Rate <= 0 {
			t.Errorf("nothing measured: %s", r.out)
		}
		if math.Abs(b.Share-b.Gflops/b.Peak) > 1e-9 {
			t.Errorf("share %v of %v / %v", b.Share, b.Gflops, b.Peak)
		}
	}
}

func TestBenchText(t *testing.T) {
	folder(t)
	r := call(t, "bench", "tiny.yaml", "--seconds", "0.01")
	if r.code != exitOK {
		t.Fatalf("exit %d, stderr %q", r.code, r.err)
	}
	for _, want := range []string{"tiny: 9 points, float64", "forward ", "reverse ", "update ", "callbacks ", "step ", "of the measured peak", "KiB for each worker"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("no %q in\n%s", want, r.out)
		}
	}
}

func TestBenchMistakes(t *testing.T) {
	folder(t)
	for _, args := range [][]string{{"bench"}, {"bench", "none.yaml"}, {"bench", "tiny.yaml", "--seconds", "0"}, {"bench", "tiny.yaml", "--seconds", "NaN"}} {
		if r := call(t, args...); r.code != exitUsage {
			t.Errorf("%v: exit %d, want %d", args, r.code, exitUsage)
		}
	}
	// one step has no successor to measure up to
	if r := call(t, "bench", "tiny.yaml", "--steps", "1"); r.code != exitUsage {
		t.Errorf("bench takes no --steps: exit %d", r.code)
	}
}

// quadratic is ½‖θ‖² on a clock that moves one second at every look.
type quadratic struct{ now func() time.Time }

func (q quadratic) Loss(context.Context, []float64) (float64, error) { q.now(); return 0, nil }

func (q quadratic) Grad(_ context.Context, grad, theta []float64) (float64, error) {
	q.now()
	copy(grad, theta)
	return 0, nil
}

// What a method spends is its step less its evaluations.
func TestTimedMethod(t *testing.T) {
	var ticks int
	now := func() time.Time { ticks++; return time.Unix(int64(ticks), 0) }
	m := &timedMethod{Method: &optim.Adam{}, now: now}
	if err := m.Init(optim.Flat(2)); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Step(t.Context(), optim.Objective{Loss: quadratic{now}.Loss, Grad: quadratic{now}.Grad}, []float64{1, 2}); err != nil {
		t.Fatal(err)
	}
	// looks: begin 1, evaluation from 2 over 3 to 4, end 5
	if m.own != 2*time.Second {
		t.Errorf("own time %v, want 2s of 4s", m.own)
	}
}

// Weights that read a tracker need it in the measured steps too, and what the problem watches is part of them.
func TestBenchWatched(t *testing.T) {
	watched(t)
	r := call(t, "bench", "watched.yaml", "--seconds", "0.05", "--json")
	if r.code != exitOK || !strings.Contains(r.out, `"callbacks"`) {
		t.Errorf("%+v", r)
	}
}

// Every method that a file can name is measured with all that it can ask of a problem, alone, in groups and beside an average.
func TestBenchMethods(t *testing.T) {
	folder(t)
	for _, m := range append(problemfile.Methods(), "lm: {rows: 5}", "ssbroyden: {memory: 4}") {
		name, settings, _ := strings.Cut(m, ": ")
		m = name + ": " + cmp.Or(settings, "{}")
		for _, set := range []string{"{" + m + ", steps: 60}", "{" + m + ", freeze: ['*/layer0/**'], steps: 60}"} {
			r := call(t, "bench", "tiny.yaml", "--json", "--seconds", "0.002", "--set", "optimizer=["+set+"]")
			if r.code != exitOK || r.err != "" {
				t.Errorf("%s: exit %d, stderr %q", set, r.code, r.err)
				continue
			}
			var b struct {
				Seconds float64
				Parts   map[string]float64
			}
			if err := json.Unmarshal([]byte(r.out), &b); err != nil {
				t.Fatal(err)
			}
			_, jacobian := b.Parts["jacobian"]
			if squares := name == "lm"; b.Seconds <= 0 || jacobian != squares {
				t.Errorf("%s: %v seconds in %v", set, b.Seconds, b.Parts)
			}
		}
	}
}

// What is timed is all that the objective has: a method finds the samples that precondition it.
func TestTimedObjective(t *testing.T) {
	f := optim.Objective{}
	has := func(x reflect.Value) (names []string) {
		for i := range x.NumField() {
			if k := x.Field(i).Kind(); k == reflect.Func || k == reflect.Pointer {
				names = append(names, x.Type().Field(i).Name)
			}
		}
		return names
	}
	fill := func(v reflect.Value) {
		for i := range v.NumField() {
			if f := v.Field(i); f.Kind() == reflect.Func {
				f.Set(reflect.MakeFunc(f.Type(), func([]reflect.Value) []reflect.Value {
					out := make([]reflect.Value, f.Type().NumOut())
					for k := range out {
						out[k] = reflect.Zero(f.Type().Out(k))
					}
					return out
				}))
			}
		}
	}
	f.Squares = &optim.Squares{}
	fill(reflect.ValueOf(&f).Elem())
	fill(reflect.ValueOf(f.Squares).Elem())
	var evaluating, other time.Duration
	ticks := 0
	m := &timedMethod{now: func() time.Time { ticks++; return time.Unix(int64(ticks), 0) }}
	g := m.timed(f, &evaluating, &other)
	for _, v := range []reflect.Value{reflect.ValueOf(g), reflect.ValueOf(*g.Squares)} {
		for _, name := range has(v) {
			x := v.FieldByName(name)
			if x.IsNil() {
				t.Errorf("%s.%s is not there", v.Type(), name)
				continue
			}
			if x.Kind() != reflect.Func || name == "Rows" || name == "Work" {
				continue // they evaluate nothing
			}
			before := evaluating + other
			args := make([]reflect.Value, x.Type().NumIn())
			for k := range args {
				args[k] = reflect.Zero(x.Type().In(k))
			}
			x.Call(args)
			if evaluating+other == before {
				t.Errorf("%s.%s is not timed", v.Type(), name)
			}
		}
	}
}

// A method that asks for residuals and their derivatives finds them, and what they cost is a part of its own.
func TestBenchLeastSquares(t *testing.T) {
	folder(t)
	r := call(t, "bench", "tiny.yaml", "--json", "--seconds", "0.01", "--set", "optimizer=[{lm: {}, steps: 20}]")
	if r.code != exitOK || r.err != "" {
		t.Fatalf("exit %d, stderr %q", r.code, r.err)
	}
	var b struct {
		Seconds float64
		Parts   map[string]float64
	}
	if err := json.Unmarshal([]byte(r.out), &b); err != nil {
		t.Fatal(err)
	}
	var sum float64
	for _, v := range b.Parts {
		sum += v
	}
	if b.Parts["jacobian"] <= 0 || math.Abs(sum-b.Seconds) > 1e-9*b.Seconds {
		t.Errorf("parts %v of %v seconds", b.Parts, b.Seconds)
	}
}
