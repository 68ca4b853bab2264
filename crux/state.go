package crux

import (
	"errors"
	"fmt"
	"slices"

	"github.com/crux-pinn/crux/internal/claim"
	"github.com/crux-pinn/crux/optim"
)

// State is all that decides how a solver continues: restored into a solver of the same problem and options, it continues bit
// for bit as the one it was taken from. Random numbers need no state of their own, since each stream depends on its name
// and a counter that is kept here. It does not hold callbacks; see [Stateful] and [Run.Kept].
type State struct {
	Problem    string
	Epoch      int         // the step to begin with
	Parameters []Parameter // trainable ones first, in the order of θ
	Method     []byte      // of the method
	Scheme     []byte      // of the weight scheme, if it is Stateful
	Weights    []float64   // of the last step
	Losses     []float64   // of the last step, unweighted
	History    History
	Points     []PointState  // one for each point set
	Evals      int           // point sets drawn for evaluation so far
	Stages     []StageResult // those that have begun; the last one is being trained

	PointWeights []PointWeightState // one for each constraint with a point scheme
}

// State returns a copy of the solver's state. It is exact between two steps: outside of Solve, and in OnStepEnd.
func (s *Solver) State() (*State, error) {
	st := &State{
		Problem: s.problem.Name, Epoch: s.epoch, Parameters: s.Parameters(), Evals: s.drawn, Stages: slices.Clone(s.begun),
		Weights: slices.Clone(s.plan.weights), Losses: slices.Clone(s.losses), History: s.history.clone(),
	}
	for j, p := range s.points {
		st.Points = append(st.Points, p.state(s.sets[j].name))
	}
	m := s.plan.method
	if err := m.Init(s.plan.params()); err != nil { // it has no state before
		return nil, fmt.Errorf("crux: %w", err)
	}
	var err error
	if st.Method, err = m.State(); err != nil {
		return nil, fmt.Errorf("crux: state of %T: %w", m, err)
	}
	return st, s.schemeStates(st)
}

// schemeStates adds the weight scheme, and the weights of points with their schemes.
func (s *Solver) schemeStates(st *State) (err error) {
	if k, ok := s.options.Weights.(stateful); ok {
		if st.Scheme, err = k.State(); err != nil {
			return fmt.Errorf("crux: state of %T: %w", k, err)
		}
	}
	st.PointWeights, err = s.plan.pointWeightStates()
	return err
}

// stateful is what methods and schemes with state have in common.
type stateful = optim.Stateful

// SetState makes the solver continue from a state. A state of another problem, or one that does not fit this solver's
// parameters, points, method or scheme, is an error, and then nothing changes. With it another run begins: callbacks that hold
// results of the one before are refused from then on, unless they get the state that belongs to it as well.
func (s *Solver) SetState(st *State) error {
	if st == nil {
		return errors.New("crux: nil state")
	}
	stages, err := s.fits(st)
	if err != nil {
		return fmt.Errorf("crux: problem %q: state: %w", s.problem.Name, err)
	}
	if err := s.claim(s.schemes()); err != nil { // a scheme of another solver stays as it is
		return err
	}
	now := len(st.Stages) - 1
	if err := s.setParts(st, stages[now]); err != nil {
		return fmt.Errorf("crux: problem %q: state: %w", s.problem.Name, err)
	}
	s.run = new(claim.Run)
	fixed := s.fixed
	for k, p := range st.Parameters { // those that are trained come first, in the order of θ
		if p.Fixed {
			fixed = fixed[copy(fixed, p.Data):]
		} else {
			s.set(s.layout.Entries()[k], p.Data)
		}
	}
	for j, p := range s.points {
		p.restore(&st.Points[j])
	}
	vector := s.plan.vector
	s.stages, s.begun = stages, slices.Clone(st.Stages)
	if err := s.enter(now); err != nil {
		return err
	}
	s.plan.vector = vector // by which the method knows its state
	if err := s.plan.restorePointWeights(st.PointWeights); err != nil {
		return err
	}
	copy(s.plan.weights, st.Weights)
	copy(s.losses, st.Losses)
	s.epoch, s.drawn = st.Epoch, st.Evals
	s.history = st.History.clone()
	return nil
}

// fits compares a state with the solver, and finds its stages.
func (s *Solver) fits(st *State) ([]*Stage, error) {
	if err := s.sameLayout(st); err != nil {
		return nil, err
	}
	if len(st.Points) != len(s.sets) {
		return nil, fmt.Errorf("it has %d point sets, the problem has %d", len(st.Points), len(s.sets))
	}
	for j, p := range st.Points {
		if err := p.fits(s.sets[j].name, s.points[j].cloud); err != nil {
			return nil, err
		}
	}
	if err := s.pointWeightsFit(st); err != nil {
		return nil, err
	}
	h, n := st.History, len(s.constraints)
	if st.Epoch < 0 || len(st.Weights) != n || len(st.Losses) != n || len(h.Loss) != len(h.Epochs) || len(h.Losses) != len(h.Epochs) {
		return nil, fmt.Errorf("step %d, %d weights, %d losses and %d, %d, %d rows of history do not fit together for %d constraints",
			st.Epoch, len(st.Weights), len(st.Losses), len(h.Epochs), len(h.Loss), len(h.Losses), n)
	}
	for _, row := range h.Losses {
		if len(row) != n {
			return nil, fmt.Errorf("a row of history has %d losses for %d constraints", len(row), n)
		}
	}
	return s.gone(st)
}

// sameLayout compares the parameters of a state with the solver's.
func (s *Solver) sameLayout(st *State) error {
	if st.Problem != s.problem.Name {
		return fmt.Errorf("it belongs to problem %q", st.Problem)
	}
	now := s.Parameters()
	if len(st.Parameters) != len(now) {
		return fmt.Errorf("it has %d parameters, the problem has %d", len(st.Parameters), len(now))
	}
	for i, p := range st.Parameters {
		q := now[i]
		if p.Path != q.Path || p.Fixed != q.Fixed || len(p.Data) != len(q.Data) {
			return fmt.Errorf("parameter %d is %q with %d values; here it is %q with %d", i, p.Path, len(p.Data), q.Path, len(q.Data))
		}
		for _, v := range p.Data {
			if !finite(v) {
				return fmt.Errorf("parameter %q holds %v", p.Path, v)
			}
		}
	}
	return nil
}

// setParts restores the method of a stage, the scheme and the point schemes, all or none of them.
func (s *Solver) setParts(st *State, stage *Stage) error {
	if _, ok := s.options.Weights.(stateful); !ok && len(st.Scheme) > 0 {
		return fmt.Errorf("it was not made with the weight scheme %T", s.options.Weights)
	}
	m := s.methodOf(stage)
	if err := m.Init(s.plan.params()); err != nil {
		return err
	}
	return setAll(append(s.schemeParts(st), part{m, st.Method}))
}

// setSchemeStates undoes whatever has been asked of the schemes since schemeStates.
func (s *Solver) setSchemeStates(st *State) error {
	if err := setAll(s.schemeParts(st)); err != nil {
		return err
	}
	if err := s.claim(s.schemes()); err != nil { // SetState has made them nobody's
		return err
	}
	if len(st.PointWeights) == 0 {
		return nil
	}
	if err := s.plan.refresh(); err != nil {
		return err
	}
	return s.plan.restorePointWeights(st.PointWeights)
}

// part is something that has a state within the solver's.
type part struct {
	of stateful
	to []byte
}

// schemeParts are the weight scheme and the point schemes.
func (s *Solver) schemeParts(st *State) []part {
	var parts []part
	if k, ok := s.options.Weights.(stateful); ok {
		parts = append(parts, part{k, st.Scheme})
	}
	at := 0
	for _, c := range s.problem.Constraints {
		if c.PointWeights == nil {
			continue
		}
		if k, ok := c.PointWeights.(stateful); ok {
			parts = append(parts, part{k, st.PointWeights[at].Scheme})
		}
		at++
	}
	return parts
}

// setAll puts all parts into their states, or none of them.
func setAll(parts []part) error {
	before := make([][]byte, len(parts))
	for i, p := range parts {
		var err error
		if before[i], err = p.of.State(); err != nil {
			return err
		}
	}
	for i, p := range parts {
		err := p.of.SetState(p.to)
		if err == nil {
			continue
		}
		for j, done := range parts[:i] {
			err = errors.Join(err, done.of.SetState(before[j]))
		}
		return err
	}
	return nil
}

// Kept are the callbacks that have state, in the order of the run: those that a checkpoint keeps.
func (r *Run) Kept() []Stateful {
	var list []Stateful
	for _, c := range r.callbacks {
		if k, ok := c.(Stateful); ok {
			list = append(list, k)
		}
	}
	return list
}
