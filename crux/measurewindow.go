package crux

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// MeasureWindow is [Solver.Measure] as it would have been when the window k, counted from 0, was over: with the networks that it has left
// behind, and points drawn in it. Nothing of the solver changes.
func (s *Solver) MeasureWindow(ctx context.Context, k int, callbacks ...Callback) (err error) {
	switch {
	case s.closed:
		return errClosed
	case s.ends == nil || k < 0 || k >= len(s.begun):
		return fmt.Errorf("crux: problem %q: no window %d has been trained", s.problem.Name, k)
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
