package cli

import (
	"context"
	"math"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/problemfile"
)

// judges follow during a run what the report says at its end: fields and their errors.
func judges(p *problemfile.Problem, s *crux.Solver) []crux.Callback {
	var list []crux.Callback
	for _, f := range p.Fields {
		whole := &callbacks.Solution{Name: f.Name, Expr: f.Expr, On: f.Grid}
		list = append(list, whole)
		for i := range p.References {
			r := &p.References[i]
			if r.Field != f.Name {
				continue
			}
			known := func(at *domain.Cloud) ([]float64, error) { return r.At(s.Value).Eval(at) }
			if r.Kind == problemfile.Measured { // known at points of its own
				list = append(list, &callbacks.Solution{Name: f.Name + "_data", Expr: f.Expr, On: r.On, Reference: known})
			} else {
				whole.Reference = known
			}
		}
	}
	return list
}

// numbersFound records unknown parameters, and numbers that follow from them, as param/NAME, and how far off they are, as
// error/NAME/relative: at every step, as they cost nothing to speak of.
type numbersFound struct {
	problem *problemfile.Problem
	every   int // steps between records
}

// OnSolveBegin implements crux.Callback.
func (*numbersFound) OnSolveBegin(context.Context, *crux.Run) error { return nil }

// OnStep implements crux.Callback.
func (n *numbersFound) OnStep(_ context.Context, s *crux.Step) error {
	if s.Epoch%n.every != 0 {
		return nil
	}
	return n.record(s.Run, s.Epoch)
}

// OnSolveEnd implements crux.Ender.
func (n *numbersFound) OnSolveEnd(_ context.Context, r *crux.Run, res *crux.Result) error {
	return n.record(r, res.Epoch)
}

func (n *numbersFound) record(r *crux.Run, epoch int) error {
	value := r.Solver().Value
	put := func(key string, v float64) error { return r.Record(crux.Metric{Epoch: epoch, Key: key, Value: v}) }
	off := func(name string, v float64) error {
		truth, ok := n.problem.Truths[name]
		if !ok {
			return nil
		}
		return put("error/"+name+"/relative", math.Abs(v-truth)/math.Abs(truth))
	}
	for _, q := range n.problem.Params {
		if err := put("param/"+q.Path(), value(q)); err != nil {
			return err
		}
		if err := off(q.Path(), value(q)); err != nil {
			return err
		}
	}
	for _, d := range n.problem.Derived {
		v, err := d.Eval(value)
		if err != nil {
			return err
		}
		if err := put("param/"+d.Name, v); err != nil {
			return err
		}
		if err := off(d.Name, v); err != nil {
			return err
		}
	}
	return nil
}
