package net

import (
	"math"

	ph "github.com/crux-pinn/crux/placeholder"
)

// SIREN is the network with sine activations of Sitzmann et al. 2020 (arXiv 2006.09661):
//
//	h₀ = x̂,   h_{l+1} = sin(ω (h_l W_l + b_l)),   output = h_L W_L + b_L
//
// Weights are drawn as in the paper's Section 3.2, from U(−1/n, 1/n) in the first layer of n inputs and from
// U(−√(6/n)/ω, √(6/n)/ω) in the others; biases from U(−1/√n, 1/√n) as in the authors' program. ω = 30 suits images; for a
// smooth PDE solution 1 to 10 is often better.
type SIREN struct {
	Hidden []int   // widths of the hidden layers; nil means 32, 32, 32
	Out    int     // number of outputs; 0 means 1
	Omega  float64 // ω; 0 means 30
	Raw    bool    // take the coordinates as they are
}

// Apply builds the network.
func (m SIREN) Apply(s *ph.Scope, in ph.Expr) ph.Expr {
	set := settings{module: "SIREN"}
	hidden, out, omega := set.widths(m.Hidden), set.positive("Out", m.Out, 1), set.finite("Omega", m.Omega, 30)
	if set.bad != nil {
		return set.bad
	}
	h := input(in, m.Raw)
	for i, n := range append(hidden, out) {
		if h.Err() != nil {
			return h
		}
		init := SIRENHidden(omega)
		if i == 0 {
			init = SIRENFirst
		}
		sc := layer(s, i)
		w := sc.Param("weight", init, h.Dim(), n)
		b := sc.Param("bias", Uniform(1/math.Sqrt(float64(h.Dim()))), n)
		h = ph.Affine(w, b, h)
		if i < len(hidden) {
			h = ph.Sin(h.Scale(omega))
		}
	}
	return h
}
