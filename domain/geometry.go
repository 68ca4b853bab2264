package domain

import (
	"fmt"
	"math"
	"slices"

	ph "github.com/crux-pinn/crux/placeholder"
)

// Geometry is a bounded region of space. Four methods make a region of your own: [NewShape] draws points from it, and [Union],
// [Intersection], [Difference] and [Cross] combine it with others. The methods may be called by several goroutines at once.
type Geometry interface {
	// Coords are the coordinates, in the order of the entries of points.
	Coords() []*ph.Coord
	// Bounds is a box around the region, as tight as is simple: interior points are searched in it.
	Bounds() (lo, hi []float64)
	// Distance is negative inside, positive outside and zero on the boundary. Built-in regions give the Euclidean distance
	// to the boundary, combined ones a lower bound of its size; points are drawn by its sign alone.
	Distance(x []float64) float64
	// Patches are the pieces of the boundary, with outward normals. They meet only in sets of measure zero.
	Patches() []Patch
}

// Shape is a [Geometry] from which points can be drawn.
type Shape struct {
	solid
	geometry Geometry
	patches  []Patch
	regions  []Patch // parts of the inside that have names
	volume   float64
}

// NewShape returns the shape of a geometry. The geometry is asked for bounds and patches once.
func NewShape(g Geometry) *Shape {
	if s, ok := g.(*Shape); ok && s != nil {
		return s
	}
	return newShape(g, "shape")
}

func newShape(g Geometry, name string) *Shape {
	s := &Shape{solid: solid{name: name, box: &Box{}}, geometry: g}
	if s.err = geometryErr(g); s.err != nil {
		return s
	}
	coords := g.Coords()
	lo, hi := g.Bounds()
	if len(lo) != len(coords) || len(hi) != len(coords) {
		return s.fail("Bounds has %d and %d entries for %d coordinates", len(lo), len(hi), len(coords))
	}
	axes := make([]Axis, len(coords))
	for i, c := range coords {
		axes[i] = In(c, lo[i], hi[i])
	}
	s.box = NewBox(axes...)
	if s.err = s.box.err; s.err != nil {
		return s
	}
	s.patches = slices.Clone(g.Patches())
	for i, p := range s.patches {
		if p.At == nil || p.Params < 0 || !(p.Measure >= 0) || !finite(p.Measure) {
			return s.fail("patch %d of its boundary has measure %v, %d parameters and At nil: %v; "+
				"it needs a finite measure and a parametrisation", i, p.Measure, p.Params, p.At == nil)
		}
	}
	if r, ok := g.(interface{ regions() []Patch }); ok {
		s.regions = r.regions()
	}
	if v, ok := g.(interface{ Volume() float64 }); ok {
		s.volume = v.Volume()
	} else {
		s.volume = s.box.Volume() * share(s.box.inside(), len(coords), func(x, _ []float64) bool { return g.Distance(x) < 0 })
	}
	if !(s.volume > 0) {
		return s.fail("it is empty; check the parts and their positions")
	}
	return s
}

func geometryErr(g Geometry) error {
	switch g := g.(type) {
	case nil:
		return fmt.Errorf("domain: nil geometry; pass a box, a shape or a geometry of your own")
	case *Box:
		if g == nil {
			return geometryErr(nil)
		}
	case *Shape:
		if g == nil {
			return geometryErr(nil)
		}
	}
	if e, ok := g.(interface{ Err() error }); ok && e.Err() != nil {
		return e.Err()
	}
	return checkCoords(g.Coords())
}

func (s *Shape) fail(format string, args ...any) *Shape {
	s.err = fmt.Errorf("domain: %s: %s", s.name, fmt.Sprintf(format, args...))
	return s
}

// Geometry is what the shape was made of: a [*Box], [*Ball], [*Polygon] or [*Combination], or a geometry of your own. It is nil
// when Err is not.
func (s *Shape) Geometry() Geometry {
	if s.err != nil {
		return nil
	}
	return s.geometry
}

// Interior returns n points strictly inside. The sampler fills the box around the shape, and points outside are left out.
func (s *Shape) Interior(n int) *Points {
	return s.region([]Patch{s.inside()}, false, n, "interior of "+s.name)
}

// Boundary returns n points on the boundary, uniform in arc length or area, with outward normals.
func (s *Shape) Boundary(n int) *Points {
	return s.region(s.patches, true, n, "boundary of "+s.name)
}

// Face returns n points on the flat part of the boundary where c is at.
func (s *Shape) Face(c *ph.Coord, at float64, n int) *Points {
	return s.flat(c, []float64{at}, n)
}

// Part returns n points on the part of the boundary with a name, or inside of the part of the region with it. Names are those of files
// ([ReadShape]) and of [Facets]; shapes that are built from parts keep them.
func (s *Shape) Part(name string, n int) *Points { return s.part(s, name, n, asIs) }

// Parts are the names of the parts of the boundary and of the region, each once.
func (s *Shape) Parts() []string {
	var list []string
	for _, p := range slices.Concat(s.patches, s.regions) {
		if p.Name != "" && !slices.Contains(list, p.Name) {
			list = append(list, p.Name)
		}
	}
	return list
}

// Sides returns n points on the flat parts of the boundary where c has its smallest or its largest value.
func (s *Shape) Sides(c *ph.Coord, n int) *Points { return s.flat(c, s.ends(c), n) }

func (s *Shape) flat(c *ph.Coord, at []float64, n int) *Points {
	return s.flatPart(s, c, at, n, asIs)
}

func asIs(patches []Patch) []Patch { return patches }

// Grid returns those points of the regular grid on the box around the shape, n per axis, that lie inside or on the boundary.
func (s *Shape) Grid(n int) *Points { return s.grid(n, s.closed) }

// closed returns a test whether a point lies inside or on the boundary. At distance zero that is not clear: the outer edge of
// a square from which a corner was cut has distance zero all along, but belongs to the rest only outside of the cut. So such
// a point must have inner points around it, looked for in many directions.
func (s *Shape) closed() func(x []float64) bool {
	const directions = 128
	d := len(s.box.axes)
	var around [][]float64
	for _, p := range (&Ball{center: make([]float64, d), r: 1}).Patches() {
		u, err := Halton{}.Sample(nil, directions, p.Params)
		if err != nil {
			continue // beyond 1024 dimensions only points strictly inside count
		}
		for i := range directions {
			step, normal := make([]float64, d), make([]float64, d)
			if p.At(u[i*p.Params:(i+1)*p.Params], step, normal) {
				around = append(around, step)
			}
		}
	}
	tol := 1e-9 * s.scale()
	return func(x []float64) bool {
		if dist := s.geometry.Distance(x); dist < -tol || !(dist <= tol) {
			return dist < -tol
		}
		y := make([]float64, len(x))
		return slices.ContainsFunc(around, func(step []float64) bool {
			for j := range x {
				y[j] = x[j] + 100*tol*step[j]
			}
			return s.geometry.Distance(y) < 0
		})
	}
}

// inside searches the interior in the box around the shape.
func (s *Shape) inside() Patch {
	p := s.box.inside()
	return Patch{Params: p.Params, Measure: s.volume, At: func(u, x, normal []float64) bool { return p.At(u, x, normal) && s.holds(x) }}
}

// holds reports whether the distance of a point is negative, which some geometries know sooner than the distance.
func (s *Shape) holds(x []float64) bool {
	if g, ok := s.geometry.(interface{ inside(x []float64) bool }); ok {
		return g.inside(x)
	}
	return s.geometry.Distance(x) < 0
}

// scale is the diagonal of the box around the shape.
func (s *Shape) scale() float64 { return s.box.diagonal() }

// Distance is that of the geometry; NaN when Err is not nil.
func (s *Shape) Distance(x []float64) float64 {
	if s.err != nil {
		return math.NaN()
	}
	return s.geometry.Distance(x)
}

// Patches are the pieces of the boundary.
func (s *Shape) Patches() []Patch { return slices.Clone(s.patches) }

// Volume is the length, area or volume: exact for balls, polygons and boxes, and for other shapes the share of 16384 Sobol
// points in the box around it, good to about three digits in the plane. It is 0 when Err is not nil.
func (s *Shape) Volume() float64 {
	if s.err != nil {
		return 0
	}
	return s.volume
}

// Surface is the length or area of the boundary. It is exact for balls, polygons and boxes; for combinations in the plane it
// is good to about 8 digits, in space to about three.
func (s *Shape) Surface() float64 { return surface(s.patches) }
