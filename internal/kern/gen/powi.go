package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

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
