package domain_test

import (
	"fmt"

	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
)

// What a shape was made of can be read, by programs that build functions on it.
func ExampleShape_Geometry() {
	x, y := ph.Coords2("x", "y")
	plate := domain.Difference(
		domain.NewPolygon(x, y, [2]float64{0, 0}, [2]float64{0, 1}, [2]float64{2, 0}), // clockwise
		domain.NewDisk(x, y, 0.5, 0.25, 0.1))
	op, parts := plate.Geometry().(*domain.Combination).Parts()
	fmt.Println(op)
	for _, p := range parts {
		switch g := p.(*domain.Shape).Geometry().(type) {
		case *domain.Polygon:
			fmt.Println("corners", g.Vertices())
		case *domain.Ball:
			fmt.Println("center", g.Center(), "radius", g.Radius())
		}
	}
	// Output:
	// difference
	// corners [[2 0] [0 1] [0 0]]
	// center [0.5 0.25] radius 0.1
}

// Pieces of a region have the measure of the region, and a part of a piece that of the part.
func ExamplePatch_Where() {
	x, y := ph.Coords2("x", "y")
	disk := domain.NewDisk(x, y, 0, 0, 1)
	for _, p := range disk.Boundary(10).Patches() {
		above := p.Where(2, func(x, normal []float64) bool { return x[1] > 0 })
		fmt.Printf("%.4f %.4f\n", p.Measure, above.Measure)
	}
	fmt.Println(len(domain.At([]*ph.Coord{x}, []float64{1}).Patches()))
	// Output:
	// 6.2832 3.1416
	// 0
}
