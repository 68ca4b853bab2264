package main

import "github.com/mmcloughlin/avo/operand"

// formula is an operation of a few instructions per vector.
type formula struct {
	op      string // its name in package kern, without "Op"
	base    string // the kernel's
	text    string
	arity   int      // operands of an operation
	sources []string // operands of an operation with a constant, which f gets as its last argument
	f       func(m *machine, x []vec) vec
}

// simple are the operations a, b, c → dst, in the order of package kern.
var simple = []formula{
	{"Add", "add", "a + b", 2, nil, func(m *machine, x []vec) vec { return m.add(x[0], x[1]) }},
	{"Sub", "sub", "a - b", 2, nil, func(m *machine, x []vec) vec { return m.sub(x[0], x[1]) }},
	{"Mul", "mul", "a*b", 2, nil, func(m *machine, x []vec) vec { return m.mul(x[0], x[1]) }},
	{"Div", "div", "a/b", 2, nil, func(m *machine, x []vec) vec { return m.div(x[0], x[1]) }},
	{"FMA", "fma", "a*b + c", 3, nil, func(m *machine, x []vec) vec { return m.fma(x[0], x[1], x[2]) }},
	{"FNMA", "fnma", "c - a*b", 3, nil, func(m *machine, x []vec) vec { return m.fnma(x[0], x[1], x[2]) }},
	{"FMS", "fms", "a*b - c", 3, nil, func(m *machine, x []vec) vec { return m.fms(x[0], x[1], x[2]) }},
	{"Neg", "neg", "-a", 1, nil, func(m *machine, x []vec) vec { return m.xor(x[0], m.signBit()) }},
	{"Abs", "abs", "|a|", 1, nil, func(m *machine, x []vec) vec { return m.abs(x[0]) }},
	{"Sqrt", "sqrt", "√a", 1, nil, func(m *machine, x []vec) vec { return m.sqrt(x[0]) }},
	{"Recip", "recip", "1/a", 1, nil, func(m *machine, x []vec) vec { return m.div(m.load(m.k(1)), x[0]) }},
	{"Square", "square", "a*a", 1, nil, func(m *machine, x []vec) vec { return m.mul(x[0], x[0]) }},
	{"Max", "max", "the larger of a and b", 2, nil, func(m *machine, x []vec) vec { return m.extreme(m.max, x[0], x[1]) }},
	{"Min", "min", "the smaller of a and b", 2, nil, func(m *machine, x []vec) vec { return m.extreme(m.min, x[0], x[1]) }},
	{"Sign", "sign", "±1, or a where that is ±0 or NaN", 1, nil, (*machine).signOf},
	{"Step", "step", "1, ½ or 0 by the sign of a", 1, nil, (*machine).stepOf},
	{"GT", "gt", "a > b", 2, nil, truth(greater)},
	{"GE", "ge", "a ≥ b", 2, nil, truth(greaterEqual)},
	{"LT", "lt", "a < b", 2, nil, truth(less)},
	{"LE", "le", "a ≤ b", 2, nil, truth(lessEqual)},
	{"EQ", "eq", "a = b", 2, nil, truth(equal)},
	{"Select", "select", "b where a ≠ 0, else c", 3, nil, func(m *machine, x []vec) vec {
		return m.blend(m.cmp(notEqual, x[0], m.k(0)), x[1], x[2])
	}},
	{"Copy", "copy", "a", 1, nil, func(_ *machine, x []vec) vec { return x[0] }},
	{"TanhD", "tanhD", "1 - a*a", 1, nil, func(m *machine, x []vec) vec { return m.fnma(x[0], x[0], m.load(m.k(1))) }},
}

// withConstant are the operations a, c, s → dst.
var withConstant = []formula{
	{"AddC", "addC", "a + s", 0, []string{"a"}, func(m *machine, x []vec) vec { return m.add(x[0], x[1]) }},
	{"MulC", "mulC", "a*s", 0, []string{"a"}, func(m *machine, x []vec) vec { return m.mul(x[0], x[1]) }},
	{"FMAC", "fmaC", "a*s + c", 0, []string{"a", "c"}, func(m *machine, x []vec) vec { return m.fma(x[0], x[2], x[1]) }},
	{"RSubC", "rsubC", "s - a", 0, []string{"a"}, func(m *machine, x []vec) vec { return m.sub(x[1], x[0]) }},
	{"RDivC", "rdivC", "s/a", 0, []string{"a"}, func(m *machine, x []vec) vec { return m.div(x[1], x[0]) }},
	{"MaxC", "maxC", "the larger of a and s", 0, []string{"a"}, func(m *machine, x []vec) vec { return m.extreme(m.max, x[0], x[1]) }},
	{"MinC", "minC", "the smaller of a and s", 0, []string{"a"}, func(m *machine, x []vec) vec { return m.extreme(m.min, x[0], x[1]) }},
	{"Fill", "fill", "s", 0, nil, func(_ *machine, x []vec) vec { return x[0] }},
}

// arithmetic writes one kernel for each formula, unrolled so that the counting is cheap.
func arithmetic(m *machine) {
	for _, f := range simple {
		m.kernel(f.base, f.arity, 4, 1, f.text, func(x []vec) vec { return f.f(m, x) })
	}
	for _, f := range withConstant {
		m.constKernel(f.base, f.sources, f.text, func(x []vec, s vec) vec { return f.f(m, append(x, s)) })
	}
}

// extreme is max or min, which the instructions give only where neither operand is NaN: with y second they return y, and
// a NaN in x is put back.
func (m *machine) extreme(f func(vec, operand.Op) vec, x, y vec) vec {
	return m.blend(m.cmp(unordered, x, x), x, f(x, y))
}

func truth(predicate uint8) func(*machine, []vec) vec {
	return func(m *machine, x []vec) vec { return m.keep(m.cmp(predicate, x[0], x[1]), m.k(1)) }
}

func (m *machine) signOf(x []vec) vec {
	unit := m.or(m.sign(x[0]), m.k(1))
	return m.blend(m.cmp(lessOrGreater, x[0], m.k(0)), unit, x[0])
}

func (m *machine) stepOf(x []vec) vec {
	positive := m.keep(m.cmp(greater, x[0], m.k(0)), m.k(1))
	atZero := m.keep(m.cmp(equal, x[0], m.k(0)), m.k(0.5))
	nan := m.keep(m.cmp(unordered, x[0], x[0]), x[0])
	return m.or(m.or(positive, atZero), nan)
}
