package gallery

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/draw"
)

// Movie is a picture that moves: one figure for each time.
type Movie struct {
	Name   string
	Frames []*draw.Figure
}

// frames is the number of figures of a movie.
const frames = 41

// Movies show how fields, or expressions where some are given, change over time.
func (r *Run) Movies(list []Named, o Options) ([]Movie, error) {
	t := r.Problem.Time
	if t == nil {
		return nil, &NoneError{"a movie", "no coordinate is time; name one, as in time: t"}
	}
	if len(o.At[t.Name()]) > 0 {
		return nil, fmt.Errorf("a movie has all values of %s; leave them out of --at", t.Name())
	}
	type actor struct {
		function
		known *function
		name  string
	}
	var cast []actor
	for _, e := range list {
		fs, err := r.functions(e.Name, e.Expr, nil)
		if err != nil {
			return nil, err
		}
		for _, f := range fs {
			cast = append(cast, actor{f, nil, fileName(f.name)})
		}
	}
	if len(list) == 0 {
		for _, f := range r.Problem.Fields {
			fs, err := r.functions(f.Name, f.Expr, f.Coords)
			if err != nil {
				return nil, err
			}
			for i, c := range fs {
				cast = append(cast, actor{c, r.known(f, i, len(fs)), "solution-" + fileName(c.name)})
			}
		}
	}
	var movies []Movie
	for _, a := range cast {
		if len(a.coords) < 2 || !slices.Contains(a.coords, t) {
			continue
		}
		fs, err := r.movie(a.function, a.known, o)
		if err != nil {
			return nil, err
		}
		movies = append(movies, Movie{a.name, fs})
	}
	if len(movies) == 0 {
		return nil, &NoneError{"a movie", "nothing depends on time and on space"}
	}
	return movies, nil
}

// movie shows a function at all times with the same axes and colours.
func (r *Run) movie(f function, known *function, o Options) ([]*draw.Figure, error) {
	t := r.Problem.Time
	lo, hi := r.Problem.Bounds(t)
	times := domain.Ticks(lo, hi, frames)
	sections, u, ref, off := make([][]*Section, frames), make([][][]float64, frames), make([][][]float64, frames), make([][][]float64, frames)
	var shown, errors [][]float64
	for k, v := range times {
		at := maps.Clone(o.At)
		if at == nil {
			at = map[string][]float64{}
		}
		at[t.Name()] = []float64{v}
		var err error
		if sections[k], err = r.sections(f.coords, Options{At: at, Points: o.Points}); err != nil {
			return nil, err
		}
		if u[k], err = values(f, sections[k]); err != nil {
			return nil, err
		}
		shown = append(shown, u[k]...)
		if known == nil {
			continue
		}
		if ref[k], err = values(*known, sections[k]); err != nil {
			return nil, err
		}
		for i := range u[k] {
			off[k] = append(off[k], apart(u[k][i], ref[k][i]))
		}
		shown, errors = append(shown, ref[k]...), append(errors, off[k]...)
	}
	s, e := common(shown), magnitude(errors)
	var figs []*draw.Figure
	for k := range times {
		fig := &draw.Figure{Title: strings.TrimSpace(fmt.Sprintf("%s = %.3f %s", t.Name(), times[k], r.Problem.Unit(t.Name())))}
		if len(sections[k][0].Free) == 1 {
			c := r.curves(f.name, f.unit, sections[k], u[k], ref[k])
			pad := 0.05 * math.Max(s.high-s.low, 1e-12)
			c.YEnds = draw.Ends{s.low - pad, s.high + pad}
			c.Title = f.name
			fig.Panels = []draw.Panel{c}
		} else {
			fig.Columns = len(sections[k])
			add := func(name string, values [][]float64, s scale) {
				list := panels(name, sections[k], values, s, r)
				if len(list) == 1 {
					list[0].(*draw.Map).Title = name // the time stands above
					fig.Columns = 2
				}
				fig.Panels = append(fig.Panels, list...)
			}
			add(in(f.unit, f.name), u[k], s)
			if known != nil {
				add(in(f.unit, "|"+f.name+" − reference|"), off[k], e)
			}
		}
		figs = append(figs, fig)
	}
	return figs, nil
}
