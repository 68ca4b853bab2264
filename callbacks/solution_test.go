package callbacks_test

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// plate is −Δu = 0 on a domain with a box's coordinates.
func plate(t *testing.T, shape domain.Domain, coords []*ph.Coord, m optim.Method, recorders ...crux.Recorder) (*crux.Solver, ph.Expr) {
	t.Helper()
	u := ph.NewField("u", net.MLP{Hidden: []int{5}}, coords...)
	s, err := crux.New(crux.Problem{Name: "plate", Constraints: []crux.Constraint{
		{Name: "pde", Residual: ph.Laplacian(u, coords...), On: shape.Interior(20)}, {Name: "bc", Residual: u.Sub(ph.Const(1)), On: shape.Boundary(12)},
	}}, crux.Options{Method: m, Recorders: recorders})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, u
}

// Errors are those of the field against the known solution at the points, at every look and at the end, in every sink; the field and
// its error are images.
func TestSolution(t *testing.T) {
	dir := t.TempDir()
	x, y := ph.Coords2("x", "y")
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 2))
	tb, wb, jsonl := &callbacks.TensorBoard{Dir: filepath.Join(dir, "b")}, &callbacks.WandB{Dir: dir}, &callbacks.JSONL{Path: filepath.Join(dir, "m.jsonl")}
	s, u := plate(t, box, []*ph.Coord{x, y}, nil, tb, wb, jsonl)
	grid := box.Grid(7)
	look := &callbacks.Solution{Name: "u", Expr: u, On: grid, Exact: x.Mul(y), Interval: 10}
	if _, ok := look.Value(); ok {
		t.Error("a value before the run")
	}
	solveFor(t, s, 25, look)
	values, err := s.Eval(u, grid)
	if err != nil {
		t.Fatal(err)
	}
	cloud, err := grid.Draw(nil)
	if err != nil {
		t.Fatal(err)
	}
	var num, den, most float64
	for i, v := range values.RawMatrix().Data {
		want := cloud.Row(i)[0] * cloud.Row(i)[1]
		num, den, most = num+(v-want)*(v-want), den+want*want, max(most, math.Abs(v-want))
	}
	v, ok := look.Value()
	if e, _ := look.LatestEpoch(); !ok || e != 25 || math.Abs(v.RelL2-math.Sqrt(num/den)) > 1e-14 || math.Abs(v.MaxAbs-most) > 1e-14 || !slices.Equal(v.Values, values.RawMatrix().Data) {
		t.Errorf("at %d: %v and %v, want %v and %v", e, v.RelL2, v.MaxAbs, math.Sqrt(num/den), most)
	}
	scalars, images, _ := board(t, tb.Dir)
	if got := scalars["error/u/rel_l2"]; !slices.Equal(stepsOf(got), []int{0, 10, 20, 25}) || got[3].value != float64(float32(v.RelL2)) {
		t.Errorf("TensorBoard has the errors %v", got)
	}
	for _, key := range []string{"solution/u", "solution/u_error"} {
		if got := stepsOf(images[key]); !slices.Equal(got, []int{0, 10, 20, 25}) {
			t.Errorf("TensorBoard has %s at %v", key, got)
		}
		if got := pictures(t, wb.RunDir())[key]; !slices.Equal(got, []int{0, 10, 20, 25}) {
			t.Errorf("W&B has %s at %v", key, got)
		}
	}
	last := lines(t, jsonl.Path)[25]
	if last["error/u/max_abs"] != v.MaxAbs || last["loss"] == nil || last["loss/bc"] == nil {
		t.Errorf("the last line is %v", last)
	}
	if err := s.Measure(context.Background(), look); err != nil {
		t.Fatal(err)
	}
	if again, _ := look.Value(); again.RelL2 != v.RelL2 {
		t.Errorf("measured %v after %v", again.RelL2, v.RelL2)
	}
}

// What the images show: a grid with a hole, one coordinate, the last time of three coordinates, every component; nothing of
// scattered points. Without a known solution there is no error.
func TestSolutionImages(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	at := ph.NewCoord("t")
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	hole := domain.Difference(box, domain.NewDisk(x, y, 0.5, 0.5, 0.2))
	line := domain.NewInterval(x, 0, 1)
	cube := domain.NewBox(domain.In(at, 0, 1), domain.In(x, 0, 1), domain.In(y, 0, 1))
	for name, c := range map[string]struct {
		shape  domain.Domain
		coords []*ph.Coord
		on     *domain.Points
		expr   func(u ph.Expr) ph.Expr
		exact  ph.Expr
		want   []string
	}{
		"hole":      {hole, []*ph.Coord{x, y}, hole.Grid(9), nil, x, []string{"solution/u", "solution/u_error"}},
		"line":      {line, []*ph.Coord{x}, line.Grid(9), nil, x, []string{"solution/u", "solution/u_error"}},
		"time":      {cube, []*ph.Coord{at, x, y}, cube.Grid(5), nil, x.Mul(at), []string{"solution/u", "solution/u_error"}},
		"unknown":   {box, []*ph.Coord{x, y}, box.Grid(5), nil, nil, []string{"solution/u"}},
		"scattered": {box, []*ph.Coord{x, y}, box.Interior(30), nil, x, nil},
		"components": {box, []*ph.Coord{x, y}, box.Grid(5), func(u ph.Expr) ph.Expr { return ph.Concat(u, u.D(x)) }, ph.Concat(x, y), []string{
			"solution/u_0", "solution/u_0_error", "solution/u_1", "solution/u_1_error",
		}},
	} {
		wb := &callbacks.WandB{Dir: t.TempDir()}
		s, u := plate(t, c.shape, c.coords, nil, wb)
		if c.expr != nil {
			u = c.expr(u)
		}
		look := &callbacks.Solution{Name: "u", Expr: u, On: c.on, Exact: c.exact}
		solveFor(t, s, 3, look)
		var got []string
		if c.want != nil {
			for key, steps := range pictures(t, wb.RunDir()) {
				if got = append(got, key); !slices.Equal(steps, []int{0, 3}) {
					t.Errorf("%s: %s at %v", name, key, steps)
				}
			}
		} else if files, err := filepath.Glob(filepath.Join(wb.RunDir(), "files", "*")); err != nil || len(files) > 0 {
			t.Errorf("%s: files %v (%v)", name, files, err)
		}
		slices.Sort(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: images %q, want %q", name, got, c.want)
		}
		if v, _ := look.Value(); (v.Known != nil) != (c.exact != nil) || c.exact != nil && !(v.RelL2 > 0) {
			t.Errorf("%s: error %v", name, v.RelL2)
		}
	}
}

// By default all Solutions of a run together look so seldom that they take about a hundredth of its time, and those of runs whose steps
// solve linear systems 25 times at least.
func TestSolutionInterval(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	for _, c := range []struct {
		method optim.Method
		grid   int
		both   bool
		steps  int
		want   []int
	}{
		{nil, 5, false, 130, []int{0, 50, 100, 130}},
		{nil, 21, false, 310, []int{0, 150, 300, 310}}, // 10·441/32 = 137.8
		{nil, 21, true, 310, []int{0, 300, 310}},
		{&optim.LevenbergMarquardt{}, 21, false, 50, nil},
	} {
		w := &witness{map[string][][2]any{}}
		s, u := plate(t, box, []*ph.Coord{x, y}, c.method, w)
		cs := []crux.Callback{&callbacks.Solution{Name: "u", Expr: u, On: box.Grid(c.grid), Exact: x}}
		if c.both {
			cs = append(cs, &callbacks.Solution{Name: "v", Expr: u, On: box.Grid(c.grid)})
		}
		res, err := s.Solve(context.Background(), c.steps, cs...)
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for _, e := range w.seen["error/u/rel_l2"] {
			got = append(got, e[0].(int))
		}
		if c.want == nil {
			for e := 0; e <= res.Epoch; e += 2 {
				c.want = append(c.want, e)
			}
			if res.Epoch%2 == 1 {
				c.want = append(c.want, res.Epoch)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%d² points, %d steps: looked at %v, want %v", c.grid, c.steps, got, c.want)
		}
	}
}

// A mistake is an error before the first step.
func TestSolutionOptions(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	z := ph.NewCoord("z")
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	s, u := plate(t, box, []*ph.Coord{x, y}, nil)
	ones := func(at *domain.Cloud) ([]float64, error) { return make([]float64, at.Len()), nil }
	for says, c := range map[string]*callbacks.Solution{
		"no Name":                  {Expr: u, On: box.Grid(3)},
		"no Expr":                  {Name: "u", On: box.Grid(3)},
		"no On":                    {Name: "u", Expr: u},
		"both Exact and":           {Name: "u", Expr: u, On: box.Grid(3), Exact: x, Reference: ones},
		"Interval is -1":           {Name: "u", Expr: u, On: box.Grid(3), Interval: -1},
		"has 2 components, u has":  {Name: "u", Expr: u, On: box.Grid(3), Exact: ph.Concat(x, y)},
		"two Solutions are called": {Name: "w", Expr: u, On: box.Grid(3)},
		"depends on a field":       {Name: "u", Expr: u, On: box.Grid(3), Exact: x.Add(u.D(x))},
		"z":                        {Name: "u", Expr: u, On: box.Grid(3), Exact: z},
	} {
		res, err := s.Solve(context.Background(), 3, c, &callbacks.Solution{Name: "w", Expr: u, On: box.Grid(3)})
		if err == nil || !strings.Contains(err.Error(), says) || res.Steps != 0 {
			t.Errorf("%s: %v after %d steps", says, err, res.Steps)
		}
	}
	broken := errors.New("no such file")
	for says, f := range map[string]func(*domain.Cloud) ([]float64, error){
		"known solution: no such file": func(*domain.Cloud) ([]float64, error) { return nil, broken },
		"2 values at 9 points":         func(*domain.Cloud) ([]float64, error) { return make([]float64, 2), nil },
	} {
		if _, err := s.Solve(context.Background(), 3, &callbacks.Solution{Name: "u", Expr: u, On: box.Grid(3), Reference: f}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
}
