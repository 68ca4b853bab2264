package optim_test

import (
	"math"
	"testing"

	"github.com/crux-pinn/crux/optim"
)

// Schedules accept any numbers; what makes no sense must still be a number, not a panic.
func TestScheduleEdges(t *testing.T) {
	for name, s := range map[string]optim.Schedule{
		"cosine over 0 steps":      optim.Cosine(1, 0.1, 0),
		"cosine over -1 steps":     optim.Cosine(1, 0.1, -1),
		"warmup longer than total": optim.WarmupCosine(1, 0.1, 10, 5),
		"no warmup":                optim.WarmupCosine(1, 0.1, 0, 5),
		"exponential over 0 steps": optim.Exponential(1, 0.5, 0),
		"staircase of 0 steps":     optim.Staircase(optim.Constant(1), 0),
		"piecewise without breaks": optim.Piecewise(0.1),
	} {
		for _, step := range []int{0, 1, 4, 5, 6, 10, 1000} {
			if lr := s(step); !(lr >= 0 && lr <= 1) {
				t.Errorf("%s: rate %v at step %d", name, lr, step)
			}
		}
	}
}

func TestBadRateIsAnErrorOfTheStep(t *testing.T) {
	for _, lr := range []float64{math.NaN(), math.Inf(1), -1} {
		m := initialised(t, &optim.Adam{LR: optim.Constant(lr)}, 2)
		theta := []float64{1, 2}
		if _, err := m.Step(t.Context(), quadratic().Objective(), theta); err == nil {
			t.Errorf("a learning rate of %v was accepted", lr)
		}
		if theta[0] != 1 || theta[1] != 2 {
			t.Errorf("rate %v: theta changed to %v", lr, theta)
		}
	}
}

func TestLearningRateIsThatOfTheNextStep(t *testing.T) {
	s := optim.Schedule(func(step int) float64 { return 1 / float64(step+1) })
	for _, m := range []optim.Method{
		&optim.Adam{LR: s}, &optim.SGD{LR: s}, optim.Chain(optim.ScaleByLR(s)),
		optim.Phases(optim.Phase{Method: &optim.SGD{LR: s}}),
		inGroups(optim.Group{Method: &optim.SGD{LR: s}}),
	} {
		initialised(t, m, 2)
		theta := []float64{1, 2}
		for step := range 3 {
			if got := m.Info(optim.Objective{}).Rate; got != s(step) {
				t.Errorf("%s: rate before step %d is %v, want %v", optim.Describe(m), step, got, s(step))
			}
			take(t, m, quadratic(), theta, 1)
		}
	}
}
