package domain_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/pointwise"
	ph "github.com/crux-pinn/crux/placeholder"
)

// ball is where Σ (x_i − at_i)² = r² of the first coordinates.
func ball(of []*ph.Coord, at []float64, r float64) domain.Level {
	return domain.Level{
		Of: of,
		Value: func(x []float64) float64 {
			s := -r * r
			for i, v := range at {
				s += (x[i] - v) * (x[i] - v)
			}
			return s
		},
		Slope: func(x, g []float64) {
			clear(g)
			for i, v := range at {
				g[i] = 2 * (x[i] - v)
			}
		},
	}
}

// Points of a surface lie on it with the right normals, and its parts have points by their size, which is known of circles, spheres and planes.
func TestSurface(t *testing.T) {
	x, y, z := ph.Coords3("x", "y", "z")
	now := ph.NewCoord("t")
	unit := func(cs ...*ph.Coord) *domain.Box {
		var axes []domain.Axis
		for _, c := range cs {
			axes = append(axes, domain.In(c, -1, 1))
		}
		return domain.NewBox(axes...)
	}
	plane := domain.Level{
		Of:    []*ph.Coord{x},
		Value: func(p []float64) float64 { return (p[0] - 0.25) * (p[0] + 0.5) },
		Slope: func(p, g []float64) { clear(g); g[0] = 2*p[0] + 0.25 },
	}
	for _, c := range []struct {
		name    string
		in      domain.Domain
		level   domain.Level
		measure float64
		dims    int
	}{
		{"two points of an interval", unit(x), plane, 2, 0},
		{"two lines of a square", unit(x, y), plane, 4, 1},
		{"two lines in a disk", domain.NewDisk(x, y, 0, 0, 1), plane, 2 * (math.Sqrt(1-0.0625) + math.Sqrt(1-0.25)), 1},
		{"a circle", unit(x, y), ball([]*ph.Coord{x, y}, []float64{0.1, 0}, 0.5), math.Pi, 1},
		{"half a circle", domain.NewBox(domain.In(x, 0, 1), domain.In(y, -1, 1)), ball([]*ph.Coord{x, y}, []float64{0, 0}, 0.5), math.Pi / 2, 1},
		{"a circle at all times", unit(x, y, now), ball([]*ph.Coord{x, y}, []float64{0, 0}, 0.5), 2 * math.Pi, 2},
		{"a circle in a cylinder", domain.Cross(domain.NewDisk(x, y, 0, 0, 1), domain.In(now, 0, 3)), ball([]*ph.Coord{x, y}, []float64{0, 0}, 0.5), 3 * math.Pi, 2},
		{"a sphere", unit(x, y, z), ball([]*ph.Coord{x, y, z}, []float64{0, 0, 0.1}, 0.5), math.Pi, 2},
	} {
		p := domain.Surface(c.in, 400, c.level)
		cloud, err := p.Draw(rand.New(rand.NewPCG(1, 2)))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		measure := 0.0
		for _, q := range p.Patches() {
			measure += q.Measure
		}
		if p.Dims() != c.dims || math.Abs(measure-c.measure) > 0.02*c.measure {
			t.Errorf("%s: %d dimensions, size %.4f; want %d and %.4f", c.name, p.Dims(), measure, c.dims, c.measure)
		}
		mean := make([]float64, len(cloud.Coords)) // of normals
		slope := make([]float64, len(cloud.Coords))
		for i := range cloud.Len() {
			normal := cloud.Normals[i*len(mean) : (i+1)*len(mean)]
			c.level.Slope(cloud.Row(i), slope)
			size := 0.0
			for _, v := range slope {
				size = math.Hypot(size, v)
			}
			for j, v := range normal {
				mean[j] += v / float64(cloud.Len())
				if math.Abs(v-slope[j]/size) > 1e-12 {
					t.Fatalf("%s: normal %v, slope %v", c.name, normal, slope)
				}
			}
			if v := c.level.Value(cloud.Row(i)); math.Abs(v) > 1e-14 {
				t.Fatalf("%s: point %d is off by %g", c.name, i, v)
			}
		}
		if c.name == "a circle" || c.name == "a sphere" {
			for _, v := range mean { // it is closed
				if math.Abs(v) > 0.1 {
					t.Errorf("%s: the mean of its normals is %v", c.name, mean)
				}
			}
		}
	}
}

// Keep chooses points, and turns normals around.
func TestSurfaceKeep(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	square := domain.NewBox(domain.In(x, -1, 1), domain.In(y, -1, 1))
	upper := ball([]*ph.Coord{x, y}, []float64{0, 0}, 0.5)
	upper.Keep = func(p, normal []float64) bool {
		normal[0], normal[1] = -normal[0], -normal[1]
		return p[1] > 0
	}
	c, err := domain.Surface(square, 100, upper).Draw(rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		t.Fatal(err)
	}
	for i := range c.Len() {
		if p := c.Row(i); p[1] <= 0 || math.Abs(c.Normals[2*i]+2*p[0]) > 1e-9 {
			t.Errorf("%v with the normal %v", p, c.Normals[2*i:2*i+2])
		}
	}
	upper.Keep = func(_, _ []float64) bool { return false }
	for _, bad := range []*domain.Points{
		domain.Surface(square, 100, upper),
		domain.Surface(square, 100, domain.Level{}),
		domain.Surface(domain.NewInterval(x, 1, 0), 1, upper),
	} {
		if bad.Err() == nil {
			t.Error("no error")
		}
	}
}

func ExampleSurface() {
	x, y := ph.Coords2("x", "y")
	square := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	diagonal := domain.Level{
		Of:    []*ph.Coord{x, y},
		Value: func(p []float64) float64 { return p[1] - p[0] },
		Slope: func(_, g []float64) { g[0], g[1] = -1, 1 },
	}
	c, err := domain.Surface(square, 3, diagonal).Draw(rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range c.Len() {
		fmt.Println(math.Abs(c.Row(i)[0]-c.Row(i)[1]) < 1e-15, c.Normals[2*i:2*i+2])
	}
	// Output:
	// true [-0.7071067811865475 0.7071067811865475]
	// true [-0.7071067811865475 0.7071067811865475]
	// true [-0.7071067811865475 0.7071067811865475]
}

// An expression for the inside of a region agrees with its signed distance.
func TestInside(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	disk := domain.NewDisk(x, y, 0.2, 0.1, 0.5)
	box := domain.NewBox(domain.In(x, -0.5, 0.5), domain.In(y, -0.3, 0.8))
	star := domain.NewPolygon(x, y, [2]float64{-0.8, -0.8}, [2]float64{0, -0.2}, [2]float64{0.9, -0.7}, [2]float64{0.3, 0.1}, [2]float64{0.1, 0.9}, [2]float64{-0.2, 0.2})
	for name, g := range map[string]domain.Geometry{
		"disk": disk, "box": box, "polygon": star, "union": domain.Union(disk, box), "intersection": domain.Intersection(star, disk),
		"difference": domain.Difference(box, disk, star),
	} {
		is := domain.Inside(g)
		f := pointwise.Function(is, []*ph.Coord{x, y})
		value := func(p []float64) float64 { v := []float64{0}; f(v, p); return v[0] }
		rng := rand.New(rand.NewPCG(1, 2))
		for range 2000 {
			p := []float64{2*rng.Float64() - 1, 2*rng.Float64() - 1}
			if v := value(p); (v != 0) != (g.Distance(p) < 0) {
				t.Fatalf("%s: %v at %v, at the distance %v", name, v, p, g.Distance(p))
			}
		}
	}
	if domain.Inside(foreign{disk}).Err() == nil || domain.Inside(nil).Err() == nil {
		t.Error("no error for a geometry that is not known")
	}
}

// foreign is a geometry of somebody else.
type foreign struct{ domain.Geometry }
