package crux

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/optim"
)

var _ optim.LeastSquares = (*objective)(nil)

// Normal implements optim.LeastSquares for (1/N) Σ w_i L_i, whose L_i must all be mean squares. The gradient is that of
// Grad, so what gradient hooks have made of it counts here as well.
func (o *objective) Normal(ctx context.Context, a *mat.SymDense, grad, theta []float64) (float64, error) {
	for i, c := range o.s.problem.Constraints {
		if c.Loss.Kind != compiler.MSE {
			return math.NaN(), fmt.Errorf("crux: constraint %q is reduced by %s, which is no mean square; use mse there, or a method that needs gradients only, such as ssbroyden", o.s.cons[i].name, c.Loss.Kind)
		}
	}
	loss, err := o.Grad(ctx, grad, theta)
	if err != nil {
		return loss, err
	}
	a.Zero()
	n := float64(len(o.s.cons))
	for _, g := range o.s.groups {
		if err := ctx.Err(); err != nil {
			return loss, context.Cause(ctx)
		}
		for k, i := range g.members {
			g.w[k] = o.s.weights[i] / n
		}
		if err := g.program.AddGaussNewton(a.RawSymmetric().Data, theta, o.s.fixed, g.w); err != nil {
			return loss, err
		}
	}
	return loss, nil
}
