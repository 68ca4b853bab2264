package net_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/crux-pinn/crux/internal/pointwise"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// TestGolden evaluates networks whose values, gradients and Hessians were computed by JAX from one vector θ of all
// parameters; MLP must lay θ out as W0, b0, W1, b1, … with weights row by row.
func TestGolden(t *testing.T) {
	raw, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases map[string]struct {
		Sizes      []int
		Activation string
		Theta      []float64
		Points     [][2]float64
		Value      [][1]float64
		Jacobian   [][1][2]float64
		Hessian    [][1][2][2]float64
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			act, err := net.ActivationByName(c.Activation)
			if err != nil {
				t.Fatal(err)
			}
			x, y := ph.Coords2("x", "y")
			u := ph.NewField("u", net.MLP{Hidden: c.Sizes[1 : len(c.Sizes)-1], Act: act, Raw: true}, x, y)
			params := map[*ph.Param][]float64{}
			theta := c.Theta
			for _, p := range u.Parameters() {
				params[p], theta = theta[:p.Size()], theta[p.Size():]
			}
			if len(theta) != 0 {
				t.Fatalf("%d numbers of θ are left over", len(theta))
			}
			for i, at := range c.Points {
				j, h := c.Jacobian[i][0], c.Hessian[i][0]
				want := []float64{c.Value[i][0], j[0], j[1], h[0][0], h[0][1], h[1][0], h[1][1]}
				got, err := pointwise.Eval(ph.Concat(u, ph.Gradient(u, x, y), ph.Hessian(u, x, y)),
					pointwise.Point{Coords: map[*ph.Coord]float64{x: at[0], y: at[1]}, Params: params})
				if err != nil {
					t.Fatal(err)
				}
				for k := range want {
					if math.Abs(got[k]-want[k]) > 1e-12*math.Max(1, math.Abs(want[k])) {
						t.Errorf("point %d, entry %d is %.17g, want %.17g", i, k, got[k], want[k])
					}
				}
			}
		})
	}
}
