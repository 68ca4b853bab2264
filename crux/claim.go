package crux

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/crux-pinn/crux/internal/claim"
	"github.com/crux-pinn/crux/weights"
)

// handed are all that may keep results or state from one call of Solve to the next: callbacks, the weight scheme with the trackers
// that it reads, and point schemes. A method is told by its layout that the θ is another.
func (s *Solver) handed(callbacks []Callback) []any {
	all := s.schemes()
	if src, ok := s.options.Weights.(weights.Sourced); ok {
		all = append(all, src.Sources()...)
	}
	for _, c := range callbacks {
		all = append(all, c)
	}
	return all
}

// claim makes things the run's own. What belongs to another run is an error.
func (s *Solver) claim(things []any) error {
	for _, x := range things {
		c, ok := x.(interface {
			Claim(r *claim.Run, step int) error
		})
		if !ok || isNil(x) {
			continue
		}
		if err := c.Claim(s.run, s.epoch); err != nil {
			return fmt.Errorf("crux: problem %q: %T %w", s.problem.Name, x, err)
		}
	}
	return nil
}

// schemes are the weight scheme and the point schemes.
func (s *Solver) schemes() []any {
	var all []any
	if s.options.Weights != nil {
		all = append(all, s.options.Weights)
	}
	for _, c := range s.problem.Constraints {
		if c.PointWeights != nil {
			all = append(all, c.PointWeights)
		}
	}
	return all
}

// isNil reports whether x is nil, or a pointer that is.
func isNil(x any) bool {
	v := reflect.ValueOf(x)
	return x == nil || v.Kind() == reflect.Pointer && v.IsNil()
}

// sourced reports a tracker that the weight scheme reads, that has no value yet and that will not get one, because it is not
// among the callbacks.
func (s *Solver) sourced(callbacks []Callback) error {
	src, ok := s.options.Weights.(weights.Sourced)
	if !ok {
		return nil
	}
	for _, t := range src.Sources() {
		if slices.ContainsFunc(callbacks, func(c Callback) bool { return any(c) == t }) {
			continue
		}
		if m, ok := t.(interface{ LatestEpoch() (int, bool) }); ok && !isNil(t) {
			if _, measured := m.LatestEpoch(); measured {
				continue
			}
		}
		return fmt.Errorf("crux: problem %q: %T reads a %T that was not passed to Solve and has no value; "+
			"pass it, or its weights would stay uniform",
			s.problem.Name, src, t)
	}
	return nil
}
