package crux

import (
	"errors"
	"fmt"
	"slices"
)

// Constraints returns the indices of the named constraints. Without names, that is nil, all are meant. An unknown name, one that is given
// twice, and an empty list that is not nil are errors.
func (r *Run) Constraints(names ...string) ([]int, error) { return r.plan.indices(names...) }

// Subset is Constraints for callbacks to which constraints can be given by name or as what they are: of are constraints of the
// problem, as they were handed to New or as Constraint returns them. Both lists nil means all; both given is an error.
func (r *Run) Subset(names []string, of []Constraint) ([]int, error) {
	switch {
	case of == nil:
		return r.plan.indices(names...)
	case names != nil:
		return nil, errors.New("crux: Constraints and Of say the same thing; give one of them")
	}
	return r.plan.subset(len(of), func(k int) (int, error) {
		i := r.plan.indexOf(of[k])
		if i < 0 {
			return i, fmt.Errorf("crux: constraint %q in Of has another name, residual or point set than those of the problem; "+
				"give the one that New was given", of[k].Name)
		}
		return i, nil
	})
}

func (s *statement) indices(names ...string) ([]int, error) {
	if names == nil {
		names = s.Names()
	}
	return s.subset(len(names), func(k int) (int, error) {
		i := slices.IndexFunc(s.constraints, func(c constraint) bool { return c.name == names[k] })
		if i < 0 {
			return i, fmt.Errorf("crux: no constraint %q; there are %q", names[k], s.Names())
		}
		return i, nil
	})
}

// indexOf is the place of a constraint in the problem, −1 if it is not there. Residual and points are compared by pointer.
func (s *statement) indexOf(c Constraint) int {
	for i, own := range s.problem.Constraints {
		if c.Name == own.Name && c.On == own.On && (c.Residual == s.constraints[i].stated || c.Residual == own.Residual) {
			return i
		}
	}
	return -1
}

// subset is a list of n constraints, which find returns.
func (s *statement) subset(n int, find func(k int) (int, error)) ([]int, error) {
	if n == 0 {
		return nil, errors.New("crux: an empty list of constraints; name at least one, or leave the list nil for all")
	}
	at := make([]int, 0, n)
	for k := range n {
		i, err := find(k)
		if err != nil {
			return nil, err
		}
		if slices.Contains(at, i) {
			return nil, fmt.Errorf("crux: constraint %q is listed twice; name each once", s.constraints[i].name)
		}
		at = append(at, i)
	}
	return at, nil
}
