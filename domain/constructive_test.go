package domain_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
	"pgregory.net/rapid"
)

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

// Inside is a condition for expressions, such as the coefficient of a core in a box.
func ExampleInside() {
	x, y := ph.Coords2("x", "y")
	core := domain.Union(domain.NewDisk(x, y, 0, 0, 1), domain.NewBox(domain.In(x, 0, 3), domain.In(y, -0.5, 0.5)))
	k := ph.Where(domain.Inside(core), ph.Const(400), ph.Const(1))
	fmt.Println(k)
	// Output:
	// where(max(0 + (x + (-0))^2 + (y + (-0))^2 < 1, (0 < x)*(x < 3)*((-0.5 < y)*(y < 0.5))), 400, 1)
}
