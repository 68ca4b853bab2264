package placeholder

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxText bounds the text of an expression that shares operands so often that its text would not end.
const maxText = 1 << 16

// String is the expression as text. Parse reads it back, given the names that occur in it, to an expression of equal
// value; the insides of networks, which no text can express, are the exception. A text of more than 64 KiB is cut.
func (n *node) String() string {
	var p printer
	p.write(n, lowest)
	return p.text.String()
}

// Binding strengths, from the weakest.
const (
	lowest = iota
	comparing
	adding
	multiplying
	negating
	raising
	atom
)

// printer writes one expression.
type printer struct {
	text  strings.Builder
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
	case n == nil:
		p.put("nil")
		return
	case n.err != nil:
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
	if n.args[1] != nil && n.args[1].err == nil && strength(n.args[1]) == negating {
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

// subscripted returns u and the coordinates of u_tx, if n can be written so: a derivative of a name by coordinates of one
// letter on which it depends.
func (p *printer) subscripted(n *node) (base *node, coords []*Coord, ok bool) {
	base = n
	for base.op == OpD && base.err == nil {
		coords = append(slices.Clone(base.attr.([]*Coord)), coords...)
		base = base.args[0]
	}
	if base.err != nil || base.op != OpField && base.op != OpNamed {
		return base, coords, false
	}
	free := freeCoords(base)
	for _, c := range coords {
		if !free[c] || p.coord(c) != c.name || utf8.RuneCountInString(c.name) > 1 {
			return base, coords, false
		}
	}
	return base, coords, true
}

// derivative writes u_tx, or diff(e, t, x, 2).
func (p *printer) derivative(n *node) {
	base, coords, ok := p.subscripted(n)
	if ok {
		p.write(base, atom)
		p.put("_")
		for _, c := range coords {
			p.put(c.name)
		}
		return
	}
	p.put("diff(")
	p.write(base, lowest)
	for len(coords) > 0 {
		k := 1
		for k < len(coords) && coords[k] == coords[0] {
			k++
		}
		p.put(", ", p.coord(coords[0]))
		if k > 1 {
			p.put(", ", strconv.Itoa(k))
		}
		coords = coords[k:]
	}
	p.put(")")
}

// replacement is one coordinate of u(t = 0, x = 1).
type replacement struct {
	coord *Coord
	value *node
}

// at writes u(t = 0), or at(e, t = 0). Nested substitutions become one where that means the same.
func (p *printer) at(n *node) {
	base, rs := simultaneous(n)
	call := base.err == nil
	if call {
		_, _, call = p.subscripted(base)
	}
	free := freeCoords(base)
	for _, r := range rs {
		call = call && free[r.coord]
	}
	if call {
		p.write(base, atom)
		p.put("(")
	} else {
		p.put("at(")
		p.write(base, lowest)
		p.put(", ")
	}
	for i, r := range rs {
		if i > 0 {
			p.put(", ")
		}
		p.put(p.coord(r.coord), " = ")
		p.write(r.value, comparing+1)
	}
	p.put(")")
}

// simultaneous returns the expression in which nested substitutions replace, and what they replace when all are made at
// once. New coordinates that only carry a value outwards, as substitute makes them, disappear. If the nested
// substitutions are not one at once, only the outermost is taken off.
func simultaneous(n *node) (base *node, rs []replacement) {
	var chain []replacement // outermost first
	for base = n; base.op == OpAt && base.err == nil; base = base.args[0] {
		chain = append(chain, replacement{base.attr.(*Coord), base.args[1]})
	}
	inBase := freeCoords(base)
	for i := len(chain) - 1; i >= 0; i-- { // from the innermost, which acts on base
		r := chain[i]
		for j := i - 1; j >= 0; j-- {
			switch {
			case r.value.op == OpCoord && r.value.attr == chain[j].coord:
				r.value = chain[j].value // carried outwards
			case freeCoords(r.value)[chain[j].coord]:
				return n.args[0], []replacement{{n.attr.(*Coord), n.args[1]}}
			}
		}
		repeated := slices.ContainsFunc(rs, func(s replacement) bool { return s.coord == r.coord })
		if !repeated && (inBase[r.coord] || len(chain) == 1) {
			rs = append(rs, r)
		}
	}
	if len(rs) == 0 { // nothing is replaced, but the text must keep its form
		return n.args[0], []replacement{{n.attr.(*Coord), n.args[1]}}
	}
	return base, rs
}

// integral writes integral(f, s, lo, hi, nodes). The variable gets another name if its own means something else inside.
func (p *printer) integral(n *node) {
	in := n.attr.(*Integral)
	taken := map[string]bool{}
	p.namesIn(n.args[0], in.Var, taken, map[*node]bool{})
	s := in.Var.name
	for i := 1; taken[s]; i++ {
		s = fmt.Sprint(in.Var.name, i)
	}
	outer := p.bound
	p.bound = map[*Coord]string{}
	for c, name := range outer {
		p.bound[c] = name
	}
	p.bound[in.Var] = s
	p.put("integral(")
	p.write(n.args[0], lowest)
	p.bound = outer
	p.put(", ", s, ", ")
	p.write(n.args[1], lowest)
	p.put(", ")
	p.write(n.args[2], lowest)
	if in.Nodes != defaultNodes {
		p.put(", ", strconv.Itoa(in.Nodes))
	}
	p.put(")")
}

// namesIn collects the names that an expression uses for anything but the coordinate except.
func (p *printer) namesIn(n *node, except *Coord, taken map[string]bool, seen map[*node]bool) {
	if n == nil || seen[n] {
		return
	}
	seen[n] = true
	coords := func(cs ...*Coord) {
		for _, c := range cs {
			if c != nil && c != except {
				taken[p.coord(c)] = true
			}
		}
	}
	switch attr := n.attr.(type) {
	case *Coord:
		coords(attr)
	case []*Coord:
		coords(attr...)
	case *Integral:
		coords(attr.Var)
	case *Field:
		coords(attr.coords...)
		taken[attr.name] = true
	case *Param:
		taken[attr.path] = true
	case string:
		taken[attr] = true
	}
	for _, a := range n.args {
		p.namesIn(a, except, taken, seen)
	}
}
