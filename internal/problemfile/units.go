package problemfile

import (
	"slices"
	"strings"

	"github.com/crux-pinn/crux/internal/files/tree"
)

// units reads units: {x: mm, T: K}.
func (b *builder) units(n *tree.Node) {
	s := b.section(n, "units")
	b.p.Units = map[string]string{}
	known := b.measurable()
	for _, e := range s.n.Entries {
		k := s.key(e.Key)
		if !slices.Contains(known, e.Key) {
			b.failAt(e.At, s.n.Path, "nothing that has a unit is called %q; %s", e.Key, oneOf(e.Key, known))
			continue
		}
		if v, ok := s.value(k, e.Value); ok {
			b.p.Units[e.Key] = v.(string)
		}
	}
	s.done()
}

// measurable are the names of what may have a unit.
func (b *builder) measurable() []string {
	var list []string
	for _, c := range b.p.Coords {
		list = append(list, c.Name())
	}
	for _, f := range b.p.Fields {
		list = append(list, f.Name)
	}
	for _, x := range b.p.Params {
		list = append(list, x.Path())
	}
	for _, x := range b.p.Derived {
		list = append(list, x.Name)
	}
	return list
}

// Unit is that of a coordinate, field or number; "" where the file says none. Components of a field, such as w[0], have that of the field.
func (p *Problem) Unit(name string) string {
	if unit, ok := p.Units[name]; ok {
		return unit
	}
	field, _, _ := strings.Cut(name, "[")
	return p.Units[field]
}
