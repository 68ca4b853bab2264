package compiler

import (
	"fmt"
	"math"
)

// blockBytes is the memory for a block of rows of J; there is a second copy of it, in panels.
const blockBytes = 12 << 20

// AddGaussNewton adds the Gauss–Newton matrix of Σ_i w_i L_i to a, a row-major P×P matrix of which the upper triangle
// counts and the strict lower one is scratch:
//
//	A += Σ_i w_i f_i Σ_k 2 v_k ∂r_ik/∂θᵀ ∂r_ik/∂θ
//
// where L_i = f_i Σ_k v_k r_ik² is a mean square over the points k with weights v_k, those of SetPointWeights included. It is the Hessian but for the terms
// with second derivatives of r. J is computed in blocks of points, so memory stays below 40 MB whatever their number. All
// reductions must be [MSE], no point weight may be negative, and neither may w. Residuals with w_i = 0 are skipped. The
// bits do not depend on the number of workers.
func (p *Program) AddGaussNewton(a, theta, fixed, w []float64) error {
	n := p.layout.Len()
	if err := p.check(theta, fixed, size{"weights", len(w), p.Len()}, size{"entries of the matrix", len(a), n * n}); err != nil {
		return err
	}
	for i, r := range p.group.Residuals {
		if r.Loss.Kind != MSE {
			return fmt.Errorf("compiler: %q is reduced by %s; a Gauss–Newton matrix needs mean squares (mse)", r.Name, r.Loss.Kind)
		}
		if w[i] == 0 {
			continue
		}
		if !(w[i] > 0) {
			return fmt.Errorf("compiler: %q has weight %v; a Gauss–Newton matrix needs weights that are not negative", r.Name, w[i])
		}
		if err := p.run.gaussNewton(i, a, theta, fixed, 2*w[i]*p.factors[i]); err != nil {
			return err
		}
	}
	return nil
}

// gaussNewton adds c Σ_k v_k J_kᵀJ_k for residual i. A block holds rows J_k as the machine writes them, and then
// √(c·v_k)·J_k in panels, which the products read.
func (r *typedRunner[T]) gaussNewton(i int, a, theta, fixed []float64, c float64) error {
	width, dim := r.p.layout.Len(), r.p.Dim(i)
	most := min(r.p.n, max(1, blockBytes/(8*width*dim)))
	block := r.blockOf(most * dim * width)
	clear(block) // columns of parameters that the residual does not depend on stay 0
	blocks := (r.p.n + most - 1) / most
	for b := range blocks {
		first, end := r.p.n*b/blocks, r.p.n*(b+1)/blocks
		if err := r.jacobianRows(i, first, end-first, block, width, theta, fixed); err != nil {
			return err
		}
		scale := r.scale[:0]
		for k := first; k < end; k++ {
			v := c
			if ws := r.p.weights[i]; ws != nil {
				v *= ws[k]
			}
			if v < 0 {
				return fmt.Errorf("compiler: %q: point %d has weight %v; a Gauss–Newton matrix needs weights that are not negative", r.p.group.Residuals[i].Name, k, r.p.weights[i][k])
			}
			for range dim {
				scale = append(scale, math.Sqrt(v))
			}
		}
		r.scale = scale
		r.panels.resize(len(scale), width)
		r.p.pool.Run(r.panels.count(), func(_, t int) {
			dst, col, w := r.panels.panel(t)
			for k, s := range scale {
				src := block[k*width+col:][:w]
				for j, x := range src {
					dst[k*w+j] = s * float64(x)
				}
			}
		})
		r.gram.add(r.p.pool, a, width, &r.panels, &r.panels)
	}
	return nil
}

// normalScratch is what gaussNewton keeps between calls.
type normalScratch[T any] struct {
	block  []T
	scale  []float64
	panels panels
	gram   gram
}

// blockOf is memory for n entries of J.
func (s *normalScratch[T]) blockOf(n int) []T {
	if len(s.block) < n {
		s.block = make([]T, n)
	}
	return s.block[:n]
}
