package domain

import (
	"fmt"
	"math"
	"slices"

	ph "github.com/crux-pinn/crux/placeholder"
)

// Level is a surface inside a domain: where a function is zero that depends on some of the coordinates. In the plane it is a curve, on an
// interval single points; it extends along the coordinates on which the function does not depend, such as time.
type Level struct {
	Of    []*ph.Coord                 // on which the function depends: one, two or three
	Value func(x []float64) float64   // the function, of all coordinates; it changes its sign across the surface
	Slope func(x, gradient []float64) // stores its derivatives by all coordinates

	// Keep says which points belong to the surface, by the point and the unit normal there, which leads to where the function is larger;
	// Keep may turn it around. Nil means all.
	Keep func(x, normal []float64) bool
}

// Surface returns n points of a domain that lie on one of some surfaces, uniform in length or area, with their normals. Of a function of
// one coordinate all zeros are found that are further apart than 1/2048 of the axis. Functions of two or three coordinates are cut by
// random lines: these are isotropic and uniform, so where they meet a surface is uniform on it, and how often tells its size
// (Crofton's formula: in the plane the length is πR times the mean number of points on a line through a disk of radius R, in space
// the area 2πR² times that of a ball).
func Surface(d Domain, n int, levels ...Level) *Points {
	coords := d.Coords()
	if err := d.Err(); err != nil {
		return bad(coords, err)
	}
	lo, hi := d.Bounds()
	inside, err := open(d)
	var patches []Patch
	for _, l := range levels {
		s := sheet{Level: l, lo: lo, hi: hi, inside: inside}
		for i, c := range coords {
			if slices.Contains(l.Of, c) {
				s.of = append(s.of, i)
			} else {
				s.along = append(s.along, i)
			}
		}
		switch len(s.of) {
		case 1:
			patches = append(patches, s.flat()...)
		case 2, 3:
			patches = append(patches, s.cut())
		default:
			err = fmt.Errorf("domain: a surface of %d coordinates of the domain; it can be one of 1 to 3", len(s.of))
		}
	}
	return region(coords, lo, hi, patches, true, n, "surface in "+fmt.Sprint(d), err)
}

// open is a test whether a point lies strictly inside a domain.
func open(d Domain) (func(x []float64) bool, error) {
	switch d := d.(type) {
	case *Box:
		return func(x []float64) bool { return d.Distance(x) < 0 }, nil
	case *Shape:
		return func(x []float64) bool { return d.geometry.Distance(x) < 0 }, nil
	case *Cylinder:
		k := len(d.base.box.axes)
		return func(x []float64) bool {
			return d.base.geometry.Distance(x[:k]) < 0 && x[k] > d.axis.Lo && x[k] < d.axis.Hi
		}, nil
	}
	return nil, fmt.Errorf("domain: surfaces are known inside boxes, shapes and cylinders, not inside a %T", d)
}

// sheet is a level in a domain.
type sheet struct {
	Level
	lo, hi    []float64
	inside    func(x []float64) bool
	of, along []int // axes on which the function depends, and the others
}

// flat are the planes where a function of one coordinate is zero.
func (s sheet) flat() []Patch {
	i := s.of[0]
	area := 1.0
	for _, j := range s.along {
		area *= s.hi[j] - s.lo[j]
	}
	x := make([]float64, len(s.lo))
	for _, j := range s.along {
		x[j] = (s.lo[j] + s.hi[j]) / 2
	}
	var list []Patch
	for _, at := range zeros(curveCells, s.lo[i], s.hi[i], func(v float64) float64 { x[i] = v; return s.Value(x) }) {
		whole := Patch{Params: len(s.along), Measure: area, At: func(u, x, normal []float64) bool {
			x[i] = at
			s.fill(u, x)
			return s.orient(x, normal)
		}}
		if part := whole.Where(len(s.lo), s.keeps); part.Measure > 0 {
			list = append(list, part)
		}
	}
	return list
}

// fill sets the coordinates along which the surface extends.
func (s sheet) fill(u, x []float64) {
	for k, j := range s.along {
		x[j] = s.lo[j] + u[k]*(s.hi[j]-s.lo[j])
	}
}

// orient stores the normal; false where the function has no slope.
func (s sheet) orient(x, normal []float64) bool {
	s.Slope(x, normal)
	size := 0.0
	for _, v := range normal {
		size = math.Hypot(size, v)
	}
	if !(size > 0) {
		return false
	}
	for i := range normal {
		normal[i] /= size
	}
	return true
}

// keeps reports whether a point belongs to the surface.
func (s sheet) keeps(x, normal []float64) bool {
	return s.inside(x) && (s.Keep == nil || s.Keep(x, normal))
}

const (
	lineCells  = 128     // in which a line is searched for places where it meets a surface
	lineTrials = 1 << 12 // lines from which the size of a surface is estimated, to about a percent
)

// cut is the surface of a function of two or three coordinates, as random lines meet it.
func (s sheet) cut() Patch {
	d := len(s.of)
	radius := 0.0
	for _, i := range s.of {
		radius = math.Hypot(radius, (s.hi[i]-s.lo[i])/2)
	}
	size := map[int]float64{2: math.Pi * radius, 3: 2 * math.Pi * radius * radius}[d]
	for _, j := range s.along {
		size *= s.hi[j] - s.lo[j]
	}
	lines := 2 * (d - 1) // parameters of a line
	most, met, tried := 1, 0, 0
	at := func(u, x, normal []float64) bool {
		list := s.meets(u[:lines], x, radius)
		k := int(u[lines] * float64(most))
		if k >= len(list) {
			return false
		}
		s.onLine(u[:lines], list[k], x, radius)
		s.fill(u[lines+1:], x)
		return s.orient(x, normal) && s.keeps(x, normal)
	}
	x, normal := make([]float64, len(s.lo)), make([]float64, len(s.lo))
	probe(lineTrials, lines+1+len(s.along), func(u []float64) {
		tried++
		s.fill(u[lines+1:], x)
		list := s.meets(u[:lines], x, radius)
		most = max(most, len(list))
		for _, t := range list {
			s.onLine(u[:lines], t, x, radius)
			if s.orient(x, normal) && s.keeps(x, normal) {
				met++
			}
		}
	})
	return Patch{Params: lines + 1 + len(s.along), Measure: size * float64(met) / float64(tried), At: at}
}

// meets are the places, along a line, where it meets the surface within the bounds of the domain.
func (s sheet) meets(u, x []float64, radius float64) []float64 {
	from, to := -radius, radius
	p, way := s.line(u, radius)
	for k, i := range s.of {
		a, b := (s.lo[i]-p[k])/way[k], (s.hi[i]-p[k])/way[k]
		from, to = max(from, min(a, b)), min(to, max(a, b)) // NaN where it runs along a face: then there is nothing
	}
	if !(from < to) {
		return nil
	}
	return zeros(lineCells, from, to, func(t float64) float64 {
		for k, i := range s.of {
			x[i] = p[k] + t*way[k]
		}
		return s.Value(x)
	})
}

// onLine is the point at a place along a line.
func (s sheet) onLine(u []float64, t float64, x []float64, radius float64) {
	p, way := s.line(u, radius)
	for k, i := range s.of {
		x[i] = p[k] + t*way[k]
	}
}

// line is one of the lines through the ball around the domain: a point and a direction.
func (s sheet) line(u []float64, radius float64) (p, way [3]float64) {
	for k, i := range s.of {
		p[k] = (s.lo[i] + s.hi[i]) / 2
	}
	if len(s.of) == 2 {
		sin, cos := math.Sincos(math.Pi * u[0])
		off := (2*u[1] - 1) * radius
		return [3]float64{p[0] - off*sin, p[1] + off*cos}, [3]float64{cos, sin}
	}
	z, round := u[0], math.Sqrt(1-u[0]*u[0])
	sin, cos := math.Sincos(2 * math.Pi * u[1])
	way = [3]float64{round * cos, round * sin, z}
	a, b := [3]float64{-sin, cos}, [3]float64{-z * cos, -z * sin, round} // across
	off := radius * math.Sqrt(u[2])
	sin, cos = math.Sincos(2 * math.Pi * u[3])
	for k := range p {
		p[k] += off * (cos*a[k] + sin*b[k])
	}
	return p, way
}

// zeros are the places where a function changes its sign, found in cells and by bisection.
func zeros(cells int, from, to float64, f func(v float64) float64) []float64 {
	var list []float64
	before := f(from)
	for i := range cells {
		a, b := from+(to-from)*float64(i)/float64(cells), from+(to-from)*float64(i+1)/float64(cells)
		after := f(b)
		if (before > 0) != (after > 0) {
			for above := before > 0; ; {
				m := a + (b-a)/2
				if m <= a || m >= b {
					break
				}
				if (f(m) > 0) == above {
					a = m
				} else {
					b = m
				}
			}
			list = append(list, b)
		}
		before = after
	}
	return list
}
