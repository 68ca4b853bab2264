package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// functions writes the elementary functions.
func functions(m *machine) {
	m.unary("exp", "eᵃ", sideBySide, m.exp)
	m.unary("expm1", "eᵃ - 1", sideBySide, m.expm1)
	m.unary("tanh", "tanh a", sideBySide, m.tanh)
	m.unary("sigmoid", "1/(1+e⁻ᵃ)", sideBySide, m.sigmoid)
	m.unary("softplus", "ln(1+eᵃ)", sideBySide, m.softplus)
	m.unary("log", "ln a", sideBySide, m.log)
	m.unary("erf", "erf a", sideBySide, m.erf)
	m.trig("sin", "sin a", false)
	m.trig("cos", "cos a", true)
	m.sinCos()
	m.powi()
}

// sideBySide is how many vectors the long functions work on at once. Two gain 10 %; three gain no more.
const sideBySide = 2

// reduceExp returns k, a whole number, and p = eʳ − 1 where x = k·ln2 + r, |r| ≤ ln2/2.
//
// k·ln2's leading part is subtracted exactly (fused, and the difference has few bits), so that r carries one rounding.
func (m *machine) reduceExp(x vec) (k, p vec) {
	c := m.coefficients()
	k = m.round(m.mul(x, m.k(math.Log2E)))
	r := m.fnma(m.k(c.ln2[0]), k, x)
	m.op("FNMADD231", m.k(c.ln2[1]), k, r)
	r2 := m.mul(r, r)
	return k, m.fma(m.poly(r, r2, c.exp), r2, r)
}

// clamp is x between lo and hi, and NaN where x is NaN.
func (m *machine) clamp(x vec, lo, hi float64) vec {
	x = m.max(m.load(m.k(lo)), x)
	return m.min(m.load(m.k(hi)), x)
}

// exp is eˣ = 2ᵏ·(1 + p). Beyond the limits scale gives 0 and Inf.
func (m *machine) exp(x vec) vec {
	c := m.coefficients()
	k, p := m.reduceExp(m.clamp(x, c.expMin, c.expMax))
	return m.scale(m.add(p, m.k(1)), k)
}

// expm1 is eˣ − 1 = 2ᵏ·(p + (1 − 2⁻ᵏ)), which keeps all digits of p for k = 0. For large k the 2⁻ᵏ does not matter, and
// stays in range by the limit on k. The sign of x is put back for x = −0.
func (m *machine) expm1(x vec) vec {
	c := m.coefficients()
	k, p := m.reduceExp(m.clamp(x, -c.tiny, c.expMax))
	u := m.pow2(m.sub(m.load(m.k(0)), m.min(m.load(m.k(64)), k)))
	y := m.scale(m.add(p, m.sub(m.load(m.k(1)), u)), k)
	return m.or(y, m.sign(x))
}

// expm1Negative is eˣ − 1 for −tiny ≤ x ≤ 0, where 2ᵏ needs no care.
func (m *machine) expm1Negative(x vec) vec {
	k, p := m.reduceExp(x)
	s := m.pow2(k)
	return m.fma(s, p, m.sub(s, m.k(1)))
}

// tanh is −t/(2+t) with t = e^(−2|x|) − 1, and the sign of x.
func (m *machine) tanh(x vec) vec {
	a := m.or(x, m.signBit())
	a = m.max(m.load(m.k(-m.coefficients().tiny)), m.add(a, a))
	t := m.expm1Negative(a)
	y := m.div(t, m.add(t, m.k(2)))
	return m.or(m.abs(y), m.sign(x))
}

// sigmoid goes through e = e^−|x|: 1/(1+e) for x ≥ 0, e/(1+e) for x < 0, so that no digits cancel.
func (m *machine) sigmoid(x vec) vec {
	e := m.exp(m.or(x, m.signBit()))
	one := m.load(m.k(1))
	top := m.blend(m.cmp(less, x, m.k(0)), e, one)
	return m.div(top, m.add(e, m.k(1)))
}

// logTail returns hi + lo·k + ln(1+f) for k·ln2 = hi·k + lo·k, after fdlibm: with s = f/(2+f),
//
//	ln(1+f) = f − (f²/2 − s·(f²/2 + R)),  R = s²·P(s²)
func (m *machine) logTail(f, k vec) vec {
	c := m.coefficients()
	s := m.div(f, m.add(f, m.k(2)))
	z := m.mul(s, s)
	r := m.mul(z, m.poly(z, nil, c.log))
	h := m.mul(m.mul(f, f), m.k(0.5))
	t := m.mul(s, m.add(h, r))
	m.op("FMADD231", m.k(c.ln2[1]), k, t)
	t = m.sub(m.sub(h, t), f)
	hi := m.mul(k, m.k(c.ln2[0]))
	return m.sub(hi, t)
}

// log is ln x = k·ln2 + ln(1+f) with x = 2ᵏ(1+f), ¾ ≤ 1+f < 3/2.
func (m *machine) log(x vec) vec {
	if m.avx512 {
		k, k0, f := m.vec(), m.vec(), m.vec()
		m.op("GETMANT", operand.U8(0x0B), x, f) // in [¾, 3/2); NaN for x < 0
		m.op("GETEXP", x, k)
		m.op("GETEXP", f, k0)
		y := m.logTail(m.sub(f, m.k(1)), m.sub(k, k0))
		return m.logSpecial(x, y)
	}
	// Denormal numbers are brought into range first.
	up := float64(int(1) << (m.fraction() + 2))
	small := m.cmp(less, x, m.bits(1<<m.fraction()))
	v := m.blend(small, m.mul(x, m.k(up)), x)
	// The exponent field of the difference of the representations, v − ¾, counts the steps from ¾·2ᵏ to ¾·2ᵏ⁺¹.
	shifted := m.iadd(m.isub(v, m.bits(m.threeQuarters())), m.bits(m.one()))
	e := m.shr(shifted, m.fraction())
	k := m.exponentToFloat(e)
	k = m.sub(k, m.keep(small, m.k(float64(m.fraction()+2))))
	f := m.isub(v, m.isub(m.shl(e, m.fraction()), m.bits(m.one())))
	return m.logSpecial(x, m.logTail(m.sub(f, m.k(1)), k))
}

// logSpecial puts the limits in place: −Inf at 0, NaN below, Inf and NaN as they come.
func (m *machine) logSpecial(x, y vec) vec {
	y = m.blend(m.cmp(equal, x, m.k(0)), m.load(m.k(math.Inf(-1))), y)
	y = m.blend(m.cmp(less, x, m.k(0)), m.load(m.k(math.NaN())), y)
	out := m.cmp(notLess, x, m.k(math.Inf(1)))
	return m.blend(out, x, y)
}

func (m *machine) threeQuarters() uint64 {
	if m.size == 8 {
		return math.Float64bits(0.75)
	}
	return uint64(math.Float32bits(0.75))
}

// exponentToFloat converts a biased exponent, a small positive integer, by way of the significand of 2⁵² (2²³).
func (m *machine) exponentToFloat(e vec) vec {
	unit := math.Ldexp(1, m.fraction())
	bias := 1023.0
	if m.size == 4 {
		bias = 127
	}
	return m.sub(m.or(e, m.k(unit)), m.k(unit+bias))
}

// softplus is ln(1+eˣ) = max(x, 0) + ln(1+e), e = e^−|x|. Where 1+e > √2, 1+e = 2(1+f) with f = (e−1)/2.
func (m *machine) softplus(x vec) vec {
	e := m.exp(m.or(x, m.signBit()))
	big := m.cmp(less, m.load(m.k(math.Sqrt2-1)), e)
	half := m.mul(m.sub(e, m.k(1)), m.k(0.5))
	f := m.blend(big, half, e)
	y := m.logTail(f, m.keep(big, m.k(1)))
	return m.add(y, m.max(m.load(m.k(0)), x))
}

// erf is 1 − e^(−x·Q(x)) for a polynomial Q, with the sign of x.
func (m *machine) erf(x vec) vec {
	c := m.coefficients()
	a := m.min(m.load(m.k(c.erfMax)), m.abs(x))
	q := m.mul(m.poly(a, nil, c.erf), a)
	t := m.expm1Negative(m.or(q, m.signBit()))
	return m.or(m.abs(t), m.sign(x))
}

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

// powi writes aⁿ for a whole number n by repeated squaring. The branches go the same way for all vectors.
func (m *machine) powi() {
	m.text("powi", "func(dst, a []T, e int, invert bool)", "computes dst = aᵉ, e ≥ 0, or its reciprocal.")
	dst, src, n, i := m.base("dst"), m.base("a"), m.GP64(), m.GP64()
	m.Load(m.Param("dst").Len(), n)
	count := 0
	m.loop(n, i, 1, 1, func(load func(reg.Register) vec, store func(vec, reg.Register)) {
		count++
		l := func(s string) string { return s + string(rune('0'+count)) }
		x := load(src)
		y := m.load(m.k(1))
		e := m.param("e")
		m.TESTQ(e, e)
		m.JZ(operand.LabelRef(l("raised")))
		m.Label(l("bit"))
		m.SHRQ(operand.U8(1), e)
		m.JCC(operand.LabelRef(l("even")))
		m.op("MUL", x, y, y)
		m.Label(l("even"))
		m.op("MUL", x, x, x)
		m.TESTQ(e, e)
		m.JNZ(operand.LabelRef(l("bit")))
		m.Label(l("raised"))
		m.CMPB(m.address("invert"), operand.U8(0))
		m.JE(operand.LabelRef(l("store")))
		one := m.load(m.k(1))
		m.op("DIV", y, one, y)
		m.Label(l("store"))
		store(y, dst)
	})
	m.ret()
}
