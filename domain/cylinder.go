package domain

import (
	"cmp"
	"fmt"
	"slices"

	ph "github.com/crux-pinn/crux/placeholder"
)

// Cylinder is a region of space times an axis, usually time: the domain of an initial boundary value problem on a shape.
// Its coordinates are those of the region followed by that of the axis. Normals have no component along the axis.
type Cylinder struct {
	solid
	base *Shape
	axis Axis
}

// Cross returns the region g at all times of the axis.
//
//	slab := domain.Cross(domain.NewDisk(x, y, 0, 0, 1), domain.In(t, 0, 1))
//	initial, walls := slab.Face(t, 0, 100), slab.Boundary(200)
func Cross(g Geometry, axis Axis) *Cylinder {
	c := &Cylinder{base: NewShape(g), axis: axis}
	c.name = fmt.Sprintf("%s × [%v, %v]", c.base.name, axis.Lo, axis.Hi)
	c.box = NewBox(append(slices.Clone(c.base.box.axes), axis)...)
	c.err = cmp.Or(c.base.err, c.box.err)
	return c
}

// Base is the region of space.
func (c *Cylinder) Base() *Shape { return c.base }

// Interior returns n points strictly inside, in space and along the axis.
func (c *Cylinder) Interior(n int) *Points {
	p := c.axis.along(c.base.inside())
	d := len(c.base.box.axes)
	at := p.At
	p.At = func(u, x, normal []float64) bool { return at(u, x, normal) && x[d] > c.axis.Lo && x[d] < c.axis.Hi }
	return c.region([]Patch{p}, false, n, "interior of "+c.name)
}

// Boundary returns n points on the lateral boundary, the boundary of the region at all times, with outward normals. The
// two ends of the axis are not part of it; see Face.
func (c *Cylinder) Boundary(n int) *Points {
	return c.region(c.lateral(c.base.patches), true, n, "boundary of "+c.name)
}

// Face returns n points where a coordinate has a fixed value. With the axis' coordinate at one of its ends, it is the
// region at that time, without normals: Face(t, 0, n) is where the initial condition holds. With a coordinate of the region
// it is the flat part of the lateral boundary there.
func (c *Cylinder) Face(at *ph.Coord, value float64, n int) *Points {
	return c.flat(at, []float64{value}, n)
}

// Part returns n points on the part of the region with a name, at all times. See [Shape.Part].
func (c *Cylinder) Part(name string, n int) *Points { return c.part(c.base, name, n, c.lateral) }

// Parts are the names of the parts of the region.
func (c *Cylinder) Parts() []string { return c.base.Parts() }

// Sides returns n points on the faces of a coordinate at its smallest and largest value.
func (c *Cylinder) Sides(at *ph.Coord, n int) *Points { return c.flat(at, c.ends(at), n) }

func (c *Cylinder) flat(at *ph.Coord, values []float64, n int) *Points {
	if c.err != nil || at != c.axis.Coord {
		return c.flatPart(c.base, at, values, n, c.lateral)
	}
	var patches []Patch
	for _, v := range values {
		if v = c.axis.snap(v); v != c.axis.Lo && v != c.axis.Hi {
			return bad(c.box.coords, fmt.Errorf("domain: %s = %v is not an end of %s; its ends are %v and %v", at.Name(), v, c, c.axis.Lo,
				c.axis.Hi))
		}
		patches = append(patches, c.end(v))
	}
	return c.region(patches, false, n, c.face(at, values))
}

// end is the region at one value of the axis.
func (c *Cylinder) end(v float64) Patch {
	p := c.base.inside()
	return Patch{Params: p.Params, Measure: p.Measure, At: func(u, x, normal []float64) bool {
		d := len(x) - 1
		x[d] = v
		return p.At(u, x[:d], normal[:d])
	}}
}

func (c *Cylinder) lateral(patches []Patch) []Patch {
	out := make([]Patch, len(patches))
	for i, p := range patches {
		out[i] = c.axis.along(p)
	}
	return out
}

// Grid returns those points of a regular grid, n per axis, that lie inside or on the boundary.
func (c *Cylinder) Grid(n int) *Points {
	return c.grid(n, func() func(x []float64) bool {
		d, closed := len(c.base.box.axes), c.base.closed()
		return func(x []float64) bool { return closed(x[:d]) }
	})
}

// Volume is the volume of the region times the length of the axis.
func (c *Cylinder) Volume() float64 { return c.base.Volume() * (c.axis.Hi - c.axis.Lo) }
