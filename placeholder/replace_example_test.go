package placeholder_test

import (
	"fmt"

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
