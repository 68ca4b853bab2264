package domain

import (
	"fmt"
	"math"
	"slices"

	ph "github.com/crux-pinn/crux/placeholder"
)

// At returns the given points: X holds their coordinates row by row, in the order of coords. X is copied.
func At(coords []*ph.Coord, x []float64) *Points { return FromData(coords, x, nil) }

// FromData returns given points with data columns, one value per point each. Residuals on these points read them by
// [Points.Column]. x, row by row in the order of coords, and the columns are copied.
func FromData(coords []*ph.Coord, x []float64, columns map[string][]float64) *Points {
	return data(coords, x, columns, "data set")
}

func data(coords []*ph.Coord, x []float64, columns map[string][]float64, what string) *Points {
	p := withGaps(coords, x, columns, what)
	if p.err == nil && len(p.given.gaps) > 0 {
		name := p.given.gaps[0]
		return bad(coords, fmt.Errorf("domain: %s: column %q is NaN at point %d; remove such points", what, name,
			slices.IndexFunc(columns[name], math.IsNaN)))
	}
	return p
}

// withGaps is data whose columns may lack values, which are NaN.
func withGaps(coords []*ph.Coord, x []float64, columns map[string][]float64, what string) *Points {
	if err := checkData(coords, x, columns, what); err != nil {
		return bad(coords, err)
	}
	c := (&Cloud{Coords: coords, X: x, Columns: columns}).Clone()
	lo, hi := c.bounds()
	p := fixed(coords, lo, hi, c.Len(), columnNames(columns), what, c.Clone)
	for _, name := range p.given.columns {
		if slices.ContainsFunc(columns[name], math.IsNaN) {
			p.given.gaps = append(p.given.gaps, name)
		}
	}
	return p
}

func checkData(coords []*ph.Coord, x []float64, columns map[string][]float64, what string) error {
	if err := checkCoords(coords); err != nil {
		return err
	}
	d := len(coords)
	n := len(x) / d
	switch {
	case len(x) == 0:
		return fmt.Errorf("domain: %s has no points", what)
	case len(x)%d != 0:
		return fmt.Errorf("domain: %s: %d numbers do not make rows of %d coordinates (%s)", what, len(x), d, names(coords))
	}
	for i, v := range x {
		if !finite(v) {
			return fmt.Errorf("domain: %s: point %d has %s = %v; remove such points", what, i/d, coords[i%d].Name(), v)
		}
	}
	for _, name := range columnNames(columns) {
		col := columns[name]
		if len(col) != n {
			return fmt.Errorf("domain: %s: column %q has %d values for %d points", what, name, len(col), n)
		}
		if i := slices.IndexFunc(col, func(v float64) bool { return math.IsInf(v, 0) }); i >= 0 {
			return fmt.Errorf("domain: %s: column %q is %v at point %d; remove such points", what, name, col[i], i)
		}
	}
	return nil
}

// bounds are the extremes of each coordinate.
func (c *Cloud) bounds() (lo, hi []float64) {
	d := len(c.Coords)
	lo, hi = make([]float64, d), make([]float64, d)
	for j := range d {
		lo[j], hi[j] = math.Inf(1), math.Inf(-1)
		for i := j; i < len(c.X); i += d {
			lo[j], hi[j] = min(lo[j], c.X[i]), max(hi[j], c.X[i])
		}
	}
	return lo, hi
}
