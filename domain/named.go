package domain

import (
	"fmt"
	"strconv"
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

// Named returns n points on a region of d that is given by its name, as users write it in files:
//
//	interior      strictly inside
//	boundary      all faces; of a cylinder, the lateral boundary
//	x             both faces of coordinate x
//	x = 0         the face where x is 0; min and max stand for the ends
//
// The error of any other name lists what there is.
func Named(d Domain, name string, n int) *Points {
	if d == nil {
		return bad(nil, fmt.Errorf("domain: region %q of no domain", name))
	}
	if d.Err() != nil {
		return bad(d.Coords(), d.Err())
	}
	switch strings.TrimSpace(name) {
	case "interior":
		return d.Interior(n)
	case "boundary":
		return d.Boundary(n)
	}
	lhs, rhs, face := strings.Cut(name, "=")
	lhs, rhs = strings.TrimSpace(lhs), strings.TrimSpace(rhs)
	lo, hi := d.Bounds()
	known := []string{"interior", "boundary"}
	for i, c := range d.Coords() {
		known = append(known, c.Name())
		if c.Name() != lhs {
			continue
		}
		if !face {
			return d.Sides(c, n)
		}
		switch rhs {
		case "min":
			return d.Face(c, lo[i], n)
		case "max":
			return d.Face(c, hi[i], n)
		}
		v, err := strconv.ParseFloat(rhs, 64)
		if err != nil {
			return bad(d.Coords(), fmt.Errorf("domain: region %q: %q is no number; write %s = %v, %s = min or %s = max", name, rhs, lhs, lo[i], lhs, lhs))
		}
		return d.Face(c, v, n)
	}
	return bad(d.Coords(), fmt.Errorf("domain: no region %q; %sthe regions are interior, boundary, and faces such as %s or %s = %v",
		name, didYouMean(lhs, known), d.Coords()[0].Name(), d.Coords()[0].Name(), lo[0]))
}
