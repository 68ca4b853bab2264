package gallery

import (
	"slices"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/draw"
	ph "github.com/crux-pinn/crux/placeholder"
)

// points is one picture: where the constraints are enforced now. Of three coordinates and more there is a panel for each pair of the first
// three.
func (r *Run) points(Options) ([]Picture, error) {
	var clouds []*domain.Cloud
	for _, name := range r.Solver.Names() {
		c, err := r.Solver.Cloud(name)
		if err != nil {
			return nil, err
		}
		clouds = append(clouds, c)
	}
	fig := &draw.Figure{}
	cs := r.Problem.Coords[:min(3, len(r.Problem.Coords))]
	switch len(cs) {
	case 0:
		return nil, &NoneError{"points", "the problem has no coordinates"}
	case 1:
		fig.Panels = append(fig.Panels, r.row(clouds, cs[0]))
	default:
		for i := range cs {
			for j := i + 1; j < len(cs); j++ {
				fig.Panels = append(fig.Panels, r.plane(clouds, cs[i], cs[j]))
			}
		}
	}
	return []Picture{{Name: "points", About: "the points of all constraints", Figure: fig}}, nil
}

// row has the points of each constraint on a line of its own.
func (r *Run) row(clouds []*domain.Cloud, x *ph.Coord) *draw.Curves {
	c := &draw.Curves{Title: "points", X: x.Name(), XEnds: wider(r.ends(x))}
	for k, cloud := range clouds {
		c.Rows = append(c.Rows, r.Solver.Names()[k])
		l := draw.Line{Stroke: draw.Points, X: along(cloud, x)}
		for range l.X {
			l.Y = append(l.Y, float64(k))
		}
		c.Lines = append(c.Lines, l)
	}
	return c
}

func (r *Run) plane(clouds []*domain.Cloud, x, y *ph.Coord) *draw.Curves {
	c := &draw.Curves{
		Title: "points", X: x.Name(), Y: y.Name(), XEnds: wider(r.ends(x)), YEnds: wider(r.ends(y)),
		Equal: r.lengths([]*ph.Coord{x, y}),
	}
	for k, cloud := range clouds {
		if k > 0 && slices.Equal(cloud.X, clouds[k-1].X) { // of several residuals of one constraint
			if n := len(c.Lines); n > 0 {
				c.Lines[n-1].Name += ", " + r.Solver.Names()[k]
			}
			continue
		}
		xs, ys := along(cloud, x), along(cloud, y)
		if xs == nil || ys == nil {
			continue
		}
		c.Lines = append(c.Lines, draw.Line{Name: r.Solver.Names()[k], Stroke: draw.Points, X: xs, Y: ys})
	}
	return c
}

// wider leaves room for points on the ends.
func wider(e draw.Ends) draw.Ends {
	d := 0.04 * (e[1] - e[0])
	return draw.Ends{e[0] - d, e[1] + d}
}

// along is one coordinate of points, nil if they do not have it.
func along(c *domain.Cloud, x *ph.Coord) []float64 {
	for j, y := range c.Coords {
		if y == x {
			return column(c.X, j, len(c.Coords))
		}
	}
	return nil
}
