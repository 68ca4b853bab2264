// Command inverse_burgers finds both coefficients of Burgers' equation from scattered measurements of u:
//
//	u_t + λ₁ u u_x − λ₂ u_xx = 0
//
// The truth is λ₁ = 1 and λ₂ = 0.01/π (Raissi et al. 2019, Section 4.1).
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"os/signal"

	"gonum.org/v1/gonum/stat"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

const nu = 0.01 / math.Pi

func main() {
	steps := flag.Int("steps", 3500, "training steps")
	noise := flag.Float64("noise", 0, "standard deviation of the noise, relative to that of u")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	// The unknowns: the function u and two numbers. λ₂ = e^s stays positive whatever s is.
	t, x := ph.Coords2("t", "x")
	slab := domain.NewBox(domain.In(t, 0, 1), domain.In(x, -1, 1))
	u := ph.NewField("u", net.MLP{Hidden: []int{20, 20, 20}}, t, x)
	lambda1, s := ph.NewParam("lambda1", 0), ph.NewParam("s", -6)
	lambda2 := ph.Exp(s)
	equation := u.D(t).Add(lambda1.Mul(u, u.D(x))).Sub(lambda2.Mul(u.D(x, x)))

	// The measurements: the exact solution at 2000 random points, with noise if asked for.
	rng := rand.New(rand.NewPCG(1, 0))
	points, err := slab.Interior(2000).With(domain.Uniform{}).Draw(rng)
	if err != nil {
		log.Fatal(err)
	}
	values := burgersAt(points)
	sigma := *noise * stat.StdDev(values, nil)
	for i := range values {
		values[i] += sigma * rng.NormFloat64()
	}
	measured := domain.FromData(points.Coords, points.X, map[string][]float64{"u": values})
	misfit := u.Sub(measured.Column("u"))

	interior := slab.Interior(3000)
	solver, err := crux.New(crux.Problem{
		Name: "inverse_burgers",
		Constraints: []crux.Constraint{
			{Name: "pde", Residual: equation, On: interior},
			{Name: "data", Residual: misfit, On: measured, Weight: 10},
		},
	}, crux.Options{
		Method: optim.Phases(
			optim.Phase{Method: &optim.Adam{LR: optim.Constant(5e-3)}, Steps: *steps * 2 / 7},
			optim.Phase{Method: &optim.SSBroyden{}},
		),
		Seed: 1,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer solver.Close()

	// The error of u on a grid that training has not seen.
	exact := func(at *domain.Cloud) ([]float64, error) { return burgersAt(at), nil }
	watch := &callbacks.Solution{Name: "u", Expr: u, On: slab.Grid(101), Reference: exact}
	result, err := solver.Solve(ctx, *steps, watch)
	if err != nil && result.Status != crux.Canceled {
		log.Fatal(err)
	}
	fmt.Printf("%v after %d steps, loss %.1e\n", result.Status, result.Steps, result.Loss)

	// The coefficients, and how well the data determine them.
	atInterior, err := solver.Compile(equation, interior)
	if err != nil {
		log.Fatal(err)
	}
	atData, err := solver.Compile(misfit, measured)
	if err != nil {
		log.Fatal(err)
	}
	sigmas, err := deviations(solver, rows{atInterior, 1}, rows{atData, 10}, "lambda1", "s")
	if err != nil {
		log.Fatal(err)
	}
	l1, l2 := solver.Value(lambda1), math.Exp(solver.Value(s))
	fmt.Printf("λ₁ = %.6f ± %.1e, error %.1e\n", l1, sigmas[0], math.Abs(l1-1))
	fmt.Printf("λ₂ = %.7f ± %.1e, relative error %.1e\n", l2, l2*sigmas[1], math.Abs(l2/nu-1))
	known, _ := watch.Value()
	fmt.Printf("u: relative L2 error %.1e, largest error %.1e\n", known.RelL2, known.MaxAbs)
}
