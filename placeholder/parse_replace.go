package placeholder

import (
	"slices"
	"strings"
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
	if slices.ContainsFunc(c.args, arg.isGiven) {
		return p.replace(c, e, c.args, FreeCoords(e))
	}
	order := p.order(c.name, e)
	if order == nil {
		return p.errorAt(c.tok, "%s has no order of coordinates; write them by name, as in %s", c.name, c.use)
	}
	if len(c.args) != len(order) {
		return p.errorAt(c.tok, "%s is a function of %s; %d coordinates are given", c.name, names(order), len(c.args))
	}
	values := make([]Expr, len(order))
	for i, a := range c.args {
		if values[i] = a.e; a.e.Err() != nil {
			return a.e
		}
	}
	return substitute(e, order, values)
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
	if free := FreeCoords(e); len(free) == 1 {
		for c := range free {
			return []*Coord{c}
		}
	}
	return nil
}

// replace reads x = 1, t = 0. If free is given, every coordinate must be in it.
func (p *parser) replace(c call, e Expr, args []arg, free map[*Coord]bool) Expr {
	var coords []*Coord
	var values []Expr
	for _, a := range args {
		if !a.given {
			return p.mistake(a.e.Pos(), "write every coordinate by name, or none, as in %s", c.use)
		}
		x, bad := p.coordinateAt(a.tok)
		switch {
		case bad != nil:
			return bad
		case a.e.Err() != nil:
			return a.e
		case slices.Contains(coords, x):
			return p.errorAt(a.tok, "%s is given twice", x.name)
		case free != nil && !free[x]:
			return p.errorAt(a.tok, "%s, not of %s", p.dependence(e, c.name), x.name)
		}
		coords, values = append(coords, x), append(values, a.e)
	}
	return substitute(e, coords, values)
}

// at reads at(e, x, 1) and at(e, x = 1, t = 0).
func (p *parser) at(c call) Expr {
	e := c.args[0].e
	if len(c.args) != 3 || c.args[1].given || c.args[2].given {
		return p.replace(c, e, c.args[1:], nil)
	}
	x, bad := p.coordinate(c.args[1])
	if bad != nil {
		return bad
	}
	return e.Subst(x, c.args[2].e)
}
