package exact_test

import (
	"fmt"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/domain/exact"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// A heat equation's conditions, built into u. The flux at the right end is one of them; what does not concern the
// boundary stays a constraint.
func ExampleHard() {
	t, x := ph.Coords2("t", "x")
	slab := domain.NewBox(domain.In(t, 0, 1), domain.In(x, 0, 1))
	raw := ph.NewField("u", net.MLP{Hidden: []int{16, 16}}, t, x)
	got := exact.Hard{Domain: slab, Conditions: []exact.Condition{
		{Name: "initial", Residual: raw.Sub(x.Mul(ph.Const(2).Sub(x))), On: slab.Face(t, 0, 100)},
		{Name: "left", Residual: raw, On: slab.Face(x, 0, 100)},
		{Name: "right", Residual: raw.D(x), On: slab.Face(x, 1, 100)},
		{Name: "mean", Residual: raw.Shift(-1), On: slab.Interior(100)},
	}}.Apply(raw)
	u := got.Expr // in all other residuals
	fmt.Println("error:", u.Err(), "built in:", got.Built)
	for _, k := range got.Kept {
		fmt.Println("kept:", k.Name+",", k.Why)
	}
	// Output:
	// error: <nil> built in: [initial left right]
	// kept: mean, it does not lie on the boundary
}

// Data that disagree in a corner cannot both hold.
func ExampleHard_corner() {
	t, x := ph.Coords2("t", "x")
	slab := domain.NewBox(domain.In(t, 0, 1), domain.In(x, 0, 1))
	u := ph.NewField("u", net.MLP{Hidden: []int{16, 16}}, t, x)
	got := exact.Hard{Domain: slab, Conditions: []exact.Condition{
		{Name: "initial", Residual: u, On: slab.Face(t, 0, 100)},
		{Name: "left", Residual: u.Shift(-1), On: slab.Face(x, 0, 100)},
	}}.Apply(u)
	for _, k := range got.Kept {
		fmt.Println("kept:", k.Name+",", k.Why)
	}
	// Output:
	// kept: left, its data and those of "initial" disagree at t = 0, x = 0 by 1; make them agree there, or leave one of the two a constraint
}

// A plate with a hole through which nothing flows. Fluxes through what is no box are built in when asked for.
func ExampleHard_flux() {
	x, y := ph.Coords2("x", "y")
	square := domain.NewBox(domain.In(x, -1, 1), domain.In(y, -1, 1))
	plate := domain.Difference(square, domain.NewDisk(x, y, 0, 0, 0.5))
	hole := func(p []float64) bool { return p[0]*p[0]+p[1]*p[1] < 0.5 }
	walls := func(p []float64) bool { return !hole(p) }
	u := ph.NewField("u", net.MLP{Hidden: []int{16, 16}}, x, y)
	h := exact.Hard{Domain: plate, Conditions: []exact.Condition{
		{Name: "walls", Residual: u.Sub(x), On: plate.Boundary(100).Where(walls)},
		{Name: "hole", Residual: ph.NormalDerivative(u, x, y), On: plate.Boundary(100).Where(hole)},
	}}
	for _, h.All = range []bool{false, true} {
		got := h.Apply(u)
		fmt.Println("built in:", got.Built, "kept:", len(got.Kept))
	}
	// Output:
	// built in: [walls] kept: 1
	// built in: [walls hole] kept: 0
}
