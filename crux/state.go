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
// and a counter that is kept here. It does not hold callbacks; see [Stateful] and [Run.Keep].
type State struct {
	Problem    string
	Epoch      int         // the step to begin with
	Parameters []Parameter // trainable ones first, in the order of θ
	Method     []byte      // of the method, if it is Stateful
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

// State returns a copy of the solver's state. Between two calls of Solve it is exact. After a run that ended within a step, by
// a callback's wish or because the method had converged, it is that of the beginning of that step, which is then taken again.
func (s *Solver) State() (*State, error) {
	st, err := s.stateAt(s.epoch)
	if err != nil {
		return nil, err
	}
	return st, s.updated(st)
}

// Next is the state with which the step after this one begins, as far as it is known within OnStep: all but the parameters
// and the method, which the update is about to change. The next step's OnStep adds them with Complete. So a checkpoint
// is exact although hooks run in the middle of a step.
func (r *Run) Next() (*State, error) { return r.solver.stateAt(r.solver.epoch + 1) }

// Complete adds to a state from Next what the update has changed.
func (r *Run) Complete(st *State) error {
	if st == nil || st.Epoch != r.solver.epoch {
		return errors.New("crux: Complete in another step than the one after Next")
	}
	s := r.solver
	if st.turned(s.stages) && s.march != nil { // which draws points for the window; without it they are those of Next
		return s.updated(st)
	}
	for i, g := range s.groups { // points that callbacks set after Next are in place by now
		s.keepMeasured(st, i)
		st.Points[i].put(g.cloud)
		st.Points[i].Next = nil
	}
	return s.updated(st)
}

// turned reports whether another stage has begun with the step after Next. Then all stays as it was before, and is done again.
func (st *State) turned(m *stages) bool {
	if m == nil || st.Stages == nil || len(st.Stages.Past) == m.now {
		return false
	}
	st.Stages.Over = true
	return true
}

// keepMeasured moves the points of group i in a state to its point weights, if others have taken their place since.
func (s *Solver) keepMeasured(st *State, i int) {
	if !s.groups[i].byPoint || slices.Equal(st.Points[i].X, s.groups[i].cloud.X) {
		return
	}
	at := 0
	for _, c := range s.cons {
		if c.points == nil {
			continue
		}
		if w := &st.PointWeights[at]; c.group == i && w.At == nil && len(w.Residual) > 0 {
			w.At = st.Points[i].X
		}
		at++
	}
}

// stateful is what methods and schemes with state have in common.
type stateful = optim.Stateful

// stateAt is the state with which a step begins, without parameters and method.
func (s *Solver) stateAt(epoch int) (*State, error) {
	st := &State{
		Problem: s.problem.Name, Epoch: epoch, Weights: slices.Clone(s.weights), Losses: make([]float64, len(s.cons)), Evals: s.evals,
	}
	h := s.history
	n := len(h.Epochs)
	for n > 0 && h.Epochs[n-1] >= epoch {
		n--
	}
	st.History = History{slices.Clone(h.Epochs[:n]), slices.Clone(h.Loss[:n]), slices.Clone(h.Losses[:n])}
	if n > 0 {
		copy(st.Losses, h.Losses[n-1])
	}
	for _, g := range s.groups {
		p := PointState{Name: g.name, Draws: g.draws}
		p.put(g.cloud)
		if g.next != nil {
			p.Next = &PointData{}
			p.Next.put(g.next)
		}
		// A set that the step itself draws is drawn again: at its beginning there was the first one, of each window, and one
		// for each interval before it.
		if every := g.on.Interval(); every > 0 && epoch > 0 {
			p.Draws = min(p.Draws, s.firsts(g)+(epoch-1)/every)
		}
		st.Points = append(st.Points, p)
	}
	st.Stages = s.stages.state()
	if k, ok := s.options.Weights.(stateful); ok {
		var err error
		if st.Scheme, err = k.State(); err != nil {
			return nil, fmt.Errorf("crux: state of %T: %w", k, err)
		}
	}
	for _, c := range s.cons {
		if c.points != nil {
			w, err := c.points.state(c.name, s.groups[c.group].cloud)
			if err != nil {
				return nil, err
			}
			st.PointWeights = append(st.PointWeights, w)
		}
	}
	return st, nil
}

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

// updated adds the parameters and the method.
func (s *Solver) updated(st *State) error {
	st.Parameters = s.Parameters()
	k, ok := s.method.(stateful)
	if !ok {
		return nil
	}
	if err := s.method.Init(s.params()); err != nil { // it has no state before
		return fmt.Errorf("crux: %w", err)
	}
	var err error
	if st.Method, err = k.State(); err != nil {
		return fmt.Errorf("crux: state of %T: %w", k, err)
	}
	return nil
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
	method, ok := s.method.(stateful)
	if !ok && len(st.Method) > 0 {
		return fmt.Errorf("it was not made by the method %T", s.method)
	}
	scheme, ok := s.options.Weights.(stateful)
	if !ok && len(st.Scheme) > 0 {
		return fmt.Errorf("it was not made with the weight scheme %T", s.options.Weights)
	}
	type part struct {
		of        stateful
		to, state []byte
	}
	var parts []part
	if method != nil {
		if err := s.method.Init(s.params()); err != nil {
			return err
		}
		parts = append(parts, part{of: method, to: st.Method})
	}
	if scheme != nil {
		parts = append(parts, part{of: scheme, to: st.Scheme})
	}
	at := 0
	for _, c := range s.cons {
		if c.points == nil {
			continue
		}
		if k, ok := c.points.scheme.(stateful); ok {
			parts = append(parts, part{of: k, to: st.PointWeights[at].Scheme})
		}
		at++
	}
	for i := range parts {
		var err error
		if parts[i].state, err = parts[i].of.State(); err != nil {
			return err
		}
	}
	for i, p := range parts {
		err := p.of.SetState(p.to)
		if err == nil {
			continue
		}
		for _, done := range parts[:i] {
			err = errors.Join(err, done.of.SetState(done.state))
		}
		return err
	}
	return nil
}

// keptKey is where a run lists the callbacks that asked to be kept, among its facts.
const keptKey = "\x00kept"

// Keep asks checkpoints to keep the state of a callback; it does so in OnSolveBegin.
func (r *Run) Keep(c Stateful) {
	r.facts[keptKey] = append(r.Kept(), c)
}

// Kept are the callbacks that asked to be kept, in the order in which they were passed.
func (r *Run) Kept() []Stateful {
	list, _ := r.facts[keptKey].([]Stateful)
	return list
}
