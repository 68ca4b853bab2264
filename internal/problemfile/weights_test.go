package problemfile_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/trackers"
)

// As on jNO's page, weights are those of the latest norms at once: N/‖g_i‖ divided by the sum of the reciprocals.
func TestBalancedByLatestNorms(t *testing.T) {
	p := load(t, "weights=gradient_norm", "constraints.bc={residual: u - 1, on: boundary, points: 16}")
	var seen [][]float64
	s, err := p.New()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	norms := p.Trackers[0].Tracker.(*trackers.GradientNorms)
	if _, err := s.Solve(t.Context(), 2, norms, callbacks.OnStep(func(_ context.Context, st *crux.Step) error {
		seen = append(seen, slices.Clone(st.Weights))
		return nil
	})); err != nil {
		t.Fatal(err)
	}
	g, _ := norms.Norms()
	sum := 1/g[0] + 1/g[1]
	for i := range g {
		if want := 2 / g[i] / sum; math.Abs(seen[1][i]-want) > 1e-14*want {
			t.Errorf("weight %d is %v, want %v", i, seen[1][i], want)
		}
	}
	if !slices.Equal(seen[0], []float64{1, 1}) {
		t.Errorf("weights begin with %v", seen[0])
	}
	for _, want := range []string{"{ema: 0, skip_zero: true, interval: 100}"} {
		if !strings.Contains(string(p.Resolved), want) {
			t.Errorf("no %q in\n%s", want, p.Resolved)
		}
	}
}
