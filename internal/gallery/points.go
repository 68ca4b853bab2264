package gallery

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/draw"
	"github.com/crux-pinn/crux/internal/files/npy"
	ph "github.com/crux-pinn/crux/placeholder"
)

// points are where the constraints are enforced now and, where points have moved, where they were at some of the steps.
func (r *Run) points(Options) ([]Picture, error) {
	clouds, err := r.clouds()
	if err != nil {
		return nil, err
	}
	fig, err := r.at(clouds)
	if err != nil {
		return nil, err
	}
	list := []Picture{{Name: "points", About: "the points of all constraints", Figure: fig}}
	moves, err := r.Moves()
	if none := (*NoneError)(nil); errors.As(err, &none) {
		return list, nil
	}
	if err != nil {
		return nil, err
	}
	const most = 6 // side by side
	some := &draw.Figure{}
	if n := min(most, len(moves)); n > 3 {
		some.Columns = (n + 1) / 2
	}
	for k := range min(most, len(moves)) {
		f := moves[k*(len(moves)-1)/(min(most, len(moves))-1)]
		p := space(f)
		p.Title = f.Title
		some.Panels = append(some.Panels, p)
	}
	return append(list, Picture{Name: "points-moving", About: "the points of all constraints over the steps", Figure: some}), nil
}

// space is the panel of two coordinates of space, or the first one without: holes are seen there.
func space(f *draw.Figure) *draw.Curves {
	for _, p := range f.Panels {
		if c := p.(*draw.Curves); c.Equal {
			return c
		}
	}
	return f.Panels[0].(*draw.Curves)
}

// clouds are the points of all constraints now.
func (r *Run) clouds() ([]*domain.Cloud, error) {
	var list []*domain.Cloud
	for _, name := range r.Solver.Names() {
		c, err := r.Solver.Cloud(name)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}

// Moves are where the points of all constraints were at the steps at which some had moved, and where they are now.
func (r *Run) Moves() ([]*draw.Figure, error) {
	none := &NoneError{"moving points", "no points have moved; resample and adaptive points move them"}
	if r.Dir == "" {
		return nil, none
	}
	path := filepath.Join(r.Dir, "points.npz")
	arrays, err := npy.ReadZip(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, none
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	now, err := r.clouds()
	if err != nil {
		return nil, err
	}
	var steps []float64
	for name, a := range arrays {
		if strings.HasSuffix(name, ".steps") {
			steps = append(steps, a.Data...)
		}
	}
	slices.Sort(steps)
	var list []*draw.Figure
	show := func(step int, clouds []*domain.Cloud) error {
		f, err := r.at(clouds)
		if err != nil {
			return err
		}
		f.Title = fmt.Sprintf("step %d", step)
		list = append(list, f)
		return nil
	}
	for _, step := range slices.Compact(steps) {
		then := slices.Clone(now)
		for k, name := range r.Solver.Names() {
			if c := before(arrays, name, step, now[k].Coords); c != nil {
				then[k] = c
			} else if k > 0 && slices.Equal(now[k].X, now[k-1].X) { // of several residuals of one constraint
				then[k] = then[k-1]
			}
		}
		if err := show(int(step), then); err != nil {
			return nil, err
		}
	}
	if last := r.Solver.Epoch(); len(steps) == 0 || last > int(steps[len(steps)-1]) {
		if err := show(last, now); err != nil {
			return nil, err
		}
	}
	if len(list) < 2 {
		return nil, none
	}
	return list, nil
}

// before are the points of a constraint at a step, or at the last one before it of which the file has some; nil if there is none.
func before(arrays map[string]*npy.Array, name string, step float64, coords []*ph.Coord) *domain.Cloud {
	steps, points := arrays[name+".steps"], arrays[name+".points"]
	if steps == nil || points == nil || len(points.Data) != len(coords)*len(steps.Data) {
		return nil
	}
	end := 0
	for end < len(steps.Data) && steps.Data[end] <= step {
		end++
	}
	if end == 0 {
		return nil
	}
	begin := slices.Index(steps.Data, steps.Data[end-1])
	d := len(coords)
	return &domain.Cloud{Coords: coords, X: points.Data[begin*d : end*d]}
}

// at draws the points of all constraints. Of three coordinates and more there is a panel for each pair of the first three.
func (r *Run) at(clouds []*domain.Cloud) (*draw.Figure, error) {
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
	return fig, nil
}

// row has the points of each constraint on a line of its own.
func (r *Run) row(clouds []*domain.Cloud, x *ph.Coord) *draw.Curves {
	c := &draw.Curves{Title: "points", X: r.label(x), XEnds: wider(r.ends(x))}
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
		Title: "points", X: r.label(x), Y: r.label(y), XEnds: wider(r.ends(x)), YEnds: wider(r.ends(y)),
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
