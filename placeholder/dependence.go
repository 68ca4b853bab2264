package placeholder

import "maps"

// freeCoords returns the coordinates on whose values e depends: those that occur, and those of which an occurring field
// is a function, without those that a substitution or an integral binds.
func freeCoords(e Expr) map[*Coord]bool {
	return free(e.term(), map[*node]map[*Coord]bool{})
}

func free(n *node, seen map[*node]map[*Coord]bool) map[*Coord]bool {
	if n == nil {
		return nil
	}
	if set, ok := seen[n]; ok {
		return set
	}
	set := map[*Coord]bool{}
	add := func(a *node) { maps.Copy(set, free(a, seen)) }
	switch attr := n.attr.(type) {
	case *Field:
		for _, c := range attr.coords {
			set[c] = true
		}
	case *Integral:
		if len(n.args) == 3 {
			add(n.args[0])
			delete(set, attr.Var)
			add(n.args[1])
			add(n.args[2])
		}
	case *Coord:
		switch {
		case n.op == OpCoord:
			set[attr] = true
		case n.op == OpAt && len(n.args) == 2:
			add(n.args[0])
			if set[attr] {
				delete(set, attr)
				add(n.args[1])
			}
		}
	default:
		for _, a := range n.args {
			add(a)
		}
	}
	seen[n] = set
	return set
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
		if values[i].Op() != OpCoord || values[i].Attr() != c {
			rest = append(rest, pair{c, values[i]})
		}
	}
	var outer []pair // outermost first
	for changed := true; changed; {
		changed = false
		for i := len(rest) - 1; i >= 0 && !changed; i-- {
			clash := false
			for j, q := range rest {
				clash = clash || j != i && freeCoords(q.v)[rest[i].c]
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
