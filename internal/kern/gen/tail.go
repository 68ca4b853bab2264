package main

import (
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tailMask selects the first lanes of a vector: those that exist at the end of a row or a slice.
type tailMask struct {
	k reg.Register // AVX-512: the mask
	v operand.Mem  // AVX2: where a vector of all ones and all zeros lies
}

// tailMask makes the mask for n lanes, 0 ≤ n ≤ lanes. n is overwritten.
func (m *machine) tailMask(n reg.GPVirtual) *tailMask {
	t := &tailMask{}
	if m.avx512 {
		t.k = m.K()
	}
	m.tailMaskWith(t, n, m.GP64())
	return t
}

// tailMaskWith makes the mask in t with the help of another register.
func (m *machine) tailMaskWith(t *tailMask, n, r reg.GPVirtual) {
	if m.avx512 {
		m.MOVQ(operand.I32(-1), r)
		m.BZHIQ(n, r, r)
		m.KMOVW(r.As32(), t.k)
		return
	}
	// The mask slides over as many ones as there are lanes, followed by as many zeros.
	m.LEAQ(m.slidingMask(), r)
	m.NEGQ(n)
	m.LEAQ(operand.Mem{Base: r, Index: n, Scale: uint8(m.size)}.Offset(m.bytes()), r)
	t.v = operand.Mem{Base: r}
}

func (m *machine) slidingMask() operand.Mem {
	mem, ok := m.file.consts["mask"]
	if !ok {
		mem = m.StaticGlobal("mask")
		m.DataAttributes(attr.RODATA | attr.NOPTR)
		for i := range 8 {
			v := uint64(0)
			if i < 4 {
				v = math.MaxUint64
			}
			m.AddDatum(8*i, operand.U64(v))
		}
		m.file.consts["mask"] = mem
	}
	return mem
}

// loadTail reads the lanes that exist and clears the others.
func (m *machine) loadTail(at operand.Mem, r reg.Register, t *tailMask) {
	if m.avx512 {
		m.opz("MOVU", at, t.k, r)
		return
	}
	mask := m.reg()
	m.op("MOVU", t.v, mask)
	m.op("MASKMOV", at, mask, r)
}

// storeTail writes the lanes that exist.
func (m *machine) storeTail(r reg.Register, at operand.Mem, t *tailMask) {
	if m.avx512 {
		m.op("MOVU", r, t.k, at)
		return
	}
	mask := m.reg()
	m.op("MOVU", t.v, mask)
	m.op("MASKMOV", r, mask, at)
}
