package placeholder_test

import (
	"errors"
	"fmt"
	"math"

	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

func ExampleParse() {
	t, x := ph.Coords2("t", "x")
	u := ph.NewField("u", net.MLP{}, t, x)
	env := ph.Env{Names: map[string]ph.Expr{"t": t, "x": x, "u": u, "nu": ph.Const(0.01)}}
	for _, src := range []string{
		"u_t + u*u_x = nu*u_xx",
		"u(0, x) + sin(pi*x)",
		"integral(u(x = s)^2, s, -1, 1)",
	} {
		e, err := ph.Parse(src, env)
		fmt.Println(e, err)
	}
	// Output:
	// u_t + u*u_x - 0.01*u_xx <nil>
	// u(t = 0) + sin(pi*x) <nil>
	// integral(u(x = s)^2, s, -1, 1) <nil>
}

func ExampleParseNamed() {
	t, x := ph.Coords2("t", "x")
	u := ph.NewField("u", net.MLP{}, t, x)
	env := ph.Env{Names: map[string]ph.Expr{"t": t, "x": x, "u": u}}
	_, err := ph.ParseNamed("residual", "u_t + v_x", env)
	fmt.Println(err)
	if e := (*ph.Error)(nil); errors.As(err, &e) {
		fmt.Println(e.Pos.Caret())
	}
	// Output:
	// residual:1:7: unknown name v_x; did you mean u_x?
	// u_t + v_x
	//       ^
}

func ExampleNames() {
	fmt.Println(ph.Names("q*u_x - 1.602e-19*sin(x)"))
	// Output: [q u_x sin x]
}

// A field with an output transform keeps its name, and the order of its coordinates is declared.
func ExampleEnv() {
	t, x := ph.Coords2("t", "x")
	raw := ph.NewField("u", net.MLP{}, t, x)
	u := ph.Define("u", ph.Sin(x.Scale(math.Pi)).Neg().Add(t.Mul(raw)))
	env := ph.Env{
		Names: map[string]ph.Expr{"t": t, "x": x, "u": u},
		Order: map[string][]*ph.Coord{"u": {t, x}},
		Space: []*ph.Coord{x},
	}
	e, err := ph.Parse("u_t(0, x) - laplacian(u) + dn(u)", env)
	fmt.Println(e, err)
	// Output: u_t(t = 0) - u_xx + normal_x*u_x <nil>
}

func ExampleExpr_string() {
	x, y := ph.Coords2("x", "y")
	u := ph.NewField("u", net.MLP{}, x, y)
	fmt.Println(ph.Laplacian(u, x, y).Add(ph.Sin(x).Mul(u.Pow(2))))
	// Output: u_xx + u_yy + sin(x)*u^2
}

func ExampleNewUnary() {
	softsign := ph.NewUnary("softsign",
		func(x float64) float64 { return x / (1 + math.Abs(x)) },
		func(_, y ph.Expr) ph.Expr { return ph.Const(1).Sub(ph.Abs(y)).Pow(2) })
	x := ph.NewCoord("x")
	e, err := ph.Parse("softsign(2*x)", ph.Env{
		Names:     map[string]ph.Expr{"x": x},
		Functions: map[string]func(ph.Expr) ph.Expr{"softsign": softsign},
	})
	fmt.Println(e, err)
	// Output: softsign(2*x) <nil>
}

func ExamplePaths() {
	s := ph.Paths("u/*/weight", "kappa")
	fmt.Println(s("u/layer0/weight"), s("u/layer0/bias"), s("kappa"))
	// Output: true false true
}

func ExampleIntegrate() {
	x, s := ph.Coords2("x", "s")
	y := ph.NewField("y", net.MLP{}, x)
	// Volterra: ∫₀ˣ e^{s−x} y(s) ds
	fmt.Println(ph.Integrate(ph.Exp(s.Sub(x)).Mul(y.Subst(x, s)), s, ph.Const(0), x, 20))
	// Output: integral(exp(s - x)*y(x = s), s, 0, x)
}

func ExampleNewConstant() {
	x := ph.NewCoord("x")
	beta := ph.NewConstant("beta", 30)
	fmt.Println(ph.Sin(beta.Mul(x)))
	fmt.Println(beta.Constant())
	// Output:
	// sin(beta*x)
	// 30 true
}
