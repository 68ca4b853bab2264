package trackers

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
)

// InputSensitivity follows any expression on a point set, together with the points: typically a saliency,
//
//	∂u/∂x as placeholder.Jacobian(u, x, y), or Σ_k (∂u/∂x_k)², the squared gradient.
//
// How to read it: as a map over the domain. Where the network reacts strongly to its input it resolves a layer or a shock;
// a map that stays flat where the solution is known to be steep shows spectral bias.
//
// Cost: one evaluation of the expression at the points.
type InputSensitivity struct {
	Expr     ph.Expr        // any number of components; needed
	On       *domain.Points // where it is evaluated; needed. A constraint's own point set gives that constraint's first points
	Interval int            // steps between measurements; 0 means 100
	Seed     uint64         // of the points, if they are random

	history[InputSensitivityValue]
	interval int
	eval     *crux.Evaluator
}

// InputSensitivityValue is one measurement.
type InputSensitivityValue struct {
	Components int
	Values     []float64 // points×Components, row by row
}

func (v InputSensitivityValue) clone() InputSensitivityValue {
	v.Values = slices.Clone(v.Values)
	return v
}

// InputSensitivityResult is the whole history.
type InputSensitivityResult struct {
	Epochs []int
	Values []*mat.Dense // one row for each point, one column for each component
	Coords []string     // names of the columns of Points
	Points *mat.Dense   // nil before a run has begun
}

// OnSolveBegin implements crux.Callback.
func (t *InputSensitivity) OnSolveBegin(_ context.Context, r *crux.Run) error {
	r.Keep(t)
	if t.Expr == nil {
		return errors.New("no Expr; give an expression such as placeholder.Jacobian(u, x, y)")
	}
	if t.On == nil {
		return errors.New("no On; give a point set such as box.Grid(50)")
	}
	var err error
	if t.interval, err = interval(t.Interval, defaultGradientInterval); err != nil {
		return err
	}
	cloud, err := r.Cloud(t.On, fmt.Sprintf("tracker/sensitivity/%d", t.Seed))
	if err != nil {
		return err
	}
	if t.eval, err = r.CompileOn(t.Expr, cloud); err != nil {
		return err
	}
	return t.adopt(cloud.Len(), t.eval.Components())
}

// OnStep implements crux.Callback.
func (t *InputSensitivity) OnStep(_ context.Context, s *crux.Step) error {
	if !t.due(s, t.interval) {
		return nil
	}
	m, err := t.eval.Eval()
	if err != nil {
		return err
	}
	x := m.RawMatrix().Data
	t.publish(s.Epoch, InputSensitivityValue{t.eval.Components(), x})
	abs := make([]float64, len(x))
	for i, v := range x {
		abs[i] = math.Abs(v)
	}
	mean := stat.Mean(abs, nil)
	return errors.Join(
		s.Record("explainability/saliency/mean_abs", mean),
		s.Record("explainability/saliency/max_abs", slices.Max(abs)),
		s.Record("explainability/saliency/std_abs", math.Sqrt(stat.MomentAbout(2, abs, mean, nil))),
	)
}

// Result is a copy of the history.
func (t *InputSensitivity) Result() InputSensitivityResult {
	epochs, vs := t.all()
	r := InputSensitivityResult{Epochs: epochs}
	for _, v := range vs {
		r.Values = append(r.Values, mat.NewDense(len(v.Values)/v.Components, v.Components, v.Values))
	}
	if t.eval != nil {
		c := t.eval.Points()
		for _, x := range c.Coords {
			r.Coords = append(r.Coords, x.Name())
		}
		r.Points = mat.NewDense(c.Len(), len(c.Coords), slices.Clone(c.X))
	}
	return r
}

// Arrays are epochs (S), values (S,n,components) and points (n,d).
func (t *InputSensitivity) Arrays() []Array {
	epochs, vs := t.all()
	values := func(v InputSensitivityValue) []float64 { return v.Values }
	components := 0
	if len(vs) > 0 {
		components = vs[0].Components
	}
	a := []Array{
		intArray("epochs", epochs),
		floatArray("values", stack(vs, values), len(vs), width(vs, values)/max(1, components), components),
	}
	if t.eval != nil {
		c := t.eval.Points()
		a = append(a, floatArray("points", slices.Clone(c.X), c.Len(), len(c.Coords)))
	}
	return a
}
