package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// loop walks over n elements: unroll vectors at a time, then one, then the rest under a mask. i is the offset in bytes of
// the current vector. body gets functions that load from and store to a slice at the current vector.
func (m *machine) loop(n, i reg.GPVirtual, unroll int, body func(load func(p reg.Register) vec, store func(v vec, p reg.Register))) {
	m.XORQ(i, i)
	at := func(p reg.Register, j int) operand.Mem {
		return operand.Mem{Base: p, Index: i, Scale: 1}.Offset(j * m.bytes())
	}
	whole := func(label string, count int) {
		done := label + "done"
		m.SUBQ(operand.U32(uint32(count*m.lanes())), n)
		m.JLT(operand.LabelRef(done))
		m.Label(label)
		for j := range count {
			body(func(p reg.Register) vec { return m.load(at(p, j)) },
				func(v vec, p reg.Register) { m.op("MOVU", v, at(p, j)) })
		}
		m.ADDQ(operand.U32(uint32(count*m.bytes())), i)
		m.SUBQ(operand.U32(uint32(count*m.lanes())), n)
		m.JGE(operand.LabelRef(label))
		m.Label(done)
		m.ADDQ(operand.U32(uint32(count*m.lanes())), n)
	}
	if unroll > 1 {
		whole("many", unroll)
	}
	whole("vector", 1)
	m.TESTQ(n, n)
	m.JZ(operand.LabelRef("end"))
	tail := m.tailMask(n)
	body(func(p reg.Register) vec {
		v := m.vec()
		m.loadTail(at(p, 0), v, tail)
		return v
	}, func(v vec, p reg.Register) { m.storeTail(v, at(p, 0), tail) })
	m.Label("end")
}

// kernel writes a function of the table of operations: dst = f(a, b, c), of which arity operands are read.
func (m *machine) kernel(base string, arity, unroll int, formula string, f func(x []vec) vec) {
	m.text(base, "func(dst, a, b, c []T)", "computes dst = "+formula+".")
	dst := m.base("dst")
	n := m.GP64()
	m.Load(m.Param("dst").Len(), n)
	var src []reg.Register
	for _, name := range []string{"a", "b", "c"}[:arity] {
		src = append(src, m.base(name))
	}
	m.loop(n, m.GP64(), unroll, func(load func(reg.Register) vec, store func(vec, reg.Register)) {
		var x []vec
		for _, p := range src {
			x = append(x, load(p))
		}
		store(f(x), dst)
	})
	m.ret()
}

// unary writes a kernel of one operand with a long body, one vector at a time: the processor overlaps them by itself.
func (m *machine) unary(base, formula string, f func(x vec) vec) {
	m.kernel(base, 1, 1, formula, func(x []vec) vec { return f(x[0]) })
}

// constKernel writes a function of the table of operations with a constant: dst = f(a, c, s).
func (m *machine) constKernel(base string, operands []string, formula string, f func(x []vec, s vec) vec) {
	m.text(base, "func(dst, a, c []T, s T)", "computes dst = "+formula+".")
	dst := m.base("dst")
	n := m.GP64()
	m.Load(m.Param("dst").Len(), n)
	var src []reg.Register
	for _, name := range operands {
		src = append(src, m.base(name))
	}
	s := m.vec()
	m.broadcast(m.address("s"), s)
	m.loop(n, m.GP64(), 4, func(load func(reg.Register) vec, store func(vec, reg.Register)) {
		var x []vec
		for _, p := range src {
			x = append(x, load(p))
		}
		store(f(x, s), dst)
	})
	m.ret()
}
