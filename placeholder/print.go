package placeholder

import (
	"math"
	"strconv"
	"strings"
)

// maxText bounds the text of an expression that shares operands so often that its text would not end.
const maxText = 1 << 16

// String is the expression as text. Parse reads it back, given the names that occur in it, to an expression of equal
// value; the insides of networks, which no text can express, are the exception. A text of more than 64 KiB is cut.
func (n *node) String() string {
	p := printer{root: n}
	p.write(n, lowest)
	return p.text.String()
}

// printer writes one expression.
type printer struct {
	text  strings.Builder
	root  *node
	fixed map[*Coord]bool   // coordinates whose names must stay, once an integral has asked for them
	bound map[*Coord]string // variables of integration under the names that they have in the text
}

func (p *printer) put(parts ...string) {
	for _, s := range parts {
		p.text.WriteString(s)
	}
}

// write writes n where only operators that bind at least as strongly as level may stand without brackets.
func (p *printer) write(n *node, level int) {
	switch {
	case n.err != nil: // also where an operand has one, or is nil
		p.put("<", n.err.Error(), ">")
		return
	case p.text.Len() > maxText:
		p.put("…")
		return
	}
	if strength(n) < level {
		p.put("(")
		defer p.put(")")
	}
	switch n.op {
	case OpAdd, OpSub:
		p.binary(n, " "+n.op.String()+" ", adding)
	case OpMul, OpDiv:
		p.binary(n, n.op.String(), multiplying)
	case OpNeg:
		p.put("-")
		p.write(n.args[0], raising)
	case OpPow:
		p.write(n.args[0], atom)
		p.put("^")
		exponent := numeral(n.attr.(float64))
		if exponent[0] == '-' {
			exponent = "(" + exponent + ")"
		}
		p.put(exponent)
	case OpPower:
		p.write(n.args[0], atom)
		p.put("^")
		p.write(n.args[1], atom)
	case OpCompare:
		p.write(n.args[0], adding)
		p.put(" ", n.attr.(Relation).String(), " ")
		p.write(n.args[1], adding)
	case OpSlice:
		p.slice(n)
	case OpConcat:
		p.list("[", n.args, "]")
	case OpD:
		p.derivative(n)
	case OpAt:
		p.at(n)
	case OpIntegral:
		p.integral(n)
	default:
		p.leafOrCall(n)
	}
}

// leafOrCall writes names, numbers and plain functions.
func (p *printer) leafOrCall(n *node) {
	switch n.op {
	case OpConst:
		p.put(numeral(n.attr.(float64)))
	case OpCoord:
		p.put(p.coord(n.attr.(*Coord)))
	case OpParam:
		p.put(n.attr.(*Param).path)
	case OpField:
		p.put(n.attr.(*Field).name)
	case OpColumn, OpNamed:
		p.put(n.attr.(string))
	case OpNormal:
		p.put("normal_", p.coord(n.attr.(*Coord)))
	case OpUnary:
		p.put(n.attr.(*Unary).Name)
		p.list("(", n.args, ")")
	default:
		p.put(n.op.String())
		p.list("(", n.args, ")")
	}
}

// strength is how strongly the operator at the root of n binds.
func strength(n *node) int {
	switch n.op {
	case OpConst:
		if v := n.attr.(float64); v < 0 || v == 0 && math.Signbit(v) {
			return negating
		}
	case OpAdd, OpSub:
		return adding
	case OpMul, OpDiv:
		return multiplying
	case OpNeg:
		return negating
	case OpPow, OpPower:
		return raising
	case OpCompare:
		return comparing
	}
	return atom
}

// binary writes an operator that groups to the left; on its right everything of equal strength needs brackets, and so
// does a sign.
func (p *printer) binary(n *node, op string, level int) {
	p.write(n.args[0], level)
	p.put(op)
	right := level + 1
	if strength(n.args[1]) == negating {
		right = atom
	}
	p.write(n.args[1], right)
}

func (p *printer) list(before string, args []*node, after string) {
	p.put(before)
	for i, a := range args {
		if i > 0 {
			p.put(", ")
		}
		p.write(a, lowest)
	}
	p.put(after)
}

func (p *printer) slice(n *node) {
	p.write(n.args[0], atom)
	if r := n.attr.(Range); r.Hi == r.Lo+1 {
		p.put("[", strconv.Itoa(r.Lo), "]")
	} else {
		p.put("[", strconv.Itoa(r.Lo), ":", strconv.Itoa(r.Hi), "]")
	}
}

// numeral writes a number with the fewest digits that read back to it; π has a name.
func numeral(v float64) string {
	switch v {
	case math.Pi:
		return "pi"
	case -math.Pi:
		return "-pi"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

func (p *printer) coord(c *Coord) string {
	if s, ok := p.bound[c]; ok {
		return s
	}
	return c.name
}
