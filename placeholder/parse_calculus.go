package placeholder

import (
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// coordinate returns the coordinate that an argument names.
func (p *parser) coordinate(n ast.Node) (*Coord, Expr) {
	tok := p.token(n)
	id, ok := n.(*ast.IdentifierNode)
	if !ok || p.tokens[tok].kind != nameToken {
		return nil, p.errorAt(tok, "a coordinate must stand here; there are %s", p.coordList())
	}
	s := p.tokens[p.token(id)].text
	c := p.coord(s)
	if c == nil {
		if p.lookup(s) == nil {
			return nil, p.errorAt(tok, "unknown coordinate %s; there are %s", s, p.coordList())
		}
		return nil, p.errorAt(tok, "%s is no coordinate; there are %s", s, p.coordList())
	}
	return c, nil
}

func (p *parser) coordList() string {
	if cs := p.coordNames(); len(cs) > 0 {
		return strings.Join(cs, ", ")
	}
	return "none"
}

// diff reads diff(e, x, y) and diff(e, x, 2): an order may stand behind each coordinate.
func (p *parser) diff(c call) Expr {
	if len(c.args) < 2 {
		return p.wrong(c)
	}
	e := p.expr(c.args[0])
	if e.Err() != nil {
		return e
	}
	var coords []*Coord
	for i := 1; i < len(c.args); i++ {
		x, bad := p.coordinate(c.args[i])
		if bad != nil {
			return bad
		}
		order := 1
		if i+1 < len(c.args) && p.startsNumber(c.args[i+1]) {
			i++
			k := p.integer(c.args[i], "the order of a derivative is a whole number")
			if k.err != nil {
				return k.err
			}
			if order = k.value; order < 1 || len(coords)+order > maxOrder {
				return p.errorAt(p.token(c.args[i]), "a derivative needs an order of 1 to %d", maxOrder)
			}
		}
		coords = append(coords, slices.Repeat([]*Coord{x}, order)...)
	}
	if f := fieldOf(e.term()); f != nil {
		for _, x := range coords {
			if !slices.Contains(f.coords, x) {
				return p.errorAt(c.tok, "%s is a function of %s, not of %s", f.name, names(f.coords), x.name)
			}
		}
	}
	if bad := p.foreign(c, e, coords); bad != nil {
		return bad
	}
	return p.locate(e.D(coords...), c.tok)
}

// foreign reports a coordinate of which the definition that is the first argument of c is not a function.
func (p *parser) foreign(c call, e Expr, coords []*Coord) Expr {
	order := p.env.Order[p.tokens[p.token(c.args[0])].text]
	if order == nil || e.Op() != OpNamed {
		return nil
	}
	for _, x := range coords {
		if !slices.Contains(order, x) {
			return p.errorAt(c.tok, "%s is a function of %s, not of %s", e.Attr(), names(order), x.name)
		}
	}
	return nil
}

// startsNumber reports whether an argument of diff is an order rather than a coordinate.
func (p *parser) startsNumber(n ast.Node) bool {
	id, ok := n.(*ast.IdentifierNode)
	return !ok || p.tokens[p.token(id)].kind == numberToken
}

// operator reads a differential operator op(e, x, y); without coordinates it is taken over space.
func (p *parser) operator(c call, op func(Expr, ...*Coord) Expr) Expr {
	if len(c.args) == 0 {
		return p.wrong(c)
	}
	e := p.expr(c.args[0])
	if e.Err() != nil {
		return e
	}
	coords := p.env.Space
	if len(c.args) > 1 {
		coords = nil
	}
	for _, a := range c.args[1:] {
		x, bad := p.coordinate(a)
		if bad != nil {
			return bad
		}
		coords = append(coords, x)
	}
	if len(coords) == 0 {
		return p.errorAt(c.tok, "name the coordinates, as in %s", c.use)
	}
	if bad := p.foreign(c, e, coords); bad != nil {
		return bad
	}
	return p.locate(op(e, coords...), c.tok)
}

// integral reads integral(f, s, lo, hi) and integral(f, s, lo, hi, nodes).
func (p *parser) integral(c call) Expr {
	if len(c.args) != 4 && len(c.args) != 5 {
		return p.wrong(c)
	}
	tok := p.token(c.args[1])
	if _, ok := c.args[1].(*ast.IdentifierNode); !ok || p.tokens[tok].kind != nameToken {
		return p.errorAt(tok, "the variable of integration is a name, as in %s", c.use)
	}
	nodes := 0
	if len(c.args) == 5 {
		k := p.integer(c.args[4], "the number of quadrature nodes is a whole number from 1 to 256")
		if k.err != nil {
			return k.err
		}
		if nodes = k.value; nodes < 1 || nodes > 256 {
			return p.errorAt(p.token(c.args[4]), "the number of quadrature nodes is a whole number from 1 to 256")
		}
	}
	lo, hi := p.expr(c.args[2]), p.expr(c.args[3])
	s := p.tokens[tok].text
	v := p.coord(s) // integrating over a coordinate binds that coordinate, so that fields are evaluated along it
	if v == nil {
		v = NewCoord(s)
	}
	p.bound = append(p.bound, variable{s, v})
	f := p.expr(c.args[0])
	p.bound = p.bound[:len(p.bound)-1]
	return p.locate(Integrate(f, v, lo, hi, nodes), c.tok)
}
