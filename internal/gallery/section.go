package gallery

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/mesh"
	"github.com/crux-pinn/crux/internal/problemfile"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Section is a part of the domain on which a function is looked at: some coordinates run, the others have a value.
type Section struct {
	Free  []*ph.Coord
	Fixed []Place
	Mesh  *mesh.Mesh // over Free, in their order
	unit  func(name string) string
}

// Place is a value of a coordinate.
type Place struct {
	Coord *ph.Coord
	Value float64
}

// Label says where the section is: "t = 0.5 s, z = 0"; "" if it is everything.
func (s *Section) Label() string {
	var parts []string
	for _, p := range s.Fixed {
		text := strings.ReplaceAll(p.Coord.Name()+" = "+strconv.FormatFloat(p.Value, 'g', 4, 64), "-", "−")
		if s.unit != nil && s.unit(p.Coord.Name()) != "" {
			text += " " + s.unit(p.Coord.Name())
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// Cloud are the nodes of the section as points with all coordinates, in a given order.
func (s *Section) Cloud(coords []*ph.Coord) *domain.Cloud {
	n, d := s.Mesh.Len(), len(coords)
	c := &domain.Cloud{Coords: coords, X: make([]float64, n*d)}
	for j, x := range coords {
		if k := slices.Index(s.Free, x); k >= 0 {
			for i := range n {
				c.X[i*d+j] = s.Mesh.Node(i)[k]
			}
			continue
		}
		for _, p := range s.Fixed {
			if p.Coord == x {
				for i := range n {
					c.X[i*d+j] = p.Value
				}
			}
		}
	}
	return c
}

// NewSection is the part of the domain of a problem in which some coordinates run, with n points along each, and others have a value. What
// depends on all coordinates of a shape lives on it, with its holes; what depends on some, on their axes.
func NewSection(p *problemfile.Problem, free []*ph.Coord, fixed []Place, n int) (*Section, error) {
	var ticks [][]float64
	for _, c := range free {
		lo, hi := p.Bounds(c)
		ticks = append(ticks, domain.Ticks(lo, hi, n))
	}
	s := &Section{Free: free, Fixed: fixed, unit: p.Unit}
	for _, f := range fixed {
		if lo, hi := p.Bounds(f.Coord); f.Value < lo || f.Value > hi {
			return nil, fmt.Errorf("%s = %g is not in [%g, %g]", f.Coord.Name(), f.Value, lo, hi)
		}
	}
	s.Mesh = mesh.New(ticks, s.Distance(p))
	if s.Mesh.Len() == 0 {
		return nil, fmt.Errorf("nothing of the domain is at %s", s.Label())
	}
	return s, nil
}

// Distance is the signed distance from the boundary of a shape, negative inside, for values of the running coordinates; nil for a box.
func (s *Section) Distance(p *problemfile.Problem) func([]float64) float64 {
	var shape *domain.Shape
	switch d := p.Domain().(type) {
	case *domain.Shape:
		shape = d
	case *domain.Cylinder:
		shape = d.Base()
	default:
		return nil
	}
	x := make([]float64, len(shape.Coords()))
	from := make([]int, len(x)) // which running coordinate, or −1
	for i, c := range shape.Coords() {
		from[i] = slices.Index(s.Free, c)
		if from[i] >= 0 {
			continue
		}
		at := slices.IndexFunc(s.Fixed, func(f Place) bool { return f.Coord == c })
		if at < 0 {
			return nil // it does not depend on where in the shape it is
		}
		x[i] = s.Fixed[at].Value
	}
	return func(node []float64) float64 {
		for i, k := range from {
			if k >= 0 {
				x[i] = node[k]
			}
		}
		return shape.Distance(x)
	}
}

// side is the number of values of a coordinate that stand side by side where nobody says which.
const side = 3

// mostSections bounds the panels of a figure.
const mostSections = 36

// sections divides a function of any number of coordinates into pieces with at most two.
func (r *Run) sections(coords []*ph.Coord, o Options) ([]*Section, error) {
	values := map[*ph.Coord][]float64{}
	var free []*ph.Coord
	several := false
	for _, c := range coords {
		if v := o.At[c.Name()]; len(v) > 0 {
			values[c] = v
			several = several || len(v) > 1
		} else {
			free = append(free, c)
		}
	}
	if len(free) == 0 {
		return nil, fmt.Errorf("all of %s have a value, so nothing is left to draw; crux eval prints the number", names(coords))
	}
	for len(free) > 2 {
		cut := len(free) - 1
		if i := slices.Index(free, r.Problem.Time); i >= 0 {
			cut = i
		}
		c := free[cut]
		lo, hi := r.Problem.Bounds(c)
		switch {
		case several:
			values[c] = domain.Ticks(lo, hi, 1)
		case c == r.Problem.Time:
			values[c] = domain.Ticks(lo, hi, side)
		default:
			values[c] = domain.Ticks(lo, hi, side+2)[1 : side+1]
		}
		several = true
		free = slices.Delete(free, cut, cut+1)
	}
	places := [][]Place{nil}
	for _, c := range coords {
		var more [][]Place
		for _, before := range places {
			for _, v := range values[c] {
				more = append(more, append(slices.Clone(before), Place{c, v}))
			}
		}
		if len(more) > 0 {
			places = more
		}
	}
	if len(places) > mostSections {
		return nil, fmt.Errorf("%d places are more than fit into a picture; take at most %d", len(places), mostSections)
	}
	n := o.Points
	if n == 0 {
		if n = 101; len(free) == 1 {
			n = 401
		}
	}
	return r.sectionsAt(free, places, n)
}

// sectionsAt are sections along the same coordinates, one for each list of places of the others.
func (r *Run) sectionsAt(free []*ph.Coord, places [][]Place, n int) ([]*Section, error) {
	var list []*Section
	for _, at := range places {
		s, err := NewSection(r.Problem, free, at, n)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

func names(cs []*ph.Coord) string {
	var list []string
	for _, c := range cs {
		list = append(list, c.Name())
	}
	return strings.Join(list, ", ")
}
