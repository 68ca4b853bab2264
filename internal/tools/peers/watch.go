package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/linalg"
	"github.com/crux-pinn/crux/internal/problemfile"
)

// watch is a callback that finds the error of a field during training. Its clock stands meanwhile. It ends the run when the clock
// has reached the file's own budget.
type watch struct {
	u      *crux.Evaluator
	grid   *domain.Cloud
	want   []float64
	budget time.Duration // 0 means none

	running time.Time     // since when the clock runs
	before  time.Duration // on the clock until then
	due     time.Duration
	trace   *trace
}

// newWatch watches the one field that the file has a reference for.
func newWatch(p *problemfile.Problem, s *crux.Solver) (*watch, error) {
	if len(p.References) != 1 || len(p.Fields) != 1 || p.References[0].Kind == problemfile.Measured {
		return nil, fmt.Errorf("%s: one field with a reference that is known everywhere is asked for", p.Name)
	}
	u, err := s.Compile(p.Fields[0].Expr, p.Fields[0].Grid)
	if err != nil {
		return nil, err
	}
	want, err := p.References[0].Eval(u.Points())
	return &watch{u: u, grid: u.Points(), want: want, budget: p.Budget}, err
}

// solve trains as the file says and fills the trace.
func (w *watch) solve(p *problemfile.Problem, s *crux.Solver, t *trace) error {
	w.trace = t
	res, err := s.Solve(context.Background(), p.Steps, append(p.Callbacks(""), w)...)
	if err != nil {
		return err
	}
	t.Steps, t.Ended = res.Steps, res.Reason
	method := s.MethodInfo()
	t.How += ": " + method.String()
	for _, line := range method.Choices {
		t.How += "; " + line
	}
	return w.look(w.clock()) // what the last step has left
}

// OnSolveBegin implements crux.Callback.
func (w *watch) OnSolveBegin(context.Context, *crux.Run) error {
	w.running = time.Now()
	return nil
}

// OnStep implements crux.Callback.
func (w *watch) OnStep(context.Context, *crux.Step) error {
	now := w.clock()
	if spent := w.budget > 0 && now >= w.budget; now >= w.due || spent {
		if err := w.look(now); err != nil {
			return err
		}
		if spent {
			return crux.Stop(fmt.Sprintf("time budget of %v used up", w.budget))
		}
	}
	return nil
}

func (w *watch) clock() time.Duration { return w.before + time.Since(w.running) }

// look finds the error at a time of the clock, and when to look again: when the time has grown by 2 %, as the peers do.
func (w *watch) look(now time.Duration) error {
	v, err := w.u.Eval()
	if err != nil {
		return err
	}
	got := v.RawMatrix().Data
	if len(got) != len(w.want) {
		return errors.New("the reference has another number of components than the field")
	}
	_, off, _ := linalg.Difference(got, w.want)
	w.trace.Trace = append(w.trace.Trace, moment{now.Seconds(), off})
	w.due = now + now/50 + 5*time.Millisecond
	w.before, w.running = now, time.Now()
	return nil
}
