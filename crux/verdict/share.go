package verdict

import "fmt"

// asLarge is the part of its largest term from which the residual of an equation counts as large. Equations that are solved have less than
// 0.02, with jumps in corners 0.15; ones that are not from 0.3 on.
const asLarge = 0.5

// useful is the estimated error below which a field is solved in spite of a large residual: one that is concentrated at a point does no harm.
const useful = 0.05

// share finds equations whose residual is as large as their terms.
func share(e Evidence) []Reason {
	far := false
	for _, f := range e.Error.Fields {
		far = far || !(f.Relative() < useful)
	}
	var list []Reason
	for _, s := range e.Error.Residuals {
		if part := s.Residual / s.Term; far && s.Equation && part >= asLarge {
			list = append(list, Reason{
				Unsolved, fmt.Sprintf("%s is not satisfied: its residual is %.0f %% of its largest term", s.Name, 100*part),
				longer(e, "quantities of order one, by other units, or more parameters (hidden)"),
			})
		}
	}
	return list
}
