package domain

import (
	"fmt"
	"math"
	"slices"
	"sort"

	ph "github.com/crux-pinn/crux/placeholder"
)

// NewPolygon returns the polygon with the given vertices, in either orientation. It must be simple: edges meet only at
// common vertices. The first vertex may be repeated at the end.
func NewPolygon(x, y *ph.Coord, vertices ...[2]float64) *Shape {
	v := slices.Clone(vertices)
	if n := len(v); n > 1 && v[0] == v[n-1] {
		v = v[:n-1]
	}
	p := &Polygon{coords: []*ph.Coord{x, y}, v: v}
	s := &Shape{solid: solid{name: fmt.Sprintf("polygon of %d vertices", len(v)), box: &Box{coords: p.coords}}}
	if s.err = checkCoords(p.coords); s.err != nil {
		return s
	}
	if len(v) < 3 {
		return s.fail("it needs at least 3")
	}
	for i, a := range v {
		if !finite(a[0]) || !finite(a[1]) {
			return s.fail("vertex %d is %v; vertices must be finite", i, a)
		}
	}
	if i, j, crossing := p.crossing(); crossing {
		return s.fail("the edge from vertex %d and the edge from vertex %d meet; give the vertices in order around the polygon, each once", i, j)
	}
	p.area = p.signedArea()
	if p.area == 0 {
		return s.fail("its area is zero")
	}
	p.ends = make([]float64, len(v))
	total := 0.0
	for i := range v {
		a, b := p.edge(i)
		total += math.Hypot(b[0]-a[0], b[1]-a[1])
		p.ends[i] = total
	}
	return newShape(p, s.name)
}

// Polygon is the geometry of what [NewPolygon] returns.
type Polygon struct {
	coords []*ph.Coord
	v      [][2]float64
	area   float64   // positive when the vertices run counter-clockwise
	ends   []float64 // arc length at the end of each edge
}

// Vertices are the corners, counter-clockwise.
func (p *Polygon) Vertices() [][2]float64 {
	v := slices.Clone(p.v)
	if p.area < 0 {
		slices.Reverse(v)
	}
	return v
}

// Coords implements [Geometry].
func (p *Polygon) Coords() []*ph.Coord { return slices.Clone(p.coords) }

// Bounds implements [Geometry].
func (p *Polygon) Bounds() (lo, hi []float64) {
	lo, hi = slices.Clone(p.v[0][:]), slices.Clone(p.v[0][:])
	for _, a := range p.v {
		for j, c := range a {
			lo[j], hi[j] = min(lo[j], c), max(hi[j], c)
		}
	}
	return lo, hi
}

// Volume is the area.
func (p *Polygon) Volume() float64 { return math.Abs(p.area) }

func (p *Polygon) edge(i int) (a, b [2]float64) { return p.v[i], p.v[(i+1)%len(p.v)] }

// signedArea is ½ Σ (a − v₀) × (b − v₀): relative to a vertex, so that a polygon far from the origin loses no digits.
func (p *Polygon) signedArea() float64 {
	sum := 0.0
	for i := range p.v {
		a, b := p.edge(i)
		sum += cross(p.v[0], a, b)
	}
	return sum / 2
}

// Distance is the distance to the nearest edge, with the sign from counting the edges that a ray to the right crosses.
func (p *Polygon) Distance(x []float64) float64 {
	best, inside := math.Inf(1), false
	for i := range p.v {
		a, b := p.edge(i)
		ex, ey := b[0]-a[0], b[1]-a[1]
		wx, wy := x[0]-a[0], x[1]-a[1]
		t := min(max((wx*ex+wy*ey)/(ex*ex+ey*ey), 0), 1)
		dx, dy := wx-t*ex, wy-t*ey
		best = min(best, dx*dx+dy*dy)
		if (a[1] > x[1]) != (b[1] > x[1]) && x[0] < a[0]+ex*(x[1]-a[1])/ey {
			inside = !inside
		}
	}
	if inside {
		return -math.Sqrt(best)
	}
	return math.Sqrt(best)
}

// Patches is the closed boundary as one curve, parametrised by arc length.
func (p *Polygon) Patches() []Patch {
	total := p.ends[len(p.ends)-1]
	side := math.Copysign(1, p.area)
	return []Patch{{Params: 1, Measure: total, At: func(u, x, normal []float64) bool {
		s := u[0] * total
		i := sort.Search(len(p.ends)-1, func(i int) bool { return p.ends[i] > s })
		a, b := p.edge(i)
		start := 0.0
		if i > 0 {
			start = p.ends[i-1]
		}
		length := math.Hypot(b[0]-a[0], b[1]-a[1])
		t := min(max((s-start)/length, 0), 1)
		for j := range 2 {
			x[j] = a[j] + (b[j]-a[j])*t
		}
		normal[0], normal[1] = side*(b[1]-a[1])/length, -side*(b[0]-a[0])/length
		return true
	}}}
}

// crossing finds two edges that meet elsewhere than in a common vertex, or overlap.
func (p *Polygon) crossing() (i, j int, found bool) {
	n := len(p.v)
	for i := range n {
		a, b := p.edge(i)
		if a == b {
			return i, (i + 1) % n, true
		}
		for j := i + 1; j < n; j++ {
			c, d := p.edge(j)
			switch {
			case j == i+1: // they share b = c
				if folded(a, b, d) {
					return i, j, true
				}
			case i == 0 && j == n-1: // they share a = d
				if folded(c, a, b) {
					return i, j, true
				}
			case meet(a, b, c, d):
				return i, j, true
			}
		}
	}
	return 0, 0, false
}

// cross is the cross product (a − o) × (b − o).
func cross(o, a, b [2]float64) float64 {
	return (a[0]-o[0])*(b[1]-o[1]) - (a[1]-o[1])*(b[0]-o[0])
}

// folded reports whether the path a, b, c turns back onto itself at b.
func folded(a, b, c [2]float64) bool {
	return cross(b, a, c) == 0 && (a[0]-b[0])*(c[0]-b[0])+(a[1]-b[1])*(c[1]-b[1]) > 0
}

// meet reports whether the segments ab and cd have a point in common.
func meet(a, b, c, d [2]float64) bool {
	if max(a[0], b[0]) < min(c[0], d[0]) || max(c[0], d[0]) < min(a[0], b[0]) ||
		max(a[1], b[1]) < min(c[1], d[1]) || max(c[1], d[1]) < min(a[1], b[1]) {
		return false
	}
	return !sameSide(a, b, c, d) && !sameSide(c, d, a, b)
}

// sameSide reports whether p and q lie strictly on the same side of the line ab. It compares signs, since a product of two
// cross products underflows for small polygons.
func sameSide(a, b, p, q [2]float64) bool {
	s, t := cross(a, b, p), cross(a, b, q)
	return s > 0 && t > 0 || s < 0 && t < 0
}
