package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Vector expressions: each method writes instructions and returns a new register. Operands are registers, or constants
// where the comment allows it. In Go's order of operands the subtrahend, the divisor and the addend come first.

// A vec is one value for each of m.ways vectors that are worked on side by side: every instruction is written once for
// each. A chain of dependent instructions then fills the scheduler half as much, and more of them overlap.
type vec = bundle

// A mask is the result of a comparison: vectors of all ones and all zeros, or mask registers.
type mask = bundle

// bundle is the registers of a value. One register may stand for the same value in all ways.
type bundle []reg.Register

// Asm makes a bundle an operand; machine.op resolves it.
func (b bundle) Asm() string { return fmt.Sprint([]reg.Register(b)) }

// vec returns new registers.
func (m *machine) vec() vec {
	var v vec
	for range m.ways {
		v = append(v, m.reg())
	}
	return v
}

// load copies a vector from memory or registers, or broadcasts a constant.
func (m *machine) load(src operand.Op) vec {
	r := m.vec()
	switch s := src.(type) {
	case konst:
		if !m.avx512 {
			m.op("MOVU", s, r)
			break
		}
		for _, one := range r {
			m.broadcast(s.Mem, one)
		}
	case operand.Mem:
		m.op("MOVU", s, r)
	default:
		m.op("MOVA", s, r)
	}
	return r
}

func (m *machine) two(name string, x vec, y operand.Op) vec {
	r := m.vec()
	m.op(name, y, x, r)
	return r
}

func (m *machine) add(x vec, y operand.Op) vec { return m.two("ADD", x, y) } // x + y; y may be constant
func (m *machine) sub(x vec, y operand.Op) vec { return m.two("SUB", x, y) } // x − y; y may be constant
func (m *machine) mul(x vec, y operand.Op) vec { return m.two("MUL", x, y) } // x·y; y may be constant
func (m *machine) div(x vec, y operand.Op) vec { return m.two("DIV", x, y) } // x/y; y may be constant
func (m *machine) and(x vec, y operand.Op) vec { return m.two("AND", x, y) } // bits; y may be constant
func (m *machine) or(x vec, y operand.Op) vec  { return m.two("OR", x, y) }  // bits; y may be constant
func (m *machine) xor(x vec, y operand.Op) vec { return m.two("XOR", x, y) } // bits; y may be constant

// max is the larger of x and y, and y where one of them is NaN.
func (m *machine) max(x vec, y operand.Op) vec { return m.two("MAX", x, y) }

// min is the smaller of x and y, and y where one of them is NaN.
func (m *machine) min(x vec, y operand.Op) vec { return m.two("MIN", x, y) }

func (m *machine) sqrt(x vec) vec {
	r := m.vec()
	m.op("SQRT", x, r)
	return r
}

// fma is x·y + z; z may be constant.
func (m *machine) fma(x, y vec, z operand.Op) vec {
	r := m.load(x)
	m.op("FMADD213", z, y, r)
	return r
}

// fnma is z − x·y; x may be constant.
func (m *machine) fnma(x operand.Op, y, z vec) vec {
	r := m.load(z)
	m.op("FNMADD231", x, y, r)
	return r
}

// fms is x·y − z; z may be constant.
func (m *machine) fms(x, y vec, z operand.Op) vec {
	r := m.load(x)
	m.op("FMSUB213", z, y, r)
	return r
}

// poly is c[0] + c[1]·x + c[2]·x² + … The even and the odd terms are two chains of multiply-adds in x²: half the latency,
// and the processor's scheduler has room for as many more vectors. x2 is x², or nil to have it computed.
func (m *machine) poly(x, x2 vec, c []float64) vec {
	if len(c) < 4 {
		return m.horner(x, c)
	}
	if x2 == nil {
		x2 = m.mul(x, x)
	}
	var part [2][]float64
	for i, v := range c {
		part[i%2] = append(part[i%2], v)
	}
	even, odd := m.horner(x2, part[0]), m.horner(x2, part[1])
	m.op("FMADD231", x, odd, even)
	return even
}

// horner is the polynomial in one chain.
func (m *machine) horner(x vec, c []float64) vec {
	n := len(c) - 1
	q := m.load(m.k(c[n]))
	for i := n - 1; i >= 0; i-- {
		m.op("FMADD213", m.k(c[i]), x, q)
	}
	return q
}

func (m *machine) signBit() konst {
	return m.bits(1 << (8*m.size - 1))
}

func (m *machine) abs(x vec) vec { return m.and(x, m.bits(1<<(8*m.size-1)-1)) }

func (m *machine) sign(x vec) vec { return m.and(x, m.signBit()) }

// Predicates of comparisons. They are false when an operand is NaN; unordered, notLess and notEqual are true.
const (
	equal         = 0x00
	less          = 0x11
	lessEqual     = 0x12
	greater       = 0x1E
	greaterEqual  = 0x1D
	lessOrGreater = 0x0C
	unordered     = 0x03
	notLess       = 0x15
	notEqual      = 0x04
)

// cmp compares x with y, which may be constant.
func (m *machine) cmp(predicate uint8, x vec, y operand.Op) mask {
	r := m.vec()
	if m.avx512 {
		for j := range r {
			r[j] = m.K()
		}
	}
	m.op("CMP", operand.U8(predicate), y, x, r)
	return r
}

// blend is x where the mask is set and y elsewhere.
func (m *machine) blend(k mask, x, y vec) vec {
	if m.avx512 {
		// Not VBLENDM: avo believes that it reads its destination, which then occupies a register from the start.
		r := m.load(y)
		m.op("MOVA", x, k, r)
		return r
	}
	r := m.vec()
	m.op("BLENDV", k, x, y, r)
	return r
}

// both is the lanes that are set in two masks.
func (m *machine) both(x, y mask) mask {
	r := m.vec()
	for j := range r {
		if m.avx512 {
			r[j] = m.K()
			m.KANDW(x[j], y[j], r[j])
		} else {
			m.op("AND", x[j], y[j], r[j])
		}
	}
	return r
}

// keep is x where the mask is set and 0 elsewhere; x may be constant.
func (m *machine) keep(k mask, x operand.Op) vec {
	r := m.vec()
	c, constant := x.(konst)
	switch {
	case !m.avx512:
		m.op("AND", x, k, r)
	case !constant:
		m.opz("MOVA", x, k, r)
	case m.size == 8:
		m.withConst("VBROADCASTSD_Z", []operand.Op{c.Mem, k, r})
	default:
		m.withConst("VBROADCASTSS_Z", []operand.Op{c.Mem, k, r})
	}
	return r
}

// jumpIfAny jumps to a label if some lane of the mask is set.
func (m *machine) jumpIfAny(k mask, label string) {
	for _, one := range k {
		if m.avx512 {
			m.KORTESTW(one, one)
		} else {
			bits := m.GP32()
			m.op("MOVMSK", one, bits)
			m.TESTL(bits, bits)
		}
		m.JNZ(operand.LabelRef(label))
	}
}
