package known

import (
	"fmt"
	"math"
	"testing"
)

// The coefficients with h = 1 against mpmath with 50 digits, from the formulae in the comment of weights. The direct
// formulae in float64 have no correct digit left at z = −1e-8.
func TestETDRK4Weights(t *testing.T) {
	for _, c := range []struct{ z, q, f1, f2, f3 float64 }{
		{0, 1.0 / 2, 1.0 / 6, 1.0 / 6, 1.0 / 6}, // the limit: the classical Runge–Kutta scheme
		{-1e-8, 0.49999999875, 0.16666666500000001, 0.16666666583333334, 0.16666666666666667},
		{-0.001, 0.49987502083072943, 0.16650007497778274, 0.16658335832777877, 0.16666665833611052},
		{-0.3, 0.46430674524980731, 0.12285477030473512, 0.14377435436855896, 0.16598707661530281},
		{-2, 0.31606027941427884, 0.013163254335927789, 0.067667641618306346, 0.14849853757254048},
		{-40, 0.024999999948471159, -0.00056250000000000011, 0.00059375, 0.0231875},
		{-3000, 0.00033333333333333333, -1.1096296296296296e-7, 1.1103703703703704e-7, 0.00033300014814814815},
	} {
		s := newETDRK4(1, []float64{c.z}, nil)
		for _, w := range []struct {
			name      string
			got, want float64
		}{{"q", s.q[0], c.q}, {"f1", s.f1[0], c.f1}, {"f2", s.f2[0], c.f2}, {"f3", s.f3[0], c.f3}} {
			near(t, fmt.Sprintf("%s at z = %g", w.name, c.z), w.got, w.want, 1e-15)
		}
	}
}

// Bernoulli's equation v′ = −av + v² has the solution v = a/(1 + (a/v₀ − 1) e^{at}). Halving the step must divide the
// error by 16.
func TestETDRK4IsOfFourthOrder(t *testing.T) {
	const v0 = 0.9
	rates := []float64{0.5, 1, 2, 8}
	linear := make([]float64, len(rates))
	for k, a := range rates {
		linear[k] = -a
	}
	worst := func(steps int) float64 {
		h := 1 / float64(steps)
		s := newETDRK4(h, linear, func(dst []float64, _ float64, v []float64) {
			for k := range v {
				dst[k] = v[k] * v[k]
			}
		})
		v := []float64{v0, v0, v0, v0}
		for i := range steps {
			s.step(float64(i)*h, v)
		}
		e := 0.0
		for k, a := range rates {
			e = math.Max(e, math.Abs(v[k]-a/(1+(a/v0-1)*math.Exp(a))))
		}
		return e
	}
	coarse, fine := worst(40), worst(80)
	if order := math.Log2(coarse / fine); order < 3.9 || order > 4.3 || fine > 1e-6 {
		t.Errorf("errors %.3g and %.3g: order %.2f, want 4", coarse, fine, order)
	}
}

// The nonlinear term sees the time of its stage: v′ = −v + cos t + sin t has v = sin t.
func TestETDRK4PassesTheTime(t *testing.T) {
	const steps = 50
	s := newETDRK4(1.0/steps, []float64{-1}, func(dst []float64, t float64, _ []float64) {
		dst[0] = math.Cos(t) + math.Sin(t)
	})
	v := []float64{0}
	for i := range steps {
		s.step(float64(i)/steps, v)
	}
	near(t, "v(1)", v[0], math.Sin(1), 1e-9)
}
