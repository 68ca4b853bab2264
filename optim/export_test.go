package optim

import "context"

// Iterates are the first two iterates of a step at theta for λ, solved with the normal equations, the kernel, or without a matrix to
// the given tolerance and with a sample of so many rows.
func Iterates(ctx context.Context, form string, f Residuals, theta []float64, lambda, tolerance float64, rows int) (first, second []float64, err error) {
	var l linearised
	l.lend(2)
	l.fresh(len(theta))
	a := damped(&l.primal)
	switch form {
	case "kernel":
		a = &l.dual
	case "no matrix":
		l.matrixFree.rows = rows
		a = &l.matrixFree
	}
	if _, err := a.form(ctx, f, l.g, theta); err != nil {
		return nil, nil, err
	}
	l.matrixFree.tolerance = tolerance
	s := make([]float64, f.Rows())
	if err := f.Scaled(ctx, s, theta); err != nil {
		return nil, nil, err
	}
	if _, err := a.factorize(ctx, f, lambda*a.trace()); err != nil {
		return nil, nil, err
	}
	d := make([]float64, len(theta))
	if err := a.start(ctx, f, d, s); err != nil {
		return nil, nil, err
	}
	first = append(first, d...)
	x, at := append([]float64(nil), theta...), make([]float64, f.Rows())
	axpy(1, d, x)
	if err := f.Scaled(ctx, at, x); err != nil {
		return nil, nil, err
	}
	return first, d, a.correct(ctx, f, d, at)
}
