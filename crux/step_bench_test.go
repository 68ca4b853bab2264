package crux_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// BenchmarkSolve times whole training steps with Adam: losses, gradient, bookkeeping and update. allocs/op are those of
// one step; the history of losses grows now and then.
func BenchmarkSolve(b *testing.B) {
	for _, c := range []struct {
		name    string
		problem func(int) crux.Problem
		points  []int
	}{{"poisson_2-64x3-1", func(n int) crux.Problem { return poissonProblem(n, 64) }, []int{256, 1024, 8192}}, {"hard_poisson_2-64x4-1", hardPoissonProblem, []int{790}}, {"navier_stokes_2-64x4-3", func(n int) crux.Problem { return navierStokesProblem(n, 64) }, []int{4096}}} {
		for _, n := range c.points {
			for _, p := range []crux.Precision{crux.Float64, crux.Float32} {
				b.Run(fmt.Sprintf("%s/n=%d/%v", c.name, n, p), func(b *testing.B) {
					s, err := crux.New(c.problem(n), crux.Options{Precision: p})
					if err != nil {
						b.Fatal(err)
					}
					defer s.Close()
					if _, err := s.Solve(context.Background(), 3); err != nil {
						b.Fatal(err)
					}
					b.ReportAllocs()
					b.ResetTimer()
					if _, err := s.Solve(context.Background(), b.N); err != nil {
						b.Fatal(err)
					}
				})
			}
		}
	}
}

// poissonProblem has one constraint on n points, navierStokesProblem four on two sets of points.
func poissonProblem(n, width int) crux.Problem {
	x, y := ph.Coords2("x", "y")
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	u := ph.NewField("u", net.MLP{Hidden: []int{width, width, width}}, x, y)
	wave := ph.Sin(x.Scale(math.Pi)).Mul(ph.Sin(y.Scale(math.Pi)))
	return crux.Problem{Name: "poisson", Constraints: []crux.Constraint{
		{Name: "pde", Residual: ph.Laplacian(u, x, y).Add(wave.Scale(2 * math.Pi * math.Pi)), On: box.Interior(n)},
	}}
}

// hardPoissonProblem is the first example of jNO's documentation.
func hardPoissonProblem(n int) crux.Problem {
	x, y := ph.Coords2("x", "y")
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	one := ph.Expr(ph.Const(1))
	u := ph.NewField("u", net.MLP{Hidden: []int{64, 64, 64, 64}, Raw: true}, x, y).Mul(x).Mul(one.Sub(x)).Mul(y).Mul(one.Sub(y))
	wave := ph.Sin(x.Scale(math.Pi)).Mul(ph.Sin(y.Scale(math.Pi)))
	return crux.Problem{Name: "poisson", Constraints: []crux.Constraint{
		{Name: "pde", Residual: ph.Laplacian(u, x, y).Add(wave.Scale(2 * math.Pi * math.Pi)), On: box.Interior(n)},
	}}
}

func navierStokesProblem(n, width int) crux.Problem {
	x, y := ph.Coords2("x", "y")
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	w := ph.NewField("w", net.MLP{Hidden: []int{width, width, width, width}, Out: 3}, x, y)
	u, v, p := w.Index(0), w.Index(1), w.Index(2)
	momentum := func(q ph.Expr, c *ph.Coord) ph.Expr {
		return ph.Advect([]ph.Expr{u, v}, q, x, y).Add(p.D(c)).Sub(ph.Laplacian(q, x, y).Scale(0.025))
	}
	on := box.Interior(n)
	return crux.Problem{Name: "navier_stokes", Constraints: []crux.Constraint{
		{Name: "x", Residual: momentum(u, x), On: on},
		{Name: "y", Residual: momentum(v, y), On: on},
		{Name: "mass", Residual: u.D(x).Add(v.D(y)), On: on},
		{Name: "walls", Residual: w, On: box.Boundary(n / 4)},
	}}
}

// A whole training step in steady state allocates nothing, but for the history of losses, which grows in pieces.
func TestTrainingAllocatesNothing(t *testing.T) {
	for name, problem := range map[string]crux.Problem{"poisson": poissonProblem(64, 8), "navier_stokes": navierStokesProblem(64, 8)} {
		for _, p := range []crux.Precision{crux.Float64, crux.Float32} {
			s := newSolver(t, problem, crux.Options{Precision: p, Workers: 2})
			allocations := func(steps int) float64 {
				return testing.AllocsPerRun(1, func() {
					if _, err := s.Solve(context.Background(), steps); err != nil {
						t.Fatal(err)
					}
				})
			}
			allocations(10)
			// what a call of Solve needs drops out of the difference
			if n := (allocations(1100) - allocations(100)) / 1000; n > 0.1 {
				t.Errorf("%s, precision %v: %.2f allocations for each step", name, p, n)
			}
		}
	}
}

// BenchmarkStart times everything from the expressions to the end of the first step.
func BenchmarkStart(b *testing.B) {
	for _, n := range []int{256, 8192} {
		for _, p := range []crux.Precision{crux.Float64, crux.Float32} {
			b.Run(fmt.Sprintf("poisson_2-64x3-1/n=%d/%v", n, p), func(b *testing.B) {
				for b.Loop() {
					s, err := crux.New(poissonProblem(n, 64), crux.Options{Precision: p})
					if err != nil {
						b.Fatal(err)
					}
					if _, err := s.Solve(context.Background(), 1); err != nil {
						b.Fatal(err)
					}
					s.Close()
				}
			})
		}
	}
}
