package refeval_test

import (
	"fmt"

	"github.com/crux-pinn/crux/internal/refeval"
	ph "github.com/crux-pinn/crux/placeholder"
)

func ExampleEval() {
	x, y := ph.Coords2("x", "y")
	v, err := refeval.Eval(x.Pow(3).Mul(y).D(x, x, y), refeval.Point{Coords: map[*ph.Coord]float64{x: 2, y: 5}})
	fmt.Println(v, err)
	// Output: [12] <nil>
}

func ExampleDirectional() {
	k := ph.NewParam("k", 1)
	v, err := refeval.Directional(k.Pow(2), refeval.Point{
		Params: map[*ph.Param][]float64{k: {3}},
		Along:  map[*ph.Param][]float64{k: {1}},
	})
	fmt.Println(v, err)
	// Output: [6] <nil>
}
