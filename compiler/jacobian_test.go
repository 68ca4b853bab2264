package compiler_test

import (
	"fmt"
	"testing"

	"github.com/crux-pinn/crux/compiler"
)

// The rows of J add up to the gradient of the mean square: ∂L/∂θ = 2/nk Jᵀr.
func TestJacobianGivesTheGradient(t *testing.T) {
	for _, single := range []bool{false, true} {
		for _, n := range []int{1, 37, 300} {
			t.Run(fmt.Sprintf("single=%v,n=%d", single, n), func(t *testing.T) {
				tol := 1e-12
				if single {
					tol = 1e-4
				}
				w := newWorld()
				r := w.compile(t, compiler.TraceCompiler{Single: single}, w.system(), w.batch(n, 1))
				for i := range r.p.Len() {
					rows := n * r.p.Dim(i)
					j := make([]float64, rows*len(r.theta))
					if err := r.p.Jacobian(i, j, r.theta, r.fixed); err != nil {
						t.Fatal(err)
					}
					got, want := make([]float64, len(r.theta)), make([]float64, len(r.theta))
					for k, x := range r.residual(t, i) {
						for p, d := range j[k*len(got) : (k+1)*len(got)] {
							got[p] += 2 / float64(rows) * x * d
						}
					}
					if err := r.p.GradientOf(i, want, r.theta, r.fixed); err != nil {
						t.Fatal(err)
					}
					if e := relative(got, want); !(e <= tol) {
						t.Errorf("residual %d: relative error %.2e", i, e)
					}
				}
			})
		}
	}
}

// Rows of J against the reference evaluator: J v is the derivative of the residual along v.
func TestJacobianRows(t *testing.T) {
	w := newWorld()
	r := w.compile(t, compiler.TraceCompiler{}, w.system(), w.batch(9, 3))
	v := direction(len(r.theta), 3)
	for i := range r.p.Len() {
		j := make([]float64, 9*r.p.Dim(i)*len(v))
		if err := r.p.Jacobian(i, j, r.theta, r.fixed); err != nil {
			t.Fatal(err)
		}
		var got []float64
		for ; len(j) > 0; j = j[len(v):] {
			var s float64
			for k := range v {
				s += j[k] * v[k]
			}
			got = append(got, s)
		}
		if e := relative(got, r.along(t, i, v)); !(e <= 1e-10) {
			t.Errorf("residual %d: relative error %.2e", i, e)
		}
	}
}
