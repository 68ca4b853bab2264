package domain_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
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
