package kern

import (
	"math"
	"testing"
	"unsafe"
)

// exact are the operations whose result the portable table and the assembly must agree on, bit for bit.
var exact = []Op{
	OpAdd, OpSub, OpMul, OpDiv, OpNeg, OpAbs, OpSqrt, OpRecip, OpSquare, OpMax, OpMin, OpSign, OpStep,
	OpGT, OpGE, OpLT, OpLE, OpEQ, OpSelect, OpCopy,
}

// testOperands fills three slices with numbers among which equal pairs, zeros and special values are frequent.
func testOperands[T Float](seed uint64, n int) [3][]T {
	rng := newRand(seed)
	var out [3][]T
	for j := range out {
		out[j] = make([]T, n)
		for i := range out[j] {
			switch rng.IntN(4) {
			case 0:
				out[j][i] = T(rng.IntN(5) - 2)
			case 1:
				out[j][i] = T(specials[rng.IntN(len(specials))])
			default:
				out[j][i] = T(rng.NormFloat64())
			}
		}
	}
	return out
}

func same[T Float](x, y T) bool {
	a, b := float64(x), float64(y)
	return math.Float64bits(a) == math.Float64bits(b) || math.IsNaN(a) && math.IsNaN(b)
}

func testExact[T Float](t *testing.T) {
	want := portableOps[T]()
	x := testOperands[T](1, 5000)
	w, g := make([]T, 5000), make([]T, 5000)
	for _, op := range exact {
		want[op](w, x[0], x[1], x[2])
		Table[T]()[op](g, x[0], x[1], x[2])
		for i := range w {
			if !same(w[i], g[i]) && !(w[i] == 0 && g[i] == 0 && (op == OpMax || op == OpMin)) {
				t.Fatalf("%v(%v, %v, %v) = %v, want %v", op, x[0][i], x[1][i], x[2][i], g[i], w[i])
			}
		}
	}
	for _, op := range []ConstOp{OpAddC, OpMulC, OpRSubC, OpRDivC, OpMaxC, OpMinC, OpFill} {
		for _, s := range []T{0, 1, -2.5, T(math.Inf(1)), T(math.NaN())} {
			portable := portableConsts[T]()
			portable[op](w, x[0], x[1], s)
			ConstTable[T]()[op](g, x[0], x[1], s)
			for i := range w {
				if !same(w[i], g[i]) && !(w[i] == 0 && g[i] == 0 && (op == OpMaxC || op == OpMinC)) {
					t.Fatalf("%v(%v, %v) = %v, want %v", op, x[0][i], s, g[i], w[i])
				}
			}
		}
	}
}

func TestArithmeticIsExact(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		t.Run("float64", testExact[float64])
		t.Run("float32", testExact[float32])
	})
}

// testFused compares the multiply-adds with math.FMA and with two roundings: either is right.
func testFused[T Float](t *testing.T) {
	x := testOperands[T](2, 5000)
	g := make([]T, 5000)
	check := func(name string, i int, got, fused, twice T) {
		t.Helper()
		neighbour := distance32(float32(got), float64(float32(fused))) <= 1 && unsafe.Sizeof(got) == 4 // see fma below
		if !same(got, fused) && !same(got, twice) && !neighbour {
			t.Fatalf("%s(%v, %v, %v) = %v, want %v or %v", name, x[0][i], x[1][i], x[2][i], got, fused, twice)
		}
	}
	fma := func(a, b, c T) T {
		if T(1)+T(1e-9) == 1 { // float32: exact but for a tie that the float64 sum hides
			return T(float64(a)*float64(b) + float64(c))
		}
		return T(math.FMA(float64(a), float64(b), float64(c)))
	}
	for _, c := range []struct {
		op           Op
		fused, twice func(a, b, c T) T
	}{
		{OpFMA, fma, func(a, b, c T) T { return T(a*b) + c }},
		{OpFNMA, func(a, b, c T) T { return fma(-a, b, c) }, func(a, b, c T) T { return c - T(a*b) }},
		{OpFMS, func(a, b, c T) T { return fma(a, b, -c) }, func(a, b, c T) T { return T(a*b) - c }},
		{OpTanhD, func(a, _, _ T) T { return fma(-a, a, 1) }, func(a, _, _ T) T { return 1 - T(a*a) }},
	} {
		Table[T]()[c.op](g, x[0], x[1], x[2])
		for i := range g {
			check(c.op.String(), i, g[i], c.fused(x[0][i], x[1][i], x[2][i]), c.twice(x[0][i], x[1][i], x[2][i]))
		}
	}
	const s = -1.75
	ConstTable[T]()[OpFMAC](g, x[0], x[2], s)
	for i := range g {
		check("fmac", i, g[i], fma(x[0][i], s, x[2][i]), T(x[0][i]*s)+x[2][i])
	}
}

func TestFusedOperations(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		t.Run("float64", testFused[float64])
		t.Run("float32", testFused[float32])
	})
}

func testPowI[T Float](t *testing.T) {
	x := testOperands[T](3, 500)[0]
	g := make([]T, len(x))
	eps := 2.3e-16
	if T(1)+T(1e-9) == 1 {
		eps = 1.2e-7
	}
	for _, s := range []T{0, 1, 2, 3, 4, 7, 10, 63, 64, -1, -2, -5, -64, 65, -65, 0.5, 1000, T(math.NaN()), T(math.Inf(1))} {
		ConstTable[T]()[OpPowI](g, x, nil, s)
		for i := range x {
			want := T(math.Pow(float64(x[i]), float64(s)))
			d := math.Abs(float64(g[i]-want)) / math.Abs(float64(want))
			if same(g[i], want) || d <= eps*(2+math.Abs(float64(s))) {
				continue
			}
			// a⁻ⁿ is 1/aⁿ, and aⁿ may overflow where 1/aⁿ is denormal.
			if s < 0 && math.Abs(float64(want)) < 1e-37 && (g[i] == 0 || d < 1) {
				continue
			}
			t.Errorf("powi(%v, %v) = %v, want %v", x[i], s, g[i], want)
		}
	}
}

func TestPowI(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		t.Run("float64", testPowI[float64])
		t.Run("float32", testPowI[float32])
	})
}

// testTails runs every kernel at every length up to 70 and shows that nothing else is written, that dst may be an operand,
// and that an element's value does not depend on its place.
func testTails[T Float](t *testing.T) {
	const longest = 70
	rng := newRand(4)
	ops, consts := Table[T](), ConstTable[T]()
	x := testOperands[T](9, longest+8)
	one := make([]T, 1)
	run := func(name string, arity int, f func(dst, a, b, c []T)) {
		t.Helper()
		for n := 0; n <= longest; n++ {
			off := rng.IntN(9)
			in := [3][]T{x[0][off%8:][:n], x[1][off%8:][:n], x[2][off%8:][:n]}
			g := newGuarded[T](n, off)
			f(g.slice(), in[0], in[1], in[2])
			g.check(t, name)
			for i, v := range g.slice() {
				f(one, in[0][i:i+1], in[1][i:i+1], in[2][i:i+1])
				if !same(v, one[0]) {
					t.Fatalf("%s: element %d of %d is %v, alone it is %v", name, i, n, v, one[0])
				}
			}
			for j := range arity {
				h := newGuarded[T](n, off)
				copy(h.slice(), in[j])
				args := in
				args[j] = h.slice()
				f(h.slice(), args[0], args[1], args[2])
				h.check(t, name+" in place")
				for i, v := range h.slice() {
					if !same(v, g.slice()[i]) {
						t.Fatalf("%s in place of operand %d: element %d of %d is %v, want %v", name, j, i, n, v, g.slice()[i])
					}
				}
			}
		}
	}
	for op := range NumOps {
		run(op.String(), op.Arity(), func(dst, a, b, c []T) {
			switch op.Arity() {
			case 1:
				b, c = nil, nil
			case 2:
				c = nil
			}
			ops[op](dst, a, b, c)
		})
	}
	for op := range NumConstOps {
		run(op.String(), min(op.Arity(), 1), func(dst, a, b, _ []T) {
			switch op.Arity() {
			case 0:
				a, b = nil, nil
			case 1:
				b = nil
			}
			consts[op](dst, a, b, 3)
		})
	}
	run("sincos", 1, func(dst, a, _, _ []T) { sinCos(dst, make([]T, len(a)), a) })
	run("cosine of sincos", 1, func(dst, a, _, _ []T) { sinCos(make([]T, len(a)), dst, a) })
	run("addto", 0, func(dst, a, b, _ []T) { copy(dst, b); AddTo(dst, a) })
	run("axpy", 0, func(dst, a, b, _ []T) { copy(dst, b); Axpy(dst, -1.25, a) })
}

func TestTails(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		t.Run("float64", testTails[float64])
		t.Run("float32", testTails[float32])
	})
}

func TestOpNames(t *testing.T) {
	seen := map[string]bool{}
	for op := range NumOps {
		if op.Arity() < 1 || op.String() == "" || seen[op.String()] || portableOps[float64]()[op] == nil {
			t.Errorf("operation %d: %q of %d operands", op, op, op.Arity())
		}
		seen[op.String()] = true
	}
	for op := range NumConstOps {
		if op.String() == "" || seen[op.String()] || portableConsts[float64]()[op] == nil {
			t.Errorf("operation with a constant %d: %q", op, op)
		}
		seen[op.String()] = true
	}
	if NumOps.String() != "invalid" || NumOps.Arity() != 0 || NumConstOps.String() != "invalid" || NumConstOps.Arity() != 0 {
		t.Error("values that name no operation should say so")
	}
}
