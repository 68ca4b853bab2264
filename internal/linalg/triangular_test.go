package linalg_test

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/internal/linalg"
)

// U⁻ᵀM and its Gram matrix, against gonum's factor and its triangular solver.
func TestTriangularSolves(t *testing.T) {
	for _, n := range []int{1, 15, 16, 17, 64, 130, 257} {
		for _, cols := range []int{1, 7, 128, 200} {
			a, s := symmetric(n)
			var ref mat.Cholesky
			if !ref.Factorize(s) {
				t.Fatal("gonum does not factorise the matrix")
			}
			u := mat.NewTriDense(n, mat.Upper, nil)
			ref.UTo(u)
			m := mat.NewDense(n, cols, nil)
			for i := range m.RawMatrix().Data {
				m.RawMatrix().Data[i] = math.Sin(float64(3*i + 1))
			}
			var want, gram mat.Dense
			if err := u.SolveTo(&want, true, m); err != nil {
				t.Fatal(err)
			}
			gram.Mul(&want, want.T())

			var first, firstGram []float64
			for _, w := range []crew{1, 3} {
				var c linalg.Cholesky
				if !c.Factorize(w, slices.Clone(a), n) {
					t.Fatal("not positive definite")
				}
				got := slices.Clone(m.RawMatrix().Data)
				c.SolveTMat(w, got, cols)
				sum := make([]float64, n*n)
				c.AddGram(w, sum, got, n, cols)
				if first == nil {
					first, firstGram = got, sum
				} else if !slices.Equal(got, first) || !slices.Equal(sum, firstGram) {
					t.Fatalf("n = %d: another number of workers gives other bits", n)
				}
				for i, x := range got {
					if d := math.Abs(x - want.RawMatrix().Data[i]); !(d <= 1e-12) {
						t.Fatalf("n = %d, %d columns: U⁻ᵀM is off by %.1e", n, cols, d)
					}
				}
				for i := range n {
					for j := i; j < n; j++ {
						if d := math.Abs(sum[i*n+j] - gram.At(i, j)); !(d <= 1e-10*float64(cols)) {
							t.Fatalf("n = %d, %d columns: YYᵀ is off by %.1e", n, cols, d)
						}
					}
				}
				x := make([]float64, n)
				for i := range x {
					x[i] = m.At(i, 0)
				}
				c.SolveT(x, x)
				for i, v := range x {
					if math.Abs(v-want.At(i, 0)) > 1e-12 {
						t.Fatalf("n = %d: U⁻ᵀb is off", n)
					}
				}
				b := slices.Clone(x)
				c.SolveU(x, x)
				var back mat.VecDense
				back.MulVec(u, mat.NewVecDense(n, x))
				for i, v := range b {
					if math.Abs(back.AtVec(i)-v) > 1e-11 {
						t.Fatalf("n = %d: U·U⁻¹b is off", n)
					}
				}
			}
		}
	}
}
