package crux_test

import (
	"errors"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// All mistakes come at once, in order, each with the line that made it.
func TestNewReportsEverything(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	z := ph.NewCoord("z")
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	u := ph.NewField("u", net.MLP{}, x, y)
	flow := ph.NewField("flow", net.MLP{Out: 2}, x, y)
	_, err := crux.New(crux.Problem{Name: "wrong", Constraints: []crux.Constraint{
		{Name: "derivative", Residual: u.D(z), On: box.Interior(10)},
		{Name: "index", Residual: flow.Index(2), On: box.Interior(10)},
		{Name: "points", Residual: u, On: box.Interior(0)},
		{Name: "nothing"},
		{Name: "weight", Residual: u, On: box.Interior(10), Weight: -1},
		{Name: "weight", Residual: u, On: box.Interior(10)},
	}}, crux.Options{})
	if err == nil {
		t.Fatal("no error")
	}
	var all *crux.ProblemError
	if !errors.As(err, &all) || all.Problem != "wrong" || len(all.Errors) != 7 {
		t.Fatalf("%v", err)
	}
	lines := strings.Split(err.Error(), "\n")
	if lines[0] != `crux: problem "wrong": 7 errors` {
		t.Errorf("headline %q", lines[0])
	}
	for i, want := range []string{
		`constraint "derivative": .*new_test.go:24: .*z`,
		`constraint "index": .*new_test.go:25: .*2`,
		`constraint "points": .*0 points`,
		`constraint "nothing": no residual`,
		`constraint "nothing": no point set`,
		`constraint "weight": weight -1`,
		`constraint "weight": another constraint`,
	} {
		if !regexp.MustCompile(want).MatchString(lines[i+1]) {
			t.Errorf("error %d is %q, want %q", i+1, lines[i+1], want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	x := ph.NewCoord("x")
	line := domain.NewInterval(x, 0, 1)
	u := ph.NewField("u", net.MLP{}, x)
	one := func(c crux.Constraint) crux.Problem {
		return crux.Problem{Name: "p", Constraints: []crux.Constraint{c}}
	}
	good := one(crux.Constraint{Residual: u, On: line.Interior(5)})
	for _, c := range []struct {
		name string
		p    crux.Problem
		o    crux.Options
		want string
	}{
		{"no constraints", crux.Problem{}, crux.Options{}, "no constraints"},
		{"nothing to train", one(crux.Constraint{Residual: x, On: line.Interior(5)}), crux.Options{}, "no trainable parameter"},
		{"workers", good, crux.Options{Workers: -1}, "Workers is -1"},
		{"precision", good, crux.Options{Precision: 7}, "Precision is 7"},
		{"recorder", good, crux.Options{Recorders: []crux.Recorder{nil}}, "recorder 1 is nil"},
		{"infinite weight", one(crux.Constraint{Residual: u, On: line.Interior(5), Weight: math.Inf(1)}), crux.Options{}, "weight +Inf"},
		{"NaN weight", one(crux.Constraint{Residual: u, On: line.Interior(5), Weight: math.NaN()}), crux.Options{}, "weight NaN"},
		{"foreign points", one(crux.Constraint{Residual: u, On: domain.NewInterval(ph.NewCoord("y"), 0, 1).Interior(5)}), crux.Options{}, "x"},
		{"bad network", one(crux.Constraint{Residual: ph.NewField("u", net.MLP{Hidden: []int{-3}}, x), On: line.Interior(5)}), crux.Options{}, "-3"},
		{"unknown loss", one(crux.Constraint{Residual: u, On: line.Interior(5), Loss: crux.Loss{Kind: 99}}), crux.Options{}, "unknown reduction"},
		{"two fields of one name", crux.Problem{Name: "p", Constraints: []crux.Constraint{
			{Residual: u, On: line.Interior(5)}, {Residual: ph.NewField("u", net.MLP{}, x), On: line.Interior(5)},
		}}, crux.Options{}, "u/layer0/weight"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := crux.New(c.p, c.o)
			if err == nil {
				s.Close()
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %q does not say %q", err, c.want)
			}
		})
	}
}

// A problem belongs to its caller: changing it afterwards does not reach the solver.
func TestNewKeepsItsOwnProblem(t *testing.T) {
	p := newPoisson()
	s := newSolver(t, p.Problem, crux.Options{})
	want, _ := measure(t, s)
	p.Constraints[0] = crux.Constraint{}
	got, _ := measure(t, s)
	sameBits(t, "losses", got, want)
}

func TestBounds(t *testing.T) {
	p := newPoisson()
	p.Constraints = append(p.Constraints, crux.Constraint{
		Name: "far", Residual: p.u, On: domain.At([]*ph.Coord{p.x, p.y}, []float64{-3, 0.5}),
	})
	s := newSolver(t, p.Problem, crux.Options{})
	if lo, hi, ok := s.Bounds(p.x); lo != -3 || hi != 1 || !ok {
		t.Errorf("x in [%v, %v], %v", lo, hi, ok)
	}
	if _, _, ok := s.Bounds(ph.NewCoord("t")); ok {
		t.Error("an unknown coordinate has bounds")
	}
}
