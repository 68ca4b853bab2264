package trackers

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers/explain"
)

// InputSensitivity follows any expression on a point set, together with the points: typically a saliency,
//
//	∂u/∂x as placeholder.Jacobian(u, x, y), or Σ_k (∂u/∂x_k)², the squared gradient.
//
// How to read it: as a map over the domain. Where the network reacts strongly to its input it resolves a layer or a shock;
// a map that stays flat where the solution is known to be steep shows spectral bias.
//
// On the point set of a constraint it looks at the points on which the step trains, also after these have been redrawn or moved:
// the network is sensitive where training has asked it to be. FirstDraw compares the same places over time instead.
//
// Cost: one evaluation of the expression at the points.
type InputSensitivity struct {
	Expr      ph.Expr        // any number of components; needed
	On        *domain.Points // where it is evaluated; nil means the points of the first constraint
	FirstDraw bool           // stay at the first points of a constraint
	Interval  int            // steps between measurements; 0 means 100
	Seed      uint64         // of the points, if they are random and no constraint's

	History[InputSensitivityValue]
	place place
	eval  *crux.Evaluator
}

// OnSolveBegin implements crux.Callback.
func (t *InputSensitivity) OnSolveBegin(_ context.Context, r *crux.Run) error {
	if t.Expr == nil {
		return errors.New("no Expr; give an expression such as placeholder.Jacobian(u, x, y)")
	}
	if err := t.place.begin(r, t.On, t.FirstDraw, fmt.Sprintf("tracker/sensitivity/%d", t.Seed)); err != nil {
		return err
	}
	eval, err := r.CompileOn(t.Expr, t.place.cloud)
	if err != nil {
		return where(t.On, r, err)
	}
	t.eval = eval
	return t.Begin(t.Interval, 100, t.place.cloud.Len(), t.eval.Components())
}

// OnStep implements crux.Callback.
func (t *InputSensitivity) OnStep(_ context.Context, s *crux.Step) error {
	if !t.Due(s) {
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
	v := InputSensitivityValue{
		Of: shown(t.Expr), Components: t.eval.Components(), Values: m.RawMatrix().Data, Points: slices.Clone(t.place.cloud.X),
	}
	for _, x := range t.place.cloud.Coords {
		v.Coords = append(v.Coords, x.Name())
	}
	return t.Publish(s, v)
}

// InputSensitivityValue is one measurement.
type InputSensitivityValue struct {
	Of         string // the expression
	Components int
	Values     []float64 // points×Components, row by row
	Points     []float64 // their coordinates, row by row
	Coords     []string  // names of the coordinates
}

func (v *InputSensitivityValue) lasting() []*[]float64 { return []*[]float64{&v.Points} }

// Measurement has the arrays values (n,components) and points (n,d), which is Fixed.
func (v InputSensitivityValue) Measurement(at explain.Setting) Measurement {
	n := len(v.Values) / max(1, v.Components)
	m := Measurement{
		Title: "input sensitivity of " + v.Of,
		Arrays: []Array{
			shaped("values", v.Values, n, v.Components), {Name: "points", Shape: []int{n, len(v.Coords)}, Data: v.Points, Fixed: true},
		},
		Findings: func() explain.Findings { return v.findings() },
	}
	if n == 0 {
		return m
	}
	abs := make([]float64, len(v.Values))
	for i, x := range v.Values {
		abs[i] = math.Abs(x)
	}
	mean := stat.Mean(abs, nil)
	m.Scalars = []Scalar{
		{"saliency/mean_abs", "mean absolute value", mean},
		{"saliency/max_abs", "largest absolute value", slices.Max(abs)},
		{"saliency/std_abs", "", math.Sqrt(stat.MomentAbout(2, abs, mean, nil))},
	}
	m.Plots = func() []Plot {
		return histogram("saliency/histogram", fmt.Sprintf("sensitivity, step %d", at.Epoch), v.Values, 50)
	}
	return m
}

const (
	steep = 10  // how many times a sensitivity exceeds its mean where the network resolves a layer
	flat  = 1.5 // the same quotient below which a sensitivity is the same everywhere
)

func (v InputSensitivityValue) findings() explain.Findings {
	n, d := len(v.Values)/max(1, v.Components), len(v.Coords)
	if n == 0 || len(v.Points) != n*d {
		return nil
	}
	var list explain.Findings
	for c := range v.Components {
		which := "its absolute value"
		if v.Components > 1 {
			which = fmt.Sprintf("the absolute value of component %d", c)
		}
		mean, most, where := 0.0, -1.0, 0
		for i := range n {
			a := math.Abs(v.Values[i*v.Components+c])
			mean += a / float64(n)
			if a > most {
				most, where = a, i
			}
		}
		at := explain.Place(v.Coords, v.Points[where*d:(where+1)*d])
		switch {
		case most == 0:
			list = list.Warn("%s is zero at all %d points: the network does not react there", which, n)
		case most >= steep*mean:
			list = list.Note("%s is largest, %.3g, at %s, %s times its mean %.3g: a steep layer, which needs points",
				which, most, at, explain.Factor(most/mean), mean)
		case most <= flat*mean:
			list = list.Note("%s is about the same everywhere, %.3g: where the solution is known to be steep, that is spectral bias",
				which, mean)
		default:
			list = list.Note("%s is %.3g in the mean and %.3g at most, at %s", which, mean, most, at)
		}
	}
	return list
}
