package problemfile

import (
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/files/tree"
	"github.com/crux-pinn/crux/internal/pointwise"
	ph "github.com/crux-pinn/crux/placeholder"
)

// namedRegions reads regions: {hole: {on: boundary, where: (x - 0.5)^2 + (y - 0.5)^2 < 0.05}}.
func (b *builder) namedRegions(n *tree.Node) {
	s := b.section(n, "regions")
	for _, e := range s.n.Entries {
		if _, ok := b.regions[e.Key]; ok || slices.Contains(b.regionNames(), e.Key) {
			b.failAt(e.At, n.Path, "%s is a region already; give this one another name", e.Key)
			continue
		}
		v := b.section(e.Value, "regions.*")
		on, where := v.need("on"), v.get("where")
		v.done()
		b.regions[e.Key] = nil
		if on == nil {
			continue
		}
		if b.regions[e.Key] = b.where(b.region(on), where); b.regions[e.Key] != nil {
			b.p.Regions = append(b.p.Regions, Region{e.Key, b.regions[e.Key]})
		}
	}
	for _, name := range b.parts() {
		b.p.Regions = append(b.p.Regions, Region{name, b.p.geometry.(withParts).Part(name, 0)})
	}
}

// regionNames are the names that on: knows.
func (b *builder) regionNames() []string {
	list := []string{"interior", "boundary"}
	if b.p.Time != nil {
		list = append(list, "initial", "final")
	}
	for _, c := range b.p.Coords {
		list = append(list, c.Name())
	}
	return slices.Concat(list, slices.Sorted(maps.Keys(b.regions)), b.parts())
}

// withParts is what a domain is of which parts have names.
type withParts interface {
	Parts() []string
	Part(name string, n int) *domain.Points
}

// parts are the names that a file gives to parts of the domain.
func (b *builder) parts() []string {
	if g, ok := b.p.geometry.(withParts); ok {
		return g.Parts()
	}
	return nil
}

// region reads on:, with the number of points left open where they are sampled. nil means a mistake.
//
//	interior, boundary     of space, at all times if there is time
//	initial, final         the ends of time
//	x, {x: 0}, {x: [0, 1]} where x has an end, or the given values
//	[{x: 0}, {y: 1}]       several faces together
//	hole                   a name from regions, data or the file of a shape
//	{data: file.csv}, {builtin: burgers_cole_hopf, n: 2000}
//	                       given points
func (b *builder) region(n *tree.Node) *domain.Points {
	switch n.Kind {
	case tree.Scalar:
		return b.byName(n)
	case tree.Sequence:
		return b.faces(n, n.Items)
	case tree.Mapping:
		if n.Get("builtin") == nil && n.Get("data") == nil && n.Get("file") == nil && len(n.Entries) == 1 {
			return b.faces(n, []*tree.Node{n})
		}
		return b.dataSet(n)
	}
	b.fail(n, "a region is missing; write one such as interior, boundary or {x: 0}")
	return nil
}

func (b *builder) byName(n *tree.Node) *domain.Points {
	g := b.p.geometry
	switch text := strings.TrimSpace(n.Text); text {
	case "interior":
		return g.Interior(0)
	case "boundary":
		return b.boundary()
	case "initial", "final":
		if b.p.Time == nil {
			b.fail(n, "%s is an end of time, and no coordinate is time; name one, as in time: %s", text, b.p.Coords[0].Name())
			return nil
		}
		a := b.axes[b.p.Time]
		at := a.Lo
		if text == "final" {
			at = a.Hi
		}
		return b.face(b.p.Time, at)
	default:
		if r, ok := b.regions[text]; ok {
			return r // nil if its own mistake is reported
		}
		for _, c := range b.p.Coords {
			if c.Name() == text {
				return g.Sides(c, 0)
			}
		}
		if slices.Contains(b.parts(), text) {
			return b.p.geometry.(withParts).Part(text, 0)
		}
		if lhs, rhs, ok := strings.Cut(text, "="); ok {
			face := &tree.Node{Kind: tree.Mapping, Path: n.Path, At: n.At}
			face.Put(strings.TrimSpace(lhs), &tree.Node{Kind: tree.Scalar, Text: strings.TrimSpace(rhs), Path: n.Path, At: n.At})
			return b.faces(n, []*tree.Node{face})
		}
		b.fail(n, "unknown region %q; %s", text, oneOf(text, b.regionNames()))
	}
	return nil
}

// boundary is that of space, at all times.
func (b *builder) boundary() *domain.Points {
	box, ok := b.p.geometry.(*domain.Box)
	if !ok || b.p.Time == nil || len(b.p.Coords) == 1 {
		return b.p.geometry.Boundary(0)
	}
	space := b.space()
	if len(space) == 1 {
		return box.Sides(space[0], 0)
	}
	var axes []domain.Axis
	for _, c := range space {
		axes = append(axes, b.axes[c])
	}
	walls := domain.Cross(domain.NewBox(axes...), b.axes[b.p.Time])
	return walls.Boundary(0)
}

// face is the part of the domain where a coordinate has a value: a face of the boundary, or a section of a box.
func (b *builder) face(c *ph.Coord, at float64) *domain.Points {
	a := b.axes[c]
	box, ok := b.p.geometry.(*domain.Box)
	if ok && at > a.Lo && at < a.Hi {
		return box.Section(c, at, 0)
	}
	return b.p.geometry.Face(c, at, 0)
}

// faces reads {x: 0}, {x: [0, 1]}, or a list of those.
func (b *builder) faces(n *tree.Node, items []*tree.Node) *domain.Points {
	type flat struct {
		c  *ph.Coord
		at float64
	}
	var flats []flat
	for _, it := range items {
		if it.Kind != tree.Mapping || len(it.Entries) != 1 {
			b.fail(it, "%s; a list of faces is written [{x: 0}, {y: 1}]", wrongKind(it))
			return nil
		}
		e := it.Entries[0]
		c := b.coord(&tree.Node{Kind: tree.Scalar, Text: e.Key, At: e.At, Path: it.Path})
		if c == nil {
			return nil
		}
		for _, v := range itemsOf(e.Value) {
			at, ok := b.float(v)
			if !ok {
				return nil
			}
			if a := b.axes[c]; at < a.Lo || at > a.Hi {
				b.fail(v, "%s = %v is outside of the domain; %s runs from %v to %v", c.Name(), at, c.Name(), a.Lo, a.Hi)
				return nil
			}
			flats = append(flats, flat{c, at})
		}
	}
	switch len(flats) {
	case 0:
		b.fail(n, "no face; write one such as {x: 0}")
		return nil
	case 1:
		return b.face(flats[0].c, flats[0].at)
	}
	// Several faces are the part of the whole boundary that lies on one of them.
	coords := b.p.geometry.Coords()
	on := func(x []float64) bool {
		for _, f := range flats {
			a := b.axes[f.c]
			if math.Abs(x[slices.Index(coords, f.c)]-f.at) <= 1e-12*(a.Hi-a.Lo) {
				return true
			}
		}
		return false
	}
	return b.p.geometry.Boundary(0).Where(on)
}

// where restricts a region by a predicate, an expression in coordinates and constants that is not 0 where points may lie.
func (b *builder) where(on *domain.Points, n *tree.Node) *domain.Points {
	if on == nil || n == nil {
		return on
	}
	env := ph.Env{Names: maps.Clone(b.constants)}
	for _, c := range b.p.Coords {
		env.Names[c.Name()] = c
	}
	e, ok := b.expr(n, env)
	if !ok {
		return nil
	}
	if e.Dim() != 1 {
		b.fail(n, "a condition has one component, this has %d; join several with and, or", e.Dim())
		return nil
	}
	if uses(e, ph.OpNormal) {
		b.fail(n, "a condition depends on coordinates only; write it without the normal")
		return nil
	}
	if !b.fixed(n, e) {
		return nil
	}
	f := pointwise.Function(e, on.Coords())
	part := on.Where(func(x []float64) bool {
		var v [1]float64
		f(v[:], x)
		return v[0] != 0 && !math.IsNaN(v[0])
	})
	if mistaken(on) == nil && mistaken(part) != nil {
		b.fail(n, "no point satisfies %s; of what is smaller than about 1/2000 of the region none is found", n.Text)
		return nil
	}
	return part
}

// mistaken is what is wrong with points, but that there is no number of them yet.
func mistaken(p *domain.Points) error {
	if count, _, _ := p.Said(); !count {
		p = p.Count(1)
	}
	return p.Err()
}
