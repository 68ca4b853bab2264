package crux_test

import (
	"math"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/crux"
	ph "github.com/crux-pinn/crux/placeholder"
)

// split are the options of a swing with windows that end at times.
func (p *swing) split(times ...float64) crux.Options {
	o := p.options()
	o.Windows = &crux.Windows{Coord: p.t, Times: times, Steps: 90}
	return o
}

// What was solved stays to the bit, and what comes after it is solved in shorter windows; the state is one like any other.
func TestTakeWindows(t *testing.T) {
	p := newSwing()
	long := newSolver(t, p.Problem, p.split(1, 2))
	solve(t, long, 95) // into the second window
	short := newSolver(t, p.Problem, p.split(1, 1.5, 2, 2.5))
	if err := short.TakeWindows(long, 1); err != nil {
		t.Fatal(err)
	}
	took := short.Epoch()
	if w := short.Windows(); took != long.Windows()[0].Steps || w[0] != long.Windows()[0] || w[1].Steps != 0 {
		t.Errorf("step %d, windows %+v, and there %+v", took, w, long.Windows())
	}
	solve(t, short, 100)
	st, err := short.State()
	if err != nil {
		t.Fatal(err)
	}
	again := newSolver(t, p.Problem, p.split(1, 1.5, 2, 2.5))
	if err := again.SetState(st); err != nil {
		t.Fatal(err)
	}
	solve(t, short, 1000)
	solve(t, again, 1000)
	grid := p.line.Grid(301)
	values := func(s *crux.Solver, e ph.Expr) []float64 {
		v, err := s.Eval(e, grid)
		if err != nil {
			t.Fatal(err)
		}
		return v.RawMatrix().Data
	}
	before, after, resumed := values(long, p.u), values(short, p.u), values(again, p.u)
	for i, v := range after {
		at := 0.01 * float64(i)
		switch {
		case at < 1 && v != before[i]:
			t.Fatalf("t = %v: %v was %v", at, v, before[i])
		case v != resumed[i]:
			t.Fatalf("t = %v: %v, and %v after resuming", at, v, resumed[i])
		case math.Abs(v-math.Cos(omega*at)) > 1e-6:
			t.Fatalf("t = %v: %v", at, v)
		}
	}
}

func TestTakeWindowsRefuses(t *testing.T) {
	p := newSwing()
	long := newSolver(t, p.Problem, p.split(1, 2))
	solve(t, long, 95)
	begun := newSolver(t, p.Problem, p.split(1, 1.5, 2))
	solve(t, begun, 1)
	plain := p.options()
	plain.Windows = nil
	for name, c := range map[string]struct {
		solver *crux.Solver
		n      int
		says   string
	}{
		"none":        {newSolver(t, p.Problem, p.split(1, 1.5, 2)), 0, "0 windows, and there are 4, of which 1 are over in the other solver"},
		"not over":    {newSolver(t, p.Problem, p.split(1, 2, 2.5)), 2, "2 windows, and there are 4"},
		"other times": {newSolver(t, p.Problem, p.split(0.9, 2)), 1, "the first 1 windows differ"},
		"begun":       {begun, 1, "has taken 1 steps"},
		"no windows":  {newSolver(t, p.Problem, plain), 1, "there are 0"},
	} {
		if err := c.solver.TakeWindows(long, c.n); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
