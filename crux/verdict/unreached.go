package verdict

import "fmt"

// unreached names what a run has not come to.
func unreached(e Evidence) []Reason {
	var list []Reason
	for _, part := range e.Behind {
		list = append(list, Reason{Unsolved, fmt.Sprintf("%s has not been trained", part), "more steps: crux resume RUN --steps N"})
	}
	return list
}
