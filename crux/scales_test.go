package crux_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// The terms of an equation before training: the source outweighs the rest. On 201 points its size is 500·√(401/1200).
func ExampleSolver_Scales() {
	x := ph.NewCoord("x")
	line := domain.NewInterval(x, 0, 1)
	kappa := ph.NewParam("kappa", 3)
	flat := ph.NewField("u", net.MLP{Hidden: []int{4}, Init: net.Zeros}, x)
	solver, err := crux.New(crux.Problem{Name: "source", Constraints: []crux.Constraint{
		{Name: "pde", Residual: flat.D(x, x).Add(kappa).Sub(x.Scale(500)), On: line.GridN(201), Scale: 290},
	}}, crux.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer solver.Close() //nolint:errcheck // it only ends workers
	scales, err := solver.Scales()
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range scales {
		fmt.Printf("%s: %.1f\n", s.Name, s.RMS)
		for _, t := range s.Terms {
			fmt.Printf("  %s: %.1f\n", t.Text, t.RMS)
		}
	}
	// Output:
	// pde: 286.4
	//   u_xx: 0.0
	//   kappa: 3.0
	//   500*x: 289.0
}

// A scale divides the residual, and so losses by its square, and nothing else.
func TestScale(t *testing.T) {
	x := ph.NewCoord("x")
	line := domain.NewInterval(x, 0, 1)
	solve := func(scale, weight float64) ([]float64, []float64) {
		u := ph.NewField("u", net.MLP{Hidden: []int{6}}, x)
		s, err := crux.New(crux.Problem{Name: "p", Constraints: []crux.Constraint{
			{Name: "pde", Residual: u.D(x, x).Add(ph.Sin(x)), On: line.Interior(20), Scale: scale, Weight: weight},
			{Name: "bc", Residual: u, On: line.Boundary(2)},
		}}, crux.Options{Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close() //nolint:errcheck // it only ends workers
		if _, err := s.Solve(context.Background(), 5); err != nil {
			t.Fatal(err)
		}
		l, err := s.Losses(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return l, s.Theta()
	}
	a, ta := solve(0, 1)
	b, tb := solve(4, 16) // powers of two, so exactly
	if b[0]*16 != a[0] || a[1] != b[1] {
		t.Errorf("losses %v, with a scale of 4 and a weight of 16 %v", a, b)
	}
	for i := range ta {
		if ta[i] != tb[i] {
			t.Fatalf("parameter %d is %v, with scale and weight %v", i, ta[i], tb[i])
		}
	}
	for _, bad := range []float64{-1, math.NaN(), math.Inf(1), 5e-324} {
		u := ph.NewField("u", net.MLP{Hidden: []int{6}}, x)
		if _, err := crux.New(crux.Problem{Name: "p", Constraints: []crux.Constraint{{Residual: u, On: line.Boundary(2), Scale: bad}}}, crux.Options{}); err == nil {
			t.Errorf("no error for a scale of %v", bad)
		}
	}
}
