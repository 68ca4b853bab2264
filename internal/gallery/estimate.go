package gallery

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/draw"
	"github.com/crux-pinn/crux/internal/problemfile"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
)

// estimates is one picture for each component of the fields that stands in an equation: where its estimated error is, and the true one
// where that is known. Where a run is in windows, each has an estimate of its own, and there is no map.
func (r *Run) estimates(o Options) ([]Picture, error) {
	if r.Problem.Options.Windows != nil {
		return nil, &NoneError{"estimate", "the run is in windows of time"}
	}
	return r.each(&NoneError{"estimate", "no equation contains a field"}, func(c function, known *function) (Picture, error) {
		fs := []function{r.estimated(c)}
		if known != nil {
			fs = append(fs, difference(c, *known))
		}
		p, err := r.drawn(fs, o)
		if none := (*NoneError)(nil); errors.As(err, &none) {
			return Picture{}, nil
		}
		sameScale(p.Figure)
		p.Name, p.About = "estimate-"+fileName(c.name), "the estimated error of "+c.name
		return p, err
	})
}

// sameScale gives all maps of a figure the same colours for the same values.
func sameScale(fig *draw.Figure) {
	if fig == nil {
		return
	}
	var all []*draw.Map
	for _, p := range fig.Panels {
		if m, ok := p.(*draw.Map); ok {
			all = append(all, m)
		}
	}
	low, high, log := math.Inf(1), math.Inf(-1), false
	for _, m := range all {
		low, high, log = min(low, m.Low), max(high, m.High), log || m.Log
	}
	for _, m := range all {
		m.Low, m.High, m.Log = low, high, log && low > 0
	}
}

// estimated is the estimated error of a component of a field, absolute.
func (r *Run) estimated(c function) function {
	m := &trackers.ErrorMap{Of: trackers.Quantity{Name: c.name, Expr: c.expr}}
	return function{name: "estimated error of " + c.name, unit: c.unit, coords: c.coords, eval: func(at *domain.Cloud) ([]float64, error) {
		m.At = domain.At(at.Coords, at.X)
		if err := r.Solver.Measure(context.Background(), r.Problem.WithSources(m)...); err != nil {
			return nil, &NoneError{"estimate", err.Error()}
		}
		if slices.ContainsFunc(m.Values, math.IsNaN) {
			return nil, &NoneError{"estimate", "no equation contains " + c.name}
		}
		return slices.Clone(m.Values), nil
	}}
}

// beginning is the place where all axes begin.
func (r *Run) beginning(coords []*ph.Coord) []float64 {
	var x []float64
	for _, c := range coords {
		lo, _ := r.Problem.Bounds(c)
		x = append(x, lo)
	}
	return x
}

// estimateOf is the estimated error of a field for other programs; nil where there is none.
func (r *Run) estimateOf(f problemfile.Field) *Quantity {
	if f.Expr.Dim() != 1 || r.Problem.Options.Windows != nil {
		return nil
	}
	e := r.estimated(function{name: f.Name, expr: f.Expr, coords: f.Coords})
	var none *NoneError
	if _, err := e.eval(&domain.Cloud{Coords: f.Coords, X: r.beginning(f.Coords)}); errors.As(err, &none) {
		return nil
	}
	return &Quantity{f.Name + "_estimate", 1, func(s *Section) ([]float64, error) { return e.on(s) }}
}
