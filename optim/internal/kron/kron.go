// Package kron has a matrix of Kronecker products and exact blocks, and the best step in a space of few directions.
package kron

import (
	"errors"
	"fmt"
	"math"
	"slices"

	gblas "gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/internal/kern"
	"github.com/crux-pinn/crux/internal/linalg"
	"github.com/crux-pinn/crux/optim/internal/vec"
)

// Span is a parameter: its place in θ.
type Span struct{ Offset, Len int }

// Layer is a dense layer with weights of shape inputs×outputs and a bias, which may have length 0. Its part of the matrix is
// Σ_i A_i ⊗ B_i, A_i belonging to the inputs, the last of which is that of the bias, and B_i to the outputs.
type Layer struct {
	Weight, Bias    Span
	Inputs, Outputs int         // with the constant one of the bias
	A, B            [][]float64 // row-major and symmetric
}

// Block is an exact part of the matrix.
type Block struct {
	Spans    []Span
	Diagonal bool      // whether it is diagonal
	M        []float64 // the diagonal, or row-major and symmetric
}

func (b *Block) size() (n int) {
	for _, s := range b.Spans {
		n += s.Len
	}
	return n
}

// Matrix is one that approximates JᵀJ: Kronecker products for wide layers, exact blocks for small ones, the diagonal for
// what is neither, and zero between them.
type Matrix struct {
	Trace float64 // of the matrix; 0 before the first Sum
	Two   bool    // whether any layer has a sum of two products

	layers []Layer
	exact  []Block
	bases  []eigenbasis // of layers
	chols  []linalg.Cholesky
	u      [][]float64 // of exact: M + λI, then its factor
	ws     kern.Workspace[float64]
}

// New is the matrix of these parts, whose A, B and M are its memory.
func New(layers []Layer, blocks []Block) *Matrix {
	m := &Matrix{layers: layers, exact: blocks, chols: make([]linalg.Cholesky, len(blocks))}
	for _, l := range layers {
		n := l.Inputs * l.Outputs
		m.bases = append(m.bases, eigenbasis{g: make([]float64, n), x: make([]float64, n)})
	}
	for _, b := range blocks {
		m.u = append(m.u, make([]float64, len(b.M)))
	}
	return m
}

// eigenbasis is what makes the Kronecker products of a layer diagonal. For one product there is one pair of sides, whatever the damping; for
// two there is one for each of two dampings.
type eigenbasis struct {
	two   bool
	sides [2]struct{ a, b spectrum }
	g, x  []float64
}

// spectrum are eigenvectors, in columns, and eigenvalues.
type spectrum struct{ v, e []float64 }

// Numbers are all entries of all factors and blocks.
func (m *Matrix) Numbers() (all [][]float64) {
	for _, l := range m.layers {
		all = append(all, l.A...)
		all = append(all, l.B...)
	}
	for _, b := range m.exact {
		all = append(all, b.M)
	}
	return all
}

// Average makes m the mean decay·old + (1−decay)·m.
func (m *Matrix) Average(old *Matrix, decay float64) {
	from := old.Numbers()
	for i, x := range m.Numbers() {
		for j, y := range from[i] {
			x[j] = decay*y + (1-decay)*x[j]
		}
	}
}

// Take adopts numbers, if they are those of a matrix with the same blocks.
func (m *Matrix) Take(numbers [][]float64) bool {
	own := m.Numbers()
	if len(own) != len(numbers) || len(own) == 0 {
		return false
	}
	for i, x := range own {
		if len(x) != len(numbers[i]) {
			return false
		}
	}
	for i, x := range own {
		copy(x, numbers[i])
	}
	m.Sum()
	return true
}

// Sum computes the trace, and finds out whether there are sums of products.
func (m *Matrix) Sum() {
	m.Two = false
	for i := range m.layers {
		m.Two = m.Two || len(twoProducts(&m.layers[i])) == 2
	}
	sum := 0.0
	for _, l := range m.layers {
		for i := range l.A {
			sum += traceOf(l.A[i], l.Inputs) * traceOf(l.B[i], l.Outputs)
		}
	}
	for _, b := range m.exact {
		if b.Diagonal {
			sum += kern.Sum(b.M)
		} else {
			sum += traceOf(b.M, b.size())
		}
	}
	m.Trace = sum
}

func traceOf(a []float64, n int) float64 {
	sum := 0.0
	for i := range n {
		sum += a[i*n+i]
	}
	return sum
}

// Decompose computes the bases of all layers for two dampings.
func (m *Matrix) Decompose(pool vec.Pool, damping [2]float64) error {
	var tasks []func() error
	for i := range m.layers {
		l, b := &m.layers[i], &m.bases[i]
		pairs := twoProducts(l)
		b.two = len(pairs) == 2
		n, h := l.Inputs, l.Outputs
		if !b.two {
			tasks = append(tasks,
				func() error { return b.sides[0].a.eigen(pairs[0][0], n) },
				func() error { return b.sides[0].b.eigen(pairs[0][1], h) })
			continue
		}
		// (A₂ + επI) ⊗ (B₂ + εI/π), ε² = λ, is at least A₂⊗B₂ + λI, and least in trace with π² the ratio of their mean eigenvalues
		// (Martens & Grosse 2015, section 6.3).
		pi := math.Sqrt(traceOf(pairs[1][0], n) / float64(n) / (traceOf(pairs[1][1], h) / float64(h)))
		for k, lambda := range damping {
			eps := math.Sqrt(lambda)
			s := &b.sides[k]
			tasks = append(tasks,
				func() error { return s.a.generalised(pairs[0][0], pairs[1][0], eps*pi, n) },
				func() error { return s.b.generalised(pairs[0][1], pairs[1][1], eps/pi, h) })
		}
	}
	errs := make([]error, len(tasks))
	pool.Run(len(tasks), func(_, task int) { errs[task] = tasks[task]() })
	return errors.Join(errs...)
}

// twoProducts is the sum of a layer's Kronecker products with at most two terms, (A, B) each: that of the largest trace, and the
// others, of which there may be many, together by the partial traces of their sum. Terms without trace are left out.
func twoProducts(l *Layer) [][2][]float64 {
	n, h := l.Inputs, l.Outputs
	largest, trace := -1, 0.0
	for i := range l.A {
		if t := traceOf(l.A[i], n) * traceOf(l.B[i], h); t > trace {
			largest, trace = i, t
		}
	}
	if largest < 0 {
		return [][2][]float64{{make([]float64, n*n), make([]float64, h*h)}}
	}
	pairs := [][2][]float64{{l.A[largest], l.B[largest]}}
	var a, b []float64
	rest := 0.0
	for i := range l.A {
		ta, tb := traceOf(l.A[i], n), traceOf(l.B[i], h)
		if i == largest || !(ta*tb > 1e-14*trace) {
			continue
		}
		if a == nil {
			a, b = make([]float64, n*n), make([]float64, h*h)
		}
		vec.Axpy(tb, l.A[i], a)
		vec.Axpy(ta, l.B[i], b)
		rest += ta * tb
	}
	if a != nil {
		vec.Scale(1/rest, a)
		pairs = append(pairs, [2][]float64{a, b})
	}
	return pairs
}

// eigen computes the eigenvectors of a symmetric positive semidefinite matrix.
func (s *spectrum) eigen(a []float64, n int) error {
	if vec.FirstNonFinite(a) >= 0 {
		return fmt.Errorf("the Kronecker factors are %w", vec.ErrNonFinite)
	}
	var eig mat.EigenSym
	if !eig.Factorize(mat.NewSymDense(n, slices.Clone(a)), true) {
		return errors.New("the eigenvectors of a Kronecker factor do not converge; use LBFGS")
	}
	s.e = eig.Values(vec.Sized(s.e, n))
	for i, x := range s.e {
		s.e[i] = max(x, 0) // rounding
	}
	var q mat.Dense
	eig.VectorsTo(&q)
	s.v = vec.Sized(s.v, n*n)
	for i := range n {
		copy(s.v[i*n:(i+1)*n], q.RawRowView(i))
	}
	return nil
}

// generalised solves A·V = (C + shift·I)·V·diag(e) with Vᵀ(C + shift·I)V = I: with C + shift·I = UᵀU and Q the eigenvectors of U⁻ᵀAU⁻¹, V = U⁻¹Q.
func (s *spectrum) generalised(a, c []float64, shift float64, n int) error {
	u := slices.Clone(c)
	for i := range n {
		u[i*n+i] += shift
	}
	var chol linalg.Cholesky
	if !chol.Factorize(vec.Crew(1), u, n) {
		return errors.New("a damped Kronecker factor is not positive definite; raise the damping")
	}
	w := slices.Clone(a)
	vec.BLAS.Dtrsm(gblas.Left, gblas.Upper, gblas.Trans, gblas.NonUnit, n, n, 1, u, n, w, n)
	vec.BLAS.Dtrsm(gblas.Right, gblas.Upper, gblas.NoTrans, gblas.NonUnit, n, n, 1, u, n, w, n)
	if err := s.eigen(w, n); err != nil {
		return err
	}
	vec.BLAS.Dtrsm(gblas.Left, gblas.Upper, gblas.NoTrans, gblas.NonUnit, n, n, 1, u, n, s.v, n)
	return nil
}

// Solve writes (M + λI)⁻¹g to d, and tells whether M + λI is positive definite to working precision. which says which of the two
// dampings λ is where the bases depend on that.
func (m *Matrix) Solve(pool vec.Pool, d, g []float64, which int, lambda float64) bool {
	for i := range m.layers {
		m.solveLayer(i, d, g, which, lambda)
	}
	for i := range m.exact {
		b, u := &m.exact[i], m.u[i]
		n := b.size()
		if b.Diagonal {
			p := b.Spans[0]
			for j, v := range b.M {
				d[p.Offset+j] = g[p.Offset+j] / (v + lambda)
			}
			continue
		}
		copy(u, b.M)
		for j := range n {
			u[j*n+j] += lambda
		}
		if !m.chols[i].Factorize(pool, u, n) {
			return false
		}
		x := make([]float64, 0, n)
		for _, p := range b.Spans {
			x = append(x, g[p.Offset:][:p.Len]...)
		}
		m.chols[i].Solve(x, x)
		for _, p := range b.Spans {
			copy(d[p.Offset:][:p.Len], x)
			x = x[p.Len:]
		}
	}
	return true
}

// solveLayer is V_A·((V_AᵀGV_B) ∘ 1/(a_p b_q + c))·V_Bᵀ for the gradient G, inputs×outputs.
func (m *Matrix) solveLayer(i int, d, g []float64, which int, lambda float64) {
	l, s := &m.layers[i], &m.bases[i]
	side, c := &s.sides[0], lambda
	if s.two {
		side, c = &s.sides[which], 1 // the damping is part of the basis
	}
	n, h := l.Inputs, l.Outputs
	w := copy(s.g, g[l.Weight.Offset:][:l.Weight.Len])
	copy(s.g[w:], g[l.Bias.Offset:][:l.Bias.Len])
	product := func(c, a []float64, ta bool, b []float64, tb bool, rows, cols, inner int) {
		lda, ldb := inner, cols
		if ta {
			lda = rows
		}
		if tb {
			ldb = inner
		}
		kern.GemmFull(c, cols, a, lda, ta, b, ldb, tb, rows, cols, inner, false, &m.ws)
	}
	product(s.x, side.a.v, true, s.g, false, n, h, n)
	product(s.g, s.x, false, side.b.v, false, n, h, h)
	for p, a := range side.a.e {
		row := s.g[p*h : (p+1)*h]
		for q, b := range side.b.e {
			row[q] /= a*b + c
		}
	}
	product(s.x, side.a.v, false, s.g, false, n, h, n)
	product(s.g, s.x, false, side.b.v, true, n, h, h)
	copy(d[l.Weight.Offset:][:l.Weight.Len], s.g)
	copy(d[l.Bias.Offset:][:l.Bias.Len], s.g[w:])
}
