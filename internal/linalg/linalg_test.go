package linalg_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/internal/linalg"
)

func stream(k uint64) *rand.Rand { return rand.New(rand.NewPCG(k, 1)) }

// diagonal is the operator of a diagonal matrix, whose eigenvalues are known.
func diagonal(d []float64) linalg.Operator {
	return func(dst, v []float64) error {
		for i := range dst {
			dst[i] = d[i] * v[i]
		}
		return nil
	}
}

func descending(x []float64) []float64 {
	y := slices.Sorted(slices.Values(x))
	slices.Reverse(y)
	return y
}

func TestLanczosFindsAllEigenvalues(t *testing.T) {
	for _, c := range []struct {
		name string
		d    []float64
	}{
		{"simple", []float64{-3, 0.5, 1, 2, 7, 11}},
		{"rank one", []float64{10, 0, 0, 0, 0, 0, 0, 0}},
		{"zero matrix", []float64{0, 0, 0, 0}},
		{"identity", []float64{1, 1, 1}},
		{"repeated", []float64{5, 5, 5, -2, -2, 1, 1, 1}},
		{"one dimension", []float64{4}},
		{"tiny", []float64{3e-200, -1e-200, 2e-200}},
		{"huge", []float64{3e150, -1e150, 2e150}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := linalg.Lanczos{Iters: 50, Rand: stream(2)}.Run(context.Background(), len(c.d), diagonal(c.d))
			if err != nil {
				t.Fatal(err)
			}
			want := descending(c.d)
			if len(r.Values) != len(want) {
				t.Fatalf("%d values, want %d", len(r.Values), len(want))
			}
			scale := max(math.Abs(want[0]), math.Abs(want[len(want)-1]))
			for i, v := range r.Values {
				if !(math.Abs(v-want[i]) <= 1e-13*scale) {
					t.Errorf("value %d is %v, want %v", i, v, want[i])
				}
			}
		})
	}
}

// A few iterations on a matrix with known spectrum: both ends are near, and each bound holds.
func TestLanczosBoundsHold(t *testing.T) {
	d := make([]float64, 400)
	for i := range d {
		d[i] = math.Pow(0.9, float64(i))
	}
	d[7] = -2
	for _, iters := range []int{1, 2, 5, 10, 20, 40} {
		r, err := linalg.Lanczos{Iters: iters, Rand: stream(3)}.Run(context.Background(), len(d), diagonal(d))
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range r.Values {
			near := math.Inf(1)
			for _, x := range d {
				near = min(near, math.Abs(x-v))
			}
			if near > r.Bounds[i] {
				t.Errorf("%d iterations: value %v is %v away from the spectrum, bound %v", iters, v, near, r.Bounds[i])
			}
		}
		if iters == 40 {
			if math.Abs(r.Values[0]-1) > 1e-12 || math.Abs(r.Values[len(r.Values)-1]+2) > 1e-12 {
				t.Errorf("ends %v and %v, want 1 and -2", r.Values[0], r.Values[len(r.Values)-1])
			}
		}
	}
}

// The masses are those of Gauss quadrature for the measure of the start vector v: with m nodes, Σ mass·θ^k = vᵀAᵏv for
// k < 2m.
func TestLanczosMassIsGaussQuadrature(t *testing.T) {
	d := []float64{-1, -0.5, 0.1, 0.3, 0.7, 1}
	start := []float64{1, 2, 3, 1, 2, 1}
	r, err := linalg.Lanczos{Iters: 3, Start: start}.Run(context.Background(), len(d), diagonal(d))
	if err != nil {
		t.Fatal(err)
	}
	for k := range 6 {
		var got, want float64
		for i, v := range r.Values {
			got += r.Mass[i] * math.Pow(v, float64(k))
		}
		for i, x := range start {
			want += x * x / 20 * math.Pow(d[i], float64(k))
		}
		if math.Abs(got-want) > 1e-14 {
			t.Errorf("moment %d is %v, want %v", k, got, want)
		}
	}
}

func TestLanczosErrors(t *testing.T) {
	ctx := context.Background()
	id := diagonal([]float64{1, 1})
	boom := errors.New("boom")
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	for name, f := range map[string]func() (*linalg.Ritz, error){
		"no dimensions": func() (*linalg.Ritz, error) { return linalg.Lanczos{Iters: 1, Rand: stream(1)}.Run(ctx, 0, id) },
		"no iterations": func() (*linalg.Ritz, error) { return linalg.Lanczos{Rand: stream(1)}.Run(ctx, 2, id) },
		"no randomness": func() (*linalg.Ritz, error) { return linalg.Lanczos{Iters: 2}.Run(ctx, 2, id) },
		"zero start":    func() (*linalg.Ritz, error) { return linalg.Lanczos{Iters: 2, Start: []float64{0, 0}}.Run(ctx, 2, id) },
		"short start":   func() (*linalg.Ritz, error) { return linalg.Lanczos{Iters: 2, Start: []float64{1}}.Run(ctx, 2, id) },
		"not finite": func() (*linalg.Ritz, error) {
			return linalg.Lanczos{Iters: 2, Rand: stream(1)}.Run(ctx, 2, diagonal([]float64{math.NaN(), 1}))
		},
		"product failed": func() (*linalg.Ritz, error) {
			return linalg.Lanczos{Iters: 2, Rand: stream(1)}.Run(ctx, 2, func(_, _ []float64) error { return boom })
		},
		"canceled": func() (*linalg.Ritz, error) { return linalg.Lanczos{Iters: 2, Rand: stream(1)}.Run(canceled, 2, id) },
	} {
		if _, err := f(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestHutchinson(t *testing.T) {
	// A diagonal matrix has no variance at all.
	tr, stderr, err := linalg.Hutchinson(context.Background(), 3, 4, diagonal([]float64{1, -2, 5}), stream(4))
	if err != nil || tr != 4 || stderr != 0 {
		t.Errorf("trace %v ± %v (%v), want 4 ± 0", tr, stderr, err)
	}
	// A dense one: xxᵀ with ‖x‖² = 4, within four standard errors.
	x := []float64{1, 1, 1, 1}
	op := func(dst, v []float64) error {
		var s float64
		for i := range v {
			s += x[i] * v[i]
		}
		for i := range dst {
			dst[i] = s * x[i]
		}
		return nil
	}
	tr, stderr, err = linalg.Hutchinson(context.Background(), 4, 400, op, stream(5))
	if err != nil || math.Abs(tr-4) > 4*stderr || stderr > 1 {
		t.Errorf("trace %v ± %v (%v), want 4", tr, stderr, err)
	}
}

func TestGram(t *testing.T) {
	tall := mat.NewDense(4, 2, []float64{1, 0, 0, 2, 0, 0, 0, 0}) // J Jᵀ = diag(1, 4, 0, 0)
	v, err := linalg.GramEigenvalues(tall)
	if err != nil || !slices.Equal(v, []float64{4, 1, 0, 0}) {
		t.Errorf("eigenvalues %v (%v)", v, err)
	}
	if linalg.GramTrace(tall) != 5 || linalg.Rank(v) != 2 {
		t.Errorf("trace %v, rank %d", linalg.GramTrace(tall), linalg.Rank(v))
	}
	if c := linalg.Condition(v); c != 0x1p50 {
		t.Errorf("condition %v, want 1/(4ε)", c)
	}
	if v, err = linalg.GramEigenvalues(mat.DenseCopyOf(tall.T())); err != nil || len(v) != 2 || v[0] != 4 || v[1] != 1 {
		t.Errorf("wide: %v (%v)", v, err)
	}
	if _, err := linalg.GramEigenvalues(mat.NewDense(1, 1, []float64{math.NaN()})); err == nil {
		t.Error("no error for NaN")
	}
	if !math.IsNaN(linalg.Condition([]float64{0, 0})) || linalg.Rank([]float64{0, 0}) != 0 {
		t.Error("zero matrix: want condition NaN and rank 0")
	}
}

func TestPercentilesAsNumPy(t *testing.T) {
	raw, err := os.ReadFile("../../testdata/golden/percentiles.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		X             []float64
		P99, P50, Max float64
		Mean          float64
		Std           float64 `json:"std_ddof0"`
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		s := slices.Sorted(slices.Values(c.X))
		for _, k := range []struct{ got, want float64 }{
			{linalg.Percentile(s, 0.99), c.P99}, {linalg.Percentile(s, 0.5), c.P50}, {linalg.Percentile(s, 1), c.Max},
		} {
			if k.got != k.want {
				t.Errorf("case %d: %v, want %v", i, k.got, k.want)
			}
		}
		sum, err := linalg.Summarise(c.X)
		if err != nil || math.Abs(sum.Mean-c.Mean) > 1e-15 || math.Abs(sum.Std-c.Std) > 1e-14*(1+c.Std) {
			t.Errorf("case %d: mean %v and std %v, want %v and %v (%v)", i, sum.Mean, sum.Std, c.Mean, c.Std, err)
		}
	}
	if !math.IsNaN(linalg.Percentile(nil, 0.5)) {
		t.Error("percentile of nothing is not NaN")
	}
}

func TestHistogram(t *testing.T) {
	for _, c := range []struct {
		name   string
		x      []float64
		bins   int
		edges  []float64
		counts []int
	}{
		{"edges belong to the bin above", []float64{0, 1, 2, 3, 4}, 4, []float64{0, 1, 2, 3, 4}, []int{1, 1, 1, 2}},
		{"one value", []float64{3}, 2, []float64{2.5, 3, 3.5}, []int{0, 1}},
		{"equal values", []float64{0, 0, 0}, 1, []float64{-0.5, 0.5}, []int{3}},
		{"range beyond float64", []float64{-1e308, 1e308}, 2, []float64{-1e308, 0, 1e308}, []int{1, 1}},
	} {
		e, n, err := linalg.Histogram(c.x, c.bins)
		if err != nil || !slices.Equal(e, c.edges) || !slices.Equal(n, c.counts) {
			t.Errorf("%s: %v %v (%v)", c.name, e, n, err)
		}
	}
	for _, x := range [][]float64{nil, {math.NaN()}, {1, math.Inf(1)}, {1, math.NaN(), 2}} {
		if _, _, err := linalg.Histogram(x, 3); err == nil {
			t.Errorf("no error for %v", x)
		}
		if _, err := linalg.Summarise(x); err == nil {
			t.Errorf("no summary error for %v", x)
		}
	}
}

// Ritz vectors of a diagonal matrix are the axes.
func TestLanczosVectors(t *testing.T) {
	d := []float64{3, 9, -2, 5, 0.5}
	r, err := linalg.Lanczos{Iters: 5, Vectors: 2, Rand: stream(4)}.Run(context.Background(), 5, diagonal(d))
	if err != nil || len(r.Vectors) != 2 {
		t.Fatal(len(r.Vectors), err)
	}
	for k, axis := range []int{1, 3} {
		for i, x := range r.Vectors[k] {
			want := 0.0
			if i == axis {
				want = 1
			}
			if math.Abs(math.Abs(x)-want) > 1e-13 {
				t.Errorf("vector %d is %v, want axis %d", k, r.Vectors[k], axis)
				break
			}
		}
	}
}

// Points at the corners of a rectangle spread along its longer side first, then along the shorter one, and no further.
func TestPrincipal(t *testing.T) {
	var rows [][]float64
	for _, a := range []float64{-3, 3} {
		for _, b := range []float64{-1, 1} { // a along (0.6, 0, −0.8), b along (0, 1, 0)
			rows = append(rows, []float64{7 + 0.6*a, 5 + b, 2 - 0.8*a})
		}
	}
	got := linalg.Principal(rows, 3)
	want := [][]float64{{-0.6, 0, 0.8}, {0, 1, 0}}
	if len(got) != len(want) {
		t.Fatalf("%d components, want %d", len(got), len(want))
	}
	for k := range want {
		for i := range want[k] {
			if math.Abs(got[k][i]-want[k][i]) > 1e-14 {
				t.Errorf("component %d is %v, want %v", k, got[k], want[k])
			}
		}
	}
	if linalg.Principal(rows[:1], 2) != nil || linalg.Principal([][]float64{{1, 2}, {1, 2}}, 2) != nil {
		t.Error("components of rows that do not spread")
	}
}

// A few values that are not known are left out of a comparison; where there are many of them, nothing is said.
func TestDifference(t *testing.T) {
	nan := math.NaN()
	x, y := make([]float64, 20), make([]float64, 20)
	for i := range y {
		x[i], y[i] = 2, 1
	}
	for unknown, want := range []float64{1, 1, 1, nan} {
		if unknown > 0 {
			y[5*unknown-5] = []float64{nan, math.Inf(1), nan}[unknown-1]
		}
		diff, relL2, maxAbs := linalg.Difference(x, y)
		if diff[1] != 1 || math.Abs(relL2-want) > 1e-15 || math.IsNaN(relL2) != math.IsNaN(want) || math.IsNaN(maxAbs) != math.IsNaN(want) {
			t.Errorf("%d unknown: %v, %v", unknown, relL2, maxAbs)
		}
	}
	if _, relL2, maxAbs := linalg.Difference([]float64{nan, 1}, []float64{1, 1}); !math.IsNaN(relL2) || !math.IsNaN(maxAbs) {
		t.Errorf("what is compared is no number: %v, %v", relL2, maxAbs)
	}
}

// Squares that overflow or vanish cost time and no digits.
func TestLength(t *testing.T) {
	for _, scale := range []float64{1, 1e-180, 1e180, 0} {
		x := []float64{3 * scale, -4 * scale}
		if got := linalg.Length(x); math.Abs(got-5*scale) > 1e-15*5*scale {
			t.Errorf("%v: %v", x, got)
		}
	}
}
