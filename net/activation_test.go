package net_test

import (
	"math"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/pointwise"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// TestActivations compares with numpy at −2.5, −0.3, 0 and 1.7.
func TestActivations(t *testing.T) {
	want := map[string][4]float64{
		"tanh":      {-0.9866142981514303, -0.2913126124515909, 0, 0.935409070603099},
		"sin":       {-0.5984721441039565, -0.29552020666133955, 0, 0.9916648104524686},
		"sigmoid":   {0.07585818002124355, 0.425557483188341, 0.5, 0.8455347349164652},
		"softplus":  {0.07888973429254963, 0.5543552444685271, 0.6931471805599453, 1.867786029386266},
		"silu":      {-0.18964545005310887, -0.1276672449565023, 0, 1.437409049357991},
		"swish":     {-0.18964545005310887, -0.1276672449565023, 0, 1.437409049357991},
		"gelu":      {-0.015524163314440398, -0.1146265733433142, 0, 1.6242387133104768},
		"gelu_tanh": {-0.015084266089998577, -0.11462907645724076, 0, 1.624105895551156},
		"relu":      {0, 0, 0, 1.7},
		"relu2":     {0, 0, 0, 2.89},
		"relu3":     {0, 0, 0, 4.913},
	}
	z := ph.NewCoord("z")
	if len(net.Activations()) != len(want) {
		t.Errorf("names %v", net.Activations())
	}
	for _, name := range net.Activations() {
		act, err := net.ActivationByName(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, at := range []float64{-2.5, -0.3, 0, 1.7} {
			v, err := pointwise.Eval(act(z), pointwise.Point{Coords: map[*ph.Coord]float64{z: at}})
			if err != nil || math.Abs(v[0]-want[name][i]) > 1e-15*4 {
				t.Errorf("%s(%v) = %v, want %v (%v)", name, at, v, want[name][i], err)
			}
		}
	}
}

func TestUnknownNames(t *testing.T) {
	if _, err := net.ActivationByName("tahn"); err == nil || !strings.Contains(err.Error(), "did you mean tanh?") {
		t.Error(err)
	}
	if _, err := net.ActivationByName("spline"); err == nil || !strings.Contains(err.Error(), "there are gelu, gelu_tanh") {
		t.Error(err)
	}
	if _, err := net.InitByName("glorot"); err == nil {
		t.Error("glorot is ambiguous")
	}
	if _, err := net.InitByName("he_norma"); err == nil || !strings.Contains(err.Error(), "did you mean he_normal?") {
		t.Error(err)
	}
}
