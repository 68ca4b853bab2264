// Command kovasznay solves the steady Navier–Stokes equations for the flow behind a grid at Re = 20:
//
//	(w·∇)w + ∇p = Δw/Re,   ∇·w = 0,   w = (u, v)
//
// The exact solution is u = 1 − e^{λx} cos 2πy, v = (λ/2π) e^{λx} sin 2πy, p = ½(1 − e^{2λx}) with
// λ = Re/2 − √(Re²/4 + 4π²) (Kovasznay 1948).
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

const re = 20

func main() {
	steps := flag.Int("steps", 4000, "training steps")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	// One network has three outputs: both velocities and the pressure.
	x, y := ph.Coords2("x", "y")
	box := domain.NewBox(domain.In(x, -0.5, 1), domain.In(y, -0.5, 1.5))
	flow := ph.NewField("flow", net.MLP{Hidden: []int{30, 30, 30}, Out: 3}, x, y)
	u, v, p := flow.Index(0), flow.Index(1), flow.Index(2)

	lambda := re/2 - math.Sqrt(re*re/4+4*math.Pi*math.Pi)
	wave, decay := y.Scale(2*math.Pi), ph.Exp(x.Scale(lambda))
	exactU := ph.Const(1).Sub(decay.Mul(ph.Cos(wave)))
	exactV := decay.Mul(ph.Sin(wave)).Scale(lambda / (2 * math.Pi))
	exactP := ph.Const(1).Sub(decay.Pow(2)).Scale(0.5)

	// One residual for each equation.
	w := []ph.Expr{u, v}
	momentumX := ph.Advect(w, u, x, y).Add(p.D(x)).Sub(ph.Laplacian(u, x, y).Scale(1. / re))
	momentumY := ph.Advect(w, v, x, y).Add(p.D(y)).Sub(ph.Laplacian(v, x, y).Scale(1. / re))
	mass := u.D(x).Add(v.D(y))

	// Constraints that share a point set share its points and one pass through the network. Velocities are given on the
	// boundary. The equations know the pressure only up to a constant, so one point fixes it.
	interior, walls := box.Interior(2500), box.Boundary(400)
	gauge := domain.At(box.Coords(), []float64{0, 0})
	solver, err := crux.New(crux.Problem{
		Name: "kovasznay",
		Constraints: []crux.Constraint{
			{Name: "momentum_x", Residual: momentumX, On: interior},
			{Name: "momentum_y", Residual: momentumY, On: interior},
			{Name: "mass", Residual: mass, On: interior},
			{Name: "wall_u", Residual: u.Sub(exactU), On: walls, Weight: 10},
			{Name: "wall_v", Residual: v.Sub(exactV), On: walls, Weight: 10},
			{Name: "gauge", Residual: p, On: gauge},
		},
	}, crux.Options{
		Method: optim.Phases(
			optim.Phase{Method: &optim.Adam{LR: optim.Constant(5e-3)}, Steps: *steps / 4},
			optim.Phase{Method: &optim.SSBroyden{}},
		),
		Seed: 1,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer solver.Close()

	// The error of every output on a grid that training has not seen.
	grid := box.Grid(101)
	watch := []*callbacks.Solution{
		{Name: "u", Expr: u, On: grid, Exact: exactU},
		{Name: "v", Expr: v, On: grid, Exact: exactV},
		{Name: "p", Expr: p, On: grid, Exact: exactP},
	}
	result, err := solver.Solve(ctx, *steps, watch[0], watch[1], watch[2])
	if err != nil && result.Status != crux.Canceled {
		log.Fatal(err)
	}
	fmt.Printf("%v after %d steps, loss %.1e\n", result.Status, result.Steps, result.Loss)
	for i, name := range solver.Names() {
		fmt.Printf("%-10s  mean square residual %.1e\n", name, result.Losses[i])
	}
	for _, w := range watch {
		known, _ := w.Value()
		fmt.Printf("%s: relative L2 error %.1e, largest error %.1e\n", w.Name, known.RelL2, known.MaxAbs)
	}
}
