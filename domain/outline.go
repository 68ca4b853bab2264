package domain

import (
	"fmt"
	"math"
	"slices"

	"github.com/crux-pinn/crux/internal/bvh"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Edge is a piece of an outline in the plane, straight or an arc of a circle.
type Edge struct {
	Name     string // of the part of the boundary; "" for none
	From, To [2]float64
	// Bulge is the tangent of a quarter of the angle of the arc, as in DXF files: positive if it turns counter-clockwise from From to To, 1
	// for a half circle, 0 for a straight edge.
	Bulge float64
}

// NewOutline returns what lies inside of closed curves: each an outer boundary, or a hole in another, and so on by turns. The edges are
// taken in any order and in either direction. Ends that are nearer to each other than a millionth of the diagonal of the whole are one.
// Curves must not meet.
//
//	slot := domain.NewOutline(x, y,
//		domain.Edge{From: [2]float64{0, 0}, To: [2]float64{2, 0}},
//		domain.Edge{From: [2]float64{2, 0}, To: [2]float64{2, 1}, Bulge: 1, Name: "round"},
//		domain.Edge{From: [2]float64{2, 1}, To: [2]float64{0, 1}},
//		domain.Edge{From: [2]float64{0, 1}, To: [2]float64{0, 0}, Bulge: 1, Name: "round"})
func NewOutline(x, y *ph.Coord, edges ...Edge) *Shape {
	o := &Outline{coords: []*ph.Coord{x, y}}
	s := &Shape{solid: solid{name: fmt.Sprintf("outline of %d edges", len(edges)), box: &Box{coords: o.coords}}}
	if s.err = checkCoords(o.coords); s.err != nil {
		return s
	}
	if err := o.join(edges); err != nil {
		return s.fail("%v", err)
	}
	return newShape(o, s.name)
}

// Outline is the geometry of what [NewOutline] returns.
type Outline struct {
	coords []*ph.Coord
	loops  []Loop
	lo, hi [2]float64
	area   float64
	pieces []piece // in the order of the tree
	tree   *bvh.Tree
	inner  []Patch // parts of the inside with names, of meshes
}

// Loop is a closed curve. The region lies to the left of its edges.
type Loop struct {
	Edges []Edge
	Hole  bool
}

// Circle is the circle that a loop is; ok is false for other loops.
func (l Loop) Circle() (center [2]float64, radius float64, ok bool) {
	first := l.Edges[0].piece()
	for _, e := range l.Edges {
		p := e.piece()
		if p.r == 0 || math.Hypot(p.center[0]-first.center[0], p.center[1]-first.center[1])+math.Abs(p.r-first.r) > 1e-9*first.r {
			return center, 0, false
		}
	}
	return first.center, first.r, true
}

// Polygon are the corners of a loop of straight edges; nil for other loops.
func (l Loop) Polygon() (corners [][2]float64) {
	for _, e := range l.Edges {
		if e.Bulge != 0 {
			return nil
		}
		corners = append(corners, e.From)
	}
	return corners
}

// Loops are the closed curves of the outline.
func (o *Outline) Loops() []Loop {
	var list []Loop
	for _, l := range o.loops {
		list = append(list, Loop{slices.Clone(l.Edges), l.Hole})
	}
	return list
}

// Coords implements [Geometry].
func (o *Outline) Coords() []*ph.Coord { return slices.Clone(o.coords) }

// Bounds implements [Geometry].
func (o *Outline) Bounds() (lo, hi []float64) { return slices.Clone(o.lo[:]), slices.Clone(o.hi[:]) }

func (o *Outline) regions() []Patch { return o.inner }

// Volume is the area.
func (o *Outline) Volume() float64 { return o.area }

// Distance is the distance to the nearest edge, with the sign from counting the edges that a ray to the right crosses.
func (o *Outline) Distance(x []float64) float64 {
	p := [2]float64{x[0], x[1]}
	best := math.Inf(1)
	o.tree.Nearest([3]float64{p[0], p[1]}, func(from, to int) float64 {
		for i := from; i < to; i++ {
			d := o.pieces[i].distance(p)
			best = min(best, d*d)
		}
		return best
	})
	if o.crossings(p)%2 == 1 {
		return -math.Sqrt(best)
	}
	return math.Sqrt(best)
}

func (o *Outline) inside(x []float64) bool { return o.crossings([2]float64{x[0], x[1]})%2 == 1 }

// crossings is how often a ray to the right crosses edges.
func (o *Outline) crossings(p [2]float64) int {
	n := 0
	o.tree.Ray([3]float64{p[0], p[1]}, [3]float64{1, 0, 0}, func(i int) {
		if o.pieces[i].crosses(p) {
			n++
		}
	})
	return n
}

// fewEdges is up to how many edges each is a patch of its own, so that conditions on whole edges are found exactly.
const fewEdges = 64

// Patches are the edges; of an outline with many of them those of each name together, and those on the sides of the box around.
func (o *Outline) Patches() []Patch {
	type key struct {
		name string
		side int
	}
	groups := map[key][]piece{}
	var keys []key
	n := 0
	for _, l := range o.loops {
		n += len(l.Edges)
	}
	count := 0
	for _, l := range o.loops {
		for _, e := range l.Edges {
			count++
			k := key{e.Name, o.side(e)}
			if n <= fewEdges {
				k.side = count
			}
			if groups[k] == nil {
				keys = append(keys, k)
			}
			groups[k] = append(groups[k], e.piece())
		}
	}
	var list []Patch
	for _, k := range keys {
		list = append(list, curve(k.name, groups[k]))
	}
	return list
}

// side is on which side of the box around a straight edge lies, from 1 to 4; 0 for none.
func (o *Outline) side(e Edge) int {
	for k := range 2 {
		for s, at := range [2]float64{o.lo[k], o.hi[k]} {
			if e.Bulge == 0 && e.From[k] == at && e.To[k] == at {
				return 1 + 2*k + s
			}
		}
	}
	return 0
}

// curve is a patch of pieces, parametrised by their lengths.
func curve(name string, pieces []piece) Patch {
	ends, total := make([]float64, len(pieces)), 0.0
	for i, p := range pieces {
		total += p.length()
		ends[i] = total
	}
	return Patch{Name: name, Params: 1, Measure: total, At: func(u, x, normal []float64) bool {
		i, t := locate(ends, u[0])
		p, n := pieces[i].at(t)
		copy(x, p[:])
		copy(normal, n[:])
		return true
	}}
}

// piece is an edge, or a part of one that is monotonous in y.
type piece struct {
	a, b        [2]float64
	center      [2]float64
	r           float64 // 0 for a straight one
	from, sweep float64 // angles
}

// piece is the edge with its circle.
func (e Edge) piece() piece {
	p := piece{a: e.From, b: e.To}
	if math.Abs(e.Bulge) < 1e-9 { // flatter than can be computed with
		return p
	}
	dx, dy := e.To[0]-e.From[0], e.To[1]-e.From[1]
	h := (1/e.Bulge - e.Bulge) / 4 // from the middle of the chord to the centre, in lengths of the chord, to the left
	p.center = [2]float64{(e.From[0]+e.To[0])/2 - h*dy, (e.From[1]+e.To[1])/2 + h*dx}
	p.r = math.Hypot(dx, dy) * (math.Abs(e.Bulge) + 1/math.Abs(e.Bulge)) / 4
	p.from = math.Atan2(e.From[1]-p.center[1], e.From[0]-p.center[0])
	p.sweep = 4 * math.Atan(e.Bulge)
	return p
}

func (p *piece) length() float64 {
	if p.r == 0 {
		return math.Hypot(p.b[0]-p.a[0], p.b[1]-p.a[1])
	}
	return p.r * math.Abs(p.sweep)
}

// at is the point at a part t of the way, and the normal to the right, which is outward.
func (p *piece) at(t float64) (x, normal [2]float64) {
	if p.r == 0 {
		l := p.length()
		dx, dy := p.b[0]-p.a[0], p.b[1]-p.a[1]
		return [2]float64{p.a[0] + t*dx, p.a[1] + t*dy}, [2]float64{dy / l, -dx / l}
	}
	sin, cos := math.Sincos(p.from + t*p.sweep)
	x = [2]float64{p.center[0] + p.r*cos, p.center[1] + p.r*sin}
	side := math.Copysign(1, p.sweep)
	return x, [2]float64{side * cos, side * sin}
}

// spans reports whether the direction from the centre to x is one of the arc, which is at most a half circle.
func (p *piece) spans(x [2]float64) bool {
	side := math.Copysign(1, p.sweep)
	return side*cross(p.center, p.a, x) >= 0 && side*cross(p.center, x, p.b) >= 0
}

func (p *piece) distance(x [2]float64) float64 {
	switch {
	case p.r == 0:
		ex, ey := p.b[0]-p.a[0], p.b[1]-p.a[1]
		wx, wy := x[0]-p.a[0], x[1]-p.a[1]
		t := min(max((wx*ex+wy*ey)/(ex*ex+ey*ey), 0), 1)
		return math.Hypot(wx-t*ex, wy-t*ey)
	case p.spans(x):
		return math.Abs(math.Hypot(x[0]-p.center[0], x[1]-p.center[1]) - p.r)
	}
	return min(math.Hypot(x[0]-p.a[0], x[1]-p.a[1]), math.Hypot(x[0]-p.b[0], x[1]-p.b[1]))
}

// crosses reports whether a ray to the right crosses a piece that is monotonous in y.
func (p *piece) crosses(x [2]float64) bool {
	if (p.a[1] > x[1]) == (p.b[1] > x[1]) {
		return false
	}
	if p.r == 0 {
		return x[0] < p.a[0]+(p.b[0]-p.a[0])*(x[1]-p.a[1])/(p.b[1]-p.a[1])
	}
	dy := x[1] - p.center[1]
	dx := math.Sqrt(max(p.r*p.r-dy*dy, 0))
	return x[0] < p.center[0]+math.Copysign(dx, math.Cos(p.from+p.sweep/2))
}

// monotone are the parts of a piece that are monotonous in y: an arc is divided at its highest and its lowest point.
func (p piece) monotone() (list []piece) {
	if p.r == 0 {
		return []piece{p}
	}
	lo, hi := p.from, p.from+p.sweep
	if lo > hi {
		lo, hi = hi, lo
	}
	var cuts []float64
	for k := math.Ceil((lo - math.Pi/2) / math.Pi); ; k++ {
		at := math.Pi/2 + k*math.Pi
		if at >= hi-1e-12 {
			break
		}
		if at > lo+1e-12 {
			cuts = append(cuts, at)
		}
	}
	if p.sweep < 0 {
		slices.Reverse(cuts)
	}
	part, from := p, p.from
	for _, at := range cuts {
		part.from, part.sweep = from, at-from
		part.b = [2]float64{p.center[0], p.center[1] + math.Copysign(p.r, math.Sin(at))}
		list = append(list, part)
		part.a, from = part.b, at
	}
	part.from, part.sweep, part.b = from, p.from+p.sweep-from, p.b
	return append(list, part)
}

// box is around a piece that is monotonous in y.
func (p *piece) box() bvh.Box {
	b := bvh.Around([3]float64{p.a[0], p.a[1]}, [3]float64{p.b[0], p.b[1]})
	if p.r > 0 {
		for _, side := range [2]float64{-1, 1} {
			if x := [2]float64{p.center[0] + side*p.r, p.center[1]}; p.spans(x) {
				b.Lo[0], b.Hi[0] = min(b.Lo[0], x[0]), max(b.Hi[0], x[0])
			}
		}
	}
	return b
}
