package placeholder_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	ph "github.com/crux-pinn/crux/placeholder"
)

func caret(err error) string {
	var e *ph.Error
	if errors.As(err, &e) {
		return e.Pos.Caret()
	}
	return ""
}

// TestParse compares a text with the same thing written in Go, by value.
func TestParse(t *testing.T) {
	w := newWorld()
	tt, x, y, u, flow, k := w.t, w.x, w.y, w.u, w.flow, w.kappa
	q, h := w.env.Names["q"], w.env.Names["h"]
	s := ph.NewCoord("s")
	c := ph.Const
	for _, test := range []struct {
		src  string
		want ph.Expr
	}{
		{"1e-3", c(1e-3)},
		{"2.5E+2", c(250)},
		{".5", c(0.5)},
		{"3.", c(3)},
		{"12345678901234567890", c(12345678901234567890)},
		{"pi", c(math.Pi)},
		{"e", c(math.E)},
		{"2*e", c(2 * math.E)},
		{"+x", x},
		{"1 - 2 - 3", c(-4)},
		{"8/4/2", c(1)},
		{"2 + 3*4", c(14)},
		{"-2*3", c(-6)},
		{"2*-3", c(-6)},
		{"-x^2", x.Pow(2).Neg()},
		{"(-x)^2", x.Pow(2)},
		{"2^3^2", c(512)},
		{"2**3**2", c(512)},
		{"2^-1", c(0.5)},
		{"-2^2", c(-4)},
		{"x^(1/2)", ph.Sqrt(x)},
		{"x^kappa", ph.Power(x, k)},
		{"y^3", y.Mul(y, y)},
		{"y^in", y.Mul(y, y)},
		{"x < y", c(0)},
		{"x >= y and not (x == y)", c(1)},
		{"x <= y or x > 0", c(1)},
		{"x != y", c(1)},
		{"0 < x < 1", c(1)},
		{"0 < x < 0.5", c(0)},
		{"where(x < 0, 1, kappa)", k},
		{"min(x, y, 0.1)", y},
		{"max(x, y, 0.1)", x},
		{"abs(y)", y.Neg()},
		{"softsign(x)", x.Div(x.Shift(1))},
		{"log1p(x) + erf(y)", ph.Log1p(x).Add(ph.Erf(y))},
		{"u_t + u*u_x - nu*u_xx", u.D(tt).Add(u.Mul(u.D(x))).Sub(u.D(x, x).Scale(0.1))},
		{"u_tx", u.D(tt, x)},
		{"u_x_x", u.D(x, x)},
		{"flow_v_theta[1]", flow.Index(1).D(w.theta)},
		{"flow_v_xtheta[0]", flow.Index(0).D(x, w.theta)},
		{"u_obs - u", ph.Column("u_obs").Sub(u)},
		{"q_x", q.D(x)},
		{"h_xt", h.D(x, tt)},
		{"diff(u, x, 2)", u.D(x, x)},
		{"diff(u*x, x, t)", u.Mul(x).D(x, tt)},
		{"diff(u^2, t, 2, x)", u.Pow(2).D(tt, tt, x)},
		{"laplacian(u*y, x, y)", ph.Laplacian(u.Mul(y), x, y)},
		{"laplacian(q*y)", ph.Laplacian(q.Mul(y), x, y)},
		{"grad(u, x, t)[1]", u.D(tt)},
		{"div(flow_v, x, y)", ph.Divergence(flow, x, y)},
		{"div([x*y, y^2])", y.Scale(3)},
		{"hessian(u, x, t)[1]", u.D(x, tt)},
		{"jacobian(flow_v, x, y)[2]", flow.Index(1).D(x)},
		{"u(0, x)", u.At(tt, 0)},
		{"u(x = 1)", u.At(x, 1)},
		{"u_x(0, 1)", u.D(x).At(tt, 0).At(x, 1)},
		{"h(1, x)", h.At(tt, 1)},
		{"h_x(t = 1)", h.D(x).At(tt, 1)},
		{"u(t = x, x = t)", u.Subst(tt, s).Subst(x, tt).Subst(s, x)},
		{"u(x, t)", u.Subst(tt, s).Subst(x, tt).Subst(s, x)},
		{"u(t, 2*x)", u.Subst(x, x.Scale(2))},
		{"u(x, x)", u.Subst(tt, x)},
		{"u(x + t, x)", u.Subst(tt, x.Add(tt))},
		{"u(t = x, x = 2)", u.Subst(x, c(2)).Subst(tt, x)},
		{"q(2)", ph.Sin(c(2)).Mul(k)},
		{"at(u*x, x, 2)", u.Mul(x).At(x, 2)},
		{"at(x*t, x = t, t = 2)", tt.Scale(2)},
		{"integral(u(x = s), s, 0, 1)", ph.Integrate(u.Subst(x, s), s, c(0), c(1), 0)},
		{"integral(s^3, s, 0, x, 2)", x.Pow(4).Scale(0.25)},
		{"integral(x^3, x, 0, x)", x.Pow(4).Scale(0.25)},
		{"integral(integral(s*r, r, 0, s), s, 0, 2)", c(2)},
		{"integral(u_x, x, 0, 1)", u.At(x, 1).Sub(u.At(x, 0))},
		{"normal_x*u_x", ph.Normal(x).Mul(u.D(x))},
		{"n_y", ph.Normal(y)},
		{"dn(q*y)", ph.NormalDerivative(q.Mul(y), x, y)},
		{"dn(u, x)", ph.NormalDerivative(u, x)},
		{"diff((u), (x))", u.D(x)},
		{"u = x", u.Sub(x)},
		{"u(x = 1) = u(x = -1)", u.At(x, 1).Sub(u.At(x, -1))},
		{"u_t - 1 = 2 + u", u.D(tt).Shift(-3).Sub(u)},
		{"flow_v[0]*flow_v[1]", flow.Index(0).Mul(flow.Index(1))},
		{"sum(flow_v[0:2])", flow.Index(0).Add(flow.Index(1))},
		{"[x, y, 1][1:][0]", y},
		{"[x, y, 1][:2][1]", y},
		{"dot([x, y], flow_v)", x.Mul(flow.Index(0)).Add(y.Mul(flow.Index(1)))},
		{"normalize(y)", y.Scale(0.5)},
		{"\n u_t\n + x", u.D(tt).Add(x)},
	} {
		t.Run(test.src, func(t *testing.T) {
			if got, want := w.eval(t, w.parse(t, test.src)), w.eval(t, test.want); !same(want, got) {
				t.Errorf("value %v, want %v", got, want)
			}
		})
	}
}

// TestParseGroups: texts without brackets mean what the same texts mean with all of them.
func TestParseGroups(t *testing.T) {
	w := newWorld()
	for _, test := range []struct{ src, want string }{
		{"t + x*y^2 - 1", "(t + (x*(y^2))) - 1"},
		{"t/x*y", "(t/x)*y"},
		{"t - x + y", "(t - x) + y"},
		{"t^x^y", "t^(x^y)"},
		{"t**x^y", "t^(x^y)"},
		{"-t^2", "-(t^2)"},
		{"2^-t^x*y", "(2^(-(t^x)))*y"},
		{"- -t*x", "(-(-t))*x"},
		{"-t*x", "(-t)*x"},
		{"-flow_v[0]^2", "-((flow_v[0])^2)"},
		{"x < y + 1", "x < (y + 1)"},
		{"x < y == t", "(x < y) == t"},
		{"x == y < t", "(x == y) < t"},
		{"x < y < t", "(x < y) and (y < t)"},
		{"x < y <= t >= 0", "((x < y) and (y <= t)) and (t >= 0)"},
		{"(x < y) < t", "((x < y)) < t"},
		{"x or y and t", "x or (y and t)"},
		{"not x and y", "(not x) and y"},
		{"not x < y", "(not x) < y"},
		{"not x + y", "(not x) + y"},
		{"not x*y", "not (x*y)"},
		{"t*not x*y", "t*(not (x*y))"},
		{"t = x + y", "t - (x + y)"},
	} {
		if got, want := w.parse(t, test.src).String(), w.parse(t, test.want).String(); got != want {
			t.Errorf("%s is %s, want %s", test.src, got, want)
		}
	}
	// the middle of a chain is one part, not two
	if e := w.parse(t, "0 < sin(x) < 1"); e.Args()[0].Args()[1] != e.Args()[1].Args()[0] {
		t.Error("the middle of a chain is read twice")
	}
}

// TestParseErrors checks what the mistake is called and where the caret stands: under the ^ of the second line.
func TestParseErrors(t *testing.T) {
	w := newWorld()
	for _, test := range []struct{ src, at, want string }{
		{"u_t + v_x", "      ^", "unknown name v_x; did you mean u_x?"},
		{"u + kapa", "    ^", "unknown name kapa; did you mean kappa?"},
		{"tahn(x)", "^", "unknown name tahn; did you mean tanh?"},
		{"z", "^", "known are"},
		{"du/dt", "^", "write derivatives as u_"},
		{"d2u", "^", "write derivatives as u_"},
		{"sech(x)", "^", "write 1/cosh(...)"},
		{"if(x, 1, 2)", "^", "write where(condition"},
		{"u*u_y", "  ^", "u is a function of t, x, not of y"},
		{"u_xz", "^", `"xz" is not made of coordinates; u is a function of t, x`},
		{"kappa_x", "^", "kappa is a function of no coordinate"},
		{"q_t", "^", "q is a function of x, not of t"},
		{"diff(u, y)", "^", "u is a function of t, x, not of y"},
		{"diff(flow_v[0], t)", "^", "flow_v is a function of x, y, theta, not of t"},
		{"diff(h, y)", "^", "h is a function of t, x, not of y"},
		{"dn(h)", "^", "h is a function of t, x, not of y"},
		{"laplacian(h)", "^", "h is a function of t, x, not of y"},
		{"diff(u, kappa)", "        ^", "kappa is not a coordinate"},
		{"diff(u, w)", "        ^", "unknown coordinate w; there are t, theta, x, y"},
		{"diff(u, x, 0)", "           ^", "order of 1 to 64"},
		{"diff(u, x, 1.5)", "           ^", "whole number"},
		{"diff(u)", "^", "write diff(u, x)"},
		{"2x", " ^", "write * for a product: 2*x"},
		{"2 (x + 1)", "  ^", "write * for a product"},
		{"x y", "  ^", "write * for a product: x*y"},
		{"(x)(y)", "   ^", "write * for a product"},
		{"flow_v[0](x = 1)", "         ^", "at(w[0], x = 1)"},
		{"sin x", "^", "sin needs brackets, as in sin(x)"},
		{"sin + 1", "^", "sin is a function"},
		{"sin(x, y)", "^", "sin takes 1 argument, not 2"},
		{"where(x, y)", "^", "write where(condition, a, b)"},
		{"(x + 1", "^", "never closed"},
		{"x + 1)", "     ^", "closes nothing"},
		{"(x + 1]", "      ^", "( was opened, ] closes it"},
		{"x + ", "    ^", "ends too early"},
		{"x * / y", "    ^", `unexpected "/"`},
		{"x = y = 1", "      ^", "a second ="},
		{"x + (y = 1)", "       ^", "= belongs between"},
		{"u = x < 1", "  ^", "put comparisons in parentheses"},
		{"u(0, x = 1)", "  ^", "write every coordinate by name"},
		{"u(x*2 = 1)", "      ^", "= belongs between"},
		{"u(2*x = 1)", "      ^", "= belongs between"},
		{"sin(x = 1)", "      ^", "x = value belongs between the commas"},
		{"u(y = 1)", "  ^", "u is a function of t, x, not of y"},
		{"u(x = 1, x = 2)", "         ^", "x is given twice"},
		{"u(0)", "^", "u is a function of t, x; 1 coordinates are given"},
		{"u()", "^", "lacks its coordinates"},
		{"kappa(1)", "^", "no order of coordinates"},
		{"flow_v[2]", "      ^", "components [2, 3) of an expression with 2"},
		{"flow_v[x]", "       ^", "whole number"},
		{"flow_v + [x, y, t]", "       ^", "2 and 3 components"},
		{"x .5", "  ^", "write * for a product"},
		{"x.y", " ^", "a point belongs only into numbers"},
		{"x·y", " ^", "write a product with *"},
		{"x² + 1", " ^", "powers with ^"},
		{"x − 1", "  ^", "minus sign"},
		{"'x'", "^", "quotes"},
		{"x ? 1 : 2", "  ^", "where(condition, a, b)"},
		{"x && y", "  ^", "and, or, not"},
		{"!x", "^", "write not"},
		{"x % 2", "  ^", "remainder"},
		{"x : 2", "  ^", "colon"},
		{"x @ 2", "  ^", `'@' has no meaning`},
		{"x // y", "  ^", "comments"},
		{"1e999", "^", "too large"},
		{"[]", "^", "Concat of nothing"},
		{"integral(u, 2, 0, 1)", "            ^", "variable of integration"},
		{"integral(s, s, 0, s)", "                  ^", "unknown name s"},
		{"integral(x, x, 0, 1, 999)", "                     ^", "1 to 256"},
		{"integral(x, x, 0)", "^", "write integral("},
		{"dn(u, z)", "      ^", "unknown coordinate z"},
		{"x^(0/0)", " ^", "the exponent must be finite"},
		{"u(x = t < 1)", "    ^", "without comparisons beside it"},
		{"at(u = 1, x = 0)", "     ^", "x = value belongs between the commas"},
		{"laplacian(u)", "^", "u is a function of t, x, not of y"},
		{"diff((h), y)", "^", "h is a function of t, x, not of y"},
		{"soft(u)", "^", "unknown name soft"},
		{"x, y", " ^", "a comma belongs between the arguments of a call"},
		{"where((x < 0, 1, 2)", "            ^", "a comma belongs between the arguments of a call"},
		{"min(x, , y)", "       ^", `unexpected ","`},
		{"x not y", "  ^", `unexpected "not"`},
		{"(x + * y", "     ^", `unexpected "*"`},
		{"flow_v[", "      ^", "this [ is never closed"},
		{"flow_v[]", "       ^", `unexpected "]"`},
		{"[0:2]", "  ^", `unexpected ":"`},
		{"= x", "^", `unexpected "="`},
		{"x = = 1", "    ^", "a second ="},
	} {
		t.Run(test.src, func(t *testing.T) {
			e, err := ph.ParseNamed("residual", test.src, w.env)
			if err == nil {
				t.Fatalf("read as %v", e)
			}
			if e == nil || e.Err() != err {
				t.Errorf("the expression does not carry the error")
			}
			var at *ph.Error
			if !errors.As(err, &at) {
				t.Fatalf("%T, want *Error", err)
			}
			if !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "residual:1:") {
				t.Errorf("error %q, want residual:1: and %q", err, test.want)
			}
			if at.Pos.Caret() != test.src+"\n"+test.at {
				t.Errorf("caret\n%s\nwant\n%s\n%s", at.Pos.Caret(), test.src, test.at)
			}
		})
	}
}

func TestParseEmpty(t *testing.T) {
	for _, src := range []string{"", " \n"} {
		if _, err := ph.Parse(src, ph.Env{}); err == nil || !strings.Contains(err.Error(), "empty") {
			t.Errorf("Parse(%q): %v", src, err)
		}
	}
	if _, err := ph.Parse("u", ph.Env{}); err == nil || !strings.Contains(err.Error(), "no names are defined here") {
		t.Error(err)
	}
}

// TestParseBounded: texts made to exhaust a recursive parser are refused.
func TestParseBounded(t *testing.T) {
	w := newWorld()
	for _, src := range []string{
		strings.Repeat("(", 1e5), strings.Repeat("(", 1e4) + "x" + strings.Repeat(")", 1e4), strings.Repeat("-", 1e5) + "x",
		"x" + strings.Repeat("^x", 1e5), strings.Repeat("x+", 1e5) + "x", "u_" + strings.Repeat("x", 1e5),
		"x" + strings.Repeat("<x", 1e5), strings.Repeat("not ", 1e4) + "x", strings.Repeat("[", 7000), strings.Repeat("f(", 3000), strings.Repeat("(x<", 150) + "x" + strings.Repeat("<x)", 150),
	} {
		e, err := ph.Parse(src, w.env)
		if err == nil && len(src) > 1000 {
			t.Errorf("%.20q… of %d bytes is read", src, len(src))
		}
		_ = e.String()
	}
}

// TestParsePrecedence: an environment decides between the readings of a name.
func TestParsePrecedence(t *testing.T) {
	x := ph.NewCoord("x")
	xx := ph.NewCoord("xx")
	q := ph.Define("q", x.Mul(xx))
	env := ph.Env{Names: map[string]ph.Expr{"x": x, "q": q, "e": ph.Define("e", x), "n": ph.Define("n", x.Pow(2)), "sin": ph.Define("sin", x)}}
	check := func(src string, want ph.Op) {
		t.Helper()
		if e, err := ph.Parse(src, env); err != nil || e.Op() != want {
			t.Errorf("%s is %v (%v), want %v", src, e.Op(), err, want)
		}
	}
	check("q_xx", ph.OpD)
	check("e", ph.OpNamed)
	check("n_x", ph.OpD) // something is called n, so n_x is its derivative
	check("normal_x", ph.OpNormal)
	check("sin(2)", ph.OpAt)
	env.Names["q_x"] = ph.Column("q_x")
	check("q_x", ph.OpColumn)
	check("q_x_x", ph.OpD+0) // q_x is the longest known name, but a column has no derivative: q by x twice
	env.Names["xx"] = xx
	if _, err := ph.Parse("q_xx", env); err == nil || !strings.Contains(err.Error(), "diff(q, x, x) and diff(q, xx)") &&
		!strings.Contains(err.Error(), "diff(q, xx) and diff(q, x, x)") {
		t.Errorf("q_xx is ambiguous: %v", err)
	}
	if _, err := ph.Parse("bad", ph.Env{Names: map[string]ph.Expr{"bad": ph.Const(math.NaN()), "none": nil}}); err == nil || !strings.Contains(err.Error(), "not finite") {
		t.Error(err)
	}
	if _, err := ph.Parse("none", ph.Env{Names: map[string]ph.Expr{"none": nil}}); err == nil {
		t.Error("nil in the environment is read")
	}
}

// TestPositions: every node knows its place, and the environment's nodes keep theirs.
func TestPositions(t *testing.T) {
	w := newWorld()
	before := w.u.Pos()
	src := "u_t +\n  sin(u)*[x, 2][1]"
	e, err := ph.ParseNamed("pde", src, w.env)
	if err != nil {
		t.Fatal(err)
	}
	type place struct{ line, col int }
	want := map[ph.Op]place{ph.OpAdd: {1, 5}, ph.OpMul: {2, 9}, ph.OpUnary: {2, 3}, ph.OpSlice: {2, 16}, ph.OpConcat: {2, 10}, ph.OpD: {1, 1}, ph.OpCoord: {2, 11}, ph.OpConst: {2, 14}}
	var walk func(e ph.Expr)
	walk = func(e ph.Expr) {
		p := e.Pos()
		if p.Text != src || p.File != "pde" {
			t.Errorf("%v has no place in the text", e)
		}
		if at, ok := want[e.Op()]; ok && (at != place{p.Line, p.Col}) {
			t.Errorf("%v stands at %d:%d, want %v", e.Op(), p.Line, p.Col, at)
		}
		for _, a := range e.Args() {
			walk(a)
		}
	}
	walk(e)
	if w.u.Pos() != before {
		t.Error("parsing moved the field")
	}
}
