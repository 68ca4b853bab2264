package auto_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// bar is −u″ = k π² sin(πx) on [0, length] with the values of u = k sin(πx) at its ends.
type bar struct {
	x    *ph.Coord
	u    *ph.Field
	auto auto.Problem
}

func newBar(length, k float64, hidden ...int) bar {
	b := bar{x: ph.NewCoord("x")}
	line := domain.NewInterval(b.x, 0, length)
	b.u = ph.NewField("u", net.MLP{Hidden: hidden}, b.x)
	f := ph.Sin(b.x.Scale(math.Pi)).Scale(k)
	b.auto = auto.Problem{Domain: line, Constraints: []crux.Constraint{
		{Name: "pde", Residual: b.u.D(b.x, b.x).Add(f.Scale(math.Pi * math.Pi)), On: line.Interior(0)},
		{Name: "left", Residual: b.u, On: line.Face(b.x, 0, 0)},
		{Name: "right", Residual: b.u.Sub(f), On: line.Face(b.x, length, 0)},
	}}
	return b
}

func (b bar) solver(t *testing.T, steps int) *auto.Solver {
	t.Helper()
	s, err := auto.New(b.auto, crux.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() }) //nolint:errcheck // it only ends workers
	if steps > 0 {
		if _, err := s.Solve(t.Context(), steps); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// off is the largest error of a solver, where u = k sin(πx).
func (b bar) off(t *testing.T, s *auto.Solver, k float64) (most float64) {
	t.Helper()
	at := []float64{0.1, 0.3, 0.5, 0.7, 0.9}
	v, err := s.Eval(b.u, domain.At([]*ph.Coord{b.x}, at))
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range at {
		most = max(most, math.Abs(v.At(i, 0)-k*math.Sin(math.Pi*x)))
	}
	return most
}

// A solver starts as another one has ended, whatever its network, its units and its conditions; compared with the closed form.
func TestStart(t *testing.T) {
	old := newBar(1, 1, 8, 8)
	from := old.solver(t, 330)
	if off := old.off(t, from, 1); off > 1e-6 {
		t.Fatalf("the first run has an error of %v", off)
	}
	for _, c := range []struct {
		name   string
		to     bar
		within float64 // of the old solution
		says   string
	}{
		{"the same network", newBar(1, 1, 8, 8), 1e-6, "has the parameters"},
		{"a wider one", newBar(1, 1, 12, 12), 1e-2, "has learnt it"},
		{"a deeper one", newBar(1, 1, 6, 6, 6), 1e-2, "has learnt it"},
		{"another problem, in other units", newBar(1, 1000, 8, 8), 0.05, "has learnt it"},
		{"a longer bar", newBar(1.5, 1, 8, 8), 0.05, "has learnt it"},
	} {
		s := c.to.solver(t, 0)
		said, err := auto.Start{
			From: from.Solver, Name: "bar-1", Domain: c.to.auto.Domain, Fields: map[*ph.Field]*ph.Field{c.to.u: old.u},
		}.Apply(t.Context(), s.Solver, s.Choice.Problem, s.Choice.Options)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if len(said) != 1 || !strings.Contains(said[0].Why, c.says) {
			t.Errorf("%s: said %v, want … %s …", c.name, said, c.says)
		}
		if off := c.to.off(t, s, 1); off > c.within {
			t.Errorf("%s: it starts %v away, want %v; %v", c.name, off, c.within, said)
		}
	}
}

// What cannot be taken is said, and stays at random; numbers are taken by themselves.
func TestStartWithout(t *testing.T) {
	old := newBar(1, 1, 4)
	from := old.solver(t, 1)
	apply := func(b auto.Start, s *auto.Solver, o crux.Options) ([]auto.Decision, error) {
		b.From, b.Name = from.Solver, "bar-1"
		return b.Apply(t.Context(), s.Solver, s.Choice.Problem, o)
	}
	wide := newBar(1, 1, 4)
	pair := ph.NewField("u", net.MLP{Out: 2}, wide.x)
	s := wide.solver(t, 0)
	before := s.Theta()
	said, err := apply(auto.Start{Domain: wide.auto.Domain, Fields: map[*ph.Field]*ph.Field{pair: old.u}}, s, s.Choice.Options)
	if err != nil || len(said) != 1 || !strings.Contains(said[0].Why, "it has 1 components there") {
		t.Error(said, err)
	}
	far := domain.NewInterval(wide.x, 3, 4)
	said, err = apply(auto.Start{Domain: far, Fields: map[*ph.Field]*ph.Field{wide.u: old.u}}, s, s.Choice.Options)
	if err != nil || len(said) != 1 || !strings.Contains(said[0].Why, "nothing in common") {
		t.Error(said, err)
	}
	if !slices.Equal(before, s.Theta()) {
		t.Error("the parameters have changed")
	}
	_, err = apply(auto.Start{Domain: far}, s, crux.Options{Windows: &crux.Windows{}})
	if err == nil || !strings.Contains(err.Error(), "windows of time begin") {
		t.Error(err)
	}
}

// A network of two layers learns what one of one layer has found, before it is trained.
func ExampleStart() {
	solve := func(from *auto.Start, u *ph.Field, x *ph.Coord) *auto.Solver {
		line := domain.NewInterval(x, 0, 1)
		s, err := auto.New(auto.Problem{Domain: line, Constraints: []crux.Constraint{
			{Name: "pde", Residual: u.D(x, x).Shift(2), On: line.Interior(0)},
			{Name: "ends", Residual: u, On: line.Boundary(0)},
		}}, crux.Options{Seed: 1})
		if err != nil {
			panic(err)
		}
		if from == nil {
			if _, err := s.Solve(context.Background(), 50); err != nil {
				panic(err)
			}
			return s
		}
		from.Domain = line
		said, err := from.Apply(context.Background(), s.Solver, s.Choice.Problem, s.Choice.Options)
		if err != nil {
			panic(err)
		}
		what, _, _ := strings.Cut(said[0].What, ", up to")
		fmt.Println(what)
		return s
	}
	x := ph.NewCoord("x")
	small := ph.NewField("u", net.MLP{Hidden: []int{6}}, x)
	first := solve(nil, small, x)
	large := ph.NewField("u", net.MLP{Hidden: []int{6, 6}}, x)
	second := solve(&auto.Start{From: first.Solver, Name: "the first", Fields: map[*ph.Field]*ph.Field{large: small}}, large, x)
	fmt.Println(errors.Join(first.Close(), second.Close()))
	// Output:
	// u starts as in the first
	// <nil>
}
