package weights_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/weights"
)

type sequence struct {
	Coins   []bool `json:"coin_flips"`
	Weights [][]float64
}

type golden struct {
	Losses       [][]float64                           `json:"loss_sequence"`
	ReLoBRaLo1   sequence                              `json:"relobralo_alpha0.99_tau0.1_rho0.999"`
	ReLoBRaLo2   sequence                              `json:"relobralo_alpha0.5_tau0.1_rho0.5"`
	ReLoBRaLo3   sequence                              `json:"relobralo_alpha0.9_tau1.0_rho0.5"`
	SoftAdapt01  sequence                              `json:"softadapt_beta0.1"`
	SoftAdapt1   sequence                              `json:"softadapt_beta1.0"`
	DWA          sequence                              `json:"dwa_T2"`
	LbPINNs      sequence                              `json:"lbpinns_default"`
	GradientNorm []struct{ Norms, Weights []float64 }  `json:"gradient_norm_balanced"`
	NTK          []struct{ Traces, Weights []float64 } `json:"ntk_balanced_ema0"`
}

func read(t *testing.T, name string, v any) {
	t.Helper()
	raw, err := os.ReadFile("../testdata/golden/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, v); err != nil {
		t.Fatal(err)
	}
}

func near(t *testing.T, what string, got, want []float64) {
	t.Helper()
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= 1e-12*slices.Max(want)) {
			t.Errorf("%s: %v, want %v", what, got, want)
			return
		}
	}
}

// Each scheme on a sequence of losses computed elsewhere. Half-way it is replaced by one restored from its state,
// which changes nothing.
func TestGoldenSequences(t *testing.T) {
	var g golden
	read(t, "weights_schemes", &g)
	coin := func(s sequence) func(int) bool { return func(epoch int) bool { return s.Coins[epoch-1] } }
	for name, c := range map[string]struct {
		make func() weights.Scheme
		want sequence
	}{
		"relobralo 0.99": {func() weights.Scheme {
			return &weights.ReLoBRaLo{Alpha: 0.99, Temperature: 0.1, Coin: coin(g.ReLoBRaLo1)}
		}, g.ReLoBRaLo1},
		"relobralo 0.5": {func() weights.Scheme {
			return &weights.ReLoBRaLo{Alpha: 0.5, Coin: coin(g.ReLoBRaLo2)}
		}, g.ReLoBRaLo2},
		"relobralo 0.9": {func() weights.Scheme {
			return &weights.ReLoBRaLo{Alpha: 0.9, Temperature: 1, Coin: coin(g.ReLoBRaLo3)}
		}, g.ReLoBRaLo3},
		"softadapt 0.1": {func() weights.Scheme { return &weights.SoftAdapt{} }, g.SoftAdapt01},
		"softadapt 1":   {func() weights.Scheme { return &weights.SoftAdapt{Temperature: 1} }, g.SoftAdapt1},
		"dwa":           {func() weights.Scheme { return &weights.DWA{} }, g.DWA},
		"lbpinns":       {func() weights.Scheme { return &weights.Uncertainty{} }, g.LbPINNs},
	} {
		t.Run(name, func(t *testing.T) {
			s := c.make()
			w := make([]float64, 3)
			for k, l := range g.Losses {
				if k == 5 {
					s = restored(t, s, c.make())
				}
				if err := s.Weigh(w, l, k); err != nil {
					t.Fatal(err)
				}
				near(t, name, w, c.want.Weights[k])
			}
		})
	}
}

type stateful interface {
	State() ([]byte, error)
	SetState([]byte) error
}

func restored(t *testing.T, from, to weights.Scheme) weights.Scheme {
	t.Helper()
	b, err := from.(stateful).State()
	if err != nil {
		t.Fatal(err)
	}
	if err := to.(stateful).SetState(b[:len(b)-1]); err == nil {
		t.Fatal("a state cut short is no error")
	}
	if err := to.(stateful).SetState(b); err != nil {
		t.Fatal(err)
	}
	return to
}

// meter is a tracker whose readings the test sets.
type meter struct {
	norms []float64
	trace float64
	rows  int
	epoch int
	fired bool
}

func (m *meter) Norms() ([]float64, bool)          { return m.norms, m.fired }
func (m *meter) Trace() (float64, int, bool)       { return m.trace, m.rows, m.fired }
func (m *meter) LatestEpoch() (epoch int, ok bool) { return m.epoch, m.fired }

func TestGoldenBalanced(t *testing.T) {
	var g golden
	read(t, "weights_schemes", &g)
	for _, c := range g.GradientNorm {
		w := make([]float64, len(c.Norms))
		b := &weights.GradientNormBalanced{Norms: &meter{norms: c.Norms, fired: true}}
		if err := b.Weigh(w, nil, 0); err != nil {
			t.Fatal(err)
		}
		near(t, "gradient norms", w, c.Weights)
	}
	for _, c := range g.NTK {
		var ts []weights.TraceSource
		for _, x := range c.Traces {
			ts = append(ts, &meter{trace: x, fired: true, rows: 7})
		}
		w := make([]float64, len(ts))
		if err := (&weights.NTKBalanced{Traces: ts}).Weigh(w, nil, 0); err != nil {
			t.Fatal(err)
		}
		near(t, "traces", w, c.Weights)
	}
}

// The sequences along gradient descent in each case: a measurement every third step enters once.
func TestGoldenBalancedSequences(t *testing.T) {
	for _, name := range []string{"poisson2d_tanh", "poisson2d_sin_hardbc", "burgers1d_tanh", "biharmonic2d_sin", "inverse_diffusion_tanh", "edge_conflict_zero"} {
		t.Run(name, func(t *testing.T) {
			var g struct {
				Weights struct {
					NTK struct {
						Traces [][]float64 `json:"trace_sequence"`
						EMA0   [][]float64 `json:"ema_0.0"`
						EMA9   [][]float64 `json:"ema_0.9"`
					} `json:"ntk_balanced"`
					Norms struct{ Norms, Weights [][]float64 } `json:"gradient_norm_sequence"`
				}
			}
			read(t, name, &g)
			n := len(g.Weights.NTK.Traces[0])
			var ms []*meter
			var ts []weights.TraceSource
			for range n {
				m := &meter{rows: 1}
				ms, ts = append(ms, m), append(ts, m)
			}
			norms := &meter{}
			latest, slow := &weights.NTKBalanced{Traces: ts, Plain: true}, weights.NewNTKBalanced(ts...)
			balanced := &weights.GradientNormBalanced{Norms: norms}
			w := make([]float64, n)
			check := func(what string, s weights.Scheme, epoch int, want []float64) {
				t.Helper()
				if err := s.Weigh(w, nil, epoch); err != nil {
					t.Fatal(err)
				}
				near(t, what, w, want)
			}
			ones := slices.Repeat([]float64{1}, n)
			check("before the trackers", latest, 0, ones)
			check("before the trackers", slow, 0, ones)
			check("before the trackers", balanced, 0, ones)
			for k, traces := range g.Weights.NTK.Traces {
				for i, x := range traces {
					ms[i].trace, ms[i].epoch, ms[i].fired = x, 3*k, true
				}
				norms.norms, norms.epoch, norms.fired = g.Weights.Norms.Norms[k], 3*k, true
				for epoch := 3*k + 1; epoch <= 3*k+3; epoch++ {
					check("latest", latest, epoch, g.Weights.NTK.EMA0[k])
					check("EMA 0.9", slow, epoch, g.Weights.NTK.EMA9[k])
					check("norms", balanced, epoch, g.Weights.Norms.Weights[k])
				}
				if k == 2 {
					slow = restored(t, slow, weights.NewNTKBalanced(ts...)).(*weights.NTKBalanced)
				}
			}
		})
	}
}

// Weights stay uniform until the last of the trackers has fired.
func TestUniformUntilAllHaveFired(t *testing.T) {
	ms := []*meter{{trace: 1, rows: 1, fired: true}, {trace: 100, rows: 1}, {trace: 10, rows: 1}}
	b := &weights.NTKBalanced{Traces: []weights.TraceSource{ms[0], ms[1], ms[2]}}
	w := make([]float64, 3)
	for epoch := range 4 {
		if epoch > 0 && epoch < 3 {
			ms[3-epoch].fired = true
		}
		if err := b.Weigh(w, nil, epoch); err != nil {
			t.Fatal(err)
		}
		if uniform := slices.Equal(w, []float64{1, 1, 1}); uniform != (epoch < 2) {
			t.Errorf("step %d: %v", epoch, w)
		}
	}
}

func TestGradientNormOptions(t *testing.T) {
	m := &meter{norms: []float64{0, 1, 100}, fired: true}
	w := make([]float64, 3)
	b := &weights.GradientNormBalanced{Norms: m, SkipZero: true}
	if err := b.Weigh(w, nil, 0); err != nil {
		t.Fatal(err)
	}
	near(t, "SkipZero", w, []float64{1, 2 / 1.01, 0.02 / 1.01})
	b = &weights.GradientNormBalanced{Norms: m, SkipZero: true, MaxRatio: 3}
	if err := b.Weigh(w, nil, 0); err != nil {
		t.Fatal(err)
	}
	near(t, "MaxRatio", w, []float64{1, 1.5, 0.5})
	b = &weights.GradientNormBalanced{Norms: &meter{norms: []float64{1, 3}, fired: true}, EMA: 0.5}
	w = w[:2]
	if err := b.Weigh(w, nil, 0); err != nil {
		t.Fatal(err)
	}
	near(t, "EMA", w, []float64{1.25, 0.75})
}

// Equal row counts give the same weights per row and plain; other counts do not.
func TestTracesPerRow(t *testing.T) {
	ts := []weights.TraceSource{&meter{trace: 10, rows: 5, fired: true}, &meter{trace: 10, rows: 20, fired: true}}
	w := make([]float64, 2)
	if err := (&weights.NTKBalanced{Traces: ts}).Weigh(w, nil, 0); err != nil {
		t.Fatal(err)
	}
	near(t, "per row", w, []float64{0.4, 1.6})
	if err := (&weights.NTKBalanced{Traces: ts, Plain: true}).Weigh(w, nil, 0); err != nil {
		t.Fatal(err)
	}
	near(t, "plain", w, []float64{1, 1})
}

func TestRandomWeightsRepeat(t *testing.T) {
	a, b, c := make([]float64, 4), make([]float64, 4), make([]float64, 4)
	for _, x := range []struct {
		dst   []float64
		epoch int
	}{{a, 3}, {c, 4}, {b, 3}} {
		if err := (&weights.RLW{Seed: 1}).Weigh(x.dst, nil, x.epoch); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(a, b) || slices.Equal(a, c) {
		t.Errorf("step 3 %v and %v, step 4 %v", a, b, c)
	}
	if s := a[0] + a[1] + a[2] + a[3]; math.Abs(s-4) > 1e-12 {
		t.Errorf("weights sum to %v, want 4", s)
	}
	// The coin of ReLoBRaLo with probabilities 0 and 1 is none.
	for _, rho := range []float64{0, 1} {
		r := &weights.ReLoBRaLo{Alpha: 1, Rho: rho, Seed: 5}
		for k, l := range [][]float64{{1, 2, 3, 4}, {1, 1, 1, 1}, {2, 1, 1, 1}} {
			if err := r.Weigh(a, l, k); err != nil {
				t.Fatal(err)
			}
		}
		if keeps := a[0] == 1 && a[1] == 1; keeps != (rho == 1) {
			t.Errorf("rho %v: %v", rho, a)
		}
	}
}

func TestVanishingLosses(t *testing.T) {
	for _, s := range []weights.Scheme{&weights.SoftAdapt{}, &weights.DWA{}, weights.NewReLoBRaLo(1), &weights.Uncertainty{}} {
		w := make([]float64, 2)
		for k, l := range [][]float64{{0, 0}, {1, 0}, {0, 1e-320}, {1e300, 0}, {1, 1}} {
			if err := s.Weigh(w, l, k); err != nil {
				t.Fatal(err)
			}
			if !(w[0] >= 0 && w[1] >= 0) || math.IsInf(w[0]+w[1], 0) {
				t.Errorf("%T after %v: %v", s, l, w)
			}
		}
	}
}

func TestSchemeErrors(t *testing.T) {
	fired := &meter{norms: []float64{1}, fired: true}
	for name, c := range map[string]struct {
		s    weights.Scheme
		says string
	}{
		"no norms":      {&weights.GradientNormBalanced{}, "no Norms"},
		"other length":  {&weights.GradientNormBalanced{Norms: fired}, "1 weights for 2"},
		"not a number":  {&weights.GradientNormBalanced{Norms: &meter{norms: []float64{math.NaN(), 1}, fired: true}}, "not a number"},
		"ratio below 1": {&weights.GradientNormBalanced{Norms: fired, MaxRatio: 0.5}, "MaxRatio"},
		"EMA 1":         {&weights.GradientNormBalanced{Norms: fired, EMA: 1}, "EMA"},
		"one tracker":   {weights.NewNTKBalanced(fired), "1 trackers for 2"},
		"nil tracker":   {weights.NewNTKBalanced(fired, nil), "tracker 1 is nil"},
		"temperature":   {&weights.SoftAdapt{Temperature: -1}, "Temperature"},
		"alpha":         {&weights.ReLoBRaLo{Alpha: 2}, "Alpha"},
		"rate":          {&weights.Uncertainty{Rate: math.NaN()}, "Rate"},
		"schedule":      {&weights.Scheduled{}, "0 weights for 2"},
		"fixed":         {&weights.Fixed{W: []float64{1}}, "1 weights for 2"},
	} {
		err := c.s.Weigh(make([]float64, 2), []float64{1, 1}, 0)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
