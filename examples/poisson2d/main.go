// Command poisson2d solves a Poisson equation on the unit square:
//
//	−Δu = 2π² sin πx sin πy,   u = 0 on the boundary
//
// The exact solution is u = sin πx sin πy.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"math"
	"os"
	"os/signal"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

func main() {
	steps := flag.Int("steps", 3000, "training steps")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	// The problem: a network u(x, y), an equation inside the square, a condition on its boundary.
	x, y := ph.Coords2("x", "y")
	square := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	u := ph.NewField("u", net.MLP{Hidden: []int{20, 20, 20}}, x, y)
	exact := ph.Sin(x.Scale(math.Pi)).Mul(ph.Sin(y.Scale(math.Pi)))
	f := exact.Scale(2 * math.Pi * math.Pi)

	// The solver: Adam finds the valley, SSBroyden its bottom.
	solver, err := crux.New(crux.Problem{
		Name: "poisson2d",
		Constraints: []crux.Constraint{
			{Name: "pde", Residual: ph.Laplacian(u, x, y).Add(f), On: square.Interior(1024)},
			{Name: "bc", Residual: u, On: square.Boundary(256), Weight: 100},
		},
	}, crux.Options{
		Method: optim.Phases(
			optim.Phase{Method: &optim.Adam{LR: optim.Constant(5e-3)}, Steps: *steps / 6},
			optim.Phase{Method: &optim.SSBroyden{}},
		),
		Seed: 1,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer solver.Close()

	// The error on a grid that training has not seen. Ctrl-C ends training early; what has been learned is still evaluated.
	watch := &callbacks.Solution{Name: "u", Expr: u, On: square.Grid(101), Exact: exact}
	result, err := solver.Solve(ctx, *steps, watch)
	if err != nil && result.Status != crux.Canceled {
		log.Fatal(err)
	}
	fmt.Printf("%v after %d steps, loss %.1e\n", result.Status, result.Steps, result.Loss)
	known, _ := watch.Value()
	fmt.Printf("relative L2 error %.1e, largest error %.1e\n", known.RelL2, known.MaxAbs)
}
