package callbacks_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/files/npy"
)

// kept are the steps of which a file has points, with the number of points of each.
func kept(t *testing.T, path string) (steps, counts []int) {
	t.Helper()
	arrays, err := npy.ReadZip(path)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := arrays["bump.steps"], arrays["bump.points"]; len(arrays) != 2 || len(b.Data) != len(a.Data) || !reflect.DeepEqual(b.Shape, []int{len(a.Data), 1}) {
		t.Fatalf("arrays %v", arrays)
	}
	for _, s := range arrays["bump.steps"].Data {
		if n := len(steps); n == 0 || steps[n-1] != int(s) {
			steps, counts = append(steps, int(s)), append(counts, 0)
		}
		counts[len(counts)-1]++
	}
	return steps, counts
}

// Points are kept when they have moved, more seldom the longer a run is, a thousand at most; the last ones are those of the solver.
func TestPointsRecorded(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		name   string
		points int
		cb     crux.Callback
		steps  int
		want   []int
		count  int
	}{
		{"moved every third step", 50, &callbacks.RAD{Interval: 3}, 30, []int{0, 4, 7, 10, 13, 16, 20, 25}, 50},
		{"thinned", 2500, &callbacks.RAD{Interval: 3}, 5, []int{0, 4}, 834},
	} {
		s := spike(t, func(b *domain.Box) *domain.Points { return b.Interior(c.points) })
		path := filepath.Join(dir, c.name+".npz")
		if _, err := s.Solve(context.Background(), c.steps, c.cb, &callbacks.Points{Path: path}); err != nil {
			t.Fatal(err)
		}
		steps, counts := kept(t, path)
		if !reflect.DeepEqual(steps, c.want) || counts[0] != c.count {
			t.Errorf("%s: %v points at steps %v, want %v", c.name, counts, steps, c.want)
		}
	}
	// nothing has moved: no file
	still := spike(t, func(b *domain.Box) *domain.Points { return b.Interior(50) })
	path := filepath.Join(dir, "still.npz")
	if _, err := still.Solve(context.Background(), 5, &callbacks.Points{Path: path}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a file of points that never moved")
	}
}

// A run that continues from a state, before or after the points have moved for the first time, ends with the file of one that was not
// interrupted, even if its file has steps after that state.
func TestPointsContinue(t *testing.T) {
	dir := t.TempDir()
	ctx := context.Background()
	begin := func() *crux.Solver {
		return spike(t, func(b *domain.Box) *domain.Points { return b.Interior(50) })
	}
	whole := filepath.Join(dir, "whole.npz")
	if _, err := begin().Solve(ctx, 30, &callbacks.RAD{Interval: 3}, &callbacks.Points{Path: whole}); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{2, 10, 17} {
		path := filepath.Join(dir, fmt.Sprintf("from%d.npz", at))
		first, move := begin(), &callbacks.RAD{Interval: 3}
		var state *crux.State
		var moved []byte
		if _, err := first.Solve(ctx, at, move, &callbacks.Points{Path: path}); err != nil {
			t.Fatal(err)
		}
		if state, err = first.State(); err != nil {
			t.Fatal(err)
		}
		if moved, err = move.State(); err != nil {
			t.Fatal(err)
		}
		if _, err := first.Solve(ctx, 5, move, &callbacks.Points{Path: path}); err != nil { // which is lost
			t.Fatal(err)
		}
		second, again := begin(), &callbacks.RAD{Interval: 3}
		if err := second.SetState(state); err != nil {
			t.Fatal(err)
		}
		if err := again.SetState(moved); err != nil {
			t.Fatal(err)
		}
		if _, err := second.Solve(ctx, 30-at, again, &callbacks.Points{Path: path}); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			a, _ := kept(t, path)
			b, _ := kept(t, whole)
			t.Errorf("from step %d: steps %v, want %v", at, a, b)
		}
	}
}

// Where the points of training were, for pictures of how they move.
func ExamplePoints() {
	dir, err := os.MkdirTemp("", "crux")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	solver, _, _, _ := poisson(nil)
	defer solver.Close() //nolint:errcheck
	path := filepath.Join(dir, "points.npz")
	if _, err := solver.Solve(context.Background(), 30, &callbacks.R3{Interval: 10}, &callbacks.Points{Path: path}); err != nil {
		log.Fatal(err)
	}
	arrays, err := npy.ReadZip(path)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("pde.points", arrays["pde.points"].Shape, "at steps", arrays["pde.steps"].Data[0], arrays["pde.steps"].Data[20], arrays["pde.steps"].Data[40])
	// Output:
	// pde.points [60 1] at steps 0 11 21
}
