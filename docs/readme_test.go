package docs_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/placeholder"
)

// Example_readme is the Go program of the README, with its error check written for a test.
func Example_readme() {
	x, y := placeholder.Coords2("x", "y")
	square := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	u := placeholder.NewField("u", net.MLP{Hidden: []int{20, 20, 20}}, x, y)

	exact := placeholder.Sin(x.Scale(math.Pi)).Mul(placeholder.Sin(y.Scale(math.Pi)))
	f := exact.Scale(2 * math.Pi * math.Pi) // −Δu = f

	solver, err := auto.New(auto.Problem{
		Name:   "poisson2d",
		Domain: square,
		Constraints: []crux.Constraint{
			{Name: "pde", Residual: placeholder.Laplacian(u, x, y).Add(f), On: square.Interior(0)},
			{Name: "bc", Residual: u, On: square.Boundary(0)},
		},
	}, crux.Options{Seed: 1})
	if err != nil {
		fmt.Println(err) // every mistake of the problem, with file and line
		return
	}
	defer solver.Close()

	for _, d := range solver.Choice.Decisions {
		fmt.Printf("%s: %s\n", d.What, d.Why)
	}

	result, err := solver.Solve(context.Background(), 350)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Status)

	difference, err := solver.Eval(u.Sub(exact), square.Grid(101))
	if err != nil {
		fmt.Println(err)
		return
	}
	worst := 0.0
	for _, d := range difference.RawMatrix().Data {
		worst = math.Max(worst, math.Abs(d))
	}
	fmt.Println("largest error below 1e-7:", worst < 1e-7)
	// Output:
	// bc: exact, built into u: it holds by the form of the function, so there is nothing left to train
	// the method is chosen at the first step: no method is given
	// pde: points are watched: they are random, and the problem does not say when to redraw them
	// pde: 1000 points: there will be more if these are too few
	// completed
	// largest error below 1e-7: true
}

// The README's problem file and its program are those that are tested.
func TestReadme(t *testing.T) {
	read := func(path string) string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	readme, program, problem := read("../README.md"), read("readme_test.go"), read("../testdata/problems/poisson2d.yaml")
	blocks := 0
	for i, part := range strings.Split(readme, "```") {
		if i%2 == 0 {
			continue
		}
		kind, body, _ := strings.Cut(part, "\n")
		switch kind {
		case "yaml":
			blocks++
			if !strings.Contains(problem, body) {
				t.Errorf("not part of testdata/problems/poisson2d.yaml:\n%s", body)
			}
		case "go":
			blocks++
			if !strings.Contains(program, "\t"+strings.ReplaceAll(strings.TrimSpace(body), "\n", "\n\t")) &&
				!strings.Contains(strings.ReplaceAll(program, "\n\t", "\n"), strings.TrimSpace(body)) {
				t.Errorf("not part of docs/readme_test.go:\n%s", body)
			}
		}
	}
	if blocks != 2 {
		t.Errorf("%d blocks of YAML and Go, want 2", blocks)
	}
}
