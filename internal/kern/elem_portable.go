package kern

import "math"

// portableEngine returns the kernels in Go. They are the definition of what each kernel computes.
func portableEngine[T Float]() *engine[T] {
	return &engine[T]{
		ops: portableOps[T](), consts: portableConsts[T](), sincos: sinCosGo[T],
		sum: sumGo[T], dot: dotGo[T], addTo: addToGo[T], axpy: axpyGo[T], adam: adamGo[T],
		gemm: portableGemm[T](),
	}
}

// portableOps is the table of operations. Arithmetic has its own loops; the functions go through package math. Its sine and
// cosine lose relative accuracy next to their zeros far from the origin: 283 units in the last place at 421501.2.
func portableOps[T Float]() [NumOps]Kernel[T] {
	return [NumOps]Kernel[T]{
		OpAdd:      addGo[T],
		OpSub:      subGo[T],
		OpMul:      mulGo[T],
		OpDiv:      divGo[T],
		OpFMA:      fmaGo[T],
		OpFNMA:     fnmaGo[T],
		OpFMS:      fmsGo[T],
		OpNeg:      negGo[T],
		OpAbs:      absGo[T],
		OpSqrt:     sqrtGo[T],
		OpRecip:    recipGo[T],
		OpSquare:   squareGo[T],
		OpExp:      viaMath[T](exp),
		OpLog:      viaMath[T](log),
		OpTanh:     viaMath[T](math.Tanh),
		OpSigmoid:  viaMath[T](sigmoid),
		OpSin:      viaMath[T](math.Sin),
		OpCos:      viaMath[T](math.Cos),
		OpErf:      viaMath[T](math.Erf),
		OpSoftplus: viaMath[T](softplus),
		OpSinh:     viaMath[T](sinh),
		OpCosh:     viaMath[T](cosh),
		OpTan:      viaMath[T](math.Tan),
		OpAtan:     viaMath[T](math.Atan),
		OpAsin:     viaMath[T](math.Asin),
		OpAcos:     viaMath[T](math.Acos),
		OpLog1p:    viaMath[T](math.Log1p),
		OpExpm1:    viaMath[T](math.Expm1),
		OpPow:      binary(func(a, b T) T { return T(math.Pow(float64(a), float64(b))) }),
		OpMax:      binary(func(a, b T) T { return max(a, b) }),
		OpMin:      binary(func(a, b T) T { return min(a, b) }),
		OpSign:     unary(sign[T]),
		OpStep:     unary(step[T]),
		OpGT:       binary(func(a, b T) T { return truth[T](a > b) }),
		OpGE:       binary(func(a, b T) T { return truth[T](a >= b) }),
		OpLT:       binary(func(a, b T) T { return truth[T](a < b) }),
		OpLE:       binary(func(a, b T) T { return truth[T](a <= b) }),
		OpEQ:       binary(func(a, b T) T { return truth[T](a == b) }),
		OpSelect:   ternary(choose[T]),
		OpCopy:     func(dst, a, _, _ []T) { copy(dst, a) },
		OpTanhD:    tanhDGo[T],
	}
}

func portableConsts[T Float]() [NumConstOps]ConstKernel[T] {
	return [NumConstOps]ConstKernel[T]{
		OpAddC:  addCGo[T],
		OpMulC:  mulCGo[T],
		OpRSubC: rsubCGo[T],
		OpRDivC: rdivCGo[T],
		OpPowI:  withConst(powi[T]),
		OpMaxC:  withConst(func(a, s T) T { return max(a, s) }),
		OpMinC:  withConst(func(a, s T) T { return min(a, s) }),
		OpFMAC:  fmaCGo[T],
		OpFill: func(dst, _, _ []T, s T) {
			for i := range dst {
				dst[i] = s
			}
		},
	}
}

func unary[T Float](f func(a T) T) Kernel[T] {
	return func(dst, a, _, _ []T) {
		a = a[:len(dst)]
		for i := range dst {
			dst[i] = f(a[i])
		}
	}
}

func viaMath[T Float](f func(float64) float64) Kernel[T] {
	return unary(func(a T) T { return T(f(float64(a))) })
}

func binary[T Float](f func(a, b T) T) Kernel[T] {
	return func(dst, a, b, _ []T) {
		a, b = a[:len(dst)], b[:len(dst)]
		for i := range dst {
			dst[i] = f(a[i], b[i])
		}
	}
}

func ternary[T Float](f func(a, b, c T) T) Kernel[T] {
	return func(dst, a, b, c []T) {
		a, b, c = a[:len(dst)], b[:len(dst)], c[:len(dst)]
		for i := range dst {
			dst[i] = f(a[i], b[i], c[i])
		}
	}
}

func withConst[T Float](f func(a, s T) T) ConstKernel[T] {
	return func(dst, a, _ []T, s T) {
		a = a[:len(dst)]
		for i := range dst {
			dst[i] = f(a[i], s)
		}
	}
}

func sinCosGo[T Float](s, c, x []T) {
	s, c = s[:len(x)], c[:len(x)]
	for i, v := range x {
		sv, cv := math.Sincos(float64(v))
		s[i], c[i] = T(sv), T(cv)
	}
}

// exp is eˣ, also above 709.4, where math.Exp in its amd64 version is Inf too early: there it is (e^{x/2})².
func exp(x float64) float64 {
	if x > 709 && x < 710 {
		e := math.Exp(x / 2)
		return e * e
	}
	return math.Exp(x)
}

// sinh and cosh are e^|x|/2 beyond 700, where math.Exp overflows in both before they do.
func sinh(x float64) float64 {
	if math.Abs(x) > 700 {
		return math.Copysign(cosh(x), x)
	}
	return math.Sinh(x)
}

func cosh(x float64) float64 {
	if a := math.Abs(x); a > 700 {
		e := math.Exp(a / 2)
		return 0.5 * e * e
	}
	return math.Cosh(x)
}

// log is ln x, also for denormal x, on which math.Log in its amd64 version is wrong.
func log(x float64) float64 {
	if x > 0 && x < 0x1p-1022 {
		return math.Log(x*0x1p54) - 54*math.Ln2
	}
	return math.Log(x)
}

// sigmoid goes through e^−|x|, which neither overflows nor cancels.
func sigmoid(x float64) float64 {
	e := math.Exp(-math.Abs(x))
	if x < 0 {
		return e / (1 + e)
	}
	return 1 / (1 + e)
}

// softplus is ln(1+eˣ) = max(x, 0) + ln(1+e^−|x|).
func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

func truth[T Float](b bool) T {
	if b {
		return 1
	}
	return 0
}

func sign[T Float](a T) T {
	switch {
	case a > 0:
		return 1
	case a < 0:
		return -1
	}
	return a
}

func step[T Float](a T) T {
	switch {
	case a > 0:
		return 1
	case a < 0:
		return 0
	case a == 0:
		return 0.5
	}
	return a
}

func choose[T Float](a, b, c T) T {
	if a != 0 {
		return b
	}
	return c
}

// powiMax bounds the exponents for which repeated squaring is used: beyond it its rounding errors add up.
const powiMax = 64

// powi is aˢ for an integer s. Exponents that are no small integer take math.Pow.
func powi[T Float](a, s T) T {
	n := int(max(-powiMax-1, min(s, powiMax+1)))
	if T(n) != s || n > powiMax || n < -powiMax {
		return T(math.Pow(float64(a), float64(s)))
	}
	e := max(n, -n)
	r := T(1)
	for ; e > 0; e >>= 1 {
		if e&1 != 0 {
			r *= a
		}
		a *= a
	}
	if n < 0 {
		return 1 / r
	}
	return r
}
