package net

import ph "github.com/crux-pinn/crux/placeholder"

// PirateNet is the physics-informed residual adaptive network of Wang, Li, Chen, Perdikaris 2024 (arXiv 2402.00326,
// Section 4). With act written φ and random Fourier features Φ = (cos x̂B, sin x̂B), B_ij ~ N(0, σ²):
//
//	U = φ(Φ W_U + b_U),   V = φ(Φ W_V + b_V),   h₀ = Φ
//	f = φ(h_k W_{k,0} + b_{k,0})    z = f⊙U + (1 − f)⊙V
//	g = φ(z W_{k,1} + b_{k,1})      z′ = g⊙U + (1 − g)⊙V
//	h_{k+1} = α_k φ(z′ W_{k,2} + b_{k,2}) + (1 − α_k) h_k
//	output = h_K W + b
//
// The gates α_k start at 0, so the untrained network is linear in Φ whatever its depth, and training lets it become deep.
// The paper's optional start of the last layer by least squares on data is not part of it.
//
// Parameters: fourier/frequencies (not trained), gate0, gate1, block0/layer0 to layer2, block0/alpha, …, output.
type PirateNet struct {
	Width  int        // of every layer, twice the number of frequencies and so even; 0 means 64
	Blocks int        // residual blocks of three layers; 0 means 3
	Scale  float64    // σ; 0 means 2
	Out    int        // number of outputs; 0 means 1
	Act    Activation // nil means Tanh
	Init   ph.Init    // of the weights; nil means GlorotNormal
	Raw    bool       // take the coordinates as they are

	Factorized bool // as in MLP; the paper uses it
}

// Apply builds the network.
func (m PirateNet) Apply(s *ph.Scope, in ph.Expr) ph.Expr {
	set := settings{module: "PirateNet"}
	width, blocks := set.positive("Width", m.Width, 64), set.positive("Blocks", m.Blocks, 3)
	if width%2 != 0 {
		set.fail(": Width is %d; it must be even, a cosine and a sine for each frequency", width)
	}
	sigma, out := set.finite("Scale", m.Scale, 2), set.positive("Out", m.Out, 1)
	l := set.builder(m.Act, m.Init, 0, m.Factorized)
	if set.bad != nil {
		return set.bad
	}
	h := fourier(s, input(in, m.Raw), width/2, sigma, 1)
	u := l.dense(s.Sub("gate0"), h, width)
	v := l.dense(s.Sub("gate1"), h, width)
	for k := range blocks {
		b := block(s, k)
		z := mix(l.dense(layer(b, 0), h, width), u, v)
		z = mix(l.dense(layer(b, 1), z, width), u, v)
		z = l.dense(layer(b, 2), z, width)
		alpha := b.Param("alpha", Zeros)
		h = mix(alpha, z, h)
	}
	return l.affine(s.Sub("output"), h, out)
}
