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

// pointGolden are sequences computed by testdata/points.py.
type pointGolden struct {
	From   []int
	Move   int
	TOld   []float64 `json:"t_old"`
	TNew   []float64 `json:"t_new"`
	Seen   [][]float64
	RBA    map[string][][]float64
	SA     map[string][][]float64
	Causal map[string]struct {
		Weights [][]float64
		Eps     []float64
	}
}

// plane puts times among the coordinates (x, t) of points.
func plane(t []float64) []float64 {
	var x []float64
	for i, v := range t {
		x = append(x, float64(i), v)
	}
	return x
}

// at is what a scheme sees at step k.
func (g *pointGolden) at(k int) weights.Points {
	p := weights.Points{Epoch: k, Coords: []string{"x", "t"}, Lo: []float64{-9, 0.5}, Hi: []float64{9, 2.5}}
	p.At, p.X = plane(g.TOld), plane(g.TNew)
	switch {
	case k < g.Move:
		p.X = p.At
	case k > g.Move:
		p.At = p.X
	default:
		p.From = g.From
	}
	for _, r := range g.Seen[k] {
		p.Residual, p.Loss = append(p.Residual, math.Abs(r)), append(p.Loss, r*r)
	}
	return p
}

// Each scheme along a sequence computed elsewhere, over a change of points. Twice it is replaced by one restored from its
// state, which changes nothing.
func TestGoldenPointSequences(t *testing.T) {
	raw, err := os.ReadFile("testdata/points.json")
	if err != nil {
		t.Fatal(err)
	}
	var g pointGolden
	if err := json.Unmarshal(raw, &g); err != nil {
		t.Fatal(err)
	}
	run := func(name string, make func() weights.PointScheme, want [][]float64, after func(k int, s weights.PointScheme)) {
		t.Run(name, func(t *testing.T) {
			s := make()
			if len(want) != 12 {
				t.Fatalf("%d steps", len(want))
			}
			for k := range g.Seen {
				if k == 5 || k == 10 {
					s = restoredPoints(t, s, make())
				}
				p := g.at(k)
				w := slices.Repeat([]float64{math.NaN()}, len(p.X)/2)
				if err := s.WeighPoints(w, p); err != nil {
					t.Fatal(err)
				}
				for i := range w {
					if !(math.Abs(w[i]-want[k][i]) <= 1e-12*slices.Max(want[k])) {
						t.Fatalf("step %d: %v, want %v", k, w, want[k])
					}
				}
				if after != nil {
					after(k, s)
				}
			}
		})
	}
	for name, s := range map[string]weights.RBA{"paper": *weights.NewRBA(), "fast": {Gamma: 0.9, Eta: 0.1, Init: 1}, "third": {Gamma: 0.5, Eta: 0.25, Init: 0.5, Interval: 3}} {
		run("rba/"+name, func() weights.PointScheme { c := s; return &c }, g.RBA[name], nil)
	}
	for name, s := range map[string]weights.SelfAdaptive{
		"default": {}, "quartic": {Rate: 0.1, Power: 4, Init: 0.5}, "linear": {Rate: 0.1, Power: 1}, "plain": {Rate: 2, Plain: true},
		"second": {Rate: 0.05, Power: 3, Interval: 2},
	} {
		run("sa/"+name, func() weights.PointScheme { c := s; return &c }, g.SA[name], nil)
	}
	for name, s := range map[string]weights.Causal{"default": {}, "steep": {Slabs: 4, Eps: []float64{1, 5, 40}, Delta: 0.6}} {
		c := g.Causal[name]
		run("causal/"+name, func() weights.PointScheme { c := s; return &c }, c.Weights, func(k int, s weights.PointScheme) {
			eps, slabs := s.(*weights.Causal).Progress()
			if eps != c.Eps[k] || !slices.IsSortedFunc(slabs, func(a, b float64) int { return -cmp(a, b) }) || slabs[0] != 1 {
				t.Errorf("causal/%s: step %d: ε %v, want %v; slabs %v", name, k, eps, c.Eps[k], slabs)
			}
		})
	}
}

func cmp(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func restoredPoints(t *testing.T, from, to weights.PointScheme) weights.PointScheme {
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

// Residuals that vanish, on all points or beyond what can be squared, do no harm.
func TestVanishingResiduals(t *testing.T) {
	for _, s := range []weights.PointScheme{&weights.RBA{Gamma: 0.5, Init: 1}, &weights.SelfAdaptive{}, &weights.SelfAdaptive{Plain: true}, &weights.Causal{Slabs: 2}} {
		w := make([]float64, 2)
		for k, r := range [][]float64{{0, 0}, {1, 0}, {0, 1e-320}, {0, 0}, {1e70, 0}} {
			p := weights.Points{Epoch: k, Coords: []string{"t"}, Lo: []float64{0}, Hi: []float64{1}, X: []float64{0.2, 0.7}, Residual: r, Loss: []float64{r[0] * r[0], r[1] * r[1]}}
			p.At = p.X
			if err := s.WeighPoints(w, p); err != nil {
				t.Fatal(err)
			}
			if !(w[0] >= 0 && w[1] >= 0) || math.IsInf(w[0]+w[1], 0) {
				t.Errorf("%T after %v: %v", s, r, w)
			}
		}
	}
}

// A constraint on a slice of time, such as an initial condition, and times outside the axis belong to the end slabs.
func TestCausalEdges(t *testing.T) {
	c := &weights.Causal{Slabs: 2, Eps: []float64{math.Log(2)}}
	p := weights.Points{Coords: []string{"t"}, Lo: []float64{0}, Hi: []float64{1}, X: []float64{-3, 0, 0.49, 0.5, 1, 8}, Loss: slices.Repeat([]float64{1}, 6), Residual: slices.Repeat([]float64{1}, 6)}
	p.At = p.X
	w := make([]float64, 6)
	if err := c.WeighPoints(w, p); err != nil {
		t.Fatal(err)
	}
	near(t, "slabs", w, []float64{1, 1, 1, 0.5, 0.5, 0.5})
	c = &weights.Causal{}
	p.Hi[0] = 0
	if err := c.WeighPoints(w, p); err != nil {
		t.Fatal(err)
	}
	for _, v := range w {
		if !(v > 0 && v <= 1) {
			t.Errorf("an instant: %v", w)
		}
	}
}

func TestCausalFinishes(t *testing.T) {
	c := &weights.Causal{Slabs: 2, Eps: []float64{1, 2}, Delta: 0.5, Stop: true}
	p := weights.Points{Coords: []string{"t"}, Lo: []float64{0}, Hi: []float64{1}, X: []float64{0.2, 0.7}, Residual: []float64{1, 1}}
	p.At = p.X
	w := make([]float64, 2)
	for k, step := range []struct {
		loss, eps float64
		done      bool
	}{{1, 1, false}, {0.1, 2, false}, {1, 2, false}, {0.1, 2, true}, {1, 2, false}, {0.1, 2, true}} {
		p.Epoch, p.Loss = k, []float64{step.loss, 0}
		if err := c.WeighPoints(w, p); err != nil {
			t.Fatal(err)
		}
		c = restoredPoints(t, c, &weights.Causal{Slabs: 2, Eps: []float64{1, 2}, Delta: 0.5, Stop: true}).(*weights.Causal)
		reason, done := c.Finished()
		if eps, _ := c.Progress(); eps != step.eps || done != step.done || done != strings.Contains(reason, "0.5") {
			t.Errorf("step %d: ε %v, finished %v: %s", k, eps, done, reason)
		}
	}
	c.Stop = false
	if _, done := c.Finished(); done {
		t.Error("it ends the run without Stop")
	}
}

func TestPointSchemeErrors(t *testing.T) {
	p := weights.Points{Coords: []string{"x", "y"}, Lo: []float64{0, 0}, Hi: []float64{1, 1}, X: []float64{0, 0}, At: []float64{0, 0}, Residual: []float64{1}, Loss: []float64{1}}
	for says, s := range map[string]weights.PointScheme{
		"Gamma is 1":            &weights.RBA{Gamma: 1},
		"Gamma is NaN":          &weights.RBA{Gamma: math.NaN()},
		"Eta is -1":             &weights.RBA{Eta: -1},
		"Init is -1":            &weights.RBA{Init: -1},
		"RBA: Interval is -2":   &weights.RBA{Interval: -2},
		"Rate is -1":            &weights.SelfAdaptive{Rate: -1},
		"Power is 0.5":          &weights.SelfAdaptive{Power: 0.5},
		"Init is +Inf":          &weights.SelfAdaptive{Init: math.Inf(1)},
		"Interval is -1":        &weights.SelfAdaptive{Interval: -1},
		`no coordinate "t"`:     &weights.Causal{},
		"Slabs is 1":            &weights.Causal{Time: "x", Slabs: 1},
		"ascending":             &weights.Causal{Time: "x", Eps: []float64{1, 1}},
		"Delta is 1":            &weights.Causal{Time: "x", Delta: 1},
		"Causal: Interval is -": &weights.Causal{Time: "x", Interval: -1},
	} {
		check := s.(weights.PointChecker).CheckPoints(p.Coords)
		err := s.WeighPoints(make([]float64, 1), p)
		if err == nil || check == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, %v", says, err, check)
		}
	}
	// λ of other points
	r := weights.NewRBA()
	if err := r.WeighPoints(make([]float64, 1), p); err != nil {
		t.Fatal(err)
	}
	p.Residual, p.X, p.Epoch = []float64{1, 1}, []float64{0, 0, 1, 1}, 1
	if err := r.WeighPoints(make([]float64, 2), p); err == nil || !strings.Contains(err.Error(), "1 points, and 2") {
		t.Errorf("other points: %v", err)
	}
	for _, bad := range []stateful{&weights.RBA{}, &weights.SelfAdaptive{}, &weights.Causal{}} {
		b, err := (&weights.ReLoBRaLo{}).State()
		if err != nil {
			t.Fatal(err)
		}
		if bad.SetState(b) == nil && bad.SetState(nil) == nil {
			t.Errorf("%T takes the state of another scheme", bad)
		}
	}
}
