package optim_test

import (
	"context"
	"fmt"
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
		&optim.Adam{LR: s}, &optim.AdamW{LR: s}, &optim.SGD{LR: s}, optim.Chain(optim.ScaleByLR(s)),
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

// TestDLRSGolden compares with the golden rates, which were computed in float32.
func TestDLRSGolden(t *testing.T) {
	var g struct {
		Default struct {
			Losses []float64 `json:"total_losses"`
			LR     []float64 `json:"lr"`
		} `json:"dlrs_default"`
	}
	readJSON(t, "lr_schedules.json", &g)
	d := &optim.DLRS{}
	if err := d.Init(nil); err != nil {
		t.Fatal(err)
	}
	rates := append([]float64{1e-3}, g.Default.LR...) // the golden rate is that after the loss, ours that before
	for i, loss := range g.Default.Losses {
		u := []float64{1}
		if err := d.Apply(u, optim.Point{Loss: loss, Step: i}); err != nil {
			t.Fatal(err)
		}
		if math.Abs(u[0]-rates[i]) > 1e-6*rates[i] {
			t.Errorf("step %d: rate %v, want %v", i, u[0], rates[i])
		}
	}
}

func ExampleDLRS() {
	m := optim.Chain(optim.ScaleByAdam(), &optim.DLRS{LR: 1e-2})
	theta := []float64{1, 1}
	if err := m.Init(optim.Flat(2)); err != nil {
		fmt.Println(err)
	}
	for range 5 {
		fmt.Printf("%.3f ", m.Info(optim.Objective{}).Rate)
		if _, err := m.Step(context.Background(), quadratic().Objective(), theta); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// 0.010 0.010 0.011 0.012 0.013
}
