package cli

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/internal/claim"
	"github.com/crux-pinn/crux/internal/problemfile"
)

// A way whose error falls is left alone where it comes to a solution in the time that is left, and only there. The first two are runs of
// b_of_u and beam_moving of testdata/issues after half of their two minutes.
func TestExpected(t *testing.T) {
	for _, x := range []struct {
		name        string
		before, now float64
		tenths      int
		want        float64
	}{
		{"falls by powers of ten", 1.4e-2, 3.1e-3, 5, 3.1e-3 * math.Pow(3.1/14, 5)},
		{"stalls", 0.27, 0.25, 5, 0.25 * math.Pow(0.25/0.27, 5)},
		{"rises", 0.25, 0.3, 5, 0.3},
		{"a first look, which has none before it", 0, 0.25, 5, 0.25},
		{"no number", math.NaN(), 0.25, 5, 0.25},
	} {
		if got := expected(x.before, x.now, x.tenths); math.Abs(got/x.want-1) > 1e-12 {
			t.Errorf("%s: %v, want %v", x.name, got, x.want)
		}
	}
}

func TestDue(t *testing.T) {
	for _, c := range []struct {
		k, n, taken int
		want        float64
	}{{0, 4, 0, 0.4}, {1, 4, 0, 0.6}, {3, 4, 0, 1}, {2, 4, 2, 0.5}, {3, 4, 2, 1}} {
		if got := due(c.k, c.n, c.taken); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("window %d of %d, %d taken: %v, want %v", c.k, c.n, c.taken, got, c.want)
		}
	}
}

// A window that is no solution when its share of the time is over ends the run, as those after it would continue what it has; one that is
// solved by then, or whose run has no other way to go, does not. One that ends by itself is looked at in the same way, unless it is too short
// to say much of the whole.
func TestLostWindow(t *testing.T) {
	const text = `problem: decay
coords: {t: [0, 2]}
fields: {u: {net: mlp, hidden: [8]}}
constraints: {ode: {residual: u_t + rate*u, points: 40}, ic: {residual: u = 1, on: initial}}
`
	for _, c := range []struct {
		name, windows, method string
		rate                  int
		ways                  bool // there are others
		trained               int  // windows
	}{
		{"solved", "2", "lm: {}, steps: 40", 1, true, 2},
		{"lost", "2", "adam: {lr: 1e-9}, steps: 40", 1, true, 1},
		{"lost, without another way", "2", "adam: {lr: 1e-9}, steps: 40", 1, false, 2},
		{"lost before its share is over", "2", "adam: {lr: 1e-9}, steps: 10", 1, true, 1},
		{"lost, and just long enough", "[0.021]", "adam: {lr: 1e-9}, steps: 10", 200, true, 1},
		{"lost, and short", "[0.019]", "adam: {lr: 1e-9}, steps: 10", 200, true, 2},
	} {
		said := fmt.Sprintf("constants: {rate: %d}\nwindows: %s\noptimizer: [{%s}]\n", c.rate, c.windows, c.method)
		p, err := problemfile.Parse("decay.yaml", []byte(text+said), ".", nil)
		if err != nil {
			t.Fatal(err)
		}
		s, err := compile(p)
		if err != nil {
			t.Fatal(err)
		}
		steps := 0
		clk := &clock{limit: 60 * time.Second, now: func() time.Time { steps++; return time.Unix(int64(steps), 0) }}
		if c.ways {
			clk.nearby = p.ErrorTracker()
		}
		if _, err := s.Solve(t.Context(), p.Steps, clk); err != nil {
			t.Fatal(err)
		}
		trained := 0
		for _, w := range s.Windows() {
			trained += min(1, w.Steps)
		}
		if trained != c.trained {
			t.Errorf("%s: %d windows are trained, want %d: %+v", c.name, trained, c.trained, s.Windows())
		}
		s.Close()
	}
}

// A way that does not come to a solution is left after half of its time, or where its patience ends; not where its data are noisy.
func TestLeave(t *testing.T) {
	p, err := problemfile.Parse("decay.yaml", []byte(`problem: decay
coords: {t: [0, 2]}
fields: {u: {net: mlp, hidden: [8]}}
constraints: {ode: {residual: u_t + u, points: 40}, ic: {residual: u = 1, on: initial}}
optimizer: [{adam: {lr: 1e-9}, steps: 200}]
`), ".", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		patience int
		enough   float64
		noisy    bool
		want     int
	}{{0, 0, false, 50}, {soon, 0, false, 20}, {atOnce, 0, false, 10}, {atOnce, 2, false, 100}, {0, 0, true, 100}} { // of 100 s, one for each step
		s, err := compile(p)
		if err != nil {
			t.Fatal(err)
		}
		seconds := 0
		clk := &clock{
			limit: 100 * time.Second, now: func() time.Time { seconds++; return time.Unix(int64(seconds), 0) },
			nearby: p.ErrorTracker(), patience: c.patience, enough: c.enough,
		}
		state, err := claim.Encode(struct{ Found bool }{c.noisy})
		if err != nil {
			t.Fatal(err)
		}
		noise := &callbacks.Noise{}
		if err := noise.SetState(state); err != nil {
			t.Fatal(err)
		}
		res, err := s.Solve(t.Context(), p.Steps, clk, noise)
		if err != nil || res.Steps < c.want || res.Steps > c.want+2 {
			t.Errorf("%+v: %v after %d steps", c, err, res.Steps)
		}
		s.Close()
	}
}
