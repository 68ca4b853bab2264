package crux

import (
	"errors"
	"fmt"
	"slices"

	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// now is an expression of the user's as it is at present: the unknowns are those of the window that is trained, everywhere or
// within it.
func (s *Solver) now(e ph.Expr, everywhere bool) ph.Expr {
	if s.march == nil {
		return e
	}
	return s.march.in(e, s.march.now, everywhere)
}

// turn goes on to the next window if this one is over. After the last it reports that there is nothing left to train.
func (s *Solver) turn() (done bool, err error) {
	m := s.march
	switch {
	case m == nil || !m.ended(s.epoch):
		return false, nil
	case m.now == m.last():
		return true, nil
	}
	m.past = append(m.past, Window{From: m.ends[m.now], To: m.ends[m.now+1], Steps: s.epoch - m.since, Loss: s.lastLoss()})
	s.freezeWindow()
	if err := s.enter(m.now + 1); err != nil {
		return false, err
	}
	m.since, m.over = s.epoch, false
	for _, g := range s.groups {
		if g.absent {
			continue
		}
		cloud, err := s.draw(g)
		if err != nil {
			return false, err
		}
		if err := s.setCloud(g, cloud); err != nil {
			return false, err
		}
		g.next = nil
	}
	return false, s.startAfresh()
}

// firsts is how often a set was drawn because a window began.
func (m *march) firsts(g *group) int {
	n := 1
	if m != nil {
		for _, p := range g.parts[1 : m.now+1] {
			if p != nil {
				n++
			}
		}
	}
	return n
}

// freezeWindow keeps the parameters of a window that is over.
func (s *Solver) freezeWindow() {
	m := s.march
	for _, e := range s.layout.Entries() {
		for _, w := range m.fields {
			if q, ok := w.frozen[m.now][e.Param]; ok {
				if at, fixed, ok := s.layout.Lookup(q.Path()); ok && fixed {
					copy(s.fixed[at.Offset:at.Offset+at.Len], s.theta[e.Offset:])
				}
			}
		}
	}
}

// enter makes window k the one that is trained: residuals are compiled as they are within it. Points and parameters stay.
func (s *Solver) enter(k int) error {
	m := s.march
	m.now = k
	s.version++
	at, _, _ := s.layout.Lookup(m.index.Path())
	s.fixed[at.Offset] = float64(k)
	for _, g := range s.groups {
		g.absent = g.parts[k] == nil
		if !g.absent {
			g.on = g.parts[k]
		}
		if err := s.compileGroup(g); err != nil {
			return err
		}
		if err := s.setCloud(g, g.cloud); err != nil {
			return err
		}
	}
	for _, c := range s.cons {
		if q := c.points; q != nil {
			if i := slices.Index(s.groups[c.group].cloud.Coords, m.Coord); i >= 0 {
				q.view.Lo[i], q.view.Hi[i] = m.ends[k], m.ends[k+1]
			}
		}
	}
	s.obj.forget()
	return nil
}

// leaveAbsent takes the weights of constraints that have no point in the window. The others keep their ratios and get the mean
// that all had: a scheme that balances may have given everything to a loss without a gradient.
func (s *Solver) leaveAbsent(w []float64) {
	all, present, n := 0.0, 0.0, 0
	for i := range w {
		all += w[i]
		if !s.groups[s.cons[i].group].absent {
			present += w[i]
			n++
		}
	}
	if n == len(w) || !(present > 0) {
		return
	}
	for i := range w {
		if s.groups[s.cons[i].group].absent {
			w[i] = 0
			continue
		}
		w[i] *= all / present * float64(n) / float64(len(w))
	}
}

// keepFresh notes what the method and the point schemes are before their first step, for the windows after the first.
func (s *Solver) keepFresh() error {
	m := s.march
	if m == nil {
		return nil
	}
	if err := s.enter(0); err != nil {
		return err
	}
	if err := s.method.Init(s.params()); err != nil {
		return err
	}
	for _, k := range s.ofWindow() {
		b, err := k.State()
		if err != nil {
			return fmt.Errorf("state of %T: %w", k, err)
		}
		m.fresh = append(m.fresh, b)
	}
	return nil
}

// startAfresh makes the method and the point schemes what they were before their first step: what they know is of another loss
// and of other points.
func (s *Solver) startAfresh() error {
	for i, k := range s.ofWindow() {
		if err := k.SetState(s.march.fresh[i]); err != nil {
			return fmt.Errorf("crux: %T at the beginning of a window: %w", k, err)
		}
	}
	for _, c := range s.cons {
		if q := c.points; q != nil {
			q.at, q.mu, q.stale = nil, nil, true
		}
	}
	return nil
}

// ofWindow are the parts of the solver whose state belongs to one window.
func (s *Solver) ofWindow() []stateful {
	var list []stateful
	if k, ok := s.method.(stateful); ok {
		list = append(list, k)
	}
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

// leave reports whether an error ends the window that is trained, and not the run.
func (s *Solver) leave(err error) bool {
	m := s.march
	if m == nil || !errors.Is(err, optim.ErrConverged) && !errors.Is(err, errNextWindow) {
		return false
	}
	m.over = true
	return m.now < m.last()
}

// NextWindow returns the error by which OnStep ends the window that is trained; with the last one, or without
// Options.Windows, the run ends as with Stop. The reason is shown to the user.
func NextWindow(reason string) error { return &nextWindow{stop{reason}} }

var errNextWindow = errors.New("crux: next window")

type nextWindow struct{ stop }

func (e *nextWindow) Is(target error) bool { return target == errNextWindow || target == ErrStop }
func (e *nextWindow) Unwrap() error        { return &e.stop }

// overall puts the whole of the problem in the place of its last window when that is over: what is evaluated from then on is
// evaluated at all times. The function that it returns puts back what was there.
func (s *Solver) overall() (back func(), err error) {
	if s.apart || !s.march.done(s.epoch) {
		return func() {}, nil
	}
	groups, parts := s.groups, s.parts
	back = func() {
		s.groups, s.parts, s.apart = groups, parts, false
		s.obj.forget()
	}
	s.groups, s.parts, s.apart = nil, nil, true
	s.obj.forget()
	for _, g := range groups {
		w := &group{name: g.name, on: g.whole, whole: g.whole, members: g.members}
		if w.cloud, err = w.on.Draw(s.Stream(fmt.Sprintf("points/%s/whole", g.name))); err == nil {
			err = s.compileGroup(w)
		}
		if err == nil {
			err = w.program.SetPoints(batch(w.cloud), s.fixed)
		}
		if err != nil {
			back()
			return nil, err
		}
		n := len(w.members)
		w.losses, w.trained, w.w = make([]float64, n), make([]float64, n), make([]float64, n)
		if n == 1 {
			w.rows = make([]float64, len(s.theta))
		}
		s.groups = append(s.groups, w)
	}
	return back, nil
}

// MarchState is how far a solver has come with its windows.
type MarchState struct {
	Since int      // step with which the window began
	Over  bool     // it is over: the next step begins the next one
	Past  []Window // those behind
}

func (m *march) state() *MarchState {
	if m == nil {
		return nil
	}
	return &MarchState{Since: m.since, Over: m.over, Past: slices.Clone(m.past)}
}

// fits reports how a state does not belong to the windows, and which one it is in.
func (m *march) fits(st *State) (now int, err error) {
	switch {
	case m == nil && st.March == nil:
		return 0, nil
	case m == nil:
		return 0, errors.New("it was trained with windows; give Options.Windows as they were")
	case st.March == nil:
		return 0, errors.New("it was trained without windows; leave Options.Windows out")
	}
	now = len(st.March.Past)
	if now > m.last() || st.March.Since < 0 || st.March.Since > st.Epoch {
		return 0, fmt.Errorf("%d windows behind since step %d of %d, where there are %d, do not fit together", now, st.March.Since, st.Epoch, m.last()+1)
	}
	for k, w := range st.March.Past {
		if w.From != m.ends[k] || w.To != m.ends[k+1] {
			return 0, fmt.Errorf("its window %d is from %v to %v, that of the problem from %v to %v", k+1, w.From, w.To, m.ends[k], m.ends[k+1])
		}
	}
	return now, nil
}

// restore takes over a state that fits.
func (m *march) restore(st *MarchState) {
	m.since, m.over, m.past = st.Since, st.Over, slices.Clone(st.Past)
}
