package placeholder

import (
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// evaluate reads u(0, x) and u(t = 0): the expression e that the call names, at other coordinates.
func (p *parser) evaluate(c call, e Expr) Expr {
	if e.Err() != nil {
		return e
	}
	c.use = c.name + "(x = 1)"
	if len(c.args) == 0 {
		return p.errorAt(c.tok, "%s() lacks its coordinates; write %s, or just %s", c.name, c.use, c.name)
	}
	if slices.ContainsFunc(c.args, p.isNamed) {
		return p.replace(c, e, c.args, freeCoords(e))
	}
	order := p.order(c.name, e)
	if order == nil {
		return p.errorAt(c.tok, "%s has no order of coordinates; write them by name, as in %s", c.name, c.use)
	}
	if len(c.args) != len(order) {
		return p.errorAt(c.tok, "%s is a function of %s; %d coordinates are given", c.name, names(order), len(c.args))
	}
	var coords []*Coord
	var values []Expr
	for i, a := range c.args {
		v := p.expr(a)
		if v.Err() != nil {
			return v
		}
		if v.Op() != OpCoord || v.Attr() != order[i] {
			coords, values = append(coords, order[i]), append(values, v)
		}
	}
	return p.locate(substitute(e, coords, values), c.tok)
}

// order returns the order of coordinates in calls of a name or of a derivative of it, or nil.
func (p *parser) order(s string, e Expr) []*Coord {
	for i := len(s); i > 0; i = strings.LastIndexByte(s[:i], '_') {
		if order := p.env.Order[s[:i]]; order != nil && p.lookup(s[:i]) != nil {
			return order
		}
	}
	if f := fieldOf(e.term()); f != nil {
		return f.coords
	}
	if e.Op() == OpCoord {
		return nil
	}
	if free := freeCoords(e); len(free) == 1 {
		for c := range free {
			return []*Coord{c}
		}
	}
	return nil
}

// isNamed reports whether an argument has the form x = value.
func (p *parser) isNamed(n ast.Node) bool {
	b, ok := n.(*ast.BinaryNode)
	return ok && p.tokens[p.token(b)].kind == assignToken
}

// replace reads x = 1, t = 0. If free is given, every coordinate must be in it.
func (p *parser) replace(c call, e Expr, args []ast.Node, free map[*Coord]bool) Expr {
	var coords []*Coord
	var values []Expr
	for _, a := range args {
		if !p.isNamed(a) {
			return p.errorAt(p.token(a), "write every coordinate by name, or none, as in %s", c.use)
		}
		b := a.(*ast.BinaryNode)
		x, bad := p.coordinate(b.Left)
		if bad != nil {
			return bad
		}
		v := p.expr(b.Right)
		switch {
		case v.Err() != nil:
			return v
		case slices.Contains(coords, x):
			return p.errorAt(p.token(b.Left), "%s is given twice", x.name)
		case free != nil && !free[x]:
			return p.errorAt(p.token(b.Left), "%s, not of %s", p.dependence(e, c.name), x.name)
		}
		coords, values = append(coords, x), append(values, v)
	}
	return p.locate(substitute(e, coords, values), c.tok)
}

// at reads at(e, x, 1) and at(e, x = 1, t = 0).
func (p *parser) at(c call) Expr {
	if len(c.args) == 0 {
		return p.wrong(c)
	}
	e := p.expr(c.args[0])
	if e.Err() != nil {
		return e
	}
	if len(c.args) == 3 && !p.isNamed(c.args[1]) && !p.isNamed(c.args[2]) {
		x, bad := p.coordinate(c.args[1])
		if bad != nil {
			return bad
		}
		return p.locate(e.Subst(x, p.expr(c.args[2])), c.tok)
	}
	if len(c.args) < 2 {
		return p.wrong(c)
	}
	return p.replace(c, e, c.args[1:], nil)
}
