package callbacks_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"math"
	"os"
	"path/filepath"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
)

// One line for each step, which any program reads.
func ExampleJSONL() {
	dir, err := os.MkdirTemp("", "crux")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	solver, _, _, _ := poisson(nil)
	defer solver.Close() //nolint:errcheck
	path := filepath.Join(dir, "metrics.jsonl")
	res, err := solver.Solve(context.Background(), 100, &callbacks.GradientAlignment{Interval: 50}, &callbacks.JSONL{Path: path})
	if err != nil {
		log.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	type line struct {
		Epoch     int
		Loss      float64
		PDE       float64  `json:"loss/pde"`
		Alignment *float64 `json:"explainability/gradient_alignment"`
	}
	var all []line
	for d := json.NewDecoder(bytes.NewReader(raw)); d.More(); {
		var l line
		if err := d.Decode(&l); err != nil {
			log.Fatal(err)
		}
		all = append(all, l)
	}
	fmt.Println(len(all), "lines, the last of step", all[100].Epoch, "with the final loss:", all[100].Loss == res.Loss)
	fmt.Println("alignment at step 50:", all[50].Alignment != nil, "and at step 51:", all[51].Alignment != nil)
	// Output:
	// 101 lines, the last of step 100 with the final loss: true
	// alignment at step 50: true and at step 51: false
}

func ExampleCSV() {
	dir, err := os.MkdirTemp("", "crux")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	solver, _, _, _ := poisson(nil)
	defer solver.Close() //nolint:errcheck
	path := filepath.Join(dir, "history.csv")
	if _, err := solver.Solve(context.Background(), 100, &callbacks.GradientNorms{}, &callbacks.CSV{Path: path, Interval: 10}); err != nil {
		log.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it is only read
	lines := bufio.NewScanner(f)
	lines.Scan()
	fmt.Println(lines.Text())
	n := 0
	for lines.Scan() {
		n++
	}
	fmt.Println(n, "lines")
	// Output:
	// epoch,loss,loss/pde,loss/ends,explainability/gradient_norm/constraint_0,explainability/gradient_norm/constraint_1
	// 11 lines
}

func ExampleArrays() {
	dir, err := os.MkdirTemp("", "crux")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	solver, _, _, _ := poisson(nil)
	defer solver.Close() //nolint:errcheck
	if _, err := solver.Solve(context.Background(), 100,
		&callbacks.GradientNorms{}, &callbacks.LossLandscape{Grid: 3}, &callbacks.Arrays{Dir: dir}); err != nil {
		log.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		log.Fatal(err)
	}
	for _, e := range entries {
		fmt.Println(e.Name())
	}
	// Output:
	// gradient_norms.npz
	// loss_landscape.npz
}

// A folder for "tensorboard --logdir".
func ExampleTensorBoard() {
	dir, err := os.MkdirTemp("", "crux")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	solver, _, _, _ := poisson(nil)
	defer solver.Close() //nolint:errcheck
	board := &callbacks.TensorBoard{Dir: dir}
	if _, err := solver.Solve(context.Background(), 100, &callbacks.ResidualStats{Interval: 50}, board); err != nil {
		log.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "events.out.tfevents.*"))
	fmt.Println(len(files), "file,", board.Skipped(), "plots left out", err)
	// Output: 1 file, 0 plots left out <nil>
}

// A directory for "wandb sync".
func ExampleWandB() {
	dir, err := os.MkdirTemp("", "crux")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	solver, _, _, _ := poisson(nil)
	defer solver.Close() //nolint:errcheck
	w := &callbacks.WandB{Dir: dir, Project: "pinns", Tags: []string{"poisson"}, Config: map[string]any{"lr": 1e-2, "hidden": 8}}
	if _, err := solver.Solve(context.Background(), 100, &callbacks.CosSimilarity{Interval: 50}, w); err != nil {
		log.Fatal(err)
	}
	images, err := filepath.Glob(filepath.Join(w.RunDir(), "files", "media", "images", "explainability", "cos_sim_matrix_*.png"))
	fmt.Println(len(images), "images", err)
	// Output: 2 images <nil>
}

// Said once, in the options, W&B records every Solve.
func ExampleWandB_options() {
	dir, err := os.MkdirTemp("", "crux")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)                                     //nolint:errcheck // a temporary folder
	solver, _, _, _ := poisson(nil, &callbacks.WandB{Dir: dir}) // crux.Options{Recorders: []crux.Recorder{…}}
	defer solver.Close()                                        //nolint:errcheck
	for range 2 {
		if _, err := solver.Solve(context.Background(), 50, &callbacks.CosSimilarity{Interval: 50}); err != nil {
			log.Fatal(err)
		}
	}
	runs, err := filepath.Glob(filepath.Join(dir, "wandb", "offline-run-*"))
	fmt.Println(len(runs), "run", err)
	images, err := filepath.Glob(filepath.Join(dir, "wandb", "*", "files", "media", "images", "explainability", "cos_sim_matrix_*.png"))
	fmt.Println(len(images), "images", err)
	// Output:
	// 1 run <nil>
	// 2 images <nil>
}

// How far a field is from a solution that is known.
func ExampleSolution() {
	solver, u, x, _ := poisson(nil)
	defer solver.Close() //nolint:errcheck
	line := domain.NewInterval(x, 0, 1)
	look := &callbacks.Solution{Name: "u", Expr: u, On: line.Grid(101), Exact: ph.Sin(x.Scale(math.Pi))}
	if _, err := solver.Solve(context.Background(), 500, look); err != nil {
		log.Fatal(err)
	}
	v, _ := look.Value()
	epoch, _ := look.LatestEpoch()
	fmt.Printf("step %d: relative error below a tenth: %t\n", epoch, v.RelL2 < 0.1)
	// Output: step 500: relative error below a tenth: true
}
