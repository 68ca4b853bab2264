package net_test

import (
	"fmt"

	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// list prints the parameters of a field.
func list(u *ph.Field) {
	for _, p := range u.Parameters() {
		fmt.Println(p.Path(), p.Shape())
	}
}

func ExampleMLP() {
	t, x := ph.Coords2("t", "x")
	list(ph.NewField("u", net.MLP{Hidden: []int{20, 20}, Act: net.Sin}, t, x))
	// Output:
	// u/layer0/weight [2 20]
	// u/layer0/bias [20]
	// u/layer1/weight [20 20]
	// u/layer1/bias [20]
	// u/layer2/weight [20 1]
	// u/layer2/bias [1]
}

func ExampleModifiedMLP() {
	x, y := ph.Coords2("x", "y")
	u := ph.NewField("u", net.ModifiedMLP{Hidden: []int{32, 32}, Out: 3}, x, y)
	fmt.Println(u.Dim(), len(u.Parameters()))
	// Output: 3 10
}

func ExampleFourier() {
	x, y := ph.Coords2("x", "y")
	u := ph.NewField("u", net.Fourier{Features: 16, Scale: 2, Inner: net.MLP{Hidden: []int{20}}}, x, y)
	for _, p := range u.Parameters() {
		fmt.Println(p.Path(), p.Shape(), "fixed:", p.Fixed())
	}
	// Output:
	// u/fourier/frequencies [2 16] fixed: true
	// u/layer0/weight [32 20] fixed: false
	// u/layer0/bias [20] fixed: false
	// u/layer1/weight [20 1] fixed: false
	// u/layer1/bias [1] fixed: false
}

func ExamplePeriodic() {
	t, x := ph.Coords2("t", "x")
	// u(t, x) = u(t, x + 2) exactly; t stays an ordinary input.
	list(ph.NewField("u", net.Periodic{Periods: map[*ph.Coord]float64{x: 2}, Inner: net.MLP{Hidden: []int{8}}}, t, x))
	// Output:
	// u/layer0/weight [3 8]
	// u/layer0/bias [8]
	// u/layer1/weight [8 1]
	// u/layer1/bias [1]
}

func ExampleSIREN() {
	x, y := ph.Coords2("x", "y")
	u := ph.NewField("u", net.SIREN{Hidden: []int{64, 64}, Omega: 5}, x, y)
	fmt.Println(len(u.Parameters()))
	// Output: 6
}

func ExampleResNet() {
	x := ph.NewCoord("x")
	list(ph.NewField("u", net.ResNet{Width: 10, Blocks: 1}, x))
	// Output:
	// u/input/weight [1 10]
	// u/input/bias [10]
	// u/block0/layer0/weight [10 10]
	// u/block0/layer0/bias [10]
	// u/block0/layer1/weight [10 10]
	// u/block0/layer1/bias [10]
	// u/output/weight [10 1]
	// u/output/bias [1]
}

func ExamplePirateNet() {
	t, x := ph.Coords2("t", "x")
	u := ph.NewField("u", net.PirateNet{Width: 64, Blocks: 3, Factorized: true}, t, x)
	fmt.Println(u.Dim(), u.Err())
	// Output: 1 <nil>
}

func ExampleActivation() {
	t, x := ph.Coords2("t", "x")
	// An activation of one's own is a function on expressions; derivatives of every order follow.
	bump := func(z ph.Expr) ph.Expr { return ph.Exp(z.Pow(2).Neg()) }
	u := ph.NewField("u", net.MLP{Act: bump}, t, x)
	fmt.Println(u.D(x, x).Err())
	// Output: <nil>
}

func ExampleActivationByName() {
	_, err := net.ActivationByName("gelu-tanh")
	fmt.Println(err)
	// Output: unknown activation "gelu-tanh"; did you mean gelu_tanh?
}

func ExampleInitByName() {
	_, err := net.InitByName("he_uniform")
	fmt.Println(err, net.Inits())
	// Output: <nil> [glorot_normal glorot_uniform he_normal he_uniform zeros]
}

func ExampleEnriched() {
	x, y := ph.Coords2("x", "y")
	// A wall whose lower half is hot: around the place where the temperature jumps, at x = 0, y = 0.5, it follows the angle.
	angle := ph.Atan(y.Shift(-0.5).Div(x.Shift(1e-10)))
	list(ph.NewField("u", net.Enriched{With: []ph.Expr{angle}, Inner: net.MLP{Hidden: []int{8}}}, x, y))
	// Output:
	// u/layer0/weight [3 8]
	// u/layer0/bias [8]
	// u/layer1/weight [8 1]
	// u/layer1/bias [1]
}
