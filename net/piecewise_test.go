package net_test

import (
	"testing"

	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

func ExamplePiecewise() {
	x := ph.NewCoord("x")
	u := ph.NewField("u", net.Piecewise{
		Parts: []net.Part{{Name: "steel", Where: ph.Compare(x, ph.Less, ph.Const(0.5)), Lo: []float64{0}, Hi: []float64{0.5}}, {Name: "air"}},
		Inner: net.MLP{Hidden: []int{2}},
	}, x)
	list(u)
	// Output:
	// u/steel/layer0/weight [1 2]
	// u/steel/layer0/bias [2]
	// u/steel/layer1/weight [2 1]
	// u/steel/layer1/bias [1]
	// u/air/layer0/weight [1 2]
	// u/air/layer0/bias [2]
	// u/air/layer1/weight [2 1]
	// u/air/layer1/bias [1]
}

func TestPiecewiseErrors(t *testing.T) {
	x := ph.NewCoord("x")
	for _, bad := range []net.Piecewise{{}, {Parts: []net.Part{{Name: "a", Lo: []float64{0, 1}, Hi: []float64{1, 2}}}}} {
		if ph.NewField("u", bad, x).Err() == nil {
			t.Errorf("%+v: no error", bad)
		}
	}
}
