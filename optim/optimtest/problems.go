package optimtest

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/crux-pinn/crux/optim"
)

// Func is an objective given by one function, which writes the gradient and returns the loss. It remembers its last
// evaluation, as the solver does.
type Func struct {
	F func(grad, theta []float64) float64
	// Squares calls row for each residual s with its gradient ds, where the loss is ½Σs². It is nil for losses that are no
	// sums of squares.
	Squares func(theta []float64, row func(s float64, ds []float64))
	Count   int // residuals
	// Hess writes ∇²L(theta)·v to dst. If it is nil, HVP takes central differences of F, right to about 1e-8.
	Hess  func(dst, v, theta []float64)
	Evals int // evaluations of F

	theta, grad []float64
	loss        float64
}

// Objective is what methods see of it.
func (o *Func) Objective() optim.Objective {
	f := optim.Objective{Loss: o.Loss, Grad: o.Grad, HVP: o.hvp}
	if o.Squares == nil {
		f.NoSquares = errors.New("optimtest: the loss is not a sum of squares")
	} else {
		f.Squares = &optim.Squares{
			Rows: func() int { return o.Count }, Scaled: o.residual, MulJT: o.mulJT, Jacobian: o.jacobian, Kernel: o.kernel,
			Normal: o.normal, Sample: o.sample,
		}
	}
	return f
}

// Grad writes the gradient at theta and returns the loss there.
func (o *Func) Grad(ctx context.Context, grad, theta []float64) (float64, error) {
	if err := o.eval(ctx, theta); err != nil {
		return math.NaN(), err
	}
	copy(grad, o.grad)
	return o.loss, nil
}

// Loss is that at theta.
func (o *Func) Loss(ctx context.Context, theta []float64) (float64, error) {
	if err := o.eval(ctx, theta); err != nil {
		return math.NaN(), err
	}
	return o.loss, nil
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

// BowlFunc is [Bowl] in n parameters with its residuals √λ_i·θ_i.
func BowlFunc(n int, cond float64) *Func {
	return &Func{F: Bowl(cond), Count: n, Squares: func(theta []float64, row func(s float64, ds []float64)) {
		ds := make([]float64, n)
		for i, v := range theta {
			ds[i] = math.Sqrt(math.Pow(cond, float64(i)/float64(max(n-1, 1))))
			row(ds[i]*v, ds)
			ds[i] = 0
		}
	}}
}

// RosenbrockFunc is [Rosenbrock] in n parameters with its residuals, √2 times 10(θ_{i+1} − θ_i²) and 1 − θ_i.
func RosenbrockFunc(n int) *Func {
	return &Func{F: Rosenbrock, Count: 2 * (n - 1), Squares: func(theta []float64, row func(s float64, ds []float64)) {
		ds := make([]float64, n)
		for i := range n - 1 {
			ds[i], ds[i+1] = -20*math.Sqrt2*theta[i], 10*math.Sqrt2
			row(10*math.Sqrt2*(theta[i+1]-theta[i]*theta[i]), ds)
			ds[i], ds[i+1] = -math.Sqrt2, 0
			row(math.Sqrt2*(1-theta[i]), ds)
			ds[i] = 0
		}
	}}
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
