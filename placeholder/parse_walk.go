package placeholder

import (
	"math"

	"github.com/expr-lang/expr/ast"
)

// expr turns a tree of expr-lang's parser into an expression. A chained comparison a < b < c refers to the tree of b
// twice, so results are kept.
func (p *parser) expr(n ast.Node) Expr {
	if e, ok := p.memo[n]; ok {
		return e
	}
	e := p.walk(n)
	p.memo[n] = e
	return e
}

func (p *parser) walk(n ast.Node) Expr {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		tok := p.token(n)
		if t := p.tokens[tok]; t.kind == numberToken {
			return p.locate(Const(t.value), tok)
		}
		return p.name(p.tokens[tok].text, tok)
	case *ast.UnaryNode:
		return p.unary(n)
	case *ast.BinaryNode:
		return p.binary(n)
	case *ast.CallNode:
		return p.call(n)
	case *ast.ArrayNode:
		parts := make([]Expr, len(n.Nodes))
		for i, a := range n.Nodes {
			parts[i] = p.expr(a)
		}
		return p.locate(Concat(parts...), p.token(n))
	case *ast.MemberNode:
		e, i := p.expr(n.Node), p.integer(n.Property, "a component is chosen by a whole number")
		if i.err != nil {
			return i.err
		}
		return p.locate(e.Index(i.value), p.token(n))
	case *ast.SliceNode:
		return p.slice(n)
	}
	return p.errorAt(len(p.tokens)-1, "the expression cannot be read; write where(condition, a, b) for a choice")
}

func (p *parser) unary(n *ast.UnaryNode) Expr {
	e, tok := p.expr(n.Node), p.token(n)
	switch n.Operator {
	case "-":
		if _, literal := n.Node.(*ast.IdentifierNode); literal && e.Op() == OpConst && e.Err() == nil {
			return p.locate(Const(-e.Attr().(float64)), tok)
		}
		return p.locate(e.Neg(), tok)
	case "not":
		return p.locate(Compare(e, Equal, Const(0)), tok)
	}
	return e // "+"
}

func (p *parser) binary(n *ast.BinaryNode) Expr {
	tok := p.token(n)
	if p.tokens[tok].kind == assignToken {
		return p.errorAt(tok, "x = value belongs between the commas of a call such as u(x = 1), without comparisons beside it")
	}
	a, b := p.expr(n.Left), p.expr(n.Right)
	return p.locate(operate(n.Operator, a, b), tok)
}

func operate(op string, a, b Expr) Expr {
	switch op {
	case "+":
		return a.Add(b)
	case "-":
		return a.Sub(b)
	case "*":
		return a.Mul(b)
	case "/":
		return a.Div(b)
	case "^", "**":
		if v, ok := constant(b); ok {
			return a.Pow(v)
		}
		return Power(a, b)
	case "<":
		return Compare(a, Less, b)
	case "<=":
		return Compare(a, LessEqual, b)
	case ">":
		return Compare(a, Greater, b)
	case ">=":
		return Compare(a, GreaterEqual, b)
	case "==":
		return Compare(a, Equal, b)
	case "!=":
		return Compare(Compare(a, Equal, b), Equal, Const(0))
	case "and", "&&": // && is how a < b < c arrives
		return a.Mul(b)
	case "or":
		return Max(a, b)
	}
	return newNode(OpConst, 1, 0.0).fail("%q is no operator of expressions", op)
}

func (p *parser) slice(n *ast.SliceNode) Expr {
	e := p.expr(n.Node)
	lo, hi := integer{}, integer{value: e.Dim()}
	if n.From != nil {
		lo = p.integer(n.From, "components are chosen by whole numbers")
	}
	if n.To != nil {
		hi = p.integer(n.To, "components are chosen by whole numbers")
	}
	switch {
	case lo.err != nil:
		return lo.err
	case hi.err != nil:
		return hi.err
	}
	return p.locate(e.Slice(lo.value, hi.value), p.token(n))
}

// integer is a whole number read from a text, or the expression that carries the mistake.
type integer struct {
	value int
	err   Expr
}

func (p *parser) integer(n ast.Node, complaint string) integer {
	e := p.expr(n)
	if e.Err() != nil {
		return integer{err: e}
	}
	v, ok := constant(e)
	if !ok || v != math.Trunc(v) || math.Abs(v) > 1e6 {
		return integer{err: p.errorAt(p.token(n), "%s", complaint)}
	}
	return integer{value: int(v)}
}

// constant returns the value of an expression made of numbers only, such as 1/2.
func constant(e Expr) (float64, bool) {
	budget := 1000 // operands visited: expressions built in Go can share operands without bound
	return value(e.term(), &budget)
}

func value(n *node, budget *int) (float64, bool) {
	var v [2]float64
	if *budget--; *budget < 0 || n.err != nil || n.dim != 1 || len(n.args) > len(v) {
		return 0, false
	}
	for i, a := range n.args {
		var ok bool
		if v[i], ok = value(a, budget); !ok {
			return 0, false
		}
	}
	switch n.op {
	case OpConst:
		return n.attr.(float64), true
	case OpNamed:
		return v[0], true
	case OpNeg:
		return -v[0], true
	case OpAdd:
		return v[0] + v[1], true
	case OpSub:
		return v[0] - v[1], true
	case OpMul:
		return v[0] * v[1], true
	case OpDiv:
		return v[0] / v[1], true
	case OpPow:
		return math.Pow(v[0], n.attr.(float64)), true
	case OpUnary:
		return n.attr.(*Unary).F(v[0]), true
	}
	return 0, false
}
