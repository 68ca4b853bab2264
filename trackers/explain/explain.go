// Package explain says in words what trackers have measured: which constraint is hardly trained, which two oppose each
// other, where the residual is largest, which patterns a network will not learn.
//
//	norms, cosines := &trackers.GradientNorms{}, &trackers.CosSimilarity{}
//	err := solver.Measure(ctx, norms, cosines)
//	for _, t := range []trackers.Tracker{norms, cosines} {
//		if s, ok := explain.Of(t, explain.For(solver)); ok {
//			fmt.Println(s)
//		}
//	}
//
// The words follow from rules. Their thresholds are the constants of this package: they are habits of the field, not
// theorems, and every sentence names the numbers from which it was drawn.
package explain

import (
	"fmt"
	"math"
	"strings"

	"github.com/crux-pinn/crux/crux"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
)

// Level says how much a finding matters.
type Level int

const (
	Note    Level = iota // what there is
	Warning              // what holds the run up, or will
)

func (l Level) String() string {
	if l == Warning {
		return "warning"
	}
	return "note"
}

// Finding is one sentence about a measurement.
type Finding struct {
	Level Level
	Text  string
}

// Series is one number of a tracker over all its measurements.
type Series struct {
	Name   string
	Epochs []int
	Values []float64 // one for each epoch
}

// Summary is what there is to say of one tracker: its latest measurement in words, and the course of its main numbers.
type Summary struct {
	Tracker  string // "gradient norms"
	Epoch    int    // of the latest measurement
	Findings []Finding
	Series   []Series
}

// Setting is what the words need beside a measurement.
type Setting struct {
	Constraints []string   // names, in the order of the problem
	Coords      [][]string // for each constraint: names of the coordinates of its points
	Rate        float64    // learning rate of the method at work; NaN if it has none, 0 if it is not known
}

// For is the setting of a solver.
func For(s *crux.Solver) Setting {
	at := Setting{Constraints: s.Names(), Rate: math.NaN()}
	for _, name := range at.Constraints {
		var coords []string
		if c, err := s.Cloud(name); err == nil { // every constraint has one
			for _, x := range c.Coords {
				coords = append(coords, x.Name())
			}
		}
		at.Coords = append(at.Coords, coords)
	}
	at.Rate = s.MethodInfo().Rate
	return at
}

// Of explains the latest measurement of a tracker. ok is false before the first one, and for trackers that are not of
// package trackers.
func Of(t trackers.Tracker, at Setting) (s Summary, ok bool) {
	epoch, ok := t.LatestEpoch()
	if !ok {
		return s, false
	}
	s.Epoch = epoch
	switch t := t.(type) {
	case *trackers.GradientNorms:
		v, _ := t.Value()
		s.Tracker, s.Findings, s.Series = "gradient norms", GradientNorms(at, v), normSeries(at, t.Result())
	case *trackers.CosSimilarity:
		v, _ := t.Value()
		s.Tracker, s.Findings, s.Series = "cosine similarity", CosSimilarity(at, v), cosineSeries(at, t.Result())
	case *trackers.GradientAlignment:
		v, _ := t.Value()
		r := t.Result()
		s.Tracker, s.Findings = "gradient alignment", GradientAlignment(at, v)
		s.Series = []Series{{"alignment", r.Epochs, r.Alignment}}
	case *trackers.ResidualStats:
		v, _ := t.Value()
		r := t.Result()
		s.Tracker, s.Findings, s.Series = "residuals", ResidualStats(at, r.Indices, v), residualSeries(at, r)
	case *trackers.InputSensitivity:
		r := t.Result()
		s.Tracker, s.Findings, s.Series = "input sensitivity", InputSensitivity(r), sensitivitySeries(r)
		if t.Expr != nil {
			s.Tracker += " of " + shown(t.Expr)
		}
	case *trackers.NTKSpectrum:
		v, _ := t.Value()
		s.Tracker, s.Findings, s.Series = "neural tangent kernel", NTKSpectrum(v), kernelSeries(t.Result())
		if t.Grad != nil && t.Grad.Expr != nil {
			s.Tracker += " of " + shown(t.Grad.Expr)
		}
	case *trackers.HessianSpectrum:
		v, _ := t.Value()
		s.Tracker, s.Findings, s.Series = "Hessian"+at.chosen(v.Weights)+left(t.Unweighted, t.Mask), HessianSpectrum(at, v), hessianSeries(t.Result())
	case *trackers.LossLandscape:
		v, _ := t.Value()
		r := t.Result()
		s.Tracker, s.Findings, s.Series = "loss landscape"+left(t.Unweighted, t.Mask), LossLandscape(at, v, r.Axis), landscapeSeries(r)
	default:
		return Summary{}, false
	}
	return s, true
}

// chosen names the constraints that a loss consists of, if it lacks some.
func (at Setting) chosen(weights []float64) string {
	var names []string
	for i, w := range weights {
		if w > 0 {
			names = append(names, at.constraint(i))
		}
	}
	if len(names) == 0 || len(names) == len(weights) {
		return ""
	}
	return " of " + strings.Join(names, ", ")
}

// left says what else options left out of the training loss by all parameters.
func left(unweighted bool, mask ph.Selector) string {
	text := ""
	if unweighted {
		text += ", unweighted"
	}
	if mask != nil {
		text += ", some parameters"
	}
	return text
}

// Warnings are the findings that matter.
func (s Summary) Warnings() []Finding {
	var list []Finding
	for _, f := range s.Findings {
		if f.Level == Warning {
			list = append(list, f)
		}
	}
	return list
}

// String is the summary as text of several lines: findings, with ! before those that matter, and how the main numbers went from
// the first measurement to the last.
func (s Summary) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, step %d\n", s.Tracker, s.Epoch)
	for _, f := range s.Findings {
		mark := "-"
		if f.Level == Warning {
			mark = "!"
		}
		fmt.Fprintf(&b, "  %s %s\n", mark, f.Text)
	}
	for _, x := range s.Series {
		if n := len(x.Values); n > 1 {
			fmt.Fprintf(&b, "  %s: %.3g at step %d → %.3g at step %d\n", x.Name, x.Values[0], x.Epochs[0], x.Values[n-1], x.Epochs[n-1])
		}
	}
	return b.String()
}

// shown is the text of an expression, cut where it grows long.
func shown(e ph.Expr) string {
	const most = 60
	text := []rune(e.String())
	if len(text) > most {
		return string(text[:most]) + "…"
	}
	return string(text)
}

func note(format string, args ...any) Finding { return Finding{Note, fmt.Sprintf(format, args...)} }
func warn(format string, args ...any) Finding { return Finding{Warning, fmt.Sprintf(format, args...)} }

// factor is a quotient as people say it: 3.4, 120, 2.5e+06.
func factor(x float64) string {
	switch {
	case x >= 10 && x < 1e4:
		return fmt.Sprintf("%.0f", x)
	default:
		return fmt.Sprintf("%.2g", x)
	}
}

// place is a point in words: (x = 0.25, y = 1).
func place(coords []string, x []float64) string {
	parts := make([]string, len(x))
	for i, v := range x {
		name := fmt.Sprintf("x%d", i)
		if i < len(coords) {
			name = coords[i]
		}
		parts[i] = fmt.Sprintf("%s = %.4g", name, v)
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// constraint is the name of constraint i.
func (at Setting) constraint(i int) string {
	if i < len(at.Constraints) {
		return at.Constraints[i]
	}
	return fmt.Sprintf("constraint %d", i)
}

// coords are the coordinates of constraint i.
func (at Setting) coords(i int) []string {
	if i < len(at.Coords) {
		return at.Coords[i]
	}
	return nil
}
