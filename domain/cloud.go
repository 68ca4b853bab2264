package domain

import (
	"fmt"
	"maps"
	"slices"

	ph "github.com/crux-pinn/crux/placeholder"
)

// Cloud is a concrete set of n points in d coordinates.
type Cloud struct {
	Coords  []*ph.Coord
	X       []float64            // n×d, row by row
	Normals []float64            // n×d outward unit normals, 0 along time axes; nil away from boundaries
	Weights []float64            // n quadrature weights; nil unless the points come from a quadrature rule
	Columns map[string][]float64 // data columns of n entries each; nil without data
}

// Len is the number of points.
func (c *Cloud) Len() int {
	if len(c.Coords) == 0 {
		return 0
	}
	return len(c.X) / len(c.Coords)
}

// Row returns point i: a view into X, not a copy. Like a slice, it panics when i is out of range.
func (c *Cloud) Row(i int) []float64 {
	d := len(c.Coords)
	return c.X[i*d : (i+1)*d : (i+1)*d]
}

// Subset returns a copy of the points with the given indices, in that order; an index may occur several times. Like a
// slice, it panics when an index is out of range.
func (c *Cloud) Subset(idx []int) *Cloud {
	d := len(c.Coords)
	s := &Cloud{Coords: slices.Clone(c.Coords), X: pick(c.X, idx, d)}
	if c.Normals != nil {
		s.Normals = pick(c.Normals, idx, d)
	}
	if c.Weights != nil {
		s.Weights = pick(c.Weights, idx, 1)
	}
	if c.Columns != nil {
		s.Columns = make(map[string][]float64, len(c.Columns))
		for name, col := range c.Columns {
			s.Columns[name] = pick(col, idx, 1)
		}
	}
	return s
}

func pick(rows []float64, idx []int, width int) []float64 {
	out := make([]float64, 0, len(idx)*width)
	for _, i := range idx {
		out = append(out, rows[i*width:(i+1)*width]...)
	}
	return out
}

// Append returns a new cloud with the points of c followed by those of o. Both need the same coordinates in the same
// order and must agree on having normals, weights and columns.
func (c *Cloud) Append(o *Cloud) (*Cloud, error) {
	if o == nil {
		return nil, fmt.Errorf("domain: cannot append a nil cloud")
	}
	if !slices.Equal(c.Coords, o.Coords) {
		return nil, fmt.Errorf("domain: cannot append points in (%s) to points in (%s); they need the same coordinates in the same order",
			names(o.Coords), names(c.Coords))
	}
	if (c.Normals == nil) != (o.Normals == nil) {
		return nil, fmt.Errorf("domain: cannot append: only one of the two clouds has normals; keep boundary and interior points apart")
	}
	if (c.Weights == nil) != (o.Weights == nil) {
		return nil, fmt.Errorf("domain: cannot append: only one of the two clouds has quadrature weights; keep them apart")
	}
	if a, b := columnNames(c.Columns), columnNames(o.Columns); !slices.Equal(a, b) {
		return nil, fmt.Errorf("domain: cannot append a cloud with columns %q to one with %q", b, a)
	}
	s := c.Clone()
	s.X = append(s.X, o.X...)
	s.Normals = append(s.Normals, o.Normals...)
	s.Weights = append(s.Weights, o.Weights...)
	for name := range s.Columns {
		s.Columns[name] = append(s.Columns[name], o.Columns[name]...)
	}
	return s, nil
}

// Clone copies everything but the coordinates themselves.
func (c *Cloud) Clone() *Cloud {
	s := &Cloud{
		Coords: slices.Clone(c.Coords), X: slices.Clone(c.X), Normals: slices.Clone(c.Normals), Weights: slices.Clone(c.Weights),
	}
	if c.Columns != nil {
		s.Columns = make(map[string][]float64, len(c.Columns))
		for name, col := range c.Columns {
			s.Columns[name] = slices.Clone(col)
		}
	}
	return s
}

func columnNames(cols map[string][]float64) []string { return slices.Sorted(maps.Keys(cols)) }
