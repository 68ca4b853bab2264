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
// On the point set of a constraint it looks at the points on which the step trains, also after these have been drawn anew or moved:
// the network is sensitive where training has asked it to be. FirstDraw compares the same places over time instead.
//
// Cost: one evaluation of the expression at the points.
type InputSensitivity struct {
	Expr      ph.Expr        // any number of components; needed
	On        *domain.Points // where it is evaluated; nil means the points of the first constraint
	FirstDraw bool           // stay at the first points of a constraint
	Interval  int            // steps between measurements; 0 means 100
	Seed      uint64         // of the points, if they are random and no constraint's

	history[InputSensitivityValue]
	interval int
	place    place
	eval     *crux.Evaluator
}

// InputSensitivityValue is one measurement.
type InputSensitivityValue struct {
	Components int
	Values     []float64 // points×Components, row by row
	Points     []float64 // their coordinates, row by row; nil where they are those of the measurement before
}

func (v InputSensitivityValue) clone() InputSensitivityValue {
	v.Values, v.Points = slices.Clone(v.Values), slices.Clone(v.Points)
	return v
}

// InputSensitivityResult is the whole history.
type InputSensitivityResult struct {
	Epochs []int
	Values []*mat.Dense // one row for each point, one column for each component
	Points []*mat.Dense // of each measurement, one row for each point; one matrix as long as they stay
	Coords []string     // names of the columns of Points; nil before a run has begun
}

// OnSolveBegin implements crux.Callback.
func (t *InputSensitivity) OnSolveBegin(_ context.Context, r *crux.Run) error {
	if t.Expr == nil {
		return errors.New("no Expr; give an expression such as placeholder.Jacobian(u, x, y)")
	}
	var err error
	if t.interval, err = interval(t.Interval, defaultGradientInterval); err != nil {
		return err
	}
	if err := t.place.begin(r, t.On, t.FirstDraw, fmt.Sprintf("tracker/sensitivity/%d", t.Seed)); err != nil {
		return err
	}
	if t.eval, err = r.CompileOn(t.Expr, t.place.cloud); err != nil {
		return where(t.On, r, err)
	}
	return t.adopt(t.place.cloud.Len(), t.eval.Components())
}

// OnStep implements crux.Callback.
func (t *InputSensitivity) OnStep(_ context.Context, s *crux.Step) error {
	if !t.due(s, t.interval) {
		return nil
	}
	if t.place.move(s) {
		if err := t.eval.Move(t.place.cloud); err != nil {
			return err
		}
	}
	m, err := t.eval.Eval()
	if err != nil {
		return err
	}
	x := m.RawMatrix().Data
	v := InputSensitivityValue{Components: t.eval.Components(), Values: x}
	if at := t.place.cloud.X; !slices.Equal(at, t.pointsBefore(s.Epoch)) {
		v.Points = slices.Clone(at)
	}
	t.publish(s.Epoch, v)
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

// pointsBefore are the points of the last measurement before a step; nil without one.
func (t *InputSensitivity) pointsBefore(epoch int) []float64 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for i := len(t.values) - 1; i >= 0; i-- {
		if t.epochs[i] < epoch && t.values[i].Points != nil {
			return t.values[i].Points
		}
	}
	return nil
}

// Result is a copy of the history.
func (t *InputSensitivity) Result() InputSensitivityResult {
	epochs, vs := t.all()
	r := InputSensitivityResult{Epochs: epochs}
	var points *mat.Dense
	for _, v := range vs {
		n := len(v.Values) / v.Components
		r.Values = append(r.Values, mat.NewDense(n, v.Components, v.Values))
		if v.Points != nil {
			points = mat.NewDense(n, len(v.Points)/n, v.Points)
		}
		r.Points = append(r.Points, points)
	}
	if t.eval != nil {
		for _, x := range t.place.cloud.Coords {
			r.Coords = append(r.Coords, x.Name())
		}
	}
	return r
}

// Arrays are epochs (S), values (S,n,components) and points: (n,d) as long as these stay, and otherwise those of each measurement
// (S,n,d). Where there were fewer points than n, the most of all measurements, the rest is NaN.
func (t *InputSensitivity) Arrays() []Array {
	epochs, vs := t.all()
	values := level(vs, func(v InputSensitivityValue) []float64 { return v.Values })
	s, components, n, sets := len(vs), 0, 0, 0
	if s > 0 {
		components = vs[0].Components
		n = width(vs, values) / components
	}
	for i := range vs {
		if vs[i].Points != nil {
			sets++
		} else if i > 0 {
			vs[i].Points = vs[i-1].Points
		}
	}
	a := []Array{intArray("epochs", epochs), floatArray("values", stack(vs, values), s, n, components)}
	points := level(vs, func(v InputSensitivityValue) []float64 { return v.Points })
	switch d := width(vs, points) / max(1, n); {
	case sets == 1:
		a = append(a, floatArray("points", slices.Clone(vs[s-1].Points), n, d))
	case sets > 1:
		a = append(a, floatArray("points", stack(vs, points), s, n, d))
	}
	return a
}
