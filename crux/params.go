package crux

import (
	"fmt"
	"math"
	"slices"

	"github.com/crux-pinn/crux/optim"
)

// Parameter is one named array of a problem: a weight, a bias, or an unknown coefficient.
type Parameter struct {
	Path  string
	Shape []int // empty for a scalar
	Fixed bool  // drawn once and not trained
	Data  []float64
}

// Parameters are copies of all parameters, trainable ones first, in the order of θ.
func (s *Solver) Parameters() []Parameter {
	var ps []Parameter
	for _, e := range s.layout.Entries() {
		ps = append(ps, Parameter{e.Path, e.Shape, false, slices.Clone(s.theta[e.Offset : e.Offset+e.Len])})
	}
	for _, e := range s.layout.FixedEntries() {
		ps = append(ps, Parameter{e.Path, e.Shape, true, slices.Clone(s.fixed[e.Offset : e.Offset+e.Len])})
	}
	return ps
}

// SetParameter gives a parameter, found by its path, new values. An unknown path, a wrong number of values and values
// that are not finite are errors, and then nothing changes.
func (s *Solver) SetParameter(path string, values []float64) error {
	e, fixed, ok := s.layout.Lookup(path)
	if !ok {
		var paths []string
		for _, p := range s.Parameters() {
			paths = append(paths, p.Path)
		}
		return fmt.Errorf("crux: problem %q has no parameter %q; it has %q", s.problem.Name, path, paths)
	}
	if len(values) != e.Len {
		return fmt.Errorf("crux: parameter %q has shape %v and %d values, not %d", path, e.Shape, e.Len, len(values))
	}
	for i, v := range values {
		if !finite(v) {
			return fmt.Errorf("crux: parameter %q: value %d is %v", path, i, v)
		}
	}
	s.obj.forget()
	if !fixed {
		copy(s.theta[e.Offset:], values)
		return nil
	}
	if m := s.march; m != nil && e.Param == m.index {
		if k := values[0]; k < 0 || k > float64(m.last()) || k != math.Trunc(k) {
			return fmt.Errorf("crux: parameter %q: %v; it counts the windows behind, of %d", path, k, m.last()+1)
		}
		return s.enter(int(values[0]))
	}
	if c := s.curriculum; c != nil && e.Param == c.of {
		k, err := c.lessonOf(values[0])
		if err != nil {
			return err
		}
		return s.enter(k)
	}
	copy(s.fixed[e.Offset:], values)
	s.version++
	for _, g := range s.groups { // what depends on points and fixed parameters alone is computed anew
		if err := s.setCloud(g, g.cloud); err != nil {
			return err
		}
	}
	return nil
}

// Theta is a copy of all trainable parameters as one vector.
func (s *Solver) Theta() []float64 { return slices.Clone(s.theta) }

// SetTheta replaces all trainable parameters. Another length and values that are not finite are errors.
func (s *Solver) SetTheta(theta []float64) error {
	if len(theta) != len(s.theta) {
		return fmt.Errorf("crux: %d parameters, the problem has %d", len(theta), len(s.theta))
	}
	for i, v := range theta {
		if !finite(v) {
			return fmt.Errorf("crux: parameter %d of θ is %v", i, v)
		}
	}
	copy(s.theta, theta)
	s.obj.forget()
	return nil
}

// Method is the method that trains.
func (s *Solver) Method() optim.Method { return s.method }

// MethodInfo is what the method says of itself and of what it needs for this problem.
func (s *Solver) MethodInfo() optim.Info { return s.method.Info(s.obj.asked) }
