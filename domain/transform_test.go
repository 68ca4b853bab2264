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

// solids are shapes of all kinds in space with their volumes and surfaces.
func solids(x, y, z *ph.Coord) map[string]struct {
	s               *domain.Shape
	volume, surface float64
} {
	r, l := ph.NewCoord("r"), ph.NewCoord("s")
	xs := []*ph.Coord{x, y, z}
	o := [3]float64{0.3, -0.2, 0.1}
	up := [3]float64{0, 0, 1}
	skew := [3]float64{1, 2, 2}
	ring := func(points ...point) *domain.Shape { return domain.NewPolygon(r, l, points...) }
	unit := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 2), domain.In(z, 0, 3))
	ball := domain.NewBall(xs, []float64{1, 2, 3}, 0.5)
	thirds := []float64{0, 1, 2}
	bent := domain.NewPolyhedron(x, y, z, domain.Facets{Triangles: blocks(thirds, thirds, thirds, func(i, j, k int) bool { return i+j+k < 3 })})
	slot := domain.NewOutline(x, y, slotted()...)
	slotArea, slotLength := 2+math.Pi*(0.25-0.0625), 4+math.Pi+math.Pi/2
	type s = struct {
		s               *domain.Shape
		volume, surface float64
	}
	pi := math.Pi
	ellipsoid := func(a, b, c float64) float64 { return 4 * pi / 3 * a * b * c }
	return map[string]s{
		"cylinder":         {domain.NewCone(x, y, z, o, [3]float64{0.3, -0.2, 2.1}, 0.5, 0.5), pi / 2, 2 * pi * 0.25 * (1 + 4)},
		"skew cylinder":    {domain.NewCone(x, y, z, o, [3]float64{1.3, 1.8, 2.1}, 0.5, 0.5), 3 * pi / 4, 2 * pi * 0.5 * (0.5 + 3)},
		"cone":             {domain.NewCone(x, y, z, o, [3]float64{0.3, -0.2, 1.1}, 1, 0), pi / 3, pi * (1 + math.Sqrt2)},
		"stump":            {domain.NewCone(x, y, z, o, [3]float64{0.3, -0.2, -0.9}, 1, 0.5), pi / 3 * 1.75, pi * (1.25 + 1.5*math.Sqrt(1.25))},
		"torus":            {domain.NewTorus(x, y, z, o, skew, 1, 0.25), 2 * pi * pi * 0.0625, 4 * pi * pi * 0.25},
		"ring":             {domain.Revolve(ring(point{1, 0}, point{2, 0}, point{2, 1}, point{1, 1}), x, y, z, o, skew), 3 * pi, 2*pi*(1+2) + 6*pi},
		"spindle":          {domain.Revolve(ring(point{0, 0}, point{1, 1}, point{0, 2}), x, y, z, o, up), 2 * pi / 3, 2 * pi * math.Sqrt2},
		"half ball":        {domain.Revolve(domain.Intersection(domain.NewDisk(r, l, 0, 0, 1), domain.NewBox(domain.In(r, 0, 2), domain.In(l, 0, 2))), x, y, z, o, up), 2 * pi / 3, 3 * pi},
		"slot":             {domain.Extrude(slot, domain.In(z, -1, 1)), 2 * slotArea, 2*slotLength + 2*slotArea},
		"lying slot":       {domain.Extrude(domain.NewOutline(x, z, slotted()...), domain.In(y, -1, 1), x, y, z), 2 * slotArea, 2*slotLength + 2*slotArea},
		"turned box":       {domain.Rotate(unit, 30, 1, 2, 2), 6, 22},
		"turned ball":      {domain.Rotate(domain.Scale(ball, 2), 50, 0, 0, 1), 4 * pi / 3, 4 * pi},
		"egg":              {domain.Scale(ball, 1, 1, 2), ellipsoid(0.5, 0.5, 1), 2*pi*0.25 + 2*pi*0.5*1/math.Sqrt(0.75)*math.Asin(math.Sqrt(0.75))},
		"larger blocks":    {domain.Shift(domain.Rotate(domain.Scale(bent, 2), 45, 0, 1, 0), 1, 2, 3), 7 * 8, 24 * 4},
		"mirrored blocks":  {domain.Scale(bent, -1, 1, 1), 7, 24},
		"turned slot":      {domain.Rotate(domain.Extrude(slot, domain.In(z, -1, 1)), 20, 1, 0, 0), 2 * slotArea, 2*slotLength + 2*slotArea},
		"turned torus":     {domain.Scale(domain.Rotate(domain.NewTorus(x, y, z, o, skew, 1, 0.25), 77, 1, 0, 1), 2), 16 * pi * pi * 0.0625, 16 * pi * pi * 0.25},
		"flat cylinder":    {domain.Scale(domain.NewCone(x, y, z, [3]float64{}, up, 1, 1), 1, 1, 0.5), pi / 2, 2*pi + pi},
		"plate with a rod": {domain.Union(unit, domain.NewCone(x, y, z, [3]float64{0.5, 1, 2}, [3]float64{0.5, 1, 4}, 0.25, 0.25)), 6 + pi/16, 22 + pi/2},
		"turned plate":     {domain.Rotate(domain.Difference(unit, domain.NewCone(x, y, z, [3]float64{0.5, 1, -1}, [3]float64{0.5, 1, 4}, 0.25, 0.25)), 90, 1, 0, 0), 6 - 3*pi/16, 22 - pi/8 + 3*pi/2},
	}
}

// Shapes of all kinds have the volumes and surfaces of closed forms. Points of the boundary lie on it and normals lead outwards; by the divergence theorem the mean of
// x·n, times the surface, is three times the volume.
func TestSolids(t *testing.T) {
	x, y, z := space()
	for name, tc := range solids(x, y, z) {
		s := tc.s
		if s.Err() != nil {
			t.Errorf("%s: %v", name, s.Err())
			continue
		}
		const estimated = 1e-2 // of combinations
		if v := s.Volume(); math.Abs(v-tc.volume) > estimated*tc.volume {
			t.Errorf("%s: volume %v, want %v", name, v, tc.volume)
		}
		if a := s.Surface(); math.Abs(a-tc.surface) > estimated*tc.surface {
			t.Errorf("%s: surface %v, want %v", name, a, tc.surface)
		}
		lo, hi := s.Bounds()
		c := draw(t, s.Boundary(20000))
		flow := 0.0
		for i := range c.Len() {
			p, n := c.Row(i), c.Normals[3*i:3*i+3]
			if d := s.Distance(p); math.Abs(d) > 1e-9 {
				t.Fatalf("%s: %v at distance %v", name, p, d)
			}
			out, in := make([]float64, 3), make([]float64, 3)
			for k := range 3 {
				flow += (p[k] - lo[k]) * n[k] * s.Surface() / 20000
				out[k], in[k] = p[k]+1e-5*n[k], p[k]-1e-5*n[k]
				if p[k] < lo[k]-1e-9 || p[k] > hi[k]+1e-9 {
					t.Fatalf("%s: %v is not within %v, %v", name, p, lo, hi)
				}
			}
			if a, b := s.Distance(out), s.Distance(in); !(a > 0) || !(b < 0) {
				t.Fatalf("%s: normal %v at %v: distances %v and %v", name, n, p, a, b)
			}
		}
		if math.Abs(flow-3*tc.volume) > 2e-2*3*tc.volume {
			t.Errorf("%s: ∮ x·n is %v, and three volumes %v", name, flow, 3*tc.volume)
		}
		inner := draw(t, s.Interior(500))
		for i := range inner.Len() {
			if s.Distance(inner.Row(i)) >= 0 {
				t.Fatalf("%s: %v is not inside", name, inner.Row(i))
			}
		}
	}
}

// What is known of a kind of geometry stays known under a transformation, and distances grow with the scale.
func TestTransformKeepsKinds(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	disk := domain.NewDisk(x, y, 1, 0, 0.5)
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 2))
	for _, tc := range []struct {
		s    *domain.Shape
		kind string
		at   []float64
		want float64
	}{
		{domain.Rotate(disk, 90), "*domain.Ball", []float64{0, 1}, -0.5},
		{domain.Scale(disk, 3), "*domain.Ball", []float64{3, 0}, -1.5},
		{domain.Shift(box, 1, 1), "*domain.Box", []float64{1.5, 2}, -0.5},
		{domain.Scale(box, -1, 2), "*domain.Box", []float64{-0.5, 2}, -0.5},
		{domain.Rotate(box, 45), "*domain.Polygon", []float64{0, math.Sqrt2}, -0},
		{domain.Rotate(domain.NewOutline(x, y, slotted()...), 180), "*domain.Outline", []float64{-1, -0.5}, -0.5},
		{domain.Scale(domain.NewOutline(x, y, slotted()...), -1, 1), "*domain.Outline", []float64{-1, 0.5}, -0.5},
		{domain.Scale(domain.NewOutline(x, y, slotted()...), 1, 4), "*domain.Placed", []float64{1, 2}, math.NaN()},
		{domain.Scale(domain.Difference(box, disk), 2), "*domain.Combination", []float64{0.5, 2}, -0.5},
	} {
		if tc.s.Err() != nil {
			t.Error(tc.s.Err())
			continue
		}
		if kind := fmt.Sprintf("%T", tc.s.Geometry()); kind != tc.kind {
			t.Errorf("%s: %s, want %s", tc.s, kind, tc.kind)
		}
		if d := tc.s.Distance(tc.at); math.Abs(d-tc.want) > 1e-12 {
			t.Errorf("%s: distance %v at %v, want %v", tc.s, d, tc.at, tc.want)
		}
	}
	// a quarter turn is exact
	if _, hi := domain.Rotate(box, 90).Bounds(); !slices.Equal(hi, []float64{0, 1}) {
		t.Errorf("bounds %v", hi)
	}
}

func TestWrongTransforms(t *testing.T) {
	x, y, z := space()
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1), domain.In(z, 0, 1))
	disk := domain.NewDisk(x, y, 0, 0, 1)
	for _, tc := range []struct {
		s    *domain.Shape
		want string
	}{
		{domain.Scale(box, 0), "the factor of coordinate 1 is 0"},
		{domain.Scale(box, 1, 2), "2 factors for 3 coordinates"},
		{domain.Scale(box, math.NaN()), "must be finite"},
		{domain.Rotate(box, 30), "an axis of 0 numbers in 3 coordinates"},
		{domain.Rotate(box, 30, 0, 0, 0), "has no direction"},
		{domain.Rotate(disk, 30, 0, 0, 1), "there is none in the plane"},
		{domain.Shift(box, 1), "1 numbers for 3 coordinates"},
		{domain.Shift(nil, 1), "nil geometry"},
		{domain.Scale(domain.NewDisk(x, y, 0, 0, -1), 2), "radius must be positive"},
		{domain.NewCone(x, y, z, [3]float64{}, [3]float64{}, 1, 1), "two points apart"},
		{domain.NewCone(x, y, z, [3]float64{}, [3]float64{1}, 0, 0), "its radii are 0 and 0"},
		{domain.NewCone(x, y, z, [3]float64{}, [3]float64{1}, math.NaN(), 0), "its radii are NaN"},
		{domain.NewTorus(x, y, z, [3]float64{}, [3]float64{0, 0, 1}, 1, 2), "below the second"},
		{domain.NewTorus(x, y, z, [3]float64{}, [3]float64{}, 2, 1), "has no direction"},
		{domain.Revolve(box, x, y, z, [3]float64{}, [3]float64{1}), "its profile has 3 coordinates"},
		{domain.Revolve(domain.NewDisk(x, y, -2, 0, 1), x, y, z, [3]float64{}, [3]float64{1}), "no part at a positive distance"},
		{domain.Revolve(nil, x, y, z, [3]float64{}, [3]float64{1}), "nil geometry"},
		{domain.Extrude(disk, domain.In(x, 0, 1)), "given twice"},
		{domain.Extrude(disk, domain.In(z, 1, 0)), "lower bound"},
		{domain.Extrude(disk, domain.In(z, 0, 1), x, y), "it has the same in another order"},
		{domain.Extrude(nil, domain.In(z, 0, 1)), "nil geometry"},
	} {
		if err := tc.s.Err(); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%v, want … %s …", err, tc.want)
		}
		if p := tc.s.Interior(3); p.Err() == nil {
			t.Error("points without an error")
		}
	}
}

func ExampleScale() {
	x, y := ph.Coords2("x", "y")
	inMillimetres := domain.NewDisk(x, y, 500, 0, 250)
	s := domain.Rotate(domain.Scale(inMillimetres, 1e-3), 90)
	lo, hi := s.Bounds()
	fmt.Printf("%.2f to %.2f, area %.4f\n", lo, hi, s.Volume())
	// Output:
	// [-0.25 0.25] to [0.25 0.75], area 0.1963
}

func ExampleNewCone() {
	x, y, z := ph.Coords3("x", "y", "z")
	pipe := domain.Difference(
		domain.NewCone(x, y, z, [3]float64{0, 0, 0}, [3]float64{0, 0, 4}, 1, 1),
		domain.NewCone(x, y, z, [3]float64{0, 0, -1}, [3]float64{0, 0, 5}, 0.5, 0.5))
	fmt.Printf("%.2f from the middle of the wall, %.2f in the bore\n", pipe.Distance([]float64{0.75, 0, 2}), pipe.Distance([]float64{0, 0, 2}))
	// Output:
	// -0.25 from the middle of the wall, 0.50 in the bore
}

func ExampleNewTorus() {
	x, y, z := ph.Coords3("x", "y", "z")
	ring := domain.NewTorus(x, y, z, [3]float64{}, [3]float64{0, 0, 1}, 2, 0.5)
	fmt.Printf("volume %.3f\n", ring.Volume())
	// Output:
	// volume 9.870
}

func ExampleRevolve() {
	x, y, z := ph.Coords3("x", "y", "z")
	r, s := ph.Coords2("r", "s")
	vase := domain.Revolve(domain.NewPolygon(r, s, [][2]float64{{0, 0}, {1, 0}, {0.5, 1}, {0.5, 2}, {0, 2}}...), x, y, z, [3]float64{}, [3]float64{0, 0, 1})
	fmt.Printf("volume %.4f, distance from the middle %.2f\n", vase.Volume(), vase.Distance([]float64{0, 0, 1}))
	// Output:
	// volume 2.6180, distance from the middle -0.50
}

func ExampleExtrude() {
	x, y, z := ph.Coords3("x", "y", "z")
	beam := domain.Extrude(domain.NewPolygon(x, z, [][2]float64{{0, 0}, {1, 0}, {0, 1}}...), domain.In(y, 0, 4), x, y, z)
	fmt.Println(beam.Volume(), beam.Face(y, 4, 100))
	// Output:
	// 2 face y = 4 of extrusion of polygon of 3 vertices along y
}

// A wedge on its tip: a half turn around the axis x lifts what was below, and a shift brings it back above z = 0.
func ExampleRotate() {
	x, y, z := ph.Coords3("x", "y", "z")
	wedge := domain.Extrude(domain.NewPolygon(x, z, [][2]float64{{0, 0}, {2, 0}, {1, 3}}...), domain.In(y, 0, 1), x, y, z)
	turned := domain.Rotate(wedge, 180, 1, 0, 0)
	lo, hi := turned.Bounds()
	fmt.Printf("from %.0f to %.0f, volume %.0f\n", lo, hi, turned.Volume())
	fmt.Printf("in the plane, by a quarter: ")
	u, v := ph.Coords2("u", "v")
	lo, hi = domain.Rotate(domain.NewBox(domain.In(u, 0, 3), domain.In(v, 0, 1)), 90).Bounds()
	fmt.Printf("from %.0f to %.0f\n", lo, hi)
	// Output:
	// from [0 -1 -3] to [2 0 0], volume 3
	// in the plane, by a quarter: from [-1 0] to [0 3]
}

func ExampleShift() {
	x, y := ph.Coords2("x", "y")
	disk := domain.NewDisk(x, y, 0, 0, 0.5)
	pair := domain.Union(disk, domain.Shift(disk, 2, 0))
	lo, hi := pair.Bounds()
	fmt.Printf("from %.1f to %.1f; the middle is %.1f away\n", lo, hi, pair.Distance([]float64{1, 0}))
	// Output:
	// from [-0.5 -0.5] to [2.5 0.5]; the middle is 0.5 away
}
