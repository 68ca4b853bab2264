package crux_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// diary writes down, in a log shared by all participants, when its hooks are called.
type diary struct {
	name string
	log  *[]string
}

func (d *diary) note(format string, args ...any) {
	*d.log = append(*d.log, d.name+" "+fmt.Sprintf(format, args...))
}

func (d *diary) OnSolveBegin(context.Context, *crux.Run) error { d.note("begin"); return nil }

func (d *diary) OnStep(_ context.Context, s *crux.Step) error { d.note("step %d", s.Epoch); return nil }

func (d *diary) OnSolveEnd(_ context.Context, _ *crux.Run, r *crux.Result) error {
	d.note("end %v", r.Status)
	return nil
}

func (d *diary) OnGradient(context.Context, *crux.Step, []float64) error {
	d.note("gradient")
	return nil
}

func (d *diary) Record(m crux.Metric) error { d.note("record %s", m.Key); return nil }

// scheme logs when it is asked for weights, and the losses that it sees.
type scheme struct {
	diary
	losses [][]float64
}

func (s *scheme) Weigh(dst, losses []float64, epoch int) error {
	s.note("weigh %d", epoch)
	s.losses = append(s.losses, slices.Clone(losses))
	for i := range dst {
		dst[i] = 1 + float64(i+epoch)
	}
	return nil
}

// method logs its steps and moves θ a little.
type method struct {
	stateless
	diary
}

func (m *method) Init([]optim.Param) error { m.note("init"); return nil }

func (m *method) Step(ctx context.Context, f optim.Objective, theta []float64) (float64, error) {
	m.note("update")
	grad := make([]float64, len(theta))
	loss, err := f.Grad(ctx, grad, theta)
	if err == nil {
		floats.AddScaled(theta, -1e-3, grad)
	}
	return loss, err
}

// Recorders fire after all other callbacks wherever they were passed, those of the options last and in every Solve and Measure; one
// that is named twice takes part once.
func TestRecordersComeLast(t *testing.T) {
	var log []string
	in, passed := &diary{"in", &log}, &diary{"passed", &log}
	s := newSolver(t, newPoisson().Problem, crux.Options{Method: &method{diary: diary{"method", new([]string)}}, Recorders: []crux.Recorder{in, in}})
	plain := &hook{
		begin: func(r *crux.Run) error {
			log = append(log, fmt.Sprint("plain begin ", r.Epoch(), r.Planned()))
			return nil
		},
		step: func(_ context.Context, s *crux.Step) error { log = append(log, "plain step"); return s.Record("k", 1) },
	}
	solve(t, s, 1, passed, in, plain)
	records := []string{"passed record loss", "in record loss", "passed record loss/pde", "in record loss/pde", "passed record loss/bc", "in record loss/bc"}
	want := slices.Concat([]string{"plain begin 0 1", "passed begin", "in begin"}, records, []string{
		"plain step", "passed record k", "in record k", "passed step 0", "in step 0", "passed gradient", "in gradient", "passed end completed", "in end completed",
	})
	if !slices.Equal(log, want) {
		t.Errorf("hooks ran as\n%q\nwant\n%q", log, want)
	}
	log = nil
	solve(t, s, 0)
	if want := []string{"in begin", "in end completed"}; !slices.Equal(log, want) {
		t.Errorf("without callbacks %q ran, want %q", log, want)
	}
	log = nil
	if err := s.Measure(context.Background(), plain); err != nil {
		t.Fatal(err)
	}
	if want := []string{"plain begin 1 2", "in begin", "plain step", "in record k", "in step 1"}; !slices.Equal(log, want) {
		t.Errorf("Measure ran %q, want %q", log, want)
	}
}

// The order within a step: weights, losses and gradients, records, hooks of all callbacks, gradient hooks, update.
func TestHookOrder(t *testing.T) {
	var log []string
	a, b := &diary{"a", &log}, &diary{"b", &log}
	s := newSolver(t, newPoisson().Problem, crux.Options{
		Method: &method{diary: diary{"method", &log}}, Weights: &scheme{diary: diary{"scheme", &log}},
	})
	solve(t, s, 2, a, b)
	step := func(e int) []string {
		return []string{
			fmt.Sprintf("scheme weigh %d", e),
			"a record loss", "b record loss", "a record loss/pde", "b record loss/pde", "a record loss/bc", "b record loss/bc",
			fmt.Sprintf("a step %d", e), fmt.Sprintf("b step %d", e), "a gradient", "b gradient", "method update",
		}
	}
	want := slices.Concat([]string{"method init", "a begin", "b begin"}, step(0), step(1), []string{"a end completed", "b end completed"})
	if !slices.Equal(log, want) {
		t.Errorf("hooks ran as\n%q\nwant\n%q", log, want)
	}
	log = nil
	if err := s.Measure(context.Background(), a); err != nil {
		t.Fatal(err)
	}
	if want := []string{"method init", "a begin", "scheme weigh 2", "a step 2"}; !slices.Equal(log, want) {
		t.Errorf("Measure ran %q, want %q", log, want)
	}
}

// Losses, weights, gradient and parameters of a step, and the facts of the run, all belong to the same θ_e.
func TestStepBelongsToOneTheta(t *testing.T) {
	p := newPoisson()
	p.Constraints = append(p.Constraints, // shares its points with the first
		crux.Constraint{Name: "slope", Residual: p.u.D(p.x), On: p.Constraints[0].On, Weight: 0.3})
	var log []string
	s := newSolver(t, p.Problem, crux.Options{Weights: &scheme{diary: diary{"", &log}}, Method: &optim.LBFGS{}})
	witness := newSolver(t, p.Problem, crux.Options{})
	steps := 0
	solve(t, s, 5, onStep(func(ctx context.Context, st *crux.Step) error {
		steps++
		if err := witness.SetTheta(st.Theta()); err != nil {
			return err
		}
		losses, err := witness.Losses(ctx)
		if err != nil {
			return err
		}
		g, err := witness.Gradients(ctx)
		if err != nil {
			return err
		}
		near(t, "losses", st.Losses, losses, 1e-13)
		loss, grad := 0.0, make([]float64, len(st.Grad))
		for i, w := range st.Weights {
			if want := 1 + float64(i+st.Epoch); i < 2 && w != want {
				t.Errorf("epoch %d: weight %d is %v, want %v", st.Epoch, i, w, want)
			}
			loss += w * losses[i] / 3
			floats.AddScaled(grad, w/3, g.RawRowView(i))
		}
		near(t, "loss", []float64{st.Loss}, []float64{loss}, 1e-13)
		near(t, "gradient", st.Grad, grad, 1e-12)
		own, err := st.Run.Gradients().At(ctx, st)
		if err != nil {
			return err
		}
		near(t, "gradient matrix", own.RawMatrix().Data, g.RawMatrix().Data, 1e-12)
		r, err := st.Run.Residuals(0).At(ctx, st)
		if err != nil {
			return err
		}
		near(t, "loss from residuals", []float64{sumSquares(r) / 150}, losses[:1], 1e-13)
		return nil
	}))
	if steps != 5 {
		t.Errorf("%d steps", steps)
	}
}

func sumSquares(m *mat.Dense) float64 {
	d := m.RawMatrix().Data
	return floats.Dot(d, d)
}

// near compares relative to the largest entry.
func near(t testing.TB, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	var d, m float64
	for i := range want {
		if d = math.Max(d, math.Abs(got[i]-want[i])); math.IsNaN(got[i]) {
			t.Fatalf("%s: value %d is NaN, want %v", what, i, want[i])
		}
		m = math.Max(m, math.Abs(want[i]))
	}
	if m > 0 {
		d /= m
	}
	if d > tol {
		t.Errorf("%s: relative error %.1e, at most %.0e", what, d, tol)
	}
}

func TestFactsAreComputedOnce(t *testing.T) {
	s := newSolver(t, newPoisson().Problem, crux.Options{})
	calls := 0
	fact := crux.NewFact("norm of θ", func(_ context.Context, st *crux.Step) (float64, error) {
		calls++
		return floats.Norm(st.Theta(), 2), nil
	})
	var seen []float64
	ask := onStep(func(ctx context.Context, st *crux.Step) error {
		v, err := fact.At(ctx, st)
		seen = append(seen, v)
		return err
	})
	solve(t, s, 3, ask, ask, ask)
	if calls != 3 {
		t.Errorf("computed %d times in 3 steps", calls)
	}
	for e := range 3 {
		if seen[3*e] != seen[3*e+1] || seen[3*e] != seen[3*e+2] {
			t.Errorf("epoch %d: %v", e, seen[3*e:3*e+3])
		}
	}
	if seen[0] == seen[3] {
		t.Error("the fact of the second step is that of the first")
	}
	// a fact that the run provides is one, whoever asks
	matrices := map[*mat.Dense]bool{}
	ask = onStep(func(ctx context.Context, st *crux.Step) error {
		g, err := st.Run.Gradients().At(ctx, st)
		matrices[g] = true
		return err
	})
	solve(t, s, 1, ask, ask)
	if len(matrices) != 1 {
		t.Errorf("%d gradient matrices in one step", len(matrices))
	}
	// an error names the fact
	bad := crux.NewFact("curvature", func(context.Context, *crux.Step) (int, error) { return 0, errors.New("flat") })
	_, err := s.Solve(context.Background(), 1, onStep(func(ctx context.Context, st *crux.Step) error {
		_, err := bad.At(ctx, st)
		return err
	}))
	if err == nil || err.Error() != "crux: step 4: *crux_test.hook: crux: curvature: flat" {
		t.Errorf("error %v", err)
	}
}

// A scheme sees the losses of the step before, the first time those at θ_0; whatever is looked at in between changes nothing.
func TestSchemeSeesLossesOfTheLastStep(t *testing.T) {
	var log []string
	run := func(between func(s *crux.Solver)) (*scheme, *crux.Solver) {
		sch := &scheme{diary: diary{"", &log}}
		s := newSolver(t, newPoisson().Problem, crux.Options{Weights: sch})
		between(s)
		solve(t, s, 2)
		between(s)
		solve(t, s, 2)
		return sch, s
	}
	plain, want := run(func(*crux.Solver) {})
	_, got := run(func(s *crux.Solver) {
		if _, err := s.Losses(context.Background()); err != nil {
			t.Fatal(err)
		}
		if err := s.Measure(context.Background(), &diary{"", &log}); err != nil {
			t.Fatal(err)
		}
	})
	sameRun(t, got, want)
	h := want.History()
	near(t, "losses seen first", plain.losses[0], h.Losses[0], 1e-13)
	for e := 1; e < 4; e++ {
		sameBits(t, "losses seen", plain.losses[e], h.Losses[e-1])
	}
}

// doubler doubles the gradient.
type doubler struct{ hook }

func (*doubler) OnGradient(_ context.Context, _ *crux.Step, grad []float64) error {
	floats.Scale(2, grad)
	return nil
}

func TestGradientHook(t *testing.T) {
	p := newPoisson()
	sgd := func(lr float64) crux.Options {
		return crux.Options{Method: &optim.SGD{LR: optim.Constant(lr)}}
	}
	doubled, plain := newSolver(t, p.Problem, sgd(1e-3)), newSolver(t, p.Problem, sgd(2e-3))
	// measuring doubles nothing, and a callback that fails does not keep the update from being made
	if err := doubled.Measure(context.Background(), &doubler{}); err != nil {
		t.Fatal(err)
	}
	fails := onStep(func(context.Context, *crux.Step) error { return errors.New("no more") })
	if res, err := doubled.Solve(context.Background(), 2, &doubler{}, fails); err == nil || res.Steps != 1 {
		t.Fatalf("%d steps, %v", res.Steps, err)
	}
	solve(t, doubled, 3, &doubler{})
	solve(t, plain, 4)
	sameBits(t, "theta", doubled.Theta(), plain.Theta())
}

// updates keeps the parameters that steps have made, and ends the stage at one of them.
type updates struct {
	hook
	made [][]float64
	last int
}

func (u *updates) OnUpdate(_ context.Context, r *crux.Run) error {
	u.made = append(u.made, r.Solver().Theta())
	if r.Epoch() == u.last {
		return crux.NextStage("far enough")
	}
	return nil
}

// OnUpdate sees what the next step begins with, and what ends a run by it is the end of the run.
func TestUpdateHook(t *testing.T) {
	s := newSolver(t, newPoisson().Problem, crux.Options{})
	var seen [][]float64
	u := &updates{last: 3, hook: hook{step: func(_ context.Context, s *crux.Step) error {
		seen = append(seen, s.Theta())
		return nil
	}}}
	res, err := s.Solve(context.Background(), 10, u)
	if err != nil || res.Steps != 4 || res.Status != crux.Stopped || res.Reason != "far enough" {
		t.Fatalf("%+v, %v", res, err)
	}
	for i, made := range u.made {
		if i+1 < len(seen) {
			sameBits(t, "theta", made, seen[i+1])
		} else {
			sameBits(t, "theta", made, s.Theta())
		}
	}
	if len(u.made) != 4 {
		t.Errorf("%d updates seen", len(u.made))
	}
}

func TestSelect(t *testing.T) {
	s := newSolver(t, newPoisson().Problem, crux.Options{})
	solve(t, s, 0, &hook{begin: func(r *crux.Run) error {
		all, err := r.Select(nil)
		if err != nil || slices.Contains(all, false) || len(all) != r.Parameters() {
			t.Errorf("nil selects %v, %v", all, err)
		}
		last, err := r.Select(ph.Paths("u/layer2/*"))
		n := 0
		for _, in := range last {
			if in {
				n++
			}
		}
		if err != nil || n != 8 {
			t.Errorf("the last layer has %d parameters, %v; want 8", n, err)
		}
		if _, err := r.Select(ph.Paths("v/*")); err == nil {
			t.Error("nothing selected is no error")
		}
		if _, err := r.Constraints("nope"); err == nil {
			t.Error("an unknown constraint is no error")
		}
		return nil
	}})
}

// note is a callback that records under one key.
type note struct{ hook }

func (*note) OnStep(_ context.Context, s *crux.Step) error { return s.Record("note", float64(s.Epoch)) }

// page keeps what is recorded.
type page struct{ keys []string }

func (p *page) Record(m crux.Metric) error { p.keys = append(p.keys, m.Key); return nil }

// Callbacks of one type do not write over each other, whichever of them fires first, and the run knows them all.
func TestCallbacksOfOneTypeRecordApart(t *testing.T) {
	p := &page{}
	s := newSolver(t, newPoisson().Problem, crux.Options{Recorders: []crux.Recorder{p}})
	a, b := &note{}, &note{}
	f := onStep(func(_ context.Context, s *crux.Step) error { return s.Record("f", 0) })
	seen := 0
	look := &hook{begin: func(r *crux.Run) error {
		seen = len(r.Callbacks())
		if r.Suffix(a) != "" || r.Suffix(b) != "@2" || r.Suffix(f) != "" || r.Suffix(nil) != "" {
			t.Errorf("suffixes %q, %q, %q", r.Suffix(a), r.Suffix(b), r.Suffix(f))
		}
		return nil
	}}
	solve(t, s, 1, f, a, look, b, f, a)
	if want := []string{"loss", "loss/pde", "loss/bc", "f", "note", "note@2", "f", "note"}; !slices.Equal(p.keys, want) {
		t.Errorf("recorded %q, want %q", p.keys, want)
	}
	if seen != 6 {
		t.Errorf("the run has %d callbacks", seen)
	}
}
