package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Layout of kern.step: five int32, then the constant, aligned to its size.
const (
	stepCode = iota * 4
	stepDst
	stepA
	stepB
	stepC
	stepEnd
)

func (m *machine) stepConst() int { return (stepEnd + m.size - 1) / m.size * m.size }

// The operation, one byte, follows the constant; the size is a multiple of the alignment.
func (m *machine) stepSize() int { return m.stepConst() + 2*m.size }

// steps writes the interpreter of block programs: one loop per formula, chosen by comparisons that the processor learns to
// predict, since a program is the same for all blocks. It saves the call per instruction, about 7 ns.
func steps(m *machine) {
	m.text("runSteps", "func(steps *T, count int, slots **T, n int) int",
		"runs instructions over n ≥ 1 elements and returns how many it has run: it stops at one that has no loop here.")
	pc, left, slots := m.param("steps"), m.param("count"), m.param("slots")
	code, n, i := m.GP64(), m.GP64(), m.GP64()
	m.Label("next")
	m.TESTQ(left, left)
	m.JZ(operand.LabelRef("stop"))
	m.MOVLQSX(operand.Mem{Base: pc}, code)
	m.TESTQ(code, code)
	m.JLT(operand.LabelRef("stop"))
	ptr := map[string]reg.Register{}
	for _, f := range []struct {
		name string
		at   int
	}{{"dst", stepDst}, {"a", stepA}, {"b", stepB}, {"c", stepC}} {
		r := m.GP64()
		m.MOVLQSX(operand.Mem{Base: pc}.Offset(f.at), r)
		m.MOVQ(operand.Mem{Base: slots, Index: r, Scale: 8}, r)
		ptr[f.name] = r
	}
	s := m.reg()
	m.broadcast(operand.Mem{Base: pc}.Offset(m.stepConst()), s)
	m.ADDQ(operand.U8(uint8(m.stepSize())), pc)
	m.DECQ(left)
	m.Load(m.Param("n"), n)
	m.XORQ(i, i)

	spare := &stepTail{count: m.GP64(), help: m.GP64()}
	if m.avx512 {
		spare.mask.k = m.K()
	}
	all := stepFormulas()
	m.choose(code, 0, len(all))
	for q, f := range all {
		m.Label(fmt.Sprintf("op%s", f.op))
		sources := f.sources
		if q < len(simple) {
			sources = []string{"a", "b", "c"}[:f.arity]
		}
		m.stepLoop(f.op, n, i, spare, func(load func(reg.Register) vec, store func(vec, reg.Register)) {
			var x []vec
			for _, name := range sources {
				x = append(x, load(ptr[name]))
			}
			if q >= len(simple) {
				x = append(x, vec{s})
			}
			store(f.f(m, x), ptr["dst"])
		})
		m.JMP(operand.LabelRef("next"))
	}
	m.Label("stop")
	done := m.GP64()
	m.Load(m.Param("count"), done)
	m.SUBQ(left, done)
	m.Store(done, m.ReturnIndex(0))
	m.ret()
}

// stepTail holds the registers with which every loop makes its mask.
type stepTail struct {
	count, help reg.GPVirtual
	mask        tailMask
}

func stepFormulas() []formula { return append(append([]formula(nil), simple...), withConstant...) }

// choose jumps to the loop of a code in [lo, hi) by bisection.
func (m *machine) choose(code reg.Register, lo, hi int) {
	if hi-lo == 1 {
		m.JMP(operand.LabelRef("op" + stepFormulas()[lo].op))
		return
	}
	mid := (lo + hi) / 2
	right := fmt.Sprintf("from%dto%d", mid, hi)
	m.CMPQ(code, operand.U8(uint8(mid)))
	m.JGE(operand.LabelRef(right))
	m.choose(code, lo, mid)
	m.Label(right)
	m.choose(code, mid, hi)
}

// stepLoop is loop with four vectors at a time and then one under a mask, whether it is whole or not.
func (m *machine) stepLoop(name string, n, i reg.GPVirtual, spare *stepTail, body func(load func(reg.Register) vec, store func(vec, reg.Register))) {
	four := operand.I32(int32(4 * m.lanes()))
	many, one, few := "many"+name, "one"+name, "few"+name
	m.CMPQ(n, four)
	m.JLT(operand.LabelRef(few))
	m.Label(many)
	for j := range 4 {
		m.whole(i, j, 1, body)
	}
	m.ADDQ(operand.I32(int32(4*m.bytes())), i)
	m.SUBQ(four, n)
	m.CMPQ(n, four)
	m.JGE(operand.LabelRef(many))
	m.Label(few)
	m.TESTQ(n, n)
	m.JLE(operand.LabelRef("next"))
	m.Label(one)
	m.MOVQ(operand.I32(int32(m.lanes())), spare.count)
	m.CMPQ(n, spare.count)
	m.CMOVQLT(n, spare.count)
	tail := &spare.mask
	m.tailMaskWith(tail, spare.count, spare.help)
	m.masked(i, tail, body)
	m.ADDQ(operand.I32(int32(m.bytes())), i)
	m.SUBQ(operand.I32(int32(m.lanes())), n)
	m.JG(operand.LabelRef(one))
}
