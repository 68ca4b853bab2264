package optim

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/internal/linalg"
)

// damped is what a Gauss–Newton step needs of the linear algebra: solutions of systems with the matrix JᵀJ + λI for several λ
// and one J.
//
// start and correct write the iterates of
//
//	(JᵀJ + λI)·δ₀ = −∇L      (JᵀJ + λI)·(δᵢ₊₁ − δᵢ) = −(∇L + Jᵀ(s(θ+δᵢ) − s(θ)) + λδᵢ)
//
// for the λ that was factorised last.
type damped interface {
	// form computes the matrix and the gradient at theta, and returns L(theta).
	form(ctx context.Context, f Residuals, grad, theta []float64) (float64, error)
	// trace is that of JᵀJ, the sum of all squares in J.
	trace() float64
	// factorize tells whether JᵀJ + λI is positive definite to working precision.
	factorize(lambda float64) bool
	// start writes δ₀ to d. s = s(θ).
	start(ctx context.Context, f Residuals, d, s []float64) error
	// correct turns δᵢ in d into δᵢ₊₁, given at = s(θ+δᵢ).
	correct(ctx context.Context, f Residuals, d, at []float64) error
}

// factored is a symmetric matrix, and a factor of it plus λI.
type factored struct {
	crew crew
	n    int
	a    *mat.SymDense
	u    []float64 // A + λI, then its factor
	chol linalg.Cholesky
}

// resize makes room for n×n entries, which are undefined.
func (m *factored) resize(n int) {
	if m.n != n {
		m.n, m.a, m.u = n, mat.NewSymDense(n, nil), make([]float64, n*n)
	}
}

func (m *factored) trace() float64 {
	sum := 0.0
	for i := range m.n {
		sum += m.a.At(i, i)
	}
	return sum
}

func (m *factored) factorize(lambda float64) bool {
	n := m.n
	copy(m.u, m.a.RawSymmetric().Data)
	for i := range n {
		m.u[i*n+i] += lambda
	}
	return m.chol.Factorize(m.crew, m.u, n)
}

// primal solves with the normal equations, P×P.
type primal struct {
	factored
	lambda   float64
	theta    []float64 // the point of J
	grad     []float64
	from     []float64 // s there
	step     []float64 // s(θ+δ) − s(θ)
	residual []float64
}

func (m *primal) form(ctx context.Context, f Residuals, grad, theta []float64) (float64, error) {
	m.resize(len(theta))
	m.theta = append(m.theta[:0], theta...)
	loss, err := f.Normal(ctx, m.a, grad, theta)
	m.grad = append(m.grad[:0], grad...)
	return loss, err
}

func (m *primal) factorize(lambda float64) bool {
	m.lambda = lambda
	return m.factored.factorize(lambda)
}

func (m *primal) start(_ context.Context, _ Residuals, d, s []float64) error {
	m.from = s
	m.chol.Solve(d, m.grad)
	scale(-1, d)
	return nil
}

func (m *primal) correct(ctx context.Context, f Residuals, d, at []float64) error {
	m.step, m.residual = sized(m.step, len(at)), sized(m.residual, len(d))
	for i, x := range at {
		m.step[i] = x - m.from[i]
	}
	if err := f.MulJT(ctx, m.residual, m.step, m.theta); err != nil {
		return err
	}
	for i, x := range d {
		m.residual[i] += m.grad[i] + m.lambda*x
	}
	m.chol.Solve(m.residual, m.residual)
	axpy(-1, m.residual, d)
	return nil
}

// dual solves with the kernel, R×R, for R residuals and more parameters than that. By Woodbury's identity δ = Jᵀw with
//
//	(JJᵀ + λI)·w₀ = −s(θ)      (JJᵀ + λI)·(wᵢ₊₁ − wᵢ) = −(s(θ+δᵢ) + λwᵢ)
//
// It does not see what hooks have made of the gradient.
type dual struct {
	factored
	lambda   float64
	theta    []float64
	w        []float64
	residual []float64
}

func (m *dual) form(ctx context.Context, f Residuals, grad, theta []float64) (float64, error) {
	m.resize(f.Rows())
	m.theta = append(m.theta[:0], theta...)
	loss, err := f.Grad(ctx, grad, theta)
	if err != nil {
		return loss, err
	}
	return loss, f.Kernel(ctx, m.a, theta, nil)
}

func (m *dual) factorize(lambda float64) bool {
	m.lambda = lambda
	return m.factored.factorize(lambda)
}

func (m *dual) start(ctx context.Context, f Residuals, d, s []float64) error {
	m.w = sized(m.w, m.n)
	m.chol.Solve(m.w, s)
	scale(-1, m.w)
	return f.MulJT(ctx, d, m.w, m.theta)
}

func (m *dual) correct(ctx context.Context, f Residuals, d, at []float64) error {
	m.residual = sized(m.residual, m.n)
	for i, x := range at {
		m.residual[i] = x + m.lambda*m.w[i]
	}
	m.chol.Solve(m.residual, m.residual)
	axpy(-1, m.residual, m.w)
	return f.MulJT(ctx, d, m.w, m.theta)
}

// sized returns x with n entries, which are undefined when it was shorter.
func sized(x []float64, n int) []float64 {
	if cap(x) < n {
		return make([]float64, n)
	}
	return x[:n]
}
