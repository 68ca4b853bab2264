package kron

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/crux-pinn/crux/optim/internal/vec"
	"gonum.org/v1/gonum/mat"
)

// gramOf is XXᵀ for a random X of n rows and so many columns.
func gramOf(rng *rand.Rand, n, rank int, size float64) []float64 {
	x := mat.NewDense(n, rank, nil)
	for i := range n {
		for j := range rank {
			x.Set(i, j, size*rng.NormFloat64())
		}
	}
	var s mat.Dense
	s.Mul(x, x.T())
	return s.RawMatrix().Data
}

// Solutions with sums of Kronecker products, exact blocks and a diagonal against gonum's with the whole matrix.
func TestBlockedSolves(t *testing.T) {
	const n = 54
	for _, constraints := range []int{1, 2, 4} {
		rng := rand.New(rand.NewPCG(1, uint64(constraints)))
		layers := []Layer{
			{Weight: Span{5, 20}, Bias: Span{25, 5}, Inputs: 5, Outputs: 5},
			{Weight: Span{39, 15}, Inputs: 5, Outputs: 3},
		}
		for i, l := range layers {
			for range constraints {
				layers[i].A = append(layers[i].A, make([]float64, l.Inputs*l.Inputs))
				layers[i].B = append(layers[i].B, make([]float64, l.Outputs*l.Outputs))
			}
		}
		m := New(layers, []Block{{Spans: []Span{{0, 3}, {3, 2}}, M: make([]float64, 25)}, {Spans: []Span{{30, 9}}, Diagonal: true, M: make([]float64, 9)}})
		for _, l := range m.layers {
			for i := range constraints {
				copy(l.A[i], gramOf(rng, l.Inputs, l.Inputs-1, math.Pow(0.3, float64(i))))
				copy(l.B[i], gramOf(rng, l.Outputs, l.Outputs, 1))
			}
		}
		copy(m.exact[0].M, gramOf(rng, 5, 2, 1))
		for i := range m.exact[1].M {
			m.exact[1].M[i] = rng.Float64()
		}
		m.Sum()
		damping := [2]float64{0.01, 0.1}
		if err := m.Decompose(vec.Crew(2), damping); err != nil {
			t.Fatal(err)
		}
		if m.Two != (constraints > 1) {
			t.Fatalf("%d constraints: paired %v", constraints, m.Two)
		}
		g, d := make([]float64, n), make([]float64, n)
		for i := range g {
			g[i] = rng.NormFloat64()
		}
		for which, lambda := range damping {
			full := mat.NewDense(n, n, nil)
			add := func(at []int, value func(i, j int) float64) {
				for i, p := range at {
					for j, q := range at {
						full.Set(p, q, value(i, j))
					}
				}
			}
			span := func(ps ...Span) (at []int) {
				for _, p := range ps {
					for i := range p.Len {
						at = append(at, p.Offset+i)
					}
				}
				return at
			}
			damped := func(i, j int, v float64) float64 {
				if i == j {
					v += lambda
				}
				return v
			}
			for q := range m.layers {
				l := &m.layers[q]
				k, h := l.Inputs, l.Outputs
				pairs := twoProducts(l)
				add(span(l.Weight, l.Bias), func(i, j int) float64 {
					product := func(a, b []float64) float64 { return a[i/h*k+j/h] * b[i%h*h+j%h] }
					if len(pairs) == 1 {
						return damped(i, j, product(pairs[0][0], pairs[0][1]))
					}
					a, b := append([]float64(nil), pairs[1][0]...), append([]float64(nil), pairs[1][1]...)
					ratio := math.Sqrt(traceOf(a, k) * float64(h) / (float64(k) * traceOf(b, h)))
					for x := range k {
						a[x*k+x] += math.Sqrt(lambda) * ratio
					}
					for x := range h {
						b[x*h+x] += math.Sqrt(lambda) / ratio
					}
					return product(pairs[0][0], pairs[0][1]) + product(a, b)
				})
			}
			add(span(m.exact[0].Spans...), func(i, j int) float64 { return damped(i, j, m.exact[0].M[i*5+j]) })
			for i, p := range span(m.exact[1].Spans...) {
				full.Set(p, p, m.exact[1].M[i]+lambda)
			}
			if !m.Solve(vec.Crew(2), d, g, which, lambda) {
				t.Fatal("not positive definite")
			}
			var want mat.VecDense
			if err := want.SolveVec(full, mat.NewVecDense(n, g)); err != nil {
				t.Fatal(err)
			}
			want.SubVec(&want, mat.NewVecDense(n, d))
			if e := mat.Norm(&want, math.Inf(1)) / vec.NormInf(d); !(e <= 1e-10) {
				t.Errorf("%d constraints, damping %v: relative error %.1e", constraints, lambda, e)
			}
		}
	}
}

// A sum of products whose inputs' factors are proportional is a product, and its partial traces find that.
func TestTwoProducts(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	a := gramOf(rng, 2, 2, 1)
	l := Layer{Weight: Span{0, 6}, Inputs: 2, Outputs: 3}
	var want []float64
	for i, c := range []float64{100, 1, 2, 0} {
		x := append([]float64(nil), a...)
		vec.Scale(c, x)
		l.A, l.B = append(l.A, x), append(l.B, gramOf(rng, 3, 3, 1))
		if i == 0 {
			continue
		}
		if want == nil {
			want = make([]float64, 9)
		}
		vec.Axpy(c, l.B[i], want)
	}
	pairs := twoProducts(&l)
	if len(pairs) != 2 || &pairs[0][0][0] != &l.A[0][0] {
		t.Fatalf("%d products, the first of trace %v", len(pairs), traceOf(pairs[0][0], 2))
	}
	for i, x := range a {
		for j, y := range want {
			if got := pairs[1][0][i] * pairs[1][1][j]; math.Abs(got-x*y) > 1e-12*math.Abs(traceOf(a, 2)*traceOf(want, 3)) {
				t.Errorf("entry %d, %d: %v, want %v", i, j, got, x*y)
			}
		}
	}
}
