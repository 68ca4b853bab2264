package docs_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/crux/verdict"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
)

// The code of go.md, which TestGoPage compares with that page.

// cup is the problem of inverse.md: a field T, a parameter rate, an equation and measurements.
func cup(path string) (solver *auto.Solver, t *ph.Coord, T *ph.Field, rate *ph.Param, err error) {
	t = ph.NewCoord("t")
	line := domain.NewInterval(t, 0, 10)
	T = ph.NewField("T", net.MLP{Hidden: []int{20, 20, 20}}, t)
	rate = ph.NewParam("rate", 1)
	measured, err := domain.ReadCSV(path, t)
	if err != nil {
		return nil, nil, nil, nil, err
	}
	solver, err = auto.New(auto.Problem{Name: "cooling", Domain: line, Constraints: []crux.Constraint{
		{Name: "law", Residual: T.D(t).Add(rate.Mul(T.Shift(-20))), On: line.Interior(0)},
		{Name: "measured", Residual: T.Sub(measured.Column("T")), On: measured},
	}}, crux.Options{})
	return solver, t, T, rate, err
}

// fit trains until the estimated errors are below 5 %, saves the run in dir, and says what the rate is and how good it is.
func fit(ctx context.Context, path, dir string) (rate float64, v verdict.Verdict, err error) {
	solver, _, T, r, err := cup(path)
	if err != nil {
		return 0, v, err
	}
	defer solver.Close()
	estimate := &trackers.Error{Of: []trackers.Quantity{{Name: "T", Expr: T}}, Params: []*ph.Param{r}, Interval: 50}
	result, err := solver.Solve(ctx, auto.Steps, estimate,
		&callbacks.Accuracy{Below: 0.05, Error: estimate},
		&callbacks.Checkpoint{Dir: dir})
	if err != nil {
		return 0, v, err
	}
	if err := solver.Measure(ctx, estimate); err != nil {
		return 0, v, err
	}
	value, _ := estimate.Value()
	v = verdict.Judge(verdict.Evidence{Error: value, Accuracy: 0.05, Status: result.Status})
	return solver.Value(r), v, nil
}

// temperature loads the newest state in dir and evaluates T.
func temperature(path, dir string, at ...float64) ([]float64, error) {
	solver, t, T, _, err := cup(path)
	if err != nil {
		return nil, err
	}
	defer solver.Close()
	saved, err := callbacks.Latest(dir)
	if err != nil {
		return nil, err
	}
	if err := solver.SetState(saved.State); err != nil {
		return nil, err
	}
	values, err := solver.Eval(T, domain.At([]*ph.Coord{t}, at))
	if err != nil {
		return nil, err
	}
	return values.RawMatrix().Data, nil
}

// plate is the problem of first-problem.md.
func plate() (*auto.Solver, error) {
	x, y := ph.Coords2("x", "y")
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	shape := domain.Difference(box, domain.NewDisk(x, y, 0.5, 0.5, 0.2))
	hole := shape.Boundary(0).Where(func(p []float64) bool { return math.Hypot(p[0]-0.5, p[1]-0.5) < 0.22 })
	T := ph.NewField("T", net.MLP{Hidden: []int{20, 20, 20}}, x, y)
	flux := ph.NormalDerivative(T, x, y)
	const k, q = 45, 500

	return auto.New(auto.Problem{Name: "plate", Domain: shape, Constraints: []crux.Constraint{
		{Name: "heat", Residual: ph.Laplacian(T, x, y).Scale(k), On: shape.Interior(0)},
		{Name: "left", Residual: T.Shift(-20), On: shape.Face(x, 0, 0)},
		{Name: "right", Residual: flux.Scale(k).Shift(-q), On: shape.Face(x, 1, 0)},
		{Name: "walls", Residual: flux, On: shape.Sides(y, 0)},
		{Name: "hole", Residual: flux, On: hole},
	}}, crux.Options{})
}

// The rest is not on the page: it runs what stands above.

// The measurements were made with the rate 0.3; the verdict is that of the problem file.
func Example_cooling() {
	dir, err := os.MkdirTemp("", "crux")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	rate, v, err := fit(context.Background(), "files/cooling.csv", dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s: rate %.1f\n", v.Word, rate)
	values, err := temperature("files/cooling.csv", dir, 0, 10)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("from %.0f0 to %.0f0 degrees\n", values[0]/10, values[1]/10) // the data have errors, and so has what fits them
	// Output:
	// solved: rate 0.3
	// from 80 to 20 degrees
}

func TestPlate(t *testing.T) {
	solver, err := plate()
	if err != nil {
		t.Fatal(err)
	}
	defer solver.Close()
	if n := solver.Names(); len(n) != 4 { // the fifth is built in
		t.Errorf("the constraints are %v", n)
	}
	if _, err := solver.Solve(t.Context(), 2); err != nil {
		t.Error(err)
	}
}

func TestGoPage(t *testing.T) { compareSnippets(t, "go.md", "gopage_test.go") }
