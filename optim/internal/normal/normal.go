// Package normal solves the damped normal equations of a sum of squares, (JᵀJ + λI)δ = −∇L, on the smaller side of J, by products
// where neither is small, or in a random subspace.
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
	MulJ     func(ctx context.Context, dst, v, theta []float64) error
	MulJT    func(ctx context.Context, dst, u, theta []float64) error
	Jacobian func(ctx context.Context, dst []float64, first int, theta []float64) error
	Kernel   func(ctx context.Context, k *mat.SymDense, theta []float64) error
	Normal   func(ctx context.Context, a *mat.SymDense, grad, theta []float64) (float64, error)
	Sample   func(ctx context.Context, rows int, draw uint64) (*Loss, error) // nil where there is none
}

// System solves systems with the matrix JᵀJ + λI for several λ and one J.
//
// Start and Correct write the iterates of
//
//	(JᵀJ + λI)·δ₀ = −∇L      (JᵀJ + λI)·(δᵢ₊₁ − δᵢ) = −(∇L + Jᵀ(s(θ+δᵢ) − s(θ)) + λδᵢ)
//
// for the λ that was factorised last.
type System interface {
	// Trace is that of JᵀJ, the sum of all squares in J, or an estimate of it.
	Trace() float64
	// Floor is the smallest λ that makes sense.
	Floor() float64
	// Iterates tells whether systems are solved by iteration, so that a correction costs as much as a tenth of a step.
	Iterates() bool
	// Factorize tells whether JᵀJ + λI is positive definite to working precision.
	Factorize(ctx context.Context, lambda float64) (bool, error)
	// Start writes δ₀ to d. s = s(θ), and stays as it is until the next Start.
	Start(ctx context.Context, d, s []float64) error
	// Correct turns δᵢ in d into δᵢ₊₁, given at = s(θ+δᵢ).
	Correct(ctx context.Context, d, at []float64) error

	// form computes the matrix and the gradient at theta, and returns L(theta).
	form(ctx context.Context, f *Loss, grad, theta []float64) (float64, error)
}

// Form is a way of solving.
type Form int

const (
	BySize    Form = iota // what suits the numbers of rows and parameters
	Primal                // with JᵀJ
	Dual                  // with JJᵀ
	Iterative             // without a matrix of all rows
)

// Systems are the systems of one method.
type Systems struct {
	Form   Form   // the zero value chooses by size
	Block  int    // rows of J that are kept where JᵀJ + λI is factorised from J; 0 means about 64 MB of them
	Rows   int    // of the sample that systems without a matrix are preconditioned with; 0 leaves it to them
	Sketch int    // random directions of a step, where there are more parameters and rows than that; 0 means all
	Seed   uint64 // of these directions
	Draw   uint64 // number of the step, of which sample and directions are drawn

	primal     primal
	dual       dual
	matrixFree matrixFree
	sketched   sketched
}

// mostNormal is the largest matrix of all rows that is factorised: two of them are 400 MB.
const mostNormal = 5000

// sketches tells whether systems are solved in a random subspace.
func (m *Systems) sketches(rows, params int) bool {
	return m.Sketch > 0 && m.Sketch < min(rows, params)
}

// iterates tells whether systems of this many rows and parameters are solved without a matrix of all rows.
func (m *Systems) iterates(rows, params int) bool {
	return m.Form == Iterative || m.Form == BySize && min(rows, params) > mostNormal
}

// At evaluates f at theta, which must stay as it is until the next call. It writes ∇L to grad and returns L(theta) and the system of
// this point.
func (m *Systems) At(ctx context.Context, f *Loss, pool vec.Pool, grad, theta []float64) (System, float64, error) {
	m.primal.pool, m.dual.pool, m.sketched.pool = pool, pool, pool
	m.matrixFree.primal.pool, m.matrixFree.dual.pool = pool, pool
	m.matrixFree.rows, m.matrixFree.draw = m.Rows, m.Draw
	m.sketched.rank, m.sketched.seed, m.sketched.draw = m.Sketch, m.Seed, m.Draw
	m.primal.block = m.Block
	var a System = &m.primal
	switch {
	case m.sketches(f.Rows, len(theta)):
		a = &m.sketched
	case m.iterates(f.Rows, len(theta)):
		a = &m.matrixFree
	case m.Form == Dual || m.Form == BySize && f.Rows < len(theta):
		a = &m.dual
	}
	loss, err := a.form(ctx, f, grad, theta)
	return a, loss, err
}

// Tolerate sets the relative error of solves by iteration at the point of At, which is [Forcing] of 1 otherwise.
func (m *Systems) Tolerate(tolerance float64) { m.matrixFree.tolerance = tolerance }

// Forcing is the tolerance with which solves are as accurate as the outer steps are good: by choice 2 of Eisenstat & Walker (1996,
// SIAM J. Sci. Comput. 17, 16), η = 0.9·(‖s_k‖/‖s_{k−1}‖)², for the last step's ratio of the losses.
func Forcing(ratio float64) float64 { return min(max(0.9*ratio, tightest), loosest) }

// rowBlocks is what an objective takes at most for blocks of rows when it is asked for JᵀJ or JJᵀ.
const rowBlocks = 100 << 20

// Memory is what a step takes for this many rows and parameters, in bytes, with what the objective takes to serve it.
func (m *Systems) Memory(rows, params int) int64 {
	r, p := int64(rows), int64(params)
	if m.sketches(rows, params) {
		k := int64(m.Sketch)
		return 40*k*k + 8*k*(p+2*r) + 8*(p+k)*min(r, int64(blockRows(params)))
	}
	if m.iterates(rows, params) {
		n := min(int64(sampleOf(m.Rows, rows)), r, p)
		return 16*n*n + min(16*n*p, rowBlocks)
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
