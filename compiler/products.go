package compiler

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"

	"github.com/crux-pinn/crux/internal/graph"
)

// The residuals as one long vector. With weights w a program has the rows
//
//	s = √(2 w_i f_i v_k)·r_ik    J = ∂s/∂θ
//
// residual by residual, point by point, component by component, where L_i = f_i Σ_k v_k r_ik² is a mean square over points
// with weights v_k, those of SetPointWeights included. Then Σ_i w_i L_i = ½‖s‖², its gradient is Jᵀs and its Gauss–Newton
// matrix JᵀJ. Where the loss is robust, L_i = f_i Σ_k v_k ρ(r_ik), √ρ(r) with the sign of r stands in the place of r. A nil w
// stands for w_i f_i v_k = ½.

// Rows is the number of rows of J: Σ_i Points·Dim(i).
func (p *Program) Rows() int {
	n := 0
	for i := range p.Len() {
		n += p.n * p.Dim(i)
	}
	return n
}

// Scaled writes s to dst, of length Rows.
func (p *Program) Scaled(dst, theta, fixed, w []float64) error {
	if err := p.checkRows(theta, fixed, w, size{"places for residuals", len(dst), p.Rows()}); err != nil {
		return err
	}
	for i := range p.Len() {
		n := p.n * p.Dim(i)
		kind := vRows
		if p.group.Residuals[i].Loss.Robust() {
			kind = vRoots
		}
		p.one[0] = dst[:n]
		if err := p.run.eval(variant{kind: kind, index: i}, operands{theta: theta, fixed: fixed, rows: p.one[:]}); err != nil {
			return err
		}
		p.scale(i, dst[:n], w)
		dst = dst[n:]
	}
	return nil
}

// ScaledJacobian writes rows of J to dst, row-major: as many as there is room for, from row first on. dst holds a whole number of
// rows of Layout.Len entries.
func (p *Program) ScaledJacobian(dst []float64, first int, theta, fixed, w []float64) error {
	if err := p.checkRows(theta, fixed, w); err != nil {
		return err
	}
	width := p.layout.Len()
	if width == 0 {
		return nil
	}
	end := first + len(dst)/width
	if len(dst)%width != 0 || first < 0 || end > p.Rows() {
		return fmt.Errorf("compiler: %d places for a Jacobian from row %d on; a row has %d entries and there are %d", len(dst), first, width,
			p.Rows())
	}
	base := 0 // the first row of residual i
	for i := range p.Len() {
		n, dim := p.n*p.Dim(i), p.Dim(i)
		from, to := min(max(first-base, 0), n), min(max(end-base, 0), n)
		base += n
		if from == to {
			continue
		}
		part := dst[:(to-from)*width]
		dst = dst[len(part):]
		if err := p.run.jacobian(i, from, part, theta, fixed); err != nil {
			return err
		}
		if w == nil {
			continue
		}
		for k := from; k < to; k++ {
			c := p.rowScale(i, k/dim, w)
			row := part[(k-from)*width:][:width]
			for j := range row {
				row[j] *= c
			}
		}
	}
	return nil
}

// MulJT writes Jᵀ·u to dst, of length Layout.Len, without J, in one sweep of about one gradient.
func (p *Program) MulJT(dst, theta, fixed, w, u []float64) error {
	if err := p.checkRows(theta, fixed, w, p.gradientSize(dst), size{"entries of the rows' vector", len(u), p.Rows()}); err != nil {
		return err
	}
	clear(dst)
	if len(p.scaled) != len(u) {
		p.scaled = make([]float64, len(u))
	}
	copy(p.scaled, u)
	var cotangents [][]float64
	for i, at := 0, p.scaled; i < p.Len(); i++ {
		n := p.n * p.Dim(i)
		p.scale(i, at[:n], w)
		cotangents, at = append(cotangents, at[:n]), at[n:]
	}
	p.one[0] = dst
	return p.run.eval(variant{kind: vReverse}, operands{theta: theta, fixed: fixed, cotangents: cotangents, sums: p.one[:]})
}

// checkRows is check for what works on the rows.
func (p *Program) checkRows(theta, fixed, w []float64, sizes ...size) error {
	if w == nil {
		return p.check(theta, fixed, sizes...)
	}
	if err := p.check(theta, fixed, append(sizes, size{"weights", len(w), p.Len()})...); err != nil {
		return err
	}
	for i, r := range p.group.Residuals {
		if !r.Loss.Squares() {
			return fmt.Errorf("compiler: %q is reduced by %s; least squares need mean squares (mse), huber or student", r.Name, r.Loss.Kind)
		}
		if !(w[i] >= 0) {
			return fmt.Errorf("compiler: %q has weight %v; least squares need weights that are not negative", r.Name, w[i])
		}
		for k, v := range p.weights[i] {
			if !(v >= 0) {
				return fmt.Errorf("compiler: %q: point %d has weight %v; least squares need weights that are not negative", r.Name, k, v)
			}
		}
	}
	return nil
}

// scale multiplies rows of residual i with √(2 w_i f_i v_k), or with 1 if w is nil.
func (p *Program) scale(i int, x, w []float64) {
	if w == nil {
		return
	}
	dim := p.Dim(i)
	for k := range p.n {
		s := p.rowScale(i, k, w)
		for j := range dim {
			x[k*dim+j] *= s
		}
	}
}

// rowScale is √(2 w_i f_i v_k).
func (p *Program) rowScale(i, k int, w []float64) float64 {
	c := 2 * w[i] * p.factors[i]
	if v := p.weights[i]; v != nil {
		c *= v[k]
	}
	return math.Sqrt(c)
}

// root is what is squared in the loss of residual i.
func (p *Program) root(t *trace, i int) (*value, error) {
	return p.group.Residuals[i].Loss.root(t, t.roots[i])
}

// emitProduct emits Jᵀu, where u is one input for each residual.
func (p *Program) emitProduct(b *built, e *emitter) error {
	var outs gorgonia.Nodes
	for i := range e.t.roots {
		root, err := p.root(e.t, i)
		if err != nil {
			return err
		}
		out, err := e.rows(root)
		if err != nil {
			return err
		}
		outs = append(outs, out)
		b.spec.Points = append(b.spec.Points, e.g.Input(fmt.Sprintf("cotangent/%d", i), graph.Dims{Channels: 1, Width: root.dim}))
	}
	wrt, params := e.inputs.trainable(p.layout)
	grads, err := e.g.Grad(outs, b.spec.Points, wrt)
	if err != nil {
		return err
	}
	b.addSums(grads, params)
	return nil
}
