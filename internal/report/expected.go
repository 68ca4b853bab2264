package report

import (
	"fmt"
	"strings"
)

// Expected is a number that the problem expects of the run, and what came of it.
type Expected struct {
	Of    string `json:"of"`    // as in Number
	Bound string `json:"bound"` // "< 0.001"
	Value Number `json:"value"`
	Met   bool   `json:"met"`
}

// Expect compares a number of the report with a bound, by the sign < or >. A number that is not there, or is none, does not meet it.
func (r *Report) Expect(of, sign string, bound float64) {
	v, known := r.Number(of)
	met := known && (sign == "<" && float64(v) < bound || sign == ">" && float64(v) > bound)
	r.Expected = append(r.Expected, Expected{of, fmt.Sprintf("%s %g", sign, bound), v, met})
}

// Number is a number of the report by its name: loss, steps, seconds; FIELD.error and FIELD.max, by the reference; PARAM.error, relative;
// NAME.estimate, without the solution; CONSTRAINT.loss and CONSTRAINT.p99.
func (r *Report) Number(name string) (Number, bool) {
	switch name {
	case "loss":
		return r.Loss, true
	case "steps":
		return Number(r.Steps), true
	case "seconds":
		return r.Seconds, true
	}
	i := strings.LastIndex(name, ".")
	if i < 0 {
		return 0, false
	}
	switch of := name[:i]; name[i+1:] {
	case "estimate":
		return r.Estimate.Get(of)
	case "loss":
		return r.Losses.Get(of)
	case "p99":
		return r.ResidualP99.Get(of)
	case "max":
		e, ok := r.Errors.Get(of)
		return e.MaxAbs, ok
	case "error":
		if e, ok := r.Errors.Get(of); ok {
			return e.RelL2, true
		}
		v, found := r.Params.Get(of)
		truth, known := r.Truths.Get(of)
		return Relative(v, truth), found && known
	}
	return 0, false
}
