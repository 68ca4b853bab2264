package kern

import (
	"bufio"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
)

// distance64 is |got − (hi+lo)| in units in the last place of the exact value. Values of other kinds (NaN, Inf, and the
// sign of zero) must match exactly, or the distance is infinite.
func distance64(got, hi, lo float64) float64 {
	if math.IsNaN(hi) || math.IsInf(hi, 0) || hi == 0 && lo == 0 {
		if math.IsNaN(got) && math.IsNaN(hi) || got == hi && math.Signbit(got) == math.Signbit(hi) {
			return 0
		}
		return math.Inf(1)
	}
	a := math.Abs(hi)
	ulp := math.Nextafter(a, math.Inf(1)) - a
	if math.IsInf(ulp, 1) {
		ulp = a - math.Nextafter(a, 0)
	}
	d := math.Abs((got - hi - lo) / ulp)
	if math.IsNaN(d) {
		return math.Inf(1)
	}
	return d
}

// distance32 is the same for float32 against a value in float64.
func distance32(got float32, want float64) float64 {
	w := float32(want)
	if math.IsNaN(want) || math.IsInf(float64(w), 0) || w == 0 {
		// Below the denormal numbers one of them is still within one unit.
		if w == 0 && want != 0 && math.Abs(float64(got)) <= math.SmallestNonzeroFloat32 {
			return 1
		}
		return distance64(float64(got), float64(w), 0)
	}
	a := math.Abs(want)
	lo := float32(a)
	ulp := float64(math.Nextafter32(lo, float32(math.Inf(1)))) - float64(lo)
	if math.IsInf(ulp, 1) {
		ulp = float64(lo) - float64(math.Nextafter32(lo, 0))
	}
	d := math.Abs((float64(got) - want) / ulp)
	if math.IsNaN(d) {
		return math.Inf(1)
	}
	return d
}

func opNamed(t *testing.T, name string) Op {
	t.Helper()
	for o := range NumOps {
		if o.String() == name {
			return o
		}
	}
	t.Fatalf("no operation %q", name)
	return 0
}

// golden is an operation's values to twice the precision, from mpmath.
type golden struct{ x, hi, lo, y []float64 }

func readGolden(t *testing.T) map[Op]*golden {
	t.Helper()
	f, err := os.Open("testdata/golden.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all := map[Op]*golden{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		field := strings.Fields(lines.Text())
		if len(field) < 4 || field[0] == "#" {
			continue
		}
		op := opNamed(t, field[0])
		if all[op] == nil {
			all[op] = &golden{}
		}
		var v [4]float64
		for i := range field[1:] {
			if v[i], err = strconv.ParseFloat(field[i+1], 64); err != nil {
				t.Fatal(err)
			}
		}
		g := all[op]
		g.x, g.hi, g.lo = append(g.x, v[0]), append(g.hi, v[1]), append(g.lo, v[2])
		g.y = append(g.y, v[3])
	}
	if len(all) < 15 {
		t.Fatalf("golden.txt has %d operations", len(all))
	}
	return all
}

func TestFunctionsAgainstGolden(t *testing.T) {
	all := readGolden(t)
	atEachLevel(t, func(t *testing.T) {
		for op := range NumOps {
			g := all[op]
			if g == nil {
				continue
			}
			got := make([]float64, len(g.x))
			Table[float64]()[op](got, g.x, g.y, nil)
			worst, at := 0.0, 0
			for i := range got {
				if d := distance64(got[i], g.hi[i], g.lo[i]); d > worst {
					worst, at = d, i
				}
			}
			limit := 3.0
			if op == OpSin || op == OpCos {
				limit = 1
			}
			if engine64.level < levelAVX2 { // package math
				switch op {
				case OpSin, OpCos, OpTan:
					limit = 1000 // near zeros and poles
				case OpPow:
					limit = math.Inf(1) // wrong for denormal numbers, and off for large exponents
				}
			}
			if worst > limit {
				t.Errorf("%v(%v) = %v, want %v: %.2f units in the last place", op, g.x[at], got[at], g.hi[at], worst)
			}
			t.Logf("%v: at most %.2f units in the last place", op, worst)
		}
	})
}

// reference is each function of one operand in package math, and the range in which random arguments are drawn.
var reference = []struct {
	op     Op
	f      func(float64) float64
	lo, hi float64
	slack  float64 // what package math itself may be off by, in units in the last place
}{
	{OpExp, exp, -800, 800, 1},
	{OpExpm1, math.Expm1, -60, 800, 1},
	{OpTanh, math.Tanh, -25, 25, 2},
	{OpSigmoid, sigmoid, -800, 60, 2},
	{OpSoftplus, softplus, -800, 60, 2},
	{OpLog, log, 0, 100, 1},
	{OpErf, math.Erf, -7, 7, 1},
	{OpSin, math.Sin, -2e3, 2e3, 1},
	{OpCos, math.Cos, -2e3, 2e3, 1},
	{OpSqrt, math.Sqrt, 0, 10, 0},
	{OpSinh, sinh, -720, 720, 1},
	{OpCosh, cosh, -720, 720, 1},
	{OpTan, math.Tan, -10, 10, 1},
	{OpAtan, math.Atan, -10, 10, 1},
	{OpAsin, math.Asin, -1, 1, 1},
	{OpAcos, math.Acos, -1, 1, 1},
	{OpLog1p, math.Log1p, -1, 10, 1},
}

// specials are arguments at which functions like to go wrong.
var specials = []float64{
	0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN(), 1, -1, 0.5, -0.5, 2, -2, 1e-320, -1e-320, 5e-324, -5e-324,
	2.2250738585072014e-308, -2.2250738585072014e-308, 1e-40, -1e-40, 1e-45, -1e-45, 1e-30, 1e-17, -1e-17, 1e-8, -1e-8,
	1e300, -1e300, math.MaxFloat64, -math.MaxFloat64, 3e38, -3e38, 88, 89, -88, -104, -103.5, 709.7, 709.8, 710, -708.5, -745, -746,
	20, -20, 40, -40, 19.06, 22, -22, 5.9, 6, -6, 9.1, 1e5, 1e6, -1e6, 999999.9, 3e4, 29999.5, 1e7, 1e15, -1e22, math.Pi, math.Pi / 2,
	math.Sqrt2, 0.75, 1.5, 0.7499999999999999, 1.4999999999999998, 0.9999999999999999, 1.0000000000000002, 17, -17, 36.7, 37.5, -37.5,
}

func arguments(rng *rand.Rand, lo, hi float64, n int) []float64 {
	x := append([]float64(nil), specials...)
	for i := range n {
		switch i % 4 {
		case 0:
			x = append(x, lo+(hi-lo)*rng.Float64())
		case 1:
			x = append(x, rng.NormFloat64())
		case 2:
			x = append(x, math.Copysign(math.Pow(10, 12*rng.Float64()-10), rng.Float64()-0.5))
		case 3:
			x = append(x, lo+(hi-lo)*float64(i)/float64(n))
		}
	}
	return x
}

// mathIsWorse says whether two values agree as well as package math, which is the less exact one, can tell: near zeros of
// sine and cosine, and wherever math.Tan is used. The golden values judge those.
func mathIsWorse(op Op, got, want float64) bool {
	switch op {
	case OpSin, OpCos:
		return math.Abs(want) < 1e-3 && math.Abs(got-want) < 1e-22 && got != 0
	case OpTan:
		return math.Abs(got-want) <= 2e-14*math.Abs(want) || math.Abs(got-want) <= 1e-10*max(math.Abs(want)*math.Abs(want), 1e-12)
	}
	return false
}

func TestFunctionsAgainstMath(t *testing.T) {
	n := 40000
	if testing.Short() {
		n = 4000
	}
	atEachLevel(t, func(t *testing.T) {
		rng := newRand(5)
		for _, r := range reference {
			x := arguments(rng, r.lo, r.hi, n)
			y := make([]float64, len(x))
			Table[float64]()[r.op](y, x, nil, nil)
			for i := range x {
				if d := distance64(y[i], r.f(x[i]), 0); d > 3+r.slack && !mathIsWorse(r.op, y[i], r.f(x[i])) {
					t.Errorf("%v(%v) = %v, want %v", r.op, x[i], y[i], r.f(x[i]))
				}
			}
			x32, y32 := make([]float32, len(x)), make([]float32, len(x))
			for i := range x {
				x32[i] = float32(x[i])
			}
			Table[float32]()[r.op](y32, x32, nil, nil)
			worst, at := 0.0, 0
			for i := range x32 {
				if d := distance32(y32[i], r.f(float64(x32[i]))); d > worst {
					worst, at = d, i
				}
			}
			if worst > 4 {
				t.Errorf("float32 %v(%v) = %v, want %v", r.op, x32[at], y32[at], r.f(float64(x32[at])))
			}
			t.Logf("float32 %v: at most %.2f units in the last place", r.op, worst)
		}
	})
}

// TestPow compares with math.Pow on all pairs of special values, and in float32, where math.Pow is exact, on random ones.
func TestPow(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		var a, b []float64
		exponents := append([]float64{3, -3, 4, 1.5, 1e10, 1e19, 4503599627370497}, specials...)
		for _, x := range specials {
			for _, y := range exponents {
				a, b = append(a, x), append(b, y)
			}
		}
		got := make([]float64, len(a))
		Table[float64]()[OpPow](got, a, b, nil)
		for i, v := range got {
			if x := math.Abs(a[i]); x > 0 && x < 0x1p-1022 || math.Abs(x-1) < 1e-10 && math.Abs(b[i]) > 1e5 {
				continue // math.Pow itself is wrong; see the golden values
			}
			want := math.Pow(a[i], b[i])
			if math.IsNaN(v) != math.IsNaN(want) || math.Abs(v-want) > 1e-13*math.Abs(want) && math.Abs(want) > 1e-305 ||
				math.IsInf(v, 0) != math.IsInf(want, 0) || math.Signbit(v) != math.Signbit(want) && !math.IsNaN(v) {
				t.Errorf("pow(%v, %v) = %v, want %v", a[i], b[i], v, want)
			}
		}
		rng := newRand(8)
		x, y, got32 := make([]float32, 20000), make([]float32, 20000), make([]float32, 20000)
		for i := range x {
			x[i], y[i] = float32(math.Pow(10, 4*rng.Float64()-2)), float32(10*rng.NormFloat64())
			if i < len(a) {
				x[i], y[i] = float32(a[i]), float32(b[i])
			}
		}
		Table[float32]()[OpPow](got32, x, y, nil)
		for i, v := range got32 {
			if d := distance32(v, math.Pow(float64(x[i]), float64(y[i]))); d > 4 {
				t.Errorf("float32 pow(%v, %v) = %v, want %v", x[i], y[i], v, math.Pow(float64(x[i]), float64(y[i])))
			}
		}
	})
}

// sinCos is the kernel behind the step of that name: sin x in s and cos x in c.
func sinCos[T Float](s, c, x []T) { engineOf[T]().sincos(s, c, x) }

func TestSinCos(t *testing.T) {
	atEachLevel(t, func(t *testing.T) {
		x := arguments(newRand(6), -1e5, 1e5, 20000)
		s, c := make([]float64, len(x)), make([]float64, len(x))
		sinCos(s, c, x)
		x32, s32, c32 := make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x))
		for i := range x {
			x32[i] = float32(x[i])
		}
		sinCos(s32, c32, x32)
		for i := range x {
			ws, wc := math.Sincos(x[i])
			if distance64(s[i], ws, 0) > 3 && !mathIsWorse(OpSin, s[i], ws) || distance64(c[i], wc, 0) > 3 && !mathIsWorse(OpCos, c[i], wc) {
				t.Errorf("SinCos(%v) = %v, %v, want %v, %v", x[i], s[i], c[i], ws, wc)
			}
			ws, wc = math.Sincos(float64(x32[i]))
			if distance32(s32[i], ws) > 4 || distance32(c32[i], wc) > 4 {
				t.Errorf("float32 SinCos(%v) = %v, %v, want %v, %v", x32[i], s32[i], c32[i], ws, wc)
			}
		}
	})
}
