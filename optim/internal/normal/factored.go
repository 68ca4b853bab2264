package normal

import (
	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/internal/linalg"
	"github.com/crux-pinn/crux/optim/internal/vec"
)

// factored is a symmetric matrix A = MMᵀ and a factorisation of A + λI, M = J or Jᵀ.
//
// Rounding hides the part of A that is below 1e-16 of its trace, whereas M is known to the square root of that. So for λ near that
// limit the factorisation has two stages, as in shifted Cholesky QR (Fukaya et al. 2020, SIAM J. Sci. Comput. 42, A477):
//
//	UᵀU = A + λ₀I    Y = U⁻ᵀM    VᵀV = YYᵀ + λU⁻ᵀU⁻¹    A + λI = (VU)ᵀ(VU)
//
// Y is computed from M to full relative precision, and the eigenvalues of VᵀV lie between λ/λ₀ and 1. On poisson1d of
// testdata/problems this is worth another digit of the solution. Blocks of columns of M contribute to YYᵀ one after the other.
type factored struct {
	pool    vec.Pool
	n       int
	a       *mat.SymDense
	entries []float64 // of a
	u       []float64 // A + λI or A + λ₀I, then its factor
	chol    linalg.Cholesky

	fine   bool      // the factorisation has two stages
	ready  bool      // b and w belong to A
	b, w   []float64 // YYᵀ, U⁻ᵀU⁻¹
	v      []float64 // b + λw, then its factor
	second linalg.Cholesky
}

const (
	fineBelow = 1e-13 // λ in units of the trace below which there are two stages
	coarse    = 1e-14 // λ₀ in units of the trace
	finest    = 1e-26 // the smallest λ
)

// resize makes room for n×n entries, which are undefined.
func (m *factored) resize(n int) {
	if m.n != n {
		m.entries, m.u = vec.Sized(m.entries, n*n), vec.Sized(m.u, n*n)
		m.n, m.a = n, mat.NewSymDense(n, m.entries)
	}
	m.ready = false
}

// Trace implements System.
func (m *factored) Trace() float64 {
	sum := 0.0
	for i := range m.n {
		sum += m.a.At(i, i)
	}
	return sum
}

// Floor is part of System, where M is at hand: blocks of J, or what was made of it.
func (m *factored) Floor() float64 { return m.Trace() * finest }

// Fine implements System.
func (m *factored) Fine() bool { return m.fine }

// shifted writes A + λI to u and factorises it.
func (m *factored) shifted(lambda float64) bool {
	n := m.n
	copy(m.u, m.a.RawSymmetric().Data)
	for i := range n {
		m.u[i*n+i] += lambda
	}
	m.ready = false
	return m.chol.Factorize(m.pool, m.u, n)
}

// factorize tells whether A + λI is positive definite to working precision. columns calls add for one block of columns of M
// after the other, n×cols, and add makes them columns of Y; it is nil where M cannot be had.
func (m *factored) factorize(lambda float64, columns func(add func(y []float64, cols int)) error) (bool, error) {
	trace := m.Trace()
	if m.fine = columns != nil && lambda < fineBelow*trace; !m.fine {
		return m.shifted(lambda), nil
	}
	n := m.n
	if !m.ready {
		shift := coarse * trace
		for !m.shifted(shift) {
			if shift *= 4; !(shift < 1e-8*trace) {
				return false, nil
			}
		}
		m.b, m.w, m.v = vec.Sized(m.b, n*n), vec.Sized(m.w, n*n), vec.Sized(m.v, n*n)
		clear(m.b)
		if err := columns(func(y []float64, cols int) {
			m.chol.SolveTMat(m.pool, y, cols)
			m.second.AddGram(m.pool, m.b, y, n, cols)
		}); err != nil {
			return false, err
		}
		clear(m.v)
		for i := range n {
			m.v[i*n+i] = 1
		}
		m.chol.SolveTMat(m.pool, m.v, n)
		clear(m.w)
		m.second.AddGram(m.pool, m.w, m.v, n, n)
		m.ready = true
	}
	for i := range n {
		for j := i; j < n; j++ {
			m.v[i*n+j] = m.b[i*n+j] + lambda*m.w[i*n+j]
		}
	}
	return m.second.Factorize(m.pool, m.v, n), nil
}

// solve writes the solution of (A + λI)x = b to x, which may be b.
func (m *factored) solve(x, b []float64) {
	if !m.fine {
		m.chol.Solve(x, b)
		return
	}
	m.chol.SolveT(x, b)
	m.second.Solve(x, x)
	m.chol.SolveU(x, x)
}
