package crux

import (
	"cmp"
	"fmt"
	"slices"
)

// TakeWindows makes a solver that has not begun continue behind the first n windows of time of another one, which are over there, and are
// the same in both: its first step is in the window after them. What is before stays as the other one has it. The problem and its networks
// must be the same; only later windows, and how they are trained, may differ.
//
// It is how time marches on where a window was too long: a solver with shorter ones takes over those that are solved.
func (s *Solver) TakeWindows(from *Solver, n int) error {
	fail := func(format string, a ...any) error {
		return fmt.Errorf("crux: problem %q: TakeWindows: %s", s.problem.Name, fmt.Sprintf(format, a...))
	}
	switch {
	case s.closed || from.closed:
		return errClosed
	case s.epoch > 0:
		return fail("the solver has taken %d steps; take windows over before the first", s.epoch)
	case n < 1 || n >= len(s.ends)-1 || n >= len(from.begun):
		return fail("%d windows, and there are %d, of which %d are over in the other solver; take 1 or more, and leave one", n,
			max(0, len(s.ends)-1), len(from.begun)-1)
	case !slices.Equal(s.ends[:n+1], from.ends[:n+1]):
		return fail("the first %d windows differ", n)
	}
	st, err := s.State()
	if err != nil {
		return err
	}
	values := map[string][]float64{}
	for _, p := range from.Parameters() {
		values[p.Path] = p.Data
	}
	left := map[string]string{} // trainable parameters, as the last of these windows has left them
	for p, q := range s.stages[n-1].Keep {
		left[p.Path()] = q.Path()
	}
	for i := range st.Parameters {
		p := &st.Parameters[i]
		data, ok := values[cmp.Or(left[p.Path], p.Path)]
		switch {
		case ok:
			p.Data = slices.Clone(data)
		case !p.Fixed:
			return fail("the networks differ: %q is not in the other solver", p.Path)
		}
	}
	st.Stages = slices.Clone(from.begun[:n])
	for i := range st.Stages {
		g := &st.Stages[i]
		g.Reason = cmp.Or(g.Reason, "taken over")
		st.Epoch += g.Steps
	}
	return s.SetState(st)
}
