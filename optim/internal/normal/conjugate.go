package normal

import "github.com/crux-pinn/crux/optim/internal/vec"

// conjugate is the method of conjugate gradients (Hestenes & Stiefel 1952) with a preconditioner. What it needs of A and
// the direction p is pᵀAp first and Ap afterwards, which for A = JᵀJ + λI come one after the other out of Jp.
//
// The coefficient of the directions is that of Polak & Ribière, with the difference of two residuals: it forgives a preconditioner
// that is symmetric only up to rounding errors multiplied by the condition of A (Notay 2000, SIAM J. Sci. Comput. 22, 1444).
type conjugate struct {
	r, z, last, p, y []float64
}

// system is A and the preconditioner M.
type system struct {
	norm2        func(p []float64) (float64, error) // pᵀAp
	product      func(y, p []float64) error         // y = Ap, for the p of norm2
	precondition func(z, r []float64) error         // z = M⁻¹r
}

// mostIterations bounds a solve: a step with less than all of a poor direction still descends.
const mostIterations = 100

// solve iterates from 0 until the residual r = b − Ax has rᵀM⁻¹r ≤ tol²·bᵀM⁻¹b, which bounds the error's energy norm as far as M is
// like A. Every iterate descends in ½xᵀAx − bᵀx. What is not finite ends it and shows in x.
func (c *conjugate) solve(x, b []float64, tol float64, s system) error {
	n := len(x)
	for _, v := range []*[]float64{&c.r, &c.z, &c.last, &c.p, &c.y} {
		*v = vec.Sized(*v, n)
	}
	clear(x)
	copy(c.r, b)
	if err := s.precondition(c.z, c.r); err != nil {
		return err
	}
	copy(c.p, c.z)
	rz := vec.Dot(c.r, c.z)
	goal := tol * tol * rz
	for k := 0; rz > goal; k++ {
		curvature, err := s.norm2(c.p)
		if err != nil {
			return err
		}
		alpha := rz / curvature
		vec.Axpy(alpha, c.p, x)
		if k == mostIterations-1 || !vec.Finite(alpha) {
			break
		}
		if err := s.product(c.y, c.p); err != nil {
			return err
		}
		vec.Axpy(-alpha, c.y, c.r)
		copy(c.last, c.z)
		if err := s.precondition(c.z, c.r); err != nil {
			return err
		}
		next := vec.Dot(c.r, c.z)
		beta := (next - vec.Dot(c.r, c.last)) / rz
		rz = next
		for i, z := range c.z {
			c.p[i] = z + beta*c.p[i]
		}
	}
	return nil
}
