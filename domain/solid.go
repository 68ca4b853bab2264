package domain

import (
	"fmt"
	"math"
	"slices"
	"strings"

	ph "github.com/crux-pinn/crux/placeholder"
)

// solid is what a [Shape] and a [Cylinder] have in common.
type solid struct {
	box  *Box // around it
	name string
	err  error
}

// Coords are the coordinates, in the order of the entries of points; of a cylinder, that of its axis is the last.
func (s *solid) Coords() []*ph.Coord { return s.box.Coords() }

// Bounds is a box around the region.
func (s *solid) Bounds() (lo, hi []float64) { return s.box.Bounds() }

// Err is the first mistake in the region, or nil.
func (s *solid) Err() error { return s.err }

// String names the region.
func (s *solid) String() string { return s.name }

func (s *solid) region(patches []Patch, normals bool, n int, what string) *Points {
	lo, hi := s.Bounds()
	return region(s.box.coords, lo, hi, patches, normals, n, what, s.err)
}

// grid are the points of a regular grid on the box for which the test holds that closed makes.
func (s *solid) grid(n int, closed func() func(x []float64) bool) *Points {
	if s.err != nil {
		return bad(s.box.coords, s.err)
	}
	p := s.box.Grid(n)
	p.what = "grid of " + s.name
	return p.Where(closed())
}

// ends are the smallest and the largest value of a coordinate; nil if there is no such coordinate.
func (s *solid) ends(c *ph.Coord) []float64 {
	if i := slices.Index(s.box.coords, c); s.err == nil && i >= 0 {
		return []float64{s.box.axes[i].Lo, s.box.axes[i].Hi}
	}
	return nil
}

// flatPart is where c has one of the values at, on the flat parts of the boundary of a shape, each made a part of the solid's by lift.
func (s *solid) flatPart(of *Shape, c *ph.Coord, at []float64, n int, lift func([]Patch) []Patch) *Points {
	if s.err != nil {
		return bad(s.box.coords, s.err)
	}
	i, err := s.box.axis(c)
	if err != nil {
		return bad(s.box.coords, err)
	}
	patches := flatPatches(of.patches, len(of.box.axes), i, at, of.scale())
	if len(patches) == 0 {
		return bad(s.box.coords, fmt.Errorf("domain: %s has no flat part of the boundary at %s; for another part use Boundary and Where",
			s.name, equals(c, at)))
	}
	return s.region(lift(patches), true, n, s.face(c, at))
}

// part is what has a name in a shape, each patch made a part of the solid's by lift.
func (s *solid) part(of *Shape, name string, n int, lift func([]Patch) []Patch) *Points {
	if s.err != nil {
		return bad(s.box.coords, s.err)
	}
	patches, normals := named(of.patches, name), true
	if len(patches) == 0 {
		patches = named(of.regions, name)
		normals = len(patches) > 0 && patches[0].Params < len(of.box.axes) // a surface within
	}
	if len(patches) == 0 {
		list := of.Parts()
		if len(list) == 0 {
			return bad(s.box.coords, fmt.Errorf("domain: %s has no part %q, as none of its parts has a name; use Boundary and Where", s.name, name))
		}
		return bad(s.box.coords, fmt.Errorf("domain: %s has no part %q; %sthe parts are %s", s.name, name, didYouMean(name, list),
			strings.Join(list, ", ")))
	}
	return s.region(lift(patches), normals, n, name+" of "+s.name)
}

// named are the patches with a name.
func named(patches []Patch, name string) []Patch {
	return slices.DeleteFunc(slices.Clone(patches), func(p Patch) bool { return p.Name != name || name == "" })
}

func (s *solid) face(c *ph.Coord, at []float64) string {
	return fmt.Sprintf("face %s of %s", equals(c, at), s.name)
}

// equals is "x = 0" or "x = 0 or 1" for messages.
func equals(c *ph.Coord, values []float64) string {
	s := make([]string, len(values))
	for i, v := range values {
		s[i] = fmt.Sprint(v)
	}
	return c.Name() + " = " + strings.Join(s, " or ")
}

// flatPatches are the parts of patches on which coordinate i has one of the values at and the normal points along it. The
// tolerance of the normal is that of rounding: a curved boundary is flat only within 1e-7 of a point.
func flatPatches(patches []Patch, dim, i int, at []float64, scale float64) []Patch {
	var out []Patch
	for _, p := range patches {
		q := p.Where(dim, func(x, normal []float64) bool {
			return math.Abs(normal[i]) > 1-1e-14 &&
				slices.ContainsFunc(at, func(v float64) bool { return math.Abs(x[i]-v) <= 1e-9*scale })
		})
		if q.Measure > 0 {
			out = append(out, q)
		}
	}
	return out
}
