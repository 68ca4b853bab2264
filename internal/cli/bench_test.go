package cli

import (
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

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
	if _, err := m.Step(t.Context(), quadratic{now}, []float64{1, 2}); err != nil {
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
