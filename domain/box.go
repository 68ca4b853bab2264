package domain

import (
	"fmt"
	"math"
	"slices"
	"strings"

	ph "github.com/crux-pinn/crux/placeholder"
)

// Box is a product of axes: an interval, a rectangle, a cuboid, or space × time. It is also a [Geometry], so it may be
// combined with others.
type Box struct {
	axes   []Axis
	coords []*ph.Coord
	err    error
}

// NewBox returns the product of the axes. The order of the axes is the order of the coordinates in points.
func NewBox(axes ...Axis) *Box {
	b := &Box{axes: slices.Clone(axes), coords: make([]*ph.Coord, len(axes))}
	for i, a := range axes {
		b.coords[i] = a.Coord
		if b.err == nil {
			b.err = a.Err()
		}
	}
	if b.err == nil {
		b.err = checkCoords(b.coords)
	}
	if v := b.Volume(); b.err == nil && (v == 0 || !finite(v)) {
		b.err = fmt.Errorf("domain: %s has volume %v; scale the coordinates", b, v)
	}
	return b
}

// NewInterval returns the box with the single axis lo ≤ c ≤ hi.
func NewInterval(c *ph.Coord, lo, hi float64) *Box { return NewBox(In(c, lo, hi)) }

// Interior returns n points strictly inside the box.
func (b *Box) Interior(n int) *Points {
	return b.region([]Patch{b.inside()}, false, n, "interior of "+b.String())
}

// inside parametrises the open box by its coordinates.
func (b *Box) inside() Patch {
	return Patch{Params: len(b.axes), Measure: b.Volume(), At: func(u, x, _ []float64) bool {
		for i, a := range b.axes {
			x[i] = a.at(u[i])
			if x[i] <= a.Lo || x[i] >= a.Hi {
				return false
			}
		}
		return true
	}}
}

// diagonal is the length scale of the box.
func (b *Box) diagonal() float64 {
	d := 0.0
	for _, a := range b.axes {
		d = math.Hypot(d, a.Hi-a.Lo)
	}
	return d
}

// Boundary returns n points on all faces, shared out by area: n·area/total each, the method of largest remainders deciding
// on fractions, so with fewer points than faces some faces get none. The ends of an interval are drawn once each, whatever
// n is.
func (b *Box) Boundary(n int) *Points {
	return b.region(b.Patches(), true, n, "boundary of "+b.String())
}

// Sides returns n points on both faces of coordinate c, half of them each. With c a space coordinate of a box in space and
// time, these are the boundary points at all times.
func (b *Box) Sides(c *ph.Coord, n int) *Points {
	i, err := b.axis(c)
	if err != nil {
		return bad(b.coords, err)
	}
	return b.region([]Patch{b.face(i, b.axes[i].Lo, -1), b.face(i, b.axes[i].Hi, 1)}, true, n,
		fmt.Sprintf("sides %s of %s", c.Name(), b))
}

// Face returns n points on the face where c is at, which must be one end of its axis: Face(t, 0, n) of a box that begins
// at t = 0 is where an initial condition holds.
func (b *Box) Face(c *ph.Coord, at float64, n int) *Points {
	i, err := b.axis(c)
	if err != nil {
		return bad(b.coords, err)
	}
	a := b.axes[i]
	side := 1.0
	switch at = a.snap(at); at {
	case a.Lo:
		side = -1
	case a.Hi:
	default:
		return bad(b.coords, fmt.Errorf("domain: %s = %v is not a face of %s; its faces are %s = %v and %s = %v "+
			"(Section cuts through the inside)",
			c.Name(), at, b, c.Name(), a.Lo, c.Name(), a.Hi))
	}
	return b.region([]Patch{b.face(i, at, side)}, true, n, fmt.Sprintf("face %s = %v of %s", c.Name(), at, b))
}

// Section returns n points of the box where c is at, anywhere on its axis: for conditions inside, such as a measurement or
// an interface. They have no normals.
func (b *Box) Section(c *ph.Coord, at float64, n int) *Points {
	i, err := b.axis(c)
	if err != nil {
		return bad(b.coords, err)
	}
	if a := b.axes[i]; !(at >= a.Lo && at <= a.Hi) {
		return bad(b.coords, fmt.Errorf("domain: section %s = %v lies outside of %s", c.Name(), at, b))
	}
	return b.region([]Patch{b.face(i, at, 0)}, false, n, fmt.Sprintf("section %s = %v of %s", c.Name(), at, b))
}

// Coords are the coordinates of the axes, in order.
func (b *Box) Coords() []*ph.Coord { return slices.Clone(b.coords) }

// Bounds are the ends of the axes.
func (b *Box) Bounds() (lo, hi []float64) {
	for _, a := range b.axes {
		lo, hi = append(lo, a.Lo), append(hi, a.Hi)
	}
	return lo, hi
}

// Err is the first mistake in the axes, or nil.
func (b *Box) Err() error { return b.err }

// Volume is the product of the lengths of the axes.
func (b *Box) Volume() float64 {
	v := 1.0
	for _, a := range b.axes {
		v *= a.Hi - a.Lo
	}
	return v
}

// Surface is the total area of the faces; of an interval, 2.
func (b *Box) Surface() float64 { return surface(b.Patches()) }

// Distance is the signed Euclidean distance of x from the boundary, negative inside:
//
//	q_i = |x_i − c_i| − h_i,  d = ‖max(q, 0)‖ + min(max_i q_i, 0)
func (b *Box) Distance(x []float64) float64 {
	outside, inside := 0.0, math.Inf(-1)
	for i, a := range b.axes {
		q := max(a.Lo-x[i], x[i]-a.Hi)
		outside = math.Hypot(outside, max(q, 0))
		inside = max(inside, q)
	}
	return outside + min(inside, 0)
}

// Patches are the faces: for each axis the lower one, then the upper one.
func (b *Box) Patches() []Patch {
	var out []Patch
	for i, a := range b.axes {
		out = append(out, b.face(i, a.Lo, -1), b.face(i, a.Hi, 1))
	}
	return out
}

// face returns the part of the box where coordinate i is at, with outward normal ±1 along it.
func (b *Box) face(i int, at, side float64) Patch {
	area := 1.0
	for j, a := range b.axes {
		if j != i {
			area *= a.Hi - a.Lo
		}
	}
	return Patch{Params: len(b.axes) - 1, Measure: area, At: func(u, x, normal []float64) bool {
		k := 0
		for j, a := range b.axes {
			if j != i {
				x[j], normal[j] = a.at(u[k]), 0
				k++
			}
		}
		x[i], normal[i] = at, side
		return true
	}}
}

func (b *Box) axis(c *ph.Coord) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if i := slices.Index(b.coords, c); i >= 0 {
		return i, nil
	}
	if err := checkCoord(c); err != nil {
		return 0, err
	}
	return 0, fmt.Errorf("domain: %s has no coordinate %s; it has %s", b, c.Name(), names(b.coords))
}

func (b *Box) region(patches []Patch, normals bool, n int, what string) *Points {
	lo, hi := b.Bounds()
	return region(b.coords, lo, hi, patches, normals, n, what, b.err)
}

// String is the box as text, "box [0, 1]×[0, 2] in (x, y)", of which many axes are left out.
func (b *Box) String() string {
	const few = 5
	s := make([]string, min(len(b.axes), few))
	for i := range s {
		s[i] = fmt.Sprintf("[%v, %v]", b.axes[i].Lo, b.axes[i].Hi)
	}
	if len(b.axes) > few {
		return fmt.Sprintf("box %s×… in (%s, …), of %d dimensions", strings.Join(s, "×"), names(b.coords[:few]), len(b.axes))
	}
	return fmt.Sprintf("box %s in (%s)", strings.Join(s, "×"), names(b.coords))
}

// surface sums the measures of patches.
func surface(patches []Patch) float64 {
	sum := 0.0
	for _, p := range patches {
		sum += p.Measure
	}
	return sum
}
