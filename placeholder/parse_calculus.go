package placeholder

import (
	"fmt"
	"slices"
	"strings"
)

// isName reports whether an argument is a coordinate, or another name and nothing more.
func (p *parser) isName(a arg) bool {
	behind := p.tokens[a.tok+1]
	return a.e.Op() == OpCoord || p.tokens[a.tok].kind == nameToken && (behind.kind == closeToken || behind.text == ",")
}

// coordinate returns the coordinate that an argument is.
func (p *parser) coordinate(a arg) (*Coord, Expr) {
	switch {
	case a.e.Op() == OpCoord:
		return a.e.Attr().(*Coord), nil
	case !p.isName(a):
		return nil, p.mistake(a.e.Pos(), "a coordinate is needed here; there are %s", p.coordList())
	}
	return p.coordinateAt(a.tok)
}

// coordinateAt returns the coordinate that a token names.
func (p *parser) coordinateAt(tok int) (*Coord, Expr) {
	s := p.tokens[tok].text
	if c := p.coord(s); c != nil {
		return c, nil
	}
	if p.lookup(s) == nil {
		return nil, p.errorAt(tok, "unknown coordinate %s; there are %s", s, p.coordList())
	}
	return nil, p.errorAt(tok, "%s is not a coordinate; there are %s", s, p.coordList())
}

func (p *parser) coordList() string {
	if cs := p.coordNames(); len(cs) > 0 {
		return strings.Join(cs, ", ")
	}
	return "none"
}

// diff reads diff(e, x, y) and diff(e, x, 2): an order may stand behind each coordinate.
func (p *parser) diff(c call) Expr {
	var coords []*Coord
	for i := 1; i < len(c.args); i++ {
		x, bad := p.coordinate(c.args[i])
		if bad != nil {
			return bad
		}
		order := 1
		if i+1 < len(c.args) && !p.isName(c.args[i+1]) {
			i++
			if order, bad = p.integer(c.args[i].e, "the order of a derivative is a whole number"); bad != nil {
				return bad
			}
			if order < 1 || len(coords)+order > maxOrder {
				return p.mistake(c.args[i].e.Pos(), "a derivative needs an order of 1 to %d", maxOrder)
			}
		}
		coords = append(coords, slices.Repeat([]*Coord{x}, order)...)
	}
	if bad := p.foreign(c, coords); bad != nil {
		return bad
	}
	return c.args[0].e.D(coords...)
}

// operator reads a differential operator op(e, x, y); without coordinates it is taken over space.
func (p *parser) operator(c call, op func(Expr, ...*Coord) Expr) Expr {
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
	if bad := p.foreign(c, coords); bad != nil {
		return bad
	}
	return op(c.args[0].e, coords...)
}

// foreign reports a coordinate of which the first argument of a call, a field or a definition, is not a function.
func (p *parser) foreign(c call, coords []*Coord) Expr {
	var of []*Coord
	e, name := c.args[0].e, ""
	if f := fieldOf(e.term()); f != nil {
		of, name = f.coords, f.name
	} else if e.Op() == OpNamed {
		name = e.Attr().(string)
		of = p.env.Order[name]
	}
	for _, x := range coords {
		if of != nil && !slices.Contains(of, x) {
			return p.errorAt(c.tok, "%s is a function of %s, not of %s", name, names(of), x.name)
		}
	}
	return nil
}

// integral reads integral(f, s, lo, hi), integral(f, s, lo, hi, nodes), and integral(f, x) over the whole axis of x.
func (p *parser) integral(c call) Expr {
	f, s := c.args[0].e, c.args[1]
	if s.e.Op() != OpCoord {
		return p.mistake(s.e.Pos(), "the variable of integration is a name, as in %s", c.use)
	}
	if len(c.args) < 4 {
		x := s.e.Attr().(*Coord)
		ends, ok := p.env.Ends[x]
		if !ok || len(c.args) == 3 {
			return p.errorAt(c.tok, "integral takes other arguments; write %s", c.use)
		}
		return Integrate(f, x, Const(ends[0]), Const(ends[1]), p.env.Nodes)
	}
	lo, hi := c.args[2].e, c.args[3].e
	nodes := p.env.Nodes
	if len(c.args) == 5 {
		complaint := fmt.Sprintf("the number of quadrature nodes is a whole number from 1 to %d", MostNodes)
		var bad Expr
		if nodes, bad = p.integer(c.args[4].e, complaint); bad != nil {
			return bad
		}
		if nodes < 1 || nodes > MostNodes {
			return p.mistake(c.args[4].e.Pos(), "%s", complaint)
		}
	}
	return Integrate(f, s.e.Attr().(*Coord), lo, hi, nodes)
}
