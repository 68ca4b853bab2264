package net

import ph "github.com/crux-pinn/crux/placeholder"

// MLP is the fully connected network
//
//	h₀ = x̂,   h_{l+1} = act(h_l W_l + b_l),   output = h_L W_L + b_L
//
// of the coordinates x̂ mapped onto [−1, 1]. Its parameters are, in this order, layer0/weight, layer0/bias, layer1/weight,
// and so on; weights are stored row by row, with one row per input.
type MLP struct {
	Hidden []int      // widths of the hidden layers; nil means 32, 32, 32, and an empty list a linear map
	Out    int        // number of outputs; 0 means 1
	Act    Activation // nil means Tanh
	Init   ph.Init    // of the weights; nil means GlorotNormal
	Raw    bool       // take the coordinates as they are

	// AdaptiveSlope n > 0 makes the activation of each layer act(n·a·z) with a trainable number layer0/slope, …, initially
	// a = 1/n (Jagtap, Kawaguchi, Karniadakis 2020, layer-wise). The paper uses n from 1 to 10. 0 means a fixed activation.
	AdaptiveSlope float64

	// Factorized writes each weight as W = V·diag(e^s) with trainable V (weight) and s (scale): random weight factorisation
	// (Wang, Wang, Seidman, Perdikaris 2022, arXiv 2210.01274). s is drawn from N(1, 0.1²), and V as Init draws it, divided
	// by e. The paper divides by e^s itself; here W differs from Init's by the factor e^{N(0, 0.1²)} for each output.
	Factorized bool
}

// Apply builds the network.
func (m MLP) Apply(s *ph.Scope, in ph.Expr) ph.Expr {
	set := settings{module: "MLP"}
	hidden, out := set.widths(m.Hidden), set.positive("Out", m.Out, 1)
	l := set.builder(m.Act, m.Init, m.AdaptiveSlope, m.Factorized)
	if set.bad != nil {
		return set.bad
	}
	h := input(in, m.Raw)
	for i, n := range hidden {
		h = l.dense(layer(s, i), h, n)
	}
	return l.affine(layer(s, len(hidden)), h, out)
}
