package compiler_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/internal/exec"
	ph "github.com/crux-pinn/crux/placeholder"
)

// weighted is the world's system, whose residuals share points and networks and have up to three components, on n
// points with weights.
func weighted(w *world, n int) (compiler.Group, compiler.Batch) {
	g, b := w.system(), w.batch(n, 1)
	g.Weighted = true
	for k := range n {
		b.Weights = append(b.Weights, float64(k%3)/2) // every third is 0
	}
	return g, b
}

// scaled is J of the program with weights w, built row by row from Program.Jacobian, and s.
func scaled(t *testing.T, r *run, w []float64) (j [][]float64, s []float64) {
	t.Helper()
	p, n := len(r.theta), r.p.Points()
	for i := range r.p.Len() {
		dim := r.p.Dim(i)
		rows := make([]float64, n*dim*p)
		if err := r.p.Jacobian(i, rows, r.theta, r.fixed); err != nil {
			t.Fatal(err)
		}
		total := float64(n)
		if r.b.Weights != nil {
			total = 0
			for _, v := range r.b.Weights {
				total += v
			}
		}
		for k, x := range r.residual(t, i) {
			c := 1.0
			if w != nil {
				c = 2 * w[i] / (total * float64(dim))
				if r.b.Weights != nil {
					c *= r.b.Weights[k/dim]
				}
				c = math.Sqrt(c)
			}
			row := rows[k*p : (k+1)*p]
			for q := range row {
				row[q] *= c
			}
			j, s = append(j, row), append(s, c*x)
		}
	}
	return j, s
}

// A residual of several components with a function in it that is kept for the reverse sweep.
func TestProductsOfFunctions(t *testing.T) {
	w := newWorld()
	r := w.compile(t, compiler.TraceCompiler{}, w.group(w.flow.Mul(ph.Tanh(w.flow))), w.batch(9, 1))
	j, _ := scaled(t, r, nil)
	u, got, want := direction(len(j), 3), make([]float64, len(r.theta)), make([]float64, len(r.theta))
	if err := r.p.MulJT(got, r.theta, r.fixed, nil, u); err != nil {
		t.Fatal(err)
	}
	for k, row := range j {
		floats.AddScaled(want, u[k], row)
	}
	if e := relative(got, want); !(e <= 1e-12) {
		t.Errorf("relative error %.2e", e)
	}
}

// Products with Jᵀ against J itself, with and without weights, in both precisions and with any number of workers.
func TestProducts(t *testing.T) {
	for _, single := range []bool{false, true} {
		for _, n := range []int{3, 37, 300} {
			t.Run(fmt.Sprintf("single=%v,n=%d", single, n), func(t *testing.T) {
				tol := 1e-12
				if single {
					tol = 1e-4
				}
				w := newWorld()
				g, b := weighted(w, n)
				var first [][]float64
				for _, workers := range []int{1, 2, 5} {
					pool := exec.NewPool(workers)
					t.Cleanup(pool.Close)
					r := w.compile(t, compiler.TraceCompiler{Single: single, Pool: pool}, g, b)
					var all [][]float64
					for _, weights := range [][]float64{nil, weightsOf(r)} {
						j, s := scaled(t, r, weights)
						if len(j) != r.p.Rows() {
							t.Fatalf("%d rows, want %d", r.p.Rows(), len(j))
						}
						u, width := direction(len(j), 3), len(r.theta)
						wantJT := make([]float64, width)
						for k, row := range j {
							floats.AddScaled(wantJT, u[k], row)
						}
						got := [2][]float64{make([]float64, len(j)), make([]float64, width)}
						u0 := slices.Clone(u)
						for _, err := range []error{r.p.Scaled(got[0], r.theta, r.fixed, weights), r.p.MulJT(got[1], r.theta, r.fixed, weights, u)} {
							if err != nil {
								t.Fatal(err)
							}
						}
						if !slices.Equal(u, u0) {
							t.Error("MulJT has changed its operand")
						}
						for k, want := range [2][]float64{s, wantJT} {
							if e := relative(got[k], want); !(e <= tol) {
								t.Errorf("%s: relative error %.2e", [2]string{"s", "Jᵀu"}[k], e)
							}
						}
						rows := make([]float64, len(j)*width)
						if err := r.p.ScaledJacobian(rows, 0, r.theta, r.fixed, weights); err != nil {
							t.Fatal(err)
						}
						blocks := make([]float64, len(rows)) // of five rows, which divide points with several components
						for at := 0; at < len(j); at += 5 {
							if err := r.p.ScaledJacobian(blocks[at*width:min(at+5, len(j))*width], at, r.theta, r.fixed, weights); err != nil {
								t.Fatal(err)
							}
						}
						if !slices.Equal(blocks, rows) {
							t.Errorf("blocks of rows have other bits: off by %.2e", relative(blocks, rows))
						}
						if err := r.p.ScaledJacobian(blocks, 1, r.theta, r.fixed, weights); err == nil {
							t.Error("rows beyond the last one were asked for, and there was no error")
						}
						if want := slices.Concat(j...); !slices.EqualFunc(rows, want, func(a, b float64) bool { return math.Abs(a-b) <= 1e-14*math.Abs(b) }) {
							t.Errorf("J is off by %.2e", relative(rows, want))
						}
						all = append(all, got[:]...)
					}
					if first == nil {
						first = all
					} else if !slices.EqualFunc(all, first, slices.Equal) {
						t.Error("another number of workers gives other bits")
					}
				}
			})
		}
	}
}

// weightsOf are weights of residuals, one of them 0.
func weightsOf(r *run) []float64 {
	w := make([]float64, r.p.Len())
	for i := range w {
		w[i] = float64(i) / 2
	}
	return w
}

func TestProductsRefuse(t *testing.T) {
	w := newWorld()
	g := w.group(w.u, w.u.D(w.x))
	g.Residuals[1].Loss.Kind = compiler.MAE
	r := w.compile(t, compiler.TraceCompiler{}, g, w.batch(5, 1))
	s := make([]float64, r.p.Rows())
	if err := r.p.Scaled(s, r.theta, r.fixed, r.ones()); err == nil || !strings.Contains(err.Error(), `"b" is reduced by mae`) {
		t.Errorf("MAE: %v", err)
	}
	if err := r.p.Scaled(s, r.theta, r.fixed, nil); err != nil {
		t.Errorf("residuals as they are: %v", err)
	}
	g.Residuals[1].Loss.Kind = compiler.MSE
	r = w.compile(t, compiler.TraceCompiler{}, g, w.batch(5, 1))
	for _, weight := range []float64{-1, math.NaN()} {
		if err := r.p.Scaled(s, r.theta, r.fixed, []float64{1, weight}); err == nil {
			t.Errorf("weight %v was accepted", weight)
		}
	}
	if err := r.p.Scaled(s[1:], r.theta, r.fixed, nil); err == nil {
		t.Error("a short result was accepted")
	}
	if err := r.p.MulJT(make([]float64, len(r.theta)), r.theta, r.fixed, nil, s[1:]); err == nil {
		t.Error("a short operand was accepted")
	}
}

// Weights of the points in training count in the rows as in the gradient, together with those of a quadrature rule, and are
// gone with the next points.
func TestProductsWithPointWeights(t *testing.T) {
	w := newWorld()
	g, b := weighted(w, 20)
	g.Residuals[0].ByPoint = true
	r := w.compile(t, compiler.TraceCompiler{}, g, b)
	mu := make([]float64, 20)
	for k := range mu {
		mu[k] = float64(k % 5)
	}
	weights := weightsOf(r)
	weights[0] = 3
	check := func() {
		t.Helper()
		s, got := make([]float64, r.p.Rows()), make([]float64, len(r.theta))
		if err := r.p.Scaled(s, r.theta, r.fixed, weights); err != nil {
			t.Fatal(err)
		}
		if err := r.p.MulJT(got, r.theta, r.fixed, weights, s); err != nil {
			t.Fatal(err)
		}
		want, _ := r.gradient(t, r.theta, weights)
		if e := relative(got, want); !(e <= 1e-12) {
			t.Errorf("relative error %.2e", e)
		}
	}
	check()
	for range 2 {
		if err := r.p.SetPointWeights(0, mu); err != nil {
			t.Fatal(err)
		}
		check()
	}
	if err := r.p.SetPoints(b, r.fixed); err != nil {
		t.Fatal(err)
	}
	check()
}
