// Command burgers1d solves the viscous Burgers equation, in which a sine wave steepens into a shock:
//
//	u_t + u u_x = ν u_xx,   u(0, x) = −sin πx,   u(t, ±1) = 0,   ν = 0.01/π
//
// Its points follow the residual, and so the shock (Raissi et al. 2019, Section 2.1; Wu et al. 2022).
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"math"
	"os"
	"os/signal"

	"gonum.org/v1/gonum/integrate/quad"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

const nu = 0.01 / math.Pi

func main() {
	steps := flag.Int("steps", 8000, "training steps")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	// The problem. The ansatz u = −sin πx + t(1 − x²)·N satisfies initial and boundary conditions whatever N is.
	t, x := ph.Coords2("t", "x")
	slab := domain.NewBox(domain.In(t, 0, 1), domain.In(x, -1, 1))
	n := ph.NewField("u", net.MLP{Hidden: []int{20, 20, 20}}, t, x)
	start := ph.Sin(x.Scale(math.Pi)).Neg()
	bump := t.Sub(t.Mul(x, x))
	u := start.Add(bump.Mul(n))
	residual := u.D(t).Add(u.Mul(u.D(x))).Sub(u.D(x, x).Scale(nu))

	// The solver: Adam finds the valley, SSBroyden its bottom.
	solver, err := crux.New(crux.Problem{
		Name: "burgers1d",
		Constraints: []crux.Constraint{
			{Name: "pde", Residual: residual, On: slab.Interior(4000)},
		},
	}, crux.Options{
		Method: optim.Phases(
			optim.Phase{Method: &optim.Adam{LR: optim.Constant(5e-3)}, Steps: *steps / 8},
			optim.Phase{Method: &optim.SSBroyden{}},
		),
		Seed: 1,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer solver.Close()

	// Every 500 steps the points move to where the residual is large.
	follow := &callbacks.RAD{Interval: 500, C: 1}
	progress := callbacks.OnStep(func(_ context.Context, s *crux.Step) error {
		if s.Epoch%1000 == 0 {
			fmt.Printf("step %5d   loss %.1e\n", s.Epoch, s.Loss)
		}
		return nil
	})
	// The error on a grid that training has not seen.
	watch := &callbacks.Solution{Name: "u", Expr: u, On: slab.Grid(201), Reference: exact}
	result, err := solver.Solve(ctx, *steps, follow, progress, watch)
	if err != nil && result.Status != crux.Canceled {
		log.Fatal(err)
	}
	fmt.Printf("%v after %d steps, loss %.1e\n", result.Status, result.Steps, result.Loss)

	// How many points are near the shock, on the tenth of the domain where |x| < 0.1?
	cloud, err := solver.Cloud("pde")
	if err != nil {
		log.Fatal(err)
	}
	near := 0
	for i := range cloud.Len() {
		if math.Abs(cloud.Row(i)[1]) < 0.1 {
			near++
		}
	}
	fmt.Printf("points with |x| < 0.1: %.0f %%\n", 100*float64(near)/float64(cloud.Len()))
	known, _ := watch.Value()
	fmt.Printf("relative L2 error %.1e, largest error %.1e\n", known.RelL2, known.MaxAbs)
}

// exact is the solution at points (t, x).
func exact(at *domain.Cloud) ([]float64, error) {
	u := make([]float64, at.Len())
	for i := range u {
		u[i] = coleHopf(at.Row(i)[0], at.Row(i)[1])
	}
	return u, nil
}

// coleHopf is the exact solution, the ratio of two integrals that are summed at 100 Gauss–Hermite nodes η_j of weight w_j:
//
//	u(t, x) = −Σ sin(πy_j) E_j / Σ E_j,   E_j = w_j exp(−cos(πy_j)/2πν),   y_j = x − 2√(νt) η_j
//
// (Basdevant et al. 1986). Both sums are multiplied by exp(−1/2πν), which keeps E_j below 1.
func coleHopf(t, x float64) float64 {
	above, below := 0.0, 0.0
	for j, eta := range nodes {
		sin, cos := math.Sincos(math.Pi * (x - 2*math.Sqrt(nu*t)*eta))
		e := weights[j] * math.Exp(-(1+cos)/(2*math.Pi*nu))
		above += sin * e
		below += e
	}
	return -above / below
}

var nodes, weights = hermite(100)

func hermite(n int) (x, w []float64) {
	x, w = make([]float64, n), make([]float64, n)
	quad.Hermite{}.FixedLocations(x, w, math.Inf(-1), math.Inf(1))
	return x, w
}
