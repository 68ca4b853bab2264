package crux

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/claim"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// State is all that decides how a solver goes on: restored into a solver of the same problem and options, it continues bit
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
	Points     []PointState // one for each point set
	Evals      int          // point sets drawn for evaluation so far
	Stages     *StagesState // nil without windows and curriculum

	PointWeights []PointWeightState // one for each constraint with a point scheme
}

// PointState is one point set as it is now.
type PointState struct {
	Name  string // of the group of constraints on it
	Draws int    // sets drawn from its stream
	PointData
	Next *PointData // points that a callback has set for the next step; nil if there are none
}

// PointData are the numbers of a cloud of points, as in domain.Cloud.
type PointData struct {
	X       []float64
	Normals []float64            // nil if the points have none
	Weights []float64            // nil if the points have none
	Columns map[string][]float64 // nil if the points have none
}

// State returns a copy of the solver's state. It is exact between two steps: outside of Solve, and in OnStepEnd.
func (s *Solver) State() (*State, error) {
	h := s.history
	st := &State{
		Problem: s.problem.Name, Epoch: s.epoch, Parameters: s.Parameters(), Weights: slices.Clone(s.weights), Losses: slices.Clone(s.losses),
		History: History{slices.Clone(h.Epochs), slices.Clone(h.Loss), slices.Clone(h.Losses)}, Evals: s.evals, Stages: s.stages.state(),
	}
	for _, g := range s.groups {
		p := PointState{Name: g.name, Draws: g.draws}
		p.put(g.cloud)
		if g.next != nil {
			p.Next = &PointData{}
			p.Next.put(g.next)
		}
		st.Points = append(st.Points, p)
	}
	if err := s.method.Init(s.params()); err != nil { // it has no state before
		return nil, fmt.Errorf("crux: %w", err)
	}
	var err error
	if st.Method, err = s.method.State(); err != nil {
		return nil, fmt.Errorf("crux: state of %T: %w", s.method, err)
	}
	return st, s.schemeStates(st)
}

// schemeStates adds the weight scheme, and the weights of points with their schemes.
func (s *Solver) schemeStates(st *State) error {
	if k, ok := s.options.Weights.(stateful); ok {
		var err error
		if st.Scheme, err = k.State(); err != nil {
			return fmt.Errorf("crux: state of %T: %w", k, err)
		}
	}
	for _, c := range s.cons {
		if c.points == nil {
			continue
		}
		w, err := c.points.state(c.name, s.groups[c.group].cloud)
		if err != nil {
			return err
		}
		st.PointWeights = append(st.PointWeights, w)
	}
	return nil
}

// stateful is what methods and schemes with state have in common.
type stateful = optim.Stateful

// put copies the points of a cloud.
func (p *PointData) put(c *domain.Cloud) {
	p.X, p.Normals, p.Weights, p.Columns = slices.Clone(c.X), slices.Clone(c.Normals), slices.Clone(c.Weights), cloneColumns(c.Columns)
}

// cloud is a copy of the points.
func (p *PointData) cloud(coords []*ph.Coord) *domain.Cloud {
	return &domain.Cloud{
		Coords: slices.Clone(coords), X: slices.Clone(p.X), Normals: slices.Clone(p.Normals), Weights: slices.Clone(p.Weights),
		Columns: cloneColumns(p.Columns),
	}
}

func cloneColumns(columns map[string][]float64) map[string][]float64 {
	if len(columns) == 0 {
		return nil
	}
	c := make(map[string][]float64, len(columns))
	for name, x := range columns {
		c[name] = slices.Clone(x)
	}
	return c
}

// SetState makes the solver continue from a state. A state of another problem, or one that does not fit this solver's
// parameters, points, method or scheme, is an error, and then nothing changes. With it another run begins: callbacks that hold
// results of the one before are refused from then on, unless they get the state that belongs to it as well.
func (s *Solver) SetState(st *State) error {
	if st == nil {
		return errors.New("crux: nil state")
	}
	if err := s.fits(st); err != nil {
		return fmt.Errorf("crux: problem %q: state: %w", s.problem.Name, err)
	}
	if err := s.claim(s.schemes()); err != nil { // a scheme of another solver stays as it is
		return err
	}
	if err := s.setParts(st); err != nil {
		return fmt.Errorf("crux: problem %q: state: %w", s.problem.Name, err)
	}
	s.run = new(claim.Run)
	at := 0
	for _, p := range st.Parameters {
		if !p.Fixed {
			copy(s.theta[at:], p.Data)
			at += len(p.Data)
		}
	}
	at = 0
	for _, p := range st.Parameters {
		if p.Fixed {
			copy(s.fixed[at:], p.Data)
			at += len(p.Data)
		}
	}
	s.version++
	if now, err := s.stages.fits(st); s.stages != nil && err == nil {
		s.stages.restore(st.Stages)
		if err := s.enter(now); err != nil {
			return err
		}
	}
	for i, g := range s.groups {
		p := st.Points[i]
		if err := s.setCloud(g, p.cloud(g.cloud.Coords)); err != nil {
			return err
		}
		g.draws, g.next = p.Draws, nil
		if p.Next != nil {
			g.next = p.Next.cloud(g.cloud.Coords)
		}
	}
	if err := s.restorePointWeights(st.PointWeights); err != nil {
		return err
	}
	copy(s.weights, st.Weights)
	copy(s.losses, st.Losses)
	s.epoch, s.evals, s.stepped = st.Epoch, st.Evals, st.Epoch > 0
	s.history = History{slices.Clone(st.History.Epochs), slices.Clone(st.History.Loss), slices.Clone(st.History.Losses)}
	s.obj.forget()
	return nil
}

// fits compares a state with the solver.
func (s *Solver) fits(st *State) error {
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
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("parameter %q holds %v", p.Path, v)
			}
		}
	}
	if len(st.Points) != len(s.groups) {
		return fmt.Errorf("it has %d point sets, the problem has %d", len(st.Points), len(s.groups))
	}
	for i, p := range st.Points {
		if err := s.groups[i].fits(p); err != nil {
			return err
		}
	}
	if err := s.pointWeightsFit(st); err != nil {
		return err
	}
	if _, err := s.stages.fits(st); err != nil {
		return err
	}
	h, n := st.History, len(s.cons)
	if st.Epoch < 0 || len(st.Weights) != n || len(st.Losses) != n || len(h.Loss) != len(h.Epochs) || len(h.Losses) != len(h.Epochs) {
		return fmt.Errorf("step %d, %d weights, %d losses and %d, %d, %d rows of history do not fit together for %d constraints",
			st.Epoch, len(st.Weights), len(st.Losses), len(h.Epochs), len(h.Loss), len(h.Losses), n)
	}
	for _, row := range h.Losses {
		if len(row) != n {
			return fmt.Errorf("a row of history has %d losses for %d constraints", len(row), n)
		}
	}
	return nil
}

// fits compares a point set with the group's.
func (g *group) fits(p PointState) error {
	if p.Name != g.name || p.Draws < 1 || !g.provides(&p.PointData) || p.Next != nil && !g.provides(p.Next) {
		return fmt.Errorf("its points %q do not fit those of constraint %q", p.Name, g.name)
	}
	return nil
}

// provides reports whether there are as many numbers of each kind as the points of the group need.
func (g *group) provides(p *PointData) bool {
	d := len(g.cloud.Coords)
	n := len(p.X) / d
	ok := n > 0 && len(p.X) == n*d && len(p.Columns) == len(g.cloud.Columns)
	ok = ok && (g.cloud.Normals == nil) == (p.Normals == nil) && (p.Normals == nil || len(p.Normals) == n*d)
	ok = ok && (g.cloud.Weights == nil) == (p.Weights == nil) && (p.Weights == nil || len(p.Weights) == n)
	for name := range g.cloud.Columns {
		ok = ok && len(p.Columns[name]) == n
	}
	return ok
}

// setParts restores method, scheme and point schemes, all or none of them.
func (s *Solver) setParts(st *State) error {
	if _, ok := s.options.Weights.(stateful); !ok && len(st.Scheme) > 0 {
		return fmt.Errorf("it was not made with the weight scheme %T", s.options.Weights)
	}
	if err := s.method.Init(s.params()); err != nil {
		return err
	}
	return setAll(append(s.schemeParts(st), part{s.method, st.Method}))
}

// setSchemeStates undoes whatever has been asked of the schemes since schemeStates.
func (s *Solver) setSchemeStates(st *State) error {
	if err := setAll(s.schemeParts(st)); err != nil {
		return err
	}
	if err := s.claim(s.schemes()); err != nil { // SetState has made them nobody's
		return err
	}
	for _, g := range s.groups {
		if !g.byPoint {
			continue
		}
		if err := s.setCloud(g, g.cloud); err != nil {
			return err
		}
	}
	return s.restorePointWeights(st.PointWeights)
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
	for _, c := range s.cons {
		if c.points == nil {
			continue
		}
		if k, ok := c.points.scheme.(stateful); ok {
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
