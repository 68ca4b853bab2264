package trackers

import (
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/crux"
	ph "github.com/crux-pinn/crux/placeholder"
)

// GradientNorms measures how strongly each constraint pulls at the parameters:
//
//	‖g_i‖₂,  g_i = ∂L_i/∂θ of the unweighted loss,  and beside it w_i‖g_i‖ as training feels it.
//
// How to read it: a norm a hundred times smaller than the others means that its constraint is hardly trained, often the
// boundary; balance with weights.GradientNormBalanced. All norms near zero with large losses mean a plateau or dead units.
//
// Cost: none beyond the training step for constraints with points of their own; one backward pass for each constraint that
// shares its points or weighs them, which ends at the lowest layer that a mask selects if all gradient trackers that are due
// have masks. See Wang, Teng and Perdikaris (2021), arXiv 2001.04536.
type GradientNorms struct {
	Interval int         // steps between measurements; 0 means 100
	Mask     ph.Selector // parameters differentiated; nil means all

	history[GradientNormsValue]
	grads gradients
}

// GradientNormsValue is one measurement, with one entry for each constraint.
type GradientNormsValue struct {
	Norms    []float64 // ‖g_i‖
	Weighted []float64 // w_i‖g_i‖
}

func (v GradientNormsValue) clone() GradientNormsValue {
	return GradientNormsValue{slices.Clone(v.Norms), slices.Clone(v.Weighted)}
}

// GradientNormsResult is the whole history: S measurements of N constraints.
type GradientNormsResult struct {
	Epochs   []int
	Norms    *mat.Dense // S×N, nil without measurements
	Weighted *mat.Dense // S×N
}

// OnSolveBegin implements crux.Callback.
func (t *GradientNorms) OnSolveBegin(_ context.Context, r *crux.Run) error {
	if err := t.adopt(len(r.Names())); err != nil {
		return err
	}
	return t.grads.begin(r, t.Interval, t.Mask, t.due)
}

// OnStep implements crux.Callback.
func (t *GradientNorms) OnStep(ctx context.Context, s *crux.Step) error {
	if !t.due(s, t.grads.interval) {
		return nil
	}
	rows, err := t.grads.rows(ctx, s)
	if err != nil {
		return err
	}
	v := GradientNormsValue{make([]float64, len(rows)), make([]float64, len(rows))}
	for i, g := range rows {
		v.Norms[i] = floats.Norm(g, 2)
		v.Weighted[i] = s.Weights[i] * v.Norms[i]
		if err := s.Record(fmt.Sprintf("explainability/gradient_norm/constraint_%d", i), v.Norms[i]); err != nil {
			return err
		}
	}
	t.publish(s.Epoch, v)
	return nil
}

// Norms are the latest norms, for weights.GradientNormBalanced.
func (t *GradientNorms) Norms() ([]float64, bool) {
	v, ok := t.Value()
	return v.Norms, ok
}

// Result is a copy of the history.
func (t *GradientNorms) Result() GradientNormsResult {
	epochs, vs := t.all()
	return GradientNormsResult{
		epochs,
		matrix(vs, func(v GradientNormsValue) []float64 { return v.Norms }),
		matrix(vs, func(v GradientNormsValue) []float64 { return v.Weighted }),
	}
}

// Arrays are epochs (S), norms (S,N) and weighted_norms (S,N).
func (t *GradientNorms) Arrays() []Array {
	epochs, vs := t.all()
	norms := func(v GradientNormsValue) []float64 { return v.Norms }
	return []Array{
		intArray("epochs", epochs),
		floatArray("norms", stack(vs, norms), len(vs), width(vs, norms)),
		floatArray("weighted_norms", stack(vs, func(v GradientNormsValue) []float64 { return v.Weighted }), len(vs), width(vs, norms)),
	}
}
