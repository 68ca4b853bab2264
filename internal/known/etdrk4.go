package known

import (
	"math"
	"math/cmplx"
)

// etdrk4 advances v′ = Lv + N(t, v) by the fourth-order exponential time differencing Runge–Kutta scheme of Cox and
// Matthews (2002). L is diagonal: it is a slice with one number for each component of v.
//
// The scheme needs functions such as (e^z − 1)/z, which lose all digits near z = 0. As Kassam and Trefethen proposed
// (SIAM J. Sci. Comput. 26, 2005, 1214–1233, Section 2), they are averaged over a circle around z, by Cauchy's formula.
type etdrk4 struct {
	h          float64
	nonlinear  func(dst []float64, t float64, v []float64) // dst ← N(t, v)
	e, e2      []float64                                   // e^{Lh} and e^{Lh/2}
	q          []float64                                   // h (e^{Lh/2} − 1)/(Lh)
	f1, f2, f3 []float64                                   // the weights of the last stage, see weights
	a, b, c    []float64                                   // the stages
	nv, na     []float64                                   // N at v and at the stages
	nb, nc     []float64
}

// contourPoints is the number of points on the circle. The error of the mean falls like 1/(contourPoints)!; 32 leave
// only rounding.
const contourPoints = 32

func newETDRK4(h float64, linear []float64, nonlinear func(dst []float64, t float64, v []float64)) *etdrk4 {
	n := len(linear)
	block := make([]float64, 13*n)
	next := func() []float64 {
		s := block[:n:n]
		block = block[n:]
		return s
	}
	s := &etdrk4{
		h: h, nonlinear: nonlinear,
		e: next(), e2: next(), q: next(), f1: next(), f2: next(), f3: next(),
		a: next(), b: next(), c: next(), nv: next(), na: next(), nb: next(), nc: next(),
	}
	for k, l := range linear {
		s.weights(k, l*h)
	}
	return s
}

// weights fills the coefficients of component k, for which Lh = z. With the mean over w on the unit circle around z,
//
//	q  = h mean (e^{w/2} − 1)/w
//	f1 = h mean (−4 − w + e^w (4 − 3w + w²))/w³
//	f2 = h mean (2 + w + e^w (w − 2))/w³
//	f3 = h mean (−4 − 3w − w² + e^w (4 − w))/w³
//
// z is real, so the lower half of the circle is the conjugate of the upper half, and the real part of the mean over
// the upper half is the mean over all.
func (s *etdrk4) weights(k int, z float64) {
	s.e[k], s.e2[k] = math.Exp(z), math.Exp(z/2)
	var q, f1, f2, f3 float64
	for j := range contourPoints {
		w := complex(z, 0) + cmplx.Rect(1, math.Pi*(float64(j)+0.5)/contourPoints)
		ew, w3 := cmplx.Exp(w), w*w*w
		q += real((cmplx.Exp(w/2) - 1) / w)
		f1 += real((-4 - w + ew*(4-3*w+w*w)) / w3)
		f2 += real((2 + w + ew*(w-2)) / w3)
		f3 += real((-4 - 3*w - w*w + ew*(4-w)) / w3)
	}
	mean := s.h / contourPoints
	s.q[k], s.f1[k], s.f2[k], s.f3[k] = q*mean, f1*mean, f2*mean, f3*mean
}

// step replaces v at time t by v at time t + h:
//
//	a = e^{Lh/2} v + q N(t, v)
//	b = e^{Lh/2} v + q N(t + h/2, a)
//	c = e^{Lh/2} a + q (2 N(t + h/2, b) − N(t, v))
//	v ← e^{Lh} v + f1 N(t, v) + 2 f2 (N(t + h/2, a) + N(t + h/2, b)) + f3 N(t + h, c)
func (s *etdrk4) step(t float64, v []float64) {
	s.nonlinear(s.nv, t, v)
	for k := range v {
		s.a[k] = s.e2[k]*v[k] + s.q[k]*s.nv[k]
	}
	s.nonlinear(s.na, t+s.h/2, s.a)
	for k := range v {
		s.b[k] = s.e2[k]*v[k] + s.q[k]*s.na[k]
	}
	s.nonlinear(s.nb, t+s.h/2, s.b)
	for k := range v {
		s.c[k] = s.e2[k]*s.a[k] + s.q[k]*(2*s.nb[k]-s.nv[k])
	}
	s.nonlinear(s.nc, t+s.h, s.c)
	for k := range v {
		v[k] = s.e[k]*v[k] + s.f1[k]*s.nv[k] + 2*s.f2[k]*(s.na[k]+s.nb[k]) + s.f3[k]*s.nc[k]
	}
}
