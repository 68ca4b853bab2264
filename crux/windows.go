package crux

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Windows divides the axis of time into windows that are trained one after the other, each on the points that lie in it: time
// marching (Wight, Zhao 2020, arXiv 2007.04542, Section 3.3; Krishnapriyan et al. 2021, "sequence to sequence"). A network
// then has to learn a short piece of the solution only, and no window can settle before those that decide about it.
//
// The networks of a window take over where those of the one before have ended. With a, b the window's ends, s = (t−a)/(b−a),
// M the output of a network before anything is done with it, N the same network with parameters of the window's own, which sees
// the window as wide as the whole axis, and m the highest derivative of its field along t in the problem but
// those at a fixed t, as in u_t(t = 0),
//
//	M(t, x) = Σ_{i<m} ∂ⁱM/∂tⁱ(a, x) (t−a)ⁱ/i!  +  s^m/(s^m + τ^m) · N(t, x)      τ = Onset
//
// and M = N in the first window. So values, and for m = 2 velocities, continue exactly, whatever the network says, and with them
// all that formulas make of M: conditions that are built in stay so, and initial conditions need no constraint in
// later windows. What M is at a is a function without trainable parameters there, with exact derivatives, computed once for each
// set of points. A field without a derivative along t, such as a pressure, is M = N in every window.
//
// A window begins with the parameters of the one before; the method begins anew. The solver evaluates the whole: at
// every point the networks of the window in which it lies.
//
// All fields of the problem must depend on t, and it may have no trainable numbers besides: what belongs to all times cannot be
// learnt from one window after the other.
type Windows struct {
	Coord *ph.Coord // time
	Count int       // windows of equal length; 2 or more, unless Times says where they meet
	Times []float64 // where one window ends and the next begins, ascending, inside the axis; instead of Count
	Steps int       // updates of each window, at most: one whose method converges is over sooner; at least 1
	Onset float64   // τ; 0 means 0.1
}

// Window is one of the windows of a problem.
type Window struct {
	From, To float64
	Steps    int     // taken so far; 0 before it begins
	Loss     float64 // at the last step
}

// ends are the K+1 times at which windows begin and end, on an axis from lo to hi.
func (w *Windows) ends(lo, hi float64) ([]float64, error) {
	switch {
	case w.Steps < 1:
		return nil, fmt.Errorf("option Steps is %d; say how many updates each window gets", w.Steps)
	case !(w.Onset >= 0) || math.IsInf(w.Onset, 0):
		return nil, fmt.Errorf("option Onset is %v; it must be positive, or 0 for 0.1", w.Onset)
	case len(w.Times) > 0 && w.Count != 0:
		return nil, errors.New("options Count and Times say the same thing; give one of them")
	case len(w.Times) == 0 && (w.Count < 2 || w.Count > MaxStages):
		return nil, fmt.Errorf("option Count is %d; take 2 to %d windows", w.Count, MaxStages)
	case len(w.Times) >= MaxStages:
		return nil, fmt.Errorf("%d times; take at most %d", len(w.Times), MaxStages-1)
	}
	ends := []float64{lo}
	for k := 1; k < w.Count; k++ {
		ends = append(ends, lo+(hi-lo)*float64(k)/float64(w.Count))
	}
	ends = append(append(ends, w.Times...), hi)
	for k, t := range ends[1:] {
		if !(t > ends[k]) {
			return nil, fmt.Errorf("a window from %v to %v on the axis from %v to %v; give ascending times inside it", ends[k], t, lo, hi)
		}
	}
	return ends, nil
}

// WindowError says why a constraint does not go together with windows.
type WindowError struct{ Constraint, Message string }

func (e *WindowError) Error() string {
	return fmt.Sprintf("constraint %q: %s", e.Constraint, e.Message)
}

func windowError(constraint, format string, args ...any) error {
	return &WindowError{constraint, fmt.Sprintf(format, args...)}
}

// march is a solver's way through the windows.
type march struct {
	Windows
	ends   []float64
	fields map[*ph.Field]*windowed
	index  *ph.Param // how many windows lie behind, kept with the parameters
}

// setUpWindows finds what must be known of the problem's fields. The point sets have been read by then.
func (s *Solver) setUpWindows() error {
	w := *s.options.Windows
	if w.Coord == nil {
		return errors.New("Options.Windows: no Coord; name the coordinate that is time")
	}
	b, ok := s.bounds[w.Coord]
	if !ok {
		return fmt.Errorf("Options.Windows: %s is no coordinate of any point set", w.Coord.Name())
	}
	w.Times = slices.Clone(w.Times)
	if w.Onset == 0 {
		w.Onset = 0.1
	}
	m := &march{Windows: w, fields: map[*ph.Field]*windowed{}}
	var err error
	if m.ends, err = w.ends(b[0], b[1]); err != nil {
		return fmt.Errorf("Options.Windows: %w", err)
	}
	if m.index, err = indexParam(); err != nil {
		return err
	}
	var errs []error
	for i, c := range s.problem.Constraints {
		for _, f := range fieldsOf(c.Residual) {
			if !slices.Contains(f.Coords(), w.Coord) {
				errs = append(errs, windowError(s.cons[i].name, "field %q is no function of %s: what belongs to all times cannot be learnt from one window after the other", f.Name(), w.Coord.Name()))
				continue
			}
			if m.fields[f] == nil {
				m.fields[f] = &windowed{field: f}
			}
			m.fields[f].order = max(m.fields[f].order, orderOf(c.Residual, f, w.Coord))
		}
		for _, p := range paramsOf(c.Residual) {
			if p.Fixed() {
				continue
			}
			errs = append(errs, windowError(s.cons[i].name, "the parameter %s belongs to all times, so it cannot be learnt from one window after the other; train without windows", p.Path()))
		}
	}
	for _, f := range m.fields {
		f.build(m)
	}
	s.march = m
	s.stages = &stages{noun: "windows", steps: w.Steps}
	for k := range m.last() + 1 {
		s.stages.names = append(s.stages.names, fmt.Sprintf("%s from %v to %v", w.Coord.Name(), m.ends[k], m.ends[k+1]))
	}
	for _, g := range s.groups {
		errs = append(errs, s.divide(g))
	}
	return errors.Join(errs...)
}

// indexParam is the parameter that counts the windows behind.
func indexParam() (*ph.Param, error) {
	p := ph.NewParam("windows", 0)
	return p.Frozen("windows/behind"), p.Err()
}

// divide finds the part of a point set in each window. A window holds its end, and its beginning only if it is the first, so that
// initial conditions belong to the first alone. A window in which a set has no point is nil.
func (s *Solver) divide(g *group) error {
	m := s.march
	at := slices.Index(g.on.Coords(), m.Coord)
	g.whole, g.parts = g.on, make([]*domain.Points, len(m.ends)-1)
	if at < 0 {
		return windowError(g.name, "its points have no coordinate %s, by which windows divide them", m.Coord.Name())
	}
	for k := range g.parts {
		a, b := m.ends[k], m.ends[k+1]
		p := g.on.Where(func(x []float64) bool { return x[at] <= b && (x[at] > a || k == 0 && x[at] >= a) })
		if p.Err() == nil {
			g.parts[k] = p
		}
	}
	if g.parts[0] == nil && len(g.on.Columns()) == 0 {
		return windowError(g.name, "it has no point in the first window, %s from %v to %v; windows go forward in time, so what holds later only cannot take part", m.Coord.Name(), m.ends[0], m.ends[1])
	}
	if g.parts[0] != nil {
		g.on = g.parts[0]
	}
	return nil
}

// last is the index of the last window.
func (m *march) last() int { return len(m.ends) - 2 }

// Windows are the windows of the problem with what has been done in each; nil without Options.Windows.
func (s *Solver) Windows() []Window {
	m := s.march
	if m == nil {
		return nil
	}
	list := make([]Window, m.last()+1)
	for k := range list {
		steps, loss := s.progress(k)
		list[k] = Window{From: m.ends[k], To: m.ends[k+1], Steps: steps, Loss: loss}
	}
	return list
}

// Unsolved is the first window, counted from 0, that ended far from a solution, so that those after it have continued something
// else, which may well cost them nothing: at more than 1e4 times the loss of the next one, or of all before it, and at more than
// 1e-6 of the loss with which the run began. ok is false if there is none, as far as windows are over.
func (s *Solver) Unsolved() (k int, ok bool) {
	if s.march == nil || len(s.history.Loss) == 0 {
		return 0, false
	}
	m := s.stages
	var ends []float64
	for _, w := range m.past {
		ends = append(ends, w.Loss)
	}
	if m.ended(s.epoch) {
		ends = append(ends, s.lastLoss())
	}
	return unsolved(ends, s.history.Loss[0])
}

// unsolved compares the losses at the ends of windows. Well solved ones differ by up to a thousand on problems of testdata.
func unsolved(ends []float64, first float64) (k int, ok bool) {
	const far, small = 1e4, 1e-6
	for k, loss := range ends {
		above := k > 0 && loss > far*slices.Max(ends[:k]) || k+1 < len(ends) && loss > far*ends[k+1]
		if above && loss > small*first {
			return k, true
		}
	}
	return 0, false
}
