package trackers

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/crux-pinn/crux/crux"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers/explain"
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

	History[GradientAlignmentValue]
	grads gradients
}

// OnSolveBegin implements crux.Callback.
func (t *GradientAlignment) OnSolveBegin(_ context.Context, r *crux.Run) error {
	return t.grads.begin(t, r, t.Interval, t.Mask)
}

// OnStep implements crux.Callback.
func (t *GradientAlignment) OnStep(ctx context.Context, s *crux.Step) error {
	rows, err := t.grads.rows(ctx, s, t.Due(s))
	if rows == nil {
		return err
	}
	mean := make([]float64, len(rows[0]))
	for _, g := range rows { // ĝ need not be formed
		floats.AddScaled(mean, 1/float64(len(rows))/(floats.Norm(g, 2)+1e-12), g)
	}
	return t.Publish(s, GradientAlignmentValue{2*floats.Dot(mean, mean) - 1})
}

// GradientAlignmentValue is one measurement.
type GradientAlignmentValue struct {
	Alignment float64 // between −1 and 1
}

// Measurement has the array alignment, a number.
func (v GradientAlignmentValue) Measurement(at explain.Setting) Measurement {
	return Measurement{
		Title:    "gradient alignment",
		Scalars:  []Scalar{{"gradient_alignment", "alignment", v.Alignment}},
		Arrays:   []Array{scalar("alignment", v.Alignment)},
		Findings: func() explain.Findings { return v.findings(at) },
	}
}

// conflict is how far the alignment lies below that of orthogonal gradients when constraints undo each other's steps.
const conflict = 0.1

func (v GradientAlignmentValue) findings(at explain.Setting) explain.Findings {
	n := len(at.Constraints)
	if n < 2 {
		return explain.Findings{}.Note("there is one constraint: the alignment is 1 by definition")
	}
	free := 2/float64(n) - 1
	length := math.Sqrt(math.Max(0, (1+v.Alignment)/2)) // of the mean of unit gradients
	text := fmt.Sprintf("alignment %.2g, where %d gradients that do not touch give %.2g: the mean of the unit gradients has length %.2g",
		v.Alignment, n, free, length)
	switch {
	case v.Alignment < free-conflict:
		return explain.Findings{}.Warn("%s, so constraints undo each other's steps", text)
	case v.Alignment > free+conflict:
		return explain.Findings{}.Note("%s, so constraints mostly pull together", text)
	}
	return explain.Findings{}.Note("%s, so constraints hardly disturb each other", text)
}
