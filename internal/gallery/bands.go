package gallery

import (
	"cmp"
	"context"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/draw"
	"github.com/crux-pinn/crux/trackers"
)

const (
	twoSided = 1.96 // standard deviations on both sides of a value hold 95 % of a normal distribution
	// Points along an axis that is alone, and along each of two: every standard deviation costs the solution of the normal equations, and it
	// varies less than the function does.
	curvePoints, mapPoints = 81, 21
)

// bands is one picture for each component of the fields: how well noisy data determine it. A function of one coordinate has its 95 % band, and one of
// several a map of its standard deviation.
func (r *Run) bands(o Options) ([]Picture, error) {
	none := &NoneError{"bands", "the run has not fitted noisy data"}
	if len(r.result().Noise) == 0 {
		return nil, none
	}
	return r.each(none, func(c function, known *function) (Picture, error) {
		own := o
		own.Points = cmp.Or(o.Points, mapPoints)
		if len(c.coords) == 1 {
			own.Points = cmp.Or(o.Points, curvePoints)
		}
		sections, err := r.sections(c.coords, own)
		if err != nil {
			return Picture{}, err
		}
		p, sigma := Picture{}, r.deviation(c)
		if len(sections[0].Free) == 1 {
			p, err = r.band(c, sigma, known, sections)
		} else {
			p, err = r.drawn([]function{sigma}, own)
		}
		p.Name, p.About = "bands-"+fileName(c.name), "how well the data determine "+c.name
		return p, err
	})
}

// deviation is the standard deviation of a component of a field.
func (r *Run) deviation(c function) function {
	return function{name: "standard deviation of " + c.name, unit: c.unit, coords: c.coords, eval: func(at *domain.Cloud) ([]float64, error) {
		b := &trackers.Bands{Of: []trackers.Quantity{{Name: c.name, Expr: c.expr}}, At: at}
		if err := r.Solver.Measure(context.Background(), r.Problem.WithSources(b)...); err != nil {
			return nil, &NoneError{"bands", err.Error()}
		}
		return b.Sigma[0], nil
	}}
}

// band is a function of one coordinate with the band around it, its reference and the data.
func (r *Run) band(c, sigma function, known *function, sections []*Section) (Picture, error) {
	u, err := values(c, sections)
	if err != nil {
		return Picture{}, err
	}
	var ref [][]float64
	if known != nil {
		if ref, err = values(*known, sections); err != nil {
			return Picture{}, err
		}
	}
	wide, err := values(sigma, sections)
	if err != nil {
		return Picture{}, err
	}
	lines := r.curves(c.name, c.unit, sections, u, ref)
	for k, s := range sections {
		low, high := slices.Clone(u[k]), slices.Clone(u[k])
		floats.AddScaled(low, -twoSided, wide[k])
		floats.AddScaled(high, twoSided, wide[k])
		l := line(s, u[k], draw.Line{Stroke: draw.Band, Group: k + 1})
		if k == 0 {
			l.Name = "95 %"
		}
		l.Low, l.High = line(s, low, draw.Line{}).Y, line(s, high, draw.Line{}).Y
		lines.Lines = append(lines.Lines, l)
	}
	if len(c.coords) == 1 {
		lines.Lines = append(lines.Lines, r.measured(c.name)...)
	}
	return Picture{Figure: &draw.Figure{Panels: []draw.Panel{lines}}}, nil
}
