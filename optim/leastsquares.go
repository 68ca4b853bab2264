package optim

import (
	"context"
	"errors"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// LeastSquares is an Objective that is a weighted sum of squares, L(θ) = Σ_k c_k r_k(θ)², and knows its residuals'
// derivatives. [LevenbergMarquardt] asserts it.
type LeastSquares interface {
	Objective
	// Normal writes the Gauss–Newton matrix 2 Σ_k c_k ∇r_k∇r_kᵀ, P×P, to a and ∇L = 2 Σ_k c_k r_k ∇r_k to grad, and
	// returns L(theta). What the storage of a holds below the diagonal is undefined. grad and the loss are those of Grad.
	Normal(ctx context.Context, a *mat.SymDense, grad, theta []float64) (float64, error)
}

// Residuals is a LeastSquares objective that works row by row, without its P×P matrix. With the R scaled residuals
//
//	s_k(θ) = √(2 c_k)·r_k(θ)    J = ∂s/∂θ, R×P
//
// L = ½‖s‖², ∇L = Jᵀs, and Normal's matrix is JᵀJ. Methods for P ≫ R solve with K = JJᵀ, R×R, since by the identity of
// Woodbury
//
//	(JᵀJ + λI)⁻¹g = (g − Jᵀ(K + λI)⁻¹Jg)/λ    (JᵀJ + λI)⁻¹Jᵀs = Jᵀ(K + λI)⁻¹s
//
// and iterative ones need the products with J and Jᵀ alone. What gradient hooks have made of ∇L does not show here, only
// in Grad and Normal: the first form is right for any g.
//
// All slices are overwritten and not kept. The bits do not depend on the number of workers.
type Residuals interface {
	LeastSquares
	// Rows is R, the number of residuals over all points and components. It may change between two steps, not within one. It is
	// 0 when the loss is not a sum of squares; the other methods return an error then.
	Rows() int
	// Scaled writes s(theta) to dst, of length R.
	Scaled(ctx context.Context, dst, theta []float64) error
	// MulJ writes J·v to dst, of length R, for v of length P. It costs about one gradient and no memory to speak of.
	MulJ(ctx context.Context, dst, v, theta []float64) error
	// MulJT writes Jᵀ·u to dst, of length P, for u of length R. It costs about one gradient.
	MulJT(ctx context.Context, dst, u, theta []float64) error
	// Jacobian writes rows of J to dst, row-major: as many as it has room for, from row first on. len(dst) is a multiple of P. All
	// rows in blocks cost about as much as all at once, and have the same bits.
	Jacobian(ctx context.Context, dst []float64, first int, theta []float64) error
	// Kernel writes K = JJᵀ, R×R, to k. If of is not nil, only the columns of J that belong to these parameters count: K is
	// the sum of such parts. What the storage of k holds below the diagonal is undefined.
	Kernel(ctx context.Context, k *mat.SymDense, theta []float64, of []Param) error
}

var _ Residuals = (*restricted)(nil)

var errNoSquares = errors.New("the loss is not a sum of squares; use mean squares in all constraints, or SSBroyden or LBFGS, which need gradients only")

// Normal implements LeastSquares: the part of the matrix that belongs to the group's parameters.
func (r *restricted) Normal(ctx context.Context, a *mat.SymDense, grad, theta []float64) (float64, error) {
	ls, ok := r.f.(LeastSquares)
	if !ok {
		return 0, errNoSquares
	}
	n := len(r.trial)
	if r.normal == nil {
		r.normal = mat.NewSymDense(n, nil)
	}
	full := r.normal
	r.scatter(r.trial, theta)
	loss, err := ls.Normal(ctx, full, r.grad, r.trial)
	if err != nil {
		return loss, err
	}
	r.gather(grad, r.grad)
	for i, p := range r.spans {
		for j, q := range r.spans {
			for k := range p.Len {
				for l := range q.Len {
					if x, y := r.params[i].Offset+k, r.params[j].Offset+l; x <= y {
						a.SetSym(x, y, full.At(p.Offset+k, q.Offset+l))
					}
				}
			}
		}
	}
	return loss, nil
}

// Rows implements Residuals: the group sees all residuals.
func (r *restricted) Rows() int {
	if f, ok := r.f.(Residuals); ok {
		return f.Rows()
	}
	return 0
}

// Scaled implements Residuals.
func (r *restricted) Scaled(ctx context.Context, dst, theta []float64) error {
	f, ok := r.f.(Residuals)
	if !ok {
		return errNoSquares
	}
	r.scatter(r.trial, theta)
	return f.Scaled(ctx, dst, r.trial)
}

// MulJ implements Residuals, with the columns of J that belong to the group's parameters.
func (r *restricted) MulJ(ctx context.Context, dst, v, theta []float64) error {
	f, ok := r.f.(Residuals)
	if !ok {
		return errNoSquares
	}
	r.scatter(r.trial, theta)
	clear(r.grad)
	r.scatter(r.grad, v)
	return f.MulJ(ctx, dst, r.grad, r.trial)
}

// MulJT implements Residuals.
func (r *restricted) MulJT(ctx context.Context, dst, u, theta []float64) error {
	f, ok := r.f.(Residuals)
	if !ok {
		return errNoSquares
	}
	r.scatter(r.trial, theta)
	if err := f.MulJT(ctx, r.grad, u, r.trial); err != nil {
		return err
	}
	r.gather(dst, r.grad)
	return nil
}

// Jacobian implements Residuals.
func (r *restricted) Jacobian(ctx context.Context, dst []float64, first int, theta []float64) error {
	f, ok := r.f.(Residuals)
	if !ok {
		return errNoSquares
	}
	r.scatter(r.trial, theta)
	rows := len(dst) / max(len(theta), 1)
	full := make([]float64, rows*len(r.trial))
	if err := f.Jacobian(ctx, full, first, r.trial); err != nil {
		return err
	}
	for k := range rows {
		r.gather(dst[k*len(theta):][:len(theta)], full[k*len(r.trial):])
	}
	return nil
}

// Kernel implements Residuals.
func (r *restricted) Kernel(ctx context.Context, k *mat.SymDense, theta []float64, of []Param) error {
	f, ok := r.f.(Residuals)
	if !ok {
		return errNoSquares
	}
	full := []Param{}
	for i, q := range r.params {
		if of == nil || slices.ContainsFunc(of, func(p Param) bool { return p.Path == q.Path }) {
			full = append(full, r.spans[i])
		}
	}
	r.scatter(r.trial, theta)
	return f.Kernel(ctx, k, r.trial, full)
}
