package compiler

import (
	ph "github.com/crux-pinn/crux/placeholder"
)

// op is the operator of a trace value. The set is smaller than that of placeholder: differences, negations and scalings
// are all lin, and every network has become linear maps and elementwise functions.
type op uint8

const (
	opConst   op = iota // c0, for each of dim components
	opCoord             // ref *ph.Coord
	opColumn            // ref string
	opNormal            // ref *ph.Coord
	opHoist             // ref int: a value of the points, computed once for them
	opParam             // ref *ph.Param: scalar or vector
	opRow               // ref *ph.Param, k: row k of a matrix
	opLin               // c0 + Σ coef[i]·args[i]
	opMul               // args[0]·args[1]
	opDiv               // args[0]/args[1]
	opPow               // args[0]^c0
	opPower             // args[0]^args[1]
	opUnary             // ref *ph.Unary
	opMax               // of two
	opMin               // of two
	opCompare           // ref ph.Relation
	opWhere             // args cond, a, b
	opSlice             // ref ph.Range
	opConcat            // args parts
	opSum               // over components
	opLinear            // args[0]·W, ref *ph.Param; W is in×out
	// Until the pass "jets" there are also:
	opD    // ref *diffSpec: derivatives in the order of the coordinates' names
	opLap  // ref *lapSpec: Σ coef·∂²/∂x², one coefficient instead of many
	opAt   // ref *ph.Coord; args e, v
	opQuad // ref *ph.Integral; args integrand, lo, hi
)

var opNames = [...]string{
	"const", "coord", "column", "normal", "hoist", "param", "row", "lin", "mul", "div", "pow", "power", "unary", "max", "min",
	"compare", "where", "slice", "concat", "sum", "linear", "d", "laplacian", "at", "integral",
}

func (o op) String() string { return opNames[o] }

// value is one quantity of a trace. Values are immutable and shared: equal values of one trace are the same pointer.
type value struct {
	id   int
	op   op
	args []*value
	dim  int
	c0   float64
	coef []float64
	k    int
	ref  any
	expr ph.Expr // the user's expression from which it came, for positions in errors

	points bool // depends on the point
	params bool // depends on parameters that may change while the points stay
	frozen bool // depends on parameters that the layout has frozen
}

type diffSpec struct{ coords []*ph.Coord }

type lapSpec struct {
	coords []*ph.Coord
	coef   []float64
}

// trace is a program in static single assignment form: values in the order of construction and the roots that are
// asked for.
type trace struct {
	values []*value
	roots  []*value
	hoists []*value // what the opHoist leaves stand for
	seen   map[string]*value
	key    []byte
	refs   map[any]int // small numbers for pointers in keys
	bounds map[*ph.Coord][2]float64
	plain  bool                 // no simplification
	varies func(*ph.Param) bool // whether a parameter may change while the points stay; nil means those that are not fixed

	fields map[*ph.Field]*value
	expand map[any]*derivative
	diffs  map[diffKey]*value
	laps   map[lapKey]*value
	origin map[*value]diffKey // of derivatives that are matrix products: what they are derivatives of
}

func newTrace(bounds map[*ph.Coord][2]float64) *trace {
	return &trace{
		seen: map[string]*value{}, refs: map[any]int{}, bounds: bounds, fields: map[*ph.Field]*value{},
		expand: map[any]*derivative{}, diffs: map[diffKey]*value{}, laps: map[lapKey]*value{}, origin: map[*value]diffKey{},
	}
}

// fresh returns an empty trace for a pass that rebuilds this one.
func (t *trace) fresh() *trace {
	u := newTrace(t.bounds)
	u.plain, u.varies = t.plain, t.varies
	return u
}
