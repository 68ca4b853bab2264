package cli

import (
	"context"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/problemfile"
	"github.com/crux-pinn/crux/internal/report"
	ph "github.com/crux-pinn/crux/placeholder"
)

// shownEvery is the number of steps between records of the numbers to watch. They are evaluated at the nodes of their integrals alone, some
// tens of points.
const shownEvery = 50

// shown are the numbers of a file's show: during a run. As a callback it records them, as show/NAME.
type shown struct {
	problem *problemfile.Problem
	evals   []*crux.Evaluator
}

// OnSolveBegin implements crux.Callback.
func (w *shown) OnSolveBegin(_ context.Context, r *crux.Run) error {
	if w.evals = nil; len(w.problem.Shown) == 0 {
		return nil
	}
	cloud, err := r.Cloud(w.problem.Somewhere(), "show")
	if err != nil {
		return err
	}
	return w.compile(func(e ph.Expr) (*crux.Evaluator, error) { return r.CompileOn(e, cloud) })
}

func (w *shown) compile(one func(ph.Expr) (*crux.Evaluator, error)) error {
	for _, x := range w.problem.Shown {
		e, err := one(x.Expr)
		if err != nil {
			return w.problem.Explain(err)
		}
		w.evals = append(w.evals, e)
	}
	return nil
}

// OnStep implements crux.Callback.
func (w *shown) OnStep(_ context.Context, s *crux.Step) error {
	if s.Epoch%shownEvery != 0 {
		return nil
	}
	return w.record(s.Run, s.Epoch)
}

// OnSolveEnd implements crux.Ender.
func (w *shown) OnSolveEnd(_ context.Context, r *crux.Run, res *crux.Result) error {
	return w.record(r, res.Epoch)
}

func (w *shown) record(r *crux.Run, epoch int) error {
	list, err := w.numbers()
	if err != nil {
		return err
	}
	for _, v := range list {
		if err := r.Record(crux.Metric{Epoch: epoch, Key: "show/" + v.Name, Value: float64(v.Value)}); err != nil {
			return err
		}
	}
	return nil
}

// numbers are those of now.
func (w *shown) numbers() (list report.Numbers, err error) {
	for i, e := range w.evals {
		v, err := e.Eval()
		if err != nil {
			return nil, err
		}
		list.Add(w.problem.Shown[i].Name, report.Number(v.At(0, 0)))
	}
	return list, nil
}

// shownAtEnd are the numbers at the parameters of a solver.
func shownAtEnd(p *problemfile.Problem, s *crux.Solver) (report.Numbers, error) {
	w := &shown{problem: p}
	if err := w.compile(func(e ph.Expr) (*crux.Evaluator, error) { return s.Compile(e, p.Somewhere()) }); err != nil {
		return nil, err
	}
	return w.numbers()
}
