package report

import "github.com/crux-pinn/crux/crux/verdict"

// Attempt is one way to solve a problem that has been tried, and what came of it.
type Attempt struct {
	Way     string       `json:"way"`           // in words
	Sets    []string     `json:"set,omitempty"` // the lines by which a file says the same
	Status  string       `json:"status"`
	Verdict verdict.Word `json:"verdict,omitempty"`
	Worst   Number       `json:"worst_estimate"` // the largest estimated relative error
	Steps   int          `json:"steps"`
	Seconds Number       `json:"seconds"`
}

// WorstEstimate is the largest estimated relative error of a field or parameter; NaN without one.
func (r *Report) WorstEstimate() Number { return Worst(r.Estimate) }

// WorstError is the largest relative L2 error of a field with a reference; NaN without one.
func (r *Report) WorstError() Number { return Worst(RelL2(r)) }
