package net_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/pointwise"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// at evaluates an expression of u at the point (0.3, −0.8), with the k-th number of all parameters equal to 0.6 sin k,
// counted from 1 in the order in which the network created them.
func at(t *testing.T, u *ph.Field, e ph.Expr) []float64 {
	t.Helper()
	c := u.Coords()
	p := pointwise.Point{
		Coords: map[*ph.Coord]float64{c[0]: 0.3, c[1]: -0.8},
		Bounds: map[*ph.Coord][2]float64{c[0]: {0, 2}, c[1]: {-1, 3}},
		Params: map[*ph.Param][]float64{},
	}
	k := 0
	for _, q := range u.Parameters() {
		v := make([]float64, q.Size())
		for i := range v {
			k++
			v[i] = 0.6 * math.Sin(float64(k))
		}
		p.Params[q] = v
	}
	v, err := pointwise.Eval(e, p)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func layout(u *ph.Field) string {
	var s []string
	for _, p := range u.Parameters() {
		fixed := ""
		if p.Fixed() {
			fixed = "!"
		}
		s = append(s, strings.TrimPrefix(p.Path(), "u/")+fixed+fmt.Sprint(p.Shape()))
	}
	return strings.Join(s, " ")
}

// TestForward compares every network with the same formula computed by numpy.
func TestForward(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	for _, c := range []struct {
		name   string
		m      ph.Module
		layout string
		want   []float64
	}{
		{
			"mlp",
			net.MLP{Hidden: []int{4, 3}, Out: 2, Raw: true},
			"layer0/weight[2 4] layer0/bias[4] layer1/weight[4 3] layer1/bias[3] layer2/weight[3 2] layer2/bias[2]",
			[]float64{0.14522662525377097, -0.013746252762070837},
		},
		{
			"normalised",
			net.MLP{Hidden: []int{4, 3}, Out: 2},
			"layer0/weight[2 4] layer0/bias[4] layer1/weight[4 3] layer1/bias[3] layer2/weight[3 2] layer2/bias[2]",
			[]float64{0.15301256244331438, -0.025029067809794303},
		},
		{"linear", net.MLP{Hidden: []int{}, Raw: true}, "layer0/weight[2 1] layer0/bias[1]", []float64{-0.20032598277498556}},
		{
			"slope",
			net.MLP{Hidden: []int{4, 3}, Raw: true, AdaptiveSlope: 5},
			"layer0/weight[2 4] layer0/bias[4] layer0/slope[] layer1/weight[4 3] layer1/bias[3] layer1/slope[] layer2/weight[3 1] layer2/bias[1]",
			[]float64{1.3353407243661888},
		},
		{
			"factorised",
			net.MLP{Hidden: []int{4}, Out: 2, Raw: true, Factorized: true},
			"layer0/weight[2 4] layer0/scale[4] layer0/bias[4] layer1/weight[4 2] layer1/scale[2] layer1/bias[2]",
			[]float64{0.5782034665490879, 0.657834373507219},
		},
		{
			"modified",
			net.ModifiedMLP{Hidden: []int{3, 3, 3}, Out: 2, Raw: true},
			"encoder0/weight[2 3] encoder0/bias[3] encoder1/weight[2 3] encoder1/bias[3] layer0/weight[2 3] layer0/bias[3] " +
				"layer1/weight[3 3] layer1/bias[3] layer2/weight[3 3] layer2/bias[3] layer3/weight[3 2] layer3/bias[2]",
			[]float64{0.7761853577034978, -0.04052655716114967},
		},
		{
			"fourier",
			net.Fourier{Features: 3, Raw: true, Inner: net.MLP{Hidden: []int{4}}},
			"fourier/frequencies![2 3] layer0/weight[6 4] layer0/bias[4] layer1/weight[4 1] layer1/bias[1]",
			[]float64{0.25045726979809213},
		},
		{
			"periodic",
			net.Periodic{Periods: map[*ph.Coord]float64{y: 4}, Harmonics: 2, Raw: true, Inner: net.MLP{Hidden: []int{4}}},
			"layer0/weight[5 4] layer0/bias[4] layer1/weight[4 1] layer1/bias[1]",
			[]float64{-0.48392660367463636},
		},
		{
			"siren",
			net.SIREN{Hidden: []int{4, 3}, Omega: 7, Raw: true},
			"layer0/weight[2 4] layer0/bias[4] layer1/weight[4 3] layer1/bias[3] layer2/weight[3 1] layer2/bias[1]",
			[]float64{0.5038829380051658},
		},
		{
			"resnet",
			net.ResNet{Width: 3, Blocks: 2, Raw: true},
			"input/weight[2 3] input/bias[3] block0/layer0/weight[3 3] block0/layer0/bias[3] block0/layer1/weight[3 3] block0/layer1/bias[3] " +
				"block1/layer0/weight[3 3] block1/layer0/bias[3] block1/layer1/weight[3 3] block1/layer1/bias[3] output/weight[3 1] output/bias[1]",
			[]float64{-0.19409039183788668},
		},
		{
			"piratenet",
			net.PirateNet{Width: 4, Blocks: 2, Raw: true},
			"fourier/frequencies![2 2] gate0/weight[4 4] gate0/bias[4] gate1/weight[4 4] gate1/bias[4] " +
				"block0/layer0/weight[4 4] block0/layer0/bias[4] block0/layer1/weight[4 4] block0/layer1/bias[4] block0/layer2/weight[4 4] block0/layer2/bias[4] block0/alpha[] " +
				"block1/layer0/weight[4 4] block1/layer0/bias[4] block1/layer1/weight[4 4] block1/layer1/bias[4] block1/layer2/weight[4 4] block1/layer2/bias[4] block1/alpha[] " +
				"output/weight[4 1] output/bias[1]",
			[]float64{0.18252226096469137},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			u := ph.NewField("u", c.m, x, y)
			if u.Err() != nil {
				t.Fatal(u.Err())
			}
			if got := layout(u); got != c.layout {
				t.Errorf("parameters\n%s\nwant\n%s", got, c.layout)
			}
			got := at(t, u, u)
			for i, want := range c.want {
				if len(got) != len(c.want) || math.Abs(got[i]-want) > 1e-14 {
					t.Fatalf("output %v, want %v", got, c.want)
				}
			}
		})
	}
}

// TestZeroValues: the zero value of every network works, with one output.
func TestZeroValues(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	for _, m := range []ph.Module{net.MLP{}, net.ModifiedMLP{}, net.Fourier{}, net.Periodic{}, net.SIREN{}, net.ResNet{}, net.PirateNet{}} {
		u := ph.NewField("u", m, x, y)
		if u.Err() != nil || u.Dim() != 1 || len(u.Parameters()) == 0 {
			t.Errorf("%T: %d components, %d parameters, %v", m, u.Dim(), len(u.Parameters()), u.Err())
			continue
		}
		if v := at(t, u, u.D(x, y)); math.IsNaN(v[0]) {
			t.Errorf("%T: u_xy is NaN", m)
		}
	}
}

// TestPeriodic: the network and its derivatives agree one period apart, whatever the parameters.
func TestPeriodic(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	u := ph.NewField("u", net.Periodic{Periods: map[*ph.Coord]float64{y: 1.5}, Inner: net.PirateNet{}}, x, y)
	for _, e := range []ph.Expr{u, u.D(y), u.D(x, y, y)} {
		if d := at(t, u, e.Sub(e.Subst(y, y.Shift(1.5)))); math.Abs(d[0]) > 1e-11 {
			t.Errorf("%v differs by %g", e, d[0])
		}
	}
}

// TestPirateNetIsLinear: with its gates at their initial zeros, the network is linear in its features, so the value does
// not depend on the blocks.
func TestPirateNetIsLinear(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	var inits []float64
	for _, blocks := range []int{1, 4} {
		u := ph.NewField("u", net.PirateNet{Width: 4, Blocks: blocks}, x, y)
		p := pointwise.Point{
			Coords: map[*ph.Coord]float64{x: 0.3, y: 0.1}, Params: map[*ph.Param][]float64{},
			Bounds: map[*ph.Coord][2]float64{x: {0, 1}, y: {0, 1}},
		}
		for _, q := range u.Parameters() {
			v := make([]float64, q.Size())
			if strings.HasSuffix(q.Path(), "alpha") {
				q.Initialize(nil, v)
			} else {
				for i := range v {
					v[i] = math.Sin(float64(i))
				}
			}
			p.Params[q] = v
		}
		v, err := pointwise.Eval(u, p)
		if err != nil {
			t.Fatal(err)
		}
		inits = append(inits, v...)
	}
	if inits[0] != inits[1] {
		t.Errorf("1 and 4 blocks give %v", inits)
	}
}

// TestMistakes: wrong settings are sticky errors of the field that say what to do.
func TestMistakes(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	z := ph.NewCoord("z")
	for _, c := range []struct {
		m    ph.Module
		want string
	}{
		{net.MLP{Hidden: []int{8, 0}}, "MLP: hidden layer 1 has width 0"},
		{net.MLP{Out: -1}, "MLP: Out is -1"},
		{net.MLP{AdaptiveSlope: -1}, "AdaptiveSlope is -1"},
		{net.MLP{AdaptiveSlope: math.NaN()}, "AdaptiveSlope is NaN"},
		{net.MLP{Act: func(ph.Expr) ph.Expr { return nil }}, "the activation returned nil"},
		{net.MLP{Act: net.ReLUPower(0)}, "the power must be at least 1"},
		{net.ModifiedMLP{Hidden: []int{8, 9}}, "widths must be equal"},
		{net.ModifiedMLP{Hidden: []int{}}, "at least one hidden layer"},
		{net.Fourier{Features: -1}, "Fourier: Features is -1"},
		{net.Fourier{Scale: math.Inf(1)}, "Fourier: Scale is +Inf"},
		{net.Fourier{Inner: net.Fourier{}}, "exists already"},
		{net.Periodic{Periods: map[*ph.Coord]float64{x: 0}}, "the period of x is 0"},
		{net.Periodic{Periods: map[*ph.Coord]float64{z: 1}}, "z is not a coordinate of this network"},
		{net.Periodic{Periods: map[*ph.Coord]float64{nil: 1}}, "nil coordinate"},
		{net.Periodic{Harmonics: -2}, "Harmonics is -2"},
		{net.SIREN{Omega: -1}, "SIREN: Omega is -1"},
		{net.ResNet{Blocks: -1}, "ResNet: Blocks is -1"},
		{net.PirateNet{Width: 5}, "must be even"},
	} {
		u := ph.NewField("u", c.m, x, y)
		if u.Err() == nil || !strings.Contains(u.Err().Error(), c.want) {
			t.Errorf("%T: error %v, want %q", c.m, u.Err(), c.want)
		}
	}
}

func TestLastLayer(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	for _, m := range []ph.Module{net.MLP{}, net.ModifiedMLP{}, net.Fourier{}, net.SIREN{}, net.ResNet{}, net.PirateNet{}, net.MLP{Factorized: true}} {
		u := ph.NewField("u", m, x, y)
		var got []string
		for _, p := range u.Parameters() {
			if u.LastLayer()(p.Path()) {
				got = append(got, p.Path()[strings.LastIndexByte(p.Path(), '/')+1:])
			}
		}
		if !slices.Contains(got, "weight") || got[len(got)-1] != "bias" || len(got) > 3 {
			t.Errorf("%T: last layer is %v", m, got)
		}
	}
}
