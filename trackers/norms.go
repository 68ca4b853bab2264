package trackers

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/crux-pinn/crux/crux"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers/explain"
)

// GradientNorms measures how strongly each constraint pulls at the parameters:
//
//	‖g_i‖₂,  g_i = ∂L_i/∂θ of the unweighted loss,  and beside it w_i‖g_i‖ as training feels it.
//
// How to read it: a norm a hundred times smaller than the others means that its constraint is hardly trained, often the
// boundary; balance with weights.GradientNormBalanced. All norms near zero with large losses mean a plateau or dead units.
//
// Cost: none beyond the training step for constraints with points of their own; one backward pass for each constraint that
// shares its points or weighs them, which ends at the lowest layer that a mask selects. See Wang, Teng and Perdikaris (2021),
// arXiv 2001.04536.
type GradientNorms struct {
	Interval int         // steps between measurements; 0 means 100
	Mask     ph.Selector // parameters differentiated; nil means all

	History[GradientNormsValue]
	grads gradients
}

// OnSolveBegin implements crux.Callback.
func (t *GradientNorms) OnSolveBegin(_ context.Context, r *crux.Run) error {
	return t.grads.begin(t, r, t.Interval, t.Mask)
}

// OnStep implements crux.Callback.
func (t *GradientNorms) OnStep(ctx context.Context, s *crux.Step) error {
	rows, err := t.grads.rows(ctx, s, t.Due(s))
	if rows == nil {
		return err
	}
	v := GradientNormsValue{make([]float64, len(rows)), make([]float64, len(rows))}
	for i, g := range rows {
		v.Norms[i] = floats.Norm(g, 2)
		v.Weighted[i] = s.Weights[i] * v.Norms[i]
	}
	return t.Publish(s, v)
}

// Norms are the latest norms, for weights.GradientNormBalanced.
func (t *GradientNorms) Norms() ([]float64, bool) {
	_, v, ok := t.last()
	return slices.Clone(v.Norms), ok
}

// GradientNormsValue is one measurement, with one entry for each constraint.
type GradientNormsValue struct {
	Norms    []float64 // ‖g_i‖
	Weighted []float64 // w_i‖g_i‖
}

// Measurement has the arrays norms (N) and weighted_norms (N).
func (v GradientNormsValue) Measurement(at explain.Setting) Measurement {
	m := Measurement{
		Title:    "gradient norms",
		Arrays:   []Array{vector("norms", v.Norms), vector("weighted_norms", v.Weighted)},
		Findings: func() explain.Findings { return v.findings(at) },
	}
	for i, x := range v.Norms {
		m.Scalars = append(m.Scalars, Scalar{fmt.Sprintf("gradient_norm/constraint_%d", i), "norm of " + at.Constraint(i), x})
	}
	return m
}

const (
	// weak is the quotient of two gradients from which the smaller one counts as hardly trained: quotients of 10² and more are
	// what Wang, Teng and Perdikaris (2021), arXiv 2001.04536, find where boundary conditions are not learned.
	weak = 100
	// uneven is the quotient from which gradients are worth mentioning as different.
	uneven = 10
)

// findings compares them as training feels them, with the
// weights of the loss, and names both where the weights matter.
func (v GradientNormsValue) findings(at explain.Setting) explain.Findings {
	if len(v.Norms) == 0 {
		return nil
	}
	w, most := v.Weighted, 0
	for i := range w {
		if w[i] > w[most] {
			most = i
		}
	}
	if !(w[most] > 0) {
		return explain.Findings{}.Warn("all gradients are zero: a minimum, a plateau, or units that are dead")
	}
	if len(w) == 1 {
		return explain.Findings{}.Note("the gradient of %s has norm %.3g", at.Constraint(0), v.Norms[0])
	}
	var list explain.Findings
	worst := 1.0
	for _, i := range ascending(w) {
		if i == most {
			continue
		}
		if w[i] == 0 {
			list = list.Warn("the gradient of %s is zero: it is satisfied, or no parameter that is trained reaches it", at.Constraint(i))
			continue
		}
		r := w[most] / w[i]
		worst = math.Max(worst, r)
		text := fmt.Sprintf("the gradient of %s is %s times smaller than that of %s%s",
			at.Constraint(i), explain.Factor(r), at.Constraint(most), unweighted(v.Norms[i], v.Norms[most], r))
		switch {
		case r >= weak:
			list = list.Warn("%s: it is hardly trained; balance it, as weights: {gradient_norm: {}} does", text)
		case r >= uneven:
			list = list.Note("%s", text)
		}
	}
	if worst < uneven {
		text := fmt.Sprintf("the gradients of the %d constraints lie within a factor of %s of each other", len(w), explain.Factor(worst))
		if low, high := slices.Min(v.Norms), slices.Max(v.Norms); low > 0 && high/low >= 2*worst {
			text += fmt.Sprintf(", as weighted (without weights of %s)", explain.Factor(high/low))
		}
		list = list.Note("%s", text)
	}
	return list
}

// unweighted adds how two norms compare without weights, where that is another story.
func unweighted(small, large, weighted float64) string {
	if !(small > 0) || !(large > 0) {
		return ""
	}
	r := large / small
	if r < 2*weighted && r > weighted/2 {
		return ""
	}
	if r < 1 {
		return fmt.Sprintf(", as weighted (without weights %s times larger)", explain.Factor(1/r))
	}
	return fmt.Sprintf(", as weighted (without weights %s times)", explain.Factor(r))
}

// ascending are the indices of x by its entries.
func ascending(x []float64) []int {
	at := make([]int, len(x))
	for i := range at {
		at[i] = i
	}
	slices.SortStableFunc(at, func(a, b int) int { return cmp.Compare(x[a], x[b]) })
	return at
}
