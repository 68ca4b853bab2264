package placeholder_test

import (
	"math"
	"strings"
	"testing"

	ph "github.com/crux-pinn/crux/placeholder"
	"pgregory.net/rapid"
)

// TestString fixes the text of one expression of each kind; each must also read back.
func TestString(t *testing.T) {
	w := newWorld()
	tt, x, y, u, flow, k := w.t, w.x, w.y, w.u, w.flow, w.kappa
	q := w.env.Names["q"]
	s, r := ph.NewCoord("s"), ph.NewCoord("s")
	c := ph.Const
	for _, test := range []struct {
		e    ph.Expr
		want string
	}{
		{u.D(tt).Add(u.Mul(u.D(x))).Sub(u.D(x, x).Scale(0.1)), "u_t + u*u_x - 0.1*u_xx"},
		{x.Sub(y.Sub(tt)), "x - (y - t)"},
		{x.Sub(y).Sub(tt), "x - y - t"},
		{x.Div(y.Mul(tt)), "x/(y*t)"},
		{x.Add(y).Mul(tt), "(x + y)*t"},
		{x.Neg().Pow(2), "(-x)^2"},
		{x.Pow(2).Neg(), "-x^2"},
		{x.Pow(2).Pow(3), "(x^2)^3"},
		{x.Pow(-1), "x^(-1)"},
		{c(-2).Pow(2), "(-2)^2"},
		{x.Mul(c(-2)), "x*(-2)"},
		{x.Scale(-2), "-2*x"},
		{x.Mul(y).Neg(), "-(x*y)"},
		{x.Sub(y.Neg()), "x - (-y)"},
		{ph.Power(x, y.Neg()), "x^(-y)"},
		{c(math.Pi).Mul(c(1e-7)), "pi*1e-07"},
		{c(1e21), "1e+21"},
		{c(math.Copysign(0, -1)), "-0"},
		{ph.Sin(x).D(x), "diff(sin(x), x)"},
		{u.D(tt).D(x), "u_tx"},
		{flow.D(w.theta), "diff(flow_v, theta)"},
		{flow.Index(1).D(x, x, y), "diff(flow_v[1], x, 2, y)"},
		{q.D(x), "q_x"},
		{q.D(tt), "diff(q, t)"},
		{k.D(x), "diff(kappa, x)"},
		{u.At(tt, 0), "u(t = 0)"},
		{u.D(x).At(x, 1), "u_x(x = 1)"},
		{u.At(tt, 0).At(x, 1), "u(t = 0, x = 1)"},
		{u.Mul(x).At(x, 1), "at(u*x, x = 1)"},
		{u.Subst(tt, s).Subst(x, r).Subst(s, x).Subst(r, tt), "u(t = x, x = t)"},
		{u.Subst(tt, x.Scale(2)).Subst(x, y), "at(u(t = 2*x), x = y)"},
		{u.At(y, 1), "u"}, // u is no function of y, so nothing is replaced
		{u.Subst(x, x), "u"},
		{tt.At(tt, 0.25).Subst(tt, tt.Add(tt)).At(tt, 0.25), "at(t, t = 0.25)"},
		{u.At(tt, 0).D(x), "diff(u(t = 0), x)"},
		{u.Subst(x, ph.Compare(x, ph.Less, y)), "u(x = (x < y))"},
		{ph.Integrate(u.Subst(x, s), s, c(0), x, 0), "integral(u(x = s), s, 0, x)"},
		{ph.Integrate(u, x, c(0), c(1), 5), "integral(u, x, 0, 1, 5)"},
		{ph.Integrate(ph.Integrate(s.Mul(r), r, c(0), s, 4), s, c(0), c(1), 4), "integral(integral(s1*s, s, 0, s1, 4), s1, 0, 1, 4)"},
		{ph.Concat(x, y).Index(1), "[x, y][1]"},
		{flow.Slice(0, 1).Add(ph.Sum(flow)), "flow_v[0] + sum(flow_v)"},
		{ph.Concat(x, y, tt).Slice(1, 3), "[x, y, t][1:3]"},
		{ph.Where(ph.Compare(x, ph.LessEqual, y), ph.Min(x, y), ph.Max(x, y)), "where(x <= y, min(x, y), max(x, y))"},
		{ph.Compare(x, ph.Less, y).Mul(ph.Compare(y, ph.GreaterEqual, x.Add(tt))), "(x < y)*(y >= x + t)"},
		{ph.Normal(x).Mul(u.D(x)), "normal_x*u_x"},
		{ph.Column("u_obs").Sub(u), "u_obs - u"},
		{ph.Normalize(ph.Concat(x, tt)), "normalize([x, t])"},
	} {
		t.Run(test.want, func(t *testing.T) {
			if got := test.e.String(); got != test.want {
				t.Errorf("String is %q", got)
			}
			back := w.parse(t, test.want)
			if got := back.String(); got != test.want {
				t.Errorf("read back, String is %q", got)
			}
			if got, want := w.eval(t, back), w.eval(t, test.e); !same(want, got) {
				t.Errorf("read back, the value is %v, want %v", got, want)
			}
		})
	}
}

// TestStringBounded: the text of an expression that doubles a hundred times is cut; a mistake prints as itself.
func TestStringBounded(t *testing.T) {
	var e ph.Expr = ph.NewCoord("x")
	for range 100 {
		e = e.Add(e)
	}
	if s := e.String(); len(s) > 1<<17 || !strings.Contains(s, "…") {
		t.Errorf("text of %d bytes", len(s))
	}
	if s := ph.Const(math.NaN()).Add(e).String(); !strings.Contains(s, "not finite") {
		t.Error(s)
	}
	if s := ph.Sin(nil).String(); !strings.Contains(s, "nil") {
		t.Error(s)
	}
}

// scalar draws a random expression of one component.
func (w *world) scalar(r *rapid.T, depth int) ph.Expr {
	if depth == 0 {
		return rapid.SampledFrom([]ph.Expr{
			w.t, w.x, w.y, w.theta, w.u, w.kappa, w.flow.Index(0), w.flow.Index(1), w.env.Names["q"], w.env.Names["h"], w.u.D(w.x),
			ph.Column("u_obs"), ph.Normal(w.y), ph.Const(2), ph.Const(-0.5), ph.Const(math.Pi), ph.Normalize(w.x),
		}).Draw(r, "leaf")
	}
	a := func() ph.Expr { return w.scalar(r, depth-1) }
	coord := func() *ph.Coord {
		return rapid.SampledFrom([]*ph.Coord{w.t, w.x, w.y, w.theta}).Draw(r, "coordinate")
	}
	switch rapid.IntRange(0, 19).Draw(r, "operator") {
	case 0:
		return a().Add(a())
	case 1:
		return a().Sub(a(), a())
	case 2:
		return a().Mul(a())
	case 3:
		return a().Div(a())
	case 4:
		return a().Neg()
	case 5:
		return a().Pow(rapid.SampledFrom([]float64{2, 3, -1, 0.5}).Draw(r, "exponent"))
	case 6:
		return ph.Power(ph.Exp(a()), w.x.Add(a()))
	case 7:
		return rapid.SampledFrom([]func(ph.Expr) ph.Expr{ph.Sin, ph.Tanh, ph.Abs, ph.Erf, ph.Softplus, w.env.Functions["softsign"]}).Draw(r, "function")(a())
	case 8:
		return ph.Min(a(), a())
	case 9:
		return ph.Max(a(), a())
	case 10:
		return ph.Where(ph.Compare(a(), rapid.SampledFrom([]ph.Relation{ph.Less, ph.Equal}).Draw(r, "relation"), a()), a(), a())
	case 11:
		return ph.Compare(a(), ph.Greater, a())
	case 12:
		return ph.Concat(a(), a(), a()).Slice(1, 3).Index(1)
	case 13:
		return ph.Sum(ph.Concat(a(), a()).Mul(a()))
	case 14, 15:
		e, c := a(), coord()
		if op := e.Op(); op == ph.OpField || op == ph.OpSlice || op == ph.OpD || op == ph.OpNamed {
			e = e.Add(w.t) // a derivative of a function by a coordinate that is not its own is a mistake
		}
		return e.D(c)
	case 16:
		return a().At(coord(), 0.25)
	case 17:
		return a().Subst(coord(), a()).Subst(coord(), a())
	case 18:
		s := ph.NewCoord(rapid.SampledFrom([]string{"s", "x"}).Draw(r, "variable"))
		return ph.Integrate(a().Mul(a().Subst(coord(), s)), s, ph.Const(0), a(), 2)
	default:
		return ph.Integrate(a(), coord(), a(), ph.Const(1), 2)
	}
}

// TestStringReadsBack: for random expressions, the text reads back to the same value, and to the same text from then on.
func TestStringReadsBack(t *testing.T) {
	w := newWorld()
	rapid.Check(t, func(r *rapid.T) {
		e := w.scalar(r, rapid.IntRange(1, 3).Draw(r, "depth"))
		if e.Err() != nil {
			r.Fatalf("%v", e.Err())
		}
		text := e.String()
		back, err := ph.Parse(text, w.env)
		if err != nil {
			r.Fatalf("%s: %v\n%s", text, err, caret(err))
		}
		if got, want := w.eval(t, back), w.eval(t, e); !same(want, got) {
			r.Fatalf("%s: value %v, want %v", text, got, want)
		}
		again, err := ph.Parse(back.String(), w.env)
		if err != nil || again.String() != back.String() {
			r.Fatalf("%s reads back as %s and then as %s (%v)", text, back, again, err)
		}
	})
}
