package placeholder_test

import (
	"fmt"

	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// The same formula for another unknown.
func ExampleReplace() {
	x := ph.NewCoord("x")
	u, v := ph.Define("u", ph.Sin(x)), ph.Cos(x)
	e := u.D(x).Add(u.Pow(2))
	fmt.Println(e)
	fmt.Println(ph.Replace(e, func(part ph.Expr) ph.Expr {
		if part.Op() == ph.OpNamed {
			return v
		}
		return nil
	}))
	// Output:
	// u_x + u^2
	// diff(cos(x), x) + cos(x)^2
}

// The fields of a residual.
func ExampleWalk() {
	t, x := ph.Coords2("t", "x")
	u, v := ph.NewField("u", net.MLP{}, t, x), ph.NewField("v", net.MLP{}, t, x)
	for part := range ph.Walk(u.D(t).Add(v.Mul(u.D(x))), nil) {
		if f, ok := part.Attr().(*ph.Field); ok {
			fmt.Println(f.Name())
		}
	}
	// Output:
	// u
	// v
}

func ExampleContains() {
	x := ph.NewCoord("x")
	isNormal := func(part ph.Expr) bool { return part.Op() == ph.OpNormal }
	fmt.Println(ph.Contains(ph.Sin(x).Mul(ph.Normal(x)), isNormal), ph.Contains(ph.Sin(x), isNormal))
	// Output: true false
}

// How deeply an expression is nested.
func ExampleFold() {
	x := ph.NewCoord("x")
	fmt.Println(ph.Fold(ph.Sin(x.Mul(x)).Add(x), func(_ ph.Expr, operands []int) int {
		deepest := 0
		for _, d := range operands {
			deepest = max(deepest, d)
		}
		return deepest + 1
	}))
	// Output: 4
}

func ExampleFreeCoords() {
	t, x := ph.Coords2("t", "x")
	u := ph.NewField("u", net.MLP{}, t, x)
	free := ph.FreeCoords(u.D(t).At(t, 0))
	fmt.Println(free[t], free[x])
	// Output: false true
}

// The order in time of an equation; the initial slope that it contains as well is at one fixed time.
func ExampleOrder() {
	t, x := ph.Coords2("t", "x")
	u := ph.NewField("u", net.MLP{}, t, x)
	isU := func(part ph.Expr) (is, inside bool) { return part.Attr() == any(u), true }
	fmt.Println(ph.Order(u.D(t).Sub(u.D(x, x)).Add(u.D(t, t).At(t, 0)), t, isU))
	// Output: 1
}

func ExampleIsName() {
	fmt.Println(ph.IsName("u_x"), ph.IsName("π"), ph.IsName("2u"), ph.IsName("my-rate"))
	// Output: true true false false
}
