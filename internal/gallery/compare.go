package gallery

import (
	"math"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/internal/draw"
	"github.com/crux-pinn/crux/internal/report"
)

// Recorded is the history of a run that stands beside others.
type Recorded struct {
	Name    string // of the run
	History *report.History
	Report  *report.Report
	Unit    func(name string) string // of a number of the problem; "" without one
}

// Over are the curves of several runs over each other, with one colour for each run: losses, errors, unknown and watched numbers. Each kind
// has a panel for each thing that was recorded; kinds of which nothing was recorded are left out.
func Over(runs []Recorded) []Picture {
	last := 0.0
	for _, r := range runs {
		if n := len(r.History.Steps); n > 0 {
			last = max(last, r.History.Steps[n-1])
		}
	}
	var list []Picture
	add := func(name, about string, panels ...*draw.Curves) {
		f := &draw.Figure{}
		for _, p := range panels {
			p.XEnds = draw.Ends{0, max(1, last)}
			if slices.ContainsFunc(p.Lines, func(l draw.Line) bool { return l.Stroke == draw.Points && len(l.X) > 0 }) {
				p.XEnds = wider(p.XEnds) // no dot is cut by the frame
			}
			if drawn(p) {
				f.Panels = append(f.Panels, p)
			}
		}
		if len(f.Panels) > 0 {
			list = append(list, Picture{Name: name, About: about, Figure: f})
		}
	}
	losses := columns(runs, "loss/", "")
	panels := []*draw.Curves{over(runs, "training loss", "loss", "loss", true)}
	for _, name := range losses {
		if len(losses) > 1 {
			panels = append(panels, over(runs, "loss of "+name, "loss", "loss/"+name, true))
		}
	}
	add("losses", "losses", panels...)
	panels = nil
	for _, k := range []struct {
		title, prefix, suffix string
		end                   func(*report.Report) report.Numbers
	}{
		{"estimated error of ", "explainability/estimated_error/", "", func(r *report.Report) report.Numbers { return r.Estimate }},
		{"true error of ", "error/", "/rel_l2", report.RelL2},
	} {
		for _, name := range columns(runs, k.prefix, k.suffix) {
			p := over(runs, k.title+name, "relative error", k.prefix+name+k.suffix, true)
			for i, r := range runs {
				if v, ok := k.end(r.Report).Get(name); ok {
					p.Lines[i] = ended(p.Lines[i], r, float64(v))
				}
			}
			panels = append(panels, p)
		}
	}
	add("errors", "errors", panels...)
	for _, k := range []struct{ name, prefix string }{{"unknown numbers", "param/"}, {"numbers that were watched", "show/"}} {
		panels = nil
		for _, name := range columns(runs, k.prefix, "") {
			panels = append(panels, over(runs, name, in(runs[0].Unit(name), name), k.prefix+name, false))
		}
		add(fileName(k.name), k.name, panels...)
	}
	return list
}

// columns are the middles of the names of columns with this beginning and end, in the order in which the runs have them.
func columns(runs []Recorded, prefix, suffix string) []string {
	var list []string
	for _, r := range runs {
		for _, column := range r.History.Names {
			name, ok := strings.CutPrefix(column, prefix)
			name, whole := strings.CutSuffix(name, suffix)
			if ok && whole && !slices.Contains(list, name) {
				list = append(list, name)
			}
		}
	}
	return list
}

// over is one column of all runs. A run without it has a line without points, so that the others keep their colours.
func over(runs []Recorded, title, y, column string, log bool) *draw.Curves {
	c := &draw.Curves{Title: title, X: "step", Y: y, LogY: log}
	for _, r := range runs {
		var l draw.Line
		for k, v := range r.History.Column(column) {
			if !math.IsNaN(v) {
				l.X, l.Y = append(l.X, r.History.Steps[k]), append(l.Y, v)
			}
		}
		c.Lines = append(c.Lines, dotted(l, r))
	}
	return c
}

// ended is a line with the number that a run came to, unless it was recorded there.
func ended(l draw.Line, r Recorded, v float64) draw.Line {
	if end := float64(r.Report.Steps); len(l.X) == 0 || l.X[len(l.X)-1] < end {
		l.X, l.Y = append(l.X, end), append(l.Y, v)
	}
	return dotted(l, r)
}

// dotted is a line with the name of its run, and points where there are few: a line between them would say what is not known.
func dotted(l draw.Line, r Recorded) draw.Line {
	l.Name, l.Stroke = "", draw.Solid
	if len(l.X) > 0 {
		l.Name = r.Name
	}
	if len(l.X) < few {
		l.Stroke = draw.Points
	}
	return l
}

// drawn reports whether a panel has something to show.
func drawn(c *draw.Curves) bool {
	return slices.ContainsFunc(c.Lines, func(l draw.Line) bool { return len(l.X) > 0 })
}
