package optim

import (
	"context"
	"errors"
)

// Curved is an Objective with exact products with its Hessian.
type Curved interface {
	Objective
	// HVP writes ∇²L(theta)·v to dst, both of length P. It costs about three gradients. dst is overwritten, and nothing is kept.
	// The Hessian is that of the loss itself: what gradient hooks have made of ∇L shows in Grad only.
	HVP(ctx context.Context, dst, v, theta []float64) error
}

var _ Curved = (*restricted)(nil)

var errNoHessian = errors.New("the objective has no products with its Hessian; use SSBroyden or LBFGS, which need gradients only")

// checkCurved reports an objective that cannot be asked for products with its Hessian.
func checkCurved(f Objective) error {
	for {
		r, ok := f.(*restricted)
		if !ok {
			break
		}
		f = r.f
	}
	if _, ok := f.(Curved); !ok {
		return errNoHessian
	}
	return nil
}

// HVP implements Curved: the rows and columns of the Hessian that belong to the group's parameters.
func (r *restricted) HVP(ctx context.Context, dst, v, theta []float64) error {
	f, ok := r.f.(Curved)
	if !ok {
		return errNoHessian
	}
	if r.along == nil {
		r.along = make([]float64, len(r.trial))
	}
	r.scatter(r.trial, theta)
	clear(r.along)
	r.scatter(r.along, v)
	if err := f.HVP(ctx, r.grad, r.along, r.trial); err != nil {
		return err
	}
	r.gather(dst, r.grad)
	return nil
}
