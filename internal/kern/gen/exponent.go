package main

import "github.com/mmcloughlin/avo/operand"

// Rounding, powers of two, and the bits of numbers.

// magic, added to a number of moderate size, rounds it to an integer that stands in the low bits of the sum.
func (m *machine) magic() konst {
	if m.size == 8 {
		return m.k(3 << 51)
	}
	return m.k(3 << 22)
}

// round is x rounded to the nearest integer, |x| < 2⁵¹ (2²² in float32).
func (m *machine) round(x vec) vec {
	r := m.vec()
	if m.avx512 {
		m.op("RNDSCALE", operand.U8(0x08), x, r)
	} else {
		m.op("ROUND", operand.U8(0x08), x, r)
	}
	return r
}

// integer returns the low bits of round(x) as an integer of the lane's width, and round(x) itself.
func (m *machine) integer(x vec) (n, rounded vec) {
	n = m.add(x, m.magic())
	return n, m.sub(n, m.magic())
}

// shl shifts the lanes' bits to the left.
func (m *machine) shl(x vec, by int) vec {
	r := m.vec()
	m.iop("SLL", operand.U8(uint8(by)), x, r)
	return r
}

// shr shifts the lanes' bits to the right.
func (m *machine) shr(x vec, by int) vec {
	r := m.vec()
	m.iop("SRL", operand.U8(uint8(by)), x, r)
	return r
}

// iadd adds integers; y may be constant.
func (m *machine) iadd(x vec, y operand.Op) vec {
	r := m.vec()
	m.iop("ADD", y, x, r)
	return r
}

// isub subtracts integers; y may be constant.
func (m *machine) isub(x vec, y operand.Op) vec {
	r := m.vec()
	m.iop("SUB", y, x, r)
	return r
}

// fraction is the number of bits in a significand, without the leading one.
func (m *machine) fraction() int {
	if m.size == 8 {
		return 52
	}
	return 23
}

// pow2 is 2ᵏ for whole numbers k in the range of the exponents.
func (m *machine) pow2(k vec) vec {
	if m.avx512 {
		r := m.load(m.k(1))
		m.op("SCALEF", k, r, r)
		return r
	}
	n := m.add(k, m.magic())
	return m.iadd(m.shl(n, m.fraction()), m.bits(m.one()))
}

// one is the representation of 1.
func (m *machine) one() uint64 {
	if m.size == 8 {
		return 1023 << 52
	}
	return 127 << 23
}

// scale is x·2ᵏ for whole numbers k with |k| up to twice the range of the exponents, rounded once.
func (m *machine) scale(x, k vec) vec {
	if m.avx512 {
		r := m.vec()
		m.op("SCALEF", k, x, r)
		return r
	}
	k1 := m.round(m.mul(k, m.k(0.5)))
	k2 := m.sub(k, k1)
	return m.mul(m.mul(x, m.pow2(k1)), m.pow2(k2))
}
