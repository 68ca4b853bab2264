package optim

import (
	"context"
	"math"

	"github.com/crux-pinn/crux/optim/internal/vec"
)

// gaussNewton is a method that searches, from a linearised loss, for a point where the loss is lower.
type gaussNewton struct {
	resumable
	linearised
	progress progress

	d, x, best []float64 // the direction, a trial and the best of them, of P
}

// reset is the state before the first step.
func (m *gaussNewton) reset() {
	n := m.layout.n
	m.progress, m.matrixFree.draw = progress{}, 0
	m.linearised.fresh(n)
	m.d, m.x, m.best = make([]float64, n), make([]float64, n), make([]float64, n)
}

// enter does what a step of the named method begins with. Without an error, a is nil where there is no parameter to move.
func (m *gaussNewton) enter(ctx context.Context, name string, f Objective, theta []float64, gradTol float64) (r Residuals, a damped, loss float64, err error) {
	if err := m.layout.check(name, theta); err != nil {
		return nil, nil, math.NaN(), err
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, math.NaN(), err
	}
	if m.layout.n == 0 {
		loss, err = f.Loss(ctx, theta)
		return nil, nil, loss, err
	}
	if err := checkSquares(ctx, name, m.layout.n, f); err != nil {
		return nil, nil, math.NaN(), err
	}
	r = f.(Residuals)
	if a, loss, err = m.linearise(ctx, name, r, theta); err != nil {
		return r, a, loss, err
	}
	if vec.NormInf(m.g) <= gradTol {
		return r, a, loss, m.converged(name, GradientTolerance, loss)
	}
	if m.progress.enter(loss); m.progress.flat >= flatSteps {
		return r, a, loss, m.converged(name, RoundOff, loss)
	}
	return r, a, loss, nil
}

// accept ends a step from theta, where the loss was the first one, at m.best, where it is the second.
func (m *gaussNewton) accept(theta []float64, loss, after float64) {
	copy(theta, m.best)
	m.matrixFree.draw++
	m.progress.note(loss, after)
}

func (m *gaussNewton) converged(name string, r Reason, loss float64) error {
	return &ConvergedError{Method: name, Reason: r, Loss: loss, Grad: vec.NormInf(m.g)}
}
