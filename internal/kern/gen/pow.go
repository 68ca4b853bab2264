package main

import (
	"math"

	"github.com/mmcloughlin/avo/reg"
)

// pair is an unevaluated sum hi + lo of about twice the precision, |lo| ≤ ½ ulp(hi) or little more (Dekker 1971).
type pair struct{ hi, lo vec }

// product is x·y without rounding.
func (m *machine) product(x, y vec) pair {
	hi := m.mul(x, y)
	return pair{hi, m.fms(x, y, hi)}
}

// sum is x + y without rounding, for |x| ≥ |y| or x = 0.
func (m *machine) sum(x, y vec) pair {
	hi := m.add(x, y)
	return pair{hi, m.sub(y, m.sub(hi, x))}
}

// logPair is ln x to about 12 bits more than the element type holds, for positive finite x. With s = f/(2+f),
//
//	ln x = k·ln2 + 2s + ⅔s³ + s⁵·Q(s²)
//
// where all terms but the last, which is at most 1.3e-4, are pairs.
func (m *machine) logPair(x vec) pair {
	c := m.coefficients()
	k, f := m.logParts(x)
	d := m.sum(m.load(m.k(2)), f)
	inverse := m.div(m.load(m.k(1)), d.hi)
	s := pair{hi: m.mul(f, inverse)}
	rest := m.fnma(s.hi, d.hi, f)
	s.lo = m.mul(m.fnma(s.hi, d.lo, rest), inverse)

	z := m.product(s.hi, s.hi)
	z.lo = m.fma(m.add(s.hi, s.hi), s.lo, z.lo)
	w := m.product(s.hi, z.hi)
	w.lo = m.fma(s.hi, z.lo, m.fma(s.lo, z.hi, w.lo))
	third := m.load(m.k(c.two3[0]))
	t := m.product(third, w.hi)
	t.lo = m.fma(third, w.lo, m.fma(m.load(m.k(c.two3[1])), w.hi, t.lo))
	q := m.mul(m.mul(w.hi, z.hi), m.poly(z.hi, nil, c.logTail))

	h1 := m.sum(m.mul(k, m.k(c.ln2k[0])), m.add(s.hi, s.hi))
	h2 := m.sum(h1.hi, t.hi)
	lo := m.add(m.add(m.add(s.lo, s.lo), t.lo), q)
	m.op("FMADD231", m.k(c.ln2k[1]), k, lo)
	return m.sum(h2.hi, m.add(m.add(h1.lo, h2.lo), lo))
}

// pow writes aᵇ = e^(b·ln|a|), for a < 0 with the sign of (−1)ᵇ or NaN. It stops before the first vector with an a or b that
// is not finite, and returns the number of elements done.
func (m *machine) pow() {
	m.text("pow", "func(dst, a, b []T) int", "computes dst = aᵇ and stops before a vector with an a or b that is not finite.")
	dst, ap, bp, n, i := m.base("dst"), m.base("a"), m.base("b"), m.GP64(), m.GP64()
	m.Load(m.Param("dst").Len(), n)
	c := m.coefficients()
	m.loop(n, i, 1, 1, func(load func(reg.Register) vec, store func(vec, reg.Register)) {
		a, b := load(ap), load(bp)
		m.jumpIfAny(m.cmp(notLess, m.abs(a), m.k(math.Inf(1))), "special")
		m.jumpIfAny(m.cmp(notLess, m.abs(b), m.k(math.Inf(1))), "special")
		zero := m.cmp(equal, a, m.k(0))
		l := m.logPair(m.blend(zero, m.load(m.k(1)), m.abs(a)))
		y := m.product(b, l.hi)
		y.lo = m.fma(b, l.lo, y.lo)
		// Where eʸ overflows or vanishes the low part does not matter, and may be NaN.
		y.lo = m.keep(m.cmp(less, m.abs(y.hi), m.k(-c.expMin)), y.lo)
		k, p := m.reduceExp(m.clamp(y.hi, c.expMin, c.expMax))
		p = m.add(p, m.fma(y.lo, p, y.lo)) // e^(r+lo) − 1 = p + lo·(1+p)
		r := m.scale(m.add(p, m.k(1)), k)
		// 0ᵇ is 0, 1 or Inf.
		r = m.blend(m.both(zero, m.cmp(less, m.load(m.k(0)), b)), m.load(m.k(0)), r)
		r = m.blend(m.both(zero, m.cmp(less, b, m.k(0))), m.load(m.k(math.Inf(1))), r)
		// b is odd if it is whole and b/2 is not.
		half := m.mul(b, m.k(0.5))
		odd := m.both(m.cmp(equal, m.round(b), b), m.cmp(notEqual, m.round(half), half))
		r = m.xor(r, m.keep(odd, m.sign(a)))
		imaginary := m.both(m.cmp(less, a, m.k(0)), m.cmp(notEqual, m.round(b), b))
		store(m.blend(imaginary, m.load(m.k(math.NaN())), r), dst)
	})
	m.Load(m.Param("dst").Len(), i)
	m.Store(i, m.ReturnIndex(0))
	m.ret()
	m.Label("special")
	m.SHRQ(m.shift(), i)
	m.Store(i, m.ReturnIndex(0))
	m.ret()
}
