package main

import (
	"math"

	"github.com/mmcloughlin/avo/reg"
)

// subtractMultiple is x − k·(c₀+c₁+c₂) for three parts of a constant (Cody & Waite 1980). The first difference is exact.
func (m *machine) subtractMultiple(x, k vec, c [3]float64) vec {
	r := m.fnma(m.k(c[0]), k, x)
	m.op("FNMADD231", m.k(c[1]), k, r)
	m.op("FNMADD231", m.k(c[2]), k, r)
	return r
}

// oddSin is sin r = r + r³·P(r²).
func (m *machine) oddSin(r vec, p []float64) vec {
	z := m.mul(r, r)
	return m.fma(m.mul(m.poly(z, nil, p), z), r, r)
}

// trig writes sin or cos. It stops before the first vector with an element that is too large for the reduction, or NaN,
// and returns the number of elements done.
func (m *machine) trig(base, formula string, cos bool) {
	m.text(base, "func(dst, a []T) int", "computes dst = "+formula+" and stops before a vector with a large element.")
	dst, src, n, i := m.base("dst"), m.base("a"), m.GP64(), m.GP64()
	m.Load(m.Param("dst").Len(), n)
	c := m.coefficients()
	m.loop(n, i, 1, sideBySide, func(load func(reg.Register) vec, store func(vec, reg.Register)) {
		x := load(src)
		m.jumpIfAny(m.cmp(notLess, m.abs(x), m.k(c.trig)), "large")
		// x = k·π + r with whole k for sin; cos x = sin(x + π/2), so that k is a whole number less ½.
		t := m.mul(x, m.k(1/math.Pi))
		if cos {
			t = m.add(t, m.k(0.5))
		}
		odd, k := m.integer(t)
		if cos {
			k = m.sub(k, m.k(0.5))
		}
		y := m.oddSin(m.subtractMultiple(x, k, c.pi), c.sin)
		y = m.xor(y, m.shl(odd, 8*m.size-1))
		if !cos {
			y = m.blend(m.cmp(equal, x, m.k(0)), x, y) // the reduction turns −0 into 0
		}
		store(y, dst)
	})
	m.Load(m.Param("dst").Len(), i)
	m.Store(i, m.ReturnIndex(0))
	m.ret()
	m.Label("large")
	m.SHRQ(m.shift(), i)
	m.Store(i, m.ReturnIndex(0))
	m.ret()
}

// sinCos writes both at once: x = k·π/2 + r, and the quadrant k exchanges them and sets their signs.
func (m *machine) sinCos() {
	m.text("sinCos", "func(s, c, x []T) int", "computes s = sin x, c = cos x and stops before a vector with a large element.")
	sp, cp, src, n, i := m.base("s"), m.base("c"), m.base("x"), m.GP64(), m.GP64()
	m.Load(m.Param("x").Len(), n)
	c := m.coefficients()
	m.loop(n, i, 1, sideBySide, func(load func(reg.Register) vec, store func(vec, reg.Register)) {
		x := load(src)
		m.jumpIfAny(m.cmp(notLess, m.abs(x), m.k(c.trig)), "large")
		quadrant, k := m.integer(m.mul(x, m.k(2/math.Pi)))
		r := m.subtractMultiple(x, k, c.half)
		sin := m.oddSin(r, c.sinQuarter)
		// cos r = w + (((1−w) − r²/2) + r⁴·P(r²)), w = 1 − r²/2: the bracket is what the rounding of w lost.
		z := m.mul(r, r)
		h := m.mul(z, m.k(0.5))
		one := m.load(m.k(1))
		w := m.sub(one, h)
		lost := m.sub(m.sub(one, w), h)
		z2 := m.mul(z, z)
		cos := m.add(w, m.fma(m.poly(z, z2, c.cosQuarter), z2, lost))
		top := 8*m.size - 1
		odd := m.shl(quadrant, top)
		swap := m.negative(odd)
		negSin := m.and(m.shl(quadrant, top-1), m.signBit())
		negCos := m.xor(negSin, odd)
		y := m.xor(m.blend(swap, cos, sin), negSin)
		store(m.blend(m.cmp(equal, x, m.k(0)), x, y), sp) // the reduction turns −0 into 0
		store(m.xor(m.blend(swap, sin, cos), negCos), cp)
	})
	m.Load(m.Param("x").Len(), i)
	m.Store(i, m.ReturnIndex(0))
	m.ret()
	m.Label("large")
	m.SHRQ(m.shift(), i)
	m.Store(i, m.ReturnIndex(0))
	m.ret()
}

// negative is the mask of the lanes whose sign bit is set.
func (m *machine) negative(x vec) mask {
	if !m.avx512 {
		return x
	}
	k := m.vec()
	for j := range k {
		k[j] = m.K()
		if m.size == 8 {
			m.VPMOVQ2M(x[j], k[j])
		} else {
			m.VPMOVD2M(x[j], k[j])
		}
	}
	return k
}
