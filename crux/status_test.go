package crux_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

func TestCancellation(t *testing.T) {
	for name, method := range methods {
		t.Run(name, func(t *testing.T) {
			p := newPoisson()
			s := newSolver(t, p.Problem, crux.Options{Method: method()})
			want := newSolver(t, p.Problem, crux.Options{Method: method()})
			cause := errors.New("terminated")
			ctx, cancel := context.WithCancelCause(context.Background())
			res, err := s.Solve(ctx, 100, onStep(func(_ context.Context, st *crux.Step) error {
				if st.Epoch == 3 {
					cancel(cause)
				}
				return nil
			}))
			if !errors.Is(err, cause) || res.Status != crux.Canceled || res.Reason != "terminated" {
				t.Errorf("%v, %q, %v", res.Status, res.Reason, err)
			}
			if res.Steps != 4 || res.Epoch != 4 || s.Epoch() != 4 {
				t.Errorf("%d steps, epoch %d and %d; want 4", res.Steps, res.Epoch, s.Epoch())
			}
			// the step under way was finished, as design.md section 6 asks, and the result is that of four whole steps
			last := solve(t, want, 4)
			sameBits(t, "theta", s.Theta(), want.Theta())
			sameBits(t, "losses", append(res.Losses, res.Loss), append(last.Losses, last.Loss))
		})
	}
	t.Run("before the first step", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		res, err := newSolver(t, newPoisson().Problem, crux.Options{}).Solve(ctx, 5)
		if !errors.Is(err, context.Canceled) || res.Status != crux.Canceled || res.Steps != 0 || !(res.Loss > 0) {
			t.Errorf("%+v, %v", res, err)
		}
	})
}

func TestStop(t *testing.T) {
	s := newSolver(t, newPoisson().Problem, crux.Options{})
	var log []string
	later := &diary{"later", &log}
	res, err := s.Solve(context.Background(), 10, onStep(func(_ context.Context, st *crux.Step) error {
		if st.Epoch == 2 {
			return fmt.Errorf("at epoch 2: %w", crux.Stop("good enough"))
		}
		return nil
	}), later)
	if err != nil || res.Status != crux.Stopped || res.Reason != "good enough" || res.Steps != 3 {
		t.Errorf("%+v, %v", res, err)
	}
	if n := len(log); n < 3 || log[n-3] != "later step 2" || log[n-2] != "later gradient" || log[n-1] != "later end stopped" {
		t.Errorf("the other callback saw %q", log)
	}
	// the step that was stopped is complete, so the next one is measured; whether it is trained or measured is known
	measuring := onStep(func(_ context.Context, st *crux.Step) error {
		if st.Epoch != 3 || !st.Measuring() {
			t.Errorf("epoch %d, measuring: %v", st.Epoch, st.Measuring())
		}
		return nil
	})
	if err := s.Measure(context.Background(), measuring); err != nil {
		t.Error(err)
	}
	if !errors.Is(crux.Stop("x"), crux.ErrStop) {
		t.Error("Stop is not ErrStop")
	}
}

func TestConverged(t *testing.T) {
	x := ph.NewCoord("x")
	k := ph.NewParam("k", 0)
	line := domain.NewInterval(x, 0, 1)
	s := newSolver(t, crux.Problem{Name: "parabola", Constraints: []crux.Constraint{
		{Residual: k.Shift(-3).Mul(x.Shift(1)), On: line.Grid(5)},
	}}, crux.Options{Method: &optim.LBFGS{}})
	res, err := s.Solve(context.Background(), 100)
	if err != nil || res.Status != crux.Converged || res.Steps >= 100 || res.Reason == "" {
		t.Errorf("%+v, %v", res, err)
	}
	if v := s.Value(k); math.Abs(v-3) > 1e-8 {
		t.Errorf("k = %v", v)
	}
	if v := s.Value(ph.NewParam("other", 1)); !math.IsNaN(v) {
		t.Errorf("a parameter of no residual has the value %v", v)
	}
}

// A failing callback ends the run after the step, and its name and the step are in the error.
func TestFailed(t *testing.T) {
	s := newSolver(t, newPoisson().Problem, crux.Options{})
	full := errors.New("disk full")
	res, err := s.Solve(context.Background(), 10, onStep(func(_ context.Context, st *crux.Step) error {
		if st.Epoch == 4 {
			return full
		}
		return nil
	}))
	if !errors.Is(err, full) || res.Status != crux.Failed || res.Steps != 5 {
		t.Errorf("%+v, %v", res, err)
	}
	if want := "crux: step 4: *crux_test.hook: disk full"; err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
	// a run that cannot begin has a result as well
	res, err = s.Solve(context.Background(), 10, &hook{begin: func(*crux.Run) error { return full }})
	if !errors.Is(err, full) || res == nil || res.Status != crux.Failed || res.Epoch != 5 || !(res.Loss > 0) {
		t.Errorf("%+v, %v", res, err)
	}
	for _, wrong := range []func() (*crux.Result, error){
		func() (*crux.Result, error) { return s.Solve(context.Background(), -1) },
		func() (*crux.Result, error) { return s.Solve(context.Background(), 1, nil) },
	} {
		if res, err := wrong(); err == nil || res.Status != crux.Failed {
			t.Errorf("%+v, %v", res, err)
		}
	}
}

func TestDivergedNamesThePlace(t *testing.T) {
	x := ph.NewCoord("x")
	k := ph.NewParam("k", 2)
	line := domain.NewInterval(x, 0, 1)
	inner := ph.Log(k.Mul(x).Shift(-1)) // log(2x − 1) is NaN for x < 1/2
	s := newSolver(t, crux.Problem{Name: "log", Constraints: []crux.Constraint{
		{Name: "fine", Residual: k.Mul(x), On: line.Grid(3)},
		{Name: "data", Residual: inner.Mul(x).Add(k), On: domain.At([]*ph.Coord{x}, []float64{0.9, 0.25, 0.1})},
	}}, crux.Options{})
	res, err := s.Solve(context.Background(), 5)
	var d *crux.DivergedError
	if !errors.As(err, &d) || res.Status != crux.Diverged || res.Steps != 0 {
		t.Fatalf("%+v, %v", res, err)
	}
	if d.Problem != "log" || d.Constraint != "data" || d.Epoch != 0 || d.Point["x"] != 0.25 || d.Expr != inner || !math.IsNaN(d.Value) {
		t.Errorf("%+v", d)
	}
	for _, part := range []string{"step 0", `constraint "data"`, "log(", "is NaN at x=0.25", "status_test.go:"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not say %q", err, part)
		}
	}
}

// The loss may be finite where its gradient is not: √k at k = 0.
func TestDivergedGradient(t *testing.T) {
	x := ph.NewCoord("x")
	k := ph.NewParam("k", 0)
	line := domain.NewInterval(x, 0, 1)
	s := newSolver(t, crux.Problem{Name: "root", Constraints: []crux.Constraint{
		{Name: "fine", Residual: k.Add(x), On: line.Grid(3)},
		{Name: "root", Residual: ph.Sqrt(k).Add(x), On: line.Grid(3)},
	}}, crux.Options{})
	_, err := s.Solve(context.Background(), 5)
	var d *crux.DivergedError
	if !errors.As(err, &d) || d.Constraint != "root" || d.Parameter != "k" || d.Point != nil {
		t.Fatalf("%+v, %v", d, err)
	}
	if !strings.Contains(err.Error(), "derivative with respect to k is +Inf") {
		t.Errorf("error %q", err)
	}
}

// Residuals of 1e200 are numbers; their squares are not.
func TestDivergedSquare(t *testing.T) {
	x := ph.NewCoord("x")
	k := ph.NewParam("k", 1e200)
	s := newSolver(t, crux.Problem{Name: "huge", Constraints: []crux.Constraint{
		{Name: "huge", Residual: k.Add(x), On: domain.NewInterval(x, 0, 1).Grid(3)},
	}}, crux.Options{})
	_, err := s.Solve(context.Background(), 5)
	var d *crux.DivergedError
	if !errors.As(err, &d) || d.Point != nil || !strings.Contains(err.Error(), "too large to square") {
		t.Errorf("%v", err)
	}
}

// A line search walks back from where the loss is no number: √(0.01−k) has none beyond k = 0.01.
func TestLineSearchSurvivesNonFiniteTrials(t *testing.T) {
	x := ph.NewCoord("x")
	k := ph.NewParam("k", 0)
	s := newSolver(t, crux.Problem{Name: "edge", Constraints: []crux.Constraint{
		{Residual: ph.Sqrt(k.Neg().Shift(0.01)).Sub(x), On: domain.At([]*ph.Coord{x}, []float64{0.05})},
	}}, crux.Options{Method: &optim.LBFGS{}})
	res, err := s.Solve(context.Background(), 50)
	if err != nil {
		t.Fatalf("%+v, %v", res, err)
	}
	if v := s.Value(k); math.Abs(v-0.0075) > 1e-6 {
		t.Errorf("k = %v, want 0.0075", v)
	}
}

// A closed solver answers with errors.
func TestClosed(t *testing.T) {
	p := newPoisson()
	s := newSolver(t, p.Problem, crux.Options{Workers: 2})
	e, err := s.Compile(p.u, p.box.Grid(3))
	if err != nil {
		t.Fatal(err)
	}
	first, second := s.Close(), s.Close()
	if first != nil || second != nil {
		t.Error("Close fails")
	}
	_, err1 := s.Solve(t.Context(), 1)
	_, err2 := s.Eval(p.u, p.box.Grid(3))
	_, err3 := e.Eval()
	_, err4 := s.Losses(t.Context())
	_, err5 := s.Gradients(t.Context())
	_, err6 := s.Residuals("pde")
	for i, err := range []error{err1, err2, err3, err4, err5, err6, s.Measure(t.Context())} {
		if err == nil || !strings.Contains(err.Error(), "closed") {
			t.Errorf("%d: %v", i+1, err)
		}
	}
}

func TestParameters(t *testing.T) {
	x := ph.NewCoord("x")
	u := ph.NewField("u", net.Fourier{}, x)
	s := newSolver(t, crux.Problem{Name: "p", Constraints: []crux.Constraint{
		{Residual: u.D(x), On: domain.NewInterval(x, 0, 1).Interior(10)},
	}}, crux.Options{})
	var fixed, free *crux.Parameter
	for _, p := range s.Parameters() {
		if p.Fixed {
			fixed = &p
		} else if free == nil {
			free = &p
		}
	}
	if fixed == nil || free == nil {
		t.Fatal("Fourier features have no fixed parameter")
	}
	before, err := s.Losses(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []*crux.Parameter{fixed, free} {
		old := p.Data[0]
		p.Data[0] = old + 1
		if err := s.SetParameter(p.Path, p.Data); err != nil {
			t.Fatal(err)
		}
		after, _ := s.Losses(t.Context())
		if after[0] == before[0] {
			t.Errorf("%s has no effect", p.Path)
		}
		p.Data[0] = old
		if err := s.SetParameter(p.Path, p.Data); err != nil {
			t.Fatal(err)
		}
		back, _ := s.Losses(t.Context())
		sameBits(t, "losses", back, before)
	}
	for name, err := range map[string]error{
		"unknown path":    s.SetParameter("v/layer0/weight", nil),
		"too few values":  s.SetParameter(free.Path, free.Data[1:]),
		"not finite":      s.SetParameter(free.Path, append([]float64{math.NaN()}, free.Data[1:]...)),
		"a short theta":   s.SetTheta([]float64{1}),
		"infinite theta":  s.SetTheta(append([]float64{math.Inf(1)}, s.Theta()[1:]...)),
		"unknown names":   func() error { _, err := s.Residuals("x"); return err }(),
		"unknown cloud":   func() error { _, err := s.Cloud("x"); return err }(),
		"no points":       func() error { _, err := s.Eval(u, nil); return err }(),
		"no expression":   func() error { _, err := s.Eval(nil, domain.NewInterval(x, 0, 1).Grid(2)); return err }(),
		"other parameter": func() error { _, err := s.Eval(ph.NewParam("z", 1), domain.NewInterval(x, 0, 1).Grid(2)); return err }(),
		"other field": func() error {
			_, err := s.Eval(ph.NewField("v", net.MLP{}, x), domain.NewInterval(x, 0, 1).Grid(2))
			return err
		}(),
		"wrong coordinate": func() error { _, err := s.Eval(u, domain.NewInterval(ph.NewCoord("y"), 0, 1).Grid(2)); return err }(),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
