package placeholder

import (
	"fmt"
	"math"
)

// Expr is a quantity at a point, with Dim components. The set of implementations is closed: expressions, [Coord],
// [Param] and [Field] are the only ones.
type Expr interface {
	// Add returns the sum of the receiver and all terms.
	Add(terms ...Expr) Expr
	// Sub returns the receiver less all terms.
	Sub(terms ...Expr) Expr
	// Mul returns the product of the receiver and all factors, component by component.
	Mul(factors ...Expr) Expr
	// Div returns the receiver divided by d.
	Div(d Expr) Expr
	// Scale returns the receiver times the constant s.
	Scale(s float64) Expr
	// Shift returns the receiver plus the constant s.
	Shift(s float64) Expr
	// Neg returns minus the receiver.
	Neg() Expr
	// Pow returns the receiver to the constant power p. An integer p is evaluated by multiplication, so negative
	// bases are fine; any other p needs a positive base.
	Pow(p float64) Expr

	// D returns the partial derivative with respect to each given coordinate in turn: u.D(x, x) is u_xx, u.D(t, x)
	// is u_tx. Without coordinates it is the receiver.
	D(coords ...*Coord) Expr
	// At returns the receiver with coordinate c fixed at v. Derivatives inside are taken before c is fixed. What does not
	// depend on c is returned as it is.
	At(c *Coord, v float64) Expr
	// Subst returns the receiver with coordinate c replaced by the expression v (which may contain c). Derivatives
	// inside are taken before the replacement. What does not depend on c is returned as it is.
	Subst(c *Coord, v Expr) Expr

	// Index returns component i, counted from 0.
	Index(i int) Expr
	// Slice returns components lo up to but excluding hi.
	Slice(lo, hi int) Expr

	// Dim is the number of components. It is 0 when Err is not nil.
	Dim() int
	// Op is the operator at the root; Args are its operands; Attr is what else it needs (see the Op constants).
	Op() Op
	Args() []Expr
	Attr() any
	// Pos is where the user wrote the expression.
	Pos() Pos
	// Err is the first mistake made while building the expression, or nil.
	Err() error
	// String is the expression as text that Parse reads back.
	String() string

	term() *node
}

// node is the one implementation of Expr. Nodes are immutable after construction and form a DAG.
type node struct {
	op   Op
	args []*node
	dim  int
	attr any
	pos  Pos
	err  error
}

func (n *node) term() *node { return n }
func (n *node) Op() Op      { return n.op }
func (n *node) Dim() int    { return n.dim }
func (n *node) Attr() any   { return n.attr }
func (n *node) Pos() Pos    { return n.pos }
func (n *node) Err() error  { return n.err }

func (n *node) Args() []Expr {
	args := make([]Expr, len(n.args))
	for i, a := range n.args {
		args[i] = a
	}
	return args
}

// newNode builds a node whose dimension is given; the first error among the arguments wins.
func newNode(op Op, dim int, attr any, args ...Expr) *node {
	n := &node{op: op, dim: dim, attr: attr, pos: caller()}
	n.args = make([]*node, len(args))
	for i, a := range args {
		if a == nil {
			return n.fail("operand %d of %s is nil; pass an expression such as placeholder.Const(0)", i+1, op)
		}
		n.args[i] = a.term()
		if n.err == nil && n.args[i].err != nil {
			n.err, n.dim = n.args[i].err, 0
		}
	}
	return n
}

// fail turns n into the carrier of an error at its own position.
func (n *node) fail(format string, args ...any) *node {
	if n.err == nil {
		n.err = &Error{Pos: n.pos, Msg: fmt.Sprintf(format, args...)}
	}
	n.dim = 0
	return n
}

// Error is a mistake in an expression, with the place where it was made.
type Error struct {
	Pos Pos
	Msg string
}

func (e *Error) Error() string {
	if s := e.Pos.String(); s != "" {
		return s + ": " + e.Msg
	}
	return e.Msg
}

// elementwise builds an operator that acts component by component, with one-component operands spread.
func elementwise(op Op, attr any, args ...Expr) *node {
	n := newNode(op, 1, attr, args...)
	if n.err != nil {
		return n
	}
	for _, a := range n.args {
		switch {
		case a.dim == n.dim || a.dim == 1:
		case n.dim == 1:
			n.dim = a.dim
		default:
			return n.fail("%s of %d and %d components; operands need equal numbers of components, or one (pick one with Index)",
				op, n.dim, a.dim)
		}
	}
	return n
}

func fold(op Op, n *node, rest []Expr) Expr {
	var acc Expr = n
	for _, e := range rest {
		acc = elementwise(op, nil, acc, e)
	}
	return acc
}

func (n *node) Add(terms ...Expr) Expr   { return fold(OpAdd, n, terms) }
func (n *node) Sub(terms ...Expr) Expr   { return fold(OpSub, n, terms) }
func (n *node) Mul(factors ...Expr) Expr { return fold(OpMul, n, factors) }
func (n *node) Div(d Expr) Expr          { return elementwise(OpDiv, nil, n, d) }
func (n *node) Neg() Expr                { return elementwise(OpNeg, nil, n) }
func (n *node) Scale(s float64) Expr     { return elementwise(OpMul, nil, Const(s), n) }
func (n *node) Shift(s float64) Expr     { return elementwise(OpAdd, nil, n, Const(s)) }

func (n *node) Pow(p float64) Expr {
	e := elementwise(OpPow, p, n)
	if math.IsNaN(p) || math.IsInf(p, 0) {
		return e.fail("Pow(%v): the exponent must be finite", p)
	}
	return e
}

func (n *node) Index(i int) Expr { return n.Slice(i, i+1) }

func (n *node) Slice(lo, hi int) Expr {
	s := newNode(OpSlice, hi-lo, Range{lo, hi}, n)
	if s.err != nil {
		return s
	}
	if lo < 0 || hi > n.dim || lo >= hi {
		return s.fail("components [%d, %d) of an expression with %d; they count from 0", lo, hi, n.dim)
	}
	if lo == 0 && hi == n.dim {
		return n
	}
	return s
}

// Const returns the constant v. NaN and infinities are reported as errors.
func Const(v float64) Expr {
	n := newNode(OpConst, 1, v)
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return n.fail("constant %v is not finite", v)
	}
	return n
}

// Concat returns one expression with the components of all parts, in order.
func Concat(parts ...Expr) Expr {
	n := newNode(OpConcat, 0, nil, parts...)
	if n.err != nil {
		return n
	}
	if len(parts) == 0 {
		return n.fail("Concat of nothing; pass at least one expression")
	}
	if len(parts) == 1 {
		return parts[0]
	}
	for _, a := range n.args {
		n.dim += a.dim
	}
	return n
}

// Sum returns the sum of the components of e.
func Sum(e Expr) Expr {
	n := newNode(OpSum, 1, nil, e)
	if n.err == nil && n.args[0].dim == 1 {
		return e
	}
	return n
}

// Dot returns the sum of the products of the components of a and b.
func Dot(a, b Expr) Expr { return Sum(a.Mul(b)) }

// Define gives e a name under which it is printed, as a YAML field with an output transform is.
func Define(name string, e Expr) Expr {
	n := newNode(OpNamed, 0, name, e)
	if n.err == nil {
		n.dim = n.args[0].dim
	}
	return n
}

// Bad returns an expression that carries err, for code that builds expressions and finds a mistake of its own.
func Bad(format string, args ...any) Expr {
	return newNode(OpConst, 1, 0.0).fail(format, args...)
}
