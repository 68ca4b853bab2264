package normal

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/crux-pinn/crux/internal/kern"
	"github.com/crux-pinn/crux/internal/linalg"
	"github.com/crux-pinn/crux/internal/seed"
	"github.com/crux-pinn/crux/optim/internal/vec"
)

// sketched solves in a random subspace that is made for the step, the span of JᵀΩ for an Ω of R×k normal numbers. With an orthonormal
// basis Q of it, P×k, and B = JQ:
//
//	δ = Qy      (BᵀB + λI)·y = −Qᵀ∇L
//
// BBᵀ = J·QQᵀ·Jᵀ is the Nyström approximation of JJᵀ from JJᵀΩ, which Guzmán-Cordero et al. (2025, arXiv 2505.12149) invert
// in the natural gradient. Here the step stays in the subspace: what JJᵀ has beyond the approximation would enter theirs
// with 1/λ, which is far too much as soon as λ is below the eigenvalues that were missed.
//
// J is computed twice, in blocks of rows, and costs 2·k·R·P multiplications each time, in place of R²·P/2 or R·P²/2. Memory is 8·k·(P + 2R)
// bytes, some matrices k×k and a block.
type sketched struct {
	factored        // BᵀB
	rank     int    // k; 0 means that nothing is sketched
	seed     uint64 // of Ω
	draw     uint64 // number of the step

	lambda           float64
	theta            []float64
	qt, bt           []float64 // Qᵀ, k×P, and Bᵀ, k×R
	grad             []float64 // Qᵀ∇L
	from             []float64 // s(θ)
	y, rhs           []float64 // of k
	step             []float64 // of R
	j, omega, copied []float64
	ws               []*kern.Workspace[float64]
}

// sketchTile is the number of columns or rows of a task.
const sketchTile = 120

func (m *sketched) form(ctx context.Context, f *Loss, grad, theta []float64) (float64, error) {
	m.resize(m.rank)
	m.theta = append(m.theta[:0], theta...)
	loss, err := f.Grad(ctx, grad, theta)
	if err != nil {
		return loss, err
	}
	k, p, rows := m.n, len(theta), f.Rows
	m.qt, m.bt = vec.Sized(m.qt, k*p), vec.Sized(m.bt, k*rows)
	for len(m.ws) < m.pool.Workers() {
		m.ws = append(m.ws, new(kern.Workspace[float64]))
	}
	rng := seed.Stream(m.seed, fmt.Sprintf("optim/sketch/%d", m.draw))
	clear(m.qt)
	most := blockRows(p)
	if err := eachBlock(ctx, f, &m.j, m.theta, most, func(_, n int) { m.gather(rng, n) }); err != nil {
		return loss, err
	}
	m.orthonormalise(p)
	if err := eachBlock(ctx, f, &m.j, m.theta, most, func(first, n int) { m.restrict(first, n, rows) }); err != nil {
		return loss, err
	}
	a := m.a.RawSymmetric().Data
	clear(a)
	m.chol.AddGram(m.pool, a, m.bt, k, rows)
	m.grad, m.y, m.rhs, m.step = vec.Sized(m.grad, k), vec.Sized(m.y, k), vec.Sized(m.rhs, k), vec.Sized(m.step, rows)
	m.project(m.grad, m.qt, grad)
	return loss, nil
}

// gather adds the part of n rows to (JᵀΩ)ᵀ.
func (m *sketched) gather(rng *rand.Rand, n int) {
	k, p := m.n, len(m.theta)
	m.omega = vec.Sized(m.omega, n*k)
	for i := range m.omega {
		m.omega[i] = rng.NormFloat64()
	}
	m.pool.Run((p+sketchTile-1)/sketchTile, func(worker, t int) {
		at := t * sketchTile
		kern.GemmTN(m.qt[at:], p, m.omega, k, m.j[at:], p, n, k, min(sketchTile, p-at), true, m.ws[worker])
	})
}

// restrict computes n columns of Bᵀ.
func (m *sketched) restrict(first, n, rows int) {
	k, p := m.n, len(m.theta)
	m.pool.Run((n+sketchTile-1)/sketchTile, func(worker, t int) {
		at := t * sketchTile
		kern.GemmFull(m.bt[first+at:], rows, m.qt, p, false, m.j[at*p:], p, true, k, min(sketchTile, n-at), p, false, m.ws[worker])
	})
}

// orthonormalise turns the rows of m.qt into an orthonormal basis of their span, by shifted Cholesky QR (Fukaya et al. 2020, SIAM J.
// Sci. Comput. 42, A477): the first two rounds bring a condition of 1e16 down to what the last can do without a shift. Directions that
// rounding has made up are as good as any. Rows that are all 0, or not finite, stay.
func (m *sketched) orthonormalise(p int) {
	k := m.n
	w := m.u // free until there is a λ
	var c linalg.Cholesky
	for range 3 {
		clear(w)
		c.AddGram(m.pool, w, m.qt, k, p)
		trace := 0.0
		for i := range k {
			trace += w[i*k+i]
		}
		if !(trace > 0) || !vec.Finite(trace) {
			return
		}
		for i := range k {
			w[i*k+i] += coarse * trace / float64(k)
		}
		if !c.Factorize(m.pool, w, k) {
			return // the rows span it all the same
		}
		c.SolveTMat(m.pool, m.qt, p)
	}
}

// Factorize implements System.
func (m *sketched) Factorize(_ context.Context, lambda float64) (bool, error) {
	m.lambda = lambda
	return m.factored.factorize(lambda, func(add func(y []float64, cols int)) error {
		m.copied = append(m.copied[:0], m.bt...)
		add(m.copied, len(m.bt)/m.n)
		return nil
	})
}

// Start implements System.
func (m *sketched) Start(_ context.Context, d, s []float64) error {
	m.from = s
	clear(d)
	m.move(d, m.grad)
	return nil
}

// Correct moves on in the subspace.
func (m *sketched) Correct(_ context.Context, d, at []float64) error {
	for i, x := range at {
		m.step[i] = x - m.from[i]
	}
	m.project(m.rhs, m.bt, m.step)
	m.project(m.y, m.qt, d)
	for i, y := range m.y {
		m.rhs[i] += m.grad[i] + m.lambda*y
	}
	m.move(d, m.rhs)
	return nil
}

// move adds −Q(BᵀB + λI)⁻¹b to d.
func (m *sketched) move(d, b []float64) {
	m.solve(m.y, b)
	p := len(d)
	for i, y := range m.y {
		kern.Axpy(d, -y, m.qt[i*p:(i+1)*p])
	}
}

// project writes the products of x with the rows of a matrix.
func (m *sketched) project(dst, rows, x []float64) {
	n := len(x)
	m.pool.Run(len(dst), func(_, i int) { dst[i] = kern.Dot(rows[i*n:(i+1)*n], x) })
}
