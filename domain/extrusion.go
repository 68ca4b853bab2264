package domain

import (
	"fmt"
	"math"
	"slices"

	ph "github.com/crux-pinn/crux/placeholder"
)

// Extrude returns a region of some coordinates along an axis of another one, with its two ends: a solid, where [Cross] is a region at all
// times. The coordinates come in the given order; without one, that of the axis is the last.
func Extrude(base Geometry, axis Axis, order ...*ph.Coord) *Shape {
	s := &Shape{solid: solid{name: "extrusion", box: &Box{}}}
	if s.err = geometryErr(base); s.err != nil {
		return s
	}
	b := NewShape(base)
	own := append(b.Coords(), axis.Coord)
	if len(order) == 0 {
		order = own
	}
	s.name, s.box.coords = fmt.Sprintf("extrusion of %s along %s", b.name, axis.name()), slices.Clone(order)
	if s.err = b.err; s.err == nil {
		s.err = axis.Err()
	}
	if s.err == nil {
		s.err = checkCoords(own)
	}
	if s.err != nil {
		return s
	}
	e := &Extrusion{base: b, axis: axis, coords: slices.Clone(order)}
	for _, c := range own {
		e.from = append(e.from, slices.Index(order, c))
	}
	if len(order) != len(own) || slices.Contains(e.from, -1) {
		return s.fail("its coordinates are (%s), and the order is (%s); it has the same in another order", names(own), names(order))
	}
	return newShape(e, s.name)
}

// name is that of the coordinate, also of an axis with a mistake.
func (a Axis) name() string {
	if a.Coord == nil {
		return "nothing"
	}
	return a.Coord.Name()
}

// Extrusion is the geometry of what [Extrude] returns.
type Extrusion struct {
	base   *Shape
	axis   Axis
	coords []*ph.Coord
	from   []int // where the coordinates of the base, and that of the axis, are in a point
}

// Coords implements [Geometry].
func (e *Extrusion) Coords() []*ph.Coord { return slices.Clone(e.coords) }

// Bounds implements [Geometry].
func (e *Extrusion) Bounds() (lo, hi []float64) {
	a, b := e.base.Bounds()
	return e.ordered(append(a, e.axis.Lo)), e.ordered(append(b, e.axis.Hi))
}

// ordered puts the coordinates of the base, and that of the axis, where they are in a point.
func (e *Extrusion) ordered(own []float64) []float64 {
	x := make([]float64, len(own))
	for i, k := range e.from {
		x[k] = own[i]
	}
	return x
}

// own is the other way.
func (e *Extrusion) own(x []float64) []float64 {
	y := make([]float64, len(x))
	for i, k := range e.from {
		y[i] = x[k]
	}
	return y
}

// Volume is the area of the base times the length.
func (e *Extrusion) Volume() float64 { return e.base.Volume() * (e.axis.Hi - e.axis.Lo) }

// Distance implements [Geometry].
func (e *Extrusion) Distance(x []float64) float64 {
	y := e.own(x)
	n := len(y) - 1
	d, h := e.base.Distance(y[:n]), max(e.axis.Lo-y[n], y[n]-e.axis.Hi)
	if d > 0 && h > 0 {
		return math.Hypot(d, h)
	}
	return max(d, h)
}

// Patches are those of the base along the axis, and the two ends.
func (e *Extrusion) Patches() []Patch {
	var list []Patch
	for _, p := range e.base.patches {
		list = append(list, e.placed(e.axis.along(p)))
	}
	inner := e.base.inside()
	for side, at := range [2]float64{e.axis.Lo, e.axis.Hi} {
		list = append(list, e.placed(Patch{Params: inner.Params, Measure: inner.Measure, At: func(u, x, normal []float64) bool {
			n := len(x) - 1
			x[n], normal[n] = at, float64(2*side-1)
			return inner.At(u, x[:n], normal[:n])
		}}))
	}
	return list
}

func (e *Extrusion) regions() []Patch {
	var list []Patch
	for _, p := range e.base.regions {
		list = append(list, e.placed(e.axis.along(p)))
	}
	return list
}

// placed is a patch whose points have the coordinate of the axis last.
func (e *Extrusion) placed(p Patch) Patch {
	at := p.At
	p.At = func(u, x, normal []float64) bool {
		y, n := make([]float64, len(x)), make([]float64, len(x))
		if !at(u, y, n) {
			return false
		}
		copy(x, e.ordered(y))
		copy(normal, e.ordered(n))
		return true
	}
	return p
}
