package domain

import (
	"fmt"
	"math"
	"slices"

	ph "github.com/crux-pinn/crux/placeholder"
)

// Union returns the points that lie in any of the parts. All parts need the same coordinates in the same order.
//
// Its distance is the least of the parts' distances. Where parts only touch, the seam counts as inside for the boundary
// points but has distance zero, so let parts overlap where the distance itself is used.
func Union(parts ...Geometry) *Shape { return combine(OpUnion, parts) }

// Intersection returns the points that lie in all parts. Its distance is the largest of the parts' distances.
func Intersection(parts ...Geometry) *Shape { return combine(OpIntersection, parts) }

// Difference returns the points of a that lie in none of the holes. Its distance is max(d_a, −d_hole, …).
func Difference(a Geometry, holes ...Geometry) *Shape {
	return combine(OpDifference, append([]Geometry{a}, holes...))
}

// Operation is a way to build a region from parts.
type Operation int

const (
	OpUnion        Operation = iota // of all parts
	OpIntersection                  // of all parts
	OpDifference                    // the first part without the others
)

// String is "union", "intersection" or "difference".
func (o Operation) String() string {
	if o < OpUnion || o > OpDifference {
		return fmt.Sprintf("Operation(%d)", int(o))
	}
	return [...]string{"union", "intersection", "difference"}[o]
}

// Combination is the geometry of what [Union], [Intersection] and [Difference] return.
type Combination struct {
	op     Operation
	parts  []Geometry
	lo, hi []float64
	eps    float64 // how far from the boundary the two sides of a point are probed
}

func combine(op Operation, parts []Geometry) *Shape {
	s := &Shape{solid: solid{name: fmt.Sprintf("%s of %d parts", op, len(parts)), box: &Box{}}}
	if len(parts) == 0 {
		return s.fail("it needs at least one")
	}
	for i, g := range parts {
		if s.err = geometryErr(g); s.err != nil {
			s.err = fmt.Errorf("domain: %s: part %d: %w", s.name, i+1, s.err)
			return s
		}
		if c, first := g.Coords(), parts[0].Coords(); !slices.Equal(c, first) {
			return s.fail("part %d has the coordinates (%s), part 1 has (%s); they must be the same in the same order", i+1, names(c), names(first))
		}
	}
	c := &Combination{op: op, parts: slices.Clone(parts)}
	if err := c.bound(); err != nil {
		return s.fail("%v", err)
	}
	return newShape(c, s.name)
}

// bound finds the box around the combination and from it the probing distance: small against the region, large against
// rounding of its coordinates.
func (c *Combination) bound() error {
	for i, g := range c.parts {
		lo, hi := g.Bounds()
		if d := len(g.Coords()); len(lo) != d || len(hi) != d {
			return fmt.Errorf("part %d: Bounds has %d and %d entries for %d coordinates", i+1, len(lo), len(hi), d)
		}
		for j := range lo {
			switch {
			case i == 0:
				c.lo, c.hi = slices.Clone(lo), slices.Clone(hi)
			case c.op == OpUnion:
				c.lo[j], c.hi[j] = min(c.lo[j], lo[j]), max(c.hi[j], hi[j])
			case c.op == OpIntersection:
				c.lo[j], c.hi[j] = max(c.lo[j], lo[j]), min(c.hi[j], hi[j])
			}
		}
	}
	size, far := 0.0, 0.0
	for j := range c.lo {
		if c.lo[j] >= c.hi[j] {
			return fmt.Errorf("it is empty: the parts lie apart; check their positions")
		}
		size = math.Hypot(size, c.hi[j]-c.lo[j])
		far = max(far, math.Abs(c.lo[j]), math.Abs(c.hi[j]))
	}
	c.eps = 1e-8*size + 1e-14*far
	return nil
}

// Parts are what the region is built from, and how.
func (c *Combination) Parts() (Operation, []Geometry) { return c.op, slices.Clone(c.parts) }

// Coords implements [Geometry].
func (c *Combination) Coords() []*ph.Coord { return c.parts[0].Coords() }

// Bounds implements [Geometry].
func (c *Combination) Bounds() (lo, hi []float64) { return slices.Clone(c.lo), slices.Clone(c.hi) }

// Distance implements [Geometry].
func (c *Combination) Distance(x []float64) float64 {
	d := c.parts[0].Distance(x)
	for _, g := range c.parts[1:] {
		switch e := g.Distance(x); c.op {
		case OpUnion:
			d = min(d, e)
		case OpIntersection:
			d = max(d, e)
		case OpDifference:
			d = max(d, -e)
		}
	}
	return d
}

// Patches are the patches of the parts, cut down to what is boundary of the combination. A point of a part's boundary
// belongs to it when one side of the point is inside the combination and the other outside; the part's normal there is the
// normal, turned around where a hole was cut. Where the boundaries of several parts coincide, the first part owns them.
func (c *Combination) Patches() []Patch {
	var out []Patch
	for i, g := range c.parts {
		for _, p := range g.Patches() {
			if p.At == nil || p.Params < 0 {
				continue
			}
			q := p.Where(len(c.lo), func(x, normal []float64) bool { return c.owns(i, x, normal) })
			if q.Measure > 0 {
				out = append(out, q)
			}
		}
	}
	return out
}

// regions are the named parts of the inside of the parts, as far as they are inside.
func (c *Combination) regions() []Patch {
	var out []Patch
	for _, g := range c.parts {
		s, ok := g.(*Shape)
		if !ok {
			continue
		}
		for _, p := range s.regions {
			if q := p.Where(len(c.lo), func(x, _ []float64) bool { return c.Distance(x) < 0 }); q.Measure > 0 {
				out = append(out, q)
			}
		}
	}
	return out
}

// owns decides whether x, a boundary point of part i, is a boundary point of the combination that part i contributes. It
// turns the normal outwards.
func (c *Combination) owns(i int, x, normal []float64) bool {
	front, back := make([]float64, len(x)), make([]float64, len(x))
	for j := range x {
		front[j], back[j] = x[j]+c.eps*normal[j], x[j]-c.eps*normal[j]
	}
	ahead, behind := c.Distance(front) < 0, c.Distance(back) < 0
	if ahead == behind {
		return false
	}
	for _, g := range c.parts[:i] {
		if (g.Distance(front) < 0) != (g.Distance(back) < 0) {
			return false
		}
	}
	if ahead {
		for j := range normal {
			normal[j] = -normal[j]
		}
	}
	return true
}
