package optim

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// symmetric is XᵀX + I of a random X, as a slice and as gonum has it.
func symmetric(n int) ([]float64, *mat.SymDense) {
	rng := rand.New(rand.NewPCG(5, uint64(n)))
	m := mat.NewDense(n+3, n, nil)
	for i := range m.RawMatrix().Data {
		m.RawMatrix().Data[i] = rng.NormFloat64()
	}
	s := mat.NewSymDense(n, nil)
	s.SymOuterK(1, m.T())
	for i := range n {
		s.SetSym(i, i, s.At(i, i)+1)
	}
	return slices.Clone(s.RawSymmetric().Data), s
}

func TestCholeskySolves(t *testing.T) {
	for _, n := range []int{1, 2, 63, 64, 65, 130, 257, 400} {
		a, s := symmetric(n)
		b := make([]float64, n)
		for i := range b {
			b[i] = math.Sin(float64(i + 1))
		}
		var ref mat.Cholesky
		if !ref.Factorize(s) {
			t.Fatal("gonum does not factorise the matrix")
		}
		var want mat.VecDense
		if err := ref.SolveVecTo(&want, mat.NewVecDense(n, b)); err != nil {
			t.Fatal(err)
		}
		var first []float64
		for _, workers := range []int{1, 3} {
			var c cholesky
			if !c.factorize(crew(workers), slices.Clone(a), n) {
				t.Fatalf("n = %d: not factorised", n)
			}
			x := make([]float64, n)
			c.solve(x, b)
			for i := range x {
				if e := math.Abs(x[i] - want.AtVec(i)); e > 1e-11*mat.Norm(&want, math.Inf(1))*ref.Cond()/1e3+1e-13 {
					t.Fatalf("n = %d: x[%d] = %v, want %v", n, i, x[i], want.AtVec(i))
				}
			}
			if first == nil {
				first = x
			} else if !slices.Equal(x, first) {
				t.Errorf("n = %d: another number of workers gives other bits", n)
			}
		}
	}
}

func TestCholeskyRefuses(t *testing.T) {
	for name, spoil := range map[string]float64{"indefinite": -1e6, "NaN": math.NaN(), "Inf": math.Inf(1)} {
		for _, at := range []int{0, 70, 199} {
			a, _ := symmetric(200)
			a[at*200+at] = spoil
			var c cholesky
			if c.factorize(crew(2), a, 200) {
				t.Errorf("a matrix that is %s at %d was factorised", name, at)
			}
		}
	}
}

func BenchmarkCholesky(b *testing.B) {
	a, s := symmetric(1000)
	b.Run("tiles", func(b *testing.B) {
		u := make([]float64, len(a))
		var c cholesky
		for b.Loop() {
			copy(u, a)
			c.factorize(crew(2), u, 1000)
		}
	})
	b.Run("gonum", func(b *testing.B) {
		var c mat.Cholesky
		for b.Loop() {
			c.Factorize(s)
		}
	})
}
