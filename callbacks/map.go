package callbacks

import (
	"fmt"
	"math"
	"slices"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/trackers"
	"github.com/crux-pinn/crux/trackers/explain"
)

// Latest is what it has seen last, for sinks: its images solution/NAME, and with a known solution solution/NAME_error, one for each
// component. Points that are no grid have none. ok is false before the first look.
func (c *Solution) Latest(explain.Setting) (m trackers.Measurement, ok bool) {
	if _, ok = c.LatestEpoch(); ok {
		m = trackers.Measurement{Title: "solution " + c.Name, Plots: c.plots}
	}
	return m, ok
}

func (c *Solution) plots() []trackers.Plot {
	g := newGrid(c.eval.Points())
	if g == nil {
		return nil
	}
	var list []trackers.Plot
	k := c.eval.Components()
	for j := range k {
		name := c.Name
		if k > 1 {
			name = fmt.Sprintf("%s_%d", c.Name, j)
		}
		u, known := g.pick(c.value.Values, k, j), g.pick(c.value.Known, k, j)
		list = append(list, trackers.Plot{Key: "solution/" + name, Picture: g.picture(name, u, known, false, c.latest)})
		if known != nil {
			diff := make([]float64, len(u))
			for i := range u {
				diff[i] = math.Abs(u[i] - known[i])
			}
			wrong := g.picture("|"+name+" - known|", diff, nil, true, c.latest)
			list = append(list, trackers.Plot{Key: "solution/" + name + "_error", Picture: wrong})
		}
	}
	return list
}

// grid is the part of a set of points that an image shows: all points where one coordinate, or two, run over their values and the
// others are fixed.
type grid struct {
	points []int       // of the cloud
	names  []string    // of the one or two coordinates
	ticks  [][]float64 // their values, ascending
	at     [][2]int    // of each point, its place among the ticks
	fixed  string      // what is fixed, as in ", t=1"
}

// mostTicks is the largest number of values of a coordinate that an image shows.
const mostTicks = 1000

// newGrid finds the grid in a cloud; nil if there is none.
func newGrid(c *domain.Cloud) *grid {
	d := len(c.Coords)
	all := make([][]float64, d)
	for j := range d {
		for i := range c.Len() {
			all[j] = append(all[j], c.Row(i)[j])
		}
		slices.Sort(all[j])
		all[j] = slices.Compact(all[j])
	}
	g := &grid{}
	var shown []int
	for j := range d {
		if len(shown) < 2 && (d <= 2 || c.Coords[j].Name() != "t") {
			shown, g.names, g.ticks = append(shown, j), append(g.names, c.Coords[j].Name()), append(g.ticks, all[j])
		}
	}
	fixed := make([]float64, d) // NaN for those shown
	for j := range d {
		fixed[j] = math.NaN()
		if name := c.Coords[j].Name(); !slices.Contains(shown, j) {
			fixed[j] = all[j][len(all[j])/2]
			if name == "t" {
				fixed[j] = all[j][len(all[j])-1]
			}
			g.fixed += fmt.Sprintf(", %s=%.3g", name, fixed[j])
		}
	}
	cells := 1
	for _, t := range g.ticks {
		if len(t) < 2 || len(shown) == 2 && len(t) > mostTicks {
			return nil
		}
		cells *= len(t)
	}
	for i := range c.Len() {
		row := c.Row(i)
		on := true
		for j, v := range fixed {
			on = on && (math.IsNaN(v) || row[j] == v)
		}
		if !on {
			continue
		}
		var at [2]int
		for k, j := range shown {
			at[k], _ = slices.BinarySearch(g.ticks[k], row[j])
		}
		g.points, g.at = append(g.points, i), append(g.at, at)
	}
	if len(shown) == 0 || 4*len(g.points) < cells { // scattered points, each of which has ticks of its own
		return nil
	}
	return g
}

// pick takes component j of k at the points of the grid.
func (g *grid) pick(values []float64, k, j int) []float64 {
	if values == nil {
		return nil
	}
	out := make([]float64, len(g.points))
	for i, p := range g.points {
		out[i] = values[p*k+j]
	}
	return out
}

// picture is a map of values, or along one coordinate a curve, with that of known ones beside it if there are some.
func (g *grid) picture(what string, values, known []float64, log bool, epoch int) trackers.Picture {
	if len(g.ticks) == 2 {
		return g.heat(what, values, epoch)
	}
	lines := &trackers.Lines{Title: g.title(what, epoch), Log: log, Curves: []trackers.Curve{g.curve(what, values)}}
	if known != nil {
		lines.Curves = append(lines.Curves, g.curve("known", known))
	}
	return lines
}

func (g *grid) title(what string, epoch int) string {
	over := g.names[0]
	if len(g.names) == 2 {
		over = g.names[0] + " (right), " + g.names[1] + " (up)"
	}
	return fmt.Sprintf("%s over %s%s, step %d", what, over, g.fixed, epoch)
}

// heat has the first coordinate to the right and the second one upwards. Where there is no point it is grey.
func (g *grid) heat(what string, v []float64, epoch int) *trackers.Heatmap {
	w, h := len(g.ticks[0]), len(g.ticks[1])
	m := &trackers.Heatmap{Title: g.title(what, epoch), Rows: h, Columns: w, Values: make([]float64, w*h)}
	for i := range m.Values {
		m.Values[i] = math.NaN()
	}
	for i, at := range g.at {
		m.Values[(h-1-at[1])*w+at[0]] = v[i]
	}
	return m
}

// curve has the points in the order of their coordinate.
func (g *grid) curve(name string, v []float64) trackers.Curve {
	c := trackers.Curve{Name: name, X: g.ticks[0], Y: make([]float64, len(g.ticks[0]))}
	for i := range c.Y {
		c.Y[i] = math.NaN()
	}
	for i, at := range g.at {
		c.Y[at[0]] = v[i]
	}
	return c
}
