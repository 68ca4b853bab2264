package known

import (
	"math"

	"gonum.org/v1/gonum/integrate/quad"
)

// coleHopf is the solution of u_t + u u_x = ν u_xx with u(0, x) = −sin πx and u(t, ±1) = 0.
//
// The Cole–Hopf transformation u = −2ν φ_x/φ turns the equation into φ_t = ν φ_xx, whose solution is a convolution
// with the heat kernel. With y = x − cη and c = 2√(νt) it becomes
//
//	u = −∫ sin(πy) e^{−η² − cos(πy)/(2πν)} dη / ∫ e^{−η² − cos(πy)/(2πν)} dη
//
// (Basdevant et al., Computers & Fluids 14, 1986, 23–41). Both integrals are summed at the same Gauss–Hermite nodes. At
// ν = 0.01/π the exponents range over ±50, so the largest is subtracted, which cancels in the ratio.
//
// The largest difference between 100 and 200 nodes over [0, 1] × [−1, 1] is 5e-13 for 0.0015 ≤ ν ≤ 0.05, rounding in
// the shock, 3e-11 at ν = 0.00125 and 2e-11 at ν = 0.1. Outside it grows fast (2e-6 at 0.001 and 6e-6 at 1), so Lookup
// refuses such ν.
type coleHopf struct {
	nu        float64
	node, log []float64 // the nodes η_j and the logarithms of their weights
}

const (
	coleHopfNodes = 100
	mostNodes     = 200 // the most that gonum tabulates
)

func newColeHopf(nu float64, nodes int) coleHopf {
	s := coleHopf{nu: nu, node: make([]float64, nodes), log: make([]float64, nodes)}
	quad.Hermite{}.FixedLocations(s.node, s.log, math.Inf(-1), math.Inf(1))
	for j, w := range s.log {
		s.log[j] = math.Log(w)
	}
	return s
}

// at returns u(t, x) = −Σ_j sin(πy_j) E_j / Σ_j E_j with E_j = w_j exp(−cos(πy_j)/(2πν)) over the largest of them.
func (s coleHopf) at(t, x float64) float64 {
	var sin, exponent [mostNodes]float64
	c := 2 * math.Sqrt(s.nu*max(t, 0)) // t may be below 0 by rounding
	largest := math.Inf(-1)
	for j, eta := range s.node {
		sine, cosine := math.Sincos(math.Pi * (x - c*eta))
		sin[j], exponent[j] = sine, s.log[j]-cosine/(2*math.Pi*s.nu)
		largest = max(largest, exponent[j])
	}
	var above, below float64
	for j := range s.node {
		e := math.Exp(exponent[j] - largest)
		above += sin[j] * e
		below += e
	}
	return -above / below
}

func burgersColeHopf(c map[string]float64) recipe {
	by := func(nodes int) func() formula {
		return func() formula {
			s := newColeHopf(c["nu"], nodes)
			return func(u, p []float64) { u[0] = s.at(p[0], p[1]) }
		}
	}
	return recipe{field: by(coleHopfNodes), check: by(mostNodes)}
}
