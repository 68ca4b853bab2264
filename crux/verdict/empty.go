package verdict

import "fmt"

// empty names constraints that contain no unknown: nothing of them can be trained, so they say nothing of the solution.
func empty(e Evidence) []Reason {
	var list []Reason
	for _, name := range e.Empty {
		list = append(list, Reason{
			IllPosed, fmt.Sprintf("%s contains no unknown: nothing in it can be trained", name),
			fmt.Sprintf("a residual that contains a field, or leave %s out", name),
		})
	}
	return list
}
