package callbacks_test

import (
	"bytes"
	"context"
	"os"
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
	"github.com/crux-pinn/crux/weights"
)

// bench is a problem of which there are two solvers, alike in everything but their seed.
type bench struct {
	u              *ph.Field
	inside, around *domain.Points
}

func newBench() bench {
	x, y := ph.Coords2("x", "y")
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	return bench{ph.NewField("u", net.MLP{Hidden: []int{5}}, x, y), box.Interior(20), box.Boundary(8)}
}

// solver has the given scheme, and points that it weighs if it is one for points.
func (b bench) solver(t *testing.T, seed uint64, scheme any, method optim.Method) *crux.Solver {
	t.Helper()
	x, y := b.u.Coords()[0], b.u.Coords()[1]
	pde := crux.Constraint{Name: "pde", Residual: ph.Laplacian(b.u, x, y).Add(ph.Const(1)), On: b.inside}
	o := crux.Options{Seed: seed, Workers: 1, Method: method}
	o.Weights, _ = scheme.(weights.Scheme)
	pde.PointWeights, _ = scheme.(weights.PointScheme)
	s, err := crux.New(crux.Problem{Name: "bench", Constraints: []crux.Constraint{pde, {Name: "edge", Residual: b.u, On: b.around}}}, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// perRun makes one of each callback that holds results or state of a run.
func (b bench) perRun(dir string) []crux.Callback {
	x := b.u.Coords()[0]
	return []crux.Callback{
		&callbacks.GradientNorms{}, &callbacks.CosSimilarity{}, &callbacks.GradientAlignment{}, &callbacks.ResidualStats{},
		&callbacks.InputSensitivity{Expr: b.u.D(x), On: b.inside}, &callbacks.NTKSpectrum{Grad: ph.ParamGrad(b.u, nil), On: b.inside},
		&callbacks.HessianSpectrum{K: 1, Iters: 2}, &callbacks.LossLandscape{Grid: 2},
		&callbacks.EarlyStopping{Patience: 5}, &callbacks.HeldOut{}, &callbacks.RAD{}, &callbacks.RARD{}, &callbacks.R3{}, &callbacks.Checkpoint{Dir: dir},
	}
}

// refused checks that a run ended before its first step because something belongs to another one.
func refused(t *testing.T, what any, s *crux.Solver, err error) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), "use a new one for each solver") || s.Epoch() != 0 || len(s.History().Loss) > 0 {
		t.Errorf("%T: after %d steps: %v", what, s.Epoch(), err)
	}
}

// What a callback has seen of one run is never taken for another, even if both have the same shapes.
func TestCallbacksOfAnotherRun(t *testing.T) {
	ctx, b := context.Background(), newBench()
	for _, c := range b.perRun(t.TempDir()) {
		first, second := b.solver(t, 1, nil, nil), b.solver(t, 2, nil, nil)
		for range 2 { // the same solver goes on with it
			if _, err := first.Solve(ctx, 2, c); err != nil {
				t.Errorf("%T: %v", c, err)
			}
			if err := first.Measure(ctx, c); err != nil {
				t.Errorf("%T: %v", c, err)
			}
		}
		_, err := second.Solve(ctx, 2, c)
		refused(t, c, second, err)
		refused(t, c, second, second.Measure(ctx, c))
		if _, err := first.Solve(ctx, 1, c); err != nil {
			t.Errorf("%T, refused in between: %v", c, err)
		}
	}
}

func TestSchemesOfAnotherRun(t *testing.T) {
	ctx, b := context.Background(), newBench()
	norms := &callbacks.GradientNorms{}
	traces := []weights.TraceSource{
		&callbacks.NTKSpectrum{Grad: ph.ParamGrad(b.u, nil), On: b.inside, Points: 3}, &callbacks.NTKSpectrum{Grad: ph.ParamGrad(b.u, nil), On: b.around, Points: 3},
	}
	for _, scheme := range []any{
		&weights.GradientNormBalanced{Norms: norms}, weights.NewNTKBalanced(traces...), weights.NewReLoBRaLo(1), &weights.SoftAdapt{},
		&weights.DWA{}, &weights.Uncertainty{}, &weights.Causal{Time: "x"}, &weights.SelfAdaptive{}, weights.NewRBA(),
	} {
		var read []crux.Callback
		if k, ok := scheme.(weights.Sourced); ok {
			for _, s := range k.Sources() {
				read = append(read, s.(crux.Callback))
			}
		}
		first, second := b.solver(t, 1, scheme, nil), b.solver(t, 2, scheme, nil)
		if _, err := first.Solve(ctx, 2, read...); err != nil {
			t.Fatal(err)
		}
		_, err := second.Solve(ctx, 2)
		refused(t, scheme, second, err)
		if st, err := first.State(); err != nil {
			t.Error(err)
		} else {
			refused(t, scheme, second, second.SetState(st))
		}
		if _, err := first.Solve(ctx, 2, read...); err != nil {
			t.Errorf("%T, refused in between: %v", scheme, err)
		}
	}
	// A new scheme reads a tracker that has seen another run.
	for _, scheme := range []weights.Scheme{&weights.GradientNormBalanced{Norms: norms}, weights.NewNTKBalanced(traces...)} {
		s := b.solver(t, 3, scheme, nil)
		_, err := s.Solve(ctx, 1)
		refused(t, scheme, s, err)
	}
	// These have nothing to keep.
	for _, scheme := range []weights.Scheme{&weights.Fixed{W: []float64{1, 2}}, &weights.RLW{}, &weights.Scheduled{W: make([]func(int) float64, 2)}} {
		for seed := range uint64(2) {
			if _, err := b.solver(t, seed, scheme, nil).Solve(ctx, 2); err != nil {
				t.Errorf("%T: %v", scheme, err)
			}
		}
	}
}

// A state put into a solver begins another run, with which callbacks of the one before have nothing to do.
func TestSetStateBeginsAnotherRun(t *testing.T) {
	ctx, b := context.Background(), newBench()
	scheme := weights.NewReLoBRaLo(1)
	s := b.solver(t, 1, scheme, nil)
	norms := &callbacks.GradientNorms{Interval: 1}
	if _, err := s.Solve(ctx, 2, norms); err != nil {
		t.Fatal(err)
	}
	st, err := s.State()
	if err != nil {
		t.Fatal(err)
	}
	then, err := norms.State()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Solve(ctx, 3, norms); err != nil {
		t.Fatal(err)
	}
	later, err := norms.State()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetState(st); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Solve(ctx, 1, norms); err == nil || !strings.Contains(err.Error(), "use a new one for each solver") {
		t.Errorf("norms of steps that were undone: %v", err)
	}
	if err := norms.SetState(later); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Solve(ctx, 1, norms); err == nil || !strings.Contains(err.Error(), "has the state of step 4, the solver is at step 2") {
		t.Errorf("norms of later steps: %v", err)
	}
	if err := norms.SetState(then); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Solve(ctx, 2, norms); err != nil || !slices.Equal(norms.Result().Epochs, []int{0, 1, 2, 3}) {
		t.Errorf("both put back: %v, %v", norms.Result().Epochs, err)
	}
	// The state of a run does not make another solver that run.
	for _, c := range []interface {
		crux.Callback
		crux.Stateful
	}{&callbacks.GradientNorms{}, &callbacks.EarlyStopping{Patience: 9}, &callbacks.HeldOut{Interval: 1}, &callbacks.RAD{Interval: 1}} {
		first, second := b.solver(t, 1, nil, nil), b.solver(t, 2, nil, nil)
		if _, err := first.Solve(ctx, 101, c); err != nil {
			t.Fatal(err)
		}
		state, err := c.State()
		if err == nil {
			err = c.SetState(state)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := second.Solve(ctx, 1, c); err == nil || !strings.Contains(err.Error(), "restore both from one checkpoint") || second.Epoch() != 0 {
			t.Errorf("%T: %v", c, err)
		}
	}
}

// A sink that is handed to a second solver writes what a new one writes.
func TestSinksOfAnotherRun(t *testing.T) {
	ctx, b, dir := context.Background(), newBench(), t.TempDir()
	path := filepath.Join(dir, "run.csv")
	text := func(s *crux.Solver, c crux.Callback) []byte {
		t.Helper()
		if _, err := s.Solve(ctx, 3, c, &callbacks.GradientNorms{Interval: 2}); err != nil {
			t.Fatal(err)
		}
		out, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	c := &callbacks.CSV{Path: path}
	one, two := text(b.solver(t, 1, nil, nil), c), text(b.solver(t, 2, nil, nil), c)
	fresh := text(b.solver(t, 2, nil, nil), &callbacks.CSV{Path: path})
	if !bytes.Equal(two, fresh) || bytes.Equal(one, two) {
		t.Errorf("used before:\n%s\nnew:\n%s", two, fresh)
	}
	w := &callbacks.WandB{Dir: dir}
	var dirs []string
	for seed := range uint64(2) {
		if _, err := b.solver(t, seed, nil, nil).Solve(ctx, 1, w); err != nil {
			t.Fatal(err)
		}
		dirs = append(dirs, w.RunDir())
	}
	if dirs[0] == dirs[1] {
		t.Errorf("two runs in %s", dirs[0])
	}
}

// A method that has trained one θ begins afresh with that of another solver, though it has the same layout.
func TestMethodsOfAnotherRun(t *testing.T) {
	ctx, b := context.Background(), newBench()
	for name, method := range methods {
		used := method()
		if _, err := b.solver(t, 1, nil, used).Solve(ctx, 15); err != nil {
			t.Fatal(err)
		}
		with, without := b.solver(t, 2, nil, used), b.solver(t, 2, nil, method())
		for _, s := range []*crux.Solver{with, without} {
			for range 2 {
				if _, err := s.Solve(ctx, 10); err != nil {
					t.Fatal(err)
				}
			}
		}
		if !slices.Equal(with.Theta(), without.Theta()) {
			t.Errorf("%s: what it knows of one θ changed another run", name)
		}
	}
}

// The files of one run in a folder are not those of another: a run from step 0 does not write beside them, one that has been
// restored from one of them goes on there, and an earlier restored state keeps what it writes.
func TestCheckpointsOfAnotherRun(t *testing.T) {
	dir := t.TempDir()
	b := newBench()
	checkpoint := func() *callbacks.Checkpoint { return &callbacks.Checkpoint{Dir: dir, Interval: 2, Keep: 3} }
	files := func() (names []string) {
		paths, err := callbacks.Checkpoints(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range paths {
			names = append(names, strings.TrimLeft(strings.TrimSuffix(strings.TrimPrefix(filepath.Base(p), "checkpoint-"), ".safetensors"), "0"))
		}
		return names
	}
	if _, err := b.solver(t, 1, nil, nil).Solve(context.Background(), 8, checkpoint()); err != nil {
		t.Fatal(err)
	}
	want := []string{"8", "6", "4"}
	if got := files(); !slices.Equal(got, want) {
		t.Fatalf("files of steps %v, want %v", got, want)
	}
	_, err := b.solver(t, 2, nil, nil).Solve(context.Background(), 4, checkpoint())
	if err == nil || !strings.Contains(err.Error(), "of another run") || !slices.Equal(files(), want) {
		t.Errorf("error %v, files of steps %v", err, files())
	}
	paths, err := callbacks.Checkpoints(dir)
	if err != nil {
		t.Fatal(err)
	}
	earlier, err := callbacks.Load(paths[2])
	if err != nil {
		t.Fatal(err)
	}
	s, c := b.solver(t, 1, nil, nil), checkpoint()
	if err := earlier.Restore(s, c); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Solve(context.Background(), 1, c); err != nil {
		t.Fatal(err)
	}
	if got, want := files(), []string{"8", "6", "5", "4"}; !slices.Equal(got, want) {
		t.Errorf("files of steps %v, want %v", got, want)
	}
}
