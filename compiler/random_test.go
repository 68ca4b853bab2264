package compiler_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/crux-pinn/crux/compiler"
	ph "github.com/crux-pinn/crux/placeholder"
)

// draw makes a random expression whose derivatives are bounded, with up to order nested derivatives.
func (w *world) draw(t *rapid.T, order, depth int) ph.Expr {
	pick := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "pick") }
	if depth == 0 {
		switch pick(11) {
		case 0:
			return w.coords[pick(3)]
		case 1:
			return ph.Const(rapid.SampledFrom([]float64{-2, -1, 0.5, 0, 1, 3}).Draw(t, "c"))
		case 2:
			return w.k
		case 3:
			return w.flow // three components
		case 4, 5:
			return w.flow.Index(pick(3))
		case 6:
			return ph.Normal(w.coords[1+pick(2)])
		case 7:
			if w.inside == 0 { // data have no derivatives
				return ph.Column("data")
			}
		}
		return w.u
	}
	next := func() ph.Expr { return w.draw(t, order, depth-1) }
	one := func() ph.Expr {
		if e := next(); e.Dim() == 1 {
			return e
		} else {
			return e.Index(pick(e.Dim()))
		}
	}
	// pair gives two operands that fit: one component is spread
	pair := func() (a, b ph.Expr) {
		a, b = next(), next()
		if a.Dim() != b.Dim() && a.Dim() != 1 && b.Dim() != 1 {
			b = ph.Sum(b)
		}
		return a, b
	}
	small := func(e ph.Expr) ph.Expr { return ph.Tanh(e.Scale(0.3)) }
	switch pick(22) {
	case 0:
		a, b := pair()
		return a.Add(b)
	case 1:
		a, b := pair()
		return a.Sub(b)
	case 2, 3:
		a, b := pair()
		return a.Mul(b)
	case 4:
		a, b := pair()
		return a.Div(b.Mul(b).Shift(1))
	case 5:
		return next().Neg().Scale(1.5).Shift(0.2)
	case 6:
		return small(next()).Pow(float64(2 + pick(3)))
	case 7:
		return small(next()).Shift(2).Pow(rapid.SampledFrom([]float64{-2, -0.5, 0.5, 1.7, 3}).Draw(t, "p"))
	case 8:
		a, b := pair()
		return ph.Power(small(a).Shift(2), small(b))
	case 9:
		return unaries[pick(len(unaries))](small(next()))
	case 10:
		a, b := pair()
		return ph.Max(a, b)
	case 11:
		a, b := pair()
		return ph.Min(a, b)
	case 12:
		a, b := pair()
		return ph.Where(ph.Compare(one(), ph.Relation(pick(4)), one()), a, b)
	case 13:
		a, b := next(), next()
		if a.Dim()+b.Dim() > 6 {
			return a
		}
		return ph.Concat(a, b).Slice(0, 1+pick(a.Dim()+b.Dim()))
	case 14:
		return ph.Sum(next())
	case 15: // the integrand may hold derivatives, the limits may be variable
		return ph.Integrate(next(), w.coords[pick(3)], ph.Const(0), small(one()), 3)
	case 16, 17:
		return next().Subst(w.coords[pick(3)], small(one()))
	case 18:
		return next().At(w.coords[pick(3)], 0.3)
	case 19:
		return softsign(small(next()).Shift(2))
	}
	if order == 0 {
		return next()
	}
	// fields refuse coordinates that they do not have; a product with 1 is no field
	w.inside++
	e := w.draw(t, order-1, depth-1).Add(w.x.Mul(w.y).Scale(0.1))
	w.inside--
	if order > 1 && pick(2) == 0 {
		return ph.Laplacian(e, w.x, w.y).Add(e.D(w.t))
	}
	return e.D(w.coords[pick(3)])
}

var unaries = []func(ph.Expr) ph.Expr{
	ph.Exp, ph.Sin, ph.Cos, ph.Tanh, ph.Sigmoid, ph.Softplus, ph.Erf, ph.Atan, ph.Asin, ph.Acos, ph.Sinh, ph.Cosh, ph.Tan, ph.Expm1,
	func(e ph.Expr) ph.Expr { return ph.Log(e.Shift(2)) }, func(e ph.Expr) ph.Expr { return ph.Log1p(e.Scale(0.5)) },
	func(e ph.Expr) ph.Expr { return ph.Sqrt(e.Shift(2)) }, func(e ph.Expr) ph.Expr { return ph.Abs(e.Shift(2)) },
	func(e ph.Expr) ph.Expr { return ph.Sign(e.Shift(0.1)) }, func(e ph.Expr) ph.Expr { return ph.Heaviside(e.Shift(0.1)) },
}

// softsign is a function of the user's: x/(1+x) for positive x.
var softsign = ph.NewUnary("softsign", func(x float64) float64 { return x / (1 + x) },
	func(_, y ph.Expr) ph.Expr { return ph.Const(1).Sub(y).Pow(2) })

func TestRandomExpressions(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld()
		e := w.draw(rt, 2, 4)
		if e.Err() != nil {
			rt.Fatalf("%v", e.Err())
		}
		r := w.compile(rt, compiler.TraceCompiler{}, w.group(e), w.batch(3, 1))
		r.expect(rt, 1e-9)
	})
}

// Cases that the random search has found.
func TestFoundExpressions(t *testing.T) {
	w := newWorld()
	x, y, flow := w.x, w.y, w.flow
	for _, e := range []ph.Expr{
		softsign(flow), // the losses of several components read a stashed channel
		w.k.Shift(-1),  // a residual without coordinates was summed over one point
		ph.Const(2),
		ph.Concat(flow, flow.Scale(0).Add(x.Scale(-1.5))).Slice(0, 5).Subst(x, y), // a substitution forgot the width of a spread sum
		ph.Concat(ph.Where(ph.Compare(flow, ph.Less, y), x, x), flow),
		ph.Concat(ph.Max(flow, x.Scale(2)), flow).D(x),
	} {
		w.compile(t, compiler.TraceCompiler{}, w.group(e), w.batch(3, 1)).expect(t, 1e-10)
	}
}
