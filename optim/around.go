package optim

import (
	"context"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// Around is f with its functions called through around: to time them, to count them or to make one fail. around calls do once and
// returns its error, or an error instead. evaluation says that a loss or a gradient is asked for, not what only some methods need.
func (f Objective) Around(around func(evaluation bool, do func() error) error) Objective {
	valued := func(evaluation bool, of func() (float64, error)) (float64, error) {
		v := math.NaN()
		err := around(evaluation, func() (err error) {
			v, err = of()
			return err
		})
		return v, err
	}
	product := func(of func(ctx context.Context, dst, v, theta []float64) error) func(ctx context.Context, dst, v, theta []float64) error {
		if of == nil {
			return nil
		}
		return func(ctx context.Context, dst, v, theta []float64) error {
			return around(false, func() error { return of(ctx, dst, v, theta) })
		}
	}
	g := f
	g.Loss = func(ctx context.Context, theta []float64) (float64, error) {
		return valued(true, func() (float64, error) { return f.Loss(ctx, theta) })
	}
	g.Grad = func(ctx context.Context, grad, theta []float64) (float64, error) {
		return valued(true, func() (float64, error) { return f.Grad(ctx, grad, theta) })
	}
	g.HVP = product(f.HVP)
	if f.Squares == nil {
		return g
	}
	s, q := f.Squares, *f.Squares
	g.Squares = &q
	q.MulJT = product(s.MulJT)
	q.Scaled = func(ctx context.Context, dst, theta []float64) error {
		return around(false, func() error { return s.Scaled(ctx, dst, theta) })
	}
	q.Jacobian = func(ctx context.Context, dst []float64, first int, theta []float64) error {
		return around(false, func() error { return s.Jacobian(ctx, dst, first, theta) })
	}
	q.Kernel = func(ctx context.Context, k *mat.SymDense, theta []float64, of []Param) error {
		return around(false, func() error { return s.Kernel(ctx, k, theta, of) })
	}
	q.Normal = func(ctx context.Context, a *mat.SymDense, grad, theta []float64) (float64, error) {
		return valued(false, func() (float64, error) { return s.Normal(ctx, a, grad, theta) })
	}
	if s.Sample != nil {
		q.Sample = func(ctx context.Context, rows int, rng *rand.Rand) (part Objective, err error) {
			err = around(false, func() (err error) {
				part, err = s.Sample(ctx, rows, rng)
				return err
			})
			return part.Around(func(_ bool, do func() error) error { return around(false, do) }), err
		}
	}
	return g
}
