package net_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// TestInits checks mean, variance and largest entry of 300×200 draws. The sample variance of n normal draws has the
// relative deviation √(2/n) ≈ 0.6 %; 3 % is five times that. The mean is within 5σ/√n.
func TestInits(t *testing.T) {
	shape := []int{300, 200}
	n := float64(shape[0] * shape[1])
	for _, c := range []struct {
		name     string
		init     ph.Init
		variance float64
		bound    float64 // of uniform distributions
	}{
		{"GlorotNormal", net.GlorotNormal, 2.0 / 500, 0},
		{"GlorotUniform", net.GlorotUniform, 2.0 / 500, math.Sqrt(6.0 / 500)},
		{"HeNormal", net.HeNormal, 2.0 / 300, 0},
		{"HeUniform", net.HeUniform, 2.0 / 300, math.Sqrt(6.0 / 300)},
		{"Normal", net.Normal(3), 9, 0},
		{"Uniform", net.Uniform(3), 3, 3},
		{"SIRENFirst", net.SIRENFirst, 1.0 / 300 / 300 / 3, 1.0 / 300},
		{"SIRENHidden", net.SIRENHidden(30), 6.0 / 300 / 900 / 3, math.Sqrt(6.0/300) / 30},
	} {
		t.Run(c.name, func(t *testing.T) {
			dst, again := make([]float64, int(n)), make([]float64, int(n))
			c.init(rand.New(rand.NewPCG(1, 2)), dst, shape)
			c.init(rand.New(rand.NewPCG(1, 2)), again, shape)
			if !slices.Equal(dst, again) {
				t.Error("the same seed gives different numbers")
			}
			var mean, square float64
			for _, v := range dst {
				mean += v / n
				square += v * v / n
			}
			if math.Abs(mean) > 5*math.Sqrt(c.variance/n) || math.Abs(square/c.variance-1) > 0.03 {
				t.Errorf("mean %g, variance %g, want 0 and %g", mean, square, c.variance)
			}
			if largest := max(slices.Max(dst), -slices.Min(dst)); c.bound > 0 && (largest > c.bound || largest < 0.99*c.bound) {
				t.Errorf("largest entry %g, bound %g", largest, c.bound)
			}
		})
	}
}

func TestConstantInits(t *testing.T) {
	dst := []float64{1, 2}
	net.Zeros(nil, dst, []int{2})
	if !slices.Equal(dst, []float64{0, 0}) {
		t.Error(dst)
	}
	net.Constant(4)(nil, dst, []int{2})
	if !slices.Equal(dst, []float64{4, 4}) {
		t.Error(dst)
	}
}

// TestFactorizedInit: V·diag(e^s) has the variance of the initialiser, up to e^{2σ²} − 1 = 2 % from s ~ N(1, 0.1²).
func TestFactorizedInit(t *testing.T) {
	x := ph.NewCoord("x")
	u := ph.NewField("u", net.MLP{Hidden: []int{200, 200}, Factorized: true}, x)
	rng := rand.New(rand.NewPCG(1, 2))
	values := map[string][]float64{}
	for _, p := range u.Parameters() {
		values[p.Path()] = make([]float64, p.Size())
		p.Initialize(rng, values[p.Path()])
	}
	var square float64
	for i, v := range values["u/layer1/weight"] {
		w := v * math.Exp(values["u/layer1/scale"][i%200])
		square += w * w / (200 * 200)
	}
	if want := 2.0 / 400; math.Abs(square/want-1) > 0.06 {
		t.Errorf("variance %g, want %g", square, want)
	}
}
