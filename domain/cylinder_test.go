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
		"not an end of": c.Face(tc, 1, 3),
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

func ExampleCross() {
	x, y := ph.Coords2("x", "y")
	t := ph.NewCoord("t")
	slab := domain.Cross(domain.NewDisk(x, y, 0, 0, 1), domain.In(t, 0, 1))
	inside, walls, start := slab.Interior(1000), slab.Boundary(200), slab.Face(t, 0, 100)
	fmt.Println(inside.Len(), walls.Len(), start.Len(), len(walls.Coords()))
	// Output: 1000 200 100 3
}
