// Package normal solves the damped normal equations of a sum of squares, (JᵀJ + λI)δ = −∇L, on the smaller side of J.
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
	// Fine tells whether that factorisation was computed from J, as it is for the smallest λ.
	Fine() bool
	// Start writes δ₀ to d. s = s(θ), and stays as it is until the next Start.
	Start(ctx context.Context, d, s []float64) error
	// Correct turns δᵢ in d into δᵢ₊₁, given at = s(θ+δᵢ).
	Correct(ctx context.Context, d, at []float64) error

	// form computes the matrix and the gradient at theta, and returns L(theta).
	form(ctx context.Context, f *Loss, grad, theta []float64) (float64, error)
}

// Systems are the systems of one method.
type Systems struct {
	Block int // rows of J that are kept where JᵀJ + λI is factorised from J; 0 means about 64 MB of them

	primal primal
	dual   dual
}

// At evaluates f at theta, which must stay as it is until the next call. It writes ∇L to grad and returns L(theta) and the system of
// this point.
func (m *Systems) At(ctx context.Context, f *Loss, pool vec.Pool, grad, theta []float64) (System, float64, error) {
	var a System = &m.dual
	if f.Rows < len(theta) {
		m.primal = primal{}
	} else {
		a, m.dual = &m.primal, dual{}
	}
	m.primal.pool, m.dual.pool, m.primal.block = pool, pool, m.Block
	loss, err := a.form(ctx, f, grad, theta)
	return a, loss, err
}

// rowBlocks is what an objective takes at most for blocks of rows when it is asked for JᵀJ or JJᵀ.
const rowBlocks = 100 << 20

// Memory is what a step takes for this many rows and parameters, in bytes, with what the objective takes to serve it.
func (m *Systems) Memory(rows, params int) int64 {
	r, p := int64(rows), int64(params)
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
