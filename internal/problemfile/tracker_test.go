package problemfile_test

import (
	"slices"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/problemfile"
	"github.com/crux-pinn/crux/trackers"
)

// solved trains a problem with its trackers for some steps.
func solved(t *testing.T, p *problemfile.Problem, steps int) {
	t.Helper()
	s, err := p.New()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var cs []crux.Callback
	for _, k := range p.Trackers {
		cs = append(cs, k.Tracker)
	}
	if _, err := s.Solve(t.Context(), steps, cs...); err != nil {
		t.Fatal(err)
	}
}

// Errors call a tracker as files do.
func TestTrackersCalled(t *testing.T) {
	p := load(t, "trackers=all")
	for _, k := range p.Trackers {
		if n, ok := k.Tracker.(crux.Named); !ok || n.Called() != "the tracker "+k.Name {
			t.Errorf("%s: %T is not called so", k.Name, k.Tracker)
		}
	}
}

// Trackers look at the points of the first constraint unless the file says otherwise, and follow them or stay at the first ones.
func TestTrackersFollowPoints(t *testing.T) {
	for _, c := range []struct {
		set   string
		moves bool
	}{
		{"{expr: x, interval: 1}", true},
		{"{expr: x, interval: 1, on: pde}", true},
		{"{expr: x, interval: 1, first_draw: true}", false},
		{"{expr: x, interval: 1, points: 9}", false},
		{"{expr: x, interval: 1, on: interior, points: 9, first_draw: false}", false},
	} {
		p := load(t, "constraints.pde.resample=1", "trackers.input_sensitivity="+c.set)
		solved(t, p, 2)
		r := p.Trackers[0].Tracker.(*trackers.InputSensitivity).Result()
		if moved := !slices.Equal(r.Values[0].Values, r.Values[1].Values); moved != c.moves {
			t.Errorf("%s: moved %v", c.set, moved)
		}
	}
	for set, moves := range map[string]bool{"{interval: 1, expr: kappa2*x}": true, "{interval: 1, expr: kappa2*x, first_draw: true}": false} {
		p := load(t, "params.kappa2={init: 1}", "constraints.pde={residual: u_t - kappa2*x, points: 64, resample: 1}", "trackers.ntk_spectrum="+set, "optimizer={sgd: {lr: 1e-30}, steps: 2}")
		solved(t, p, 2)
		v := p.Trackers[0].Tracker.(*trackers.NTKSpectrum).Result().Values // of kappa2 x: its trace is Σ x²
		if (v[0].Trace != v[1].Trace) != moves {
			t.Errorf("%s: traces %v and %v", set, v[0].Trace, v[1].Trace)
		}
	}
}
