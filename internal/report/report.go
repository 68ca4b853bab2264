// Package report has what a run, and several runs of one problem, came to: the objects that crux prints with --json and writes into
// result.json. They read back as what they were.
package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/crux/verdict"
	"github.com/crux-pinn/crux/internal/schema"
)

// Report is what a run came to: the object that --json prints and result.json holds. Numbers that are not finite are
// null there.
type Report struct {
	Schema      int                `json:"schema"` // of the file; 0 is one of before there were versions
	Problem     string             `json:"problem"`
	Verdict     verdict.Word       `json:"verdict,omitempty"`  // solved, inaccurate, unsolved or ill-posed; none where nothing can be told
	Reasons     []verdict.Reason   `json:"reasons,omitempty"`  // the most important one first
	Estimate    Numbers            `json:"estimate,omitempty"` // relative error of fields and parameters, without the solution
	Expected    []Expected         `json:"expected,omitempty"` // by the problem file
	Attempts    []Attempt          `json:"attempts,omitempty"` // the ways that have been tried, of which this is the best
	Status      string             `json:"status"`             // completed, converged, stopped, canceled, diverged or failed
	Reason      string             `json:"reason"`
	Steps       int                `json:"steps"`
	Seed        uint64             `json:"seed"`
	Parameters  int                `json:"parameters"`          // trainable numbers
	Optimizer   string             `json:"optimizer"`           // that ran, in words
	Seconds     Number             `json:"seconds"`             // of training
	Rate        Number             `json:"rate,omitempty"`      // of training: points · parameters · steps / seconds; none in files of before
	Loss        Number             `json:"loss"`                // at the final parameters
	Losses      Numbers            `json:"losses"`              // by constraint, unweighted
	Errors      Errors             `json:"errors"`              // by field; of fields with a reference
	Exact       []Exact            `json:"exact,omitempty"`     // constraints that hold exactly because they are built into a field
	Decisions   []auto.Decision    `json:"decisions,omitempty"` // what the problem left open, and what became of it
	Scales      []Scale            `json:"scales,omitempty"`    // of the residuals at step 0
	ResidualP99 Numbers            `json:"residual_p99"`
	Points      Object[int]        `json:"points,omitempty"`            // by constraint, at the end; none in files of before
	Coords      Object[[2]float64] `json:"coords,omitempty"`            // the ends of their axes; none in files of before
	Fields      Object[[]string]   `json:"fields,omitempty"`            // the coordinates of which each is a function; none in files of before
	OfTerms     Numbers            `json:"residual_of_terms,omitempty"` // at points held out, over the largest term of the residual
	Regions     []Region           `json:"regions,omitempty"`           // materials, with what is known of each
	Balance     []Flow             `json:"balance,omitempty"`           // what flows in and out of materials, and across where they meet
	Params      Numbers            `json:"params"`                      // trainable scalars, and numbers that follow from them
	Known       Object[Known]      `json:"known,omitempty"`             // how well params are known
	Noise       []Noise            `json:"noise,omitempty"`             // of measured values
	Shown       Numbers            `json:"show,omitempty"`              // numbers to watch
	Truths      Numbers            `json:"truths,omitempty"`            // what params should be, of those for which the file says so
	Choices     []string           `json:"choices,omitempty"`           // what an optimizer that decides by itself has decided, and why
	Resampling  []string           `json:"resampling,omitempty"`        // likewise what has become of points that are watched
	Fitting     []string           `json:"fitting,omitempty"`           // likewise how noisy data are fitted
	Findings    []string           `json:"findings,omitempty"`          // what trackers found that matters
	Windows     []Window           `json:"windows,omitempty"`           // of time, trained one after the other
	Curriculum  *Curriculum        `json:"curriculum,omitempty"`        // over a constant of the equations
	Warnings    []string           `json:"warnings,omitempty"`          // what in the course of the run speaks against its result
	Origin      *Origin            `json:"origin,omitempty"`            // nil in files of before
	Files       Object[string]     `json:"files,omitempty"`             // SHA-256 of the other files of the run, by their names
	RunDir      *string            `json:"run_dir"`                     // null if nothing could be written
}

// Advice is the reasons of the verdict itself, each remedy once, with the run to resume by its name.
func (r *Report) Advice() []verdict.Reason {
	var list []verdict.Reason
	said := map[string]bool{}
	for _, x := range r.Reasons {
		if x.Word != r.Verdict {
			continue
		}
		if r.RunDir != nil {
			x.Remedy = strings.Replace(x.Remedy, "resume RUN", "resume "+*r.RunDir, 1)
		}
		if said[x.Remedy] {
			x.Remedy = ""
		}
		said[x.Remedy] = true
		list = append(list, x)
	}
	return list
}

// Speed is the rate of training: how many points times parameters went through a step, in a second. Points are those at the end.
func (r *Report) Speed() Number {
	points := 0
	for _, n := range r.Points {
		points += n.Value
	}
	v := Number(points) * Number(r.Parameters) * Number(r.Steps) / r.Seconds
	if v-v != 0 { // nothing was trained
		return 0
	}
	return v
}

// Divided says by what residuals were divided while they were trained: "heat by 512, right by 16". It is empty where none was. The losses
// of a report are of the residuals as the file has them, those of a history of what was trained.
func (r *Report) Divided() string {
	var list []string
	for _, s := range r.Scales {
		if s.Divisor != 1 && s.Divisor-s.Divisor == 0 {
			list = append(list, fmt.Sprintf("%s by %.6g", s.Constraint, float64(s.Divisor)))
		}
	}
	return strings.Join(list, ", ")
}

// Region is a material, with root mean squares in it.
type Region struct {
	Name      string  `json:"name"`
	Estimate  Numbers `json:"estimate,omitempty"`  // by field: the estimated error, over the field
	Errors    Numbers `json:"errors,omitempty"`    // likewise that against a reference
	Residuals Numbers `json:"residuals,omitempty"` // by equation
}

// Flow is what flows through a part of the domain.
type Flow struct {
	Equation string `json:"equation"`
	Of       string `json:"of"` // a material; two of them, first-second, where they meet; all is the whole domain
	In       Number `json:"in"`
	Out      Number `json:"out"`
	Made     Number `json:"made"` // by sources, less what is stored
	Off      Number `json:"off"`  // in + made − out, as a part of what flows
}

// Known says how well a number is known.
type Known struct {
	Sigma    Number         `json:"sigma"`                 // standard deviation that noisy data leave, with the estimated error of training
	Interval *[2]Number     `json:"interval,omitempty"`    // of 95 %; nil where data are not noisy
	With     Object[Number] `json:"correlation,omitempty"` // of its error with those of the others
}

// Noise is what measured values are off by.
type Noise struct {
	Constraint string `json:"constraint"`
	Component  int    `json:"component"`
	Sigma      Number `json:"sigma"` // in the units of the residual
	Values     int    `json:"values"`
	Freedom    Number `json:"degrees_of_freedom"` // of them, those that the fit has left
}

// Window is a piece of time that was trained by itself.
type Window struct {
	From  float64 `json:"from"`
	To    float64 `json:"to"`
	Steps int     `json:"steps"`
	Loss  Number  `json:"loss"` // at its last step; null if it has not begun
	// Estimate is the largest estimated relative error of a field in it, with what the windows before it hand on; nil where there is none.
	Estimate *Number `json:"estimate,omitempty"`
}

// Curriculum is the values that a constant has taken, one after the other.
type Curriculum struct {
	Constant string   `json:"constant"`
	Value    Number   `json:"value"` // at the end: the report is of the problem with it
	Final    Number   `json:"final"` // its own, which comes last
	Lessons  []Lesson `json:"lessons"`
}

// Unfinished says of which problem a run has left the solution, if that is not the one of the file.
func (c *Curriculum) Unfinished() string {
	if c == nil || c.Value == c.Final {
		return ""
	}
	return fmt.Sprintf("the curriculum is not finished: this solves the problem with %s = %v, and errors are of it, not of %v", c.Constant,
		c.Value, c.Final)
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

// Errors are the errors of fields.
type Errors = Object[FieldError]

// FieldError compares a field with its reference on the field's grid. Files of before have the norms alone.
type FieldError struct {
	RelL2     Number `json:"rel_l2"`              // ‖u − u*‖₂ / ‖u*‖₂ over the points
	MaxAbs    Number `json:"max_abs"`             // max |u − u*|
	Reference string `json:"reference,omitempty"` // what the reference is, in words
	SelfError Number `json:"own_error"`           // largest absolute error of the reference itself; 0 for closed forms, NaN if unknown
	Points    int    `json:"points,omitempty"`
}

// seal begins the last line of a file: the SHA-256 of the others.
const seal = ",\n  \"sha256\": \""

// Sealed is a report for a file, with the SHA-256 of all that it says as its last key.
func Sealed(r *Report) ([]byte, error) {
	b, err := JSON(r)
	if err != nil {
		return nil, err
	}
	b, _ = bytes.CutSuffix(b, []byte("\n}\n"))
	return fmt.Appendf(b, "%s%s\"\n}\n", seal, sum(b)), nil
}

// whole reports whether a file is as it was written. One of before files were sealed has no SHA-256.
func whole(b []byte) bool {
	i := bytes.LastIndex(b, []byte(seal))
	return i < 0 || string(b[i:]) == seal+sum(b[:i])+"\"\n}\n"
}

// Read reads the report in a file. One that has changed since it was written is an error.
func Read(path string) (*Report, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if !whole(b) {
		return nil, fmt.Errorf("%s is damaged: its SHA-256 is not the one that it names; "+
			"remove it, and crux resume makes it again from the checkpoint", path)
	}
	r := &Report{}
	if err := json.Unmarshal(b, r); err != nil {
		return nil, fmt.Errorf("%s is not the result of a run (%w); remove it, and the run continues from its checkpoint", path, err)
	}
	if err := schema.Check(r.Schema); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return r, nil
}
