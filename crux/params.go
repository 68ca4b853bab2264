package crux

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
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
		data := slices.Clone(s.theta[e.Offset : e.Offset+e.Len])
		floats.Scale(s.Unit(e.Param), data)
		ps = append(ps, Parameter{e.Path, e.Shape, false, data})
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
	s.plan.obj.forget()
	if !fixed {
		s.set(e, values)
		return nil
	}
	switch k, err := s.stageOf(e.Param, values[0]); {
	case err != nil:
		return err
	case k == len(s.begun)-1: // it is there already, with all that belongs to it
		return nil
	case k >= 0:
		if err := s.enter(k); err != nil {
			return err
		}
		s.now().Steps = s.epoch // nothing says how many were those of earlier ones
		return nil
	}
	copy(s.fixed[e.Offset:], values)
	s.whole = nil
	return s.plan.refresh()
}

// set gives a trained parameter its values.
func (s *Solver) set(e compiler.Entry, values []float64) {
	at := s.theta[e.Offset : e.Offset+e.Len]
	copy(at, values)
	floats.Scale(1/s.Unit(e.Param), at)
}

// stageOf is the window, or the lesson, with a value of the parameter that says in which one a solver is; −1 for other parameters.
func (s *statement) stageOf(p *ph.Param, value float64) (int, error) {
	if len(s.listed) == 1 {
		return -1, nil
	}
	var known []float64
	for k, g := range s.listed {
		v, ok := g.Values[p]
		if ok && v == value {
			return k, nil
		}
		if ok {
			known = append(known, v)
		}
	}
	if known == nil {
		return -1, nil
	}
	return -1, fmt.Errorf("crux: parameter %q: %v; it says which of the %s this is, by one of %v", p.Path(), value, s.noun, known)
}

// Theta is a copy of all trainable parameters as one vector, as they are trained: numbers in their units.
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
	s.plan.obj.forget()
	return nil
}

// Method is the method that trains.
func (s *Solver) Method() optim.Method { return s.plan.method }

// MethodInfo is what the method says of itself and of what it needs for this problem.
func (s *Solver) MethodInfo() optim.Info { return s.plan.method.Info(s.plan.obj.asked) }
