package callbacks_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"os"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/weights"
)

// poisson is −u″ = π² sin(πx) with u = 0 at both ends, small enough for an example. Its interior points are named for
// trackers.
func poisson(w weights.Scheme, recorders ...crux.Recorder) (s *crux.Solver, u ph.Expr, x *ph.Coord, inside *domain.Points) {
	x = ph.NewCoord("x")
	line := domain.NewInterval(x, 0, 1)
	u = ph.NewField("u", net.MLP{Hidden: []int{8}}, x)
	inside = line.Interior(20)
	source := ph.Sin(x.Scale(math.Pi)).Scale(math.Pi * math.Pi)
	s, err := crux.New(crux.Problem{Name: "poisson", Constraints: []crux.Constraint{
		{Name: "pde", Residual: u.D(x, x).Add(source), On: inside},
		{Name: "ends", Residual: u, On: line.Boundary(2)},
	}}, crux.Options{Method: &optim.Adam{LR: optim.Constant(1e-2)}, Weights: w, Seed: 1, Recorders: recorders})
	if err != nil {
		log.Fatal(err)
	}
	return s, u, x, inside
}

// All eight trackers, a scheme that two of them drive, early stopping and checkpoints in one run.
func Example() {
	dir, err := os.MkdirTemp("", "crux")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder

	norms := &callbacks.GradientNorms{Interval: 50}
	solver, u, x, inside := poisson(&callbacks.GradientNormBalanced{Norms: norms, EMA: 0.9})
	defer solver.Close() //nolint:errcheck
	stats := &callbacks.ResidualStats{Interval: 50}
	res, err := solver.Solve(context.Background(), 400,
		norms,
		&callbacks.CosSimilarity{Interval: 50},
		&callbacks.GradientAlignment{Interval: 50},
		stats,
		&callbacks.InputSensitivity{Expr: u.D(x), On: inside, Interval: 100},
		&callbacks.NTKSpectrum{Grad: ph.ParamGrad(u, ph.Paths("u/layer1")), On: inside, Interval: 100},
		&callbacks.HessianSpectrum{K: 3, Interval: 200},
		&callbacks.LossLandscape{Grid: 5, Interval: 200},
		&callbacks.EarlyStopping{Patience: 200},
		&callbacks.Checkpoint{Dir: dir, Interval: 100},
	)
	if err != nil {
		log.Fatal(err)
	}
	first, last := stats.Result().Values[0], stats.Result().Values[len(stats.Result().Values)-1]
	fmt.Println(res.Status, "after", res.Steps, "steps")
	fmt.Println("the largest residual fell:", last.Maxes[0] < first.Maxes[0]/4)
	fmt.Println("gradient norms were measured at", norms.Result().Epochs)
	// Output:
	// completed after 400 steps
	// the largest residual fell: true
	// gradient norms were measured at [0 50 100 150 200 250 300 350]
}

// A run of 40 steps in one, and in two processes with a checkpoint between them.
func ExampleLatest() {
	dir, err := os.MkdirTemp("", "crux")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	ctx := context.Background()

	whole, _, _, _ := poisson(nil)
	defer whole.Close() //nolint:errcheck
	one, err := whole.Solve(ctx, 40)
	if err != nil {
		log.Fatal(err)
	}

	first, _, _, _ := poisson(nil)
	defer first.Close() //nolint:errcheck
	if _, err := first.Solve(ctx, 25, &callbacks.Checkpoint{Dir: dir}); err != nil {
		log.Fatal(err)
	}

	second, _, _, _ := poisson(nil)
	defer second.Close() //nolint:errcheck
	saved, err := callbacks.Latest(dir)
	if err != nil {
		log.Fatal(err)
	}
	check := &callbacks.Checkpoint{Dir: dir}
	if err := saved.Restore(second, check); err != nil {
		log.Fatal(err)
	}
	two, err := second.Solve(ctx, 40-second.Epoch(), check)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("resumed at", saved.State.Epoch, "with the same loss:", one.Loss == two.Loss)
	// Output: resumed at 25 with the same loss: true
}

func ExampleEarlyStopping() {
	solver, _, _, _ := poisson(nil)
	defer solver.Close() //nolint:errcheck
	res, err := solver.Solve(context.Background(), 100, &callbacks.EarlyStopping{
		Patience: 5,
		Metric:   func(*crux.Step) float64 { return 1 }, // never improves on its first value
	})
	fmt.Println(res.Status, res.Reason, err)
	// Output: stopped no improvement for 5 steps; the best value 1 was at step 0 <nil>
}

func ExampleOnStep() {
	solver, _, _, _ := poisson(nil)
	defer solver.Close() //nolint:errcheck
	_, err := solver.Solve(context.Background(), 3, callbacks.OnStep(func(_ context.Context, s *crux.Step) error {
		fmt.Println("step", s.Epoch, "with", len(s.Losses), "losses")
		return nil
	}))
	fmt.Println(err)
	// Output:
	// step 0 with 2 losses
	// step 1 with 2 losses
	// step 2 with 2 losses
	// <nil>
}

// Ten points more after steps 10, 20 and 30.
func ExampleRARD() {
	solver, _, _, _ := poisson(nil)
	defer solver.Close() //nolint:errcheck
	if _, err := solver.Solve(context.Background(), 35, &callbacks.RARD{Constraints: []string{"pde"}, Interval: 10, Add: 10}); err != nil {
		log.Fatal(err)
	}
	cloud, err := solver.Cloud("pde")
	fmt.Println(cloud.Len(), err)
	// Output: 50 <nil>
}

func ExampleRAD() {
	solver, _, _, _ := poisson(nil)
	defer solver.Close() //nolint:errcheck
	rad := &callbacks.RAD{Constraints: []string{"pde"}, C: 1}
	rad.Interval = 10
	res, err := solver.Solve(context.Background(), 35, rad)
	fmt.Println(res.Status, err)
	// Output: completed <nil>
}

func ExampleR3() {
	solver, _, _, _ := poisson(nil)
	defer solver.Close() //nolint:errcheck
	res, err := solver.Solve(context.Background(), 35, &callbacks.R3{Interval: 5})
	fmt.Println(res.Status, err)
	// Output: completed <nil>
}

// The learning rate is far too large. The run diverges, goes back to its beginning, and takes steps a tenth as long.
func ExampleRollback() {
	x := ph.NewCoord("x")
	u := ph.NewField("u", net.MLP{Hidden: []int{6}}, x)
	line := domain.NewBox(domain.In(x, 0, 1))
	solver, err := crux.New(crux.Problem{Name: "rod", Constraints: []crux.Constraint{
		{Residual: ph.Laplacian(u, x).Add(ph.Const(1)), On: line.Interior(20)},
		{Residual: u, On: line.Boundary(2)},
	}}, crux.Options{Method: &optim.SGD{LR: optim.Constant(5)}, Seed: 3})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer solver.Close()
	run := &callbacks.Rollback{Back: func(_ *crux.DivergedError, to int, factor float64) {
		fmt.Printf("back to step %d, with steps %.1g times as long\n", to, factor)
	}}
	res, err := run.Solve(context.Background(), solver, 200)
	fmt.Println(res.Status, res.Epoch, err)
	// Output:
	// back to step 0, with steps 0.1 times as long
	// completed 200 <nil>
}
