package pointwise

import (
	"math"

	ph "github.com/crux-pinn/crux/placeholder"
)

// elementwise applies an operator component by component; operands of one component are spread.
func (s *state) elementwise(e ph.Expr, args []ph.Expr) []jet {
	v := make([]jet, e.Dim())
	for i := range v {
		x := make([]jet, len(args))
		for k, a := range args {
			if c := s.eval(a); len(c) == 1 {
				x[k] = c[0]
			} else {
				x[k] = c[i]
			}
		}
		v[i] = s.operate(e, x)
	}
	return v
}

func (s *state) operate(e ph.Expr, x []jet) jet {
	switch e.Op() {
	case ph.OpAdd:
		return x[0].add(x[1])
	case ph.OpSub:
		return x[0].sub(x[1])
	case ph.OpMul:
		return x[0].mul(x[1])
	case ph.OpDiv:
		return x[0].mul(x[1].compose(powerSeries(-1)))
	case ph.OpNeg:
		return x[0].scale(-1)
	case ph.OpPow:
		return x[0].compose(powerSeries(e.Attr().(float64)))
	case ph.OpPower: // a^b = e^{b ln a}
		if len(x[1]) == 1 { // a number, for which the base may be negative
			return x[0].compose(powerSeries(x[1][0]))
		}
		return x[1].mul(x[0].compose(logSeries(0, math.Log))).compose(expSeries)
	case ph.OpUnary:
		return s.unary(e.Attr().(*ph.Unary), x[0])
	case ph.OpMin:
		if x[0][0] <= x[1][0] {
			return x[0]
		}
		return x[1]
	case ph.OpMax:
		if x[0][0] >= x[1][0] {
			return x[0]
		}
		return x[1]
	case ph.OpWhere:
		if x[0][0] != 0 {
			return x[1]
		}
		return x[2]
	case ph.OpCompare:
		if holds(e.Attr().(ph.Relation), x[0][0], x[1][0]) {
			return number(1)
		}
		return number(0)
	}
	fail("operator %s is unknown", e.Op())
	return nil
}

func holds(r ph.Relation, a, b float64) bool {
	switch r {
	case ph.Less:
		return a < b
	case ph.LessEqual:
		return a <= b
	case ph.Greater:
		return a > b
	case ph.GreaterEqual:
		return a >= b
	}
	return a == b
}

// unary applies a function. One of the user's has no series here; its derivative rule is followed: with x = p + qε for the
// last infinitesimal ε, f(x) = f(p) + f′(p)qε.
func (s *state) unary(u *ph.Unary, x jet) jet {
	if u.Builtin() {
		t, err := series(u.Name)
		if err != nil {
			panic(mistake{err})
		}
		return x.compose(t)
	}
	if len(x) == 1 {
		return number(u.F(x[0]))
	}
	half := len(x) / 2
	p, q := x[:half], x[half:]
	y := s.unary(u, p)
	slope := number(0)
	if u.Deriv != nil {
		cx, cy := ph.Coords2("x", "y")
		rule := &state{coords: map[*ph.Coord]jet{cx: p, cy: y}, used: s.used, seen: map[ph.Expr][]jet{}}
		slope = rule.eval(u.Deriv(cx, cy))[0]
	}
	eps := make(jet, len(x))
	eps[half] = 1
	return y.add(slope.mul(q).mul(eps))
}
