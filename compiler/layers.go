package compiler

import (
	"slices"

	ph "github.com/crux-pinn/crux/placeholder"
)

// Layer is a dense layer z = xW + b as far as derivatives are concerned: in every row of J the derivatives with respect to W are
// a sum of outer products a_c ⊗ d_c over the Taylor coefficients of the layer's input, and those with respect to b are one of the d_c.
type Layer struct {
	Weight Entry
	Bias   Entry // without a Param if the layer has no bias, or shares it
}

// inputs is the number of inputs, with the one of the bias.
func (l *Layer) inputs() int {
	if l.Bias.Param != nil {
		return l.Weight.Shape[0] + 1
	}
	return l.Weight.Shape[0]
}

// Layers lists the dense layers of programs that share a layout. A weight that is used at two places of one residual, such as
// that of a first layer whose inputs are coordinates, is not among them.
func Layers(programs []*Program) ([]Layer, error) {
	if len(programs) == 0 {
		return nil, nil
	}
	layout := programs[0].layout
	can := make([]bool, len(layout.entries))
	cannot := make([]bool, len(layout.entries))
	for _, p := range programs {
		for i := range p.Len() {
			for c := range p.Dim(i) {
				terms, err := p.factorable(variant{kind: vJacobian, index: i, component: c})
				if err != nil {
					return nil, err
				}
				for e, n := range terms {
					can[e], cannot[e] = can[e] || n > 0, cannot[e] || n < 0
				}
			}
		}
	}
	var all []Layer
	for e, entry := range layout.entries {
		if !can[e] || cannot[e] || len(entry.Shape) != 2 {
			continue
		}
		l := Layer{Weight: entry}
		var bias *ph.Param
		fits := true
		for _, p := range programs {
			q, ok := p.biases()[entry.Param]
			if ok {
				fits = fits && (bias == nil || bias == q.bias)
				bias = q.bias
			}
		}
		if b, ok := layout.Find(bias); ok && fits && !slices.ContainsFunc(programs,
			func(p *Program) bool { return p.biases()[entry.Param].bias != bias && p.uses(bias) }) {
			l.Bias = b
		}
		all = append(all, l)
	}
	return all, nil
}

// bias is the parameter that is added to one coefficient of a weight's product, and to nothing else.
type bias struct {
	bias    *ph.Param
	channel int
}

// biases are the biases of the weights that have one: values z = x_cW + b where neither x_cW nor b is read elsewhere, so that
// the derivatives with respect to both are the same.
func (p *Program) biases() map[*ph.Param]bias {
	if p.pairs != nil {
		return p.pairs
	}
	p.pairs = map[*ph.Param]bias{}
	all := p.comp.trace.reachable(p.comp.trace.roots)
	readers := map[*value]int{}
	products := map[*ph.Param]int{}
	for _, g := range p.comp.schedule.groups {
		products[g.weight]++
	}
	for _, v := range all {
		for _, a := range v.args {
			readers[a]++
		}
	}
	for _, v := range p.comp.trace.roots {
		readers[v]++
	}
	for _, v := range all {
		if v.op != opLin {
			continue
		}
		for i, x := range v.args {
			for j, b := range v.args {
				if x.op != opLinear || b.op != opParam || x.dim != b.dim || x.dim != v.dim || v.coef[i] != v.coef[j] || readers[x] != 1 ||
					readers[b] != 1 {
					continue
				}
				if w := x.ref.(*ph.Param); products[w] == 1 {
					p.pairs[w] = bias{b.ref.(*ph.Param), p.comp.schedule.slot[x]}
				}
			}
		}
	}
	return p.pairs
}

// uses tells whether any residual depends on a parameter.
func (p *Program) uses(q *ph.Param) bool {
	return slices.ContainsFunc(p.comp.trace.reachable(p.comp.trace.roots), func(v *value) bool {
		switch v.op {
		case opParam, opRow, opLinear:
			return v.ref.(*ph.Param) == q
		}
		return false
	})
}
