package crux

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// MeasureWindow is [Solver.Measure] as it would have been when the window k, counted from 0, was over: with the networks that it has left
// behind, and points drawn in it. changes, for each window from the first on, are added to the parameters that it has left behind; nil is
// no change. Nothing of the solver changes.
func (s *Solver) MeasureWindow(ctx context.Context, k int, changes [][]float64, callbacks ...Callback) (err error) {
	switch {
	case s.closed:
		return errClosed
	case s.ends == nil || k < 0 || k >= len(s.begun):
		return fmt.Errorf("crux: problem %q: no window %d has been trained", s.problem.Name, k)
	case len(changes) > k+1:
		return fmt.Errorf("crux: problem %q: changes of %d windows, and window %d needs %d at most", s.problem.Name, len(changes), k, k+1)
	}
	for j, c := range changes {
		if c != nil && len(c) != len(s.theta) {
			return fmt.Errorf("crux: problem %q: changes of %d parameters in window %d; there are %d", s.problem.Name, len(c), j, len(s.theta))
		}
	}
	m := s.plan.method
	if err := m.Init(s.plan.params()); err != nil { // it has no state before
		return fmt.Errorf("crux: problem %q: %w", s.problem.Name, err)
	}
	method, err := m.State()
	if err != nil {
		return fmt.Errorf("crux: state of %T: %w", m, err)
	}
	now, theta, fixed := *s.progress, slices.Clone(s.theta), slices.Clone(s.fixed)
	plan, whole, weights := s.plan, s.whole, slices.Clone(s.plan.weights)
	now.begun, now.points = slices.Clone(now.begun), slices.Clone(now.points)
	defer func() {
		copy(now.theta, theta)
		copy(now.fixed, fixed)
		now.evals = s.evals
		*s.progress, s.plan, s.whole = now, plan, whole
		copy(plan.weights, weights)
		plan.obj.forget()
		err = errors.Join(err, plan.refresh(), m.Init(plan.params()), m.SetState(method))
	}()
	g := s.stages[k]
	if k+1 < len(s.begun) {
		for p, q := range g.Keep {
			to, _, _ := s.layout.Lookup(p.Path())
			from, _, _ := s.layout.Lookup(q.Path())
			copy(s.theta[to.Offset:to.Offset+to.Len], s.fixed[from.Offset:])
		}
	}
	for j, change := range changes {
		switch {
		case change == nil:
		case j == k:
			floats.Add(s.theta, change)
		default:
			for p, q := range s.stages[j].Keep {
				from, _, _ := s.layout.Lookup(p.Path())
				to, _, _ := s.layout.Lookup(q.Path())
				floats.Add(s.fixed[to.Offset:to.Offset+to.Len], change[from.Offset:from.Offset+from.Len])
			}
		}
	}
	s.points = make([]*points, len(s.sets))
	for j := range s.sets {
		s.points[j] = &points{cloud: now.points[j].cloud}
		if from := g.points(s.sets[j].on); from != nil {
			if err := s.points[j].draw(s.statement, &s.sets[j], from); err != nil {
				return fmt.Errorf("crux: problem %q: %w", s.problem.Name, err)
			}
		}
	}
	if err := s.enter(k); err != nil {
		return fmt.Errorf("crux: problem %q: %w", s.problem.Name, err)
	}
	return s.aside(func() error { return s.measureOn(ctx, s.plan, callbacks) })
}
