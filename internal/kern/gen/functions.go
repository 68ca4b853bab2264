package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
)

// functions writes the elementary functions.
func functions(m *machine) {
	for _, f := range long {
		m.kernel(f.base, 1, 1, m.sideBySide(f.base == "log1p"), f.text, func(x []vec) vec { return f.f(m, x[0]) })
	}
	m.trig("sin", "sin a", false)
	m.trig("cos", "cos a", true)
	m.tan()
	m.sinCos()
	m.pow()
	m.powi()
}

// long are the functions of many instructions per vector, a → dst.
var long = []struct {
	op, base, text string // as in formula
	f              func(m *machine, x vec) vec
}{
	{"Exp", "exp", "eᵃ", (*machine).exp},
	{"Expm1", "expm1", "eᵃ - 1", (*machine).expm1},
	{"Tanh", "tanh", "tanh a", (*machine).tanh},
	{"Sigmoid", "sigmoid", "1/(1+e⁻ᵃ)", (*machine).sigmoid},
	{"Softplus", "softplus", "ln(1+eᵃ)", (*machine).softplus},
	{"Log", "log", "ln a", (*machine).log},
	{"Erf", "erf", "erf a", (*machine).erf},
	{"Sinh", "sinh", "sinh a", (*machine).sinh},
	{"Cosh", "cosh", "cosh a", (*machine).cosh},
	{"Log1p", "log1p", "ln(1+a)", (*machine).log1p},
	{"Atan", "atan", "atan a", (*machine).atan},
}

// sideBySide is how many vectors the long functions work on at once. Two gain up to 18 % (softplus), 3 % at the median; three
// gain no more. AVX2 has 16 registers, too few for two vectors of a wide function.
func (m *machine) sideBySide(wide bool) int {
	if wide && !m.avx512 {
		return 1
	}
	return 2
}

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
	return m.or(m.scale(m.lessOne(k, p), k), m.sign(x))
}

// lessOne is p + (1 − 2⁻ᵏ), the factor of expm1.
func (m *machine) lessOne(k, p vec) vec {
	u := m.pow2(m.sub(m.load(m.k(0)), m.min(m.load(m.k(64)), k)))
	return m.add(p, m.sub(m.load(m.k(1)), u))
}

// sinh is q + q/(1+2q) with q = (e^|x| − 1)/2, and the sign of x. The quotient is ½ long before q overflows.
func (m *machine) sinh(x vec) vec {
	k, p := m.reduceExp(m.min(m.load(m.k(m.coefficients().expMax)), m.abs(x)))
	q := m.scale(m.lessOne(k, p), m.sub(k, m.k(1)))
	bounded := m.min(m.load(m.k(1e30)), q)
	y := m.add(q, m.div(bounded, m.add(m.add(bounded, bounded), m.k(1))))
	return m.or(y, m.sign(x))
}

// cosh is h + 1/(4h) with h = e^|x|/2.
func (m *machine) cosh(x vec) vec {
	k, p := m.reduceExp(m.min(m.load(m.k(m.coefficients().expMax)), m.abs(x)))
	h := m.scale(m.add(p, m.k(1)), m.sub(k, m.k(1)))
	return m.add(h, m.div(m.load(m.k(0.25)), h))
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

// log is ln x = k·ln2 + ln(1+f) with x = 2ᵏ(1+f).
func (m *machine) log(x vec) vec {
	k, f := m.logParts(x)
	return m.logSpecial(x, m.logTail(f, k))
}

// logParts returns k and f with x = 2ᵏ(1+f), ¾ ≤ 1+f < 3/2, for positive finite x.
func (m *machine) logParts(x vec) (k, f vec) {
	if m.avx512 {
		k, k0, f := m.vec(), m.vec(), m.vec()
		m.op("GETMANT", operand.U8(0x0B), x, f) // in [¾, 3/2)
		m.op("GETEXP", x, k)
		m.op("GETEXP", f, k0)
		return m.sub(k, k0), m.sub(f, m.k(1))
	}
	// Denormal numbers are brought into range first.
	up := float64(int(1) << (m.fraction() + 2))
	small := m.cmp(less, x, m.bits(1<<m.fraction()))
	v := m.blend(small, m.mul(x, m.k(up)), x)
	// The exponent field of the difference of the representations, v − ¾, counts the steps from ¾·2ᵏ to ¾·2ᵏ⁺¹.
	e := m.shr(m.iadd(m.isub(v, m.bits(m.threeQuarters())), m.bits(m.one())), m.fraction())
	k = m.sub(m.exponentToFloat(e), m.keep(small, m.k(float64(m.fraction()+2))))
	f = m.isub(v, m.isub(m.shl(e, m.fraction()), m.bits(m.one())))
	return k, m.sub(f, m.k(1))
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

// log1p is ln u + (x − (u−1))/u with u = 1 + x: the quotient is what the rounding of u lost.
func (m *machine) log1p(x vec) vec {
	u := m.add(x, m.k(1))
	k, f := m.logParts(u)
	lost := m.sub(x, m.sub(u, m.k(1)))
	y := m.logSpecial(u, m.add(m.logTail(f, k), m.div(lost, u)))
	return m.blend(m.cmp(equal, x, m.k(0)), x, y)
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

// erf is 1 − e^(−x·Q(x)) for a polynomial Q, with the sign of x. Its first term comes last, fused, so that near 0 the exponent
// is rounded once.
func (m *machine) erf(x vec) vec {
	c := m.coefficients()
	a := m.min(m.load(m.k(c.erfMax)), m.abs(x))
	a2 := m.mul(a, a)
	q := m.fma(a, m.load(m.k(c.erf[0])), m.mul(m.poly(a, a2, c.erf[1:]), a2))
	t := m.expm1Negative(m.or(q, m.signBit()))
	return m.or(m.abs(t), m.sign(x))
}
