package gallery

import (
	"fmt"
	"math"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/draw"
	"github.com/crux-pinn/crux/internal/mesh"
	ph "github.com/crux-pinn/crux/placeholder"
)

// residuals is one picture: the residuals of equations all over the domain, those of conditions at their points.
func (r *Run) residuals(o Options) ([]Picture, error) {
	var everywhere []function
	var dotted []draw.Panel
	for i, c := range r.Problem.Crux.Constraints {
		name := r.Solver.Names()[i]
		cloud, err := r.Solver.Cloud(name)
		if err != nil {
			return nil, err
		}
		if r.holdsEverywhere(c, cloud) {
			fs, err := r.functions(name, c.Residual, cloud.Coords)
			if err != nil {
				return nil, err
			}
			for _, f := range fs {
				everywhere = append(everywhere, absolute(f))
			}
			continue
		}
		p, err := r.atPoints(i, cloud)
		if err != nil {
			return nil, err
		}
		if p != nil {
			dotted = append(dotted, p)
		}
	}
	p, err := r.drawn(everywhere, o)
	if err != nil {
		return nil, err
	}
	p.Name, p.About = "residual", "the absolute residuals"
	p.Figure.Panels = append(p.Figure.Panels, dotted...)
	if len(p.Figure.Panels) == 0 {
		return nil, &NoneError{"residual", "its constraints hold at single points"}
	}
	return []Picture{p}, nil
}

// holdsEverywhere reports whether a constraint is of the whole domain and has a residual wherever one asks.
func (r *Run) holdsEverywhere(c crux.Constraint, cloud *domain.Cloud) bool {
	return cloud.Normals == nil && len(spread(cloud)) == len(cloud.Coords) && len(cloud.Coords) > 0 && cloud.Len() > 1 &&
		!ph.Contains(c.Residual, func(e ph.Expr) bool { return e.Op() == ph.OpNormal || e.Op() == ph.OpColumn })
}

// spread are the coordinates in which points differ, by their places.
func spread(c *domain.Cloud) []int {
	var list []int
	for j := range c.Coords {
		for i := range c.Len() {
			if c.Row(i)[j] != c.Row(0)[j] {
				list = append(list, j)
				break
			}
		}
	}
	return list
}

// absolute is |f|.
func absolute(f function) function {
	return function{name: "|residual of " + f.name + "|", coords: f.coords, eval: func(at *domain.Cloud) ([]float64, error) {
		v, err := f.eval(at)
		for i := range v {
			v[i] = math.Abs(v[i])
		}
		return v, err
	}}
}

// atPoints is the residual of constraint i at its points, in units of the problem: dots in the plane of the first two coordinates in which
// they differ. It is nil where they differ in none.
func (r *Run) atPoints(i int, cloud *domain.Cloud) (draw.Panel, error) {
	name := r.Solver.Names()[i]
	m, err := r.Solver.Residuals(name)
	if err != nil {
		return nil, fmt.Errorf("residual of %s: %w", name, err)
	}
	n, k := m.Dims()
	by := r.Solver.Constraint(i).Scale
	if by == 0 {
		by = 1
	}
	size := make([]float64, n) // the largest component
	for p := range size {
		for j := range k {
			size[p] = math.Max(size[p], math.Abs(m.At(p, j))*by)
		}
	}
	title := "|residual of " + name + "|"
	switch axes := spread(cloud); {
	case len(axes) == 0:
		return nil, nil
	case len(axes) == 1:
		at := make([]float64, n)
		for p := range at {
			at[p] = cloud.Row(p)[axes[0]]
		}
		x := cloud.Coords[axes[0]]
		return floored(&draw.Curves{
			Title: title, X: r.label(x), XEnds: r.ends(x), LogY: wide([][]float64{size}),
			Lines: []draw.Line{{X: at, Y: size, Stroke: draw.Points}},
		}), nil
	default:
		a, b := axes[0], axes[1]
		x, y := cloud.Coords[a], cloud.Coords[b]
		at := &mesh.Mesh{Dim: 2}
		for p := range n {
			at.X = append(at.X, cloud.Row(p)[a], cloud.Row(p)[b])
		}
		s := magnitude([][]float64{size})
		return &draw.Map{
			Title: title, X: r.label(x), Y: r.label(y), XEnds: r.ends(x), YEnds: r.ends(y), Equal: r.lengths([]*ph.Coord{x, y}),
			Mesh: at, Values: size, Colours: s.colours, Log: s.log, Low: s.low, High: s.high,
		}, nil
	}
}
