package placeholder

import "math"

// How strongly operators bind, from the weakest. The printer sets its brackets by the same table.
const (
	lowest = iota
	either
	both
	comparing
	adding
	denying
	multiplying
	negating
	raising // from right to left; all others from left to right
	atom
)

// strengths are those of the operators between two operands; everything else has the lowest.
var strengths = map[string]int{
	"or": either, "and": both, "=": comparing, "==": comparing, "!=": comparing, "<": comparing, "<=": comparing, ">": comparing,
	">=": comparing, "+": adding, "-": adding, "*": multiplying, "/": multiplying, "^": raising, "**": raising,
}

// expression reads operands and the operators between them that bind more strongly than level.
func (p *parser) expression(level int) Expr {
	left := p.operand()
	var middle Expr // what a comparison continues from: b of a < b < c
	for p.bad == nil && strengths[p.text()] > level {
		op, tok, right := p.text(), p.next, strengths[p.text()]
		switch {
		case op == "=":
			p.equate(level)
		case level == lowest && len(p.opened) == 0 && p.equation >= 0:
			p.fail(p.equation, besideEquation)
		}
		if right == raising {
			right--
		}
		p.next++
		value := p.expression(right)
		ordering := op[0] == '<' || op[0] == '>'
		if middle != nil && ordering {
			left = p.locate(left.Mul(p.locate(operate(op, middle, value), tok)), tok)
		} else {
			left = p.locate(operate(op, left, value), tok)
		}
		if middle = nil; ordering {
			middle = value
		}
	}
	return left
}

// operand reads a name, a number, a call, brackets, or a sign with its operand.
func (p *parser) operand() Expr {
	tok, t := p.next, p.tokens[p.next]
	var e Expr
	switch {
	case p.bad != nil:
		return p.bad
	case t.text == "+":
		p.next++
		return p.expression(negating)
	case t.text == "-":
		p.next++
		if e = p.expression(negating); e.Op() == OpConst && e.Err() == nil {
			return p.locate(Const(-e.Attr().(float64)), tok)
		}
		return p.locate(e.Neg(), tok)
	case t.text == "not":
		p.next++
		return p.locate(Compare(p.expression(denying), Equal, Const(0)), tok)
	case t.text == "(":
		p.open()
		e = p.expression(lowest)
		p.close()
	case t.text == "[":
		var parts []Expr
		p.list(func() { parts = append(parts, p.expression(lowest)) })
		e = p.locate(Concat(parts...), tok)
	case t.kind == numberToken:
		p.next++
		e = p.locate(Const(t.value), tok)
	case t.kind == nameToken:
		if p.next++; p.text() == "(" {
			e = p.call(tok)
		} else {
			e = p.name(t.text, tok)
		}
	default:
		p.unexpected()
	}
	for p.bad == nil && p.text() == "[" {
		e = p.components(e)
	}
	if p.bad != nil {
		return p.bad
	}
	return e
}

// components reads the brackets of w[0] or w[0:2] behind w.
func (p *parser) components(w Expr) Expr {
	tok := p.next
	var limits [2]Expr
	p.open()
	if p.text() != ":" {
		limits[0] = p.expression(lowest)
	}
	one := p.text() != ":"
	if !one {
		if p.next++; p.text() != "]" {
			limits[1] = p.expression(lowest)
		}
	}
	p.close()
	if p.bad != nil {
		return p.bad
	}
	at := [2]int{0, w.Dim()}
	for i, e := range limits {
		if e != nil {
			var bad Expr
			if at[i], bad = p.integer(e, "a component is chosen by a whole number"); bad != nil {
				return bad
			}
		}
	}
	if one {
		at[1] = at[0] + 1
	}
	return p.locate(w.Slice(at[0], at[1]), tok)
}

var relations = map[string]Relation{"<": Less, "<=": LessEqual, ">": Greater, ">=": GreaterEqual, "==": Equal}

func operate(op string, a, b Expr) Expr {
	switch op {
	case "+":
		return a.Add(b)
	case "-", "=":
		return a.Sub(b)
	case "*", "and":
		return a.Mul(b)
	case "/":
		return a.Div(b)
	case "^", "**":
		if v, ok := constant(b); ok {
			return a.Pow(v)
		}
		return Power(a, b)
	case "!=":
		return Compare(Compare(a, Equal, b), Equal, Const(0))
	case "or":
		return Max(a, b)
	}
	return Compare(a, relations[op], b)
}

// integer is the whole number that an expression is, or the expression that carries the mistake.
func (p *parser) integer(e Expr, complaint string) (int, Expr) {
	if e.Err() != nil {
		return 0, e
	}
	v, ok := constant(e)
	if !ok || v != math.Trunc(v) || math.Abs(v) > 1e6 {
		return 0, p.mistake(e.Pos(), "%s", complaint)
	}
	return int(v), nil
}

// constant returns the value of an expression made of numbers only, such as 1/2.
func constant(e Expr) (v float64, ok bool) {
	values := map[*node]float64{}
	descend(e.term(), nil, func(n *node) bool {
		v, ok = value(n, values)
		values[n] = v
		return ok
	})
	return v, ok
}

// value computes that of n from those of its operands; ok is false where n is not made of numbers.
func value(n *node, values map[*node]float64) (float64, bool) {
	if n.err != nil || n.dim != 1 {
		return 0, false
	}
	var v [2]float64
	for i, a := range n.args[:min(len(n.args), len(v))] {
		v[i] = values[a]
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
