package net

import (
	"strconv"

	ph "github.com/crux-pinn/crux/placeholder"
)

// ResNet is the residual network of the deep Ritz method (E, Yu 2018, arXiv 1710.00211):
//
//	h₀ = x̂ W + b,   h_{k+1} = h_k + act(act(h_k W_{k,0} + b_{k,0}) W_{k,1} + b_{k,1}),   output = h_K W_K + b_K
//
// Parameters: input, block0/layer0, block0/layer1, …, output, each with weight and bias.
type ResNet struct {
	Width  int        // of every layer; 0 means 32
	Blocks int        // residual blocks of two layers; 0 means 3
	Out    int        // number of outputs; 0 means 1
	Act    Activation // nil means Tanh
	Init   ph.Init    // of the weights; nil means GlorotNormal
	Raw    bool       // take the coordinates as they are
}

// Apply builds the network.
func (m ResNet) Apply(s *ph.Scope, in ph.Expr) ph.Expr {
	set := settings{module: "ResNet"}
	width, blocks, out := set.positive("Width", m.Width, 32), set.positive("Blocks", m.Blocks, 3), set.positive("Out", m.Out, 1)
	l := set.builder(m.Act, m.Init, 0, false)
	if set.bad != nil {
		return set.bad
	}
	h := l.affine(s.Sub("input"), input(in, m.Raw), width)
	for k := range blocks {
		b := block(s, k)
		h = h.Add(l.dense(layer(b, 1), l.dense(layer(b, 0), h, width), width))
	}
	return l.affine(s.Sub("output"), h, out)
}

func block(s *ph.Scope, k int) *ph.Scope { return s.Sub("block" + strconv.Itoa(k)) }
