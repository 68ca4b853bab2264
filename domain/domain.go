// Package domain says where a PDE problem lives and at which points its constraints are enforced.
//
// A domain is a [Box] of axes, a [Shape] (ball, polygon, or a union, intersection or difference of shapes), or a shape
// times a time axis ([Cross]). A domain gives [Points]: an immutable specification of a region, a number of points, a
// [Sampler] and an interval of resampling. The solver draws it with a named random stream and gets a [Cloud].
//
//	x, y := placeholder.Coords2("x", "y")
//	plate := domain.Difference(
//		domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1)),
//		domain.NewDisk(x, y, 0.5, 0.5, 0.2))
//	inside := plate.Interior(2000).With(domain.Sobol{})
//	left := plate.Face(x, 0, 100)
//	hole := plate.Boundary(200).Where(func(p []float64) bool { return math.Hypot(p[0]-0.5, p[1]-0.5) < 0.25 })
//
// Every region is a list of patches ([Patch]), pieces with a parametrisation that preserves length, area or volume. Sampling
// means to share the points out over the patches by measure and to map a low-discrepancy set of the unit cube through
// each of them. A geometry of your own needs four methods ([Geometry]); a sampler needs two.
//
// Interior points lie strictly inside, so a residual that is singular on the boundary is never evaluated there.
//
// Package domain/exact builds conditions on these boundaries into functions.
//
// Mistakes are sticky: they travel from axes to shapes to points, and [Points.Err] and [Points.Draw] report the first.
package domain

import (
	"fmt"
	"strings"

	ph "github.com/crux-pinn/crux/placeholder"
)

// Domain is what [Box], [Shape] and [Cylinder] have in common: points inside, on the boundary, on faces and on a grid.
type Domain interface {
	Coords() []*ph.Coord
	Bounds() (lo, hi []float64)
	Err() error
	Interior(n int) *Points
	Boundary(n int) *Points
	Sides(c *ph.Coord, n int) *Points
	Face(c *ph.Coord, at float64, n int) *Points
	Grid(n int) *Points
}

// Place is a point in words, for messages: "x = 0.5, y = 1", with four digits. x has a number for each coordinate.
func Place(coords []*ph.Coord, x []float64) string {
	parts := make([]string, len(coords))
	for i, c := range coords {
		parts[i] = fmt.Sprintf("%s = %.4g", c.Name(), x[i])
	}
	return strings.Join(parts, ", ")
}
