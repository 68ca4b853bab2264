package optim_test

import (
	"context"
	"math"
	"slices"
)

// funcObjective is an objective given by one function. It remembers its last evaluation, as the solver does, and counts the others.
type funcObjective struct {
	f     func(grad, x []float64) float64 // grad is never nil
	evals int

	x, g []float64
	loss float64
}

func (o *funcObjective) Grad(_ context.Context, grad, theta []float64) (float64, error) {
	if !slices.Equal(o.x, theta) {
		o.x, o.g = append(o.x[:0], theta...), append(o.g[:0], theta...)
		o.loss = o.f(o.g, theta)
		o.evals++
	}
	copy(grad, o.g)
	return o.loss, nil
}

func (o *funcObjective) Loss(ctx context.Context, theta []float64) (float64, error) {
	return o.Grad(ctx, nil, theta)
}

// rosenbrock is Σ 100(x_{i+1} − x_i²)² + (1 − x_i)² (Rosenbrock 1960; Moré, Garbow & Hillstrom 1981, problem 21 for
// separate pairs; this is the chained form). The minimum is 0 at (1, …, 1).
func rosenbrock(grad, x []float64) float64 {
	clear(grad)
	f := 0.0
	for i := range len(x) - 1 {
		a, b := x[i+1]-x[i]*x[i], 1-x[i]
		f += 100*a*a + b*b
		grad[i] += -400*a*x[i] - 2*b
		grad[i+1] += 200 * a
	}
	return f
}

// bowl is ½ Σ λ_i x_i² with λ from 1 to cond in geometric progression.
func bowl(cond float64) func(grad, x []float64) float64 {
	return func(grad, x []float64) float64 {
		f := 0.0
		for i, v := range x {
			l := math.Pow(cond, float64(i)/float64(max(len(x)-1, 1)))
			grad[i] = l * v
			f += 0.5 * l * v * v
		}
		return f
	}
}
