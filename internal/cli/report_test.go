package cli

import (
	"bytes"
	"context"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/problemfile"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

func TestGridTicks(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	cloud := func(p *domain.Points) *domain.Cloud {
		c, err := p.Draw(nil)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if ticks := gridTicks(cloud(box.GridN(2, 3))); len(ticks) != 2 || len(ticks[0]) != 2 || len(ticks[1]) != 3 {
		t.Errorf("a grid of 2×3: %v", ticks)
	}
	for name, p := range map[string]*domain.Points{
		"disk":       domain.NewDisk(x, y, 0, 0, 1).Grid(5),
		"scattered":  domain.At([]*ph.Coord{x, y}, []float64{0, 0, 0, 1, 1, 0, 1, 2}),
		"short":      domain.At([]*ph.Coord{x, y}, []float64{0, 0, 0, 1, 1, 0}),
		"decreasing": domain.At([]*ph.Coord{x, y}, []float64{0, 1, 0, 0, 1, 1, 1, 0}),
	} {
		if ticks := gridTicks(cloud(p)); ticks != nil {
			t.Errorf("%s: %v", name, ticks)
		}
	}
}

func TestPhaseNames(t *testing.T) {
	adam, groups := optim.Phase{Method: &optim.Adam{}, Steps: 5}, optim.Phase{Groups: []optim.Group{{Method: &optim.LBFGS{}}}}
	for want, m := range map[string]optim.Method{
		"adam (1/2)": optim.Phases(adam, groups), "adam": optim.Phases(adam), "groups": optim.Phases(groups), "": &optim.Adam{},
	} {
		if got := phase(m.Info(optim.Objective{})); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// begun is a callback that keeps the run.
type begun struct{ run *crux.Run }

func (b *begun) OnSolveBegin(_ context.Context, r *crux.Run) error { b.run = r; return nil }
func (b *begun) OnStep(context.Context, *crux.Step) error          { return nil }

// someRun is a run of one stage.
func someRun(t *testing.T) *crux.Run {
	t.Helper()
	x := ph.NewCoord("x")
	s, err := crux.New(crux.Problem{Name: "some", Constraints: []crux.Constraint{
		{Residual: ph.NewParam("k", 1), On: domain.NewInterval(x, 0, 1).Grid(2)},
	}}, crux.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	var b begun
	if _, err := s.Solve(t.Context(), 0, &b); err != nil {
		t.Fatal(err)
	}
	return b.run
}

// The block on a terminal overwrites itself, is cut at the edges, and is gone in the end.
func TestProgressBlock(t *testing.T) {
	var b bytes.Buffer
	sec := 0
	p := &progress{
		block: block{w: &b, size: func() (int, int) { return 30, 3 }}, problem: &problemfile.Problem{Name: "burgers", Steps: 100, Budget: time.Minute}, method: &optim.Adam{},
		now: func() time.Time { sec++; return time.Unix(int64(sec), 0) }, clock: &clock{before: 2 * time.Second},
	}
	p.show = p.onTerminal
	p.names, p.losses, p.begin, p.drawn = []string{"some"}, make([]trail, 1), time.Unix(0, 0), time.Unix(0, 0)
	run := someRun(t)
	for e := range 2 {
		if err := p.OnStep(t.Context(), &crux.Step{Epoch: 10 * e, Run: run, Loss: 0.5, Losses: []float64{0.5}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.OnSolveEnd(t.Context(), nil, &crux.Result{Epoch: 11}); err != nil {
		t.Fatal(err)
	}
	p.close()
	if n := strings.Count(b.String(), together+"\r"); n != 3 || n != strings.Count(b.String(), "\n"+apart) {
		t.Errorf("%d blocks are shown at once, want 3: %q", n, b.String())
	}
	frames := strings.Split(strings.NewReplacer(together, "", apart, "").Replace(b.String()), "\x1b[J")
	if len(frames) != 5 || !strings.HasSuffix(frames[1], "\r\x1b[2A") || !strings.HasSuffix(frames[2], "\r\x1b[2A") || !strings.HasPrefix(frames[3], "burgers  11 steps done") || frames[4] != "" {
		t.Fatalf("frames %q", frames)
	}
	for _, line := range strings.Split(strings.TrimSuffix(frames[2], "\r\x1b[2A"), "\n") {
		if len([]rune(line)) > 29 {
			t.Errorf("%q is wider than the terminal", line)
		}
	}
	if d, ends := p.left(&crux.Step{Epoch: 10}, time.Unix(55, 0)); d != 3*time.Second || !ends {
		t.Errorf("%v left, the budget ends in 3 s, since 2 were before", d)
	}
	p.problem.Budget = 0
	if d, ends := p.left(&crux.Step{Epoch: 10}, time.Unix(55, 0)); d != 9*time.Second || ends { // ten steps a second
		t.Errorf("%v left", d)
	}
}

// A new phase has a pace of its own: that of the one before says nothing about it.
func TestProgressPace(t *testing.T) {
	var b bytes.Buffer
	now := time.Unix(0, 0)
	p := &progress{block: block{w: &b}, problem: &problemfile.Problem{Name: "burgers", Steps: 100}, method: &optim.Adam{}, now: func() time.Time { return now }, names: []string{"some"}, losses: make([]trail, 1)}
	p.show = p.line
	p.begin, p.drawn, p.rate, p.phase = now, now, 1000, "adam (1/2)"
	now = time.Unix(2, 0)
	if err := p.OnStep(t.Context(), &crux.Step{Epoch: 10, Run: someRun(t), Losses: []float64{1}}); err != nil || p.rate != 5 {
		t.Errorf("%v: %v steps a second, of 10 in 2 s", err, p.rate)
	}
	if !strings.Contains(b.String(), "at most 18.0s left at this pace") {
		t.Error(b.String())
	}
}

// A trail stays short however long the run is, and is drawn from its first value to its last.
func TestTrail(t *testing.T) {
	var x trail
	for i := range 100_000 {
		x.add(i, math.Pow(10, -float64(i)/1e4))
	}
	if n := len(x.values); n > longestTrail || n < longestTrail/2 {
		t.Errorf("%d values", n)
	}
	if s := x.sparkline(8); s != "█▇▆▅▄▃▂▁" {
		t.Error(s)
	}
	x = trail{}
	for i, v := range []float64{1, 0, math.NaN(), 0.9} { // less than a decade is no fall
		x.add(i, v)
	}
	if s := x.sparkline(4); s != "▁  ▁" && s != "█  █" {
		t.Error(s)
	}
}

// BenchmarkProgress is what the block costs a step: almost always nothing is drawn, ten times a second all of it.
func BenchmarkProgress(b *testing.B) {
	x := ph.NewCoord("x")
	s, err := crux.New(crux.Problem{Constraints: []crux.Constraint{
		{Name: "pde", Residual: ph.NewParam("k", 1), On: domain.NewInterval(x, 0, 1).Grid(2)},
	}}, crux.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // it only ends workers
	var run begun
	if _, err := s.Solve(b.Context(), 0, &run); err != nil {
		b.Fatal(err)
	}
	for name, every := range map[string]time.Duration{"waiting": time.Hour, "drawing": 0} {
		b.Run(name, func(b *testing.B) {
			p := &progress{
				block: block{w: io.Discard, size: func() (int, int) { return 80, 30 }}, every: every, now: time.Now, method: &optim.Adam{},
				problem: &problemfile.Problem{Name: "burgers", Steps: 1e9}, names: []string{"pde"}, losses: make([]trail, 1),
			}
			p.show = p.onTerminal
			for e := range b.N {
				if err := p.OnStep(b.Context(), &crux.Step{Epoch: e + 1, Run: run.run, Loss: 0.5, Losses: []float64{0.5}}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
