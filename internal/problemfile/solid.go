package problemfile

import (
	"slices"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/files/tree"
	ph "github.com/crux-pinn/crux/placeholder"
)

// solid reads a shape that only space has:
//
//	cylinder: {from: [0, 0, 0], to: [0, 0, 2], radius: 0.5}
//	cone: {from: [0, 0, 0], to: [0, 0, 2], radii: [1, 0]}
//	torus: {center: [0, 0, 0], axis: [0, 0, 1], radius: 1, tube: 0.25}
//	extrude: {shape: {polygon: [[0, 0], [1, 0], [0, 1]]}, along: {z: [0, 2]}}
//	revolve: {shape: {polygon: [[0, 0], [1, 0], [0, 2]]}, through: [0, 0, 0], axis: [0, 0, 1]}
func (b *builder) solid(n *tree.Node, kind string, space []*ph.Coord) domain.Geometry {
	if len(space) != 3 {
		b.fail(n, "%s is a solid in three coordinates, but there are %s; use other shapes", kind, coordNames(space))
		return nil
	}
	s := b.section(n, "domain."+kind)
	defer s.done()
	x, y, z := space[0], space[1], space[2]
	ok := true
	three := func(key string) (v [3]float64) {
		if n := s.need(key); n != nil {
			list, good := b.floats(n, 3, s.key(key).valued())
			if ok = ok && good; good {
				v = [3]float64(list)
			}
		} else {
			ok = false
		}
		return v
	}
	number := func(key string) float64 {
		s.need(key)
		v, good := valueOf[float64](s, key)
		ok = ok && good
		return v
	}
	var g domain.Geometry
	switch kind {
	case "cylinder":
		from, to, r := three("from"), three("to"), number("radius")
		if ok {
			g = domain.NewCone(x, y, z, from, to, r, r)
		}
	case "cone":
		from, to := three("from"), three("to")
		radii, good := b.floats(s.need("radii"), 2, s.key("radii").valued())
		if ok && good {
			g = domain.NewCone(x, y, z, from, to, radii[0], radii[1])
		}
	case "torus":
		center, axis, r, tube := three("center"), three("axis"), number("radius"), number("tube")
		if ok {
			g = domain.NewTorus(x, y, z, center, axis, r, tube)
		}
	case "extrude":
		g = b.extrude(s, space)
	case "revolve":
		through, axis := three("through"), three("axis")
		if shape := s.need("shape"); shape != nil {
			if profile := b.shape(shape, []*ph.Coord{ph.NewCoord("r"), ph.NewCoord("s")}); profile != nil && ok {
				g = domain.Revolve(profile, x, y, z, through, axis)
			}
		}
	}
	return g
}

// extrude reads a shape in two coordinates and the ends along the third.
func (b *builder) extrude(s *section, space []*ph.Coord) domain.Geometry {
	shape, along := s.need("shape"), s.need("along")
	if along == nil || shape == nil {
		return nil
	}
	e := b.section(along, "domain.extrude.along")
	i := -1
	for _, entry := range e.n.Entries {
		if k := slices.IndexFunc(space, func(c *ph.Coord) bool { return c.Name() == entry.Key }); k >= 0 {
			i = k
			e.key(entry.Key)
		}
	}
	e.done()
	switch n := len(e.n.Entries); {
	case i < 0 && n > 0: // it is reported
		return nil
	case n != 1:
		b.fail(along, "it has the ends along one coordinate, as in {%s: [0, 1]}", space[len(space)-1].Name())
		return nil
	}
	ends, ok := b.floats(e.n.Entries[0].Value, 2, "[0, 1], the ends of the axis")
	base := b.shape(shape, slices.Delete(slices.Clone(space), i, i+1))
	if !ok || base == nil {
		return nil
	}
	return domain.Extrude(base, domain.In(space[i], ends[0], ends[1]), space...)
}

// transform reads {shape: box, scale: 0.001, rotate: 30, axis: [0, 0, 1], shift: [1, 0, 0]}: it is scaled, then turned, then moved.
func (b *builder) transform(n *tree.Node, space []*ph.Coord) domain.Geometry {
	s := b.section(n, "domain.transform")
	defer s.done()
	at, scale, rotate, axis, shift := s.need("shape"), s.get("scale"), s.get("rotate"), s.get("axis"), s.get("shift")
	if at == nil {
		return nil
	}
	g := b.shape(at, space)
	if g == nil {
		return nil
	}
	if scale != nil {
		factors, ok := b.numbersOf(scale)
		if !ok {
			return nil
		}
		g = domain.Scale(g, factors...)
	}
	if rotate != nil {
		degrees, ok := b.float(rotate)
		var around []float64
		if axis != nil {
			var good bool
			around, good = b.floats(axis, 3, "[0, 0, 1]")
			ok = ok && good
		}
		if !ok {
			return nil
		}
		g = domain.Rotate(g, degrees, around...)
	} else if axis != nil {
		b.fail(axis, "an axis says around what a shape is turned; give rotate: an angle in degrees, or leave it out")
	}
	if shift != nil {
		by, ok := b.floats(shift, len(space), "[1, 0], one for each of "+coordNames(space))
		if !ok {
			return nil
		}
		g = domain.Shift(g, by...)
	}
	return g
}

// numbersOf are one number or several.
func (b *builder) numbersOf(n *tree.Node) (list []float64, ok bool) {
	for _, it := range itemsOf(n) {
		v, good := b.float(it)
		if !good {
			return nil, false
		}
		list = append(list, v)
	}
	return list, len(list) > 0
}
