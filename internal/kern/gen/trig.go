package main

import (
	"math"

	"github.com/mmcloughlin/avo/reg"
)

// trig writes sin or cos.
func (m *machine) trig(base, formula string, cos bool) {
	m.text(base, "func(dst, a []T) int", "computes dst = "+formula+" and stops before a vector with a large element.")
	dst := m.base("dst")
	m.guarded("a", func(x vec, store func(vec, reg.Register)) {
		sin, c := m.quadrants(x)
		if cos {
			sin = c
		}
		store(sin, dst)
	})
}

// sinCos writes both at once.
func (m *machine) sinCos() {
	m.text("sinCos", "func(s, c, x []T) int", "computes s = sin x, c = cos x and stops before a vector with a large element.")
	sp, cp := m.base("s"), m.base("c")
	m.guarded("x", func(x vec, store func(vec, reg.Register)) {
		sin, cos := m.quadrants(x)
		store(sin, sp)
		store(cos, cp)
	})
}

// tan writes the quotient of the two.
func (m *machine) tan() {
	m.text("tan", "func(dst, a []T) int", "computes dst = tan a and stops before a vector with a large element.")
	dst := m.base("dst")
	m.guarded("a", func(x vec, store func(vec, reg.Register)) {
		sin, cos := m.quadrants(x)
		store(m.div(sin, cos), dst)
	})
}

// guarded writes the loop over a slice that stops before the first vector with an element that is too large for the
// reduction, or NaN, and returns the number of elements done.
func (m *machine) guarded(name string, body func(x vec, store func(vec, reg.Register))) {
	src, n, i := m.base(name), m.GP64(), m.GP64()
	m.Load(m.Param(name).Len(), n)
	m.loop(n, i, 1, m.sideBySide(true), func(load func(reg.Register) vec, store func(vec, reg.Register)) {
		x := load(src)
		m.jumpIfAny(m.cmp(notLess, m.abs(x), m.k(m.coefficients().trig)), "large")
		body(x, store)
	})
	m.Load(m.Param(name).Len(), i)
	m.Store(i, m.ReturnIndex(0))
	m.ret()
	m.Label("large")
	m.SHRQ(m.shift(), i)
	m.Store(i, m.ReturnIndex(0))
	m.ret()
}

// reduce returns the whole number k of quarter turns, as an integer and as a number, and the rest x − k·π/2 as a sum whose
// second part is what the rounding of the first lost (Cody & Waite 1980, Dekker 1971): without it the results would be off by
// one more unit in the last place. π/2 has three parts; the first difference is exact.
func (m *machine) reduce(x vec) (quadrant vec, rest pair) {
	c := m.coefficients().half
	quadrant, k := m.integer(m.mul(x, m.k(2/math.Pi)))
	a := m.fnma(m.k(c[0]), k, x)
	p := m.product(k, m.load(m.k(c[1])))
	r := m.sub(a, p.hi)
	lo := m.sub(m.sub(m.sub(a, r), p.hi), p.lo)
	m.op("FNMADD231", m.k(c[2]), k, lo)
	return quadrant, pair{r, lo}
}

// quadrants returns sine and cosine: x = k·π/2 + r, and the quadrant k exchanges them and sets their signs.
func (m *machine) quadrants(x vec) (sin, cos vec) {
	c := m.coefficients()
	quadrant, rest := m.reduce(x)
	r := rest.hi
	// cos r = w + (((1−w) − r²/2) + r⁴·P(r²)), w = 1 − r²/2: the bracket is what the rounding of w lost.
	z := m.mul(r, r)
	h := m.mul(z, m.k(0.5))
	one := m.load(m.k(1))
	w := m.sub(one, h)
	lost := m.sub(m.sub(one, w), h)
	z2 := m.mul(z, z)
	t := m.add(w, m.fma(m.poly(z, z2, c.cosQuarter), z2, m.fnma(r, rest.lo, lost)))
	// sin (r+lo) = r + (r³·P(r²) + lo·cos r)
	s := m.add(r, m.fma(m.poly(z, z2, c.sinQuarter), m.mul(z, r), m.mul(rest.lo, w)))
	top := 8*m.size - 1
	odd := m.shl(quadrant, top)
	swap := m.negative(odd)
	negSin := m.and(m.shl(quadrant, top-1), m.signBit())
	negCos := m.xor(negSin, odd)
	sin = m.xor(m.blend(swap, t, s), negSin)
	sin = m.blend(m.cmp(equal, x, m.k(0)), x, sin) // the reduction turns −0 into 0
	return sin, m.xor(m.blend(swap, s, t), negCos)
}

// atan reduces |x| to |t| ≤ tan(π/8) by the addition theorem (Moshier 1989): beyond tan(3π/8) to −1/x, between the two
// to (x−1)/(x+1). The angles that are taken off are sums of two numbers.
func (m *machine) atan(x vec) vec {
	c := m.coefficients()
	a := m.abs(x)
	big := m.cmp(less, m.load(m.k(2.414213562373095)), a)
	middle := m.cmp(less, m.load(m.k(0.41421356237309503)), a)
	one := m.load(m.k(1))
	top := m.blend(big, m.load(m.k(-1)), m.blend(middle, m.sub(a, m.k(1)), a))
	bottom := m.blend(big, a, m.blend(middle, m.add(a, m.k(1)), one))
	t := m.div(top, bottom)
	z := m.mul(t, t)
	y := m.mul(m.mul(m.poly(z, nil, c.atan), z), t)
	quarter := func(part int) vec {
		return m.blend(big, m.load(m.k(c.half[part])), m.keep(middle, m.k(c.half[part]/2)))
	}
	y = m.add(y, quarter(1))
	y = m.add(m.add(y, t), quarter(0))
	return m.or(y, m.sign(x))
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
