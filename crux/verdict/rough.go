package verdict

import "fmt"

// rough names conditions with jumps or kinks that are built in: the function has them everywhere, and no residual between them sees it.
func rough(e Evidence) []Reason {
	var list []Reason
	for _, name := range e.Rough {
		list = append(list, Reason{
			Unsolved, fmt.Sprintf("%s has a jump or a kink, and is built in, so that the function has it everywhere", name),
			fmt.Sprintf("hard without %s, or no hard at all", name),
		})
	}
	return list
}
