package callbacks_test

import (
	"context"
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

// spike has a residual that is large near x = ½ only and that training does not change: c·0 + exp(−(20(x−½))²).
func spike(t *testing.T, on func(*domain.Box) *domain.Points) *crux.Solver {
	t.Helper()
	x := ph.NewCoord("x")
	z := x.Sub(ph.Const(0.5)).Scale(20)
	bump := ph.Exp(z.Mul(z).Scale(-1)).Add(ph.NewParam("c", 1).Scale(1e-12))
	s, err := crux.New(crux.Problem{Name: "spike", Constraints: []crux.Constraint{
		{Name: "bump", Residual: bump, On: on(domain.NewInterval(x, 0, 1))},
	}}, crux.Options{Method: optim.Phases(optim.Phase{Groups: []optim.Group{{Freeze: true}}}), Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// near counts the points within 0.1 of the spike, a fifth of which are there by chance.
func near(t *testing.T, s *crux.Solver) (close, all int) {
	t.Helper()
	c, err := s.Cloud("bump")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range c.X {
		if math.Abs(x-0.5) < 0.1 {
			close++
		}
	}
	return close, len(c.X)
}

func TestResamplingGathersPoints(t *testing.T) {
	for _, c := range []struct {
		name           string
		cb             crux.Callback
		least, most, n int
	}{
		{"RAD, k 1 c 0", &callbacks.RAD{Interval: 5}, 70, 100, 100},
		{"RAD of the paper", &callbacks.RAD{Interval: 5, K: 1, C: 1}, 35, 65, 100},
		{"RAR-D", &callbacks.RARD{Interval: 5, Add: 30, Limit: 150}, 65, 75, 150},
		{"R3", &callbacks.R3{Interval: 5}, 28, 80, 100},
	} {
		s := spike(t, func(b *domain.Box) *domain.Points { return b.Interior(100) })
		if _, err := s.Solve(context.Background(), 16, c.cb); err != nil {
			t.Fatal(err)
		}
		if k, n := near(t, s); n != c.n || k < c.least || k > c.most {
			t.Errorf("%s: %d of %d points near the spike; want %d to %d of %d", c.name, k, n, c.least, c.most, c.n)
		}
	}
}

// The step at which points are chosen keeps its own; the next has the new ones.
func TestPointsMoveBetweenSteps(t *testing.T) {
	s := spike(t, func(b *domain.Box) *domain.Points { return b.Interior(50) })
	var seen [][]float64
	look := callbacks.OnStep(func(_ context.Context, st *crux.Step) error {
		seen = append(seen, slices.Clone(st.Run.Points(0).X))
		return nil
	})
	if _, err := s.Solve(context.Background(), 7, &callbacks.RAD{Interval: 3}, look); err != nil {
		t.Fatal(err)
	}
	for e := 1; e < 7; e++ {
		if moved := !slices.Equal(seen[e], seen[e-1]); moved != (e == 4) {
			t.Errorf("step %d: moved %v", e, moved)
		}
	}
}

func TestResamplingErrors(t *testing.T) {
	random := func(b *domain.Box) *domain.Points { return b.Interior(10) }
	grid := func(b *domain.Box) *domain.Points { return b.Grid(10) }
	redrawn := func(b *domain.Box) *domain.Points { return b.Interior(10).Every(3) }
	for _, c := range []struct {
		on   func(*domain.Box) *domain.Points
		cb   crux.Callback
		says string
	}{
		{random, &callbacks.RAD{Interval: -1}, "Interval"},
		{random, &callbacks.RAD{K: -1}, "K is -1"},
		{random, &callbacks.RAD{C: math.NaN()}, "C is NaN"},
		{random, &callbacks.RARD{Add: -1}, "Add"},
		{random, &callbacks.R3{Constraints: []string{"no"}}, `"no"`},
		{random, &callbacks.R3{Constraints: []string{"bump", "bump"}}, "twice"},
		{random, &callbacks.RARD{Constraints: []string{}}, "empty list"},
		{random, &callbacks.RAD{Of: []crux.Constraint{{Name: "bump"}}}, "give the one that New was given"},
		{grid, &callbacks.RAD{}, "no constraint has random points"},
		{grid, &callbacks.RAD{Constraints: []string{"bump"}}, "not random"},
		{redrawn, &callbacks.R3{}, "drawn once"},
		{redrawn, &callbacks.R3{Constraints: []string{"bump"}}, "would undo the choice"},
	} {
		s := spike(t, c.on)
		if _, err := s.Solve(context.Background(), 1, c.cb); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%T: %v; want %q in it", c.cb, err, c.says)
		}
	}
}

// Points that two constraints share cannot follow both of their residuals.
func TestSharedPointsFollowOneResidual(t *testing.T) {
	x := ph.NewCoord("x")
	u, on := ph.NewField("u", net.MLP{Hidden: []int{4}}, x), domain.NewInterval(x, 0, 1).Interior(10)
	value, slope := crux.Constraint{Name: "value", Residual: u, On: on}, crux.Constraint{Name: "slope", Residual: u.D(x), On: on}
	s, err := crux.New(crux.Problem{Constraints: []crux.Constraint{value, slope}}, crux.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Solve(context.Background(), 1, &callbacks.R3{}); err == nil || !strings.Contains(err.Error(), `"value" and "slope" share one point set`) {
		t.Error(err)
	}
	if _, err := s.Solve(context.Background(), 3, &callbacks.R3{Interval: 1, Of: []crux.Constraint{slope}}); err != nil {
		t.Error(err)
	}
}
