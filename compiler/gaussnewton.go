package compiler

import (
	"unsafe"

	"github.com/crux-pinn/crux/internal/kern"
)

// blockBytes is the memory for a block of rows of J; there is a second copy of it, in panels.
const blockBytes = 48 << 20

// AddGaussNewton adds the Gauss–Newton matrix of Σ_i w_i L_i to a, a row-major P×P matrix of which the upper triangle
// counts and the strict lower one is scratch:
//
//	A += Σ_i w_i f_i Σ_k 2 v_k ∂r_ik/∂θᵀ ∂r_ik/∂θ
//
// where L_i = f_i Σ_k v_k r_ik² is a mean square over the points k with weights v_k, those of SetPointWeights included. It is
// the Hessian but for the terms with second derivatives of r, and JᵀJ for the J of MulJT. J is computed in blocks of rows, so
// memory stays below 100 MB whatever their number. All reductions must be [MSE], no point weight may be negative, and neither
// may w. Residuals with w_i = 0 are skipped. The bits do not depend on the number of workers.
func (p *Program) AddGaussNewton(a, theta, fixed, w []float64) error {
	n := p.layout.Len()
	if w == nil {
		w = []float64{}
	}
	if err := p.checkRows(theta, fixed, w, size{"entries of the matrix", len(a), n * n}); err != nil {
		return err
	}
	return p.run.gaussNewton(a, theta, fixed, w)
}

// gaussNewton fills blocks with rows of J, as many as there is room for, whichever residual they belong to.
func (r *typedRunner[T]) gaussNewton(a, theta, fixed, w []float64) error {
	width := r.p.layout.Len()
	if width == 0 {
		return nil
	}
	most := max(blockBytes/(width*int(unsafe.Sizeof(T(0)))), 1)
	for i := range w {
		most = max(most, r.p.Dim(i))
	}
	most = min(most, r.p.Rows())
	block := r.blockOf(most * width)
	scale := r.scale[:0]
	for i := range w {
		if w[i] == 0 {
			continue
		}
		dim := r.p.Dim(i)
		for first := 0; first < r.p.n; {
			n := min(r.p.n-first, (most-len(scale))/dim)
			if n == 0 {
				r.addBlock(a, block, width, scale)
				scale = scale[:0]
				continue
			}
			if err := r.jacobianRows(i, first*dim, (first+n)*dim, block[len(scale)*width:], width, theta, fixed); err != nil {
				return err
			}
			for k := first; k < first+n; k++ {
				s := T(r.p.rowScale(i, k, w))
				for range dim {
					scale = append(scale, s)
				}
			}
			first += n
		}
	}
	if len(scale) > 0 {
		r.addBlock(a, block, width, scale)
	}
	r.scale = scale
	return nil
}

// addBlock adds the product of a block's rows, each multiplied with its scale.
func (r *typedRunner[T]) addBlock(a []float64, block []T, width int, scale []T) {
	r.panels.resize(len(scale), width)
	multiply := kern.ConstTable[T]()[kern.OpMulC]
	r.p.pool.Run(r.panels.count(), func(_, t int) {
		dst, col, w := r.panels.panel(t)
		for k, s := range scale {
			multiply(dst[k*w:(k+1)*w], block[k*width+col:][:w], nil, s)
		}
	})
	r.gram.add(r.p.pool, a, width, &r.panels)
}

// normalScratch is what gaussNewton keeps between calls.
type normalScratch[T kern.Float] struct {
	block  []T
	scale  []T
	panels panels[T]
	gram   gram[T]
}

// blockOf is memory for n entries of J.
func (s *normalScratch[T]) blockOf(n int) []T {
	if len(s.block) < n {
		s.block = kern.AlignedSlice[T](n)
	}
	return s.block[:n]
}
