package trackers

import (
	"context"

	"gonum.org/v1/gonum/floats"

	"github.com/crux-pinn/crux/crux"
	ph "github.com/crux-pinn/crux/placeholder"
)

// GradientAlignment measures in one number how well all constraints agree:
//
//	A = 2‖(1/N) Σ_i ĝ_i‖² − 1,  ĝ = g/(‖g‖ + 1e-12),  g_i = ∂L_i/∂θ
//
// How to read it: 1 when all gradients point the same way, −1 when they cancel. N mutually orthogonal gradients, which do
// not disturb each other at all, give 2/N − 1: 0 for two constraints, −1/3 for three. A run that stalls at values
// below that is held up by conflict, where quasi-Newton methods help.
//
// Cost: as GradientNorms. From Wang et al. (2025), arXiv 2502.00604, Eq. 3.1.
type GradientAlignment struct {
	Interval int         // steps between measurements; 0 means 100
	Mask     ph.Selector // parameters differentiated; nil means all

	history[GradientAlignmentValue]
	grads gradients
}

// GradientAlignmentValue is one measurement.
type GradientAlignmentValue struct {
	Alignment float64 // between −1 and 1
}

func (v GradientAlignmentValue) clone() GradientAlignmentValue { return v }

// GradientAlignmentResult is the whole history.
type GradientAlignmentResult struct {
	Epochs    []int
	Alignment []float64
}

// OnSolveBegin implements crux.Callback.
func (t *GradientAlignment) OnSolveBegin(_ context.Context, r *crux.Run) error {
	if err := t.adopt(len(r.Names())); err != nil {
		return err
	}
	return t.grads.begin(r, t.Interval, t.Mask, t.due)
}

// OnStep implements crux.Callback.
func (t *GradientAlignment) OnStep(ctx context.Context, s *crux.Step) error {
	if !t.due(s, t.grads.interval) {
		return nil
	}
	rows, err := t.grads.rows(ctx, s)
	if err != nil {
		return err
	}
	mean := make([]float64, len(rows[0]))
	for _, g := range rows { // ĝ need not be formed
		floats.AddScaled(mean, 1/float64(len(rows))/(floats.Norm(g, 2)+1e-12), g)
	}
	a := 2*floats.Dot(mean, mean) - 1
	t.publish(s.Epoch, GradientAlignmentValue{a})
	return s.Record("explainability/gradient_alignment", a)
}

// Result is a copy of the history.
func (t *GradientAlignment) Result() GradientAlignmentResult {
	epochs, vs := t.all()
	return GradientAlignmentResult{epochs, column(vs, func(v GradientAlignmentValue) float64 { return v.Alignment })}
}

// Arrays are epochs (S) and alignment (S).
func (t *GradientAlignment) Arrays() []Array {
	r := t.Result()
	return []Array{intArray("epochs", r.Epochs), floatArray("alignment", r.Alignment, len(r.Alignment))}
}
