package main

import "github.com/mmcloughlin/avo/operand"

// arithmetic writes the kernels of a few instructions per vector. They are unrolled, so that the counting is cheap.
func arithmetic(m *machine) {
	const unroll = 4
	op := func(base string, arity int, formula string, f func(x []vec) vec) {
		m.kernel(base, arity, unroll, formula, f)
	}
	op("add", 2, "a + b", func(x []vec) vec { return m.add(x[0], x[1]) })
	op("sub", 2, "a - b", func(x []vec) vec { return m.sub(x[0], x[1]) })
	op("mul", 2, "a*b", func(x []vec) vec { return m.mul(x[0], x[1]) })
	op("div", 2, "a/b", func(x []vec) vec { return m.div(x[0], x[1]) })
	op("fma", 3, "a*b + c", func(x []vec) vec { return m.fma(x[0], x[1], x[2]) })
	op("fnma", 3, "c - a*b", func(x []vec) vec { return m.fnma(x[0], x[1], x[2]) })
	op("fms", 3, "a*b - c", func(x []vec) vec { return m.fms(x[0], x[1], x[2]) })
	op("neg", 1, "-a", func(x []vec) vec { return m.xor(x[0], m.signBit()) })
	op("abs", 1, "|a|", func(x []vec) vec { return m.abs(x[0]) })
	op("sqrt", 1, "√a", func(x []vec) vec { return m.sqrt(x[0]) })
	op("recip", 1, "1/a", func(x []vec) vec { return m.div(m.load(m.k(1)), x[0]) })
	op("square", 1, "a*a", func(x []vec) vec { return m.mul(x[0], x[0]) })
	op("copy", 1, "a", func(x []vec) vec { return x[0] })
	op("tanhD", 1, "1 - a*a", func(x []vec) vec { return m.fnma(x[0], x[0], m.load(m.k(1))) })
	op("max", 2, "the larger of a and b", func(x []vec) vec { return m.extreme(m.max, x[0], x[1]) })
	op("min", 2, "the smaller of a and b", func(x []vec) vec { return m.extreme(m.min, x[0], x[1]) })
	op("sign", 1, "±1, or a where that is ±0 or NaN", func(x []vec) vec {
		unit := m.or(m.sign(x[0]), m.k(1))
		return m.blend(m.cmp(lessOrGreater, x[0], m.k(0)), unit, x[0])
	})
	op("step", 1, "1, ½ or 0 by the sign of a", func(x []vec) vec {
		positive := m.keep(m.cmp(greater, x[0], m.k(0)), m.k(1))
		atZero := m.keep(m.cmp(equal, x[0], m.k(0)), m.k(0.5))
		nan := m.keep(m.cmp(unordered, x[0], x[0]), x[0])
		return m.or(m.or(positive, atZero), nan)
	})
	for _, c := range []struct {
		base, formula string
		predicate     uint8
	}{
		{"gt", "a > b", greater}, {"ge", "a ≥ b", greaterEqual}, {"lt", "a < b", less}, {"le", "a ≤ b", lessEqual}, {"eq", "a = b", equal},
	} {
		op(c.base, 2, c.formula, func(x []vec) vec { return m.keep(m.cmp(c.predicate, x[0], x[1]), m.k(1)) })
	}
	op("select", 3, "b where a ≠ 0, else c", func(x []vec) vec {
		return m.blend(m.cmp(notEqual, x[0], m.k(0)), x[1], x[2])
	})

	both, one := []string{"a", "c"}, []string{"a"}
	m.constKernel("addC", one, "a + s", func(x []vec, s vec) vec { return m.add(x[0], s) })
	m.constKernel("mulC", one, "a*s", func(x []vec, s vec) vec { return m.mul(x[0], s) })
	m.constKernel("fmaC", both, "a*s + c", func(x []vec, s vec) vec { return m.fma(x[0], s, x[1]) })
	m.constKernel("rsubC", one, "s - a", func(x []vec, s vec) vec { return m.sub(s, x[0]) })
	m.constKernel("rdivC", one, "s/a", func(x []vec, s vec) vec { return m.div(s, x[0]) })
	m.constKernel("maxC", one, "the larger of a and s", func(x []vec, s vec) vec { return m.extreme(m.max, x[0], s) })
	m.constKernel("minC", one, "the smaller of a and s", func(x []vec, s vec) vec { return m.extreme(m.min, x[0], s) })
	m.constKernel("fill", nil, "s", func(_ []vec, s vec) vec { return s })
}

// extreme is max or min, which the instructions give only where neither operand is NaN: with y second they return y, and
// a NaN in x is put back.
func (m *machine) extreme(f func(vec, operand.Op) vec, x, y vec) vec {
	return m.blend(m.cmp(unordered, x, x), x, f(x, y))
}
