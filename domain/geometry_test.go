package domain_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
	"pgregory.net/rapid"
)

func rect(x, y *ph.Coord, x0, x1, y0, y1 float64) *domain.Box {
	return domain.NewBox(domain.In(x, x0, x1), domain.In(y, y0, y1))
}

// shapes are regions of the plane with known area and perimeter.
func shapes(x, y *ph.Coord) []struct {
	name            string
	s               *domain.Shape
	area, perimeter float64
} {
	// Two unit disks with centers 1 apart meet in a lens of area 2π/3 − √3/2, bounded by two arcs of angle 2π/3.
	lens := 2*math.Pi/3 - math.Sqrt(3)/2
	a, b := domain.NewDisk(x, y, 0, 0, 1), domain.NewDisk(x, y, 1, 0, 1)
	square := rect(x, y, -1, 1, -1, 1)
	return []struct {
		name            string
		s               *domain.Shape
		area, perimeter float64
	}{
		{"disk", domain.NewDisk(x, y, 3, -2, 0.5), math.Pi / 4, math.Pi},
		{"triangle", domain.NewPolygon(x, y, [2]float64{0, 0}, [2]float64{3, 0}, [2]float64{0, 4}), 6, 12},
		{"clockwise", domain.NewPolygon(x, y, [2]float64{0, 0}, [2]float64{0, 4}, [2]float64{3, 0}, [2]float64{0, 0}), 6, 12},
		{"arrow", domain.NewPolygon(x, y, [2]float64{0, 0}, [2]float64{4, 0}, [2]float64{1, 1}, [2]float64{0, 4}), 4, 8 + 2*math.Sqrt(10)},
		{"box", domain.NewShape(square), 4, 8},
		{"union", domain.Union(a, b), 2*math.Pi - lens, 8 * math.Pi / 3},
		{"intersection", domain.Intersection(a, b), lens, 4 * math.Pi / 3},
		{"difference", domain.Difference(a, b), math.Pi - lens, 2 * math.Pi},
		{"L", domain.Difference(square, rect(x, y, 0, 1, -1, 0)), 3, 8},
		{"annulus", domain.Difference(a, domain.NewDisk(x, y, 0, 0, 0.5)), 0.75 * math.Pi, 3 * math.Pi},
		{"plate", domain.Difference(square, domain.NewDisk(x, y, 0, 0, 0.25), domain.NewDisk(x, y, 1, 1, 0.5)), 4 - math.Pi/8, 8 - 1 + 3*math.Pi/4},
		{"touching", domain.Union(rect(x, y, 0, 1, 0, 1), rect(x, y, 1, 2, 0, 1)), 2, 6},
		{"shared edge", domain.Union(rect(x, y, 0, 1, 0, 1), rect(x, y, 0.5, 2, 0, 1)), 2, 6},
		{"twice", domain.Union(square, square), 4, 8},
		{"pieces", domain.Union(domain.NewDisk(x, y, 0, 0, 1), domain.NewDisk(x, y, 5, 0, 0.5)), 1.25 * math.Pi, 3 * math.Pi},
		{"nested", domain.Difference(domain.Union(rect(x, y, 0, 1, 0, 1), rect(x, y, 1, 2, 0, 1)), rect(x, y, 1, 1.5, 0.2, 0.8)), 1.7, 8.2},
	}
}

func TestAreaAndPerimeter(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	for _, tc := range shapes(x, y) {
		if err := tc.s.Err(); err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		// Perimeters are cut by bisection up to the probing distance of 1e-8; areas are counted with 16384 points.
		if p := tc.s.Surface(); math.Abs(p-tc.perimeter) > 1e-6*tc.perimeter {
			t.Errorf("%s: perimeter %v, want %v", tc.name, p, tc.perimeter)
		}
		if a := tc.s.Volume(); math.Abs(a-tc.area) > 3e-3*tc.area {
			t.Errorf("%s: area %v, want %v", tc.name, a, tc.area)
		}
	}
}

// Interior points have negative distance; boundary points distance zero, with a step along the normal leading out. The normal
// is the gradient of the signed distance, taken by finite differences where that is smooth.
func TestNormalsAreGradientsOfDistance(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	z := ph.NewCoord("z")
	all := map[string]*domain.Shape{}
	for _, tc := range shapes(x, y) {
		all[tc.name] = tc.s
	}
	xyz := []*ph.Coord{x, y, z}
	ball := domain.NewBall(xyz, []float64{1, 2, 3}, 2)
	all["ball"] = ball
	all["bitten ball"] = domain.Difference(ball, domain.NewBall(xyz, []float64{2.5, 2, 3}, 1))
	all["cut ball"] = domain.Intersection(ball, domain.NewBox(domain.In(x, 0, 4), domain.In(y, 0, 4), domain.In(z, 3, 6)))
	w := []*ph.Coord{x, y, z, ph.NewCoord("w")}
	all["ball in 4 dimensions"] = domain.NewBall(w, []float64{0, 0, 0, 1}, 0.5)
	all["interval"] = domain.Union(domain.NewInterval(x, 0, 1), domain.NewInterval(x, 0.5, 2))

	for name, s := range all {
		inside := draw(t, s.Interior(200))
		for i := range inside.Len() {
			if s.Distance(inside.Row(i)) >= 0 {
				t.Fatalf("%s: interior point %v has distance %v", name, inside.Row(i), s.Distance(inside.Row(i)))
			}
		}
		c := draw(t, s.Boundary(200))
		d := len(c.Coords)
		rough := 0
		for i := range c.Len() {
			p, n := c.Row(i), c.Normals[i*d:(i+1)*d]
			// Seams between touching parts have distance zero too; boundary points never have another.
			if dist := s.Distance(p); math.Abs(dist) > 1e-9 {
				t.Fatalf("%s: boundary point %v has distance %v", name, p, dist)
			}
			const h = 1e-6
			grad, norm := make([]float64, d), 0.0
			for j := range d {
				up, down := slices.Clone(p), slices.Clone(p)
				up[j] += h
				down[j] -= h
				grad[j] = (s.Distance(up) - s.Distance(down)) / (2 * h)
				norm += n[j] * n[j]
			}
			if math.Abs(norm-1) > 1e-12 {
				t.Fatalf("%s: normal %v has length² %v", name, n, norm)
			}
			for j := range d {
				if math.Abs(grad[j]-n[j]) > 1e-5 {
					rough++
					break
				}
			}
		}
		// Points within h of a corner or a seam are the exception.
		if rough > c.Len()/50 {
			t.Errorf("%s: %d of %d normals differ from the gradient of the distance", name, rough, c.Len())
		}
	}
}

// Boundary points are uniform in arc length: on an L of perimeter 8 every edge holds points in proportion to its length.
func TestBoundaryIsUniformInArcLength(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	for _, tc := range shapes(x, y) {
		for _, s := range []domain.Sampler{domain.Uniform{}, domain.Sobol{Scramble: true}, domain.LatinHypercube{}} {
			const n, bins = 8000, 16
			c := draw(t, tc.s.Boundary(n).With(s))
			// The moments ∮ x, ∮ y, ∮ n must agree with the trapezoidal rule along the patches; ∮ n = 0 for a closed curve.
			var nx, ny float64
			for i := range c.Len() {
				nx += c.Normals[2*i] / n
				ny += c.Normals[2*i+1] / n
			}
			limit := 4 / math.Sqrt(n) // four standard errors of independent points
			if _, ok := s.(domain.Uniform); !ok {
				limit = 2e-3
			}
			if math.Abs(nx) > limit || math.Abs(ny) > limit {
				t.Errorf("%s, %T: the mean normal of a closed curve is (%v, %v), want 0", tc.name, s, nx, ny)
			}
		}
	}
	// χ² of the angle on the outer arc of the crescent: uniform between π/3 and 5π/3.
	a, b := domain.NewDisk(x, y, 0, 0, 1), domain.NewDisk(x, y, 1, 0, 1)
	c := draw(t, domain.Difference(a, b).Boundary(6000).With(domain.Uniform{}))
	var bins [10]float64
	total := 0.0
	for i := range c.Len() {
		p := c.Row(i)
		if math.Abs(math.Hypot(p[0], p[1])-1) > 1e-12 {
			continue
		}
		angle := math.Mod(math.Atan2(p[1], p[0])+2*math.Pi, 2*math.Pi)
		bins[min(int((angle-math.Pi/3)/(4*math.Pi/3)*10), 9)]++
		total++
	}
	if total != 4000 {
		t.Errorf("%v of 6000 points on the outer arc, which is two thirds of the boundary", total)
	}
	if chi := chiSquare(bins[:], total/10); chi > 27.9 {
		t.Errorf("χ² of the angle is %v; the 99.9 %% quantile with 9 degrees of freedom is 27.9", chi)
	}
}

func chiSquare(bins []float64, want float64) float64 {
	chi := 0.0
	for _, b := range bins {
		chi += (b - want) * (b - want) / want
	}
	return chi
}

// Interior points are uniform: in a disk r² is uniform, on a sphere every coordinate is, by Archimedes.
func TestUniformityOfDisksAndSpheres(t *testing.T) {
	x, y, z := ph.Coords3("x", "y", "z")
	const n = 5000
	var bins [10]float64
	c := draw(t, domain.NewDisk(x, y, 1, 1, 2).Interior(n).With(domain.Uniform{}))
	for i := range n {
		r := math.Hypot(c.Row(i)[0]-1, c.Row(i)[1]-1) / 2
		bins[int(r*r*10)]++
	}
	if chi := chiSquare(bins[:], n/10); chi > 27.9 {
		t.Errorf("χ² of r² in a disk is %v", chi)
	}
	for _, s := range []domain.Sampler{domain.Uniform{}, domain.Sobol{Scramble: true}} {
		c = draw(t, domain.NewBall([]*ph.Coord{x, y, z}, []float64{0, 0, 0}, 1).Boundary(n).With(s))
		for j := range 3 {
			clear(bins[:])
			for i := range n {
				bins[min(int((c.Row(i)[j]+1)*5), 9)]++
			}
			if chi := chiSquare(bins[:], n/10); chi > 27.9 {
				t.Errorf("%T: χ² of coordinate %d on a sphere is %v", s, j, chi)
			}
		}
	}
	// Half a sphere, by a predicate: the part above z = 0 has z uniform on [0, 1].
	up := domain.NewBall([]*ph.Coord{x, y, z}, []float64{0, 0, 0}, 1).Boundary(n).Where(func(p []float64) bool { return p[2] > 0 })
	c = draw(t, up.With(domain.Uniform{}))
	clear(bins[:])
	for i := range n {
		bins[min(int(c.Row(i)[2]*10), 9)]++
	}
	if chi := chiSquare(bins[:], n/10); chi > 27.9 {
		t.Errorf("χ² of z on half a sphere is %v", chi)
	}
}

// Volumes and areas in space, against closed forms; estimates from 16384 points are good to about three digits.
func TestVolumesInSpace(t *testing.T) {
	x, y, z := ph.Coords3("x", "y", "z")
	xyz := []*ph.Coord{x, y, z}
	ball := domain.NewBall(xyz, []float64{0, 0, 0}, 1)
	half := domain.Difference(ball, domain.NewBox(domain.In(x, -2, 2), domain.In(y, -2, 2), domain.In(z, -2, 0)))
	for _, tc := range []struct {
		s            *domain.Shape
		volume, area float64
		tol          float64
	}{
		{ball, 4 * math.Pi / 3, 4 * math.Pi, 1e-12},
		{half, 2 * math.Pi / 3, 3 * math.Pi, 3e-3},
		{domain.NewBall([]*ph.Coord{x}, []float64{1}, 2), 4, 2, 1e-12},
		{domain.NewBall(append(xyz, ph.NewCoord("w")), make([]float64, 4), 1), math.Pi * math.Pi / 2, 2 * math.Pi * math.Pi, 1e-12},
	} {
		if v := tc.s.Volume(); math.Abs(v-tc.volume) > tc.tol*tc.volume {
			t.Errorf("%s: volume %v, want %v", tc.s, v, tc.volume)
		}
		if a := tc.s.Surface(); math.Abs(a-tc.area) > tc.tol*tc.area {
			t.Errorf("%s: area %v, want %v", tc.s, a, tc.area)
		}
	}
}

func TestFacesOfShapes(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	l := domain.Difference(rect(x, y, -1, 1, -1, 1), rect(x, y, 0, 1, -1, 0))
	// The edges of the L at x = 0 and y = 0 are the sides of the cut; those at x = 1 and y = −1 are half as long.
	for _, tc := range []struct {
		c      *ph.Coord
		at     float64
		lo, hi float64 // of the other coordinate
	}{{x, -1, -1, 1}, {x, 1, 0, 1}, {x, 0, -1, 0}, {y, 0, 0, 1}, {y, -1, -1, 0}} {
		c := draw(t, l.Face(tc.c, tc.at, 100))
		k := slices.Index(c.Coords, tc.c)
		lo, hi := math.Inf(1), math.Inf(-1)
		for i := range c.Len() {
			if c.Row(i)[k] != tc.at || math.Abs(c.Normals[2*i+k]) != 1 {
				t.Errorf("%s = %v: point %v, normal %v", tc.c.Name(), tc.at, c.Row(i), c.Normals[2*i:2*i+2])
			}
			lo, hi = min(lo, c.Row(i)[1-k]), max(hi, c.Row(i)[1-k])
		}
		if lo < tc.lo-1e-6 || hi > tc.hi+1e-6 || hi-lo < 0.97*(tc.hi-tc.lo) {
			t.Errorf("%s = %v: the other coordinate runs from %v to %v, not from %v to %v", tc.c.Name(), tc.at, lo, hi, tc.lo, tc.hi)
		}
	}
	if n := l.Sides(x, 90).Len(); n != 90 {
		t.Errorf("%d points on the sides", n)
	}
	// Curved boundaries have no flat part, not even a sliver at their poles.
	z := ph.NewCoord("z")
	for _, p := range []*domain.Points{
		domain.NewDisk(x, y, 0, 0, 1).Face(x, 1, 5),
		domain.NewBall([]*ph.Coord{x, y, z}, []float64{0, 0, 0}, 1).Sides(z, 5),
		l.Face(x, 0.5, 5),
	} {
		if err := p.Err(); err == nil || !strings.Contains(err.Error(), "no flat part") {
			t.Errorf("got %v", err)
		}
	}
}

func TestGridOfShape(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	l := domain.Difference(rect(x, y, -1, 1, -1, 1), rect(x, y, 0, 1, -1, 0))
	// Of 5×5 points the 4 in the cut and on its outer sides are missing, though the latter have distance zero.
	if n := l.Grid(5).Len(); n != 21 {
		t.Errorf("%d grid points", n)
	}
	x2, y2 := ph.Coords2("x", "y")
	for _, tc := range []struct {
		s    domain.Domain
		want int
	}{
		{domain.NewPolygon(x2, y2, [2]float64{0, 0}, [2]float64{1, 0}, [2]float64{0, 1}), 66},                                             // 11·12/2
		{domain.NewPolygon(x2, y2, [2]float64{0, 0}, [2]float64{2, 0.05}, [2]float64{0, 0.1}), 5},                                         // a tip of 3° at the end of the middle line
		{domain.Union(rect(x2, y2, 0, 1, 0, 1), rect(x2, y2, 1, 2, 0, 1)), 121},                                                           // the seam is inside
		{domain.Cross(domain.Difference(rect(x2, y2, -1, 1, -1, 1), rect(x2, y2, 0, 1, -1, 0)), domain.In(ph.NewCoord("t"), 0, 1)), 1056}, // (121 − 25)·11
		{domain.NewShape(domain.NewInterval(x, 0, 1)), 11},
	} {
		n := 11
		if tc.want == 5 {
			n = 3
		}
		if got := tc.s.Grid(n).Len(); got != tc.want {
			t.Errorf("%v: %d grid points, want %d", tc.s, got, tc.want)
		}
	}
}

func TestWrongShapes(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	disk := domain.NewDisk(x, y, 0, 0, 1)
	v := func(c ...float64) (out [][2]float64) {
		for i := 0; i < len(c); i += 2 {
			out = append(out, [2]float64{c[i], c[i+1]})
		}
		return out
	}
	var noBox *domain.Box
	var noShape *domain.Shape
	for _, tc := range []struct {
		name string
		s    *domain.Shape
		want string
	}{
		{"zero radius", domain.NewDisk(x, y, 0, 0, 0), "radius must be positive"},
		{"NaN radius", domain.NewDisk(x, y, 0, 0, math.NaN()), "radius must be positive"},
		{"Inf center", domain.NewDisk(x, y, math.Inf(1), 0, 1), "center must be finite"},
		{"far center", domain.NewDisk(x, y, 1e300, 0, 1), "lower bound must be less"},
		{"huge", domain.NewDisk(x, y, 0, 0, 1e200), "volume"},
		{"x twice", domain.NewDisk(x, x, 0, 0, 1), "given twice"},
		{"nil coordinate", domain.NewDisk(x, nil, 0, 0, 1), "nil coordinate"},
		{"center", domain.NewBall([]*ph.Coord{x, y}, []float64{1}, 1), "1 entries for 2 coordinates"},
		{"two vertices", domain.NewPolygon(x, y, v(0, 0, 1, 1)...), "at least 3"},
		{"no vertex", domain.NewPolygon(x, y), "at least 3"},
		{"NaN vertex", domain.NewPolygon(x, y, v(0, 0, 1, math.NaN(), 2, 2)...), "vertex 1"},
		{"bow tie", domain.NewPolygon(x, y, v(0, 0, 1, 1, 1, 0, 0, 1)...), "meet"},
		{"flat", domain.NewPolygon(x, y, v(0, 0, 1, 1, 2, 2)...), "meet"},
		{"spike", domain.NewPolygon(x, y, v(0, 0, 2, 0, 1, 0, 1, 1)...), "meet"},
		{"repeated vertex", domain.NewPolygon(x, y, v(0, 0, 1, 0, 1, 0, 1, 1)...), "meet"},
		{"touching itself", domain.NewPolygon(x, y, v(0, 0, 4, 0, 4, 4, 2, 0, 0, 4)...), "meet"},
		{"nil geometry", domain.NewShape(nil), "nil geometry"},
		{"nil box", domain.NewShape(noBox), "nil geometry"},
		{"nil shape", domain.Union(disk, noShape), "nil geometry"},
		{"no parts", domain.Union(), "at least one"},
		{"apart", domain.Intersection(disk, domain.NewDisk(x, y, 5, 0, 1)), "empty"},
		{"apart within bounds", domain.Intersection(disk, rect(x, y, 0.9, 1, 0.9, 1)), "empty"},
		{"all cut away", domain.Difference(disk, domain.NewDisk(x, y, 0, 0, 2)), "empty"},
		{"other coordinates", domain.Union(disk, domain.NewDisk(y, x, 0, 0, 1)), "same in the same order"},
		{"broken part", domain.Difference(disk, domain.NewDisk(x, y, 0, 0, -1)), "part 2"},
	} {
		err := tc.s.Err()
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want … %s …", tc.name, err, tc.want)
		}
		c := domain.Cross(tc.s, domain.In(ph.NewCoord("t"), 0, 1))
		for _, p := range []*domain.Points{
			tc.s.Interior(3), tc.s.Boundary(3), tc.s.Grid(3), tc.s.Face(x, 0, 3), tc.s.Sides(x, 3), c.Interior(3), c.Boundary(3),
			c.Grid(3), c.Face(x, 0, 3), c.Sides(x, 3),
		} {
			if p.Err() == nil {
				t.Errorf("%s: points without an error", tc.name)
			}
		}
		if tc.s.Volume() != 0 || !math.IsNaN(tc.s.Distance([]float64{0, 0})) {
			t.Errorf("%s: volume %v, distance %v", tc.name, tc.s.Volume(), tc.s.Distance([]float64{0, 0}))
		}
	}
}

func TestCylinder(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	tc := ph.NewCoord("t")
	base := domain.Difference(rect(x, y, 0, 1, 0, 1), domain.NewDisk(x, y, 0.5, 0.5, 0.25))
	c := domain.Cross(base, domain.In(tc, 0, 2))
	lo, hi := c.Boundary(1).Bounds()
	if !slices.Equal(lo, []float64{0, 0, 0}) || !slices.Equal(hi, []float64{1, 1, 2}) || c.Coords()[2] != tc {
		t.Errorf("bounds %v %v", lo, hi)
	}
	in := draw(t, c.Interior(300))
	for i := range in.Len() {
		if p := in.Row(i); base.Distance(p[:2]) >= 0 || p[2] <= 0 || p[2] >= 2 {
			t.Fatalf("point %v is not inside", p)
		}
	}
	if in.Normals != nil {
		t.Error("interior points have normals")
	}
	wall := draw(t, c.Boundary(300))
	for i := range wall.Len() {
		p, n := wall.Row(i), wall.Normals[3*i:3*i+3]
		if math.Abs(base.Distance(p[:2])) > 1e-12 || n[2] != 0 || math.Abs(math.Hypot(n[0], n[1])-1) > 1e-12 {
			t.Fatalf("wall point %v with normal %v", p, n)
		}
	}
	start := draw(t, c.Face(tc, 0, 50))
	for i := range start.Len() {
		if p := start.Row(i); p[2] != 0 || base.Distance(p[:2]) >= 0 {
			t.Fatalf("initial point %v", p)
		}
	}
	if start.Normals != nil {
		t.Error("initial points have normals")
	}
	left := draw(t, c.Face(x, 0, 50))
	for i := range left.Len() {
		if left.Row(i)[0] != 0 || left.Normals[3*i] != -1 {
			t.Fatalf("left point %v", left.Row(i))
		}
	}
	if n := draw(t, c.Sides(tc, 10)).Len(); n != 10 {
		t.Errorf("%d points at both times", n)
	}
	// An interval at all times has two walls; each is a curve in space and time, not a point.
	rod := domain.Cross(domain.NewInterval(x, 0, 1), domain.In(tc, 0, 1))
	if n := draw(t, rod.Boundary(11)).Len(); n != 11 {
		t.Errorf("%d wall points", n)
	}
	if g := rod.Grid(5).Len(); g != 25 {
		t.Errorf("%d grid points", g)
	}
	for want, p := range map[string]*domain.Points{
		"no end of":     c.Face(tc, 1, 3),
		"no flat part":  c.Face(y, 0.5, 3),
		"coordinate w":  c.Face(ph.NewCoord("w"), 0, 3),
		"given twice":   domain.Cross(base, domain.In(x, 0, 1)).Interior(3),
		"lower bound":   domain.Cross(base, domain.In(tc, 1, 0)).Interior(3),
		"nil geometry":  domain.Cross(nil, domain.In(tc, 0, 1)).Boundary(3),
		"ask for":       c.Interior(0),
		"has no coordi": c.Sides(ph.NewCoord("w"), 3),
	} {
		if err := p.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want … %s …", err, want)
		}
	}
}

func TestNamed(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	b := rect(x, y, 0, 1, -2, 2)
	for name, want := range map[string]*domain.Points{
		"interior": b.Interior(9), "boundary": b.Boundary(9), "x": b.Sides(x, 9), "y=-2": b.Face(y, -2, 9),
		" x = 1 ": b.Face(x, 1, 9), "y = max": b.Face(y, 2, 9), "x=min": b.Face(x, 0, 9),
	} {
		if got := draw(t, domain.Named(b, name, 9)); !slices.Equal(got.X, draw(t, want).X) {
			t.Errorf("%s: other points", name)
		}
	}
	for name, want := range map[string]string{
		"boundry": `did you mean "boundary"?`, "z=0": "no region", "x=left": "no number", "x=0.5": "no face", "": "no region",
	} {
		if err := domain.Named(b, name, 9).Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want … %s …", name, err, want)
		}
	}
	if domain.Named(nil, "interior", 9).Err() == nil || domain.Named(domain.NewBox(), "interior", 9).Err() == nil {
		t.Error("no error for a missing or broken domain")
	}
}

// hexagon is a geometry of somebody else, to show that four methods are enough.
type ellipse struct {
	x, y *ph.Coord
	a, b float64
}

func (e ellipse) Coords() []*ph.Coord { return []*ph.Coord{e.x, e.y} }
func (e ellipse) Bounds() (lo, hi []float64) {
	return []float64{-e.a, -e.b}, []float64{e.a, e.b}
}
func (e ellipse) Distance(p []float64) float64 { return math.Hypot(p[0]/e.a, p[1]/e.b) - 1 }

// Patches parametrises by angle and keeps a point with probability proportional to the arc length per angle, so that what
// is kept is uniform in arc length.
func (e ellipse) Patches() []domain.Patch {
	return []domain.Patch{{Params: 2, Measure: 9.688448220547675, At: func(u, p, n []float64) bool {
		sin, cos := math.Sincos(2 * math.Pi * u[0])
		p[0], p[1] = e.a*cos, e.b*sin
		n[0], n[1] = cos/e.a, sin/e.b
		norm := math.Hypot(n[0], n[1])
		n[0], n[1] = n[0]/norm, n[1]/norm
		return u[1]*max(e.a, e.b) < math.Hypot(e.a*sin, e.b*cos)
	}}}
}

func TestGeometryOfOnesOwn(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	e := ellipse{x, y, 2, 1}
	s := domain.NewShape(e)
	if v := s.Volume(); math.Abs(v-2*math.Pi) > 2e-2 {
		t.Errorf("area %v, want 2π", v)
	}
	half := domain.Difference(e, rect(x, y, -3, 0, -3, 3))
	// Half the ellipse's perimeter 4a E(1−b²/a²) = 9.68845 and the cut of length 2.
	if p := half.Surface(); math.Abs(p-9.688448220547675/2-2) > 2e-2 {
		t.Errorf("perimeter %v", p)
	}
	draw(t, half.Boundary(100))
	draw(t, domain.Cross(e, domain.In(ph.NewCoord("t"), 0, 1)).Boundary(100))
}

// broken is a geometry that answers nonsense; it must give errors, not panics.
type broken struct {
	ellipse
	lo, hi  []float64
	patches []domain.Patch
}

func (b broken) Bounds() (lo, hi []float64) { return b.lo, b.hi }
func (b broken) Patches() []domain.Patch    { return b.patches }

func TestBrokenGeometry(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	e := ellipse{x, y, 2, 1}
	lo, hi := e.Bounds()
	for _, g := range []broken{
		{e, nil, hi, e.Patches()},
		{e, lo, hi[:1], e.Patches()},
		{e, hi, lo, e.Patches()},
		{e, lo, []float64{math.NaN(), 1}, e.Patches()},
		{e, lo, hi, []domain.Patch{{Params: 1, Measure: 1}}},
		{e, lo, hi, []domain.Patch{{Params: -1, Measure: 1, At: e.Patches()[0].At}}},
		{e, lo, hi, []domain.Patch{{Params: 2, Measure: math.NaN(), At: e.Patches()[0].At}}},
		{ellipse{x, nil, 1, 1}, lo, hi, nil},
	} {
		if domain.NewShape(g).Err() == nil {
			t.Errorf("no error for %+v", g)
		}
		_ = domain.Union(g, g).Err()
	}
	if p := domain.NewShape(broken{e, lo, hi, nil}).Boundary(5); p.Err() == nil {
		t.Error("no error for a boundary without patches")
	}
	never := broken{e, lo, hi, []domain.Patch{{Params: 1, Measure: 1, At: func(_, _, _ []float64) bool { return false }}}}
	if _, err := domain.NewShape(never).Boundary(5).Draw(stream(1)); err == nil {
		t.Error("no error for a boundary that cannot be hit")
	}
}

// For random disks and rectangles: membership of union, intersection and difference follows the Boolean rules, and areas add
// up, |A ∪ B| + |A ∩ B| = |A| + |B|; and boundaries too, since each piece of ∂A and ∂B goes to exactly one of A ∪ B and A ∩ B.
func TestBooleanLaws(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	rapid.Check(t, func(rt *rapid.T) {
		f := func(lo, hi float64, name string) float64 { return rapid.Float64Range(lo, hi).Draw(rt, name) }
		a := domain.NewDisk(x, y, f(-0.3, 0.3, "cx"), f(-0.3, 0.3, "cy"), f(0.5, 1, "r"))
		x0, y0 := f(-0.6, 0.4, "x0"), f(-0.6, 0.4, "y0")
		b := domain.NewShape(rect(x, y, x0, x0+f(0.6, 1.5, "w"), y0, y0+f(0.6, 1.5, "h")))
		u, i, d := domain.Union(a, b), domain.Intersection(a, b), domain.Difference(a, b)
		if u.Err() != nil || i.Err() != nil || i.Volume() < 0.05 {
			rt.Skip("too small a common part for the tolerances")
		}
		for range 20 {
			p := []float64{f(-2, 2, "px"), f(-2, 2, "py")}
			inA, inB := a.Distance(p) < 0, b.Distance(p) < 0
			if (u.Distance(p) < 0) != (inA || inB) || (i.Distance(p) < 0) != (inA && inB) {
				rt.Fatalf("membership of %v", p)
			}
			if d.Err() == nil && (d.Distance(p) < 0) != (inA && b.Distance(p) > 0) {
				rt.Fatalf("membership of %v in the difference", p)
			}
		}
		if got, want := u.Volume()+i.Volume(), a.Volume()+b.Volume(); math.Abs(got-want) > 1e-2*want {
			rt.Fatalf("areas %v and %v", got, want)
		}
		// Grazing arcs shorter than a cell may be missed.
		if got, want := u.Surface()+i.Surface(), a.Surface()+b.Surface(); math.Abs(got-want) > 5e-3*want {
			rt.Fatalf("perimeters %v and %v", got, want)
		}
	})
}

func ExampleDifference() {
	x, y := ph.Coords2("x", "y")
	square := domain.NewBox(domain.In(x, -1, 1), domain.In(y, -1, 1))
	corner := domain.NewBox(domain.In(x, 0, 1), domain.In(y, -1, 0))
	l := domain.Difference(square, corner)
	fmt.Printf("area %.2f, perimeter %.4f\n", l.Volume(), l.Surface())
	fmt.Println(l.Interior(2000).Len(), l.Boundary(400).Len())
	// Output:
	// area 3.00, perimeter 8.0000
	// 2000 400
}

func ExampleUnion() {
	x, y := ph.Coords2("x", "y")
	pill := domain.Union(domain.NewBox(domain.In(x, 0, 2), domain.In(y, -1, 1)), domain.NewDisk(x, y, 0, 0, 1), domain.NewDisk(x, y, 2, 0, 1))
	fmt.Printf("perimeter %.4f\n", pill.Surface())
	// Output: perimeter 10.2832
}

func ExampleIntersection() {
	x, y := ph.Coords2("x", "y")
	quarter := domain.Intersection(domain.NewDisk(x, y, 0, 0, 1), domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1)))
	fmt.Printf("perimeter %.4f\n", quarter.Surface())
	// Output: perimeter 3.5708
}

func ExampleNewPolygon() {
	x, y := ph.Coords2("x", "y")
	triangle := domain.NewPolygon(x, y, [2]float64{0, 0}, [2]float64{3, 0}, [2]float64{0, 4})
	fmt.Println(triangle.Volume(), triangle.Surface())
	fmt.Println(domain.NewPolygon(x, y, [2]float64{0, 0}, [2]float64{1, 1}, [2]float64{1, 0}, [2]float64{0, 1}).Err())
	// Output:
	// 6 12
	// domain: polygon of 4 vertices: the edge from vertex 0 and the edge from vertex 2 meet; give the vertices in order around the polygon, each once
}

func ExampleNewDisk() {
	x, y := ph.Coords2("x", "y")
	c, _ := domain.NewDisk(x, y, 0, 0, 2).Boundary(4).With(domain.Grid{}).Draw(nil)
	fmt.Printf("%.3f\n", c.X)
	fmt.Printf("%.3f\n", c.Normals)
	// Output:
	// [1.414 1.414 -1.414 1.414 -1.414 -1.414 1.414 -1.414]
	// [0.707 0.707 -0.707 0.707 -0.707 -0.707 0.707 -0.707]
}

func ExampleNewBall() {
	x, y, z := ph.Coords3("x", "y", "z")
	b := domain.NewBall([]*ph.Coord{x, y, z}, []float64{0, 0, 0}, 1)
	fmt.Printf("%.4f %.4f\n", b.Volume(), b.Surface())
	// Output: 4.1888 12.5664
}

func ExampleCross() {
	x, y := ph.Coords2("x", "y")
	t := ph.NewCoord("t")
	slab := domain.Cross(domain.NewDisk(x, y, 0, 0, 1), domain.In(t, 0, 1))
	inside, walls, start := slab.Interior(1000), slab.Boundary(200), slab.Face(t, 0, 100)
	fmt.Println(inside.Len(), walls.Len(), start.Len(), len(walls.Coords()))
	// Output: 1000 200 100 3
}

func ExampleNamed() {
	t, x := ph.Coords2("t", "x")
	strip := domain.NewBox(domain.In(t, 0, 1), domain.In(x, -1, 1))
	fmt.Println(domain.Named(strip, "t = 0", 50).Len(), domain.Named(strip, "x", 80).Len())
	fmt.Println(domain.Named(strip, "interiour", 10).Err())
	// Output:
	// 50 80
	// domain: no region "interiour"; did you mean "interior"? the regions are interior, boundary, and faces such as t or t = 0
}
