package domain_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
)

type point = [2]float64

// ring are straight edges from point to point, closed.
func ring(name string, points ...point) (list []domain.Edge) {
	for i, p := range points {
		list = append(list, domain.Edge{Name: name, From: p, To: points[(i+1)%len(points)]})
	}
	return list
}

// round is a circle in two arcs.
func round(name string, cx, cy, r float64) []domain.Edge {
	a, b := point{cx - r, cy}, point{cx + r, cy}
	return []domain.Edge{{Name: name, From: a, To: b, Bulge: 1}, {Name: name, From: b, To: a, Bulge: 1}}
}

// slotted is a slot of length 2 and radius 1/2 with a round hole.
func slotted() []domain.Edge {
	return slices.Concat([]domain.Edge{
		{From: point{0, 0}, To: point{2, 0}},
		{From: point{2, 1}, To: point{2, 0}, Bulge: -1, Name: "round"}, // the other way
		{From: point{2, 1}, To: point{0, 1}},
		{From: point{0, 1}, To: point{0, 0}, Bulge: 1, Name: "round"},
	}, round("hole", 0, 0.5, 0.25))
}

// The distance to a slot with a hole is that of its closed form; areas, lengths and normals are exact.
func TestOutline(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	s := domain.NewOutline(x, y, slotted()...)
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	want := func(p []float64) float64 {
		slot := math.Hypot(p[0]-min(max(p[0], 0), 2), p[1]-0.5) - 0.5
		return max(slot, 0.25-math.Hypot(p[0], p[1]-0.5))
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		p := []float64{4*rng.Float64() - 1, 3*rng.Float64() - 1}
		if rng.IntN(3) == 0 {
			p[1] = []float64{0, 0.5, 1, 0.25, 0.75}[rng.IntN(5)]
		}
		if got, want := s.Distance(p), want(p); math.Abs(got-want) > 1e-14 {
			t.Fatalf("distance %v at %v, want %v", got, p, want)
		}
	}
	if want := 2 + math.Pi/4 - math.Pi/16; math.Abs(s.Volume()-want) > 1e-14 {
		t.Errorf("area %v, want %v", s.Volume(), want)
	}
	if want := 4 + math.Pi + math.Pi/2; math.Abs(s.Surface()-want) > 1e-14 {
		t.Errorf("length %v, want %v", s.Surface(), want)
	}
	if lo, hi := s.Bounds(); !slices.Equal(lo, []float64{-0.5, 0}) || !slices.Equal(hi, []float64{2.5, 1}) {
		t.Errorf("bounds %v, %v", lo, hi)
	}
	c := draw(t, s.Boundary(500))
	for i := range c.Len() {
		p, n := c.Row(i), c.Normals[2*i:]
		if d := s.Distance(p); math.Abs(d) > 1e-14 {
			t.Fatalf("%v at distance %v", p, d)
		}
		if d := s.Distance([]float64{p[0] + 1e-3*n[0], p[1] + 1e-3*n[1]}); math.Abs(d-1e-3) > 1e-12 {
			t.Fatalf("the normal %v at %v leads to distance %v", n[:2], p, d)
		}
	}
	hole := draw(t, s.Part("hole", 40))
	for i := range hole.Len() {
		p := hole.Row(i)
		if d := math.Hypot(p[0], p[1]-0.5); math.Abs(d-0.25) > 1e-14 || hole.Normals[2*i]*p[0] > 0 {
			t.Fatalf("%v of the hole, normal %v", p, hole.Normals[2*i:2*i+2])
		}
	}
	inner := draw(t, s.Interior(2000))
	for i := range inner.Len() {
		if s.Distance(inner.Row(i)) >= 0 {
			t.Fatalf("%v is not inside", inner.Row(i))
		}
	}
	if c := draw(t, s.Face(y, 1, 10)); c.Row(3)[1] != 1 || c.Normals[7] != 1 {
		t.Errorf("face %v", c.X)
	}
}

// An outline of straight edges is the polygon, for its distance and with holes in holes, for any number of edges.
func TestOutlineIsPolygon(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	rng := rand.New(rand.NewPCG(3, 4))
	star := func(n int, cx, cy, r float64) (list []point) {
		for i := range n {
			sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(n))
			l := r * (0.6 + 0.4*rng.Float64())
			list = append(list, point{cx + l*cos, cy + l*sin})
		}
		return list
	}
	for _, n := range []int{3, 20, 500} {
		a, b, c := star(n, 0, 0, 1), star(n, 0, 0, 0.5), star(n, 0, 0, 0.2)
		s := domain.NewOutline(x, y, slices.Concat(ring("", c...), ring("in", b...), ring("out", a...))...)
		want := domain.Union(domain.Difference(domain.NewPolygon(x, y, a...), domain.NewPolygon(x, y, b...)), domain.NewPolygon(x, y, c...))
		if s.Err() != nil || want.Err() != nil {
			t.Fatal(s.Err(), want.Err())
		}
		for range 2000 {
			p := []float64{2*rng.Float64() - 1, 2*rng.Float64() - 1}
			if got, want := s.Distance(p), want.Distance(p); math.Abs(got-want) > 1e-14 {
				t.Fatalf("%d: distance %v at %v, want %v", n, got, p, want)
			}
		}
		if len(s.Parts()) != 2 {
			t.Errorf("parts %q", s.Parts())
		}
		holes := 0
		for _, l := range s.Geometry().(*domain.Outline).Loops() {
			if l.Hole {
				holes++
			}
		}
		if holes != 1 {
			t.Errorf("%d holes", holes)
		}
	}
}

// Each broken outline gives one clear error, which says where.
func TestBrokenOutlines(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	square := ring("", point{0, 0}, point{1, 0}, point{1, 1}, point{0, 1})
	for _, tc := range []struct {
		name  string
		edges []domain.Edge
		want  string
	}{
		{"nothing", nil, "it has no edges"},
		{"NaN", []domain.Edge{{To: point{math.NaN(), 0}}}, "edge 1 runs from (0, 0) to (NaN, 0)"},
		{"huge", []domain.Edge{{To: point{1e200, 0}}}, "at most 1e+100"},
		{"points", []domain.Edge{{}, {}}, "its edges have no length"},
		{"open", square[:3], "it is not closed: it has 2 open ends, one at (0, 0), from which the nearest other, (0, 1), is 1 away"},
		{"twice", append(slices.Clone(square), square[2]), "edges 3 and 5, from (1, 1) to (0, 1), are the same"},
		{"spare edge", append(slices.Clone(square), domain.Edge{From: point{1, 1}, To: point{2, 2}}), "3 edges meet at (1, 1)"},
		{"bow tie", ring("", point{0, 0}, point{1, 1}, point{1, 0}, point{0, 1}), "two of its edges meet at (0.5, 0.5)"},
		{"crossing circles", slices.Concat(round("", 0, 0, 1), round("", 1, 0, 1)), "two of its edges meet at (0.5, "},
		{"circle over a square", slices.Concat(square, round("", 1, 0.5, 0.2)), "two of its edges meet at (1, "},
		{"touching squares", slices.Concat(square, ring("", point{1, 0.25}, point{2, 0.25}, point{2, 0.5}, point{1, 0.5})), "two of its edges meet at (1, "},
		{"edge on an edge", ring("", point{0, 0}, point{2, 0}, point{1, 0}, point{1, 1}), "two of its edges meet at (1, 0)"},
	} {
		err := domain.NewOutline(x, y, tc.edges...).Err()
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want … %s …", tc.name, err, tc.want)
		}
	}
	// tangents at common ends are no crossings, however flat the arc
	for _, bulge := range []float64{1, 0.5, 1e-2, 1e-5, -1e-4} {
		fillet := []domain.Edge{
			{From: point{0, 0}, To: point{1, 0}},
			{From: point{1, 0}, To: point{1 + math.Sin(4*math.Atan(math.Abs(bulge))), 0.1 + 0.9*math.Abs(bulge)}, Bulge: bulge},
			{From: point{1 + math.Sin(4*math.Atan(math.Abs(bulge))), 0.1 + 0.9*math.Abs(bulge)}, To: point{0, 3}},
			{From: point{0, 3}, To: point{0, 0}},
		}
		if err := domain.NewOutline(x, y, fillet...).Err(); err != nil {
			t.Errorf("bulge %v: %v", bulge, err)
		}
	}
	// gaps of the last digit are closed
	for i := range square {
		square[i].To[0] += 1e-7
	}
	if s := domain.NewOutline(x, y, square...); s.Err() != nil || math.Abs(s.Volume()-1) > 1e-6 {
		t.Error(s.Err())
	}
}

func ExampleNewOutline() {
	x, y := ph.Coords2("x", "y")
	left, right := [2]float64{-1, 0}, [2]float64{1, 0}
	half := domain.NewOutline(x, y,
		domain.Edge{From: left, To: right, Name: "chord"},
		domain.Edge{From: right, To: left, Bulge: 1, Name: "arc"})
	fmt.Printf("area %.6f, distance from (0, 0.5) %.2f\n", half.Volume(), half.Distance([]float64{0, 0.5}))
	fmt.Println(half.Part("arc", 100))
	// Output:
	// area 1.570796, distance from (0, 0.5) -0.50
	// arc of outline of 2 edges
}

// The closed curves of a drawing: an outer one of lines and arcs, and a bolt hole.
func ExampleOutline_Loops() {
	x, y := ph.Coords2("x", "y")
	bracket := domain.ReadShape("../testdata/shapes/bracket.dxf", x, y).Geometry().(*domain.Outline)
	for _, l := range bracket.Loops() {
		center, radius, isCircle := l.Circle()
		fmt.Println(len(l.Edges), "edges; hole:", l.Hole, "circle:", isCircle, center, radius)
	}
	// Output:
	// 8 edges; hole: false circle: false [0 0] 0
	// 2 edges; hole: true circle: true [20 20] 8
}
