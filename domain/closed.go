package domain

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/internal/bvh"
)

// largest bounds the coordinates of drawings, as their squares and products must be finite.
const largest = 1e100

// close joins the triangles at their corners, checks that they enclose something, and finds what distances need. The error says where they
// do not.
func (p *Polyhedron) close() error {
	if len(p.faces) == 0 {
		return fmt.Errorf("it has no triangles")
	}
	for i, f := range p.faces {
		for _, c := range f.corners {
			for _, v := range c {
				if !(math.Abs(v) <= largest) {
					return fmt.Errorf("triangle %d has the corner %s; coordinates must be finite and at most %g", i+1, at(c), largest)
				}
			}
		}
	}
	p.bound()
	p.weld(0)
	if err := p.again(); err != nil {
		return err
	}
	if err := p.unclosed(p.edges()); err != nil {
		const near = 1e-6 // of the diagonal: files written with six digits have such gaps
		p.weld(near * norm(sub(p.hi, p.lo)))
		if p.again() != nil || p.unclosed(p.edges()) != nil {
			return err
		}
	}
	if err := p.measure(); err != nil {
		return err
	}
	edges := p.edges()
	if err := p.orient(p.shells(edges)); err != nil {
		return err
	}
	p.normals(edges)
	return nil
}

// at writes a point.
func at(p [3]float64) string { return fmt.Sprintf("(%.6g, %.6g, %.6g)", p[0], p[1], p[2]) }

func (p *Polyhedron) bound() {
	b := bvh.Around()
	for _, f := range p.faces {
		b = b.Join(bvh.Around(f.corners[:]...))
	}
	p.lo, p.hi = b.Lo, b.Hi
}

// weld makes one point of corners that are at most so far apart along each axis. Triangles keep the corners that they have.
func (p *Polyhedron) weld(tolerance float64) {
	p.points = p.points[:0]
	if tolerance == 0 {
		known := make(map[[3]float64]int32, len(p.faces))
		for i := range p.faces {
			for k, c := range p.faces[i].corners {
				n, ok := known[c]
				if !ok {
					n = int32(len(p.points))
					known[c], p.points = n, append(p.points, c)
				}
				p.faces[i].points[k] = n
			}
		}
		return
	}
	cells := map[[3]int64][]int32{} // of the size of the tolerance: what is near lies in the cells around
	for i := range p.faces {
		for k, c := range p.faces[i].corners {
			var cell [3]int64
			for j := range cell {
				cell[j] = int64(math.Floor((c[j] - p.lo[j]) / tolerance))
			}
			found := int32(-1)
			for o := range 27 {
				by := [3]int64{cell[0] + int64(o/9) - 1, cell[1] + int64(o/3%3) - 1, cell[2] + int64(o%3) - 1}
				for _, n := range cells[by] {
					d := sub(p.points[n], c)
					if found < 0 && max(math.Abs(d[0]), math.Abs(d[1]), math.Abs(d[2])) <= tolerance {
						found = n
					}
				}
			}
			if found < 0 {
				found = int32(len(p.points))
				p.points = append(p.points, c)
				cells[cell] = append(cells[cell], found)
			}
			p.faces[i].points[k], p.faces[i].corners[k] = found, p.points[found]
		}
	}
}

// edge is a side of a triangle between the points a < b.
type edge struct {
	a, b  int32
	face  int32
	forth bool // from a to b
}

// edges are the sides of all triangles with three different points, those between the same points one after the other.
func (p *Polyhedron) edges() []edge {
	list := make([]edge, 0, 3*len(p.faces))
	for i := range p.faces {
		f := &p.faces[i]
		if f.thin() {
			continue
		}
		for k, a := range f.points {
			b := f.points[(k+1)%3]
			list = append(list, edge{min(a, b), max(a, b), int32(i), a < b})
		}
	}
	slices.SortFunc(list, func(e, f edge) int {
		return cmp.Or(cmp.Compare(e.a, f.a), cmp.Compare(e.b, f.b), cmp.Compare(e.face, f.face))
	})
	return list
}

// joints are the sides that are one edge of the surface, edge by edge.
func joints(edges []edge) iter.Seq[[]edge] {
	return func(yield func([]edge) bool) {
		for len(edges) > 0 {
			n := 1
			for n < len(edges) && edges[n].a == edges[0].a && edges[n].b == edges[0].b {
				n++
			}
			if !yield(edges[:n]) {
				return
			}
			edges = edges[n:]
		}
	}
}

// thin reports whether two corners of a triangle are one point.
func (f *face) thin() bool {
	return f.points[0] == f.points[1] || f.points[1] == f.points[2] || f.points[2] == f.points[0]
}

// middle is the mean of the corners.
func (f *face) middle() [3]float64 { return middle(f.corners[:]...) }

// again finds a triangle that is there twice.
func (p *Polyhedron) again() error {
	seen := make(map[[3]int32]int, len(p.faces))
	for i := range p.faces {
		f := &p.faces[i]
		key := f.points
		slices.Sort(key[:])
		if j, ok := seen[key]; ok && !f.thin() {
			return fmt.Errorf("triangle %d is triangle %d again, around %s; leave out one of them", i+1, j+1, at(f.middle()))
		}
		seen[key] = i
	}
	return nil
}

// unclosed says where the surface has holes, and where triangles are turned against each other.
func (p *Polyhedron) unclosed(edges []edge) error {
	open := map[int32][]int32{} // from each point to those at the other ends of edges through which another triangle should run
	n, turned := 0, error(nil)
	for sides := range joints(edges) {
		forth := 0
		for _, e := range sides {
			if e.forth {
				forth++
			}
		}
		switch e := sides[0]; {
		case 2*forth == len(sides):
		case len(sides) == 1:
			from, to := e.b, e.a
			if !e.forth {
				from, to = to, from
			}
			open[from] = append(open[from], to)
			n++
		case turned != nil:
		case len(sides) == 2:
			turned = fmt.Errorf("triangles %d and %d, side by side around %s, are turned against each other; "+
				"give the corners of each counter-clockwise as seen from outside",
				e.face+1, sides[1].face+1, at(p.faces[sides[1].face].middle()))
		default:
			turned = fmt.Errorf("the edge from %s to %s belongs to %d triangles, which do not part inside from outside; "+
				"leave out walls within the solid",
				at(p.points[e.a]), at(p.points[e.b]), len(sides))
		}
	}
	if n > 0 {
		return fmt.Errorf("it is not closed: %s; close it in the program that made it", p.holes(open))
	}
	return turned
}

// holes describes loops of open edges: how many there are, and of the first ones where.
func (p *Polyhedron) holes(open map[int32][]int32) string {
	const told = 3
	var list []string
	loops := 0
	for from := range int32(len(p.points)) {
		for len(open[from]) > 0 {
			var around [][3]float64
			for a := from; len(open[a]) > 0; {
				next := open[a][0]
				open[a] = open[a][1:]
				around, a = append(around, p.points[a]), next
			}
			if loops++; loops <= told {
				list = append(list, fmt.Sprintf("one with %d edges around %s", len(around), at(middle(around...))))
			}
		}
	}
	if loops > told {
		list = append(list, fmt.Sprintf("%d more", loops-told))
	}
	if loops == 1 {
		return "it has a hole, " + list[0]
	}
	return fmt.Sprintf("it has %d holes, %s", loops, strings.Join(list, ", "))
}

// measure finds areas and normals, and plants the tree, in whose order triangles are from then on. Those without an area come last, without
// a place in it.
func (p *Polyhedron) measure() error {
	var boxes []bvh.Box
	var faces, flat []face
	for _, f := range p.faces {
		if f.thin() {
			continue
		}
		n, long := cross3(sub(f.corners[1], f.corners[0]), sub(f.corners[2], f.corners[0])), 0.0
		for k := range 3 {
			long = max(long, norm(sub(f.corners[k], f.corners[(k+1)%3])))
		}
		const needle = 1e-12 // height over length: below it rounding makes the normal
		if l := norm(n); l > needle*long*long {
			f.area, f.normal = l/2, [3]float64{n[0] / l, n[1] / l, n[2] / l}
			faces, boxes = append(faces, f), append(boxes, bvh.Around(f.corners[:]...))
		} else {
			flat = append(flat, f)
		}
	}
	if len(faces) == 0 {
		return fmt.Errorf("its triangles have no area")
	}
	tree, order := bvh.New(boxes, func(items []int32) bvh.Slab { return slab(faces, items) })
	p.tree, p.faces, p.planes = tree, p.faces[:0], nil
	for _, i := range order {
		f := faces[i]
		p.faces = append(p.faces, f)
		p.planes = append(p.planes, [4]float64{f.normal[0], f.normal[1], f.normal[2], dot(f.normal, f.corners[0])})
	}
	p.faces = append(p.faces, flat...)
	return nil
}

// slab lies across the mean normal of triangles.
func slab(faces []face, items []int32) bvh.Slab {
	var s bvh.Slab
	for _, i := range items {
		s.Normal = along(s.Normal, faces[i].normal, faces[i].area)
	}
	if l := norm(s.Normal); l > 0 {
		s.Normal = along([3]float64{}, s.Normal, (1-1e-12)/l)
	}
	s.Lo, s.Hi = math.Inf(1), math.Inf(-1)
	for _, i := range items {
		for _, c := range faces[i].corners {
			h := dot(s.Normal, c)
			s.Lo, s.Hi = min(s.Lo, h), max(s.Hi, h)
		}
	}
	return s
}

// shells numbers the parts of the surface that hang together, by the number of one of their triangles.
func (p *Polyhedron) shells(edges []edge) []int32 {
	of := make([]int32, len(p.faces))
	for i := range of {
		of[i] = int32(i)
	}
	root := func(i int32) int32 {
		for of[i] != i {
			of[i] = of[of[i]]
			i = of[i]
		}
		return i
	}
	for sides := range joints(edges) {
		for _, e := range sides[1:] {
			a, b := root(e.face), root(sides[0].face)
			of[max(a, b)] = min(a, b)
		}
	}
	for i := range of {
		of[i] = root(int32(i))
	}
	return of
}

// looked is the number of points of the surface on both sides of which it is looked whether they part inside from outside, beside one of
// each shell.
const looked = 2000

// orient turns a surface round that is inside out, and finds shells that are turned against others or that cut each other: there the sides
// of a triangle are not where the number of times that a ray meets the surface says.
func (p *Polyhedron) orient(shell []int32) error {
	size := norm(sub(p.hi, p.lo))
	var faces []*face
	largest := map[int32]*face{}
	for i := range p.faces {
		if f := &p.faces[i]; f.area > 0 {
			faces = append(faces, f)
			if g := largest[shell[i]]; g == nil || f.area > g.area {
				largest[shell[i]] = f
			}
		}
	}
	var wrong, right [][3]float64
	var touch error
	look := func(f *face, x [3]float64) {
		around := norm(sub(f.corners[1], f.corners[0])) + norm(sub(f.corners[2], f.corners[1])) + norm(sub(f.corners[0], f.corners[2]))
		step := min(1e-7*size, 1e-2*2*f.area/around) // the second is a share of the circle within: below what is drawn
		if step < 1e-11*size {
			return // rounding
		}
		middle := f.middle()
		x = along(middle, sub(x, middle), 0.8) // away from the edges
		outside := func(step float64) bool { return p.crossings(along(x, f.normal, step))%2 == 0 }
		switch front, back := outside(step), outside(-step); {
		case front && !back:
			right = append(right, x)
		case back && !front:
			wrong = append(wrong, x)
		case touch == nil:
			touch = fmt.Errorf("the surface touches or cuts itself, or has a wall without thickness, around %s; "+
				"unite its parts in the program that made it", at(x))
		}
	}
	for _, n := range slices.Sorted(maps.Keys(largest)) {
		look(largest[n], largest[n].middle())
	}
	u, err := Halton{}.Sample(nil, looked, 2)
	if err != nil {
		return err
	}
	ends := areas(faces)
	for i := 0; i < len(u); i += 2 {
		n, v := locate(ends, u[i])
		look(faces[n], faces[n].point(v, u[i+1]))
	}
	if touch != nil {
		return touch
	}
	switch {
	case len(wrong) > 0 && len(right) > 0:
		return fmt.Errorf("a part of the surface is turned inside out, or lies in another, around %s; turn it round, or unite the parts",
			at(wrong[0]))
	case len(wrong) > 0:
		for i := range p.faces {
			f := &p.faces[i]
			f.corners[1], f.corners[2] = f.corners[2], f.corners[1]
			f.points[1], f.points[2] = f.points[2], f.points[1]
			for k := range 3 {
				f.normal[k] = -f.normal[k]
			}
		}
		for i := range p.planes {
			for k := range 4 {
				p.planes[i][k] = -p.planes[i][k]
			}
		}
	}
	from := middle(p.lo, p.hi)
	for _, f := range p.faces {
		p.volume += dot(sub(f.corners[0], from), cross3(sub(f.corners[1], from), sub(f.corners[2], from))) / 6
	}
	return nil
}

// normals gives each edge and each point the sum of the normals around, at points weighted by angles. They stay zero where a triangle
// without an area is among them, and where surfaces touch in an edge.
func (p *Polyhedron) normals(edges []edge) {
	p.normal = make([][3]float64, len(p.points))
	unclear := make([]bool, len(p.points))
	for i := range p.faces {
		f := &p.faces[i]
		for k, n := range f.points {
			next, last := sub(f.corners[(k+1)%3], f.corners[k]), sub(f.corners[(k+2)%3], f.corners[k])
			angle := math.Atan2(norm(cross3(next, last)), dot(next, last))
			p.normal[n] = along(p.normal[n], f.normal, angle)
			unclear[n] = unclear[n] || f.area == 0
		}
	}
	for sides := range joints(edges) {
		if len(sides) > 2 {
			unclear[sides[0].a], unclear[sides[0].b] = true, true
			continue
		}
		f, g := &p.faces[sides[0].face], &p.faces[sides[1].face]
		if f.area == 0 || g.area == 0 {
			continue
		}
		n := along(f.normal, g.normal, 1)
		for _, e := range sides {
			h := &p.faces[e.face]
			for k, a := range h.points {
				if b := h.points[(k+1)%3]; min(a, b) == e.a && max(a, b) == e.b {
					h.edges[k] = n
				}
			}
		}
	}
	for n, u := range unclear {
		if u {
			p.normal[n] = [3]float64{}
		}
	}
}
