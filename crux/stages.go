package crux

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// next is the stage after those that are over; nil if there is none.
func (s *Solver) next(stages []*Stage, over []StageResult) (*Stage, error) {
	if len(over) < len(stages) {
		return stages[len(over)], nil
	}
	g, err := s.made(over)
	if err != nil || g == nil {
		return nil, err
	}
	return g, s.suits(g)
}

// suits reports parameters of a stage that are not those of the problem.
func (s *Solver) suits(g *Stage) error {
	var errs []error
	for _, c := range s.problem.Constraints {
		errs = append(errs, s.known(g.in(c.Residual)))
	}
	of := func(p *ph.Param) (n int, fixed bool) {
		e, fixed, _ := s.layout.Lookup(p.Path())
		return e.Len, fixed
	}
	for p := range g.Values {
		if n, fixed := of(p); n != 1 || !fixed {
			errs = append(errs, fmt.Errorf("stage %q: Values: %q is not a fixed number of the problem", g.Name, p.Path()))
		}
	}
	for p, q := range g.Keep {
		n, fixed := of(p)
		if m, kept := of(q); n == 0 || fixed || m != n || !kept {
			errs = append(errs, fmt.Errorf("stage %q: Keep: %q is not a trainable parameter, or %q is not a fixed one of its size", g.Name,
				p.Path(), q.Path()))
		}
	}
	return errors.Join(errs...)
}

// enter makes stage k the one that is trained, at the points that there are.
func (s *Solver) enter(k int) error {
	g := s.stages[k]
	for p, v := range g.Values {
		at, _, _ := s.layout.Lookup(p.Path())
		s.fixed[at.Offset] = v
	}
	plan, err := newPlan(s.statement, s.progress, g, s.points, true)
	if err != nil {
		return err
	}
	if s.plan != nil {
		copy(plan.weights, s.plan.weights)
	}
	s.plan, s.whole = plan, nil
	for len(s.begun) <= k {
		s.begun = append(s.begun, StageResult{Name: s.stages[len(s.begun)].Name, Loss: math.NaN()})
	}
	s.begun = s.begun[:k+1]
	return nil
}

// turn continues to the next stage if this one is over. It reports whether there is one to train.
func (s *Solver) turn(run *Run) (bool, error) {
	if !s.over() {
		return true, nil
	}
	k := len(s.begun)
	g, err := s.next(s.stages, s.begun)
	if err != nil {
		return false, fmt.Errorf("crux: problem %q: %w", s.problem.Name, err)
	}
	if g == nil {
		return false, nil
	}
	if k == len(s.stages) {
		s.stages = append(s.stages, g)
	}
	for p, q := range s.plan.stage.Keep {
		from, _, _ := s.layout.Lookup(p.Path())
		to, _, _ := s.layout.Lookup(q.Path())
		copy(s.fixed[to.Offset:to.Offset+to.Len], s.theta[from.Offset:])
	}
	for j := range s.sets {
		set := &s.sets[j]
		if from := g.points(set.on); g.Points != nil && from != nil {
			s.points[j].next = nil
			if err := s.points[j].draw(s.statement, set, from); err != nil {
				return false, err
			}
		}
	}
	if g.begins != nil {
		if err := g.begins(s); err != nil {
			return false, err
		}
	}
	if err := s.enter(k); err != nil {
		return false, err
	}
	for i, c := range s.constraints {
		if q, ok := s.problem.Constraints[i].PointWeights.(stateful); ok {
			if err := q.SetState(c.fresh); err != nil {
				return false, fmt.Errorf("crux: %T at the beginning of %s: %w", q, g.Name, err)
			}
		}
	}
	if err := s.claim(s.schemes()); err != nil { // SetState has made them nobody's
		return false, err
	}
	run.plan = s.plan
	return true, s.prepare()
}

// now is what has been done in the stage that is trained.
func (s *Solver) now() *StageResult { return &s.begun[len(s.begun)-1] }

// result is what has been done in stage k.
func (s *Solver) result(k int) StageResult {
	if k < len(s.begun) {
		return s.begun[k]
	}
	return StageResult{Loss: math.NaN()}
}

// over reports whether the stage is.
func (s *Solver) over() bool {
	r, most := s.now(), s.plan.stage.Steps
	return r.Reason != "" || most > 0 && r.Steps >= most
}

// done reports whether all stages that are known are over.
func (s *Solver) done() bool { return len(s.begun) == len(s.stages) && s.over() }

// leave reports whether an error ends the stage, which it notes, and not the run.
func (s *Solver) leave(err error) bool {
	if len(s.stages) == 1 && s.options.Next == nil || !errors.Is(err, optim.ErrConverged) && !errors.Is(err, errNextStage) {
		return false
	}
	r := s.now()
	r.Status, r.Reason = ending(err)
	r.Reason = cmp.Or(r.Reason, r.Status.String())
	return len(s.begun) < len(s.stages) || s.options.Next != nil
}

// shown is the plan by which the solver is evaluated: that of the stage, or of the whole problem when the last stage, with points
// of its own, is over.
func (s *Solver) shown() (*plan, error) {
	if s.closed {
		return nil, errClosed
	}
	g := s.plan.stage
	if g.Points == nil || !s.done() {
		return s.plan, nil
	}
	if s.whole != nil {
		return s.whole, nil
	}
	var at []*points
	for _, set := range s.sets {
		cloud, err := set.on.Draw(s.Stream(fmt.Sprintf("points/%s/whole", set.name)))
		if err != nil {
			return nil, fmt.Errorf("crux: constraint %q: %w", set.name, err)
		}
		at = append(at, &points{cloud: cloud})
	}
	whole, err := newPlan(s.statement, s.progress, &Stage{In: g.everywhere}, at, false)
	if err != nil {
		return nil, err
	}
	whole.weights = s.plan.weights
	s.whole = whole
	return whole, nil
}

// gone finds the stages of a state.
func (s *Solver) gone(st *State) ([]*Stage, error) {
	stages := slices.Clone(s.listed)
	steps := 0
	for k, r := range st.Stages {
		g, err := s.next(stages, st.Stages[:k])
		if err != nil {
			return nil, err
		}
		if g == nil || g.Name != r.Name {
			name := "none"
			if g != nil {
				name = g.Name
			}
			return nil, fmt.Errorf("number %d of its stages is %s, that of the problem %s; "+
				"give Options.Windows, Options.Curriculum and Options.Next as they were",
				k+1, r.Name, name)
		}
		if k == len(stages) {
			stages = append(stages, g)
		}
		if steps += r.Steps; r.Steps < 0 || steps > st.Epoch {
			return nil, fmt.Errorf("%d steps of %s do not fit into %d", r.Steps, r.Name, st.Epoch)
		}
	}
	if len(st.Stages) == 0 {
		return nil, errors.New("it has no stage")
	}
	return stages, nil
}

// Stage is the stage being trained, counted from 0, and how many are known: windows of Options.Windows, lessons of
// Options.Curriculum; 0 and 1 without either.
func (r *Run) Stage() (index, count int) {
	return len(r.solver.begun) - 1, len(r.solver.stages)
}

// StageOver reports whether the stage that is trained is over, as OnStepEnd sees it, and how it has ended: Completed where it has taken all
// its steps.
func (r *Run) StageOver() (how Status, over bool) {
	s := r.solver
	if !s.over() {
		return 0, false
	}
	if s.now().Reason == "" {
		return Completed, true
	}
	return s.now().Status, true
}

// NextStage returns the error by which OnStep ends the stage that is trained, see [Run.Stage]; with the last one, or where there
// is only one, the run ends as with Stop. The reason is shown to the user.
func NextStage(reason string) error { return &nextStage{stop{reason}} }

var errNextStage = errors.New("crux: next stage")

type nextStage struct{ stop }

func (e *nextStage) Is(target error) bool { return target == errNextStage || target == ErrStop }
func (e *nextStage) Unwrap() error        { return &e.stop }
