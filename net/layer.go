package net

import (
	"cmp"
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

// settings reads the settings of a network with their defaults. bad is the first mistake in them, or nil.
type settings struct {
	module string
	bad    ph.Expr
}

func (s *settings) fail(format string, args ...any) {
	if s.bad == nil {
		s.bad = ph.Bad(s.module+format, args...)
	}
}

// builder is that of the network's layers.
func (s *settings) builder(act Activation, init ph.Init, slope float64, factored bool) builder {
	if act == nil {
		act = Tanh
	}
	if init == nil {
		init = GlorotNormal
	}
	if !(slope >= 0) || math.IsInf(slope, 1) {
		s.fail(": AdaptiveSlope is %v; it must be positive, or 0 for a fixed activation", slope)
	}
	return builder{act, init, slope, factored}
}

// widths are the hidden widths, 3×32 by default.
func (s *settings) widths(hidden []int) []int {
	if hidden == nil {
		return []int{32, 32, 32}
	}
	for i, n := range hidden {
		if n < 1 {
			s.fail(": hidden layer %d has width %d; every width must be at least 1", i, n)
		}
	}
	return slices.Clone(hidden)
}

// positive is v, or the default where v is 0.
func (s *settings) positive(setting string, v, otherwise int) int {
	if v < 0 {
		s.fail(": %s is %d; it must be at least 1, or 0 for the default of %d", setting, v, otherwise)
	}
	return cmp.Or(v, otherwise)
}

// finite is v, or the default where v is 0.
func (s *settings) finite(setting string, v, otherwise float64) float64 {
	if !(v >= 0) || math.IsInf(v, 1) {
		s.fail(": %s is %v; it must be positive, or 0 for the default of %v", setting, v, otherwise)
	}
	return cmp.Or(v, otherwise)
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
