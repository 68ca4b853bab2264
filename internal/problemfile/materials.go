package problemfile

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/files/tree"
	ph "github.com/crux-pinn/crux/placeholder"
)

// materials reads the materials of which the domain consists:
//
//	materials:
//	  steel: {where: x < 0.5, k: 45}
//	  core: {shape: {disk: {center: [0.5, 0.5], radius: 0.2}}, k: 400}
//	  air: {k: 0.03}
//
// Every key beside where and shape is a property, a name in all expressions; each material has all of them.
func (b *builder) materials(n *tree.Node) {
	s := b.section(n, "materials")
	values := map[string][]*definition{} // of properties, one for each material
	var order []string
	for i, e := range s.n.Entries {
		if !ph.IsName(e.Key) {
			b.failAt(e.At, n.Path, "%q is not a name; use letters, digits and underscores, a letter first", e.Key)
		}
		m := b.section(e.Value, "materials.*")
		where, shape := m.get("where"), m.get("shape")
		if where != nil && shape != nil {
			b.fail(shape, "give where or shape, not both, for %s", e.Key)
		}
		at := b.extent(where, shape)
		if at == nil && i < len(s.n.Entries)-1 {
			b.fail(e.Value, "only the last material can be the rest of the domain; say where %s is, as in where: x < 0.5", e.Key)
			at = ph.Const(1)
		}
		b.stated.Materials = append(b.stated.Materials, auto.Material{Name: e.Key, Where: at})
		for _, p := range m.n.Entries {
			if p.Key == "where" || p.Key == "shape" {
				continue
			}
			value := m.get(p.Key)
			if values[p.Key] == nil {
				order = append(order, p.Key)
				values[p.Key] = make([]*definition, len(s.n.Entries))
				if !b.names.declare(p.Key, "a property of materials", p.At, e.Value.Path) {
					order = order[:len(order)-1]
				}
			}
			values[p.Key][i] = &definition{name: e.Key + "." + p.Key, node: value}
		}
		m.done()
	}
	for _, name := range order {
		list := values[name]
		whole := true
		for i, e := range s.n.Entries {
			switch v := list[i]; {
			case v == nil && e.Value.Kind != tree.Mapping:
				whole = false // reported
			case v == nil:
				b.fail(e.Value, "%s has no %s, which other materials have; give it one", e.Key, name)
				whole = false
			default:
				_, ok := b.textOf(v.node, "an expression")
				whole = whole && ok
			}
		}
		if !whole {
			continue
		}
		b.names.later(&definition{name: name, node: list[0].node, parts: list, join: func(values []ph.Expr) ph.Expr {
			return ph.Define(name, auto.Property(b.stated.Materials, values...))
		}})
	}
}

// extent is where a material is, as an expression in coordinates; nil is the rest.
func (b *builder) extent(where, shape *tree.Node) ph.Expr {
	switch {
	case where != nil:
		env := ph.Env{Names: maps.Clone(b.constants)}
		for _, c := range b.p.Coords {
			env.Names[c.Name()] = c
		}
		e, ok := b.expr(where, env)
		if !ok || !b.fixed(where, e) {
			return ph.Const(1)
		}
		return e
	case shape != nil:
		g := b.shape(shape, b.space())
		if g == nil {
			return ph.Const(1)
		}
		e := domain.Inside(g)
		if e.Err() != nil {
			b.fail(shape, "%v", e.Err())
			return ph.Const(1)
		}
		return e
	}
	return nil
}

// materialRegions makes the materials regions, for on.
func (b *builder) materialRegions(n *tree.Node) {
	for i, m := range b.stated.Materials {
		if _, ok := b.regions[m.Name]; ok || slices.Contains(b.regionNames(), m.Name) {
			b.failAt(n.Entries[i].At, n.Path, "%s is a region already; give this material another name", m.Name)
			continue
		}
		b.regions[m.Name] = b.p.geometry.Interior(0).Where(auto.Within(b.stated.Materials, i, b.p.geometry.Coords()))
	}
}

// interfaces reads what holds where two materials meet: {flux: k*dn(u), steel-air: {resistance: 0.1}}.
func (b *builder) interfaces(n *tree.Node) {
	s := b.section(n, "interfaces")
	if n != nil && len(b.stated.Materials) == 0 {
		b.fail(n, "there are no materials that could meet; name them, as in materials: {steel: {where: x < 0.5, k: 45}, air: {k: 0.03}}")
		return
	}
	if t := s.get("flux"); t != nil {
		if y, ok := b.expr(t, b.names.env); ok {
			b.stated.Interfaces = append(b.stated.Interfaces, auto.Interface{Flux: y})
		}
	}
	for _, e := range s.n.Entries {
		if e.Key == "flux" {
			continue
		}
		value := s.get(e.Key)
		first, second, ok := strings.Cut(e.Key, "-")
		if !ok {
			b.failAt(e.At, n.Path, "%q names no two materials; write steel-air for where steel and air meet", e.Key)
			continue
		}
		v := b.section(value, "interfaces.*")
		read := func(key string) ph.Expr {
			if t := v.get(key); t != nil {
				if y, ok := b.expr(t, b.names.env); ok {
					return y
				}
			}
			return nil
		}
		b.stated.Interfaces = append(b.stated.Interfaces, auto.Interface{
			Between: [2]string{first, second}, Resistance: read("resistance"), Jump: read("jump"), Source: read("source"),
		})
		if v.done(); len(v.n.Entries) == 0 && (value == nil || value.Kind == tree.Mapping) {
			b.failAt(e.At, n.Path, "nothing is said of %s; write resistance, jump or source, or leave it out", e.Key)
		}
	}
	s.done()
}

// failMaterial reports what is wrong with a material or an interface where it stands.
func (b *builder) failMaterial(root *tree.Node, bad *auto.MaterialError) {
	at := root.Get("materials").Get(bad.Material)
	if bad.Material == "" {
		at = root.Get("interfaces").Get(bad.Interface[0] + "-" + bad.Interface[1])
	}
	b.fail(cmp.Or(at, root), "%s", bad.Why)
}
