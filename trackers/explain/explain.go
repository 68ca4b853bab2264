// Package explain is the language in which trackers say what they have measured: which constraint is hardly trained, which two
// oppose each other, where the residual is largest, which patterns a network will not learn.
//
//	norms, cosines := &trackers.GradientNorms{}, &trackers.CosSimilarity{}
//	err := solver.Measure(ctx, norms, cosines)
//	for _, t := range []trackers.Tracker{norms, cosines} {
//		if s, ok := t.Explain(explain.For(solver)); ok {
//			fmt.Println(s)
//		}
//	}
//
// The words follow from rules, which stand with each tracker. Their thresholds are habits of the field, not theorems, and every
// sentence names the numbers from which it was drawn.
package explain

import (
	"fmt"
	"strings"
)

// Level says how much a finding matters.
type Level int

const (
	Note    Level = iota // what there is
	Warning              // what slows the run down, or will
)

func (l Level) String() string {
	if l == Warning {
		return "warning"
	}
	return "note"
}

// MarshalText makes the level a word in JSON.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// Finding is one sentence about a measurement.
type Finding struct {
	Level Level  `json:"level"`
	Text  string `json:"text"`
}

// Findings are all that there is to say of a measurement; nil is nothing.
type Findings []Finding

// Note adds a sentence that says what there is.
func (f Findings) Note(format string, args ...any) Findings {
	return append(f, Finding{Note, fmt.Sprintf(format, args...)})
}

// Warn adds a sentence that says what slows the run down.
func (f Findings) Warn(format string, args ...any) Findings {
	return append(f, Finding{Warning, fmt.Sprintf(format, args...)})
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
	Findings Findings
	Series   []Series
}

// Warnings are the findings that matter.
func (s Summary) Warnings() Findings {
	var list Findings
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

// Factor is a quotient as people say it: 3.4, 120, 2.5e+06.
func Factor(x float64) string {
	if x >= 10 && x < 1e4 {
		return fmt.Sprintf("%.0f", x)
	}
	return fmt.Sprintf("%.2g", x)
}

// Place is a point in words: (x = 0.25, y = 1). Coordinates without a name are numbered.
func Place(coords []string, x []float64) string {
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
