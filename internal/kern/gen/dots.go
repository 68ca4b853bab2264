package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// dots writes the kernels for products with few columns: one column at a time, eight rows of A against it. The sum of a
// row is formed in the same order in both kernels, so that it does not matter which one a row falls to.
func dots(m *machine) {
	m.dotRows(8)
	m.dotRows(1)
}

func (m *machine) dotRows(rows int) {
	m.text(fmt.Sprintf("dots%d", rows),
		"func(tiles, k int, a *T, lda int, b *T, c *T, ldc int, bias T, acc bool)",
		fmt.Sprintf("computes %d rows times tiles of one column: C (+)= A·b + bias.", rows))
	a, lda, ldc, c := m.param("a"), m.param("lda"), m.param("ldc"), m.param("c")
	m.SHLQ(m.shift(), lda)
	m.SHLQ(m.shift(), ldc)
	rest := m.param("k")
	m.ANDQ(operand.U8(uint8(m.lanes()-1)), rest)
	tail := m.tailMask(rest)
	lda3 := m.GP64()
	if rows > 1 {
		m.LEAQ(operand.Mem{Base: lda, Index: lda, Scale: 2}, lda3)
	}

	m.Label("tile")
	sums := make([]reg.VecVirtual, rows)
	for i := range sums {
		sums[i] = m.reg()
		m.zero(sums[i])
	}
	b, k, a0, a4 := m.param("b"), m.param("k"), m.GP64(), m.GP64()
	m.MOVQ(a, a0)
	if rows > 4 {
		m.LEAQ(operand.Mem{Base: a, Index: lda, Scale: 4}, a4)
	}
	m.SUBQ(operand.U8(uint8(m.lanes())), k)
	m.JLT(operand.LabelRef("rest"))
	m.Label("inner")
	y := m.reg()
	m.op("MOVU", operand.Mem{Base: b}, y)
	for i := range sums {
		m.op("FMADD231", rowOf(i, a0, a4, lda, lda3), y, sums[i])
	}
	for _, p := range []reg.Register{b, a0} {
		m.ADDQ(operand.U8(uint8(m.bytes())), p)
	}
	if rows > 4 {
		m.ADDQ(operand.U8(uint8(m.bytes())), a4)
	}
	m.SUBQ(operand.U8(uint8(m.lanes())), k)
	m.JGE(operand.LabelRef("inner"))
	m.Label("rest")
	m.CMPQ(k, operand.I8(int8(-m.lanes())))
	m.JE(operand.LabelRef("reduce"))
	yt := m.reg()
	m.loadTail(operand.Mem{Base: b}, yt, tail)
	for i := range sums {
		x := m.reg()
		m.loadTail(rowOf(i, a0, a4, lda, lda3), x, tail)
		m.op("FMADD231", x, yt, sums[i])
	}

	m.Label("reduce")
	results := m.reduceRows(sums)
	bias := m.YMM()
	m.broadcast(m.address("bias"), bias)
	for _, r := range results {
		m.op("ADD", bias, r, r)
	}
	m.CMPB(m.address("acc"), operand.U8(0))
	m.JE(operand.LabelRef("put"))
	m.scatter(results, rows, c, ldc, true)
	m.JMP(operand.LabelRef("next"))
	m.Label("put")
	m.scatter(results, rows, c, ldc, false)
	m.Label("next")
	if rows == 8 {
		m.LEAQ(operand.Mem{Base: a, Index: lda, Scale: 8}, a)
	} else {
		m.ADDQ(lda, a)
	}
	m.DECQ(m.address("tiles"))
	m.JNZ(operand.LabelRef("tile"))
	m.ret()
}

// reduceRows returns the sum of each vector, one lane per vector: vectors are first folded to 32 bytes, then added
// pairwise, neighbours first, and the two halves last.
func (m *machine) reduceRows(sums []reg.VecVirtual) []reg.VecVirtual {
	half := make([]reg.VecVirtual, len(sums))
	for i, s := range sums {
		if !m.avx512 {
			half[i] = s
			continue
		}
		half[i] = m.YMM()
		m.VEXTRACTF64X4(operand.U8(1), s, half[i])
		m.op("ADD", s.AsY(), half[i], half[i])
	}
	pair := func(x, y reg.VecVirtual) reg.VecVirtual {
		r := m.YMM()
		m.op("HADD", y, x, r)
		return r
	}
	level := half
	for width := 32 / m.size; width > 2; width /= 2 {
		var next []reg.VecVirtual
		for i := 0; i < len(level); i += 2 {
			next = append(next, pair(level[i], level[min(i+1, len(level)-1)]))
		}
		level = next
	}
	var out []reg.VecVirtual
	for i := 0; i < len(level); i += 2 {
		x, y := level[i], level[min(i+1, len(level)-1)]
		lo, hi := m.YMM(), m.YMM()
		m.VPERM2F128(operand.U8(0x20), y, x, lo)
		m.VPERM2F128(operand.U8(0x31), y, x, hi)
		m.op("ADD", hi, lo, lo)
		out = append(out, lo)
	}
	return out
}

// scatter writes one lane per row to c and moves c down.
func (m *machine) scatter(results []reg.VecVirtual, rows int, c, ldc reg.Register, add bool) {
	perVec := 32 / m.size
	for i := range rows {
		lane := i % perVec
		x := results[i/perVec]
		if lane >= perVec/2 {
			up := m.YMM()
			m.VEXTRACTF128(operand.U8(1), x, up.AsX())
			x, lane = up, lane-perVec/2
		}
		one := x.AsX()
		if lane > 0 {
			r := m.XMM()
			m.op("PERMIL", operand.U8(uint8(lane)), one, r) // the lane wanted comes first
			one = r
		}
		at := operand.Mem{Base: c}
		if add {
			r := m.XMM()
			m.scalar("ADD", at, one, r)
			one = r
		}
		m.scalar("MOV", one, at)
		m.ADDQ(ldc, c)
	}
}

// scalar writes the instruction on the lowest lane only.
func (m *machine) scalar(name string, ops ...operand.Op) {
	suffix := "SD"
	if m.size == 4 {
		suffix = "SS"
	}
	m.emit("V"+name+suffix, ops...)
}
