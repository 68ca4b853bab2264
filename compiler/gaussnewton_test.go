package compiler_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/internal/exec"
)

// The matrix against the sum of products of the Jacobians' rows, with weights of points and residuals, one of them 0.
func TestGaussNewton(t *testing.T) {
	for _, single := range []bool{false, true} {
		for _, n := range []int{1, 37, 300} {
			t.Run(fmt.Sprintf("single=%v,n=%d", single, n), func(t *testing.T) {
				tol := 1e-12
				if single {
					tol = 1e-4
				}
				w := newWorld()
				g, b := w.system(), w.batch(n, 1)
				g.Weighted = true
				total := 0.0
				for k := range n {
					b.Weights = append(b.Weights, 0.5+float64(k%3))
					total += b.Weights[k]
				}
				var first []float64
				for _, workers := range []int{1, 3} {
					pool := exec.NewPool(workers)
					t.Cleanup(pool.Close)
					r := w.compile(t, compiler.TraceCompiler{Single: single, Pool: pool}, g, b)
					p := len(r.theta)
					weights := make([]float64, r.p.Len())
					want := make([]float64, p*p)
					for i := range weights {
						weights[i] = float64(i) / 2
						dim := r.p.Dim(i)
						j := make([]float64, n*dim*p)
						if err := r.p.Jacobian(i, j, r.theta, r.fixed); err != nil {
							t.Fatal(err)
						}
						for k := range n * dim {
							row := j[k*p : (k+1)*p]
							c := 2 * weights[i] * b.Weights[k/dim] / (total * float64(dim))
							for x := range row {
								for y := x; y < p; y++ {
									want[x*p+y] += c * row[x] * row[y]
								}
							}
						}
					}
					got := make([]float64, p*p)
					if err := r.p.AddGaussNewton(got, r.theta, r.fixed, weights); err != nil {
						t.Fatal(err)
					}
					if first == nil {
						first = slices.Clone(got)
					} else if !slices.Equal(got, first) {
						t.Error("another number of workers gives other bits")
					}
					for x := range p {
						clear(got[x*p : x*p+x])
					}
					if e := relative(got, want); !(e <= tol) {
						t.Errorf("relative error %.2e", e)
					}
				}
			})
		}
	}
}

func TestGaussNewtonRefuses(t *testing.T) {
	w := newWorld()
	g := w.group(w.u, w.u.D(w.x))
	g.Residuals[1].Loss.Kind = compiler.MAE
	r := w.compile(t, compiler.TraceCompiler{}, g, w.batch(5, 1))
	a := make([]float64, len(r.theta)*len(r.theta))
	if err := r.p.AddGaussNewton(a, r.theta, r.fixed, r.ones()); err == nil || !strings.Contains(err.Error(), `"b" is reduced by mae`) {
		t.Errorf("MAE: %v", err)
	}
	g.Residuals[1].Loss.Kind = compiler.MSE
	r = w.compile(t, compiler.TraceCompiler{}, g, w.batch(5, 1))
	for _, weight := range []float64{-1, math.NaN()} {
		if err := r.p.AddGaussNewton(a, r.theta, r.fixed, []float64{1, weight}); err == nil {
			t.Errorf("weight %v was accepted", weight)
		}
	}
}
