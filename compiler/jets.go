package compiler

import (
	"fmt"
	"slices"
	"strings"

	ph "github.com/crux-pinn/crux/placeholder"
)

// Derivatives are pushed to the leaves: the derivative of every value with respect to a coordinate is built from the
// derivatives of its arguments, each once. What reaches a network is then a set of coefficients of its input's Taylor
// expansion, propagated side by side: linear maps act on each, products by the product rule, functions by the chain
// rule. Because f′ is itself an expression, every order follows from these first-order rules.

// maxValues bounds what derivatives may become: each order of them multiplies the values of a trace. Problems have hundreds, and a
// derivative of order 60 along one axis 75 000; what has more takes minutes to compile and cannot be trained.
const maxValues = 100_000

var errTooLarge = fmt.Errorf("its derivatives take more than %d operations; lower their order, for instance with a field v and the "+
	"equation v - laplacian(u)", maxValues)

type diffKey struct {
	v *value
	c *ph.Coord
}

type lapKey struct {
	v    *value
	spec int
}

func sorted(cs []*ph.Coord) []*ph.Coord {
	cs = slices.Clone(cs)
	slices.SortStableFunc(cs, func(a, b *ph.Coord) int { return strings.Compare(a.Name(), b.Name()) })
	return cs
}

// eliminate rewrites v, which belongs to another trace, without derivatives, substitutions and integrals.
type jets struct {
	t    *trace
	memo map[*value]*value
}

func (j *jets) eliminate(v *value) (*value, error) {
	if w, ok := j.memo[v]; ok {
		return w, nil
	}
	t := j.t
	args := make([]*value, len(v.args))
	for i, a := range v.args {
		var err error
		if args[i], err = j.eliminate(a); err != nil {
			return nil, err
		}
	}
	var w *value
	var err error
	switch v.op {
	case opD:
		w = args[0]
		for _, c := range v.ref.(*diffSpec).coords {
			if w == nil {
				break
			}
			if w, err = t.diff(w, c); err != nil {
				break
			}
		}
		w = t.zero(w, v.dim)
	case opLap:
		w, err = t.lap(args[0], v.ref.(*lapSpec))
		w = t.zero(w, v.dim)
	case opAt:
		w, err = t.subst(args[0], v.ref.(*ph.Coord), args[1])
	case opQuad:
		w, err = t.quadrature(v.ref.(*ph.Integral), args[0], args[1], args[2])
	default:
		b := *v
		b.args = args
		w = t.rebuild(&b, v.dim)
	}
	if err != nil {
		return nil, locate(v, err)
	}
	w = t.widen(w, v.dim)
	if w.expr == nil {
		w.expr = v.expr
	}
	j.memo[v] = w
	return w, nil
}

// locate gives an error the position of the user's expression.
func locate(v *value, err error) error {
	if _, ok := err.(*ph.Error); ok || v.expr == nil { //nolint:errorlint // only the direct form carries a position already
		return err
	}
	return &ph.Error{Pos: v.expr.Pos(), Msg: err.Error()}
}

// diff is ∂v/∂c, or nil when it is identically zero.
func (t *trace) diff(v *value, c *ph.Coord) (*value, error) {
	if !v.points || v.op == opHoist {
		return nil, nil
	}
	key := diffKey{v, c}
	if w, ok := t.diffs[key]; ok {
		return w, nil
	}
	if len(t.values) > maxValues {
		return nil, errTooLarge
	}
	w, err := t.diffRule(v, c)
	if err == nil {
		if isZero(w) {
			w = nil
		}
		w = t.widen(w, v.dim)
		t.diffs[key] = w
		if w != nil && w.op == opLinear && w.id > v.id { // a value that was there before may be what v itself comes from
			t.origin[w] = key
		}
	}
	return w, err
}

func (t *trace) diffRule(v *value, c *ph.Coord) (*value, error) {
	d := make([]*value, len(v.args))
	any := false
	for i, a := range v.args {
		if v.op == opCompare || v.op == opWhere && i == 0 {
			continue
		}
		var err error
		if d[i], err = t.diff(a, c); err != nil {
			return nil, err
		}
		any = any || d[i] != nil
	}
	switch v.op {
	case opCoord:
		if v.ref.(*ph.Coord) == c {
			return t.constant(1, 1), nil
		}
		return nil, nil
	case opColumn:
		return nil, fmt.Errorf("data column %q has no derivative; fit a field to it and differentiate the field", v.ref)
	case opNormal:
		return nil, nil
	}
	if !any {
		return nil, nil
	}
	a := v.args
	switch v.op {
	case opLin:
		return t.linOf(v, d), nil
	case opMul: // (ab)′ = a′b + ab′
		return t.sum(t.mul(d[0], a[1]), t.mul(a[0], d[1])), nil
	case opDiv: // q = a/b: q′ = (a′ − q b′)/b
		num := t.zero(d[0], a[0].dim)
		if d[1] != nil {
			num = t.diff2(num, t.mul(v, d[1]))
		}
		return t.div(num, a[1]), nil
	case opPow: // (a^p)′ = p a^(p−1) a′
		return t.mul(t.scale(t.pow(a[0], v.c0-1), v.c0), d[0]), nil
	case opPower: // (a^b)′ = a^b (b′ ln a + b a′/a)
		var s *value
		if d[1] != nil {
			log, err := t.lower(ph.Log(hole))
			if err != nil {
				return nil, err
			}
			log = t.unary(log.ref.(*ph.Unary), a[0])
			s = t.mul(d[1], log)
		}
		if d[0] != nil {
			s = t.sum(s, t.div(t.mul(a[1], d[0]), a[0]))
		}
		return t.mul(v, s), nil
	case opUnary:
		f, err := t.chainRule(v, 1)
		if err != nil {
			return nil, err
		}
		return t.mul(f, d[0]), nil
	case opMax, opMin:
		r := ph.GreaterEqual
		if v.op == opMin {
			r = ph.LessEqual
		}
		first := t.add(value{op: opCompare, dim: v.dim, ref: r, args: a})
		return t.where(first, t.zero(d[0], v.dim), t.zero(d[1], v.dim)), nil
	case opWhere:
		return t.where(a[0], t.zero(d[1], v.dim), t.zero(d[2], v.dim)), nil
	}
	return t.along(v, d), nil
}

// linOf is Σ coef·d over the terms that are not zero.
func (t *trace) linOf(v *value, d []*value) *value {
	var coef []float64
	var args []*value
	for i, x := range d {
		if x != nil {
			coef, args = append(coef, v.coef[i]), append(args, x)
		}
	}
	if len(args) == 0 {
		return nil
	}
	return t.lin(v.dim, 0, coef, args)
}

// along applies an operator that is linear in its arguments to their derivatives.
func (t *trace) along(v *value, d []*value) *value {
	b := *v
	b.args = make([]*value, len(d))
	for i := range d {
		b.args[i] = t.zero(d[i], v.args[i].dim)
	}
	return t.rebuild(&b, v.dim)
}

// derivative holds f′ and f″ of a function, as values of its argument.
type derivative struct {
	arg   *value
	order [3]*value // f, f′, f″; nil entries beyond f are zero
}

var hole = ph.NewCoord("argument") // stands for the argument in derivative rules

// chainRule is f⁽ᵒ⁾(x) for v = f(x), o = 1 or 2; nil when it is zero.
func (t *trace) chainRule(v *value, o int) (*value, error) {
	u := v.ref.(*ph.Unary)
	var key any = u
	if u.Builtin() {
		key = u.Name
	}
	r, ok := t.expand[key]
	if !ok {
		r = &derivative{arg: t.add(value{op: opCoord, dim: 1, ref: hole})}
		r.order[0] = t.add(value{op: opUnary, dim: 1, ref: u, args: []*value{r.arg}})
		if u.Deriv != nil {
			result := ph.NewCoord("value")
			l := &lowering{t: t, memo: map[ph.Expr]*value{}, env: map[*ph.Coord]*value{hole: r.arg, result: r.order[0]}}
			var err error
			if r.order[1], err = l.rule(u, hole, result); err != nil {
				return nil, err
			}
		}
		t.expand[key] = r
	}
	if r.order[1] == nil {
		return nil, nil
	}
	if o == 2 && r.order[2] == nil {
		var err error
		if r.order[2], err = t.diff(r.order[1], hole); err != nil || r.order[2] == nil {
			return nil, err
		}
	}
	return t.subst(r.order[o], hole, v.args[0])
}
