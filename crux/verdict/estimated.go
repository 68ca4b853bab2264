package verdict

import (
	"fmt"
	"slices"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/trackers"
)

// useless is the estimated relative error from which a field counts as unsolved: a third of it is wrong. Half-trained runs of
// testdata/problems have 0.3 to 1, those that have come near a solution less than 0.1 (docs/results/estimate.md).
const useless = 0.3

// estimated judges fields and numbers by their estimated errors.
func estimated(e Evidence) []Reason {
	var list []Reason
	for _, f := range slices.Concat(e.Error.Fields, e.Error.Params) {
		rel := f.Relative()
		r := Reason{Word: Solved, Text: fmt.Sprintf("%s has an estimated relative error of %.1e", f.Name, rel)}
		switch {
		case !(rel < useless): // NaN as well
			r.Word, r.Text = Unsolved, fmt.Sprintf("%s is no solution: its estimated relative error is %.2g", f.Name, rel)
			r.Remedy = longer(e, "more parameters (hidden), more points, or windows of time and a curriculum where the problem runs long or is stiff")
		case rel > e.Accuracy:
			r.Word = Inaccurate
			r.Remedy = longer(e, "more parameters (hidden) or more points")
		}
		list = append(list, r)
	}
	return list
}

// longer is the way out for a run that might have gone on, and otherwise another one.
func longer(e Evidence, otherwise string) string {
	if e.Status == crux.Completed || e.Status == crux.Canceled {
		return "more steps: crux resume RUN --steps N"
	}
	return otherwise
}

// unsolved reports whether a field is far from a solution, so that nothing else can be told from the state of the run.
func unsolved(list []trackers.FieldError) bool {
	return slices.ContainsFunc(list, func(f trackers.FieldError) bool { return !(f.Relative() < useless) })
}
