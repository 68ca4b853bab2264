package placeholder

import "maps"

// FreeCoords returns the coordinates on whose values e depends: those that occur, and those of which an occurring field is a
// function, without those that a substitution or an integral binds. What a substitution puts in the place of a coordinate
// counts only where that coordinate does: u(t = s) depends on s if u is a function of t.
func FreeCoords(e Expr) map[*Coord]bool {
	return Fold(e, func(part Expr, operands []map[*Coord]bool) map[*Coord]bool {
		free := map[*Coord]bool{}
		switch attr := part.Attr().(type) {
		case *Field:
			for _, c := range attr.coords {
				free[c] = true
			}
		case *Integral:
			operands[0] = without(operands[0], attr.Var)
		case *Coord:
			switch {
			case part.Op() == OpCoord:
				free[attr] = true
			case part.Op() == OpAt && operands[0][attr]:
				operands[0] = without(operands[0], attr)
			case part.Op() == OpAt:
				operands = operands[:1]
			}
		}
		for _, o := range operands {
			maps.Copy(free, o)
		}
		return free
	})
}

func without(set map[*Coord]bool, c *Coord) map[*Coord]bool {
	set = maps.Clone(set)
	delete(set, c)
	return set
}

// Order returns the highest order of a derivative along c, in e, of what is picked out: of says of a part whether it is that,
// and if not, whether to look for it inside. What is taken at one fixed place along c, as in u(c = 0), does not count; the order is
// −1 if there is nothing else. The chain rule is heeded: ∂/∂x of u(t = 2*x) is a derivative along t.
func Order(e Expr, c *Coord, of func(part Expr) (is, inside bool)) int {
	type occurrence struct {
		order int
		along map[*Coord]bool // the coordinates by which a derivative is one along c
	}
	return Fold(e, func(part Expr, operands []occurrence) occurrence {
		is, inside := of(part)
		if is {
			return occurrence{0, map[*Coord]bool{c: true}}
		}
		o := occurrence{-1, map[*Coord]bool{}}
		if !inside {
			return o
		}
		switch attr := part.Attr().(type) {
		case *Integral:
			operands[0].along = without(operands[0].along, attr.Var)
		case *Coord:
			if part.Op() == OpAt && operands[0].along[attr] {
				a := &operands[0]
				a.along = without(a.along, attr)
				if maps.Copy(a.along, FreeCoords(part.Args()[1])); len(a.along) == 0 {
					a.order = -1
				}
			}
		}
		for _, a := range operands {
			o.order = max(o.order, a.order)
			maps.Copy(o.along, a.along)
		}
		if by, ok := part.Attr().([]*Coord); ok {
			for _, x := range by {
				if o.along[x] {
					o.order++
				}
			}
		}
		return o
	}).order
}

// fieldOf returns the field of which n is a component or a derivative, or nil.
func fieldOf(n *node) *Field {
	for n != nil {
		switch n.op {
		case OpField:
			f, _ := n.attr.(*Field)
			return f
		case OpSlice, OpD:
			n = n.args[0]
		default:
			return nil
		}
	}
	return nil
}

// substitute replaces coordinates by expressions, all at once. Nested substitutions act one after the other, an outer
// one also on the values of an inner one; so a value must not contain a coordinate that is replaced further out. Where no
// order achieves that, as in exchanging x and y, the coordinates first become new ones.
func substitute(e Expr, coords []*Coord, values []Expr) Expr {
	type pair struct {
		c *Coord
		v Expr
	}
	var rest []pair
	for i, c := range coords {
		if !values[i].term().is(c) {
			rest = append(rest, pair{c, values[i]})
		}
	}
	var outer []pair // outermost first
	for changed := true; changed; {
		changed = false
		for i := len(rest) - 1; i >= 0 && !changed; i-- {
			clash := false
			for j, q := range rest {
				clash = clash || j != i && FreeCoords(q.v)[rest[i].c]
			}
			if !clash {
				outer = append(outer, rest[i])
				rest = append(rest[:i], rest[i+1:]...)
				changed = true
			}
		}
	}
	for i, q := range rest {
		fresh := NewCoord(q.c.name + "_new")
		e = e.Subst(q.c, fresh)
		rest[i].c = fresh
	}
	for _, q := range rest {
		e = e.Subst(q.c, q.v)
	}
	for i := len(outer) - 1; i >= 0; i-- {
		e = e.Subst(outer[i].c, outer[i].v)
	}
	return e
}
