package pointwise_test

import (
	"fmt"

	"github.com/crux-pinn/crux/internal/pointwise"
	ph "github.com/crux-pinn/crux/placeholder"
)

func ExampleEval() {
	x, y := ph.Coords2("x", "y")
	v, err := pointwise.Eval(x.Pow(3).Mul(y).D(x, x, y), pointwise.Point{Coords: map[*ph.Coord]float64{x: 2, y: 5}})
	fmt.Println(v, err)
	// Output: [12] <nil>
}

func ExampleDirectional() {
	k := ph.NewParam("k", 1)
	v, err := pointwise.Directional(k.Pow(2), pointwise.Point{
		Params: map[*ph.Param][]float64{k: {3}},
		Along:  map[*ph.Param][]float64{k: {1}},
	})
	fmt.Println(v, err)
	// Output: [6] <nil>
}
