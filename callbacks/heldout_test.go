package callbacks_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// layer is ε²u″ = u on [0, 1], u(0) = 1, u(1) = 0, ε = 0.05: a boundary layer that n points hardly see. The conditions are built
// in. It returns the relative error of u too.
func layer(t testing.TB, n int, m optim.Method) (*crux.Solver, func() float64) {
	t.Helper()
	const eps = 0.05
	x := ph.NewCoord("x")
	line := domain.NewInterval(x, 0, 1)
	u := ph.Const(1).Sub(x).Add(x.Mul(ph.Const(1).Sub(x)).Mul(ph.NewField("u", net.MLP{Hidden: []int{10, 10}}, x)))
	s, err := crux.New(crux.Problem{Name: "layer", Constraints: []crux.Constraint{
		{Name: "ode", Residual: u.D(x, x).Scale(eps * eps).Sub(u), On: line.Interior(n)},
	}}, crux.Options{Method: m, Seed: 3, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, func() float64 {
		v, err := s.Eval(u, line.Grid(501))
		if err != nil {
			t.Fatal(err)
		}
		var miss, size float64
		for k := range 501 {
			z := float64(k) / 500
			want := math.Sinh((1-z)/eps) / math.Sinh(1/eps)
			miss, size = miss+(v.At(k, 0)-want)*(v.At(k, 0)-want), size+want*want
		}
		return math.Sqrt(miss / size)
	}
}

// Levenberg–Marquardt fits 16 points to the last bit and is wrong between them. With HeldOut the same steps end at an error a hundred times
// smaller, on more points where the layer is.
func TestHeldOutSeesOverfitting(t *testing.T) {
	plain, err1 := layer(t, 16, &optim.LevenbergMarquardt{})
	watched, err2 := layer(t, 16, &optim.LevenbergMarquardt{})
	if _, err := plain.Solve(context.Background(), 80); err != nil {
		t.Fatal(err)
	}
	h := &callbacks.HeldOut{}
	res, err := watched.Solve(context.Background(), 80, h)
	if err != nil {
		t.Fatal(err)
	}
	c, err := watched.Cloud("ode")
	if err != nil {
		t.Fatal(err)
	}
	left := 0
	for _, z := range c.X {
		if z < 0.25 {
			left++
		}
	}
	t.Logf("%v: error %.1e without, %.1e with; %d of %d points in the first quarter\n%s", res.Reason, err1(), err2(), left, c.Len(), strings.Join(h.Choices(), "\n"))
	if a, b := err1(), err2(); !(b < a/100) || c.Len() <= 16 {
		t.Errorf("error %.1e on 16 points, %.1e on %d", a, b, c.Len())
	}
	if lines := h.Choices(); len(lines) == 0 || !strings.Contains(lines[0], "unseen points") {
		t.Errorf("choices %q", lines)
	}
}

// Adam does not overfit a hundred points: they stay, and the run is the one without HeldOut, bit for bit.
func TestHeldOutLeavesAlone(t *testing.T) {
	var thetas [][]float64
	for _, cs := range [][]crux.Callback{nil, {&callbacks.HeldOut{Interval: 1}}} {
		s, _ := layer(t, 100, &optim.Adam{})
		if _, err := s.Solve(context.Background(), 60, cs...); err != nil {
			t.Fatal(err)
		}
		thetas = append(thetas, s.Theta())
	}
	if !slices.Equal(thetas[0], thetas[1]) {
		t.Error("watching has changed the run")
	}
}

// Where other points gain nothing, and there may be no more of them, the run ends: 12 are too few however they are drawn.
func TestHeldOutEnds(t *testing.T) {
	s, _ := layer(t, 12, &optim.LevenbergMarquardt{})
	h := &callbacks.HeldOut{Grow: 1, Interval: 1} // at every step, as on 12 points the method may converge within five
	res, err := s.Solve(context.Background(), 1000, h)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := s.Cloud("ode")
	lines := h.Choices()
	t.Logf("%v after %d steps, %s: %q", res.Status, res.Steps, res.Reason, lines)
	if res.Status != crux.Stopped || !strings.Contains(res.Reason, "no longer falls") || c.Len() != 12 || !strings.Contains(lines[len(lines)-1], "no more points") {
		t.Errorf("%v, %s; %d points; %q", res.Status, res.Reason, c.Len(), lines)
	}
}

// Six points are fitted to the last bit before HeldOut has looked once. The run does not end with that.
func TestHeldOutLooksBeforeTheEnd(t *testing.T) {
	alone, err1 := layer(t, 6, &optim.LevenbergMarquardt{})
	first, err := alone.Solve(context.Background(), 400)
	if err != nil {
		t.Fatal(err)
	}
	s, err2 := layer(t, 6, &optim.LevenbergMarquardt{})
	h := &callbacks.HeldOut{Interval: first.Steps + 7}
	res, err := s.Solve(context.Background(), 400, h)
	if err != nil {
		t.Fatal(err)
	}
	lines := h.Choices()
	t.Logf("alone %v after %d steps, error %.1e; watched %v after %d, error %.1e: %q", first.Status, first.Steps, err1(), res.Status, res.Steps, err2(), lines)
	if first.Status != crux.Converged || len(lines) == 0 || !strings.HasPrefix(lines[0], fmt.Sprintf("step %d: new points", h.Interval)) || !(err2() < err1()/100) {
		t.Errorf("alone %v, error %.1e; watched error %.1e: %q", first.Status, err1(), err2(), lines)
	}
}

// A run that is saved before and after its points have changed goes on bit for bit.
func TestHeldOutResumes(t *testing.T) {
	const steps = 60
	whole, _ := layer(t, 16, &optim.LevenbergMarquardt{})
	all := &callbacks.HeldOut{}
	if _, err := whole.Solve(context.Background(), steps, all); err != nil {
		t.Fatal(err)
	}
	if len(all.Choices()) < 2 {
		t.Fatalf("too little happens to learn from: %q", all.Choices())
	}
	build := func() *crux.Solver {
		s, _ := layer(t, 16, &optim.LevenbergMarquardt{})
		return s
	}
	heldOutResumes(t, build, whole, all, steps, 3, 20, 21, 45)
}

// heldOutResumes saves runs at steps, and compares where they come to with the whole run.
func heldOutResumes(t *testing.T, build func() *crux.Solver, whole *crux.Solver, all *callbacks.HeldOut, steps int, cuts ...int) {
	t.Helper()
	for _, at := range cuts {
		first, dir := build(), t.TempDir()
		if _, err := first.Solve(t.Context(), at, &callbacks.HeldOut{}, &callbacks.Checkpoint{Dir: dir, Interval: 1000}); err != nil {
			t.Fatal(err)
		}
		saved, err := callbacks.Latest(dir)
		if err != nil {
			t.Fatal(err)
		}
		rest, h := build(), &callbacks.HeldOut{}
		if err := saved.Restore(rest, h, &callbacks.Checkpoint{Dir: dir, Interval: 1000}); err != nil {
			t.Fatal(err)
		}
		if _, err := rest.Solve(t.Context(), steps-at, h); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(rest.Theta(), whole.Theta()) || !slices.Equal(h.Choices(), all.Choices()) {
			t.Errorf("from step %d: another run; choices %q, not %q", at, h.Choices(), all.Choices())
		}
	}
}

// swings is u″ + 400u = 0 with u(0) = 1 and u′(0) = 0 on [0, 1] in two windows, each on so few points that they are overfitted.
func swings(t testing.TB) *crux.Solver {
	t.Helper()
	x := ph.NewCoord("t")
	line := domain.NewInterval(x, 0, 1)
	u := ph.Const(1).Add(x.Mul(x).Mul(ph.NewField("u", net.MLP{Hidden: []int{8, 8}}, x)))
	s, err := crux.New(crux.Problem{Name: "swings", Constraints: []crux.Constraint{
		{Name: "ode", Residual: u.D(x, x).Scale(1. / 400).Add(u), On: line.Interior(10)},
		{Name: "early", Residual: u.D(x, x).Scale(1. / 400).Add(u), On: line.Interior(4).Where(func(p []float64) bool { return p[0] < 0.4 })},
	}}, crux.Options{Method: &optim.LevenbergMarquardt{}, Seed: 3, Workers: 1, Windows: &crux.Windows{Coord: x, Count: 2, Steps: 58}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// pointsOf keeps the points of constraint 0 of each step.
type pointsOf []*domain.Cloud

func (*pointsOf) OnSolveBegin(context.Context, *crux.Run) error { return nil }

func (p *pointsOf) OnStep(_ context.Context, s *crux.Step) error {
	*p = append(*p, s.Run.Points(0))
	return nil
}

// Each window of time has its own points, few at first, and held-out ones that lie in it; what is saved at any step goes on bit for bit.
func TestHeldOutInWindows(t *testing.T) {
	const steps = 116
	whole, all := swings(t), &callbacks.HeldOut{}
	var at pointsOf
	if _, err := whole.Solve(t.Context(), steps, all, &at); err != nil {
		t.Fatal(err)
	}
	t.Log(strings.Join(all.Choices(), "\n"))
	first := 0 // changes of points of which nothing had been before
	for _, line := range all.Choices() {
		first += strings.Count(line, "new points where the residual is large")
	}
	begin, end := at[58], at[steps-1]
	if at[57].Len() <= 10 || begin.Len() != 10 || first != 2 {
		t.Errorf("%d points at the end of the first window, %d at the next step; choices %q", at[57].Len(), begin.Len(), all.Choices())
	}
	if slices.Min(begin.X) <= 0.5 || slices.Min(end.X) <= 0.5 || slices.Equal(begin.X, end.X) {
		t.Errorf("the second window begins with %v and ends with %v", begin.X, end.X)
	}
	heldOutResumes(t, func() *crux.Solver { return swings(t) }, whole, all, steps, 30, 57, 58, 59, 61, 64, 100)
}

// Where no constraint has points to watch, in no window, it is an error as it is without windows.
func TestHeldOutNowhere(t *testing.T) {
	x := ph.NewCoord("t")
	u := ph.NewField("u", net.MLP{Hidden: []int{4}}, x)
	s, err := crux.New(crux.Problem{Constraints: []crux.Constraint{{Residual: u.D(x).Add(u), On: domain.NewInterval(x, 0, 1).Grid(9)}}},
		crux.Options{Windows: &crux.Windows{Coord: x, Count: 2, Steps: 3}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Solve(t.Context(), 2, &callbacks.HeldOut{}); err == nil || !strings.Contains(err.Error(), "no constraint has random points") {
		t.Error(err)
	}
}

func TestHeldOutErrors(t *testing.T) {
	random := func(b *domain.Box) *domain.Points { return b.Interior(10) }
	grid := func(b *domain.Box) *domain.Points { return b.Grid(10) }
	redrawn := func(b *domain.Box) *domain.Points { return b.Interior(10).Every(3) }
	for _, c := range []struct {
		on   func(*domain.Box) *domain.Points
		cb   *callbacks.HeldOut
		says string
	}{
		{random, &callbacks.HeldOut{Interval: -1}, "Interval"},
		{random, &callbacks.HeldOut{Factor: 1}, "Factor is 1"},
		{random, &callbacks.HeldOut{Factor: math.NaN()}, "Factor is NaN"},
		{random, &callbacks.HeldOut{Grow: -1}, "Grow"},
		{random, &callbacks.HeldOut{Constraints: []string{"no"}}, `"no"`},
		{random, &callbacks.HeldOut{Of: []crux.Constraint{}}, "empty list"},
		{grid, &callbacks.HeldOut{}, "no constraint has random points"},
		{grid, &callbacks.HeldOut{Constraints: []string{"bump"}}, "not random"},
		{redrawn, &callbacks.HeldOut{Constraints: []string{"bump"}}, "every 3 steps"},
	} {
		s := spike(t, c.on)
		if _, err := s.Solve(context.Background(), 1, c.cb); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v; want %q in it", c.cb, err, c.says)
		}
	}
}

func ExampleHeldOut() {
	x := ph.NewCoord("x")
	line := domain.NewInterval(x, 0, 1)
	u := ph.Const(1).Sub(x).Add(x.Mul(ph.Const(1).Sub(x)).Mul(ph.NewField("u", net.MLP{Hidden: []int{10, 10}}, x)))
	s, err := crux.New(crux.Problem{Name: "layer", Constraints: []crux.Constraint{
		{Name: "ode", Residual: u.D(x, x).Scale(0.0025).Sub(u), On: line.Interior(16)},
	}}, crux.Options{Method: &optim.LevenbergMarquardt{}, Seed: 3, Workers: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	held := &callbacks.HeldOut{}
	if _, err := s.Solve(context.Background(), 80, held); err != nil {
		fmt.Println(err)
		return
	}
	c, err := s.Cloud("ode")
	// how often they are doubled in 80 steps depends on rounding, which differs between AVX2 and AVX-512
	fmt.Println("overfitted:", len(held.Choices()) > 0, "more points:", c.Len() > 16, err)
	// Output: overfitted: true more points: true <nil>
}
