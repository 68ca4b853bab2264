package optimtest

import (
	"context"

	"gonum.org/v1/gonum/floats"
)

// hvp is HVP of the objective.
func (o *Func) hvp(ctx context.Context, dst, v, theta []float64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if o.Hess != nil {
		o.Hess(dst, v, theta)
		return nil
	}
	clear(dst)
	size := floats.Norm(v, 2)
	if size == 0 {
		return nil
	}
	h := 1e-5 * (1 + floats.Norm(theta, 2)) / size
	at, grad := make([]float64, len(theta)), make([]float64, len(theta))
	for _, sign := range []float64{1, -1} {
		floats.AddScaledTo(at, theta, sign*h, v)
		o.F(grad, at)
		floats.AddScaled(dst, sign/(2*h), grad)
	}
	return nil
}
