package compiler

import (
	"fmt"

	ph "github.com/crux-pinn/crux/placeholder"
)

// lower turns a user's expression into values of the trace. Networks are replaced by the expressions they build;
// derivatives, substitutions and integrals stay for the pass "jets".
type lowering struct {
	t    *trace
	memo map[ph.Expr]*value
	env  map[*ph.Coord]*value // placeholders of derivative rules
}

func (t *trace) lower(e ph.Expr) (*value, error) {
	l := &lowering{t: t, memo: map[ph.Expr]*value{}}
	return l.lower(e)
}

func (l *lowering) lower(e ph.Expr) (*value, error) {
	if v, ok := l.memo[e]; ok {
		return v, nil
	}
	if err := e.Err(); err != nil {
		return nil, err
	}
	args := e.Args()
	vs := make([]*value, 0, len(args))
	if e.Op() == ph.OpAffine || e.Op() == ph.OpNormalize {
		args = args[:1] // weights are named by the operator, not computed
	}
	for _, a := range args {
		v, err := l.lower(a)
		if err != nil {
			return nil, err
		}
		vs = append(vs, v)
	}
	v, err := l.value(e, vs)
	if err != nil {
		return nil, err
	}
	v = l.t.widen(v, e.Dim())
	if v.expr == nil {
		v.expr = e
	}
	l.memo[e] = v
	return v, nil
}

func (l *lowering) value(e ph.Expr, a []*value) (*value, error) {
	t, dim := l.t, e.Dim()
	switch e.Op() {
	case ph.OpConst:
		return t.constant(e.Attr().(float64), 1), nil
	case ph.OpCoord:
		c := e.Attr().(*ph.Coord)
		if v, ok := l.env[c]; ok {
			return v, nil
		}
		return t.add(value{op: opCoord, dim: 1, ref: c}), nil
	case ph.OpParam:
		p := e.Attr().(*ph.Param)
		if len(p.Shape()) == 2 {
			return nil, &ph.Error{Pos: e.Pos(), Msg: fmt.Sprintf("matrix parameter %s used as a quantity; it can only be the weight of Affine",
				p.Path())}
		}
		return t.add(value{op: opParam, dim: dim, ref: p}), nil
	case ph.OpField:
		f := e.Attr().(*ph.Field)
		if v, ok := t.fields[f]; ok {
			return v, nil
		}
		v, err := l.lower(f.Body())
		if err == nil {
			t.fields[f] = v
		}
		return v, err
	case ph.OpColumn:
		return t.add(value{op: opColumn, dim: 1, ref: e.Attr().(string)}), nil
	case ph.OpNormal:
		return t.add(value{op: opNormal, dim: 1, ref: e.Attr().(*ph.Coord)}), nil
	case ph.OpNormalize:
		return l.normalize(e.Args()[0])
	case ph.OpAdd:
		return t.sum(a[0], a[1]), nil
	case ph.OpSub:
		return t.diff2(a[0], a[1]), nil
	case ph.OpMul:
		return t.mul(a[0], a[1]), nil
	case ph.OpDiv:
		return t.div(a[0], a[1]), nil
	case ph.OpNeg:
		return t.scale(a[0], -1), nil
	case ph.OpPow:
		return t.pow(a[0], e.Attr().(float64)), nil
	case ph.OpPower:
		return t.power(a[0], a[1]), nil
	case ph.OpUnary:
		u := e.Attr().(*ph.Unary)
		if u.F == nil {
			return nil, &ph.Error{Pos: e.Pos(), Msg: fmt.Sprintf("function %s has no values; give NewUnary a function", u.Name)}
		}
		return t.unary(u, a[0]), nil
	case ph.OpMin:
		return t.add(value{op: opMin, dim: dim, args: a}), nil
	case ph.OpMax:
		return t.add(value{op: opMax, dim: dim, args: a}), nil
	case ph.OpCompare:
		return t.add(value{op: opCompare, dim: dim, ref: e.Attr().(ph.Relation), args: a}), nil
	case ph.OpWhere:
		return t.where(a[0], a[1], a[2]), nil
	case ph.OpSlice:
		r := e.Attr().(ph.Range)
		return t.slice(a[0], r.Lo, r.Hi), nil
	case ph.OpConcat:
		return t.concat(a), nil
	case ph.OpSum:
		return t.sumComponents(a[0]), nil
	case ph.OpAffine:
		ps := e.Args()
		v := t.linear(a[0], ps[1].Attr().(*ph.Param))
		if len(ps) == 3 {
			v = t.sum(v, t.add(value{op: opParam, dim: dim, ref: ps[2].Attr().(*ph.Param)}))
		}
		return v, nil
	case ph.OpNamed:
		return a[0], nil
	case ph.OpD:
		return t.add(value{op: opD, dim: dim, ref: &diffSpec{sorted(e.Attr().([]*ph.Coord))}, args: a}), nil
	case ph.OpAt:
		return t.add(value{op: opAt, dim: dim, ref: e.Attr().(*ph.Coord), args: a}), nil
	case ph.OpIntegral:
		return t.add(value{op: opQuad, dim: dim, ref: e.Attr().(*ph.Integral), args: a}), nil
	}
	return nil, &ph.Error{Pos: e.Pos(), Msg: fmt.Sprintf("compiler: no lowering for %s", e.Op())}
}

// rule is the derivative of a function in terms of its argument x and value y, which the environment knows. It may use
// nothing else: rules are written into programs that have no other inputs.
func (l *lowering) rule(u *ph.Unary, x, y *ph.Coord) (*value, error) {
	e := u.Deriv(x, y)
	if e == nil {
		return nil, fmt.Errorf("the derivative of %s is nil; return an expression, or give NewUnary no derivative where it is zero", u.Name)
	}
	d, err := l.lower(e)
	if err != nil {
		return nil, fmt.Errorf("derivative of %s: %w", u.Name, err)
	}
	own := map[*value]bool{l.env[x]: true, l.env[y]: true}
	var visit func(v *value) error
	visit = func(v *value) error {
		if own[v] {
			return nil
		}
		own[v] = true
		if leaf(v) || v.dim != 1 || v.op >= opD {
			return fmt.Errorf("the derivative of %s uses %s; it may use only its two arguments, numbers, and functions of them", u.Name, v.op)
		}
		for _, a := range v.args {
			if err := visit(a); err != nil {
				return err
			}
		}
		return nil
	}
	if err := visit(d); err != nil {
		return nil, err
	}
	return d, nil
}

// normalize maps each coordinate c in [lo, hi] to 2(c−lo)/(hi−lo) − 1.
func (l *lowering) normalize(in ph.Expr) (*value, error) {
	coords := []ph.Expr{in}
	if in.Op() == ph.OpConcat {
		coords = in.Args()
	}
	var parts []*value
	for _, e := range coords {
		c := e.Attr().(*ph.Coord)
		b, ok := l.t.bounds[c]
		if !ok {
			return nil, &ph.Error{Pos: in.Pos(), Msg: fmt.Sprintf(
				"coordinate %s is an input of a network, but no point set bounds it; add one, or take the network's raw input", c.Name())}
		}
		v, err := l.lower(e)
		if err != nil {
			return nil, err
		}
		w := b[1] - b[0]
		if !(w > 0) {
			w = 2 // a coordinate that does not vary is only shifted
		}
		parts = append(parts, l.t.lin(1, -2*b[0]/w-1, []float64{2 / w}, []*value{v}))
	}
	return l.t.concat(parts), nil
}
