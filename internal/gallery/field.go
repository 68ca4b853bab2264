package gallery

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/draw"
	ph "github.com/crux-pinn/crux/placeholder"
)

// solution is one picture for each field.
func (r *Run) solution(o Options) ([]Picture, error) {
	return r.each(&NoneError{"solution", "the problem has no field"}, func(c function, known *function) (Picture, error) {
		p, err := r.field(c, known, o)
		p.Name, p.About = "solution-"+fileName(c.name), c.name
		return p, err
	})
}

// errors is one picture for each field with a reference.
func (r *Run) errors(o Options) ([]Picture, error) {
	none := &NoneError{"error", "no field has a reference; the estimated error is in the report and in --what estimate"}
	return r.each(none, func(c function, known *function) (Picture, error) {
		if known == nil {
			return Picture{}, nil
		}
		p, err := r.drawn([]function{difference(c, *known)}, o)
		p.Name, p.About = "error-"+fileName(c.name), "the absolute error of "+c.name
		return p, err
	})
}

// each draws every component of every field, with its reference or nil. A picture without a name is none; without any, none is the error.
func (r *Run) each(none *NoneError, draw func(c function, known *function) (Picture, error)) ([]Picture, error) {
	var list []Picture
	for _, f := range r.Problem.Fields {
		fs, err := r.functions(f.Name, f.Expr, f.Coords)
		if err != nil {
			return nil, err
		}
		for i, c := range fs {
			p, err := draw(c, r.known(f, i, len(fs)))
			if err != nil {
				return nil, err
			}
			if p.Name != "" {
				list = append(list, p)
			}
		}
	}
	if len(list) == 0 {
		return nil, none
	}
	return list, nil
}

// difference is |f − g|.
func difference(f, g function) function {
	return function{name: "|" + f.name + " − reference|", unit: f.unit, coords: f.coords, eval: func(at *domain.Cloud) ([]float64, error) {
		a, err := f.eval(at)
		if err != nil {
			return nil, err
		}
		b, err := g.eval(at)
		if err != nil {
			return nil, err
		}
		return apart(a, b), nil
	}}
}

// field is a function, with its reference and its error unless that is nil.
func (r *Run) field(f function, known *function, o Options) (Picture, error) {
	sections, err := r.sections(f.coords, o)
	if err != nil {
		return Picture{}, err
	}
	u, err := values(f, sections)
	if err != nil {
		return Picture{}, err
	}
	var ref, off [][]float64
	if known != nil {
		if ref, err = values(*known, sections); err != nil {
			return Picture{}, err
		}
		off = make([][]float64, len(u))
		for k := range u {
			off[k] = apart(u[k], ref[k])
		}
	}
	if len(sections[0].Free) == 1 {
		c := r.curves(f.name, f.unit, sections, u, ref)
		if len(f.coords) == 1 {
			c.Lines = append(c.Lines, r.measured(f.name)...)
		}
		fig := &draw.Figure{Panels: []draw.Panel{c}}
		if known != nil {
			e := r.curves("|"+f.name+" − reference|", f.unit, sections, off, nil)
			e.LogY, e.Y = true, f.unit
			fig.Panels = append(fig.Panels, floored(unnamed(e)))
		}
		return Picture{Figure: fig}, nil
	}
	fig := &draw.Figure{Columns: len(sections)}
	scale := common(append(slices.Clone(u), ref...))
	fig.Panels = append(fig.Panels, panels(in(f.unit, f.name), sections, u, scale, r)...)
	if known != nil {
		fig.Panels = append(fig.Panels, panels(in(f.unit, "reference"), sections, ref, scale, r)...)
		fig.Panels = append(fig.Panels, panels(in(f.unit, "|"+f.name+" − reference|"), sections, off, magnitude(off), r)...)
	}
	if len(sections) > 1 {
		return Picture{Figure: fig}, nil
	}
	fig.Columns = 0
	if i := slices.Index(sections[0].Free, r.Problem.Time); i >= 0 {
		cut, err := r.cuts(f, known, sections[0], i)
		if err != nil {
			return Picture{}, err
		}
		fig.Panels = append(fig.Panels, cut)
		if len(fig.Panels) == 4 {
			fig.Columns = 2
		}
	}
	return Picture{Figure: fig}, nil
}

// measured are the values of data columns that have the name of a function of one coordinate, as points.
func (r *Run) measured(name string) (list []draw.Line) {
	seen := map[*domain.Points]bool{}
	for _, c := range r.Problem.Crux.Constraints {
		if seen[c.On] || !slices.Contains(c.On.Columns(), name) {
			continue
		}
		seen[c.On] = true
		if at, err := c.On.Draw(nil); err == nil {
			list = append(list, draw.Line{Name: "data", X: at.X, Y: at.Columns[name], Stroke: draw.Points})
		}
	}
	return list
}

// drawn are functions of which the size counts, such as residuals: one row for each, in one figure.
func (r *Run) drawn(fs []function, o Options) (Picture, error) {
	fig := &draw.Figure{}
	var lines *draw.Curves
	for _, f := range fs {
		sections, err := r.sections(f.coords, o)
		if err != nil {
			return Picture{}, err
		}
		u, err := values(f, sections)
		if err != nil {
			return Picture{}, err
		}
		if len(sections[0].Free) == 1 {
			c := r.curves(f.name, f.unit, sections, u, nil)
			c.LogY = wide(u)
			if lines == nil || len(sections) > 1 || lines.X != c.X {
				lines = c
				fig.Panels = append(fig.Panels, c)
			} else { // several functions of one coordinate are lines of one panel
				lines.LogY = lines.LogY || c.LogY
				lines.Lines[0].Group, c.Lines[0].Group = 0, 0
				lines.Lines = append(lines.Lines, c.Lines...)
				lines.Title, lines.Y = "", f.unit
			}
			continue
		}
		fig.Panels = append(fig.Panels, panels(in(f.unit, f.name), sections, u, magnitude(u), r)...)
		if len(sections) > 1 {
			fig.Columns = len(sections)
		}
	}
	for _, p := range fig.Panels {
		if c, ok := p.(*draw.Curves); ok {
			floored(c)
		}
	}
	if lines != nil {
		unnamed(lines)
	}
	return Picture{Figure: fig}, nil
}

// floored lets a logarithmic axis begin where the colours of a map would: lines leave the frame where what they show vanishes.
func floored(c *draw.Curves) *draw.Curves {
	if !c.LogY {
		return c
	}
	var all [][]float64
	for _, l := range c.Lines {
		all = append(all, l.Y)
	}
	x := positive(all)
	if len(x) == 0 {
		return c
	}
	low, high := least(x), x[len(x)-1]
	if room := math.Pow(high/low, 0.04); high > low {
		c.YEnds = draw.Ends{low / room, high * room}
	}
	return c
}

// unnamed takes the name from a line that is alone: the title says it.
func unnamed(c *draw.Curves) *draw.Curves {
	if len(c.Lines) == 1 {
		c.Lines[0].Name = ""
	}
	return c
}

// values are those of a function on all sections.
func values(f function, sections []*Section) ([][]float64, error) {
	var all [][]float64
	for _, s := range sections {
		v, err := f.on(s)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// apart is |a − b|.
func apart(a, b []float64) []float64 {
	d := make([]float64, len(a))
	for i := range d {
		d[i] = math.Abs(a[i] - b[i])
	}
	return d
}

// curves are a function of one coordinate, one line for each section, with the reference dashed unless that is nil.
func (r *Run) curves(name, unit string, sections []*Section, u, ref [][]float64) *draw.Curves {
	c := &draw.Curves{Title: name, X: r.label(sections[0].Free[0]), Y: in(unit, name), Ordered: len(sections) > 1}
	where := sections[0].Label()
	if len(sections) == 1 && where != "" {
		c.Title += ", " + where
	}
	for k, s := range sections {
		label := name
		if len(sections) > 1 {
			label = s.Label()
		}
		c.Lines = append(c.Lines, line(s, u[k], draw.Line{Name: label, Group: k + 1}))
	}
	for k, s := range sections {
		if ref == nil {
			break
		}
		l := draw.Line{Stroke: draw.Dashed, Group: k + 1}
		if k == len(sections)-1 {
			l.Name = "reference"
		}
		c.Lines = append(c.Lines, line(s, ref[k], l))
	}
	return c
}

// line has the values on the intervals of a section, in their order, and a gap between those that do not touch.
func line(s *Section, values []float64, l draw.Line) draw.Line {
	intervals := slices.Collect(slices.Chunk(s.Mesh.Cells, 2))
	slices.SortFunc(intervals, func(a, b []int) int { return cmp.Compare(s.Mesh.X[a[0]], s.Mesh.X[b[0]]) })
	last := -1
	for _, i := range intervals {
		if i[0] != last {
			if last >= 0 {
				l.X, l.Y = append(l.X, math.NaN()), append(l.Y, math.NaN())
			}
			l.X, l.Y = append(l.X, s.Mesh.X[i[0]]), append(l.Y, values[i[0]])
		}
		last = i[1]
		l.X, l.Y = append(l.X, s.Mesh.X[last]), append(l.Y, values[last])
	}
	return l
}

// cuts are a function of time and one more coordinate as curves at some times.
func (r *Run) cuts(f function, known *function, s *Section, time int) (*draw.Curves, error) {
	t := s.Free[time]
	lo, hi := r.Problem.Bounds(t)
	var sections []*Section
	const times = 5
	for _, v := range domain.Ticks(lo, hi, times) {
		fixed := append(slices.Clone(s.Fixed), Place{t, v})
		cut, err := NewSection(r.Problem, []*ph.Coord{s.Free[1-time]}, fixed, 401)
		if err != nil {
			return nil, err
		}
		sections = append(sections, cut)
	}
	u, err := values(f, sections)
	if err != nil {
		return nil, err
	}
	var ref [][]float64
	if known != nil {
		if ref, err = values(*known, sections); err != nil {
			return nil, err
		}
	}
	c := r.curves(f.name, f.unit, sections, u, ref)
	c.Title = f.name + " at several times"
	return c, nil
}

// scale is how the values of several panels become colours.
type scale struct {
	colours   draw.Colours
	log       bool
	low, high float64
}

// common is the scale of values that are compared.
func common(all [][]float64) scale {
	s := scale{low: math.Inf(1), high: math.Inf(-1)}
	for _, v := range all {
		for _, x := range v {
			if x-x == 0 {
				s.low, s.high = math.Min(s.low, x), math.Max(s.high, x)
			}
		}
	}
	if s.low > s.high {
		s.low, s.high = 0, 0
	}
	return s
}

// magnitude is the scale of what should be zero: from zero, or logarithmic where a few large values would hide all others.
func magnitude(all [][]float64) scale {
	s := common(all)
	s.colours = draw.Heat
	if wide(all) {
		s.log = true
		s.low = least(positive(all))
	} else if s.high > 0 {
		s.low = 0
	}
	return s
}

// least is the lower end of a logarithmic scale for values above zero in ascending order: that above a twentieth of them, and eight decades
// below the largest at most. What is left out are places where an error or a residual vanishes: the lines on which it changes its sign,
// and the sides with conditions that are built in, 4 % of the nodes of a square. They fall to the rounding of numbers, which says nothing
// of the solution and would take half of a scale.
func least(x []float64) float64 { return math.Max(x[len(x)/20], x[len(x)-1]*1e-8) }

// wide reports whether values, of which the size counts, lie so far apart that a logarithm shows them better.
func wide(all [][]float64) bool {
	x := positive(all)
	return len(x) > 0 && x[len(x)-1] > 30*x[len(x)/2]
}

// positive are the values above zero, ascending.
func positive(all [][]float64) []float64 {
	var x []float64
	for _, v := range all {
		for _, y := range v {
			if y > 0 && y-y == 0 {
				x = append(x, y)
			}
		}
	}
	slices.Sort(x)
	return x
}

// panels are a function on sections with two coordinates.
func panels(name string, sections []*Section, values [][]float64, s scale, r *Run) []draw.Panel {
	var list []draw.Panel
	for k, sec := range sections {
		title := name
		if where := sec.Label(); where != "" {
			title = fmt.Sprintf("%s, %s", name, where)
		}
		list = append(list, &draw.Map{
			Title: title, X: r.label(sec.Free[0]), Y: r.label(sec.Free[1]), Mesh: sec.Mesh, Values: values[k],
			Colours: s.colours, Log: s.log, Low: s.low, High: s.high, Plain: s.log, // the lines of a logarithm of noise are noise
			XEnds: r.ends(sec.Free[0]), YEnds: r.ends(sec.Free[1]), Equal: r.lengths(sec.Free),
		})
	}
	return list
}

// label is what stands at the axis of a coordinate.
func (r *Run) label(c *ph.Coord) string { return in(r.Problem.Unit(c.Name()), c.Name()) }

// ends are those of a coordinate.
func (r *Run) ends(c *ph.Coord) draw.Ends {
	lo, hi := r.Problem.Bounds(c)
	return draw.Ends{lo, hi}
}

// lengths reports whether coordinates are all of space, so that a unit of one is a unit of the other.
func (r *Run) lengths(cs []*ph.Coord) bool {
	return !slices.Contains(cs, r.Problem.Time)
}
