package placeholder

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/internal/nearest"
)

// maxOrder bounds the order of a derivative that a text can ask for.
const maxOrder = 64

// name returns what a name means: itself, a derivative of a shorter name, a component of the normal, or a constant.
func (p *parser) name(s string, tok int) Expr {
	if e := p.lookup(s); e != nil {
		return p.refer(e, tok)
	}
	var mistake Expr // of the longest base that is known
	for i := strings.LastIndexByte(s, '_'); i > 0; i = strings.LastIndexByte(s[:i], '_') {
		base := p.lookup(s[:i])
		if base == nil {
			continue
		}
		if base.Err() != nil {
			return p.refer(base, tok)
		}
		coords, err := p.suffix(base, s[:i], s[i+1:])
		if err == nil {
			return p.locate(p.refer(base, tok).D(coords...), tok)
		}
		if mistake == nil {
			mistake = p.errorAt(tok, "%s: %v", s, err)
		}
	}
	switch {
	case mistake != nil:
		return mistake
	case s == "pi":
		return p.locate(Const(math.Pi), tok)
	case s == "e":
		return p.locate(Const(math.E), tok)
	}
	for _, prefix := range []string{"normal_", "n_"} {
		if c := p.coord(strings.TrimPrefix(s, prefix)); c != nil && strings.HasPrefix(s, prefix) {
			return p.locate(Normal(c), tok)
		}
	}
	if p.isFunction(s) {
		return p.errorAt(tok, "%s is a function; write its argument, as in %s(...)", s, s)
	}
	if hint := p.elsewhere(s); hint != "" {
		return p.errorAt(tok, "unknown name %s; %s", s, hint)
	}
	return p.errorAt(tok, "unknown name %s%s", s, p.suggest(s))
}

// lookup returns the expression that exactly this name has, or nil.
func (p *parser) lookup(s string) Expr {
	for _, v := range slices.Backward(p.bound) {
		if v.name == s {
			return v.coord
		}
	}
	return p.env.Names[s]
}

// coord returns the coordinate of this name, or nil.
func (p *parser) coord(s string) *Coord {
	if e := p.lookup(s); e != nil && e.Err() == nil && e.Op() == OpCoord {
		return e.Attr().(*Coord)
	}
	return nil
}

// coordNames returns the names of all coordinates at the present place, in alphabetical order.
func (p *parser) coordNames() []string {
	var cs []string
	for _, v := range p.bound {
		if !slices.Contains(cs, v.name) {
			cs = append(cs, v.name)
		}
	}
	for s := range p.env.Names {
		if p.coord(s) != nil && !slices.Contains(cs, s) {
			cs = append(cs, s)
		}
	}
	slices.Sort(cs)
	return cs
}

// suffix reads the coordinates of a derivative u_tx. An underscore may separate them.
func (p *parser) suffix(base Expr, name, s string) ([]*Coord, error) {
	free := FreeCoords(base)
	var own, all []string
	for _, c := range p.coordNames() {
		all = append(all, c)
		if free[p.coord(c)] {
			own = append(own, c)
		}
	}
	splits := split(s, own)
	if len(splits) == 0 {
		for _, sp := range split(s, all) {
			for _, c := range sp {
				if !free[p.coord(c)] {
					return nil, fmt.Errorf("%s, not of %s", p.dependence(base, name), c)
				}
			}
		}
		return nil, fmt.Errorf("%q is not made of coordinates; %s", s, p.dependence(base, name))
	}
	if len(splits) > 1 {
		return nil, fmt.Errorf("it can mean diff(%s, %s) and diff(%s, %s); write the one that is meant",
			name, strings.Join(splits[0], ", "), name, strings.Join(splits[1], ", "))
	}
	if len(splits[0]) > maxOrder {
		return nil, fmt.Errorf("a derivative of order %d; at most %d are supported", len(splits[0]), maxOrder)
	}
	coords := make([]*Coord, len(splits[0]))
	for i, c := range splits[0] {
		coords[i] = p.coord(c)
	}
	return coords, nil
}

// dependence words what a named expression is a function of.
func (p *parser) dependence(e Expr, name string) string {
	if f := fieldOf(e.term()); f != nil {
		return fmt.Sprintf("%s is a function of %s", name, names(f.coords))
	}
	free := FreeCoords(e)
	var cs []string
	for _, c := range p.coordNames() {
		if free[p.coord(c)] {
			cs = append(cs, c)
		}
	}
	if len(cs) == 0 {
		return name + " is a function of no coordinate"
	}
	return fmt.Sprintf("%s is a function of %s", name, strings.Join(cs, ", "))
}

// split returns up to two ways to read s as a sequence of names, perhaps with underscores between them.
func split(s string, names []string) [][]string {
	// tails[i] are the ways to read s[i:]
	tails := make([][][]string, len(s)+1)
	tails[len(s)] = [][]string{nil}
	for i := len(s) - 1; i >= 0; i-- {
		for _, n := range names {
			if !strings.HasPrefix(s[i:], n) {
				continue
			}
			rest := i + len(n)
			if rest < len(s)-1 && s[rest] == '_' {
				rest++
			}
			for _, tail := range tails[rest] {
				if len(tails[i]) < 2 {
					tails[i] = append(tails[i], append([]string{n}, tail...))
				}
			}
		}
	}
	return tails[0]
}

// suggest words the nearest valid name, or the names there are. Unknown functions of the problem come first: v_x is more
// probably u_x than n_x.
func (p *parser) suggest(s string) string {
	var given, fields, others []string
	for n, e := range p.env.Names {
		if e != nil && e.Err() == nil {
			given = append(given, n)
		}
	}
	for _, v := range p.bound {
		given = append(given, v.name)
	}
	slices.Sort(given)
	i := strings.LastIndexByte(s, '_')
	for _, n := range given {
		base := p.lookup(n)
		list := &others
		if fieldOf(base.term()) != nil {
			list = &fields
		}
		*list = append(*list, n)
		if i > 0 && base.Op() != OpCoord {
			if _, err := p.suffix(base, n, s[i+1:]); err == nil {
				*list = append(*list, n+s[i:])
			}
		}
	}
	if len(s) > 2 { // every shorter word is near to some function
		others = append(others, p.functionNames()...)
	}
	for _, valid := range [][]string{fields, others} {
		if near := nearest.Name(s, valid); near != "" {
			return "; did you mean " + near + "?"
		}
	}
	if len(given) == 0 {
		return "; no names are defined here"
	}
	const most = 12
	if len(given) > most {
		given = append(given[:most:most], "…")
	}
	return "; known are " + strings.Join(given, ", ")
}
