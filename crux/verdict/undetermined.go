package verdict

import "fmt"

// undetermined finds functions that can change without any residual's seeing it, at a state that satisfies the residuals. A number that
// stands nowhere at such a state, as an eigenvalue beside a field that is zero, shows only that the field is.
func undetermined(e Evidence) []Reason {
	var list []Reason
	for _, f := range e.Error.Fields {
		if !f.Determined() {
			list = append(list, Reason{
				IllPosed, fmt.Sprintf("%s is not determined: it can change by any amount that no residual sees", f.Name),
				fmt.Sprintf("a condition, such as constraints: {more: {residual: %s, on: boundary}}, or one that fixes its size", f.Name),
			})
		}
	}
	if unsolved(e.Error.Fields) {
		return list
	}
	for _, f := range e.Error.Params {
		if !f.Determined() {
			list = append(list, Reason{
				IllPosed, fmt.Sprintf("the number %s is not determined by the equations and data", f.Name), "more data, or a known value for one of the numbers",
			})
		}
	}
	return list
}
