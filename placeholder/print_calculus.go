package placeholder

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

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
	free := FreeCoords(base)
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
	if len(rs) == 0 { // Replace can leave a substitution without effect
		p.write(base, atom)
		return
	}
	call := base.err == nil
	if call {
		_, _, call = p.subscripted(base)
	}
	free := FreeCoords(base)
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
		p.write(r.value, adding)
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
	inBase := FreeCoords(base)
	for i := len(chain) - 1; i >= 0; i-- { // from the innermost, which acts on base
		r := chain[i]
		for j := i - 1; j >= 0; j-- {
			switch {
			case r.value.is(chain[j].coord):
				r.value = chain[j].value // carried outwards
			case FreeCoords(r.value)[chain[j].coord]:
				return n.args[0], []replacement{{n.attr.(*Coord), n.args[1]}}
			}
		}
		repeated := slices.ContainsFunc(rs, func(s replacement) bool { return s.coord == r.coord })
		if !repeated && inBase[r.coord] {
			rs = append(rs, r)
		}
	}
	return base, rs
}

// integral writes integral(f, s, lo, hi, nodes). The variable gets another name if its own means something else inside.
func (p *printer) integral(n *node) {
	in := n.attr.(*Integral)
	if p.fixed == nil {
		p.fixed = FreeCoords(p.root)
		p.fix()
	}
	s := in.Var.name
	if !p.fixed[in.Var] {
		taken := map[string]bool{}
		p.namesIn(n.args[0], in.Var, taken)
		for i := 1; taken[s]; i++ {
			s = fmt.Sprint(in.Var.name, i)
		}
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

// fix collects the coordinates on which something depends without naming them: fields, definitions, normals and bounds.
// They are coordinates of the problem, and another name would mean another coordinate.
func (p *printer) fix() {
	for part := range Walk(p.root, nil) {
		switch part.Op() {
		case OpField, OpNamed, OpNormalize:
			maps.Copy(p.fixed, FreeCoords(part))
		case OpNormal:
			if c, ok := part.Attr().(*Coord); ok {
				p.fixed[c] = true
			}
		}
	}
}

// namesIn collects the names that an expression uses for anything but the coordinate except.
func (p *printer) namesIn(n *node, except *Coord, taken map[string]bool) {
	coords := func(cs ...*Coord) {
		for _, c := range cs {
			if c != nil && c != except {
				taken[p.coord(c)] = true
			}
		}
	}
	for part := range Walk(n, nil) {
		switch attr := part.Attr().(type) {
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
	}
}
