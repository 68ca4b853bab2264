package normal

import (
	"cmp"
	"context"

	"github.com/crux-pinn/crux/internal/linalg"
	"github.com/crux-pinn/crux/optim/internal/vec"
)

// primal solves with the normal equations, P×P. Where they are factorised from J, it comes in blocks of rows.
type primal struct {
	factored
	block    int   // rows of J at a time; 0 means what blockEntries allows
	f        *Loss // of the point
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
	mostDual      = 1 << 26 // entries of J that dual keeps: 512 MB
)

func (m *primal) form(ctx context.Context, f *Loss, grad, theta []float64) (float64, error) {
	m.resize(len(theta))
	m.theta = append(m.theta[:0], theta...)
	m.f = f
	loss, err := f.Normal(ctx, m.a, grad, theta)
	m.grad = append(m.grad[:0], grad...)
	return loss, err
}

// Factorize implements System.
func (m *primal) Factorize(ctx context.Context, lambda float64) (bool, error) {
	m.lambda = lambda
	return m.factored.factorize(lambda, func(add func(y []float64, cols int)) error {
		return eachBlock(ctx, m.f, &m.j, m.theta, cmp.Or(m.block, blockRows(m.n)), func(_, n int) {
			m.jt = vec.Sized(m.jt, len(m.j))
			linalg.Transpose(m.pool, m.jt, m.j, n, m.n)
			add(m.jt[:n*m.n], n)
		})
	})
}

// eachBlock computes J at theta in blocks of at most the given number of rows, and calls do for each: n rows from the first on are in j.
func eachBlock(ctx context.Context, f *Loss, j *[]float64, theta []float64, most int, do func(first, n int)) error {
	p, rows := len(theta), f.Rows
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

// Start implements System.
func (m *primal) Start(_ context.Context, d, s []float64) error {
	m.from = s
	m.solve(d, m.grad)
	vec.Scale(-1, d)
	return nil
}

// Correct implements System.
func (m *primal) Correct(ctx context.Context, d, at []float64) error {
	m.step, m.residual = vec.Sized(m.step, len(at)), vec.Sized(m.residual, len(d))
	for i, x := range at {
		m.step[i] = x - m.from[i]
	}
	if err := m.f.MulJT(ctx, m.residual, m.step, m.theta); err != nil {
		return err
	}
	for i, x := range d {
		m.residual[i] += m.grad[i] + m.lambda*x
	}
	m.solve(m.residual, m.residual)
	vec.Axpy(-1, m.residual, d)
	return nil
}
