package optim

import (
	"context"

	"github.com/crux-pinn/crux/optim/internal/vec"
)

// Iterates are the first two iterates of a step at theta for λ, solved with the normal equations and J in blocks of so many rows, the
// kernel, without a matrix to the given tolerance and with a sample of so many rows, or in a sketch of so many directions.
func Iterates(ctx context.Context, form string, f Residuals, theta []float64, lambda, tolerance float64, rows int) (first, second []float64, err error) {
	a, s, err := formed(ctx, form, f, theta, lambda, tolerance, rows)
	if err != nil {
		return nil, nil, err
	}
	d := make([]float64, len(theta))
	if err := a.start(ctx, f, d, s); err != nil {
		return nil, nil, err
	}
	first = append(first, d...)
	x, at := append([]float64(nil), theta...), make([]float64, f.Rows())
	vec.Axpy(1, d, x)
	if err := f.Scaled(ctx, at, x); err != nil {
		return nil, nil, err
	}
	return first, d, a.correct(ctx, f, d, at)
}

// formed factorises at theta and returns s there.
func formed(ctx context.Context, form string, f Residuals, theta []float64, lambda, tolerance float64, rows int) (a damped, s []float64, err error) {
	var l linearised
	l.lend(2)
	l.fresh(len(theta))
	l.primal.block = rows
	a = &l.primal
	switch form {
	case "kernel":
		a = &l.dual
	case "no matrix":
		l.matrixFree.rows = rows
		a = &l.matrixFree
	case "sketch":
		l.sketched.rank = rows
		a = &l.sketched
	}
	if _, err := a.form(ctx, f, l.g, theta); err != nil {
		return nil, nil, err
	}
	l.matrixFree.tolerance = tolerance
	s = make([]float64, f.Rows())
	if err := f.Scaled(ctx, s, theta); err != nil {
		return nil, nil, err
	}
	_, err = a.factorize(ctx, f, lambda*a.trace())
	return a, s, err
}
