package crux

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// stages are the parts of a run that are trained one after the other, each by a method that begins anew: windows of time, or the
// lessons of a curriculum.
type stages struct {
	noun  string   // what they are, for the user
	names []string // of each
	steps int      // of each, at most

	now   int          // being trained
	since int          // step with which it began
	over  bool         // it is, whatever its steps: the next step begins the next one
	past  []StageState // those behind
	fresh [][]byte     // states before the first step, of what begins anew with a stage
}

// MaxStages bounds the windows, or the lessons, of a run. The states at which windows begin pass through all networks before, and more
// lessons are a mistake.
const MaxStages = 100

// last is the index of the last stage.
func (m *stages) last() int { return len(m.names) - 1 }

// done reports whether the last stage is over.
func (m *stages) done(epoch int) bool { return m != nil && m.now == m.last() && m.ended(epoch) }

// ended reports whether the stage is over at the beginning of a step.
func (m *stages) ended(epoch int) bool { return m.over || epoch-m.since >= m.steps }

// progress is what has been done in stage k: the steps, and the loss at the last of them, NaN where there is none.
func (s *Solver) progress(k int) (steps int, loss float64) {
	m := s.stages
	switch {
	case k == m.now && s.epoch > m.since:
		return s.epoch - m.since, s.lastLoss()
	case k < len(m.past):
		return m.past[k].Steps, m.past[k].Loss
	}
	return 0, math.NaN()
}

// lastLoss is that of the last step, NaN before the first.
func (s *Solver) lastLoss() float64 {
	if n := len(s.history.Loss); n > 0 {
		return s.history.Loss[n-1]
	}
	return math.NaN()
}

// Stage is the stage being trained, counted from 0, and how many there are: windows of Options.Windows, lessons of
// Options.Curriculum; 0 and 1 without either. A nil run has none.
func (r *Run) Stage() (index, count int) {
	if r == nil || r.solver.stages == nil {
		return 0, 1
	}
	return r.solver.stages.now, r.solver.stages.last() + 1
}

// now is an expression of the user's as it is at present: unknowns are those of the window that is trained, everywhere or within it,
// and the constant of a curriculum has the value of its lesson.
func (s *Solver) now(e ph.Expr, everywhere bool) ph.Expr {
	switch {
	case s.march != nil:
		return s.march.in(e, s.stages.now, everywhere)
	case s.curriculum != nil:
		return s.curriculum.in(e, s.stages.now)
	}
	return e
}

// turn goes on to the next stage if this one is over. After the last it reports that there is nothing left to train.
func (s *Solver) turn() (done bool, err error) {
	m := s.stages
	switch {
	case m == nil || !m.ended(s.epoch):
		return false, nil
	case m.now == m.last():
		return true, nil
	}
	m.past = append(m.past, StageState{Name: m.names[m.now], Steps: s.epoch - m.since, Loss: s.lastLoss()})
	s.freezeWindow()
	if err := s.enter(m.now + 1); err != nil {
		return false, err
	}
	m.since, m.over = s.epoch, false
	if err := s.drawWindow(); err != nil {
		return false, err
	}
	return false, s.startAfresh()
}

// enter makes stage k the one that is trained: residuals are compiled as they are within it. Points and parameters stay.
func (s *Solver) enter(k int) error {
	s.stages.now = k
	s.version++
	if s.march != nil {
		s.enterWindow(k)
	} else {
		s.enterLesson(k)
	}
	for _, g := range s.groups {
		if err := s.compileGroup(g); err != nil {
			return err
		}
		if err := s.setCloud(g, g.cloud); err != nil {
			return err
		}
	}
	s.obj.forget()
	return nil
}

// keepFresh notes what the method and the point schemes are before their first step, for the stages after the first.
func (s *Solver) keepFresh() error {
	m := s.stages
	if m == nil {
		return nil
	}
	if err := s.enter(0); err != nil {
		return err
	}
	if err := s.method.Init(s.params()); err != nil {
		return err
	}
	for _, k := range s.ofStage() {
		b, err := k.State()
		if err != nil {
			return fmt.Errorf("state of %T: %w", k, err)
		}
		m.fresh = append(m.fresh, b)
	}
	return nil
}

// startAfresh makes the method and the point schemes what they were before their first step: what they know is of another loss.
func (s *Solver) startAfresh() error {
	for i, k := range s.ofStage() {
		if err := k.SetState(s.stages.fresh[i]); err != nil {
			return fmt.Errorf("crux: %T at the beginning of %s: %w", k, s.stages.names[s.stages.now], err)
		}
	}
	if err := s.claim(s.schemes()); err != nil { // SetState has made them nobody's
		return err
	}
	for _, c := range s.cons {
		if q := c.points; q != nil {
			q.at, q.mu, q.stale = nil, nil, true
		}
	}
	return nil
}

// ofStage are the parts of the solver whose state belongs to one stage.
func (s *Solver) ofStage() []stateful {
	list := []stateful{s.method}
	for _, c := range s.cons {
		if c.points == nil {
			continue
		}
		if k, ok := c.points.scheme.(stateful); ok {
			list = append(list, k)
		}
	}
	return list
}

// leave reports whether an error ends the stage that is trained, and not the run.
func (s *Solver) leave(err error) bool {
	m := s.stages
	if m == nil || !errors.Is(err, optim.ErrConverged) && !errors.Is(err, errNextStage) {
		return false
	}
	m.over = true
	return m.now < m.last()
}

// NextStage returns the error by which OnStep ends the stage that is trained, see [Run.Stage]; with the last one, or where there
// is only one, the run ends as with Stop. The reason is shown to the user.
func NextStage(reason string) error { return &nextStage{stop{reason}} }

var errNextStage = errors.New("crux: next stage")

type nextStage struct{ stop }

func (e *nextStage) Is(target error) bool { return target == errNextStage || target == ErrStop }
func (e *nextStage) Unwrap() error        { return &e.stop }

// StagesState is how far a solver has come with its stages.
type StagesState struct {
	Since int          // step with which the one being trained began
	Over  bool         // it is over: the next step begins the next one
	Past  []StageState // those behind
}

// StageState is a stage that is over.
type StageState struct {
	Name  string // "t from 0 to 0.5", "beta = 10"
	Steps int
	Loss  float64 // at the last step
}

func (m *stages) state() *StagesState {
	if m == nil {
		return nil
	}
	return &StagesState{Since: m.since, Over: m.over, Past: slices.Clone(m.past)}
}

// fits reports how a state does not belong to the stages, and which one it is in.
func (m *stages) fits(st *State) (now int, err error) {
	switch {
	case m == nil && st.Stages == nil:
		return 0, nil
	case m == nil:
		return 0, errors.New("it was trained with windows or a curriculum; give Options.Windows or Options.Curriculum as they were")
	case st.Stages == nil:
		return 0, fmt.Errorf("it was trained without %s; leave them out of the options", m.noun)
	}
	now = len(st.Stages.Past)
	if now > m.last() || st.Stages.Since < 0 || st.Stages.Since > st.Epoch {
		return 0, fmt.Errorf("%d %s behind since step %d of %d, where there are %d, do not fit together", now, m.noun, st.Stages.Since, st.Epoch, m.last()+1)
	}
	for k, w := range st.Stages.Past {
		if w.Name != m.names[k] {
			return 0, fmt.Errorf("number %d of its %s is %s, that of the problem %s", k+1, m.noun, w.Name, m.names[k])
		}
	}
	return now, nil
}

// restore takes over a state that fits.
func (m *stages) restore(st *StagesState) {
	m.since, m.over, m.past = st.Since, st.Over, slices.Clone(st.Past)
}
