package domain

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	ph "github.com/crux-pinn/crux/placeholder"
)

// Scale makes a geometry larger by a factor, or by one factor along each coordinate, away from the origin. A drawing in millimetres is one
// in metres by Scale(g, 1e-3).
func Scale(g Geometry, factors ...float64) *Shape {
	return place(g, "Scale", func(d int) (affine, error) {
		if len(factors) == 1 {
			factors = slices.Repeat(factors, d)
		}
		if len(factors) != d {
			return affine{}, fmt.Errorf("%d factors for %d coordinates; give one, or one for each", len(factors), d)
		}
		m := identity(d)
		for i, f := range factors {
			if m.a[i*d+i] = f; f == 0 {
				return m, fmt.Errorf("the factor of coordinate %d is 0", i+1)
			}
		}
		return m, nil
	})
}

// Rotate turns a geometry around the origin by an angle in degrees: in the plane from the first coordinate to the second, in space around
// an axis, counter-clockwise for who looks against it.
func Rotate(g Geometry, degrees float64, axis ...float64) *Shape {
	return place(g, "Rotate", func(d int) (affine, error) {
		sin, cos := math.Sincos(degrees * math.Pi / 180)
		if quarter := math.Round(degrees / 90); quarter*90 == degrees { // exact
			sin, cos = math.Round(sin), math.Round(cos)
		}
		m := identity(d)
		switch {
		case d == 2 && len(axis) == 0:
			copy(m.a, []float64{cos, -sin, sin, cos})
			return m, nil
		case d != 3 || len(axis) != 3:
			return m, fmt.Errorf("an axis of %d numbers in %d coordinates; there is none in the plane, and one of 3 numbers in space", len(axis), d)
		}
		l := norm([3]float64(axis))
		if !(l > 0) {
			return m, fmt.Errorf("the axis %v has no direction", axis)
		}
		for i := range 3 { // Rodrigues: cos·1 + (1 − cos)·uuᵀ + sin·[u]×
			for j := range 3 {
				m.a[3*i+j] = (1 - cos) * axis[i] / l * axis[j] / l
			}
		}
		for i := range 3 {
			m.a[4*i] += cos
			j, k := (i+1)%3, (i+2)%3
			m.a[3*j+k] -= sin * axis[i] / l
			m.a[3*k+j] += sin * axis[i] / l
		}
		return m, nil
	})
}

// Shift moves a geometry, by one number for each coordinate.
func Shift(g Geometry, by ...float64) *Shape {
	return place(g, "Shift", func(d int) (affine, error) {
		m := identity(d)
		if len(by) != d {
			return m, fmt.Errorf("%d numbers for %d coordinates; give one for each", len(by), d)
		}
		copy(m.b, by)
		return m, nil
	})
}

// affine takes x to A x + b.
type affine struct {
	a []float64 // row by row
	b []float64
}

func identity(d int) affine {
	m := affine{make([]float64, d*d), make([]float64, d)}
	for i := range d {
		m.a[i*d+i] = 1
	}
	return m
}

// point stores A x + b, or A x for directions.
func (m affine) point(x, out []float64, direction bool) {
	d := len(m.b)
	for i := range d {
		sum := 0.0
		if !direction {
			sum = m.b[i]
		}
		for j := range d {
			sum += m.a[i*d+j] * x[j]
		}
		out[i] = sum
	}
}

func (m affine) of(x []float64) []float64 {
	out := make([]float64, len(x))
	m.point(x, out, false)
	return out
}

// inverse takes A x + b to x. det is the determinant of A; where it is 0 there is no inverse.
func (m affine) inverse() (inv affine, det float64) {
	d := len(m.b)
	a, back := mat.NewDense(d, d, m.a), mat.NewDense(d, d, nil)
	if det = mat.Det(a); det == 0 {
		return identity(d), 0
	}
	back.Inverse(a) //nolint:errcheck // a matrix that is nearly singular has an inverse, too
	inv = affine{back.RawMatrix().Data, make([]float64, d)}
	inv.point(m.b, inv.b, true)
	for i := range inv.b {
		inv.b[i] = -inv.b[i]
	}
	return inv, det
}

// stretch is at least the largest factor by which lengths grow: ‖A‖ of Frobenius.
func (m affine) stretch() float64 {
	square := 0.0
	for _, v := range m.a {
		square += v * v
	}
	return math.Sqrt(square)
}

// scale is s where A is s times an orthogonal matrix, so that angles are kept; 0 for others.
func (m affine) scale() float64 {
	d := len(m.b)
	square := 0.0
	for i := range d {
		for j := range d {
			sum := 0.0
			for k := range d {
				sum += m.a[k*d+i] * m.a[k*d+j]
			}
			switch {
			case i == 0 && j == 0:
				square = sum
			case i == j && math.Abs(sum-square) > 1e-12*square, i != j && math.Abs(sum) > 1e-12*square:
				return 0
			}
		}
	}
	return math.Sqrt(square)
}

// place makes the shape of a geometry under a map.
func place(g Geometry, what string, make func(d int) (affine, error)) *Shape {
	s := &Shape{solid: solid{name: what, box: &Box{}}}
	if s.err = geometryErr(g); s.err != nil {
		return s
	}
	s = NewShape(g)
	if s.err != nil {
		return s
	}
	name := s.name
	s = &Shape{solid: solid{name: what + " of " + name, box: &Box{coords: g.Coords()}}}
	m, err := make(len(g.Coords()))
	if err != nil {
		return s.fail("%v", err)
	}
	for _, v := range slices.Concat(m.a, m.b) {
		if !(math.Abs(v) <= largest) {
			return s.fail("its numbers must be finite and at most %g", largest)
		}
	}
	to := NewShape(transform(g, m))
	if to.err == nil {
		to.name = name
	}
	return to
}

// transform keeps the kind of a geometry where that is possible, so that all that is known of it stays known.
func transform(g Geometry, m affine) Geometry {
	d, s := len(m.b), m.scale()
	if r, ok := g.(interface{ regions() []Patch }); ok && len(r.regions()) > 0 {
		return placed(g, m, s) // which moves the parts of the inside as well
	}
	switch g := g.(type) {
	case *Shape:
		return transform(g.geometry, m)
	case *Box:
		return transformBox(g, m)
	case *Ball:
		if s > 0 {
			return &Ball{g.coords, m.of(g.center), s * g.r}
		}
	case *Polygon:
		var v [][2]float64
		for _, p := range g.v {
			v = append(v, [2]float64(m.of(p[:])))
		}
		return NewPolygon(g.coords[0], g.coords[1], v...)
	case *Polyhedron:
		var parts []Facets
		for _, f := range g.facets(0) { // those without an area too: they keep the surface closed
			for i, t := range f.Triangles {
				for k, p := range t {
					f.Triangles[i][k] = [3]float64(m.of(p[:]))
				}
			}
			parts = append(parts, f)
		}
		return NewPolyhedron(g.coords[0], g.coords[1], g.coords[2], parts...)
	case *Outline:
		if e, ok := g.transformed(m); ok {
			return NewOutline(g.coords[0], g.coords[1], e...)
		}
	case *Combination:
		var parts []Geometry
		for _, p := range g.parts {
			parts = append(parts, transform(p, m))
		}
		return combine(g.op, parts)
	case *Revolution:
		if s > 0 && d == 3 {
			return g.transformed(m, s)
		}
	}
	return placed(g, m, s)
}

func placed(g Geometry, m affine, scale float64) Geometry {
	inv, det := m.inverse()
	if det == 0 {
		return (&Shape{solid: solid{name: "transformation", box: &Box{coords: g.Coords()}}}).fail("it makes the shape flat")
	}
	return &Placed{shape: NewShape(g), to: m, from: inv, det: math.Abs(det), scale: scale}
}

// transformBox is a box where axes stay along axes, and the polygon or solid that it becomes otherwise.
func transformBox(b *Box, m affine) Geometry {
	lo, hi := b.Bounds()
	d := len(lo)
	axes := make([]Axis, d)
	straight := true
	for i, c := range b.coords {
		ends := [2]float64{m.b[i], m.b[i]}
		for j := range d {
			straight = straight && (i == j || m.a[i*d+j] == 0)
			ends[0] += m.a[i*d+j] * lo[j]
			ends[1] += m.a[i*d+j] * hi[j]
		}
		axes[i] = In(c, min(ends[0], ends[1]), max(ends[0], ends[1]))
	}
	corner := func(bits int) []float64 {
		x := make([]float64, d)
		for k := range x {
			if x[k] = lo[k]; bits>>k&1 == 1 {
				x[k] = hi[k]
			}
		}
		return m.of(x)
	}
	switch {
	case straight:
		return NewBox(axes...)
	case d == 2:
		return NewPolygon(b.coords[0], b.coords[1],
			[2]float64(corner(0)), [2]float64(corner(1)), [2]float64(corner(3)), [2]float64(corner(2)))
	case d == 3:
		var f Facets
		for k := range 3 { // the sides along coordinate k
			i, j := 1<<((k+1)%3), 1<<((k+2)%3)
			for _, side := range [2]int{0, 1 << k} {
				p, q, r, s := [3]float64(corner(side)), [3]float64(corner(side|i)), [3]float64(corner(side|i|j)), [3]float64(corner(side|j))
				if side == 0 {
					q, s = s, q
				}
				f.Triangles = append(f.Triangles, [3][3]float64{p, q, r}, [3][3]float64{p, r, s})
			}
		}
		return NewPolyhedron(b.coords[0], b.coords[1], b.coords[2], f)
	}
	return placed(b, m, m.scale())
}

// transformed are the edges under a map, if arcs stay arcs of circles.
func (o *Outline) transformed(m affine) (list []Edge, ok bool) {
	side := 1.0
	if _, det := m.inverse(); det < 0 {
		side = -1
	}
	for _, l := range o.loops {
		for _, e := range l.Edges {
			if e.Bulge != 0 && m.scale() == 0 {
				return nil, false
			}
			list = append(list, Edge{e.Name, [2]float64(m.of(e.From[:])), [2]float64(m.of(e.To[:])), side * e.Bulge})
		}
	}
	return list, true
}

// Placed is a geometry that [Scale], [Rotate] and [Shift] have made of another. Its distance is exact where angles are kept, and elsewhere
// a lower bound of its size.
type Placed struct {
	shape    *Shape
	to, from affine
	det      float64
	scale    float64 // 0 where angles are not kept
}

// Coords implements [Geometry].
func (p *Placed) Coords() []*ph.Coord { return p.shape.Coords() }

// Err is what is wrong with the geometry.
func (p *Placed) Err() error { return p.shape.err }

// Bounds implements [Geometry].
func (p *Placed) Bounds() (lo, hi []float64) {
	a, b := p.shape.Bounds()
	d := len(a)
	lo, hi = slices.Clone(p.to.b), slices.Clone(p.to.b)
	for i := range d {
		for j := range d {
			u, v := p.to.a[i*d+j]*a[j], p.to.a[i*d+j]*b[j]
			lo[i], hi[i] = lo[i]+min(u, v), hi[i]+max(u, v)
		}
	}
	return lo, hi
}

// Distance implements [Geometry].
func (p *Placed) Distance(x []float64) float64 {
	d := p.shape.Distance(p.from.of(x))
	if p.scale > 0 {
		return p.scale * d
	}
	return d / p.from.stretch()
}

func (p *Placed) inside(x []float64) bool { return p.shape.holds(p.from.of(x)) }

// Volume is that of the geometry times the determinant.
func (p *Placed) Volume() float64 { return p.det * p.shape.Volume() }

// Patches implements [Geometry].
func (p *Placed) Patches() []Patch { return p.moved(p.shape.patches) }

func (p *Placed) regions() []Patch { return p.moved(p.shape.regions) }

// moved are patches under the map. Where it does not keep angles, a piece of a surface grows by |det A|·|A⁻ᵀn|, which changes from
// point to point: one more parameter lets points stay in proportion to that.
func (p *Placed) moved(patches []Patch) (list []Patch) {
	d := len(p.to.b)
	for _, q := range patches {
		at := q.At
		move := func(u, x, normal []float64) (grown float64, ok bool) {
			y, n := make([]float64, d), make([]float64, d)
			if !at(u, y, n) {
				return 0, false
			}
			p.to.point(y, x, false)
			square := 0.0
			for i := range d { // A⁻ᵀ n
				normal[i] = 0
				for j := range d {
					normal[i] += p.from.a[j*d+i] * n[j]
				}
				square += normal[i] * normal[i]
			}
			if square == 0 {
				return p.det, true // inside
			}
			for i := range normal {
				normal[i] /= math.Sqrt(square)
			}
			return p.det * math.Sqrt(square), true
		}
		m := Patch{Name: q.Name, Params: q.Params, Measure: q.Measure}
		m.At = func(u, x, normal []float64) bool { _, ok := move(u, x, normal); return ok }
		switch most := p.growth(); {
		case q.Params == 0:
		case p.inner(q):
			m.Measure *= p.det
		case p.scale > 0:
			m.Measure *= math.Pow(p.scale, float64(d-1))
		default:
			m.Params++
			m.At = func(u, x, normal []float64) bool {
				grown, ok := move(u[:q.Params], x, normal)
				return ok && u[q.Params]*most < grown
			}
			x, n := make([]float64, d), make([]float64, d)
			sum, count := 0.0, 0
			probe(surfaceTrials, q.Params, func(u []float64) {
				if grown, ok := move(u, x, n); ok {
					sum, count = sum+grown, count+1
				}
			})
			m.Measure *= sum / float64(max(count, 1))
		}
		list = append(list, m)
	}
	return list
}

// inner reports whether a patch is a part of the inside: it has no normals.
func (p *Placed) inner(q Patch) bool {
	d := len(p.to.b)
	if q.Params < d {
		return false
	}
	x, n, none := make([]float64, d), make([]float64, d), true
	probe(surfaceTrials, q.Params, func(u []float64) {
		clear(n)
		none = none && (!q.At(u, x, n) || !slices.ContainsFunc(n, func(v float64) bool { return v != 0 }))
	})
	return none
}

// growth is the most that a piece of a surface grows.
func (p *Placed) growth() float64 { return p.det * p.from.stretch() }
