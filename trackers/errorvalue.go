package trackers

import (
	"math"
	"slices"

	"github.com/crux-pinn/crux/trackers/explain"
)

// ErrorValue is one measurement.
type ErrorValue struct {
	Fields    []FieldError
	Params    []FieldError
	Residuals []Share // of each constraint

	// Windows are the largest relative errors of fields in each window of time that has been trained, with what the windows before it hand on;
	// see [Error.MeasureWindows]. nil without windows.
	Windows []float64

	// Of noisy data there is more to say; see [Noisy].
	Noise       []Noise
	Known       []Known   // numbers: parameters, and what follows from them
	Correlation []float64 // of the errors of Known that noise makes, a square matrix row by row
}

// FieldError is the estimate for one function, or number.
type FieldError struct {
	Name       string
	Size       float64 // root mean square of the function, ‖u‖, or the absolute value of the number
	Repairable float64 // ‖F·d‖
	Left       float64 // √((C‖s‖)² + (c‖n‖)²)
	Gain       float64 // C, for ε = 1e-6
	Typical    float64 // c
	Spread     float64 // the share of points at which the change behind C is of its usual size
	Level      float64 // the absolute value of the mean of that change over its root mean square: 1 for a constant
	Elsewhere  float64 // the gain of that change at more points, where C is large
	Coarse     float64 // C for ε = 1e-4, or what is known to be below it and above half of Gain: a hundredth of Gain where nothing determines the function
	Grows      float64 // C for ε = 1e-11 over that for 1e-9, where nothing seems to determine the function; otherwise 0
	Noise      float64 // the standard deviation that noisy data leave, as a root mean square; 0 where they are not noisy
}

// Share is the residual of a constraint beside its largest term, both as root mean squares.
type Share struct {
	Name           string
	Residual, Term float64
	Natural        float64 // the size that terms can be expected to have, from those of the functions; at least Term
	Equation       bool    // it is an equation, on points of the highest dimension

	// LeftOut is what integrals in it leave out, as a root mean square; Nodes are those of the coarsest, and Finer those with which that
	// was measured, twice as many or as many as there can be. 0 without integrals.
	LeftOut      float64
	Nodes, Finer int

	// Stays is the part of the residual that the best small change of the parameters leaves: near 0 where there is more to train, near 1
	// where another constraint says something else.
	Stays  float64
	Beside []string // other conditions at the same places
}

// Correlated is the correlation of the errors of two numbers in Known; 0 where data are not noisy.
func (v ErrorValue) Correlated(i, j int) float64 {
	if k := i*len(v.Known) + j; k < len(v.Correlation) {
		return v.Correlation[k]
	}
	return 0
}

// Relative is the estimated error relative to the function, at most 1; NaN if nothing was measured. It is 1 as well where the residuals do
// not determine the function: what they say of its error is then nothing.
func (e FieldError) Relative() float64 {
	abs := math.Hypot(e.Repairable, e.Left)
	if abs >= e.Size || !e.Determined() {
		return 1
	}
	return abs / e.Size
}

// Within reports whether the estimated error is small beside what noisy data leave open: more training would not come nearer to the truth.
func (e FieldError) Within() bool {
	return e.Noise > 0 && math.Hypot(e.Repairable, e.Left) <= withinNoise*e.Noise
}

// withinNoise is the part of a standard deviation up to which an error does no harm: an interval of 95 % then still holds the truth in 94
// %.
const withinNoise = 0.3

// Worst is the largest relative error of all functions and numbers, but of those that are within the noise of data: 1 where nothing is
// judged, or where the residuals do not determine one.
func (v ErrorValue) Worst() float64 {
	all := slices.Concat(v.Fields, v.Params)
	if len(all) == 0 {
		return 1
	}
	worst := 0.0
	for _, e := range all {
		switch rel := e.Relative(); {
		case !e.Determined() || math.IsNaN(rel):
			worst = 1
		case !e.Within():
			worst = max(worst, rel)
		}
	}
	return worst
}

const (
	// undetermined is the quotient of the gains for ε = 1e-6 and 1e-4 from which the residuals do not determine the function: it is 1 where
	// they do, as the gain has a limit then, and 100 where there is a change that they do not see.
	undetermined = 30
	// unsettled is the same quotient from which the gain may be larger still: it is 1.0 to 1.8 for the problems of testdata that are solved,
	// and 6 to 15 for sensitive ones.
	unsettled = 2
	// local is the spread of that change below which it lies between the points, at a front or a corner, and says that these are too few. A
	// constant has a spread of 1, a sine 2/3 in one dimension and 0.3 in three.
	local = 0.1
	// constant is the level from which that change counts as one of a constant: what is none is then less than a tenth of it.
	constant = 0.995
	// hidden is the part of its gain that a change keeps at more points from which no residual sees it. A layer that is narrower than the
	// gaps between points keeps less.
	hidden = 0.1
	// unseen is the quotient of the gains for ε = 1e-11 and 1e-9 below which the function is determined after all. Terms of an equation may be
	// a million times as large as others, as the shear of a slender beam is; the change that only the small ones see is seen then: 1.1 and 5.9
	// in two such beams. Without a condition it was 43, 46 and 88 in three problems, and 12 with a network of 13 parameters.
	unseen = 8
)

// hides reports whether the change behind the gain is one that more points see.
func (e FieldError) hides() bool {
	return e.Gain >= undetermined*e.Coarse && e.Elsewhere < hidden*e.Gain
}

// at is the estimate of a function, those of numbers after those of fields.
func (v ErrorValue) at(i int) *FieldError {
	if i < len(v.Fields) {
		return &v.Fields[i]
	}
	return &v.Params[i-len(v.Fields)]
}

// faint reports whether the gain is not all there at ε = 1e-6: some changes of the function are seen less than that, and still seen.
func (e FieldError) faint() bool { return e.Gain > unsettled*e.Coarse && e.Determined() }

// Determined reports whether the residuals determine the function.
func (e FieldError) Determined() bool {
	return !(e.Gain >= undetermined*e.Coarse && e.Spread >= local && e.Elsewhere >= hidden*e.Gain && (e.Grows == 0 || e.Grows >= unseen))
}

// UpToConstant reports whether the residuals determine the function but for a constant.
func (e FieldError) UpToConstant() bool { return !e.Determined() && e.Level >= constant }

// Measurement has the arrays estimated_error, repairable, left, gain and size (one entry for each field, then for each parameter), and
// residual_share (one for each constraint).
func (v ErrorValue) Measurement(explain.Setting) Measurement {
	m := Measurement{Title: "estimated error", Findings: v.findings}
	all := slices.Concat(v.Fields, v.Params)
	column := func(name string, f func(FieldError) float64) {
		x := make([]float64, len(all))
		for i, e := range all {
			x[i] = f(e)
		}
		m.Arrays = append(m.Arrays, vector(name, x))
	}
	column("estimated_error", FieldError.Relative)
	column("repairable", func(e FieldError) float64 { return e.Repairable })
	column("left", func(e FieldError) float64 { return e.Left })
	column("gain", func(e FieldError) float64 { return e.Gain })
	column("size", func(e FieldError) float64 { return e.Size })
	for _, e := range all {
		m.Scalars = append(m.Scalars, Scalar{"estimated_error/" + e.Name, "estimated error of " + e.Name, e.Relative()})
	}
	shares := make([]float64, len(v.Residuals))
	for i, s := range v.Residuals {
		if s.Term > 0 {
			shares[i] = s.Residual / s.Term
		}
		m.Scalars = append(m.Scalars, Scalar{"residual_share/" + s.Name, "residual of " + s.Name + " over its largest term", shares[i]})
	}
	m.Arrays = append(m.Arrays, vector("residual_share", shares))
	return m
}

// findings say how far off the fields are.
func (v ErrorValue) findings() explain.Findings {
	var list explain.Findings
	for _, e := range slices.Concat(v.Fields, v.Params) {
		switch rel := e.Relative(); {
		case !e.Determined():
			list = list.Warn("the residuals do not determine %s: it can change without them; a condition is missing, or is given twice", e.Name)
		case rel >= 0.1:
			list = list.Warn("%s is not solved: its estimated error is %.2g of its size", e.Name, rel)
		default:
			list = list.Note("%s has an estimated relative error of %.1e", e.Name, rel)
		}
	}
	return list
}
