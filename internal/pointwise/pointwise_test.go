package pointwise_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/crux-pinn/crux/internal/pointwise"
	ph "github.com/crux-pinn/crux/placeholder"
)

// functions holds f, f′, …, f⁽⁶⁾ at 0.4, computed by mpmath with 60 digits.
var functions = []struct {
	name string
	f    func(ph.Expr) ph.Expr
	want []float64
}{
	{"exp", ph.Exp, []float64{1.4918246976412704, 1.4918246976412704, 1.4918246976412704, 1.4918246976412704, 1.4918246976412704, 1.4918246976412704, 1.4918246976412704}},
	{"expm1", ph.Expm1, []float64{0.49182469764127035, 1.4918246976412704, 1.4918246976412704, 1.4918246976412704, 1.4918246976412704, 1.4918246976412704, 1.4918246976412704}},
	{"log", ph.Log, []float64{-0.91629073187415501, 2.4999999999999999, -6.2499999999999993, 31.249999999999995, -234.37499999999995, 2343.7499999999993, -29296.87499999999}},
	{"log1p", ph.Log1p, []float64{0.33647223662121295, 0.71428571428571427, -0.51020408163265305, 0.72886297376093291, -1.5618492294877134, 4.4624263699648952, -15.937237035588911}},
	{"sqrt", ph.Sqrt, []float64{0.63245553203367588, 0.79056941504209481, -0.98821176880261846, 3.705794133009819, -23.161213331311368, 202.66061664897445, -2279.9319373009625}},
	{"abs", ph.Abs, []float64{0.40000000000000002, 1.0, 0, 0, 0, 0, 0}},
	{"sin", ph.Sin, []float64{0.38941834230865051, 0.92106099400288507, -0.38941834230865051, -0.92106099400288507, 0.38941834230865051, 0.92106099400288507, -0.38941834230865051}},
	{"cos", ph.Cos, []float64{0.92106099400288507, -0.38941834230865051, -0.92106099400288507, 0.38941834230865051, 0.92106099400288507, -0.38941834230865051, -0.92106099400288507}},
	{"tan", ph.Tan, []float64{0.42279321873816179, 1.1787541058109751, 0.99673848499329182, 3.6217510285534887, 10.111961039294678, 48.664693916977281, 232.54413375329071}},
	{"asin", ph.Asin, []float64{0.41151684606748804, 1.0910894511799619, 0.51956640532379143, 2.0411537352006092, 7.3340155853528386, 46.31622292356361, 338.19363320294575}},
	{"acos", ph.Acos, []float64{1.1592794807274086, -1.0910894511799619, -0.51956640532379143, -2.0411537352006092, -7.3340155853528386, -46.31622292356361, -338.19363320294575}},
	{"atan", ph.Atan, []float64{0.38050637711236491, 0.86206896551724137, -0.59453032104637338, -0.66628398048300453, 4.4536754133081476, -5.3934082386120849, -58.189547682512594}},
	{"sinh", ph.Sinh, []float64{0.41075232580281553, 1.0810723718384548, 0.41075232580281553, 1.0810723718384548, 0.41075232580281553, 1.0810723718384548, 0.41075232580281553}},
	{"cosh", ph.Cosh, []float64{1.0810723718384548, 0.41075232580281553, 1.0810723718384548, 0.41075232580281553, 1.0810723718384548, 0.41075232580281553, 1.0810723718384548}},
	{"tanh", ph.Tanh, []float64{0.3799489622552249, 0.85563878608117768, -0.65019813767372767, -0.97015124915411732, 4.0752243920817787, 1.0074920302673313, -48.250602330490502}},
	{"sigmoid", ph.Sigmoid, []float64{0.59868766011245201, 0.24026074574152915, -0.047421541628208559, -0.10609060992412515, 0.089300877841467722, 0.17279666742965163, -0.34928035812094478}},
	{"softplus", ph.Softplus, []float64{0.91301525239995264, 0.59868766011245201, 0.24026074574152915, -0.047421541628208559, -0.10609060992412515, 0.089300877841467722, 0.17279666742965163}},
	{"erf", ph.Erf, []float64{0.42839235504666848, 0.96154129883930777, -0.76923303907144626, -1.3076961664214585, 4.1230890894229519, 4.5477057269903893, -36.622877296975927}},
	{"sign", ph.Sign, []float64{1, 0, 0, 0, 0, 0, 0}},
	{"heaviside", ph.Heaviside, []float64{1, 0, 0, 0, 0, 0, 0}},
}

// near allows for a few rounding errors relative to the value, or to 1.
func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-12*math.Max(1, math.Abs(want))) {
		t.Errorf("%s = %.17g, want %.17g", what, got, want)
	}
}

func value(t *testing.T, e ph.Expr, p pointwise.Point) float64 {
	t.Helper()
	v, err := pointwise.Eval(e, p)
	if err != nil {
		t.Fatalf("%v: %v", e, err)
	}
	if len(v) != 1 {
		t.Fatalf("%v has %d components", e, len(v))
	}
	return v[0]
}

// TestFunctions checks the Taylor series here, and the derivative rules of package placeholder, against mpmath.
func TestFunctions(t *testing.T) {
	x := ph.NewCoord("x")
	p := pointwise.Point{Coords: map[*ph.Coord]float64{x: 0.4}}
	for _, f := range functions {
		t.Run(f.name, func(t *testing.T) {
			e := f.f(x)
			u := e.Attr().(*ph.Unary)
			if !u.Builtin() || u.Name != f.name {
				t.Errorf("function %q, builtin %v", u.Name, u.Builtin())
			}
			rule := ph.Expr(ph.Const(0))
			if u.Deriv != nil {
				rule = u.Deriv(x, e)
			}
			for k, want := range f.want {
				near(t, fmt.Sprintf("derivative %d", k), value(t, e.D(order(x, k)...), p), want)
				if k > 0 {
					near(t, fmt.Sprintf("derivative %d of the rule", k-1), value(t, rule.D(order(x, k-1)...), p), want)
				}
			}
			near(t, "F", u.F(0.4), f.want[0])
		})
	}
}

func order(x *ph.Coord, k int) []*ph.Coord {
	cs := make([]*ph.Coord, k)
	for i := range cs {
		cs[i] = x
	}
	return cs
}

func TestOperators(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	s := ph.NewCoord("s")
	a, b := 0.7, -0.3
	p := pointwise.Point{
		Coords:  map[*ph.Coord]float64{x: a, y: b},
		Bounds:  map[*ph.Coord][2]float64{x: {0, 2}, y: {-1, 3}},
		Columns: map[string]float64{"u_obs": 4.5},
		Normals: map[*ph.Coord]float64{x: 0.6, y: -0.8},
	}
	softsign := ph.NewUnary("softsign", func(x float64) float64 { return x / (1 + math.Abs(x)) },
		func(_, y ph.Expr) ph.Expr { return ph.Const(1).Sub(ph.Abs(y)).Pow(2) })
	xy := x.Mul(y)
	w := ph.Concat(x.Mul(x), xy, y)
	for _, c := range []struct {
		name string
		e    ph.Expr
		want float64
	}{
		{"sum", x.Add(y, ph.Const(2)), a + b + 2},
		{"quotient, mixed third derivative", x.Div(y).D(x, y, y), 2 / (b * b * b)},
		{"cube at zero", y.Shift(-b).Pow(3).D(y, y, y), 6},
		{"negative power", x.Pow(-2).D(x, x), 6 / math.Pow(a, 4)},
		{"root", x.Pow(1.5).D(x), 1.5 * math.Sqrt(a)},
		{"power x^y by y", ph.Power(x, y).D(y), math.Pow(a, b) * math.Log(a)},
		{"chain of the fourth order", ph.Sin(xy).D(x, x, y, y), // ∂xx sin = −y² sin; then twice by y
			-2*math.Sin(a*b) - 4*a*b*math.Cos(a*b) + a*a*b*b*math.Sin(a*b)},
		{"a function of one's own", softsign(x).D(x, x), -2 / math.Pow(1+a, 3)},
		{"min", ph.Min(x.Mul(x), x).D(x), 2 * a},
		{"max", ph.Max(x.Mul(x), x).D(x), 1},
		{"where", ph.Where(ph.Compare(x, ph.Less, y), x, y.Pow(2)).D(y), 2 * b},
		{"comparison", ph.Compare(x, ph.Greater, y).D(x), 0},
		{"greater or equal", ph.Compare(x, ph.GreaterEqual, x), 1},
		{"less or equal", ph.Compare(x, ph.LessEqual, y), 0},
		{"equal", ph.Compare(x, ph.Equal, x), 1},
		{"laplacian", ph.Laplacian(xy.Mul(xy), x, y), 2 * (a*a + b*b)},
		{"component", w.Index(1).D(x, y), 1},
		{"sum of components", ph.Sum(w).D(x), 2*a + b},
		{"divergence", ph.Divergence(w.Slice(0, 2), x, y), 3 * a},
		{"at fixes after differentiation", x.Pow(3).D(x).At(x, 2), 12},
		{"a fixed coordinate is constant", x.Pow(3).At(x, 2).D(x), 0},
		{"substitution, chain rule", ph.Sin(x).Subst(x, x.Mul(y)).D(x), b * math.Cos(a*b)},
		{"derivative of a substituted derivative", ph.Sin(x).D(x).Subst(x, x.Mul(x)).D(x), -2 * a * math.Sin(a*a)},
		{"normalised", ph.Normalize(ph.Concat(x, y)).Index(1), 2*(b+1)/4 - 1},
		{"slope of normalisation", ph.Normalize(x).D(x), 1},
		{"column", ph.Column("u_obs"), 4.5},
		{"normal derivative", ph.NormalDerivative(xy, x, y), 0.6*b - 0.8*a},
		{"named", ph.Define("q", xy).D(y), a},
		{"Fredholm", ph.Integrate(x.Mul(ph.Exp(s)), s, ph.Const(0), ph.Const(1), 0), a * (math.E - 1)},
		{"Volterra by its limit", ph.Integrate(ph.Cos(s), s, ph.Const(0), x, 0).D(x), math.Cos(a)},
		{"integral over the coordinate itself", ph.Integrate(x.Mul(x), x, ph.Const(0), x, 2), a * a * a / 3},
		{"derivative inside an integral", ph.Integrate(x.Pow(3).D(x), x, ph.Const(0), x, 3).D(x), 3 * a * a},
		{"nested integrals", ph.Integrate(ph.Integrate(s.Mul(y), y, ph.Const(0), s, 4), s, ph.Const(0), ph.Const(2), 4), 2},
	} {
		t.Run(c.name, func(t *testing.T) { near(t, "value", value(t, c.e, p), c.want) })
	}
}

type linear struct{}

func (linear) Apply(s *ph.Scope, in ph.Expr) ph.Expr {
	zero := func(_ *rand.Rand, dst []float64, _ []int) { clear(dst) }
	return ph.Affine(s.Param("w", zero, 2, 2), s.Param("b", zero, 2), in)
}

// TestDirectional: with u = (x, y)W + b, W = [1 2; 3 4], b = [5 6], and a direction v in parameters, the derivative of u² is
// 2u·(xV + c).
func TestDirectional(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	u := ph.NewField("u", linear{}, x, y)
	k := ph.NewParam("k", 1)
	w, b := u.Parameters()[0], u.Parameters()[1]
	p := pointwise.Point{
		Coords: map[*ph.Coord]float64{x: 2, y: -1},
		Params: map[*ph.Param][]float64{w: {1, 2, 3, 4}, b: {5, 6}, k: {10}},
		Along:  map[*ph.Param][]float64{w: {0, 1, 0, 2}, b: {0, 7}},
	}
	v, err := pointwise.Eval(u, p)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "u₀", v[0], 2-3+5)
	near(t, "u₁", v[1], 6) // 2·2 − 1·4 + 6
	d, err := pointwise.Directional(u.Mul(u).Mul(k), p)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "derivative of k u₀²", d[0], 0)
	near(t, "derivative of k u₁²", d[1], 10*2*6*7) // xV + c = 2·1 − 1·2 + 7
	// ∂x of k u₁² is 20 u₁ W₀₁, and along v: 20 (u₁′ W₀₁ + u₁ V₀₁).
	d, err = pointwise.Directional(u.Index(1).Pow(2).Mul(k).D(x), p)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "derivative of ∂x k u₁²", d[0], 20*(7*2+6*1))
}

func TestMissing(t *testing.T) {
	x := ph.NewCoord("x")
	for _, e := range []ph.Expr{x, ph.Column("c"), ph.Normal(x), ph.Normalize(x), ph.NewParam("k", 1), ph.Const(math.NaN()), nil} {
		if _, err := pointwise.Eval(e, pointwise.Point{}); err == nil {
			t.Errorf("%v evaluates without a value", e)
		}
	}
}
