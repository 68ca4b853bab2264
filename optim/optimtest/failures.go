package optimtest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/crux-pinn/crux/optim"
)

// failing is f, but its call number at, counted from 1, does fail instead.
func failing(f optim.Objective, at int, fail func() error) optim.Objective {
	calls := 0
	return f.Around(func(_ bool, do func() error) error {
		if calls++; calls == at {
			return fail()
		}
		return do()
	})
}

// interrupted runs until the objective's failure comes back, and checks that theta is then untouched, and that the method continues from
// there: ten steps later the loss is no higher than it may be after as many without the failure.
func (s suite) interrupted(t *testing.T, at int, fail func(cancel func()) error, want error) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	m, theta := s.start(t), RosenbrockStart(n)
	f := failing(valleyFunc(n).Objective(), at, func() error { return fail(cancel) })
	k := 0
	for ; ; k++ {
		before := slices.Clone(theta)
		_, err := m.Step(ctx, f, theta)
		if err == nil && k < 100 {
			continue
		}
		if !errors.Is(err, want) {
			t.Fatalf("failure of evaluation %d: Step returned %v, want %v", at, err, want)
		}
		if !slices.Equal(theta, before) {
			t.Fatalf("failure of evaluation %d: theta changed from %v to %v", at, before, theta)
		}
		break
	}
	before, _ := f.Loss(t.Context(), theta)
	steps(t, m, f, theta, 10)
	after, _ := f.Loss(t.Context(), theta)
	straight := RosenbrockStart(n)
	steps(t, s.start(t), valleyFunc(n).Objective(), straight, k+10)
	if want, _ := f.Loss(t.Context(), straight); !(after <= max(before, 2*want)) {
		t.Errorf("failure of evaluation %d: ten steps later the loss is %v after %v, without the failure %v", at, after, before, want)
	}
}

func (s suite) cancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	m, theta := s.start(t), RosenbrockStart(n)
	if _, err := m.Step(ctx, valleyFunc(n).Objective(), theta); !errors.Is(err, context.Canceled) {
		t.Errorf("Step with a cancelled context returned %v, want context.Canceled", err)
	}
	if !slices.Equal(theta, RosenbrockStart(n)) {
		t.Errorf("theta changed to %v", theta)
	}
	for at := 1; at <= 8; at++ {
		s.interrupted(t, at, func(cancel func()) error { cancel(); return context.Canceled }, context.Canceled)
	}
}

func (s suite) objectiveError(t *testing.T) {
	mine := errors.New("no such field")
	for at := 1; at <= 8; at++ {
		s.interrupted(t, at, func(func()) error { return fmt.Errorf("evaluation: %w", mine) }, mine)
	}
}

// nanTrials puts the minimum next to a region where the loss is NaN, Inf or has a NaN gradient.
func (s suite) nanTrials(t *testing.T) {
	spoil := map[string]func(grad []float64) float64{
		"NaN":          func([]float64) float64 { return math.NaN() },
		"+Inf":         func([]float64) float64 { return math.Inf(1) },
		"-Inf":         func([]float64) float64 { return math.Inf(-1) },
		"NaN gradient": func(grad []float64) float64 { grad[0] = math.NaN(); return -1 },
		"Inf gradient": func(grad []float64) float64 { grad[0] = math.Inf(1); return -1 },
	}
	for name, bad := range spoil {
		f := BowlFunc(n, 10)
		f.F = func(grad, theta []float64) float64 {
			loss := Bowl(10)(grad, theta)
			if theta[0] < -0.01 { // the first direction overshoots into it
				return bad(grad)
			}
			return loss
		}
		m, theta := s.start(t), ones()
		first, _ := f.Loss(t.Context(), theta)
		last := first
		for range 500 {
			loss, err := m.Step(t.Context(), f.Objective(), theta)
			if i := slices.IndexFunc(theta, notFinite); i >= 0 {
				t.Fatalf("%s: theta[%d] = %v", name, i, theta[i])
			}
			if err != nil {
				if !errors.Is(err, optim.ErrConverged) && !errors.Is(err, optim.ErrNonFinite) {
					t.Errorf("%s: Step: %v", name, err)
				}
				break
			}
			last = loss
		}
		if !(last <= first) {
			t.Errorf("%s: loss %v, from %v at the start", name, last, first)
		}
	}
}

func (s suite) nanStart(t *testing.T) {
	for name, bad := range map[string]func(grad, theta []float64) float64{
		"loss":     func(grad, theta []float64) float64 { Bowl(1)(grad, theta); return math.NaN() },
		"gradient": func(grad, theta []float64) float64 { l := Bowl(1)(grad, theta); grad[n-1] = math.NaN(); return l },
	} {
		m, theta := s.start(t), ones()
		f := BowlFunc(n, 1)
		f.F = bad
		if _, err := m.Step(t.Context(), f.Objective(), theta); !errors.Is(err, optim.ErrNonFinite) {
			t.Errorf("NaN %s at entry: Step returned %v, want ErrNonFinite", name, err)
		}
		if !slices.Equal(theta, ones()) {
			t.Errorf("NaN %s at entry: theta changed to %v", name, theta)
		}
	}
}

func (s suite) misuse(t *testing.T) {
	f := valleyFunc(n).Objective()
	if _, err := s.newMethod().Step(t.Context(), f, ones()); err == nil {
		t.Error("Step before Init succeeded")
	}
	if _, err := s.start(t).Step(t.Context(), f, make([]float64, n+1)); err == nil {
		t.Errorf("Step with %d parameters succeeded, Init was given %d", n+1, n)
	}
	gap := params()
	gap[1].Offset++
	if err := s.newMethod().Init(gap); err == nil {
		t.Error("Init accepted a layout with a gap")
	}
}

// damagedState cuts and spoils a state; a method that refuses it must continue as before.
func (s suite) damagedState(t *testing.T) {
	m, theta := s.start(t), RosenbrockStart(n)
	steps(t, m, valleyFunc(n).Objective(), theta, 10)
	state, err := m.State()
	if err != nil {
		t.Fatal(err)
	}
	if len(state) == 0 {
		t.Skip("the method has no state")
	}
	spoilt := slices.Clone(state)
	spoilt[len(spoilt)/2] ^= 0x40
	_ = m.SetState(spoilt) // may be a valid state with another number in it, but must not panic
	if err := m.SetState(state); err != nil {
		t.Fatalf("SetState of its own state: %v", err)
	}
	for _, cut := range []int{0, 1, 8, len(state) / 2, len(state) - 1} {
		if err := m.SetState(state[:cut]); err == nil {
			t.Errorf("SetState accepted %d of %d bytes", cut, len(state))
		}
	}
	if err := m.SetState(append(slices.Clone(state), 0)); err == nil {
		t.Error("SetState accepted a state with a byte too many")
	}
	straight := RosenbrockStart(n)
	steps(t, m, valleyFunc(n).Objective(), theta, 10)
	steps(t, s.start(t), valleyFunc(n).Objective(), straight, 20)
	if !slices.Equal(theta, straight) {
		t.Errorf("after refusing states theta is %v, without %v", theta, straight)
	}
}
