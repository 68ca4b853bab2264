package placeholder_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// TestMistakes: every mistake in building becomes an error at the line of the user, survives later operators, and never
// panics.
func TestMistakes(t *testing.T) {
	w := newWorld()
	x, y, u, flow := w.x, w.y, w.u, w.flow
	for _, c := range []struct {
		e    ph.Expr
		want string
	}{
		{u.D(y), "u.D(y): u is a function of t, x, not of y"},
		{flow.Index(0).D(w.t), "flow_v is a function of x, y, theta, not of t"},
		{u.D(x).D(y), "u is a function of t, x, not of y"},
		{u.D(nil), "nil coordinate"},
		{x.Add(nil), "operand 2 of + is nil"},
		{ph.Sin(nil), "operand 1 of function is nil"},
		{flow.Add(ph.Concat(x, y, x)), "+ of 2 and 3 components"},
		{flow.Index(2), "components [2, 3) of an expression with 2"},
		{flow.Slice(1, 1), "components [1, 1)"},
		{ph.Const(math.Inf(1)), "constant +Inf is not finite"},
		{x.Pow(math.NaN()), "the exponent must be finite"},
		{ph.Gradient(flow, x), "use Jacobian"},
		{ph.Hessian(flow, x), "pick one with Index"},
		{ph.Laplacian(u), "Laplacian without coordinates"},
		{ph.Divergence(flow, x), "Divergence of 2 components over 1 coordinates"},
		{ph.Advect([]ph.Expr{u}, u), "Advect with 1 velocities over 0 coordinates"},
		{ph.NormalDerivative(u), "NormalDerivative without coordinates"},
		{ph.Normal(nil), "normal along a nil coordinate"},
		{ph.Concat(), "Concat of nothing"},
		{u.Subst(x, flow), "cannot become a quantity of 2 components"},
		{u.Subst(nil, x), "substitution for a nil coordinate"},
		{ph.Integrate(u, nil, x, x, 0), "integral without a variable"},
		{ph.Integrate(u, x, flow, x, 0), "one component each"},
		{ph.Integrate(u, x, x, x, -1), "-1 quadrature nodes"},
		{ph.NewCoord("2x"), `coordinate name "2x"`},
		{ph.NewCoord("x·y"), "use letters, digits and underscores"},
		{ph.NewParam("", 1), `parameter name ""`},
		{ph.NewConstant("c", math.NaN()), "constant c is NaN"},
		{ph.NewField("a b", net.MLP{}, x), `field name "a b"`},
		{ph.NewField("v", nil, x), "has no network"},
		{ph.NewField("v", net.MLP{}), "function of no coordinate"},
		{ph.NewField("v", net.MLP{}, x, x), "nil or repeated"},
		{ph.Bad("net %q is odd", "n"), `net "n" is odd`},
	} {
		err := c.e.Err()
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
			continue
		}
		if !strings.HasPrefix(err.Error(), "expr_test.go:") {
			t.Errorf("%v: no line of this file", err)
		}
		if later := ph.Sin(x).Mul(c.e).D(x).At(x, 1).Index(0); later.Err() != err || later.Dim() != 0 {
			t.Errorf("%v: later operators carry %v", err, later.Err())
		}
	}
}

func TestSelectors(t *testing.T) {
	const weight, bias, other = "u/layer0/weight", "u/layer0/bias", "uv/layer0/weight"
	for _, c := range []struct {
		name string
		s    ph.Selector
		want [3]bool
	}{
		{"field", ph.Paths("u"), [3]bool{true, true, false}},
		{"layer", ph.Paths("u/layer0"), [3]bool{true, true, false}},
		{"role", ph.Paths("*/*/weight"), [3]bool{true, false, true}},
		{"below", ph.Paths("u/**"), [3]bool{true, true, false}},
		{"several", ph.Paths(bias, "uv"), [3]bool{false, true, true}},
		{"not", ph.Paths("u").Not(), [3]bool{false, false, true}},
		{"not all", ph.Selector(nil).Not(), [3]bool{}},
		{"malformed", ph.Paths("["), [3]bool{}},
	} {
		for i, p := range []string{weight, bias, other} {
			if c.s(p) != c.want[i] {
				t.Errorf("%s selects %s: %v", c.name, p, c.s(p))
			}
		}
	}
}

// TestParam: shapes, sizes and initial values.
func TestParam(t *testing.T) {
	w := newWorld()
	k := make([]float64, 1)
	w.kappa.Initialize(nil, k)
	if k[0] != 0.6 || len(w.kappa.Shape()) != 0 || w.kappa.Size() != 1 || w.kappa.Path() != "kappa" {
		t.Errorf("kappa: %v, shape %v, size %d", k, w.kappa.Shape(), w.kappa.Size())
	}
	p := w.flow.Parameters()[0]
	if p.Size() != 9 || p.Path() != "flow_v/layer0/weight" {
		t.Errorf("%s has size %d", p.Path(), p.Size())
	}
	v := make([]float64, 9)
	p.Initialize(rand.New(rand.NewPCG(1, 1)), v)
	if v[0] == 0 || v[0] == v[8] {
		t.Errorf("initial weights %v", v)
	}
}
