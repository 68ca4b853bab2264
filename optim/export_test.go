package optim

import "context"

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
	axpy(1, d, x)
	if err := f.Scaled(ctx, at, x); err != nil {
		return nil, nil, err
	}
	return first, d, a.correct(ctx, f, d, at)
}

// Resumed is the step at theta that is pulled towards phi.
func Resumed(ctx context.Context, form string, f Residuals, theta, phi []float64, lambda, tolerance float64, rows int) ([]float64, error) {
	a, s, err := formed(ctx, form, f, theta, lambda, tolerance, rows)
	if err != nil {
		return nil, err
	}
	d := make([]float64, len(theta))
	return d, a.resume(ctx, f, d, s, phi)
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

// Iterating makes a natural gradient solve as it does where P and R are above 5000, with a sample of so many rows.
func Iterating(m Method, rows int) Method {
	switch m := m.(type) {
	case *NaturalGradient:
		m.always, m.matrixFree.rows = true, rows
	case *SPRING:
		m.always, m.matrixFree.rows = true, rows
	}
	return m
}
