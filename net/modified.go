package net

import ph "github.com/crux-pinn/crux/placeholder"

// ModifiedMLP is the network of Wang, Teng, Perdikaris 2021 (arXiv 2001.04536, Section 2.6), in which two encodings U and V
// of the input gate every hidden layer. With act written φ:
//
//	U = φ(x̂ W_U + b_U),   V = φ(x̂ W_V + b_V)
//	h₁ = φ(x̂ W_0 + b_0),  z_k = φ(h_k W_k + b_k),  h_{k+1} = (1 − z_k)⊙U + z_k⊙V
//	output = h_L W_L + b_L
//
// It costs about twice an MLP and follows steep solutions better. Parameters: encoder0 and encoder1 for U and V, then
// layer0 and so on, each with weight and bias.
type ModifiedMLP struct {
	Hidden        []int      // widths of the hidden layers, all equal; nil means 32, 32, 32
	Out           int        // number of outputs; 0 means 1
	Act           Activation // nil means Tanh
	Init          ph.Init    // of the weights; nil means GlorotNormal
	Raw           bool       // take the coordinates as they are
	AdaptiveSlope float64    // as in MLP
	Factorized    bool       // as in MLP
}

// Apply builds the network.
func (m ModifiedMLP) Apply(s *ph.Scope, in ph.Expr) ph.Expr {
	set := settings{module: "ModifiedMLP"}
	hidden := set.widths(m.Hidden)
	if len(hidden) == 0 {
		set.fail(" needs at least one hidden layer; for a linear map use MLP{Hidden: []int{}}")
	}
	for i, n := range hidden {
		if n != hidden[0] {
			set.fail(": hidden layer %d has width %d, layer 0 has %d; all hidden layers mix the same two encodings, so their widths must be equal",
				i, n, hidden[0])
		}
	}
	out, l := set.positive("Out", m.Out, 1), set.builder(m.Act, m.Init, m.AdaptiveSlope, m.Factorized)
	if set.bad != nil {
		return set.bad
	}
	x := input(in, m.Raw)
	u := l.dense(s.Sub("encoder0"), x, hidden[0])
	v := l.dense(s.Sub("encoder1"), x, hidden[0])
	h := l.dense(layer(s, 0), x, hidden[0])
	for k := 1; k < len(hidden); k++ {
		h = mix(l.dense(layer(s, k), h, hidden[k]), v, u)
	}
	return l.affine(layer(s, len(hidden)), h, out)
}

// mix is z⊙a + (1 − z)⊙b.
func mix(z, a, b ph.Expr) ph.Expr {
	return z.Mul(a).Add(ph.Const(1).Sub(z).Mul(b))
}
