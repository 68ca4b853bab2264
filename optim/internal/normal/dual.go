package normal

import (
	"context"

	"github.com/crux-pinn/crux/optim/internal/vec"
)

// dual solves with the kernel, R×R, for R residuals and more parameters than that. By Woodbury's identity δ = Jᵀw with
//
//	(JJᵀ + λI)·w₀ = −s(θ)      (JJᵀ + λI)·(wᵢ₊₁ − wᵢ) = −(s(θ+δᵢ) + λwᵢ)
//
// It does not see what hooks have made of the gradient.
type dual struct {
	factored
	f        *Loss // of the point
	lambda   float64
	theta    []float64
	w        []float64
	residual []float64
	j        []float64 // J, then Y, all of it
}

func (m *dual) form(ctx context.Context, f *Loss, grad, theta []float64) (float64, error) {
	m.f = f
	m.resize(f.Rows)
	m.theta = append(m.theta[:0], theta...)
	loss, err := f.Grad(ctx, grad, theta)
	if err != nil {
		return loss, err
	}
	return loss, f.Kernel(ctx, m.a, theta)
}

// Factorize implements System.
func (m *dual) Factorize(ctx context.Context, lambda float64) (bool, error) {
	m.lambda = lambda
	p := len(m.theta)
	if m.n*p > mostDual {
		return m.factored.factorize(lambda, nil)
	}
	return m.factored.factorize(lambda, func(add func(y []float64, cols int)) error {
		m.j = vec.Sized(m.j, m.n*p)
		if err := m.f.Jacobian(ctx, m.j, 0, m.theta); err != nil {
			return err
		}
		add(m.j, p)
		return nil
	})
}

// Floor implements System.
func (m *dual) Floor() float64 {
	if m.n*len(m.theta) > mostDual {
		return m.Trace() * 0x1p-52
	}
	return m.factored.Floor()
}

// Start implements System.
func (m *dual) Start(ctx context.Context, d, s []float64) error {
	m.w = vec.Sized(m.w, m.n)
	clear(m.w)
	return m.Correct(ctx, d, s) // δ = 0 is as good a δ₋₁ as any
}

// Correct implements System.
func (m *dual) Correct(ctx context.Context, d, at []float64) error {
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
	return m.f.MulJT(ctx, d, m.w, m.theta)
}

// whitened is Correct for a factorisation of two stages. w is large, and Jᵀw loses what λ is small for; so it iterates
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
