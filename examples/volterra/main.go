// Command volterra solves an integro-differential equation:
//
//	y′ + y = ∫₀ˣ e^{s−x} y(s) ds,   y(0) = 1,   0 ≤ x ≤ 5
//
// The exact solution is y = e^{−x} cosh x.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
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
	steps := flag.Int("steps", 1500, "training steps")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	// The problem. The ansatz y = 1 + x·N is 1 at x = 0 whatever N is.
	x, s := ph.Coords2("x", "s")
	interval := domain.NewInterval(x, 0, 5)
	n := ph.NewField("y", net.MLP{Hidden: []int{20, 20}}, x)
	y := x.Mul(n).Shift(1)

	// The integral is a Gauss rule of 20 nodes on [0, x]; inside it the network is evaluated at s.
	memory := ph.Integrate(ph.Exp(s.Sub(x)).Mul(y.Subst(x, s)), s, ph.Const(0), x, 20)
	residual := y.D(x).Add(y).Sub(memory)

	// The solver: Adam finds the valley, SSBroyden its bottom.
	solver, err := crux.New(crux.Problem{
		Name: "volterra",
		Constraints: []crux.Constraint{
			{Name: "ide", Residual: residual, On: interval.Interior(100)},
		},
	}, crux.Options{
		Method: optim.Phases(
			optim.Phase{Method: &optim.Adam{LR: optim.Constant(5e-3)}, Steps: *steps / 3},
			optim.Phase{Method: &optim.SSBroyden{}},
		),
		Seed: 1,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer solver.Close()

	// The error on a grid that training has not seen.
	exact := ph.Exp(x.Neg()).Mul(ph.Cosh(x))
	watch := &callbacks.Solution{Name: "y", Expr: y, On: interval.Grid(501), Exact: exact}
	result, err := solver.Solve(ctx, *steps, watch)
	if err != nil && result.Status != crux.Canceled {
		log.Fatal(err)
	}
	fmt.Printf("%v after %d steps, loss %.1e\n", result.Status, result.Steps, result.Loss)
	known, _ := watch.Value()
	fmt.Printf("relative L2 error %.1e, largest error %.1e\n", known.RelL2, known.MaxAbs)
}
