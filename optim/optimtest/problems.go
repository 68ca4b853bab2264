package optimtest

import (
	"context"
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Func is an objective given by one function, which writes the gradient and returns the loss. It remembers its last
// evaluation, as the solver does.
type Func struct {
	F     func(grad, theta []float64) float64
	Gauss func(a *mat.SymDense, theta []float64) // writes the Gauss–Newton matrix; nil for losses that are no sums of squares
	Evals int                                    // evaluations of F

	theta, grad []float64
	loss        float64
}

// Grad implements optim.Objective.
func (o *Func) Grad(ctx context.Context, grad, theta []float64) (float64, error) {
	if err := o.eval(ctx, theta); err != nil {
		return math.NaN(), err
	}
	copy(grad, o.grad)
	return o.loss, nil
}

// Loss implements optim.Objective.
func (o *Func) Loss(ctx context.Context, theta []float64) (float64, error) {
	if err := o.eval(ctx, theta); err != nil {
		return math.NaN(), err
	}
	return o.loss, nil
}

// Normal implements optim.LeastSquares, where Gauss is given.
func (o *Func) Normal(ctx context.Context, a *mat.SymDense, grad, theta []float64) (float64, error) {
	if o.Gauss == nil {
		return math.NaN(), errors.New("optimtest: the loss is no sum of squares")
	}
	loss, err := o.Grad(ctx, grad, theta)
	if err == nil {
		o.Gauss(a, theta)
	}
	return loss, err
}

func (o *Func) eval(ctx context.Context, theta []float64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if slices.Equal(o.theta, theta) {
		return nil
	}
	o.theta = append(o.theta[:0], theta...)
	o.grad = append(o.grad[:0], theta...)
	o.loss = o.F(o.grad, o.theta)
	o.Evals++
	return nil
}

// Bowl is the quadratic ½ Σ λ_i θ_i² whose curvatures λ run from 1 to cond in geometric progression. Its minimum is 0 at 0.
func Bowl(cond float64) func(grad, theta []float64) float64 {
	return func(grad, theta []float64) float64 {
		f := 0.0
		for i, v := range theta {
			l := math.Pow(cond, float64(i)/float64(max(len(theta)-1, 1)))
			grad[i] = l * v
			f += 0.5 * l * v * v
		}
		return f
	}
}

// BowlGauss writes the Gauss–Newton matrix of [Bowl]: its Hessian.
func BowlGauss(cond float64) func(a *mat.SymDense, theta []float64) {
	return func(a *mat.SymDense, theta []float64) {
		a.Zero()
		for i := range theta {
			a.SetSym(i, i, math.Pow(cond, float64(i)/float64(max(len(theta)-1, 1))))
		}
	}
}

// RosenbrockGauss writes the Gauss–Newton matrix of [Rosenbrock], whose residuals are 10(θ_{i+1} − θ_i²) and 1 − θ_i.
func RosenbrockGauss(a *mat.SymDense, theta []float64) {
	a.Zero()
	for i := range len(theta) - 1 {
		a.SetSym(i, i, a.At(i, i)+800*theta[i]*theta[i]+2)
		a.SetSym(i, i+1, -400*theta[i])
		a.SetSym(i+1, i+1, 200)
	}
}

// Rosenbrock is the chained valley Σ 100(θ_{i+1} − θ_i²)² + (1 − θ_i)² (Rosenbrock 1960), which is to be followed along its
// bend. Its minimum is 0 at (1, …, 1); from four parameters on there is another local one, about 4, near (−1, 1, …, 1).
// The customary start is [RosenbrockStart].
func Rosenbrock(grad, theta []float64) float64 {
	clear(grad)
	f := 0.0
	for i := range len(theta) - 1 {
		a, b := theta[i+1]-theta[i]*theta[i], 1-theta[i]
		f += 100*a*a + b*b
		grad[i] += -400*a*theta[i] - 2*b
		grad[i+1] += 200 * a
	}
	return f
}

// RosenbrockStart returns (−1.2, 1, −1.2, 1, …).
func RosenbrockStart(n int) []float64 {
	theta := make([]float64, n)
	for i := range theta {
		theta[i] = -1.2 + 2.2*float64(i%2)
	}
	return theta
}
