package net

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	ph "github.com/crux-pinn/crux/placeholder"
)

// builder holds the settings that the layers of one network share.
type builder struct {
	act      Activation
	init     ph.Init
	slope    float64
	factored bool
}

// newBuilder fills in the defaults; the expression is the mistake in the settings, or nil.
func newBuilder(module string, act Activation, init ph.Init, slope float64, factored bool) (builder, ph.Expr) {
	if act == nil {
		act = Tanh
	}
	if init == nil {
		init = GlorotNormal
	}
	if !(slope >= 0) || math.IsInf(slope, 1) {
		return builder{}, ph.Bad("%s: AdaptiveSlope is %v; it must be positive, or 0 for a fixed activation", module, slope)
	}
	return builder{act, init, slope, factored}, nil
}

// affine is in·W + b with the parameters weight and bias of the scope. A factored weight is W = V·diag(e^s), which acts as
// (in·V)·e^s + b with the parameters weight, scale and bias.
func (l builder) affine(s *ph.Scope, in ph.Expr, out int) ph.Expr {
	if in.Err() != nil {
		return in
	}
	if !l.factored {
		w := s.Param("weight", l.init, in.Dim(), out)
		return ph.Affine(w, s.Param("bias", Zeros, out), in)
	}
	v := s.Param("weight", func(rng *rand.Rand, dst []float64, shape []int) {
		l.init(rng, dst, shape)
		for i := range dst {
			dst[i] *= math.Exp(-scaleMean)
		}
	}, in.Dim(), out)
	scale := s.Param("scale", func(rng *rand.Rand, dst []float64, _ []int) {
		for i := range dst {
			dst[i] = scaleMean + scaleStd*rng.NormFloat64()
		}
	}, out)
	return ph.Affine(v, nil, in).Mul(ph.Exp(scale)).Add(s.Param("bias", Zeros, out))
}

// The distribution of s that the paper on random weight factorisation recommends.
const (
	scaleMean = 1.0
	scaleStd  = 0.1
)

// activate is act(z), or act(n·a·z) with the trainable scalar a, initially 1/n, where the slope n is set.
func (l builder) activate(s *ph.Scope, z ph.Expr) ph.Expr {
	if z.Err() != nil {
		return z
	}
	if l.slope != 0 {
		a := s.Param("slope", Constant(1/l.slope))
		z = z.Mul(a.Scale(l.slope))
	}
	e := l.act(z)
	if e == nil {
		return ph.Bad("the activation returned nil; it must return an expression")
	}
	return e
}

// dense is a layer of the network: act(in·W + b).
func (l builder) dense(s *ph.Scope, in ph.Expr, out int) ph.Expr {
	return l.activate(s, l.affine(s, in, out))
}

func layer(s *ph.Scope, i int) *ph.Scope { return s.Sub("layer" + strconv.Itoa(i)) }

// input maps coordinates onto [−1, 1] unless raw.
func input(in ph.Expr, raw bool) ph.Expr {
	if raw {
		return in
	}
	return ph.Normalize(in)
}

// widths returns the hidden widths, 3×32 by default, or the mistake in them.
func widths(module string, hidden []int) ([]int, ph.Expr) {
	if hidden == nil {
		return []int{32, 32, 32}, nil
	}
	for i, n := range hidden {
		if n < 1 {
			return nil, ph.Bad("%s: hidden layer %d has width %d; every width must be at least 1", module, i, n)
		}
	}
	return slices.Clone(hidden), nil
}

// positive returns v, or the default where v is 0, or the mistake.
func positive(module, setting string, v, otherwise int) (int, ph.Expr) {
	switch {
	case v == 0:
		return otherwise, nil
	case v < 0:
		return 0, ph.Bad("%s: %s is %d; it must be at least 1, or 0 for the default of %d", module, setting, v, otherwise)
	}
	return v, nil
}

// finite returns v, or the default where v is 0, or the mistake.
func finite(module, setting string, v, otherwise float64) (float64, ph.Expr) {
	switch {
	case v == 0:
		return otherwise, nil
	case !(v > 0) || math.IsInf(v, 1):
		return 0, ph.Bad("%s: %s is %v; it must be positive, or 0 for the default of %v", module, setting, v, otherwise)
	}
	return v, nil
}
