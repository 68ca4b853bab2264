package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// reductions writes sums and the updates of vectors.
func reductions(m *machine) {
	m.reduction("sum", []string{"x"}, "Σx", func(x []vec, s reg.Register) { m.op("ADD", x[0], s, s) })
	m.reduction("dot", []string{"x", "y"}, "Σx·y", func(x []vec, s reg.Register) { m.op("FMADD231", x[0], x[1], s) })
	m.axpy()
	m.adam()
}

// reduction writes a sum in four vectors of partial sums, so that additions overlap. Vector j of a slice goes to partial
// sum j mod 4; the order depends on the length alone.
func (m *machine) reduction(base string, names []string, formula string, step func(x []vec, s reg.Register)) {
	signature := "func(" + names[0]
	if len(names) == 2 {
		signature += ", " + names[1]
	}
	m.text(base, signature+" []T) T", "returns "+formula+".")
	n, i := m.GP64(), m.GP64()
	m.Load(m.Param(names[0]).Len(), n)
	var src []reg.Register
	for _, name := range names {
		src = append(src, m.base(name))
	}
	sums := make([]reg.VecVirtual, 4)
	for j := range sums {
		sums[j] = m.reg()
		m.zero(sums[j])
	}
	j := 0
	m.loop(n, i, 4, 1, func(load func(reg.Register) vec, _ func(vec, reg.Register)) {
		x := make([]vec, len(src))
		for q, p := range src {
			x[q] = load(p)
		}
		step(x, sums[j%4])
		j++
	})
	m.op("ADD", sums[1], sums[0], sums[0])
	m.op("ADD", sums[3], sums[2], sums[2])
	m.op("ADD", sums[2], sums[0], sums[0])
	one := m.reduceRows(sums[:1])[0]
	m.Store(one.AsX(), m.ReturnIndex(0))
	m.ret()
}

// axpy writes dst += s·a.
func (m *machine) axpy() {
	m.text("axpy", "func(dst []T, s T, a []T)", "adds s*a to dst.")
	dst, src, n := m.base("dst"), m.base("a"), m.GP64()
	m.Load(m.Param("dst").Len(), n)
	s := m.reg()
	m.broadcast(m.address("s"), s)
	m.loop(n, m.GP64(), 4, 1, func(load func(reg.Register) vec, store func(vec, reg.Register)) {
		y := load(dst)
		m.op("FMADD231", load(src), s, y)
		store(y, dst)
	})
	m.ret()
}

// adam writes the update of Adam. The constants lie in a struct, in this order: β₁, 1−β₁, β₂, 1−β₂, rate, correction, ε.
func (m *machine) adam() {
	m.text("adam", "func(theta, m, v, grad []T, k *T)", "makes one step of Adam; k points to an adamStep.")
	theta, m1, m2, grad, n := m.base("theta"), m.base("m"), m.base("v"), m.base("grad"), m.GP64()
	m.Load(m.Param("theta").Len(), n)
	at := m.param("k")
	var k [7]vec
	for j := range k {
		r := m.reg()
		m.broadcast(operand.Mem{Base: at}.Offset(j*m.size), r)
		k[j] = vec{r}
	}
	m.loop(n, m.GP64(), 1, 1, func(load func(reg.Register) vec, store func(vec, reg.Register)) {
		g := load(grad)
		a := m.mul(load(m1), k[0])
		m.op("FMADD231", g, k[1], a)
		store(a, m1)
		b := m.mul(load(m2), k[2])
		m.op("FMADD231", m.mul(g, g), k[3], b)
		store(b, m2)
		root := m.add(m.sqrt(m.mul(b, k[5])), k[6])
		step := m.div(m.mul(a, k[4]), root)
		store(m.sub(load(theta), step), theta)
	})
	m.ret()
}
