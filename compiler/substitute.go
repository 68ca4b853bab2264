package compiler

import (
	ph "github.com/crux-pinn/crux/placeholder"
)

// subst replaces coordinate c by the value w in v.
func (t *trace) subst(v *value, c *ph.Coord, w *value) (*value, error) {
	memo := map[*value]*value{}
	var visit func(v *value) *value
	visit = func(v *value) *value {
		if !v.points {
			return v
		}
		if r, ok := memo[v]; ok {
			return r
		}
		r := v
		switch {
		case v.op == opCoord:
			if v.ref.(*ph.Coord) == c {
				r = w
			}
		case len(v.args) > 0:
			b := *v
			b.args = make([]*value, len(v.args))
			changed := false
			dim := v.dim // more where a function's argument of one component becomes several
			for i, a := range v.args {
				b.args[i] = visit(a)
				changed = changed || b.args[i] != a
				switch v.op {
				case opSlice, opConcat, opSum, opLinear:
				default:
					dim = max(dim, b.args[i].dim)
				}
			}
			if changed {
				r = t.widen(t.rebuild(&b, dim), dim)
			}
		}
		memo[v] = r
		return r
	}
	return visit(v), nil
}

// quadrature is ∫ f ds from lo to hi ≈ (hi−lo)/2 Σ w_k f(lo + (hi−lo)(1+ξ_k)/2).
func (t *trace) quadrature(q *ph.Integral, f, lo, hi *value) (*value, error) {
	x, w := q.Rule()
	length := t.diff2(hi, lo)
	args := make([]*value, q.Nodes)
	for k := range x {
		s := t.lin(1, 0, []float64{1, (1 + x[k]) / 2}, []*value{lo, length})
		var err error
		if args[k], err = t.subst(f, q.Var, s); err != nil {
			return nil, err
		}
		w[k] /= 2
	}
	sum := t.lin(f.dim, 0, w, args)
	return t.mul(length, sum), nil
}
