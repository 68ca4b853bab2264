package exact

import (
	"maps"

	ph "github.com/crux-pinn/crux/placeholder"
)

// affine is a residual a·u + Σ b_i ∂u/∂x_i + rest that is affine in one unknown function; nil stands for 0.
type affine struct {
	a    ph.Expr
	b    map[*ph.Coord]ph.Expr
	rest ph.Expr
}

// unknown is a component of a field.
type unknown struct {
	field *ph.Field
	at    ph.Range
}

// unknownOf is the component of a field that an expression is; ok is false for anything else.
func unknownOf(e ph.Expr) (u unknown, ok bool) {
	e = plainly(e)
	if e.Op() == ph.OpSlice {
		r := e.Attr().(ph.Range)
		if u, ok = unknownOf(e.Args()[0]); ok {
			u.at = ph.Range{Lo: u.at.Lo + r.Lo, Hi: u.at.Lo + r.Hi}
		}
		return u, ok
	}
	if e.Op() != ph.OpField {
		return unknown{}, false
	}
	return unknown{e.Attr().(*ph.Field), ph.Range{Lo: 0, Hi: e.Dim()}}, true
}

// plainly is an expression without the name that it was given.
func plainly(e ph.Expr) ph.Expr {
	for e.Op() == ph.OpNamed {
		e = e.Args()[0]
	}
	return e
}

// split writes a residual as an affine form of u. normals holds the components of the normal where it is known; ok is false
// where the residual is not affine, contains another field or data, or depends on a normal that is not known.
func split(e ph.Expr, u unknown, normals map[*ph.Coord]float64) (f affine, ok bool) {
	e = plainly(e)
	if w, is := unknownOf(e); is {
		return affine{a: ph.Const(1)}, w == u
	}
	args := e.Args()
	switch e.Op() {
	case ph.OpD:
		w, is := unknownOf(args[0])
		cs := e.Attr().([]*ph.Coord)
		if is {
			return affine{b: map[*ph.Coord]ph.Expr{cs[0]: ph.Const(1)}}, w == u && len(cs) == 1
		}
	case ph.OpNormal:
		n, known := normals[e.Attr().(*ph.Coord)]
		if n == 0 {
			return affine{}, known
		}
		return affine{rest: ph.Const(n)}, known
	case ph.OpAdd, ph.OpSub, ph.OpMul, ph.OpDiv:
		x, ok1 := split(args[0], u, normals)
		y, ok2 := split(args[1], u, normals)
		if !ok1 || !ok2 {
			return affine{}, false
		}
		switch e.Op() {
		case ph.OpAdd:
			return x.plus(y), true
		case ph.OpSub:
			return x.plus(y.times(ph.Const(-1), ph.OpMul)), true
		case ph.OpDiv:
			return x.times(y.rest, ph.OpDiv), y.known() && y.rest != nil
		}
		if !x.known() {
			x, y = y, x
		}
		return y.times(x.rest, ph.OpMul), x.known()
	case ph.OpNeg:
		x, ok := split(args[0], u, normals)
		return x.times(ph.Const(-1), ph.OpMul), ok
	}
	if !ph.Given(e) {
		return affine{}, false
	}
	if zero(e) {
		return affine{}, true
	}
	return affine{rest: e}, true
}

// known reports whether u does not occur.
func (f affine) known() bool { return f.a == nil && len(f.b) == 0 }

func (f affine) plus(g affine) affine {
	sum := affine{a: add(f.a, g.a), rest: add(f.rest, g.rest), b: map[*ph.Coord]ph.Expr{}}
	maps.Copy(sum.b, f.b)
	for c, e := range g.b {
		sum.b[c] = add(sum.b[c], e)
	}
	return sum
}

// times is the form multiplied or divided by a factor, nil being 0.
func (f affine) times(k ph.Expr, op ph.Op) affine {
	by := func(e ph.Expr) ph.Expr {
		switch {
		case e == nil || k == nil:
			return nil
		case op == ph.OpDiv:
			return e.Div(k)
		case isConst(k, 1):
			return e
		case isConst(e, 1):
			return k
		case isConst(k, -1):
			return e.Neg()
		}
		return e.Mul(k)
	}
	g := affine{a: by(f.a), rest: by(f.rest), b: map[*ph.Coord]ph.Expr{}}
	for c, e := range f.b {
		if e = by(e); e != nil {
			g.b[c] = e
		}
	}
	return g
}

// add is a sum in which nil is 0.
func add(a, b ph.Expr) ph.Expr { return combine(ph.Expr.Add, a, b) }

// multiply is a product in which nil is 1.
func multiply(a, b ph.Expr) ph.Expr { return combine(ph.Expr.Mul, a, b) }

func combine(by func(a ph.Expr, b ...ph.Expr) ph.Expr, a, b ph.Expr) ph.Expr {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return by(a, b)
}

func isConst(e ph.Expr, v float64) bool { return e.Op() == ph.OpConst && e.Attr().(float64) == v }

func zero(e ph.Expr) bool { return e == nil || isConst(plainly(e), 0) }

// fixedAt is e with a coordinate fixed; nil is 0.
func fixedAt(e ph.Expr, c *ph.Coord, v float64) ph.Expr {
	if e == nil {
		return nil
	}
	return e.At(c, v)
}
