package optim_test

import (
	"testing"

	"github.com/crux-pinn/crux/optim"
	"github.com/crux-pinn/crux/optim/optimtest"
)

// everything is a method with all kinds of state in it.
func everything() *optim.Phased {
	return optim.Phases(
		optim.Phase{Method: optim.Chain(optim.ScaleByAdam(), optim.Momentum(0.5), optim.ScaleByRMS(0.9, 1e-8), &optim.DLRS{}, optim.ScaleByLR(optim.Constant(1e-3))), Steps: 2},
		optim.Phase{Groups: []optim.Group{{Method: &optim.LBFGS{}}}, Steps: 3},
		optim.Phase{Method: &optim.SSBroyden{Memory: 2}, EMA: 0.999, Steps: 2},
		optim.Phase{Method: &optim.SSBroyden{BFGS: true, Memory: 2}, Steps: 2},
		optim.Phase{Method: &optim.SSBroyden{}},
	)
}

// FuzzSetState: no bytes whatsoever make SetState or the steps after it panic, whether it comes before or after Init.
func FuzzSetState(f *testing.F) {
	m := everything()
	if err := m.Init(optim.Flat(3)); err != nil {
		f.Fatal(err)
	}
	obj, theta := &optimtest.Func{F: optimtest.Rosenbrock}, optimtest.RosenbrockStart(3)
	for range 12 {
		if _, err := m.Step(f.Context(), obj.Objective(), theta); err != nil {
			f.Fatal(err)
		}
		state, err := m.State()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(state)
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, state []byte) {
		before, after := everything(), everything()
		_ = before.SetState(state)
		_ = before.Init(optim.Flat(3))
		_ = after.Init(optim.Flat(3))
		_ = after.SetState(state)
		for _, m := range []optim.Method{before, after} {
			theta := optimtest.RosenbrockStart(3)
			for range 3 {
				_, _ = m.Step(t.Context(), (&optimtest.Func{F: optimtest.Rosenbrock}).Objective(), theta)
			}
			for _, v := range theta {
				if v-v != 0 {
					t.Errorf("theta %v", theta)
				}
			}
		}
	})
}

func TestStateBelongsToItsMethod(t *testing.T) {
	adam := initialised(t, &optim.Adam{}, 3)
	state, err := adam.State()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []optim.Method{&optim.SGD{Momentum: 0.5}, &optim.LBFGS{}, &optim.SSBroyden{}, everything()} {
		initialised(t, m, 3)
		if err := m.SetState(state); err == nil {
			t.Errorf("%s accepted the state of Adam", optim.Describe(m))
		}
	}
	if err := initialised(t, &optim.Adam{}, 4).SetState(state); err == nil {
		t.Error("Adam accepted the state of another layout")
	}
	early := &optim.Adam{}
	if err := early.SetState(state); err != nil {
		t.Fatal(err)
	}
	if err := early.Init(optim.Flat(4)); err == nil {
		t.Error("Init accepted a pending state of another layout")
	}
	if _, err := (&optim.Adam{}).State(); err == nil {
		t.Error("State before Init succeeded")
	}
}
