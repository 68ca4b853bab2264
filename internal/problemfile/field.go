package problemfile

import (
	"slices"
	"strconv"
	"strings"

	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/internal/files/tree"
	ph "github.com/crux-pinn/crux/placeholder"
)

// fields reads the unknown functions:
//
//	fields:
//	  u: {net: mlp, hidden: [20, 20], output: "x*(1 - x)*u"}
//	  flow: {net: mlp, out: [u, v, p], of: [x, y], output: {u: "y*u"}}
//
// Within an output transform the names of the field's own components mean what the network puts out.
func (b *builder) fields(n *tree.Node) {
	if n == nil {
		return
	}
	s := b.section(n, "fields")
	for _, e := range s.n.Entries {
		b.field(e)
	}
	if n.Kind == tree.Mapping && len(n.Entries) == 0 {
		b.fail(n, "no field; name at least one unknown function, as in fields: {u: {net: mlp}}")
	}
}

func (b *builder) field(e tree.Entry) {
	mistakes := len(b.errs)
	s := b.section(e.Value, "fields.*")
	defer s.done()
	coords := b.fieldCoords(s)
	byName := map[string]*ph.Coord{}
	for _, c := range coords {
		byName[c.Name()] = c
	}
	components, width := b.components(s, e)
	if v := s.n.Get("net"); s.n.Get("hidden") == nil && (v == nil || v.Text == "mlp") {
		if hidden := auto.Hidden(len(b.stated.Materials), len(coords)); hidden == nil {
			b.p.Unsized = append(b.p.Unsized, e.Key)
		} else if s.n.Kind == tree.Mapping {
			n := &tree.Node{Kind: tree.Sequence, Path: tree.Join(s.n.Path, "hidden"), At: s.n.At}
			for _, w := range hidden {
				n.Items = append(n.Items, &tree.Node{Kind: tree.Scalar, Text: strconv.Itoa(w), Path: n.Path, At: n.At})
			}
			s.n.Put("hidden", n)
		}
	}
	module := (&network{section: s, out: width, coords: byName}).module()
	output := s.get("output")
	if module == nil || len(coords) == 0 || components == nil || len(b.errs) > mistakes {
		return
	}
	f := ph.NewField(e.Key, module, coords...)
	if f.Err() != nil {
		b.errs = append(b.errs, located(f.Err(), e.Value, b.src))
		return
	}
	size := 0
	for _, p := range f.Parameters() {
		size += p.Size()
	}
	if size > maxParameters {
		b.fail(e.Value, "a network of %d parameters is more than fits; use at most %d", size, maxParameters)
		return
	}
	b.nets = append(b.nets, fieldNet{s.n, f})
	raw := map[string]ph.Expr{}
	for i, c := range components {
		raw[c.Key] = f
		if len(components) > 1 || f.Dim() > 1 && c.Key != e.Key {
			raw[c.Key] = ph.Define(c.Key, f.Index(i))
		}
	}
	transforms := b.transforms(output, components)
	stands := make([]ph.Expr, len(components)) // what the field stands for, component by component
	for i, c := range components {
		b.names.env.Order[c.Key] = coords
		b.fieldNames = append(b.fieldNames, c.Key)
		stands[i] = f
		if len(components) > 1 {
			stands[i] = f.Index(i)
		}
		t := transforms[c.Key]
		if t == nil {
			b.names.env.Names[c.Key] = raw[c.Key]
			continue
		}
		b.names.later(&definition{name: c.Key, node: t, own: raw, dim: raw[c.Key].Dim(), wrap: func(x ph.Expr) ph.Expr {
			b.within(x, coords, t)
			stands[i] = ph.Define(c.Key, x)
			b.stated.Fields[f] = ph.Concat(stands...)
			return raw[c.Key]
		}})
	}
}

// fieldNet is a field with its place in the file.
type fieldNet struct {
	node  *tree.Node
	field *ph.Field
}

// within reports an output transform that depends on a coordinate of which the field is no function.
func (b *builder) within(x ph.Expr, coords []*ph.Coord, n *tree.Node) {
	dep := ph.FreeCoords(x)
	for _, c := range b.p.Coords {
		if dep[c] && !slices.Contains(coords, c) {
			b.fail(n, "it depends on %s, but the field is a function of %s; list %s in of as well", c.Name(), coordNames(coords), c.Name())
		}
	}
}

// fieldCoords reads of: the coordinates of which the field is a function, all of them by default.
func (b *builder) fieldCoords(s *section) []*ph.Coord {
	n := s.get("of")
	if n == nil {
		return b.p.Coords
	}
	var list []*ph.Coord
	for _, it := range itemsOf(n) {
		c := b.coord(it)
		if c == nil {
			continue
		}
		if slices.Contains(list, c) {
			b.fail(it, "%s is listed twice in of; name each coordinate once", c.Name())
			continue
		}
		list = append(list, c)
	}
	return list
}

// coord is the coordinate that a node names, or nil with an error.
func (b *builder) coord(n *tree.Node) *ph.Coord {
	s, ok := b.textOf(n, "the name of a coordinate")
	if !ok {
		return nil
	}
	var names []string
	for _, c := range b.p.Coords {
		if c.Name() == s {
			return c
		}
		names = append(names, c.Name())
	}
	b.fail(n, "unknown coordinate %q; %s", s, oneOf(s, names))
	return nil
}

// itemsOf are the items of a list, or the node itself.
func itemsOf(n *tree.Node) []*tree.Node {
	if n.Kind == tree.Sequence {
		return n.Items
	}
	return []*tree.Node{n}
}

// components reads out: the names of the components, or how many there are. Without it the field has one, of its own name.
func (b *builder) components(s *section, e tree.Entry) (names []tree.Entry, width int) {
	n := s.get("out")
	switch {
	case n == nil, n.Kind == tree.Scalar:
		width = 1
		if n != nil {
			var ok bool
			if width, ok = b.whole(componentCount, n); !ok {
				return nil, 1
			}
		}
		if !b.names.declare(e.Key, "a field", e.At, s.n.Path) {
			return nil, width
		}
		return []tree.Entry{{Key: e.Key, At: e.At}}, width
	case n.Kind != tree.Sequence || len(n.Items) == 0:
		b.fail(n, "%s; write the names of the components such as [u, v, p], or how many there are", wrongKind(n))
		return nil, 1
	}
	all := true
	for _, it := range n.Items {
		t, ok := b.textOf(it, "the name of a component")
		ok = ok && b.names.declare(t, "a component of field "+e.Key, it.At, it.Path)
		all = all && ok
		names = append(names, tree.Entry{Key: t, At: it.At})
	}
	if !all {
		return nil, len(n.Items)
	}
	return names, len(n.Items)
}

// transforms reads output: one expression, or one for each component by name.
func (b *builder) transforms(n *tree.Node, components []tree.Entry) map[string]*tree.Node {
	m := map[string]*tree.Node{}
	switch {
	case n == nil:
	case n.Kind == tree.Mapping:
		s := b.section(n, "fields.*.output")
		for _, c := range components {
			if t := s.get(c.Key); t != nil {
				m[c.Key] = t
			}
		}
		s.done()
	case len(components) > 1:
		b.fail(n, "one expression for %d components; write one for each that is transformed, as in output: {%s: x*%s}",
			len(components), components[0].Key, components[0].Key)
	default:
		m[components[0].Key] = n
	}
	return m
}

func coordNames(cs []*ph.Coord) string {
	var names []string
	for _, c := range cs {
		names = append(names, c.Name())
	}
	return strings.Join(names, ", ")
}
