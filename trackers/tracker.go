package trackers

import (
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/files/picture"
	"github.com/crux-pinn/crux/internal/linalg"
	"github.com/crux-pinn/crux/trackers/explain"
)

// Tracker is what all trackers have in common, and all that sinks, files and crux explain know of one. A type that embeds a History
// lacks nothing of it but OnSolveBegin and OnStep.
type Tracker interface {
	crux.Callback
	crux.Stateful                                                // the whole history
	LatestEpoch() (epoch int, ok bool)                           // the step of the latest measurement; ok is false before the first one
	Latest(at explain.Setting) (m Measurement, ok bool)          // the latest measurement
	Arrays() []Array                                             // all measurements, for files
	Explain(at explain.Setting) (words explain.Summary, ok bool) // the latest measurement in words, and how it came about
}

// Measurement is what a tracker has measured at one step, in the form in which everything that shows it takes it: sinks take scalars
// and plots, files the arrays, and crux explain the title, the scalars with names and the findings.
type Measurement struct {
	Title    string // "gradient norms"
	Scalars  []Scalar
	Arrays   []Array
	Plots    func() []Plot           // drawn where a sink shows images; nil means none
	Findings func() explain.Findings // what the numbers mean; nil means that there is nothing to say
}

// Scalar is one number of a measurement.
type Scalar struct {
	Key   string // for sinks, below explainability/; empty means that they do not get it
	Name  string // for people, who then see how it went: "norm of pde"; empty means that they do not
	Value float64
}

// Array is one named array: of a measurement, or of a history, which puts one row for each measurement after the other.
type Array struct {
	Name  string
	Shape []int // empty for a number
	Data  any   // []float64, or []int64 for epochs and indices; row by row
	Fixed bool  // a history has it once, as long as all measurements have the same
}

// Plot is a picture of a measurement.
type Plot struct {
	Key     string // below explainability/
	Picture Picture
	Numbers bool // W&B takes the counts of a histogram instead of an image
}

// Picture is what Plot draws: a Heatmap, Histogram, Lines, or any other that can be a PNG file. It keeps numbers and draws when it is
// asked; TensorBoard takes the counts of a Histogram.
type Picture interface {
	PNG() (data []byte, width, height int, err error)
}

// The pictures that crux draws.
type (
	Heatmap   = picture.Heatmap   // a matrix
	Histogram = picture.Histogram // counts between edges
	Lines     = picture.Lines     // curves, of type Curve
	Curve     = picture.Curve
)

// histogram is the plot of a histogram; none where a value is not finite.
func histogram(key, title string, x []float64, bins int) []Plot {
	edges, counts, err := linalg.Histogram(x, bins)
	if err != nil {
		return nil
	}
	return []Plot{{Key: key, Picture: &Histogram{Title: title, Edges: edges, Counts: counts}}}
}
