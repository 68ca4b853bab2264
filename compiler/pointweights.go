package compiler

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/crux-pinn/crux/internal/kern"
)

// SetPointWeights gives the points of residual i, which must be ByPoint, weights μ in training:
//
//	L̃_i = f_i Σ_k μ_k v_k ρ(r_ik)  in place of  L_i = f_i Σ_k v_k ρ(r_ik)
//
// where v are the weights of a quadrature rule, if there are any. Gradient, TrainingLosses, TrainingHVP, AddGaussNewton and what works on
// weighted rows (Scaled, MulJT and [Kernel]) see them; losses, GradientOf, HVP, Residuals and Jacobian do not. μ is copied.
// It is 1 everywhere after SetPoints. Nothing is compiled again.
func (p *Program) SetPointWeights(i int, mu []float64) error {
	if i < 0 || i >= p.Len() || !p.group.Residuals[i].ByPoint {
		return fmt.Errorf("compiler: group %q: residual %d has no weights of its points; compile it with ByPoint", p.group.Name, i)
	}
	if len(mu) != p.n {
		return fmt.Errorf("compiler: %q: %d weights for %d points", p.group.Residuals[i].Name, len(mu), p.n)
	}
	for k, m := range mu {
		if !(m >= 0) || math.IsInf(m, 0) {
			return fmt.Errorf("compiler: %q: the weight of point %d is %v; it must be finite and not negative", p.group.Residuals[i].Name, k, m)
		}
	}
	p.run.setPointWeights(i, mu)
	own := append(p.own[i][:0], mu...)
	for k, v := range p.measure {
		own[k] *= v
	}
	p.own[i], p.weights[i] = own, own
	return nil
}

// quadrature keeps the weights of the points, nil without, and forgets those of SetPointWeights.
func (p *Program) quadrature(v []float64) {
	p.measure = nil
	if p.group.Weighted {
		p.measure = slices.Clone(v)
	}
	if p.weights == nil {
		p.weights, p.own = make([][]float64, p.Len()), make([][]float64, p.Len())
	}
	for i := range p.weights {
		p.weights[i] = p.measure
	}
}

// TrainingLosses writes the losses with the weights of the points at the parameters of the latest Losses or Gradient. Where a
// residual has none, it is the loss itself.
func (p *Program) TrainingLosses(dst []float64) error {
	if len(dst) != p.Len() {
		return fmt.Errorf("compiler: group %q: %d losses, there are %d", p.group.Name, len(dst), p.Len())
	}
	by := p.Len()
	for i, r := range p.group.Residuals {
		sum := p.sums[i]
		if r.ByPoint {
			sum = p.sums[by]
			by++
		}
		dst[i] = kern.Sum(sum) * p.factors[i]
	}
	return nil
}

// TrainingResiduals are the values of residual i, Points×Dim(i), at the parameters of the latest Gradient, which has found them
// on its way. They are valid until the next one. Nil unless the residual is ByPoint.
func (p *Program) TrainingResiduals(i int) []float64 { return p.residuals[i] }

// pointColumn is the column of point weights of residual i, under a name that no user can give.
func pointColumn(i int) string { return "\x00point/" + strconv.Itoa(i) }

// makeRows makes room for the residuals of the points set.
func (p *Program) makeRows() {
	at := 0
	for i, r := range p.group.Residuals {
		if !r.ByPoint {
			continue
		}
		if n := p.n * p.Dim(i); len(p.rows[at]) != n {
			p.rows[at] = make([]float64, n)
		}
		p.residuals[i] = p.rows[at]
		at++
	}
}

// setPointWeights changes the column in place, so no machine is bound again.
func (r *typedRunner[T]) setPointWeights(i int, mu []float64) {
	c := r.columns[pointColumn(i)]
	for k, m := range mu {
		c[k] = T(m)
	}
}
