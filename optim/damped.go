package optim

import (
	"cmp"
	"context"

	"github.com/crux-pinn/crux/optim/internal/vec"
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
	factorize(ctx context.Context, f Residuals, lambda float64) (bool, error)
	// floor is the smallest λ that makes sense.
	floor(f Residuals) float64
	// start writes δ₀ to d. s = s(θ).
	start(ctx context.Context, f Residuals, d, s []float64) error
	// correct turns δᵢ in d into δᵢ₊₁, given at = s(θ+δᵢ).
	correct(ctx context.Context, f Residuals, d, at []float64) error
}

// primal solves with the normal equations, P×P. Where they are factorised from J, it comes in blocks of rows.
type primal struct {
	factored
	block    int // rows of J at a time; 0 means what blockEntries allows
	lambda   float64
	theta    []float64 // the point of J
	grad     []float64
	from     []float64 // s there
	step     []float64 // s(θ+δ) − s(θ)
	residual []float64
	j, jt    []float64 // a block
}

const (
	blockEntries = 1 << 23 // of J in a block, which is there twice: 128 MB
	// Rows of a block are a multiple of this, the length of the sums that kern's products finish before they go to memory. So sums over
	// all rows have the bits of one product.
	blockMultiple = 192
	mostDual      = 1 << 25 // entries of J that dual keeps: 256 MB
)

func (m *primal) form(ctx context.Context, f Residuals, grad, theta []float64) (float64, error) {
	m.resize(len(theta))
	m.theta = append(m.theta[:0], theta...)
	loss, err := f.Normal(ctx, m.a, grad, theta)
	m.grad = append(m.grad[:0], grad...)
	return loss, err
}

func (m *primal) factorize(ctx context.Context, f Residuals, lambda float64) (bool, error) {
	m.lambda = lambda
	return m.factored.factorize(lambda, func(add func(y []float64, cols int)) error {
		return eachBlock(ctx, f, &m.j, m.theta, cmp.Or(m.block, blockRows(m.n)), func(_, n int) {
			m.jt = vec.Sized(m.jt, len(m.j))
			m.transpose(n)
			add(m.jt[:n*m.n], n)
		})
	})
}

// eachBlock computes J at theta in blocks of at most so many rows, and calls do for each: n rows from the first on are in j.
func eachBlock(ctx context.Context, f Residuals, j *[]float64, theta []float64, most int, do func(first, n int)) error {
	p, rows := len(theta), f.Rows()
	most = min(most, rows)
	*j = vec.Sized(*j, most*p)
	for first := 0; first < rows; first += most {
		n := min(most, rows-first)
		if err := f.Jacobian(ctx, (*j)[:n*p], first, theta); err != nil {
			return err
		}
		do(first, n)
	}
	return nil
}

// blockRows is the number of rows of a whole block for p parameters.
func blockRows(p int) int {
	return max(blockEntries/max(p, 1)/blockMultiple, 1) * blockMultiple
}

// transpose writes the transpose of n rows in m.j to m.jt, in tiles that stay in the cache.
func (m *primal) transpose(n int) {
	const tile = 64
	p := m.n
	m.pool.Run((p+tile-1)/tile, func(_, t int) {
		from, to := t*tile, min((t+1)*tile, p)
		for first := 0; first < n; first += tile {
			end := min(first+tile, n)
			for i := from; i < to; i++ {
				column := m.jt[i*n:][:n]
				for k := first; k < end; k++ {
					column[k] = m.j[k*p+i]
				}
			}
		}
	})
}

func (m *primal) start(_ context.Context, _ Residuals, d, s []float64) error {
	m.from = s
	m.solve(d, m.grad)
	vec.Scale(-1, d)
	return nil
}

func (m *primal) correct(ctx context.Context, f Residuals, d, at []float64) error {
	m.step, m.residual = vec.Sized(m.step, len(at)), vec.Sized(m.residual, len(d))
	for i, x := range at {
		m.step[i] = x - m.from[i]
	}
	if err := f.MulJT(ctx, m.residual, m.step, m.theta); err != nil {
		return err
	}
	for i, x := range d {
		m.residual[i] += m.grad[i] + m.lambda*x
	}
	m.solve(m.residual, m.residual)
	vec.Axpy(-1, m.residual, d)
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
	j        []float64 // J, then Y, all of it
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

func (m *dual) factorize(ctx context.Context, f Residuals, lambda float64) (bool, error) {
	m.lambda = lambda
	p := len(m.theta)
	if m.n*p > mostDual {
		return m.factored.factorize(lambda, nil)
	}
	return m.factored.factorize(lambda, func(add func(y []float64, cols int)) error {
		m.j = vec.Sized(m.j, m.n*p)
		if err := f.Jacobian(ctx, m.j, 0, m.theta); err != nil {
			return err
		}
		add(m.j, p)
		return nil
	})
}

func (m *dual) floor(f Residuals) float64 {
	if m.n*len(m.theta) > mostDual {
		return m.trace() * 0x1p-52
	}
	return m.factored.floor(f)
}

func (m *dual) start(ctx context.Context, f Residuals, d, s []float64) error {
	m.w = vec.Sized(m.w, m.n)
	clear(m.w)
	return m.correct(ctx, f, d, s) // δ = 0 is as good a δ₋₁ as any
}

func (m *dual) correct(ctx context.Context, f Residuals, d, at []float64) error {
	m.residual = vec.Sized(m.residual, m.n)
	if m.fine {
		m.whitened(d, at)
		return nil
	}
	for i, x := range at {
		m.residual[i] = x + m.lambda*m.w[i]
	}
	m.solve(m.residual, m.residual)
	vec.Axpy(-1, m.residual, m.w)
	return f.MulJT(ctx, d, m.w, m.theta)
}

// whitened is correct for a factorisation of two stages. w is large, and Jᵀw loses what λ is small for; so it iterates
// on z = Uw instead, with δ = Jᵀw = Yᵀz.
func (m *dual) whitened(d, at []float64) {
	t := m.residual
	m.chol.SolveU(t, m.w) // m.w holds z
	for i, x := range at {
		t[i] = x + m.lambda*t[i]
	}
	m.chol.SolveT(t, t)
	m.second.Solve(t, t)
	vec.Axpy(-1, t, m.w)
	clear(d)
	for i, z := range m.w {
		vec.Axpy(z, m.j[i*len(d):(i+1)*len(d)], d)
	}
}
