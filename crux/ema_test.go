package crux_test

import (
	"slices"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/optim"
)

// Averaging changes no step; what Solve leaves is the average, and another Solve, here or of a solver restored from the state, goes on
// where training was: the run in two parts is the run in one, to the bit.
func TestEMA(t *testing.T) {
	average := func() optim.Method {
		return optim.Phases(optim.Phase{Method: &optim.Adam{LR: optim.Constant(1e-2)}, EMA: 0.8})
	}
	p := newPoisson()
	raw := newSolver(t, p.Problem, crux.Options{Method: &optim.Adam{LR: optim.Constant(1e-2)}})
	solve(t, raw, 30)
	whole := newSolver(t, newPoisson().Problem, crux.Options{Method: average()})
	solve(t, whole, 30)
	if !slices.Equal(raw.History().Loss, whole.History().Loss) {
		t.Error("averaging changed the training")
	}
	same := func(a, b *crux.Solver) bool {
		for i, q := range a.Parameters() {
			if !slices.Equal(q.Data, b.Parameters()[i].Data) {
				return false
			}
		}
		return true
	}
	if same(raw, whole) {
		t.Error("the run ends where training does")
	}
	parts := newSolver(t, newPoisson().Problem, crux.Options{Method: average()})
	solve(t, parts, 12)
	st, err := parts.State()
	if err != nil {
		t.Fatal(err)
	}
	restored := newSolver(t, newPoisson().Problem, crux.Options{Method: average()})
	if err := restored.SetState(st); err != nil {
		t.Fatal(err)
	}
	solve(t, parts, 18)
	solve(t, restored, 18)
	for name, s := range map[string]*crux.Solver{"in two parts": parts, "restored": restored} {
		if !same(s, whole) || !slices.Equal(s.History().Loss, whole.History().Loss) {
			t.Errorf("%s: not the run in one", name)
		}
	}
}
