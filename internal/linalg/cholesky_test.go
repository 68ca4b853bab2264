package linalg_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/internal/linalg"
)

// crew is this many goroutines.
type crew int

func (c crew) Workers() int { return int(c) }

func (c crew) Run(tasks int, do func(worker, task int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for w := range int(c) {
		wg.Go(func() {
			for t := int(next.Add(1)) - 1; t < tasks; t = int(next.Add(1)) - 1 {
				do(w, t)
			}
		})
	}
	wg.Wait()
}

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
	for _, n := range []int{1, 2, 15, 16, 17, 63, 64, 65, 130, 257, 400} {
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
		for _, workers := range []int{1, 2, 5} {
			var c linalg.Cholesky
			if !c.Factorize(crew(workers), slices.Clone(a), n) {
				t.Fatalf("n = %d: not factorised", n)
			}
			x := make([]float64, n)
			c.Solve(x, b)
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
			var c linalg.Cholesky
			if c.Factorize(crew(2), a, 200) {
				t.Errorf("a matrix that is %s at %d was factorised", name, at)
			}
		}
	}
}

func BenchmarkCholesky(b *testing.B) {
	a, s := symmetric(1000)
	b.Run("tiles", func(b *testing.B) {
		u := make([]float64, len(a))
		var c linalg.Cholesky
		for b.Loop() {
			copy(u, a)
			c.Factorize(crew(2), u, 1000)
		}
	})
	b.Run("gonum", func(b *testing.B) {
		var c mat.Cholesky
		for b.Loop() {
			c.Factorize(s)
		}
	})
}

// Tall block rows, against the inverse of I + vvᵀ (Sherman and Morrison).
func TestCholeskyOfManyRows(t *testing.T) {
	const n = 2050
	rng := rand.New(rand.NewPCG(6, 7))
	v, b, a := make([]float64, n), make([]float64, n), make([]float64, n*n)
	var vv, vb float64
	for i := range v {
		v[i], b[i] = rng.NormFloat64(), rng.NormFloat64()
		vv, vb = vv+v[i]*v[i], vb+v[i]*b[i]
	}
	for i := range v {
		for j := i; j < n; j++ {
			a[i*n+j] = v[i] * v[j]
		}
		a[i*n+i]++
	}
	var c linalg.Cholesky
	if !c.Factorize(crew(2), a, n) {
		t.Fatal("not factorised")
	}
	c.Solve(b, slices.Clone(b))
	rng = rand.New(rand.NewPCG(6, 7))
	for i := range v {
		rng.NormFloat64()
		if want := rng.NormFloat64() - v[i]*vb/(1+vv); math.Abs(b[i]-want) > 1e-10 {
			t.Fatalf("x[%d] = %v, want %v", i, b[i], want)
		}
	}
}
