package placeholder

// Op names the operator at the root of an expression.
type Op uint8

// The operators. Behind each stands the type of Attr, if it has one.
const (
	OpConst     Op = iota // float64
	OpCoord               // *Coord
	OpParam               // *Param
	OpField               // *Field: the network's output at its coordinates
	OpColumn              // string: a data column of the point set
	OpNormal              // *Coord: component of the outward unit normal of the boundary
	OpNormalize           // affine map of coordinates onto [−1, 1] by the problem's bounds; Args is one Concat of coordinates or a Coord
	OpAdd                 // Args a, b
	OpSub                 // Args a, b
	OpMul                 // Args a, b
	OpDiv                 // Args a, b
	OpNeg                 // Args a
	OpPow                 // float64, the constant exponent
	OpPower               // Args base, exponent: a^b with an exponent that is an expression
	OpUnary               // *Unary
	OpMin                 // Args a, b
	OpMax                 // Args a, b
	OpCompare             // Relation; Args a, b; 1 where it holds, else 0
	OpWhere               // Args cond, a, b: a where cond ≠ 0, else b
	OpSlice               // Range
	OpConcat              // Args parts
	OpSum                 // sum over components
	OpAffine              // Args in, weight (Param of shape in×out) and perhaps bias (Param of shape out)
	OpD                   // []*Coord, in the order written
	OpAt                  // *Coord; Args e, v: e with the coordinate replaced by v
	OpIntegral            // *Integral; Args integrand, lo, hi
	OpNamed               // string
)

var opNames = [...]string{
	OpConst: "const", OpCoord: "coord", OpParam: "param", OpField: "field", OpColumn: "column", OpNormal: "normal",
	OpNormalize: "normalize", OpAdd: "+", OpSub: "-", OpMul: "*", OpDiv: "/", OpNeg: "neg", OpPow: "^", OpPower: "^",
	OpUnary: "function", OpMin: "min", OpMax: "max", OpCompare: "comparison", OpWhere: "where", OpSlice: "slice", OpConcat: "concat",
	OpSum: "sum", OpAffine: "affine", OpD: "derivative", OpAt: "at", OpIntegral: "integral", OpNamed: "named",
}

func (o Op) String() string { return opNames[o] }

// Range is the half-open interval of components [Lo, Hi).
type Range struct{ Lo, Hi int }

// Relation is a comparison of two quantities.
type Relation uint8

// The relations.
const (
	Less Relation = iota
	LessEqual
	Greater
	GreaterEqual
	Equal
)

func (r Relation) String() string { return [...]string{"<", "<=", ">", ">=", "=="}[r] }
