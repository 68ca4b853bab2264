package domain

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/crux-pinn/crux/internal/bvh"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Facets are triangles of a surface, with the name of the part of the boundary that they are; "" for none. The corners of a triangle run
// counter-clockwise for who looks from outside.
type Facets struct {
	Name      string
	Triangles [][3][3]float64
}

// NewPolyhedron returns what lies inside of a surface of triangles, as CAD programs and scanners write them. The surface must be closed:
// every edge belongs to two triangles, which run through it in opposite directions. It may consist of several shells, such as the walls of
// a cavity. Corners that are nearer to each other than a millionth of the diagonal of the whole are one where the surface is not closed
// otherwise. Triangles without an area are passed over. A surface that is turned inside out as a whole is turned round.
//
// Parts of the boundary with a name give points by [Shape.Part]. Points on the surface have the normals of its triangles.
//
//	tetrahedron := domain.NewPolyhedron(x, y, z, domain.Facets{Name: "base", Triangles: base}, domain.Facets{Triangles: sides})
func NewPolyhedron(x, y, z *ph.Coord, parts ...Facets) *Shape {
	p := &Polyhedron{coords: []*ph.Coord{x, y, z}}
	for _, f := range parts {
		name := slices.Index(p.names, f.Name)
		if name < 0 {
			name = len(p.names)
			p.names = append(p.names, f.Name)
		}
		for _, t := range f.Triangles {
			p.faces = append(p.faces, face{corners: t, name: name})
		}
	}
	s := &Shape{solid: solid{name: fmt.Sprintf("solid of %d triangles", len(p.faces)), box: &Box{coords: p.coords}}}
	if s.err = checkCoords(p.coords); s.err != nil {
		return s
	}
	if err := p.close(); err != nil {
		return s.fail("%v", err)
	}
	return newShape(p, s.name)
}

// Polyhedron is the geometry of what [NewPolyhedron] returns.
type Polyhedron struct {
	coords []*ph.Coord
	names  []string
	faces  []face
	points [][3]float64
	normal [][3]float64 // of the points: those of the triangles around, weighted by their angles
	lo, hi [3]float64
	tree   *bvh.Tree    // of the faces with an area
	planes [][4]float64 // of the same: normal and distance from the origin
	volume float64
	inner  []Patch // parts of the inside with names, of meshes

	cells  [cellsPerAxis * cellsPerAxis * cellsPerAxis]int8 // −1 inside, 1 outside, 0 where the boundary passes through
	filled sync.Once
}

// face is a triangle.
type face struct {
	corners [3][3]float64
	points  [3]int32
	name    int
	area    float64
	normal  [3]float64    // outward
	edges   [3][3]float64 // normals of the edges from corner k to the next: the sum of those of both triangles; 0 where one has no area
}

// Triangles are those of the surface with an outward normal, by the names of the parts of the boundary.
func (p *Polyhedron) Triangles() []Facets { return p.facets(math.SmallestNonzeroFloat64) }

// facets are the triangles with an area of at least so much.
func (p *Polyhedron) facets(least float64) []Facets {
	list := make([]Facets, len(p.names))
	for i, name := range p.names {
		list[i].Name = name
	}
	for _, f := range p.faces {
		if f.area >= least {
			list[f.name].Triangles = append(list[f.name].Triangles, f.corners)
		}
	}
	return list
}

// Plane is a flat side of a solid.
type Plane struct {
	Normal, At [3]float64 // outward, of length 1, and a point
}

// Hull are the flat sides that have the whole solid on their inner side, as far as each is at least a hundredth of the surface.
func (p *Polyhedron) Hull() []Plane {
	type key [4]int64
	size := norm(sub(p.hi, p.lo))
	area, first := map[key]float64{}, map[key]int{}
	var keys []key
	total := 0.0
	for i, e := range p.planes {
		h := e[3] - dot(p.faces[i].normal, p.lo)
		k := key{int64(math.Round(1e6 * e[0])), int64(math.Round(1e6 * e[1])), int64(math.Round(1e6 * e[2])), int64(math.Round(1e6 * h / size))}
		if area[k] == 0 {
			first[k] = i
			keys = append(keys, k)
		}
		area[k] += p.faces[i].area
		total += p.faces[i].area
	}
	var list []Plane
	for _, k := range keys {
		f := &p.faces[first[k]]
		out := func(x [3]float64) bool { return dot(f.normal, sub(x, f.corners[0])) > 1e-9*size }
		if area[k] >= total/100 && !slices.ContainsFunc(p.points, out) {
			list = append(list, Plane{f.normal, f.corners[0]})
		}
	}
	return list
}

// Coords implements [Geometry].
func (p *Polyhedron) Coords() []*ph.Coord { return slices.Clone(p.coords) }

// Bounds implements [Geometry].
func (p *Polyhedron) Bounds() (lo, hi []float64) { return slices.Clone(p.lo[:]), slices.Clone(p.hi[:]) }

func (p *Polyhedron) regions() []Patch { return p.inner }

// Volume is that of the tetrahedra between a point and the triangles.
func (p *Polyhedron) Volume() float64 { return p.volume }

// Distance is the distance to the nearest triangle. Its sign is that along the normal there: of the triangle, or of its edge or corner
// where that is nearest, which are the sums of those of the triangles around, at corners weighted by their angles (Bærentzen, Aanæs 2005,
// "Signed distance computation using the angle weighted pseudonormal").
func (p *Polyhedron) Distance(x []float64) float64 {
	at := [3]float64{x[0], x[1], x[2]}
	best, nearest, foot, on := math.Inf(1), 0, [3]float64{}, 0
	p.tree.Nearest(at, func(from, to int) float64 {
		for i := from; i < to; i++ {
			e := &p.planes[i]
			if h := e[0]*at[0] + e[1]*at[1] + e[2]*at[2] - e[3]; h*h*(1-1e-9) > best {
				continue // the plane is farther
			}
			q, part := p.faces[i].nearest(at)
			d := sub(at, q)
			if s := dot(d, d); s < best {
				best, nearest, foot, on = s, i, q, part
			}
		}
		return best
	})
	f := &p.faces[nearest]
	n := f.normal
	switch {
	case on >= atEdge:
		n = f.edges[on-atEdge]
	case on >= atCorner:
		n = p.normal[f.points[on-atCorner]]
	}
	if n == ([3]float64{}) { // beside a triangle without an area
		if p.crossings(at)%2 == 1 {
			return -math.Sqrt(best)
		}
		return math.Sqrt(best)
	}
	return math.Copysign(math.Sqrt(best), dot(sub(at, foot), n))
}

// Where on a triangle the nearest point is: inside, at corner k, or on the edge from corner k to the next.
const (
	inFace   = 0
	atCorner = 1
	atEdge   = 4
)

// nearest is the point of the triangle nearest to p, and where on it (Ericson 2005, Real-Time Collision Detection, 5.1.5).
func (f *face) nearest(p [3]float64) (q [3]float64, on int) {
	a, b, c := f.corners[0], f.corners[1], f.corners[2]
	ab, ac, ap := sub(b, a), sub(c, a), sub(p, a)
	d1, d2 := dot(ab, ap), dot(ac, ap)
	if d1 <= 0 && d2 <= 0 {
		return a, atCorner
	}
	bp := sub(p, b)
	d3, d4 := dot(ab, bp), dot(ac, bp)
	if d3 >= 0 && d4 <= d3 {
		return b, atCorner + 1
	}
	vc := d1*d4 - d3*d2
	if vc <= 0 && d1 >= 0 && d3 <= 0 {
		return along(a, ab, d1/(d1-d3)), atEdge
	}
	cp := sub(p, c)
	d5, d6 := dot(ab, cp), dot(ac, cp)
	if d6 >= 0 && d5 <= d6 {
		return c, atCorner + 2
	}
	vb := d5*d2 - d1*d6
	if vb <= 0 && d2 >= 0 && d6 <= 0 {
		return along(a, ac, d2/(d2-d6)), atEdge + 2
	}
	va := d3*d6 - d5*d4
	if va <= 0 && d4-d3 >= 0 && d5-d6 >= 0 {
		return along(b, sub(c, b), (d4-d3)/((d4-d3)+(d5-d6))), atEdge + 1
	}
	s := 1 / (va + vb + vc)
	return along(along(a, ab, vb*s), ac, vc*s), inFace
}

// crossings is how often a ray from a point to infinity meets the surface. The direction is none that edges of drawings have.
func (p *Polyhedron) crossings(x [3]float64) int {
	direction := [3]float64{0.5377153, 0.2718281, 0.7981347}
	n := 0
	p.tree.Ray(x, direction, func(i int) {
		if p.faces[i].meets(x, direction) {
			n++
		}
	})
	return n
}

// meets reports whether a ray passes through the triangle: the line runs round its edges in one sense, in front of p.
func (f *face) meets(p, direction [3]float64) bool {
	a, b, c := sub(f.corners[0], p), sub(f.corners[1], p), sub(f.corners[2], p)
	u, v, w := dot(direction, cross3(c, b)), dot(direction, cross3(a, c)), dot(direction, cross3(b, a))
	if (u < 0 || v < 0 || w < 0) && (u > 0 || v > 0 || w > 0) || u+v+w == 0 {
		return false
	}
	return (u*dot(a, direction)+v*dot(b, direction)+w*dot(c, direction))/(u+v+w) > 0
}

// cellsPerAxis divides the box around into cells. In most of them it is known once and for all on which side of the surface they are, so
// that to find points inside costs a search of the tree only near the surface.
const cellsPerAxis = 32

// inside reports whether the distance is negative.
func (p *Polyhedron) inside(x []float64) bool {
	p.filled.Do(p.fill)
	at := 0
	for k := range 3 {
		i := int(cellsPerAxis * (x[k] - p.lo[k]) / (p.hi[k] - p.lo[k]))
		if i < 0 || i >= cellsPerAxis {
			return false
		}
		at = at*cellsPerAxis + i
	}
	if c := p.cells[at]; c != 0 {
		return c < 0
	}
	return p.Distance(x) < 0
}

// fill finds the cells that the surface does not touch: those whose centres are farther from it than their corners.
func (p *Polyhedron) fill() {
	var size [3]float64
	for k := range size {
		size[k] = (p.hi[k] - p.lo[k]) / cellsPerAxis
	}
	reach := math.Sqrt(dot(size, size)) / 2 * (1 + 1e-6)
	x := make([]float64, 3)
	for at := range p.cells {
		i := [3]int{at / (cellsPerAxis * cellsPerAxis), at / cellsPerAxis % cellsPerAxis, at % cellsPerAxis}
		for k := range x {
			x[k] = p.lo[k] + (float64(i[k])+0.5)*size[k]
		}
		switch d := p.Distance(x); {
		case d < -reach:
			p.cells[at] = -1
		case d > reach:
			p.cells[at] = 1
		}
	}
}

// Patches are the triangles of each name together. Those on the sides of the box around are patches of their own, so that the face of a
// coordinate is found without a search.
func (p *Polyhedron) Patches() []Patch {
	type key struct{ name, side int }
	groups := map[key][]*face{}
	var keys []key
	for i := range p.planes {
		f := &p.faces[i]
		k := key{f.name, p.side(f)}
		if groups[k] == nil {
			keys = append(keys, k)
		}
		groups[k] = append(groups[k], f)
	}
	slices.SortFunc(keys, func(a, b key) int { return (a.name-b.name)*8 + a.side - b.side })
	var list []Patch
	for _, k := range keys {
		q := triangles(groups[k])
		q.Name = p.names[k.name]
		list = append(list, q)
	}
	return list
}

// side is on which side of the box around a triangle lies, from 1 to 6; 0 for none.
func (p *Polyhedron) side(f *face) int {
	for k := range 3 {
		for s, at := range [2]float64{p.lo[k], p.hi[k]} {
			if f.corners[0][k] == at && f.corners[1][k] == at && f.corners[2][k] == at {
				return 1 + 2*k + s
			}
		}
	}
	return 0
}

// triangles is a patch of triangles. The first parameter chooses one by area, and what is left of it and the second a point in it.
func triangles(faces []*face) Patch {
	ends := areas(faces)
	return Patch{Params: 2, Measure: ends[len(ends)-1], At: func(u, x, normal []float64) bool {
		i, v := locate(ends, u[0])
		p := faces[i].point(v, u[1])
		copy(x, p[:])
		copy(normal, faces[i].normal[:])
		return true
	}}
}

// areas are the sums of the areas up to each triangle.
func areas(faces []*face) []float64 {
	ends, total := make([]float64, len(faces)), 0.0
	for i, f := range faces {
		total += f.area
		ends[i] = total
	}
	return ends
}

// point is a + (1−√v)(b−a) + √v·w(c−a), which is uniform in the triangle for uniform v and w.
func (f *face) point(v, w float64) [3]float64 {
	a, root := f.corners[0], math.Sqrt(v)
	return along(along(a, sub(f.corners[1], a), 1-root), sub(f.corners[2], a), root*w)
}

// locate finds where u of [0, 1) is among pieces of a total, given by their ends: in which piece, and where in it.
func locate(ends []float64, u float64) (piece int, at float64) {
	n := len(ends)
	s := u * ends[n-1]
	i, _ := slices.BinarySearchFunc(ends[:n-1], s, func(end, s float64) int {
		if end <= s {
			return -1
		}
		return 1
	})
	start := 0.0
	if i > 0 {
		start = ends[i-1]
	}
	return i, min(max((s-start)/(ends[i]-start), 0), 1)
}
