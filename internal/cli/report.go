package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/internal/spec"
)

// Report is what a run came to: the object that --json prints and result.json holds. Numbers that are not finite are
// null there.
type Report struct {
	Problem     string          `json:"problem"`
	Status      string          `json:"status"` // completed, converged, stopped, canceled, diverged or failed
	Reason      string          `json:"reason"`
	Steps       int             `json:"steps"`
	Seed        uint64          `json:"seed"`
	Parameters  int             `json:"parameters"`          // trainable numbers
	Optimizer   string          `json:"optimizer"`           // that ran, in words
	Seconds     Number          `json:"seconds"`             // of training
	Loss        Number          `json:"loss"`                // at the final parameters
	Losses      Numbers         `json:"losses"`              // by constraint, unweighted
	Errors      Errors          `json:"errors"`              // by field; of fields with a reference
	Exact       []Exact         `json:"exact,omitempty"`     // constraints that hold exactly because they are built into a field
	Decisions   []auto.Decision `json:"decisions,omitempty"` // what the problem left open, and what became of it
	Scales      []Scale         `json:"scales,omitempty"`    // of the residuals at step 0
	ResidualP99 Numbers         `json:"residual_p99"`
	Params      Numbers         `json:"params"`               // trainable scalars, and numbers that follow from them
	Truths      Numbers         `json:"truths,omitempty"`     // what params should be, of those for which the file says so
	Choices     []string        `json:"choices,omitempty"`    // what an optimizer that decides by itself has decided, and why
	Resampling  []string        `json:"resampling,omitempty"` // likewise what has become of points that are watched
	Findings    []string        `json:"findings,omitempty"`   // what trackers found that matters
	Windows     []Window        `json:"windows,omitempty"`    // of time, trained one after the other
	Curriculum  *Curriculum     `json:"curriculum,omitempty"` // over a constant of the equations
	Warnings    []string        `json:"warnings,omitempty"`   // what in the course of the run speaks against its result
	RunDir      *string         `json:"run_dir"`              // null if nothing could be written
}

// Number is a float64 that is null in JSON when it is not finite.
type Number float64

// MarshalJSON implements json.Marshaler.
func (x Number) MarshalJSON() ([]byte, error) {
	if v := float64(x); math.IsNaN(v) || math.IsInf(v, 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(x))
}

// Window is a piece of time that was trained by itself.
type Window struct {
	From  float64 `json:"from"`
	To    float64 `json:"to"`
	Steps int     `json:"steps"`
	Loss  Number  `json:"loss"` // at its last step; null if it has not begun
}

// Curriculum is the values that a constant has taken, one after the other.
type Curriculum struct {
	Constant string   `json:"constant"`
	Value    Number   `json:"value"` // at the end: the report is of the problem with it
	Final    Number   `json:"final"` // its own, which comes last
	Lessons  []Lesson `json:"lessons"`
}

// curriculumOf is how far a solver has come with the curriculum of its problem; nil without one.
func curriculumOf(p *spec.Problem, s *crux.Solver) *Curriculum {
	c := p.Options.Curriculum
	if c == nil {
		return nil
	}
	own, _ := c.Of.Constant()
	r := &Curriculum{Constant: c.Of.Path(), Value: Number(s.Value(c.Of)), Final: Number(own)}
	for _, l := range s.Lessons() {
		r.Lessons = append(r.Lessons, Lesson{Number(l.Value), l.Steps, Number(l.Loss)})
	}
	return r
}

// unfinished says of which problem a run has left the solution, if that is not the one of the file.
func (c *Curriculum) unfinished() string {
	if c == nil || c.Value == c.Final {
		return ""
	}
	return fmt.Sprintf("the curriculum is not finished: this solves the problem with %s = %v, and errors are of it, not of %v", c.Constant, c.Value, c.Final)
}

// Lesson is a value of the constant that was trained.
type Lesson struct {
	Value Number `json:"value"`
	Steps int    `json:"steps"`
	Loss  Number `json:"loss"` // at its last step; null if it has not begun
}

// Exact is a constraint that is built into a field.
type Exact struct {
	Constraint string `json:"constraint"`
	Field      string `json:"field"`
}

// Scale is how large a residual, before it was divided by its scale, and its terms were at step 0: root mean squares.
type Scale struct {
	Constraint string `json:"constraint"`
	Residual   Number `json:"residual"`
	Divisor    Number `json:"divided_by"`
	Terms      []Term `json:"terms"`
}

// Term is a summand of a residual.
type Term struct {
	Text string `json:"term"`
	RMS  Number `json:"rms"`
}

// Named is a number with a name.
type Named struct {
	Name  string
	Value float64
}

// Numbers are numbers by name. As JSON they are an object with its keys in this order.
type Numbers []Named

// MarshalJSON implements json.Marshaler.
func (ns Numbers) MarshalJSON() ([]byte, error) {
	return object(len(ns), func(i int) (string, any) { return ns[i].Name, Number(ns[i].Value) })
}

// FieldError compares a field with its reference on the field's grid.
type FieldError struct {
	Field     string
	RelL2     float64 // ‖u − u*‖₂ / ‖u*‖₂ over the points
	MaxAbs    float64 // max |u − u*|
	Reference string  // what the reference is, in words
	SelfError float64 // largest absolute error of the reference itself; 0 for closed forms, NaN if unknown
	Points    int
}

// norms is an error of a field in JSON.
type norms struct {
	RelL2  Number `json:"rel_l2"`
	MaxAbs Number `json:"max_abs"`
}

// Errors are the errors of fields. As JSON they are an object with rel_l2 and max_abs for each field.
type Errors []FieldError

// MarshalJSON implements json.Marshaler.
func (es Errors) MarshalJSON() ([]byte, error) {
	return object(len(es), func(i int) (string, any) {
		return es[i].Field, norms{Number(es[i].RelL2), Number(es[i].MaxAbs)}
	})
}

// object writes a JSON object with its keys in order.
func object(n int, at func(i int) (string, any)) ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		name, v := at(i)
		k, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		e, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		b.Write(k)
		b.WriteByte(':')
		b.Write(e)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// jsonText is a value as indented JSON with a newline at the end.
func jsonText(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	return b.Bytes(), err
}

// quantile is NumPy's default quantile: with the n values sorted and h = (n−1)q, linear interpolation between the values
// of rank ⌊h⌋ and ⌊h⌋+1. It is NaN if a value is, or if there is none.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 || slices.ContainsFunc(values, math.IsNaN) {
		return math.NaN()
	}
	a := slices.Clone(values)
	slices.Sort(a)
	h := q * float64(len(a)-1)
	k := min(int(h), len(a)-1)
	lo, hi, t := a[k], a[min(k+1, len(a)-1)], h-float64(k)
	if t == 0 || lo == hi { // also where the difference of infinities would be NaN
		return lo
	}
	if t < 0.5 { // NumPy's own way to round
		return lo + (hi-lo)*t
	}
	return hi - (hi-lo)*(1-t)
}
