package main

import (
	"math"

	"gonum.org/v1/gonum/integrate/quad"

	"github.com/crux-pinn/crux/domain"
)

// burgersAt is the solution of u_t + u u_x = ν u_xx, u(0, x) = −sin πx, u(t, ±1) = 0 at points (t, x). By Cole and Hopf
// it is a ratio of two integrals, which are summed at 100 Gauss–Hermite nodes η_j of weight w_j:
//
//	u(t, x) = −Σ sin(πy_j) E_j / Σ E_j,   E_j = w_j exp(−cos(πy_j)/2πν),   y_j = x − 2√(νt) η_j
//
// (Basdevant et al. 1986). Both sums are multiplied by exp(−1/2πν), which keeps E_j below 1.
func burgersAt(points *domain.Cloud) []float64 {
	node, weight := make([]float64, 100), make([]float64, 100)
	quad.Hermite{}.FixedLocations(node, weight, math.Inf(-1), math.Inf(1))
	u := make([]float64, points.Len())
	for i := range u {
		t, x := points.Row(i)[0], points.Row(i)[1]
		above, below := 0.0, 0.0
		for j, eta := range node {
			sin, cos := math.Sincos(math.Pi * (x - 2*math.Sqrt(nu*t)*eta))
			e := weight[j] * math.Exp(-(1+cos)/(2*math.Pi*nu))
			above += sin * e
			below += e
		}
		u[i] = -above / below
	}
	return u
}
