package gallery

import (
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/internal/draw"
	"github.com/crux-pinn/crux/internal/report"
)

// series is a number over the steps.
type series struct{ steps, values []float64 }

// history reads history.csv: the numbers of each column where there are some.
func (r *Run) history(kind string) (map[string]series, error) {
	if r.Dir == "" {
		return nil, &NoneError{kind, "there is no run directory"}
	}
	file, err := report.ReadHistory(filepath.Join(r.Dir, "history.csv"))
	if err != nil {
		return nil, err
	}
	if len(file.Steps) == 0 {
		return nil, &NoneError{kind, "the run directory has no history.csv, or an empty one"}
	}
	h := map[string]series{}
	for i, name := range file.Names {
		var s series
		for k, v := range file.Columns[i] {
			if !math.IsNaN(v) {
				s.steps, s.values = append(s.steps, file.Steps[k]), append(s.values, v)
			}
		}
		if len(s.steps) > 0 {
			h[name] = s
		}
	}
	return h, nil
}

// span are the steps of the whole run, though it may have been measured at a part of it only.
func (r *Run) span(steps []float64) draw.Ends {
	return wider(draw.Ends{0, math.Max(math.Max(1, float64(r.Solver.Epoch())), steps[len(steps)-1])})
}

// lines are the columns whose names begin with a prefix, without it: those of the constraints in their order, others by name.
func (r *Run) lines(h map[string]series, prefix string) []draw.Line {
	var list []draw.Line
	add := func(name string) {
		if s, ok := h[prefix+name]; ok {
			list = append(list, draw.Line{Name: name, X: s.steps, Y: s.values})
		}
	}
	constraints := r.Solver.Names()
	for _, c := range constraints {
		add(c)
	}
	for _, key := range slices.Sorted(maps.Keys(h)) {
		if name, ok := strings.CutPrefix(key, prefix); ok && !slices.Contains(constraints, name) {
			add(name)
		}
	}
	return list
}

func (r *Run) losses(Options) ([]Picture, error) {
	h, err := r.history("losses")
	if err != nil {
		return nil, err
	}
	c := &draw.Curves{Title: "losses", X: "step", Y: "loss", LogY: true, Lines: r.lines(h, "loss/")}
	if all, ok := h["loss"]; ok && len(c.Lines) > 1 {
		c.Lines = append(c.Lines, draw.Line{Name: "total", X: all.steps, Y: all.values, Stroke: draw.Dashed})
	}
	if len(c.Lines) == 0 {
		return nil, &NoneError{"losses", "history.csv has none"}
	}
	return []Picture{{Name: "losses", About: "the losses by constraint", Figure: &draw.Figure{Panels: []draw.Panel{c}}}}, nil
}

func (r *Run) weights(Options) ([]Picture, error) {
	h, err := r.history("weights")
	if err != nil {
		return nil, err
	}
	c := &draw.Curves{Title: "weights", X: "step", Y: "weight", LogY: true, Lines: r.lines(h, "weight/")}
	if len(c.Lines) == 0 {
		return nil, &NoneError{"weights", "no scheme balances the constraints; name one under weights: in the problem file"}
	}
	return []Picture{{Name: "weights", About: "the weights of the constraints", Figure: &draw.Figure{Panels: []draw.Panel{c}}}}, nil
}

// result is what the run came to; nothing where it has not ended.
func (r *Run) result() *report.Report {
	end, err := report.Read(filepath.Join(r.Dir, "result.json"))
	if err != nil {
		return &report.Report{}
	}
	return end
}

// convergence has the estimated and the true errors over the steps.
func (r *Run) convergence(Options) ([]Picture, error) {
	h, err := r.history("convergence")
	if err != nil {
		return nil, err
	}
	end := r.result()
	c := &draw.Curves{Title: "relative errors", X: "step", LogY: true}
	for _, l := range r.lines(h, "explainability/estimated_error/") {
		if v, ok := end.Estimate.Get(l.Name); ok && l.X[len(l.X)-1] < float64(end.Steps) { // what it came to
			l.X, l.Y = append(l.X, float64(end.Steps)), append(l.Y, float64(v))
		}
		l.Name += ", estimated"
		if len(l.X) < 40 {
			l.Stroke = draw.Points
		}
		c.Lines = append(c.Lines, l)
	}
	for _, l := range r.lines(h, "error/") {
		if name, ok := strings.CutSuffix(l.Name, "/rel_l2"); ok {
			l.Name = name + ", true"
			c.Lines = append(c.Lines, l)
		}
	}
	for _, e := range end.Errors {
		name := e.Name + ", true"
		if len(c.Lines) > 0 && !slices.ContainsFunc(c.Lines, func(l draw.Line) bool { return l.Name == name }) {
			dot := draw.Line{Name: name, X: []float64{float64(end.Steps)}, Y: []float64{float64(e.Value.RelL2)}, Stroke: draw.Points}
			c.Lines = append(c.Lines, dot)
		}
	}
	if len(c.Lines) > 0 {
		c.XEnds = r.span(c.Lines[0].X)
	}
	if len(c.Lines) == 0 {
		return nil, &NoneError{"convergence", "no error was measured during the run; trackers: [error] in the problem file does so"}
	}
	return []Picture{{Name: "convergence", About: "the errors over the steps", Figure: &draw.Figure{Panels: []draw.Panel{c}}}}, nil
}

// parameters has a panel for each unknown number, with its true value where that is known and, where the run has ended, how well the
// number is known.
func (r *Run) parameters(Options) ([]Picture, error) {
	h, err := r.history("parameters")
	if err != nil {
		return nil, err
	}
	fig := &draw.Figure{}
	end := r.result()
	for _, l := range r.lines(h, "param/") {
		l.Group = 1
		k := knownAt(end, l.Name, l.Y[len(l.Y)-1])
		if l.X[len(l.X)-1] > float64(end.Steps) { // the run has gone on since
			k = number{value: l.Y[len(l.Y)-1]}
		}
		title := strings.ReplaceAll(l.Name+" = "+plusMinus(k.value, k.off), "-", "−")
		c := &draw.Curves{Title: title, X: "step", Y: in(r.Problem.Unit(l.Name), l.Name), Lines: []draw.Line{l}}
		ends := []float64{l.X[0], l.X[len(l.X)-1]}
		if k.high > k.low {
			c.Lines = append(c.Lines, draw.Line{
				Name: k.band, X: ends, Y: []float64{k.value, k.value}, Low: []float64{k.low, k.low}, High: []float64{k.high, k.high},
				Stroke: draw.Band, Group: 1,
			})
		}
		if truth, ok := r.Problem.Truths[l.Name]; ok {
			c.Lines = append(c.Lines, draw.Line{Name: "true value", X: ends, Y: []float64{truth, truth}, Stroke: draw.Dashed})
		}
		if len(c.Lines) == 1 {
			c.Lines[0].Name = ""
		}
		c.YEnds = unflattened(c.Lines)
		fig.Panels = append(fig.Panels, c)
	}
	if len(fig.Panels) == 0 {
		return nil, &NoneError{"parameters", "the problem has no unknown parameter, or the run recorded none"}
	}
	return []Picture{{Name: "parameters", About: "the unknown parameters", Figure: fig}}, nil
}

// number is an unknown number with what it may be off by: 0 where that is not known.
type number struct {
	value, off float64
	band       string // what low and high are
	low, high  float64
}

// knownAt is a number at the end of a run, as the report has it: its standard deviation and 95 % interval where data are noisy, and
// otherwise its estimated error.
func knownAt(end *report.Report, name string, last float64) number {
	n := number{value: last, band: "±"}
	if v, ok := end.Params.Get(name); ok {
		n.value = float64(v)
	}
	if k, ok := end.Known.Get(name); ok {
		n.off = float64(k.Sigma)
		if k.Interval != nil {
			n.band, n.low, n.high = "95 % interval", float64(k.Interval[0]), float64(k.Interval[1])
			return n
		}
	} else if rel, ok := end.Estimate.Get(name); ok { // of a file of before
		n.off = float64(rel) * math.Abs(n.value)
	}
	if n.off > 0 && !math.IsInf(n.off, 0) {
		n.low, n.high = n.value-n.off, n.value+n.off
	}
	return n
}

// unflattened are the ends of an axis on which lines are not flat beside a wide band: it goes beyond them by no more than their range.
// They are zero where all of it fits.
func unflattened(lines []draw.Line) draw.Ends {
	var values, bands []float64
	for _, l := range lines {
		values, bands = append(values, l.Y...), slices.Concat(bands, l.Low, l.High)
	}
	s := common([][]float64{values})
	room := s.high - s.low
	if len(bands) == 0 || room == 0 || slices.Min(bands) >= s.low-room && slices.Max(bands) <= s.high+room {
		return draw.Ends{}
	}
	return draw.Ends{s.low - room, s.high + room}
}

// plusMinus is a number with the digits that its error leaves: 0.854 ± 0.09.
func plusMinus(v, err float64) string {
	if !(err > 0) || math.IsInf(err, 0) || math.IsNaN(v) {
		return fmt.Sprintf("%.6g", v)
	}
	digits := -int(math.Floor(math.Log10(err)))
	if digits >= 0 && digits <= 8 {
		return fmt.Sprintf("%.*f ± %.*f", digits+1, v, digits, err)
	}
	return fmt.Sprintf("%.6g ± %.1g", v, err)
}
