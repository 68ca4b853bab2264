package normal

import (
	"context"
	"math"

	"github.com/crux-pinn/crux/optim/internal/vec"
)

// matrixFree solves with products J·v and Jᵀ·u alone: for more parameters and residuals than a matrix has room for. Memory is that
// of the sample's matrices and some vectors, whatever P and R.
//
// Systems are solved by conjugate gradients, preconditioned with the same matrix on a sample S of the rows, which is
// factorised as the other forms do: by JₛᵀJₛ where S has more rows than there are parameters, otherwise by JₛJₛᵀ and
//
//	(JₛᵀJₛ + λI)⁻¹b = (b − Jₛᵀ(JₛJₛᵀ + λI)⁻¹Jₛb)/λ
//
// The sample gives the curvature at the cost of subsampled Newton methods (Roosta-Khorasani & Mahoney 2019, Math. Program. 174,
// 293), the iteration makes up for what it has missed, so the step and the fixed points are those of all rows. For
// n residuals that are values of smooth functions, few rows span nearly all of J: with λ at 1e-9 of the trace, 1000 of 4000 rows of a
// Poisson problem leave three iterations for each digit.
type matrixFree struct {
	sampler
	tolerance float64 // of a solve, relative, in the norm of the preconditioner's inverse

	f          *Loss // of the point
	lambda     float64
	theta      []float64 // the point of J
	grad, from []float64 // ∇L and s there
	change     []float64 // s(θ+δ) − s(θ)
	rhs, step  []float64
	cg         conjugate
}

// sampler is a factorised JᵀJ + λI on a sample of the rows.
type sampler struct {
	rows int    // wanted; 0 means [defaultRows]
	draw uint64 // number of the sample

	primal primal
	dual   dual
	part   *Loss   // the sample; nil where the objective has none
	side   sided   // of it
	scale  float64 // of JᵀJ: the sample's trace
}

// sided is a form that solves for any right-hand side.
type sided interface {
	System
	// invert writes (JᵀJ + λI)⁻¹b to x for the λ factorised last.
	invert(ctx context.Context, x, b []float64) error
}

const (
	// The relative residual of the first solve at most and at least. λ is steered by how far the first correction goes; with 0.3 in
	// place of 1e-3 that is mostly what the solve has left, λ stays where it is, and 13 steps of poisson2d_hard with 8577 parameters end at
	// 2.8e-7 in place of 2.0e-9.
	loosest, tightest = 1e-3, 1e-5
	looser            = 10 // corrections, each of which mends the last one
)

// sampleOf is the size of the sample of this many rows.
func sampleOf(wanted, rows int) int {
	if wanted > 0 {
		return wanted
	}
	return defaultRows(rows)
}

// defaultRows is the size of a sample of R rows. The sample's matrix then costs about as much as four solves' sweeps.
func defaultRows(rows int) int { return min(int(20*math.Sqrt(float64(rows))), 4000) }

func (m *matrixFree) form(ctx context.Context, f *Loss, grad, theta []float64) (float64, error) {
	m.f = f
	m.theta = append(m.theta[:0], theta...)
	loss, err := f.Grad(ctx, grad, theta)
	if err != nil {
		return loss, err
	}
	m.grad = append(m.grad[:0], grad...)
	m.tolerance = loosest
	if err := m.take(ctx, f, theta); err != nil {
		return loss, err
	}
	if m.part != nil {
		return loss, nil
	}
	// Without a sample the scale of JᵀJ is that along the gradient.
	m.change = vec.Sized(m.change, f.Rows)
	if err := f.MulJ(ctx, m.change, m.grad, m.theta); err != nil {
		return loss, err
	}
	if g := vec.Dot(m.grad, m.grad); g > 0 {
		m.scale = vec.Dot(m.change, m.change) / g
	}
	return loss, nil
}

// take draws a sample and forms its matrix.
func (m *sampler) take(ctx context.Context, f *Loss, theta []float64) error {
	m.part, m.side, m.scale = nil, nil, 0
	if f.Sample == nil {
		return nil
	}
	part, err := f.Sample(ctx, sampleOf(m.rows, f.Rows), m.draw)
	if err != nil {
		return err
	}
	m.part, m.side = part, &m.primal
	if part.Rows < len(theta) {
		m.side = &m.dual
	}
	if _, err := m.side.form(ctx, part, make([]float64, len(theta)), theta); err != nil {
		return err
	}
	m.scale = m.side.Trace()
	return nil
}

// Trace is an estimate.
func (m *matrixFree) Trace() float64 { return m.scale }

// Factorize is that of the sample. Its floor keeps the factorisation to one stage, which needs no J.
func (m *matrixFree) Factorize(ctx context.Context, lambda float64) (bool, error) {
	m.lambda = lambda
	if m.part == nil {
		return true, nil
	}
	return m.side.Factorize(ctx, lambda)
}

// Iterates implements System.
func (m *matrixFree) Iterates() bool { return true }

// Floor implements System.
func (m *matrixFree) Floor() float64 { return m.scale * fineBelow }

// Start implements System.
func (m *matrixFree) Start(ctx context.Context, d, s []float64) error {
	m.from = s
	if err := m.solve(ctx, d, m.grad, m.tolerance); err != nil {
		return err
	}
	vec.Scale(-1, d)
	return nil
}

// Correct begins from the residual of the nonlinear equation at δᵢ, so what an earlier solve has left is made up for as well.
func (m *matrixFree) Correct(ctx context.Context, d, at []float64) error {
	m.change, m.rhs, m.step = vec.Sized(m.change, len(at)), vec.Sized(m.rhs, len(d)), vec.Sized(m.step, len(d))
	for i, x := range at {
		m.change[i] = x - m.from[i]
	}
	if err := m.f.MulJT(ctx, m.rhs, m.change, m.theta); err != nil {
		return err
	}
	for i, x := range d {
		m.rhs[i] += m.grad[i] + m.lambda*x
	}
	if err := m.solve(ctx, m.step, m.rhs, looser*m.tolerance); err != nil {
		return err
	}
	vec.Axpy(-1, m.step, d)
	return nil
}

// solve writes an approximate solution of (JᵀJ + λI)x = b to x.
func (m *matrixFree) solve(ctx context.Context, x, b []float64, tolerance float64) error {
	return m.cg.solve(x, b, tolerance, system{
		norm2: func(p []float64) (float64, error) {
			m.change = vec.Sized(m.change, m.f.Rows)
			err := m.f.MulJ(ctx, m.change, p, m.theta)
			return vec.Dot(m.change, m.change) + m.lambda*vec.Dot(p, p), err
		},
		product: func(y, p []float64) error {
			if err := m.f.MulJT(ctx, y, m.change, m.theta); err != nil {
				return err
			}
			vec.Axpy(m.lambda, p, y)
			return nil
		},
		precondition: func(z, r []float64) error {
			if m.part == nil {
				copy(z, r)
				return nil
			}
			return m.side.invert(ctx, z, r)
		},
	})
}
