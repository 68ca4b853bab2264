package domain

import (
	"fmt"
	"math"

	ph "github.com/crux-pinn/crux/placeholder"
)

// NewCone returns the cone or cylinder between two points, with a radius at each: 0 for the tip of a cone, and twice the same for a
// cylinder.
func NewCone(x, y, z *ph.Coord, from, to [3]float64, r0, r1 float64) *Shape {
	s := &Shape{solid: solid{name: fmt.Sprintf("cone from %v to %v", from, to), box: &Box{coords: []*ph.Coord{x, y, z}}}}
	if r0 == r1 {
		s.name = fmt.Sprintf("cylinder from %v to %v", from, to)
	}
	h := norm(sub(to, from))
	switch {
	case !(h > 0) || !finite(h):
		return s.fail("its ends must be two points apart")
	case !(r0 >= 0) || !(r1 >= 0) || r0+r1 == 0 || !finite(r0+r1):
		return s.fail("its radii are %v and %v; they must be finite and at least 0, and one of them above", r0, r1)
	}
	r, l := ph.NewCoord("r"), ph.NewCoord("s")
	var v [][2]float64
	for _, p := range [4][2]float64{{-r0, 0}, {r0, 0}, {r1, h}, {-r1, h}} {
		if len(v) == 0 || v[len(v)-1] != p {
			v = append(v, p)
		}
	}
	if v[0] == v[len(v)-1] {
		v = v[1:]
	}
	return s.revolved(NewPolygon(r, l, v...), from, sub(to, from))
}

// NewTorus returns the ring around an axis through its center: a tube, given by its radius, along a circle.
func NewTorus(x, y, z *ph.Coord, center, axis [3]float64, radius, tube float64) *Shape {
	s := &Shape{solid: solid{name: fmt.Sprintf("torus around %v", center), box: &Box{coords: []*ph.Coord{x, y, z}}}}
	if !(tube > 0) || !(radius > tube) || !finite(radius) {
		return s.fail("the radius of its tube is %v, and that of its circle %v; the first must be positive, and below the second", tube, radius)
	}
	return s.revolved(NewDisk(ph.NewCoord("r"), ph.NewCoord("s"), radius, 0, tube), center, axis)
}

// Revolve returns what a region of the plane sweeps when it turns around an axis through a point. The first coordinate of the region is the
// distance from the axis, the second the way along it from the point. Of a region that reaches over the axis, the part where the distance
// is positive counts.
func Revolve(profile Geometry, x, y, z *ph.Coord, through, axis [3]float64) *Shape {
	s := &Shape{solid: solid{name: "revolution", box: &Box{coords: []*ph.Coord{x, y, z}}}}
	if s.err = geometryErr(profile); s.err != nil {
		return s
	}
	return s.revolved(NewShape(profile), through, axis)
}

func (s *Shape) revolved(profile *Shape, through, axis [3]float64) *Shape {
	if s.err = checkCoords(s.box.coords); s.err != nil {
		return s
	}
	if profile.err != nil {
		return s.fail("its profile: %v", profile.err)
	}
	if n := len(profile.Coords()); n != 2 {
		return s.fail("its profile has %d coordinates; it needs two, the distance from the axis and the way along it", n)
	}
	l := norm(axis)
	if !(l > 0) || !finite(l) || !finite(norm(through)) {
		return s.fail("the axis %v has no direction", axis)
	}
	if _, hi := profile.Bounds(); !(hi[0] > 0) {
		return s.fail("its profile has no part at a positive distance from the axis")
	}
	r := &Revolution{coords: s.box.coords, profile: profile, through: through, axis: [3]float64{axis[0] / l, axis[1] / l, axis[2] / l}}
	r.mirror()
	r.sweep()
	return newShape(r, s.name)
}

// Revolution is the geometry of what [Revolve], [NewCone] and [NewTorus] return. Its distance is exact, but for profiles with an edge on
// the axis that are no polygons: there it is a lower bound near the axis.
type Revolution struct {
	coords        []*ph.Coord
	profile       *Shape
	whole         *Shape // the profile with its mirror image, where it has an edge on the axis
	through, axis [3]float64
	patches       []Patch
	volume        float64
}

// Coords implements [Geometry].
func (r *Revolution) Coords() []*ph.Coord { return append([]*ph.Coord{}, r.coords...) }

// Bounds implements [Geometry].
func (r *Revolution) Bounds() (lo, hi []float64) {
	a, b := r.profile.Bounds()
	for k := range 3 {
		side := b[0] * math.Sqrt(max(1-r.axis[k]*r.axis[k], 0))
		u, v := r.axis[k]*a[1], r.axis[k]*b[1]
		lo = append(lo, r.through[k]+min(u, v)-side)
		hi = append(hi, r.through[k]+max(u, v)+side)
	}
	return lo, hi
}

// Volume is π ∮ ρ² n_ρ ds around the profile.
func (r *Revolution) Volume() float64 { return r.volume }

// Patches implements [Geometry].
func (r *Revolution) Patches() []Patch { return r.patches }

// Distance implements [Geometry].
func (r *Revolution) Distance(x []float64) float64 {
	w := sub([3]float64(x), r.through)
	s := dot(w, r.axis)
	rho := norm(along(w, r.axis, -s))
	if r.whole != nil {
		return r.whole.Distance([]float64{rho, s})
	}
	return r.profile.Distance([]float64{rho, s})
}

// mirror replaces a polygon with an edge on the axis by itself and its image: the edge is no boundary.
func (r *Revolution) mirror() {
	lo, _ := r.profile.Bounds()
	if lo[0] != 0 {
		return
	}
	corners := corners(r.profile.geometry)
	n := len(corners)
	on := -1
	for i, p := range corners {
		if q := corners[(i+1)%n]; p[0] == 0 && q[0] == 0 {
			if on >= 0 {
				return // two edges
			}
			on = i
		}
	}
	if on < 0 {
		return
	}
	c := r.profile.Coords()
	var v [][2]float64
	for k := 1; k <= n; k++ { // from the end of the edge all around to its start
		v = append(v, corners[(on+k)%n])
	}
	for k := n - 1; k > 0; k-- {
		if p := v[k]; p[0] != 0 {
			v = append(v, [2]float64{-p[0], p[1]})
		}
	}
	if whole := NewPolygon(c[0], c[1], v...); whole.err == nil {
		r.whole = whole
	}
}

// corners are those of a box or polygon; nil for others.
func corners(g Geometry) [][2]float64 {
	switch g := g.(type) {
	case *Box:
		lo, hi := g.Bounds()
		return [][2]float64{{lo[0], lo[1]}, {hi[0], lo[1]}, {hi[0], hi[1]}, {lo[0], hi[1]}}
	case *Polygon:
		return g.Vertices()
	case *Outline:
		if len(g.loops) == 1 {
			return g.loops[0].Polygon()
		}
	}
	return nil
}

// sweepCells is the number of cells of a curve in which its distance from the axis counts as that of its middle.
const sweepCells = 4096

// sweep makes the patches, whose points are in proportion to the distance from the axis, and the volume.
func (r *Revolution) sweep() {
	// two directions across the axis
	var e [3]float64
	for k := range 3 {
		if math.Abs(r.axis[k]) < 0.6 {
			e[k] = 1
			break
		}
	}
	e = along(e, r.axis, -dot(e, r.axis))
	e = along([3]float64{}, e, 1/norm(e))
	f := cross3(r.axis, e)
	patches := r.profile.patches
	if v := corners(r.profile.geometry); v != nil { // one for each edge: along it the distance from the axis is linear, and the sums are exact
		var edges []Edge
		for i, p := range v {
			edges = append(edges, Edge{From: p, To: v[(i+1)%len(v)]})
		}
		if o := NewOutline(r.profile.box.coords[0], r.profile.box.coords[1], edges...); o.err == nil && len(r.profile.Parts()) == 0 {
			patches = o.patches
		}
	}
	for _, q := range patches {
		if q.Params > 1 {
			continue // no curve
		}
		at := q.At
		ends, area := make([]float64, sweepCells), 0.0
		x, n := make([]float64, 2), make([]float64, 2)
		for i := range ends {
			if u := (float64(i) + 0.5) / sweepCells; at([]float64{u}, x, n) && x[0] > 0 {
				ds := q.Measure / sweepCells
				area += 2 * math.Pi * x[0] * ds
				r.volume += math.Pi * x[0] * x[0] * n[0] * ds
			}
			ends[i] = area
		}
		if !(area > 1e-9*q.Measure*q.Measure) {
			continue // on the axis
		}
		r.patches = append(r.patches, Patch{Name: q.Name, Params: 2, Measure: area, At: func(u, x, normal []float64) bool {
			i, v := locate(ends, u[0])
			var y, m [2]float64
			if !at([]float64{(float64(i) + v) / sweepCells}, y[:], m[:]) || y[0] <= 0 {
				return false
			}
			sin, cos := math.Sincos(2 * math.Pi * u[1])
			for k := range 3 {
				out := cos*e[k] + sin*f[k]
				x[k] = r.through[k] + y[1]*r.axis[k] + y[0]*out
				normal[k] = m[1]*r.axis[k] + m[0]*out
			}
			return true
		}})
	}
}

// transformed is the revolution under a map that keeps angles.
func (r *Revolution) transformed(m affine, scale float64) Geometry {
	axis := make([]float64, 3)
	m.point(r.axis[:], axis, true)
	larger := identity(2)
	larger.a[0], larger.a[3] = scale, scale
	return Revolve(transform(r.profile, larger), r.coords[0], r.coords[1], r.coords[2], [3]float64(m.of(r.through[:])), [3]float64(axis))
}
