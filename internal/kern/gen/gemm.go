package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tileRows is the height of the full tile for each width in vectors. A tile keeps height×width sums in registers: enough
// to hide the latency of the multiply-adds, and so few that a row of B and an element of A fit beside them.
func (m *machine) tileRows(vecs int) int {
	if m.avx512 {
		return []int{0, 8, 8, 8, 6}[vecs]
	}
	return []int{0, 8, 6, 4}[vecs]
}

func (m *machine) maxVecs() int {
	if m.avx512 {
		return 4
	}
	return 3
}

// tileHeights are the heights for which there are kernels: the full one, and lower ones for the last rows of a matrix.
func (m *machine) tileHeights(vecs int) []int {
	full := m.tileRows(vecs)
	heights := []int{full}
	for _, rows := range []int{4, 2, 1} {
		if rows < full {
			heights = append(heights, rows)
		}
	}
	return heights
}

// gemm writes the kernels of one engine.
func gemm(m *machine) {
	for vecs := 1; vecs <= m.maxVecs(); vecs++ {
		for _, rows := range m.tileHeights(vecs) {
			m.tile(vecs, rows)
		}
	}
}

// tile writes the kernel for tiles of rows×vecs vectors.
func (m *machine) tile(vecs, rows int) {
	m.text(fmt.Sprintf("gemm%dx%d", rows, vecs),
		"func(tiles, k int, a *T, rsa, csa int, b *T, rsb int, c *T, ldc, tail int, bias *T, acc, masked bool)",
		fmt.Sprintf("computes %d rows times tiles of a panel %d vectors wide. The last vector has tail columns; masked says that B has no more either.", rows, vecs))
	a, rsa, csa := m.param("a"), m.param("rsa"), m.param("csa")
	rsb, ldc, c := m.param("rsb"), m.param("ldc"), m.param("c")
	for _, r := range []reg.Register{rsa, csa, rsb, ldc} {
		m.SHLQ(m.shift(), r)
	}
	tail := m.tailMask(m.param("tail"))
	rsa3 := reg.GPVirtual(nil)
	if rows > 3 {
		rsa3 = m.GP64()
		m.LEAQ(operand.Mem{Base: rsa, Index: rsa, Scale: 2}, rsa3)
	}

	m.Label("tile")
	sums := m.startSums(vecs, rows, tail)
	k, b, a0 := m.param("k"), m.param("b"), m.GP64()
	m.MOVQ(a, a0)
	a4 := m.GP64()
	if rows > 4 {
		m.LEAQ(operand.Mem{Base: a, Index: rsa, Scale: 4}, a4)
	}
	step := func(masked bool) {
		brow := make([]reg.VecVirtual, vecs)
		for j := range brow {
			brow[j] = m.reg()
			at := operand.Mem{Base: b}.Offset(j * m.bytes())
			if masked && j == vecs-1 {
				m.loadTail(at, brow[j], tail)
				continue
			}
			m.op("MOVU", at, brow[j])
		}
		for i := range rows {
			at := rowOf(i, a0, a4, rsa, rsa3)
			x := m.reg()
			m.broadcast(at, x)
			for j := range brow {
				m.op("FMADD231", brow[j], x, sums[i][j])
			}
		}
		m.ADDQ(rsb, b)
		m.ADDQ(csa, a0)
		if rows > 4 {
			m.ADDQ(csa, a4)
		}
	}
	if m.avx512 {
		m.inner("inner", k, func() { step(true) }) // the mask costs nothing
	} else {
		m.CMPB(m.address("masked"), operand.U8(0))
		m.JNE(operand.LabelRef("masked"))
		m.inner("inner", k, func() { step(false) })
		m.JMP(operand.LabelRef("finish"))
		m.inner("masked", k, func() { step(true) })
		m.Label("finish")
	}
	m.finishSums(sums, c, ldc, tail)
	if rows > 1 {
		// Down by rows: rsa·rows and ldc·rows.
		m.LEAQ(operand.Mem{Base: a, Index: rsa, Scale: uint8(min(rows, 4))}, a)
		switch rows {
		case 6:
			m.LEAQ(operand.Mem{Base: a, Index: rsa, Scale: 2}, a)
		case 8:
			m.LEAQ(operand.Mem{Base: a, Index: rsa, Scale: 4}, a)
		}
	} else {
		m.ADDQ(rsa, a)
	}
	m.DECQ(m.address("tiles"))
	m.JNZ(operand.LabelRef("tile"))
	m.ret()
}

// inner repeats a step k times.
func (m *machine) inner(label string, k reg.Register, step func()) {
	m.Label(label)
	step()
	m.DECQ(k)
	m.JNZ(operand.LabelRef(label))
}

// rowOf addresses the element of A in row i at the current column.
func rowOf(i int, a0, a4, rsa, rsa3 reg.Register) operand.Mem {
	base := a0
	if i >= 4 {
		base, i = a4, i-4
	}
	switch i {
	case 0:
		return operand.Mem{Base: base}
	case 3:
		return operand.Mem{Base: base, Index: rsa3, Scale: 1}
	}
	return operand.Mem{Base: base, Index: rsa, Scale: uint8(i)}
}

// startSums sets the sums to the bias, or to zero.
func (m *machine) startSums(vecs, rows int, tail *tailMask) [][]reg.VecVirtual {
	sums := make([][]reg.VecVirtual, rows)
	for i := range sums {
		for range vecs {
			sums[i] = append(sums[i], m.reg())
		}
	}
	bias := m.param("bias")
	m.TESTQ(bias, bias)
	m.JZ(operand.LabelRef("zero"))
	for j := range vecs {
		m.loadColumn(operand.Mem{Base: bias}, j, sums[0][j], tail, vecs)
	}
	for i := 1; i < rows; i++ {
		for j := range vecs {
			m.op("MOVA", sums[0][j], sums[i][j])
		}
	}
	m.JMP(operand.LabelRef("start"))
	m.Label("zero")
	for i := range rows {
		for j := range vecs {
			m.zero(sums[i][j])
		}
	}
	m.Label("start")
	return sums
}

// finishSums adds C if asked to, stores the sums, and moves c down.
func (m *machine) finishSums(sums [][]reg.VecVirtual, c, ldc reg.Register, tail *tailMask) {
	rows, vecs := len(sums), len(sums[0])
	m.CMPB(m.address("acc"), operand.U8(0))
	m.JE(operand.LabelRef("put"))
	at := m.GP64()
	m.MOVQ(c, at)
	for i := range rows {
		for j := range vecs {
			old := m.reg()
			m.loadColumn(operand.Mem{Base: at}, j, old, tail, vecs)
			m.op("ADD", old, sums[i][j], sums[i][j])
		}
		if i+1 < rows {
			m.ADDQ(ldc, at)
		}
	}
	m.Label("put")
	put := func(last func(v reg.Register, at operand.Mem)) {
		for i := range rows {
			for j := range vecs - 1 {
				m.op("MOVU", sums[i][j], operand.Mem{Base: c}.Offset(j*m.bytes()))
			}
			last(sums[i][vecs-1], operand.Mem{Base: c}.Offset((vecs-1)*m.bytes()))
			m.ADDQ(ldc, c)
		}
	}
	if m.avx512 {
		put(func(v reg.Register, at operand.Mem) { m.storeTail(v, at, tail) })
		return
	}
	// Masked stores are slow on some processors with AVX2: whole vectors go without.
	m.CMPQ(m.address("tail"), operand.U8(uint8(m.lanes())))
	m.JE(operand.LabelRef("whole"))
	put(func(v reg.Register, at operand.Mem) { m.storeTail(v, at, tail) })
	m.JMP(operand.LabelRef("next"))
	m.Label("whole")
	put(func(v reg.Register, at operand.Mem) { m.op("MOVU", v, at) })
	m.Label("next")
}

// loadColumn reads vector j of a row; only the last one is cut off.
func (m *machine) loadColumn(row operand.Mem, j int, r reg.Register, tail *tailMask, vecs int) {
	if j == vecs-1 {
		m.loadTail(row.Offset(j*m.bytes()), r, tail)
		return
	}
	m.op("MOVU", row.Offset(j*m.bytes()), r)
}
