package compiler

import (
	"slices"

	ph "github.com/crux-pinn/crux/placeholder"
)

// slice takes components [lo, hi). It is pushed towards the leaves, so that only linear maps and parameters are cut.
func (t *trace) slice(a *value, lo, hi int) *value {
	if lo == 0 && hi == a.dim {
		return a
	}
	if t.plain {
		return t.add(value{op: opSlice, dim: hi - lo, ref: ph.Range{Lo: lo, Hi: hi}, args: []*value{a}})
	}
	cut := func(v *value) *value {
		if v.dim == 1 && a.dim > 1 {
			return v
		}
		return t.slice(v, lo, hi)
	}
	switch a.op {
	case opConst:
		return t.constant(a.c0, hi-lo)
	case opSlice:
		r := a.ref.(ph.Range)
		return t.slice(a.args[0], r.Lo+lo, r.Lo+hi)
	case opConcat:
		var parts []*value
		at := 0
		for _, p := range a.args {
			l, h := max(lo-at, 0), min(hi-at, p.dim)
			if l < h {
				parts = append(parts, t.slice(p, l, h))
			}
			at += p.dim
		}
		return t.concat(parts)
	case opLin, opMul, opDiv, opPow, opPower, opUnary, opMax, opMin, opCompare, opWhere:
		b := *a
		b.args = make([]*value, len(a.args))
		for i, x := range a.args {
			b.args[i] = cut(x)
		}
		return t.rebuild(&b, hi-lo)
	}
	return t.add(value{op: opSlice, dim: hi - lo, ref: ph.Range{Lo: lo, Hi: hi}, args: []*value{a}})
}

func (t *trace) concat(parts []*value) *value {
	if len(parts) == 1 {
		return parts[0]
	}
	dim := 0
	var flat []*value
	for _, p := range parts {
		dim += p.dim
		if p.op == opConcat && !t.plain {
			flat = append(flat, p.args...)
		} else {
			flat = append(flat, p)
		}
	}
	return t.add(value{op: opConcat, dim: dim, args: flat})
}

// sumComponents adds the components of a.
func (t *trace) sumComponents(a *value) *value {
	if a.dim == 1 {
		return a
	}
	coef := make([]float64, a.dim)
	args := make([]*value, a.dim)
	for i := range args {
		coef[i], args[i] = 1, t.slice(a, i, i+1)
	}
	return t.lin(1, 0, coef, args)
}

// linear is in·W. A constant input picks rows of W: that is how the first layer's derivatives need no product.
func (t *trace) linear(in *value, w *ph.Param) *value {
	out := w.Shape()[1]
	if !t.plain {
		if c, rest := scaled(in); c != 1 {
			return t.scale(t.linear(rest, w), c)
		}
		if rows, ok := constants(in); ok {
			var coef []float64
			var args []*value
			for k, c := range rows {
				if c != 0 {
					coef = append(coef, c)
					args = append(args, t.add(value{op: opRow, dim: out, ref: w, k: k}))
				}
			}
			return t.lin(out, 0, coef, args)
		}
	}
	return t.add(value{op: opLinear, dim: out, ref: w, args: []*value{in}})
}

// constants lists the components of a constant value.
func constants(v *value) ([]float64, bool) {
	switch v.op {
	case opConst:
		return slices.Repeat([]float64{v.c0}, v.dim), true
	case opConcat:
		var all []float64
		for _, a := range v.args {
			c, ok := constants(a)
			if !ok {
				return nil, false
			}
			all = append(all, c...)
		}
		return all, true
	}
	return nil, false
}

// rebuild makes the value v describes through the simplifying constructors; v's arguments belong to t already.
func (t *trace) rebuild(v *value, dim int) *value {
	a := v.args
	switch v.op {
	case opLin:
		return t.lin(dim, v.c0, v.coef, a)
	case opMul:
		return t.mul(a[0], a[1])
	case opDiv:
		return t.div(a[0], a[1])
	case opPow:
		return t.pow(a[0], v.c0)
	case opUnary:
		return t.unary(v.ref.(*ph.Unary), a[0])
	case opWhere:
		return t.where(a[0], a[1], a[2])
	case opSlice:
		r := v.ref.(ph.Range)
		return t.slice(a[0], r.Lo, r.Hi)
	case opConcat:
		return t.concat(a)
	case opSum:
		return t.sumComponents(a[0])
	case opLinear:
		return t.linear(a[0], v.ref.(*ph.Param))
	}
	return t.add(value{op: v.op, dim: dim, c0: v.c0, coef: v.coef, k: v.k, ref: v.ref, args: a, expr: v.expr})
}
