// Package linalg holds the linear algebra behind the trackers: the ends of the spectrum of a matrix that is only known by
// its products, traces, percentiles and histograms.
package linalg

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Operator writes A·v to dst for a symmetric matrix A. It keeps neither slice.
type Operator func(dst, v []float64) error

// Lanczos is the symmetric Lanczos iteration with full reorthogonalisation, done twice (Kahan–Parlett: twice is enough).
//
// After m steps AV = VT + E with T tridiagonal; the eigenvalues of T, the Ritz values, approach the ends of A's spectrum
// first. When the Krylov space is exhausted (β ≤ 1e-10·‖T‖) the iteration continues with a fresh random vector orthogonal to
// everything before, so that a repeated eigenvalue is found as often as it is asked for and none is a copy made by rounding.
type Lanczos struct {
	Iters int        // products with A; more than n are not made
	Start []float64  // first vector, any length but 0; nil means random signs
	Rand  *rand.Rand // for random vectors; needed unless Start is given and the space is never exhausted

	Vectors int // Ritz vectors wanted, for the largest values; no more than there are values
}

// Ritz is what an iteration found.
type Ritz struct {
	Values []float64 // descending
	Bounds []float64 // an eigenvalue of A lies within Bounds[i] of Values[i]
	Mass   []float64 // weight of Values[i] in the spectral measure of the start vector, of sum 1
	Alpha  []float64 // diagonal of T
	Beta   []float64 // off-diagonal of T; 0 where the iteration started over

	Vectors [][]float64 // of the largest values, of norm 1
}

// breakdown is the β, relative to ‖T‖, below which the Krylov space counts as exhausted. What is dropped enters the bounds.
const breakdown = 1e-10

// Run iterates on the n×n matrix A.
func (l Lanczos) Run(ctx context.Context, n int, op Operator) (*Ritz, error) {
	if n < 1 || l.Iters < 1 {
		return nil, fmt.Errorf("linalg: Lanczos with %d iterations on %d dimensions; both must be positive", l.Iters, n)
	}
	v, err := l.first(n)
	if err != nil {
		return nil, err
	}
	m := min(l.Iters, n)
	basis := make([][]float64, 0, m)
	r := &Ritz{Alpha: make([]float64, 0, m), Beta: make([]float64, 0, m)}
	lost := make([]float64, m) // β that were dropped, and the last one
	var scale float64
	for j := range m {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		basis = append(basis, v)
		w := make([]float64, n)
		if err := op(w, v); err != nil {
			return nil, err
		}
		// w = A v_j − α_j v_j − β_{j−1} v_{j−1}, the last two terms as part of the projection.
		alpha := floats.Dot(v, w)
		orthogonalise(w, basis)
		beta := floats.Norm(w, 2)
		if math.IsNaN(alpha+beta) || math.IsInf(alpha+beta, 0) {
			return nil, errors.New("linalg: Lanczos: a product with the matrix is not finite")
		}
		r.Alpha = append(r.Alpha, alpha)
		scale = max(scale, math.Abs(alpha), beta)
		if j == m-1 {
			lost[j] = beta
			break
		}
		if beta > breakdown*scale {
			floats.Scale(1/beta, w)
			v, r.Beta = w, append(r.Beta, beta)
			continue
		}
		lost[j] = beta
		r.Beta = append(r.Beta, 0)
		if v, err = l.fresh(n, basis); err != nil {
			return nil, err
		}
	}
	return r, r.solve(n, lost, basis, min(l.Vectors, m))
}

// orthogonalise removes from w its part in the span of an orthonormal basis, twice: once leaves a part of the size of
// what cancelled. Both are classical Gram–Schmidt, by pieces of the vectors that stay in the cache; the coefficients of the
// second are gathered while the first is applied.
func orthogonalise(w []float64, basis [][]float64) {
	const piece = 1024
	c, d := make([]float64, len(basis)), make([]float64, len(basis))
	pieces := func(f func(from, to int)) {
		for from := 0; from < len(w); from += piece {
			f(from, min(from+piece, len(w)))
		}
	}
	pieces(func(from, to int) {
		for k, q := range basis {
			c[k] += floats.Dot(q[from:to], w[from:to])
		}
	})
	pieces(func(from, to int) {
		for k, q := range basis {
			floats.AddScaled(w[from:to], -c[k], q[from:to])
		}
		for k, q := range basis {
			d[k] += floats.Dot(q[from:to], w[from:to])
		}
	})
	pieces(func(from, to int) {
		for k, q := range basis {
			floats.AddScaled(w[from:to], -d[k], q[from:to])
		}
	})
}

func (l Lanczos) first(n int) ([]float64, error) {
	if l.Start == nil {
		return l.fresh(n, nil)
	}
	v := append([]float64(nil), l.Start...)
	norm := floats.Norm(v, 2)
	if len(v) != n || !(norm > 0) || math.IsInf(norm, 0) {
		return nil, fmt.Errorf("linalg: Lanczos: start vector of length %d and norm %v for %d dimensions", len(v), norm, n)
	}
	floats.Scale(1/norm, v)
	return v, nil
}

// fresh draws a unit vector orthogonal to the basis, which spans less than the whole space.
func (l Lanczos) fresh(n int, basis [][]float64) ([]float64, error) {
	if l.Rand == nil {
		return nil, errors.New("linalg: Lanczos needs Rand to draw a vector")
	}
	for range 100 {
		v := make([]float64, n)
		if len(basis) == 0 {
			Signs(v, l.Rand)
		} else {
			for i := range v {
				v[i] = l.Rand.NormFloat64()
			}
		}
		before := floats.Norm(v, 2)
		orthogonalise(v, basis)
		if norm := floats.Norm(v, 2); norm > 1e-8*before {
			floats.Scale(1/norm, v)
			orthogonalise(v, basis)
			floats.Scale(1/floats.Norm(v, 2), v)
			return v, nil
		}
	}
	return nil, errors.New("linalg: Lanczos: no vector is orthogonal to the space already searched")
}

// solve finds the Ritz values and their bounds. For T s = θ s the residual of the Ritz vector V s is Σ_j lost_j s_j w_j
// with unit vectors w_j, so an eigenvalue lies within Σ_j lost_j |s_j| of θ; rounding of the products adds a few ε‖T‖.
func (r *Ritz) solve(n int, lost []float64, basis [][]float64, vectors int) error {
	m := len(r.Alpha)
	t := mat.NewSymDense(m, nil)
	var scale float64
	for i, a := range r.Alpha {
		t.SetSym(i, i, a)
		scale = max(scale, math.Abs(a))
		if i < len(r.Beta) {
			t.SetSym(i, i+1, r.Beta[i])
			scale = max(scale, r.Beta[i])
		}
	}
	var eig mat.EigenSym
	if !eig.Factorize(t, true) {
		return errors.New("linalg: Lanczos: the eigenvalues of the tridiagonal matrix did not converge")
	}
	values := eig.Values(nil)
	var s mat.Dense
	eig.VectorsTo(&s)
	r.Values, r.Bounds, r.Mass = make([]float64, m), make([]float64, m), make([]float64, m)
	for i := range m {
		k := m - 1 - i
		r.Values[i] = values[k]
		b := 8 * epsilon * scale * math.Sqrt(float64(n))
		for j, x := range lost {
			b += x * math.Abs(s.At(j, k))
		}
		r.Bounds[i] = b
		r.Mass[i] = s.At(0, k) * s.At(0, k)
		if i < vectors {
			v := make([]float64, n)
			for j, q := range basis {
				floats.AddScaled(v, s.At(j, k), q)
			}
			r.Vectors = append(r.Vectors, v)
		}
	}
	return nil
}

const epsilon = 0x1p-52 // of float64
