package domain

import (
	"fmt"
	"math"
	"strings"

	ph "github.com/crux-pinn/crux/placeholder"
)

// Axis is the closed interval [Lo, Hi] of one coordinate.
type Axis struct {
	Coord  *ph.Coord
	Lo, Hi float64
}

// In returns the axis on which c runs from lo to hi. It is checked by the domain that is built from it.
func In(c *ph.Coord, lo, hi float64) Axis { return Axis{c, lo, hi} }

// Err says what is wrong with the axis: no coordinate, bounds that are not finite, or Lo ≥ Hi. It is nil for a good axis.
func (a Axis) Err() error {
	if err := checkCoord(a.Coord); err != nil {
		return err
	}
	name := a.Coord.Name()
	switch {
	case !finite(a.Lo) || !finite(a.Hi):
		return fmt.Errorf("domain: axis %s = [%v, %v]: bounds must be finite; cut an unbounded domain off, or map it onto a bounded one", name,
			a.Lo, a.Hi)
	case a.Lo >= a.Hi:
		return fmt.Errorf("domain: axis %s = [%v, %v]: the lower bound must be less than the upper one", name, a.Lo, a.Hi)
	case math.IsInf(a.Hi-a.Lo, 0):
		return fmt.Errorf("domain: axis %s = [%v, %v]: the length overflows; scale the coordinate", name, a.Lo, a.Hi)
	}
	return nil
}

// at maps u ∈ [0, 1] onto the axis, both ends exactly.
func (a Axis) at(u float64) float64 {
	if u == 1 {
		return a.Hi
	}
	return a.Lo + (a.Hi-a.Lo)*u
}

// snap returns the end of the axis that v is meant to be, such as 0.1+0.2 for 0.3; any other v as it is.
func (a Axis) snap(v float64) float64 {
	tol := 1e-12 * (a.Hi - a.Lo)
	switch {
	case math.Abs(v-a.Lo) <= tol:
		return a.Lo
	case math.Abs(v-a.Hi) <= tol:
		return a.Hi
	}
	return v
}

// checkCoords reports nil, broken and repeated coordinates.
func checkCoords(coords []*ph.Coord) error {
	if len(coords) == 0 {
		return fmt.Errorf("domain: no coordinate; name at least one")
	}
	for i, c := range coords {
		if err := checkCoord(c); err != nil {
			return err
		}
		for _, d := range coords[:i] {
			if d == c {
				return fmt.Errorf("domain: coordinate %s is given twice", c.Name())
			}
			if d.Name() == c.Name() {
				return fmt.Errorf("domain: two different coordinates are called %s; create it once and use the same variable everywhere", c.Name())
			}
		}
	}
	return nil
}

func checkCoord(c *ph.Coord) error {
	if c == nil {
		return fmt.Errorf("domain: nil coordinate; create one with placeholder.NewCoord")
	}
	if err := c.Err(); err != nil {
		return fmt.Errorf("domain: %w", err)
	}
	return nil
}

func names(coords []*ph.Coord) string {
	s := make([]string, len(coords))
	for i, c := range coords {
		s[i] = "nil"
		if c != nil {
			s[i] = c.Name()
		}
	}
	return strings.Join(s, ", ")
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
