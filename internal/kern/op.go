package kern

// Op names an elementwise operation dst[i] = op(a[i], b[i], c[i]).
type Op uint8

// The elementwise operations. Comparisons give 1 or 0, and 0 when an operand is NaN.
const (
	OpAdd      Op = iota // a + b
	OpSub                // a − b
	OpMul                // a·b
	OpDiv                // a/b
	OpFMA                // a·b + c, rounded once where the processor can
	OpFNMA               // c − a·b, likewise
	OpFMS                // a·b − c, likewise
	OpNeg                // −a
	OpAbs                // |a|
	OpSqrt               // √a
	OpRecip              // 1/a
	OpSquare             // a·a
	OpExp                // eᵃ
	OpLog                // ln a
	OpTanh               // tanh a
	OpSigmoid            // 1/(1+e⁻ᵃ)
	OpSin                // sin a
	OpCos                // cos a
	OpErf                // erf a
	OpSoftplus           // ln(1+eᵃ)
	OpSinh               // sinh a
	OpCosh               // cosh a
	OpTan                // tan a
	OpAtan               // atan a
	OpAsin               // asin a
	OpAcos               // acos a
	OpLog1p              // ln(1+a)
	OpExpm1              // eᵃ − 1
	OpPow                // aᵇ
	OpMax                // the larger; NaN if either is NaN
	OpMin                // the smaller; NaN if either is NaN
	OpSign               // −1, 1, or a itself when it is ±0 or NaN
	OpStep               // 1 if a>0, 0 if a<0, ½ at 0, NaN at NaN
	OpGT                 // a > b
	OpGE                 // a ≥ b
	OpLT                 // a < b
	OpLE                 // a ≤ b
	OpEQ                 // a = b
	OpSelect             // b if a≠0, else c
	OpCopy               // a
	OpTanhD              // 1 − a², the derivative of tanh in terms of its value
	NumOps               // how many there are
)

var opInfo = [NumOps]struct {
	name  string
	arity int
}{
	OpAdd: {"add", 2}, OpSub: {"sub", 2}, OpMul: {"mul", 2}, OpDiv: {"div", 2},
	OpFMA: {"fma", 3}, OpFNMA: {"fnma", 3}, OpFMS: {"fms", 3},
	OpNeg: {"neg", 1}, OpAbs: {"abs", 1}, OpSqrt: {"sqrt", 1}, OpRecip: {"recip", 1}, OpSquare: {"square", 1},
	OpExp: {"exp", 1}, OpLog: {"log", 1}, OpTanh: {"tanh", 1}, OpSigmoid: {"sigmoid", 1},
	OpSin: {"sin", 1}, OpCos: {"cos", 1}, OpErf: {"erf", 1}, OpSoftplus: {"softplus", 1},
	OpSinh: {"sinh", 1}, OpCosh: {"cosh", 1}, OpTan: {"tan", 1}, OpAtan: {"atan", 1},
	OpAsin: {"asin", 1}, OpAcos: {"acos", 1}, OpLog1p: {"log1p", 1}, OpExpm1: {"expm1", 1},
	OpPow: {"pow", 2}, OpMax: {"max", 2}, OpMin: {"min", 2}, OpSign: {"sign", 1}, OpStep: {"step", 1},
	OpGT: {"gt", 2}, OpGE: {"ge", 2}, OpLT: {"lt", 2}, OpLE: {"le", 2}, OpEQ: {"eq", 2},
	OpSelect: {"select", 3}, OpCopy: {"copy", 1}, OpTanhD: {"tanhd", 1},
}

// Arity returns how many of the operands a, b, c the operation reads: 1, 2 or 3. It is 0 for a value that names none.
func (o Op) Arity() int {
	if o >= NumOps {
		return 0
	}
	return opInfo[o].arity
}

// String returns the operation's name in lower case.
func (o Op) String() string {
	if o >= NumOps {
		return "invalid"
	}
	return opInfo[o].name
}

// Kernel computes dst[i] = op(a[i], b[i], c[i]) for all i. Operands beyond the operation's arity are not read and may be
// nil; the others have dst's length, which may be 0. dst may be one of the operands; otherwise they do not overlap.
type Kernel[T Float] func(dst, a, b, c []T)

// Table returns the kernels of this processor, indexed by [Op]. It is shared: callers do not write to it.
func Table[T Float]() *[NumOps]Kernel[T] { return &engineOf[T]().ops }

// ConstOp names an elementwise operation with one operand s that is the same for all elements.
type ConstOp uint8

// The operations with a constant.
const (
	OpAddC      ConstOp = iota // a + s
	OpMulC                     // a·s
	OpFMAC                     // a·s + c, rounded once where the processor can
	OpRSubC                    // s − a
	OpRDivC                    // s/a
	OpPowI                     // aˢ for an integer s, by repeated squaring when |s| ≤ 64 (about |s|/2 units in the last place)
	OpMaxC                     // the larger of a and s; NaN if either is NaN
	OpMinC                     // the smaller of a and s; NaN if either is NaN
	OpFill                     // s; a and c are not read
	NumConstOps                // how many there are
)

var constOpInfo = [NumConstOps]struct {
	name  string
	arity int
}{
	OpAddC: {"addc", 1}, OpMulC: {"mulc", 1}, OpFMAC: {"fmac", 2}, OpRSubC: {"rsubc", 1}, OpRDivC: {"rdivc", 1},
	OpPowI: {"powi", 1}, OpMaxC: {"maxc", 1}, OpMinC: {"minc", 1}, OpFill: {"fill", 0},
}

// Arity returns how many of the operands a, c the operation reads: 0, 1 or 2.
func (o ConstOp) Arity() int {
	if o >= NumConstOps {
		return 0
	}
	return constOpInfo[o].arity
}

// String returns the operation's name in lower case.
func (o ConstOp) String() string {
	if o >= NumConstOps {
		return "invalid"
	}
	return constOpInfo[o].name
}

// ConstKernel computes dst[i] = op(a[i], s, c[i]) for all i, under the rules of [Kernel].
type ConstKernel[T Float] func(dst, a, c []T, s T)

// ConstTable returns the kernels with a constant operand, indexed by [ConstOp]. It is shared: callers do not write to it.
func ConstTable[T Float]() *[NumConstOps]ConstKernel[T] { return &engineOf[T]().consts }
