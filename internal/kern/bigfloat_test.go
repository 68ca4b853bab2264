package kern

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// The functions to 240 bits, by their series, from arguments reduced with enough digits of π and ln 2: a judge that neither
// package math nor the kernels had a part in.

const bigPrec = 240

func bigConst(digits string) *big.Float {
	f, _, err := big.ParseFloat(digits, 10, bigPrec+64, big.ToNearestEven)
	if err != nil {
		panic(err)
	}
	return f
}

var (
	bigPi  = bigConst("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534211706798214808651")
	bigLn2 = bigConst("0.693147180559945309417232121458176568075500134360255254120680009493393621969694715605863326996418687542147932140170819150614827022")
)

func newBig(x float64) *big.Float             { return new(big.Float).SetPrec(bigPrec).SetFloat64(x) }
func bigOp() *big.Float                       { return new(big.Float).SetPrec(bigPrec) }
func bigInt(n int) *big.Float                 { return bigOp().SetInt64(int64(n)) }
func bigAdd(x, y *big.Float) *big.Float       { return bigOp().Add(x, y) }
func bigMul(x, y *big.Float) *big.Float       { return bigOp().Mul(x, y) }
func bigQuo(x, y *big.Float) *big.Float       { return bigOp().Quo(x, y) }
func bigNeg(x *big.Float) *big.Float          { return bigOp().Neg(x) }
func bigScale(x *big.Float, k int) *big.Float { return bigOp().SetMantExp(x, k) }

// series is Σ tₖ with t₀ given and tₖ = tₖ₋₁·next(k), until the terms vanish.
func series(t *big.Float, next func(k int) *big.Float) *big.Float {
	sum := bigOp().Set(t)
	for k := 1; t.Sign() != 0 && (sum.Sign() == 0 || t.MantExp(nil) > sum.MantExp(nil)-bigPrec); k++ {
		t = bigMul(t, next(k))
		sum = bigAdd(sum, t)
	}
	return sum
}

func bigExp(x *big.Float) *big.Float {
	f, _ := x.Float64()
	k := int(math.Round(f / math.Ln2))
	r := bigScale(bigAdd(x, bigNeg(bigMul(bigLn2, bigInt(k)))), -8)
	e := series(newBig(1), func(k int) *big.Float { return bigQuo(r, bigInt(k)) })
	for range 8 {
		e = bigMul(e, e)
	}
	return bigScale(e, k)
}

// bigLog is Newton's method on eʸ = x.
func bigLog(x *big.Float) *big.Float {
	f, _ := x.Float64()
	y := newBig(math.Log(f))
	for range 3 {
		y = bigAdd(y, bigAdd(bigMul(x, bigExp(bigNeg(y))), newBig(-1)))
	}
	return y
}

// bigSinCos reduces to a quarter turn; shift is a number of quarter turns that is added.
func bigSinCos(x float64, shift int) *big.Float {
	k := int(math.Round(x / (math.Pi / 2)))
	r := bigAdd(newBig(x), bigNeg(bigMul(bigScale(bigPi, -1), bigInt(k))))
	z := bigNeg(bigMul(r, r))
	k += shift
	var s *big.Float
	if k&1 == 0 {
		s = series(r, func(k int) *big.Float { return bigQuo(z, bigInt(2*k*(2*k+1))) })
	} else {
		s = series(newBig(1), func(k int) *big.Float { return bigQuo(z, bigInt(2*k*(2*k-1))) })
	}
	if k&2 != 0 {
		s = bigNeg(s)
	}
	return s
}

func bigErf(x float64) *big.Float {
	z := bigNeg(bigMul(newBig(x), newBig(x)))
	// Σ (−1)ᵏx²ᵏ⁺¹/(k!(2k+1)): the terms without their 2k+1 are those of an exponential.
	t, sum := newBig(x), newBig(x)
	for k := 1; k < 400; k++ {
		t = bigQuo(bigMul(t, z), bigInt(k))
		sum = bigAdd(sum, bigQuo(t, bigInt(2*k+1)))
	}
	return bigQuo(bigScale(sum, 1), bigOp().Sqrt(bigPi))
}

// judged are the functions of the activations, the range of their arguments, and what a kernel may be off by.
var judged = []struct {
	op     Op
	lo, hi float64
	limit  float64
	f      func(x float64) *big.Float
}{
	{OpSin, -1e6, 1e6, 1, func(x float64) *big.Float { return bigSinCos(x, 0) }},
	{OpCos, -1e6, 1e6, 1, func(x float64) *big.Float { return bigSinCos(x, 1) }},
	{OpSin, -8, 8, 1, func(x float64) *big.Float { return bigSinCos(x, 0) }},
	{OpCos, -8, 8, 1, func(x float64) *big.Float { return bigSinCos(x, 1) }},
	{OpExp, -700, 700, 3, func(x float64) *big.Float { return bigExp(newBig(x)) }},
	{OpTanh, -4, 4, 3, func(x float64) *big.Float {
		e := bigExp(newBig(2 * x))
		return bigQuo(bigAdd(e, newBig(-1)), bigAdd(e, newBig(1)))
	}},
	{OpSigmoid, -50, 40, 3, func(x float64) *big.Float { return bigQuo(newBig(1), bigAdd(newBig(1), bigExp(newBig(-x)))) }},
	{OpSoftplus, -30, 30, 3, func(x float64) *big.Float { return bigLog(bigAdd(newBig(1), bigExp(newBig(x)))) }},
	{OpErf, -5, 5, 3, bigErf},
}

func TestFunctionsAgainstBigFloat(t *testing.T) {
	n := 1200
	if testing.Short() {
		n = 150
	}
	rng := rand.New(rand.NewPCG(31, 1))
	for _, j := range judged {
		x, hi, lo := make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range x {
			x[i] = j.lo + (j.hi-j.lo)*rng.Float64()
			if i%3 == 0 { // small ones, too
				x[i] *= math.Pow(2, -20*rng.Float64())
			}
			v := j.f(x[i])
			hi[i], _ = v.Float64()
			lo[i], _ = bigAdd(v, newBig(-hi[i])).Float64()
		}
		atEachLevel(t, func(t *testing.T) {
			limit := j.limit
			if engine64.level < levelAVX2 && (j.op == OpSin || j.op == OpCos) {
				limit = 2 // package math
				if j.hi > 8 {
					limit = 1000 // near zeros far from the origin
				}
			}
			y := make([]float64, n)
			Table[float64]()[j.op](y, x, nil, nil)
			worst, at := 0.0, 0
			for i := range y {
				if d := distance64(y[i], hi[i], lo[i]); d > worst {
					worst, at = d, i
				}
			}
			if worst > limit {
				t.Errorf("%v(%v) = %v, want %v: %.2f units in the last place", j.op, x[at], y[at], hi[at], worst)
			}
			t.Logf("%v on [%g, %g]: at most %.2f units in the last place", j.op, j.lo, j.hi, worst)
			if j.op == OpSin || j.op == OpCos { // the pair
				s, c := make([]float64, n), make([]float64, n)
				sinCos(s, c, x)
				if j.op == OpCos {
					s = c
				}
				worst, at = 0, 0
				for i := range s {
					if d := distance64(s[i], hi[i], lo[i]); d > worst {
						worst, at = d, i
					}
				}
				if worst > limit {
					t.Errorf("%v(%v) of SinCos = %v, want %v: %.2f units in the last place", j.op, x[at], s[at], hi[at], worst)
				}
				t.Logf("%v of SinCos on [%g, %g]: at most %.2f units in the last place", j.op, j.lo, j.hi, worst)
			}
		})
	}
}
