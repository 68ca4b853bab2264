package net

import (
	"math"

	ph "github.com/crux-pinn/crux/placeholder"
)

// Fourier passes random Fourier features of the coordinates to another network, which then learns high frequencies about
// as fast as low ones (Tancik et al. 2020, arXiv 2006.10739; Wang, Wang, Perdikaris 2021 for PDEs):
//
//	γ(x̂) = (cos 2πx̂B, sin 2πx̂B),   B_ij ~ N(0, σ²)
//
// B (fourier/frequencies, shape inputs×Features) is drawn once and not trained. Take σ near the number of oscillations
// expected between −1 and 1: too small is spectral bias, too large is noise.
type Fourier struct {
	Features int       // number of frequencies, half the number of features; 0 means 32
	Scale    float64   // σ; 0 means 1
	Inner    ph.Module // the network applied to the features; nil means MLP{}
	Raw      bool      // take the coordinates as they are
}

// Apply builds the network.
func (f Fourier) Apply(s *ph.Scope, in ph.Expr) ph.Expr {
	set := settings{module: "Fourier"}
	features, sigma := set.positive("Features", f.Features, 32), set.finite("Scale", f.Scale, 1)
	if set.bad != nil {
		return set.bad
	}
	e := fourier(s, input(in, f.Raw), features, sigma, 2*math.Pi)
	return inner(f.Inner).Apply(s, e)
}

// fourier returns (cos c·xB, sin c·xB).
func fourier(s *ph.Scope, x ph.Expr, features int, sigma, c float64) ph.Expr {
	if x.Err() != nil {
		return x
	}
	b := s.Sub("fourier").Constant("frequencies", Normal(sigma), x.Dim(), features)
	z := ph.Affine(b, nil, x)
	if c != 1 {
		z = z.Scale(c)
	}
	return ph.Concat(ph.Cos(z), ph.Sin(z))
}

func inner(m ph.Module) ph.Module {
	if m == nil {
		return MLP{}
	}
	return m
}
