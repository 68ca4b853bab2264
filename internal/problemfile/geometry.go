package problemfile

import (
	"slices"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/files/tree"
	ph "github.com/crux-pinn/crux/placeholder"
)

// space are the coordinates other than time; of a problem in time alone, time.
func (b *builder) space() []*ph.Coord {
	cs := slices.DeleteFunc(slices.Clone(b.p.Coords), func(c *ph.Coord) bool { return c == b.p.Time })
	if len(cs) == 0 {
		return b.p.Coords
	}
	return cs
}

// geometry reads domain: a shape over the space coordinates, crossed with time. Without it the domain is the box of coords.
//
//	domain: {difference: [box, {disk: {center: [0.5, 0.5], radius: 0.2}}]}
//	domain: {polygon: [[0, 0], [1, 0], [0, 1]]}
//
// The shapes are in the table of keys, internal/problemfile/keys_points.go.
func (b *builder) geometry(n *tree.Node) domain.Domain {
	var axes []domain.Axis
	for _, c := range b.p.Coords {
		axes = append(axes, b.axes[c])
	}
	box := domain.NewBox(axes...)
	if n == nil || n.Kind == tree.Scalar && n.Text == "box" {
		return box
	}
	g := b.shape(n, b.space())
	if g == nil {
		return box
	}
	shape := domain.NewShape(g)
	if err := shape.Err(); err != nil {
		b.failDomain(n, err)
		return box
	}
	b.inAxes(n, shape)
	if b.p.Time != nil && len(b.p.Coords) > 1 {
		return domain.Cross(shape, b.axes[b.p.Time])
	}
	return shape
}

// inAxes reports a shape that sticks out of the box of coords: samples, grids and plots would disagree about the domain.
func (b *builder) inAxes(n *tree.Node, s *domain.Shape) {
	lo, hi := s.Bounds()
	for i, c := range s.Coords() {
		a := b.axes[c]
		if slack := 1e-9 * (a.Hi - a.Lo); lo[i] < a.Lo-slack || hi[i] > a.Hi+slack {
			b.fail(n, "the shape reaches from %.6g to %.6g in %s, but coords has [%g, %g]; give %s those ends",
				lo[i], hi[i], c.Name(), a.Lo, a.Hi, c.Name())
		}
	}
}

// shape reads one shape in some coordinates; nil means that there was a mistake in it.
func (b *builder) shape(n *tree.Node, space []*ph.Coord) domain.Geometry {
	if n.Kind == tree.Scalar && n.Text == "box" {
		return b.box(&tree.Node{Path: n.Path, At: n.At}, space)
	}
	if n.Kind != tree.Mapping || len(n.Entries) != 1 {
		b.fail(n, "%s; write one shape such as {disk: {center: [0.5, 0.5], radius: 0.2}} or {difference: [box, …]}", wrongKind(n))
		return nil
	}
	e := n.Entries[0]
	var g domain.Geometry
	switch e.Key {
	case "box":
		g = b.box(e.Value, space)
	case "disk", "ball":
		g = b.ball(e.Value, e.Key, space)
	case "polygon":
		g = b.polygon(e.Value, space)
	case "file":
		g = b.shapeFile(e.Value, space)
	case "cylinder", "cone", "torus", "extrude", "revolve":
		g = b.solid(e.Value, e.Key, space)
	case "transform":
		g = b.transform(e.Value, space)
	case "union", "intersection", "difference":
		g = b.combine(e.Value, e.Key, space)
	default:
		b.failAt(e.At, n.Path, "unknown shape %q; %s", e.Key, oneOf(e.Key, partAt("domain").names()))
	}
	if s, ok := g.(interface{ Err() error }); ok && s.Err() != nil {
		b.failDomain(e.Value, s.Err())
		return nil
	}
	return g
}

func (b *builder) box(n *tree.Node, space []*ph.Coord) domain.Geometry {
	s := b.section(n, "domain.box")
	var axes []domain.Axis
	ok := true
	for _, c := range space {
		a, whole := b.axes[c]
		if !whole { // of a profile, which has no axes
			ok = s.need(c.Name()) != nil && ok
		}
		if v := s.get(c.Name()); v != nil {
			ends, good := b.floats(v, 2, "[0, 1]")
			if ok = ok && good; good {
				a = domain.In(c, ends[0], ends[1])
			}
		}
		axes = append(axes, a)
	}
	s.done()
	if !ok {
		return nil
	}
	return domain.NewBox(axes...)
}

func (b *builder) ball(n *tree.Node, key string, space []*ph.Coord) domain.Geometry {
	s := b.section(n, "domain.disk")
	defer s.done()
	if key == "disk" && len(space) != 2 {
		b.fail(n, "a disk lies in a plane, but space has the coordinates %s; use ball, or an interval", coordNames(space))
		return nil
	}
	center, ok := b.floats(s.need("center"), len(space), "[0.5, 0.5], one for each of "+coordNames(space))
	s.need("radius")
	radius, sized := valueOf[float64](s, "radius")
	if !ok || !sized {
		return nil
	}
	return domain.NewBall(space, center, radius)
}

func (b *builder) polygon(n *tree.Node, space []*ph.Coord) domain.Geometry {
	switch {
	case len(space) != 2:
		b.fail(n, "a polygon lies in a plane, but space has the coordinates %s; use other shapes", coordNames(space))
		return nil
	case n.Kind != tree.Sequence:
		b.fail(n, "%s; write a list of vertices such as [[0, 0], [1, 0], [0, 1]]", wrongKind(n))
		return nil
	}
	var vs [][2]float64
	for _, it := range n.Items {
		v, ok := b.floats(it, 2, "[0, 1]")
		if !ok {
			return nil
		}
		vs = append(vs, [2]float64{v[0], v[1]})
	}
	return domain.NewPolygon(space[0], space[1], vs...)
}

func (b *builder) combine(n *tree.Node, key string, space []*ph.Coord) domain.Geometry {
	if n.Kind != tree.Sequence || len(n.Items) < 2 {
		b.fail(n, "%s; write a list of at least two shapes such as [box, {disk: {center: [0.5, 0.5], radius: 0.2}}]", wrongKind(n))
		return nil
	}
	var parts []domain.Geometry
	for _, it := range n.Items {
		if g := b.shape(it, space); g != nil {
			parts = append(parts, g)
		}
	}
	if len(parts) < len(n.Items) {
		return nil
	}
	switch key {
	case "union":
		return domain.Union(parts...)
	case "intersection":
		return domain.Intersection(parts...)
	}
	return domain.Difference(parts[0], parts[1:]...)
}
