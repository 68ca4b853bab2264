// Package normal solves the damped normal equations of a sum of squares, (JᵀJ + λI)δ = −∇L, on the smaller side of J or in a random
// subspace.
package normal

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/optim/internal/vec"
)

// Loss is a loss ½‖s(θ)‖² with the derivatives J = ∂s/∂θ, R×P. Its functions are those of optim.Squares and optim.Objective.
type Loss struct {
	Rows     int // R
	Grad     func(ctx context.Context, grad, theta []float64) (float64, error)
	Scaled   func(ctx context.Context, dst, theta []float64) error
	MulJT    func(ctx context.Context, dst, u, theta []float64) error
	Jacobian func(ctx context.Context, dst []float64, first int, theta []float64) error
	Kernel   func(ctx context.Context, k *mat.SymDense, theta []float64) error
	Normal   func(ctx context.Context, a *mat.SymDense, grad, theta []float64) (float64, error)
}

// System solves systems with the matrix JᵀJ + λI for several λ and one J.
//
// Start and Correct write the iterates of
//
//	(JᵀJ + λI)·δ₀ = −∇L      (JᵀJ + λI)·(δᵢ₊₁ − δᵢ) = −(∇L + Jᵀ(s(θ+δᵢ) − s(θ)) + λδᵢ)
//
// for the λ that was factorised last.
type System interface {
	// Trace is that of JᵀJ, the sum of all squares in J.
	Trace() float64
	// Floor is the smallest λ that makes sense.
	Floor() float64
	// Factorize tells whether JᵀJ + λI is positive definite to working precision.
	Factorize(ctx context.Context, lambda float64) (bool, error)
	// Start writes δ₀ to d. s = s(θ), and stays as it is until the next Start.
	Start(ctx context.Context, d, s []float64) error
	// Correct turns δᵢ in d into δᵢ₊₁, given at = s(θ+δᵢ).
	Correct(ctx context.Context, d, at []float64) error

	// form computes the matrix and the gradient at theta, and returns L(theta).
	form(ctx context.Context, f *Loss, grad, theta []float64) (float64, error)
}

// Systems are the systems of one method.
type Systems struct {
	Block  int    // rows of J that are kept where JᵀJ + λI is factorised from J; 0 means about 64 MB of them
	Sketch int    // random directions of a step, where there are more parameters and rows than that; 0 leaves it to the size
	Seed   uint64 // of these directions
	Draw   uint64 // number of the step, of which directions are drawn

	primal   primal
	dual     dual
	sketched sketched
}

const (
	mostNormal = 5000 // the largest matrix of all rows that is factorised: two of them are 400 MB
	manyRandom = 300  // directions of a step where matrices would be larger than that
)

// directions is the number of random directions in which systems of this many rows and parameters are solved, or 0.
func (m *Systems) directions(rows, params int) int {
	n := min(rows, params)
	switch {
	case m.Sketch == 0 && n > mostNormal:
		return manyRandom
	case m.Sketch < n:
		return m.Sketch
	}
	return 0
}

// At evaluates f at theta, which must stay as it is until the next call. It writes ∇L to grad and returns L(theta) and the system of
// this point.
func (m *Systems) At(ctx context.Context, f *Loss, pool vec.Pool, grad, theta []float64) (System, float64, error) {
	m.primal.pool, m.dual.pool, m.sketched.pool = pool, pool, pool
	m.primal.block = m.Block
	var a System = &m.primal
	if k := m.directions(f.Rows, len(theta)); k > 0 {
		m.sketched.rank, m.sketched.seed, m.sketched.draw = k, m.Seed, m.Draw
		a = &m.sketched
	} else if f.Rows < len(theta) {
		a = &m.dual
	}
	loss, err := a.form(ctx, f, grad, theta)
	return a, loss, err
}

// rowBlocks is what an objective takes at most for blocks of rows when it is asked for JᵀJ or JJᵀ.
const rowBlocks = 100 << 20

// Memory is what a step takes for this many rows and parameters, in bytes, with what the objective takes to serve it.
func (m *Systems) Memory(rows, params int) int64 {
	r, p := int64(rows), int64(params)
	if k := int64(m.directions(rows, params)); k > 0 {
		return 40*k*k + 8*k*(p+2*r) + 8*(p+k)*min(r, int64(blockRows(params)))
	}
	n := min(r, p)
	bytes := 16*n*n + min(16*r*p, rowBlocks)
	switch {
	case r >= p:
		bytes += 24*n*n + 16*p*min(r, int64(blockRows(params)))
	case r*p <= mostDual:
		bytes += 24*n*n + 8*r*p
	}
	return bytes
}
