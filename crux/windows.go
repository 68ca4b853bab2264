package crux

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

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
//	M(t, x) = Σ_{i<m} ∂ⁱM/∂tⁱ(a, x) (t−a)ⁱ/i!  +  s^m/(s^m + τ^m) · S N(t, x)      τ = Onset
//
// and M = N in the first window. S is the power of two at or below the largest |M| at a, and at least 1: a solution that grows takes its
// networks along. So values, and for m = 2 velocities, continue exactly, whatever the network says, and with them
// all that formulas make of M: conditions that are built in stay so, and initial conditions need no constraint in
// later windows. What M is at a is a function without trainable parameters there, with exact derivatives, computed once for each
// set of points. A field without a derivative along t, such as a pressure, is M = N in every window.
//
// A window begins with the parameters of the one before, the last layer of its networks divided by as much as S has grown; where a network does
// not end in a layer of its own parameters, S stays. The method starts over, without the phases that only warm up ([Stage.Started]): four
// problems take less than a third of the steps without them, and come as far (make evidence ONLY=windows_warm_up). The solver evaluates the
// whole: at every point the networks of the window in which it lies.
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
	Loss     float64 // at the last step; NaN before the first
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

// listWindows makes the stages of windows of time.
func (s *statement) listWindows(w Windows) error {
	if w.Coord == nil {
		return errors.New("Options.Windows: no Coord; name the coordinate that is time")
	}
	b, ok := s.bounds[w.Coord]
	if !ok {
		return fmt.Errorf("Options.Windows: %s is not a coordinate of any point set", w.Coord.Name())
	}
	w.Onset = cmp.Or(w.Onset, 0.1)
	var err error
	if s.ends, err = w.ends(b[0], b[1]); err != nil {
		return fmt.Errorf("Options.Windows: %w", err)
	}
	behind := ph.NewParam("windows", 0)
	if err := behind.Err(); err != nil {
		return err
	}
	behind = behind.Frozen("windows/behind") // how many there are, kept with the parameters
	s.noun = "windows"
	fields, err := s.windowed(w)
	errs := []error{err}
	for k := range len(s.ends) - 1 {
		from, to := s.ends[k], s.ends[k+1]
		g := &Stage{
			Name: fmt.Sprintf("%s from %v to %v", w.Coord.Name(), from, to), Steps: w.Steps,
			In:         func(e ph.Expr) ph.Expr { return fields.in(e, func(f *windowed) ph.Expr { return f.now[k] }) },
			Everywhere: func(e ph.Expr) ph.Expr { return fields.in(e, func(f *windowed) ph.Expr { return f.whole[k] }) },
			Points:     w.part(from, to, k == 0),
			Limits:     map[*ph.Coord][2]float64{w.Coord: {from, to}},
			Values:     map[*ph.Param]float64{behind: float64(k)},
			Keep:       map[*ph.Param]*ph.Param{},
			Started:    k > 0,
		}
		if k > 0 {
			g.begins = func(s *Solver) (err error) {
				for _, f := range slices.SortedFunc(maps.Keys(fields), func(a, b *ph.Field) int { return strings.Compare(a.Name(), b.Name()) }) {
					err = errors.Join(err, s.measureUnits(fields[f], k, w.Coord, from))
				}
				return err
			}
		}
		if to < s.ends[len(s.ends)-1] {
			for _, f := range fields {
				maps.Copy(g.Keep, f.frozen[k])
			}
		}
		s.listed = append(s.listed, g)
	}
	for _, set := range s.sets {
		errs = append(errs, s.divided(set, w.Coord))
	}
	return errors.Join(errs...)
}

// part finds the points of a set in a window, which holds its end, and its beginning only if it is the first, so that initial
// conditions belong to the first alone.
func (w *Windows) part(from, to float64, first bool) func(on *domain.Points) *domain.Points {
	parts := map[*domain.Points]*domain.Points{}
	return func(on *domain.Points) *domain.Points {
		p, ok := parts[on]
		if ok {
			return p
		}
		if slices.Contains(on.Coords(), w.Coord) {
			p = on.Between(w.Coord, from, to, first)
			if p.Err() != nil {
				p = nil
			}
		}
		parts[on] = p
		return p
	}
}

// divided reports why windows cannot divide a point set.
func (s *statement) divided(set pointSet, t *ph.Coord) error {
	if !slices.Contains(set.on.Coords(), t) {
		return windowError(set.name, "its points have no coordinate %s, by which windows divide them", t.Name())
	}
	if first := s.listed[0]; first.points(set.on) == nil && len(set.on.Columns()) == 0 {
		return windowError(set.name, "it has no point in the first window, %s; "+
			"windows go forward in time, so what holds later only cannot take part", first.Name)
	}
	return nil
}

// windowed finds the fields of the problem, and their functions in all windows.
func (s *statement) windowed(w Windows) (fieldsInWindows, error) {
	fields := fieldsInWindows{}
	var errs []error
	for i, c := range s.problem.Constraints {
		fail := func(format string, a ...any) { errs = append(errs, windowError(s.constraints[i].name, format, a...)) }
		for _, f := range ph.Occurring[*ph.Field](c.Residual) {
			if !slices.Contains(f.Coords(), w.Coord) {
				fail("field %q is not a function of %s: what belongs to all times cannot be learnt from one window after the other",
					f.Name(), w.Coord.Name())
				continue
			}
			if fields[f] == nil {
				fields[f] = &windowed{field: f}
			}
			fields[f].order = max(fields[f].order, orderOf(c.Residual, f, w.Coord))
		}
		for _, p := range ph.Occurring[*ph.Param](c.Residual) {
			if p.Fixed() {
				continue
			}
			fail("the parameter %s belongs to all times, so it cannot be learnt from one window after the other; train without windows",
				p.Path())
		}
	}
	for _, f := range fields {
		f.build(w.Coord, s.ends, w.Onset)
	}
	return fields, errors.Join(errs...)
}

// Windows are the windows of the problem with what has been done in each; nil without Options.Windows.
func (s *Solver) Windows() []Window {
	if s.ends == nil {
		return nil
	}
	list := make([]Window, len(s.ends)-1)
	for k := range list {
		r := s.result(k)
		list[k] = Window{From: s.ends[k], To: s.ends[k+1], Steps: r.Steps, Loss: r.Loss}
	}
	return list
}

// Unsolved is the first window, counted from 0, that ended far from a solution, so that those after it have continued something
// else, which may well cost them nothing: at more than 1e4 times the loss of the next one, or of all before it, and at more than
// 1e-6 of the loss with which the run began. ok is false if there is none, as far as windows are over.
func (s *Solver) Unsolved() (k int, ok bool) {
	if s.ends == nil || len(s.history.Loss) == 0 {
		return 0, false
	}
	var losses []float64
	for k, r := range s.begun {
		if k+1 < len(s.begun) || s.over() {
			losses = append(losses, r.Loss)
		}
	}
	return unsolved(losses, s.history.Loss[0])
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
