package verdict

import "fmt"

// contradicted finds conditions that are not satisfied where fields are as near to their equations as they can come: others say something
// else at the same place. Where they do so in corners alone it is less than 0.15 of their size.
func contradicted(e Evidence) []Reason {
	if unsolved(e.Error.Fields) {
		return nil // nothing is satisfied then
	}
	var list []Reason
	for _, s := range e.Error.Residuals {
		if part := s.Residual / s.Term; !s.Equation && part >= asLarge {
			list = append(list, Reason{
				IllPosed, fmt.Sprintf("%s is not satisfied: its residual is %.0f %% of its size, and another condition holds at the same place", s.Name, 100*part),
				fmt.Sprintf("a problem without %s, or without the condition that it contradicts", s.Name),
			})
		}
	}
	return list
}
