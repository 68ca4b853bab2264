package docs_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"testing"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Every sink in one run: the program of recording.md.
func Example_recording() {
	dir, err := os.MkdirTemp("", "crux")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	ctx := context.Background()
	x := ph.NewCoord("x")
	line := domain.NewInterval(x, 0, 1)
	u := ph.NewField("u", net.MLP{Hidden: []int{8}}, x)
	problem := crux.Problem{Name: "line", Constraints: []crux.Constraint{
		{Name: "pde", Residual: u.D(x, x).Add(ph.Const(1)), On: line.Interior(20)},
		{Name: "ends", Residual: u, On: line.Boundary(2)},
	}}

	solver, err := crux.New(problem, crux.Options{Recorders: []crux.Recorder{
		&callbacks.WandB{Dir: dir, Project: "pinns", Config: map[string]any{"lr": 1e-3}},
		&callbacks.TensorBoard{Dir: filepath.Join(dir, "tensorboard")},
	}})
	if err != nil {
		log.Fatal(err)
	}
	defer solver.Close() //nolint:errcheck // it only ends workers

	exact := x.Mul(ph.Const(1).Sub(x)).Scale(0.5)
	res, err := solver.Solve(ctx, 200,
		&callbacks.GradientNorms{Interval: 50},
		&callbacks.LossLandscape{Grid: 5, Interval: 100},
		&callbacks.Solution{Name: "u", Expr: u, On: line.Grid(101), Exact: exact},
		&callbacks.JSONL{Path: filepath.Join(dir, "metrics.jsonl")}, // or in one call only
		&callbacks.CSV{Path: filepath.Join(dir, "history.csv")},
		&callbacks.Arrays{Dir: filepath.Join(dir, "trackers")},
	)
	if err != nil {
		log.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(res.Steps, "steps")
	for _, e := range entries {
		fmt.Println(e.Name())
	}
	// Output:
	// 200 steps
	// history.csv
	// metrics.jsonl
	// tensorboard
	// trackers
	// wandb
}

func TestRecordingSnippets(t *testing.T) { compareSnippets(t, "recording.md", "recording_test.go") }
