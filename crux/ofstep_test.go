package crux_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/crux-pinn/crux/crux"
)

// The objective of a step of Measure is the loss with other weights, wherever it is asked, and neither the solver nor a gradient matrix
// that is read afterwards notices. A step of training has none.
func TestStepObjective(t *testing.T) {
	_, _, _, p := decay()
	s := newSolver(t, p, crux.Options{})
	theta, n := s.Theta(), len(p.Constraints)
	var plain, after [][]float64
	gradients := func(to *[][]float64) crux.Callback {
		return onStep(func(ctx context.Context, m *crux.Step) error {
			g, err := m.Run.Gradients().At(ctx, m)
			if err == nil {
				*to = append(*to, slices.Clone(g.RawMatrix().Data))
			}
			return err
		})
	}
	if err := s.Measure(t.Context(), gradients(&plain)); err != nil {
		t.Fatal(err)
	}
	look := onStep(func(ctx context.Context, m *crux.Step) error {
		w := make([]float64, n)
		for i := range w {
			w[i] = float64(i + 1)
		}
		f, params, err := m.Objective(w)
		if err != nil {
			return err
		}
		length := 0
		for _, q := range params {
			length += q.Len
		}
		if length != len(theta) {
			t.Errorf("%d parameters, want %d", length, len(theta))
		}
		want := 0.0
		for i, l := range m.Losses {
			want += w[i] * l / float64(n)
		}
		if loss, err := f.Loss(ctx, theta); err != nil || math.Abs(loss-want) > 1e-12*want {
			t.Errorf("the loss is %v, want %v; %v", loss, want, err)
		}
		other := slices.Clone(theta)
		other[0] += 0.1
		if _, err := f.Grad(ctx, make([]float64, len(theta)), other); err != nil {
			return err
		}
		if f, _, err = m.Objective(nil); err != nil {
			return err
		}
		if loss, err := f.Loss(ctx, theta); err != nil || math.Abs(loss-m.Loss) > 1e-12*loss {
			t.Errorf("the loss of the step is %v, not %v; %v", m.Loss, loss, err)
		}
		if _, _, err := m.Objective([]float64{1, 2, 3, 4, 5}); err == nil {
			t.Error("five weights are no error")
		}
		return nil
	})
	if err := s.Measure(t.Context(), look, gradients(&after)); err != nil {
		t.Fatal(err)
	}
	sameBits(t, "θ", s.Theta(), theta)
	for i, v := range plain[0] {
		if math.Abs(v-after[0][i]) > 1e-12*(1+math.Abs(v)) {
			t.Fatalf("gradients: %v, without the objective %v", after[0], plain[0])
		}
	}
	if _, err := s.Solve(t.Context(), 1, onStep(func(_ context.Context, m *crux.Step) error {
		if _, _, err := m.Objective(nil); err == nil {
			t.Error("a step of training has an objective")
		}
		return nil
	})); err != nil {
		t.Fatal(err)
	}
}
