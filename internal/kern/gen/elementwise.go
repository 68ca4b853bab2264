package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// loop walks over n elements: unroll times ways vectors at a time, then one, then the rest under a mask. i is the offset in
// bytes of the current vector. body gets functions that load from and store to a slice at the current vectors.
func (m *machine) loop(n, i reg.GPVirtual, unroll, ways int, body func(load func(p reg.Register) vec, store func(v vec, p reg.Register))) {
	m.XORQ(i, i)
	whole := func(label string, unroll, ways int) {
		done, count := label+"done", unroll*ways
		m.SUBQ(operand.U32(uint32(count*m.lanes())), n)
		m.JLT(operand.LabelRef(done))
		m.Label(label)
		for j := range unroll {
			m.whole(i, j*ways, ways, body)
		}
		m.ADDQ(operand.U32(uint32(count*m.bytes())), i)
		m.SUBQ(operand.U32(uint32(count*m.lanes())), n)
		m.JGE(operand.LabelRef(label))
		m.Label(done)
		m.ADDQ(operand.U32(uint32(count*m.lanes())), n)
	}
	if unroll*ways > 1 {
		whole("many", unroll, ways)
	}
	whole("vector", 1, 1)
	m.TESTQ(n, n)
	m.JZ(operand.LabelRef("end"))
	m.masked(i, m.tailMask(n), body)
	m.Label("end")
}

// whole writes a body for whole vectors, ways of them side by side from the given one on.
func (m *machine) whole(i reg.Register, from, ways int, body func(load func(p reg.Register) vec, store func(v vec, p reg.Register))) {
	at := func(p reg.Register, j int) operand.Mem {
		return operand.Mem{Base: p, Index: i, Scale: 1}.Offset((from + j) * m.bytes())
	}
	m.ways = ways
	body(func(p reg.Register) vec {
		v := m.vec()
		for j, r := range v {
			m.op("MOVU", at(p, j), r)
		}
		return v
	}, func(v vec, p reg.Register) {
		for j := range ways {
			m.op("MOVU", v[j%len(v)], at(p, j))
		}
	})
	m.ways = 1
}

// masked writes a body for one vector under a mask.
func (m *machine) masked(i reg.Register, tail *tailMask, body func(load func(p reg.Register) vec, store func(v vec, p reg.Register))) {
	body(func(p reg.Register) vec {
		v := m.vec()
		m.loadTail(operand.Mem{Base: p, Index: i, Scale: 1}, v[0], tail)
		return v
	}, func(v vec, p reg.Register) { m.storeTail(v[0], operand.Mem{Base: p, Index: i, Scale: 1}, tail) })
}

// kernel writes a function of the table of operations: dst = f(a, b, c), of which arity operands are read.
func (m *machine) kernel(base string, arity, unroll, ways int, formula string, f func(x []vec) vec) {
	m.text(base, "func(dst, a, b, c []T)", "computes dst = "+formula+".")
	dst := m.base("dst")
	n := m.GP64()
	m.Load(m.Param("dst").Len(), n)
	var src []reg.Register
	for _, name := range []string{"a", "b", "c"}[:arity] {
		src = append(src, m.base(name))
	}
	m.loop(n, m.GP64(), unroll, ways, func(load func(reg.Register) vec, store func(vec, reg.Register)) {
		var x []vec
		for _, p := range src {
			x = append(x, load(p))
		}
		store(f(x), dst)
	})
	m.ret()
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
	s := m.reg()
	m.broadcast(m.address("s"), s)
	m.loop(n, m.GP64(), 4, 1, func(load func(reg.Register) vec, store func(vec, reg.Register)) {
		var x []vec
		for _, p := range src {
			x = append(x, load(p))
		}
		store(f(x, vec{s}), dst)
	})
	m.ret()
}
