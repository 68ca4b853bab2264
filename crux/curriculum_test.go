package crux_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/weights"
)

// wind is u_t + β u_x = ν (u_xx + u_tt) with a source in which β is an exponent, too; ν = 0.1/β.
type wind struct {
	t, x *ph.Coord
	u    ph.Expr
	box  *domain.Box
	beta ph.Expr
	crux.Problem
}

func newWind(beta ph.Expr) *wind {
	p := &wind{beta: beta}
	p.t, p.x = ph.Coords2("t", "x")
	p.box = domain.NewBox(domain.In(p.t, 0, 1), domain.In(p.x, 0, 1))
	raw := ph.NewField("u", net.MLP{Hidden: []int{8}}, p.t, p.x)
	p.u = ph.Sin(p.x.Mul(beta)).Add(p.t.Mul(raw)) // what is built in follows the constant
	nu := ph.Const(0.1).Div(beta)
	p.Problem = crux.Problem{Name: "wind", Constraints: []crux.Constraint{
		{Name: "pde", Residual: p.u.D(p.t).Add(beta.Mul(p.u.D(p.x))).Sub(nu.Mul(ph.Laplacian(p.u, p.t, p.x)), ph.Power(p.x, beta)), On: p.box.Interior(60)},
		{Name: "end", Residual: p.u.Sub(beta), On: p.box.Face(p.x, 1, 15)},
	}}
	return p
}

// options train three lessons of 15 steps: the phases converge after 14, which the step after those finds.
func (p *wind) options() crux.Options {
	return crux.Options{
		Method:     optim.Phases(optim.Phase{Method: &optim.Adam{LR: optim.Constant(1e-2)}, Steps: 6}, optim.Phase{Method: &optim.SSBroyden{}, Steps: 8}),
		Weights:    &weights.ReLoBRaLo{},
		Curriculum: &crux.Curriculum{Of: p.beta.(*ph.Param), Values: []float64{1, 2}, Steps: 20}, Seed: 1,
	}
}

func newLessons(t testing.TB, workers int) *crux.Solver {
	t.Helper()
	p := newWind(ph.NewConstant("beta", 3))
	o := p.options()
	o.Workers = workers
	p.Constraints[0].On = p.box.Interior(60).Every(4)
	p.Constraints[0].PointWeights = &weights.RBA{Gamma: 0.9, Eta: 0.1}
	return newSolver(t, p.Problem, o)
}

// Each lesson is the problem stated with its value: losses and gradients have the same bits, and so has what is evaluated.
func TestCurriculum(t *testing.T) {
	beta := ph.NewConstant("beta", 3)
	p := newWind(beta)
	o := p.options()
	o.Weights = nil
	s := newSolver(t, p.Problem, o)
	for k, value := range []float64{1, 2, 3} {
		solve(t, s, [...]int{0, 16, 15}[k]) // to the first step of the lesson
		plain := newWind(ph.Const(value))
		w := newSolver(t, plain.Problem, crux.Options{Seed: 1})
		if err := w.SetTheta(s.Theta()); err != nil {
			t.Fatal(err)
		}
		for _, a := range []struct {
			what   string
			values func(*crux.Solver, *wind) ([]float64, error)
		}{
			{"losses", func(s *crux.Solver, _ *wind) ([]float64, error) { return s.Losses(context.Background()) }},
			{"gradients", func(s *crux.Solver, _ *wind) ([]float64, error) {
				g, err := s.Gradients(context.Background())
				return g.RawMatrix().Data, err
			}},
			{"u - beta", func(s *crux.Solver, p *wind) ([]float64, error) {
				v, err := s.Eval(p.u.Sub(p.beta), p.box.Grid(5))
				return v.RawMatrix().Data, err
			}},
		} {
			got, err := a.values(s, p)
			if err != nil {
				t.Fatal(err)
			}
			want, err := a.values(w, plain)
			if err != nil {
				t.Fatal(err)
			}
			sameBits(t, fmt.Sprintf("lesson %d: %s", k, a.what), got, want)
		}
		if v := s.Value(beta); v != value {
			t.Errorf("lesson %d: beta is %v", k, v)
		}
	}
	res := solve(t, s, 100)
	if res.Epoch != 45 || res.Status != crux.Converged {
		t.Errorf("%v after %d steps: %s", res.Status, res.Epoch, res.Reason)
	}
	for k, l := range s.Lessons() {
		if l.Value != float64(k+1) || l.Steps != 15 || !(l.Loss > 0) {
			t.Errorf("lesson %d: %+v", k, l)
		}
	}
	if again := solve(t, s, 10); again.Steps != 0 || again.Reason != "ran all 3 lessons" {
		t.Errorf("%d steps more: %s", again.Steps, again.Reason)
	}
}

// A state taken anywhere, also exactly where lessons meet, continues to the bit, whatever the number of workers.
func TestCurriculumResume(t *testing.T) {
	whole := newLessons(t, 1)
	solve(t, whole, 60)
	if n := whole.Epoch(); n != 45 {
		t.Fatalf("%d steps", n)
	}
	for _, cut := range []int{5, 14, 15, 16, 22, 29, 30, 31, 44, 45} {
		second := newLessons(t, 1)
		resumes(t, newLessons(t, 2), second, whole, cut, 60)
		for k, l := range second.Lessons() {
			if l != whole.Lessons()[k] {
				t.Errorf("cut at %d: lesson %d is %+v, want %+v", cut, k, l, whole.Lessons()[k])
			}
		}
	}
}

// The state between any two steps is the same, also when callbacks move points as a lesson ends.
func TestCurriculumResumeFromStep(t *testing.T) {
	move := onStep(func(_ context.Context, st *crux.Step) error {
		if st.Epoch%3 != 1 {
			return nil
		}
		c, err := st.Run.Specification(1).Draw(st.Run.Solver().Stream(fmt.Sprintf("moved/%d", st.Epoch)))
		if err != nil {
			return err
		}
		return st.Run.SetPoints(1, c)
	})
	if n := resumesFromSteps(t, func() *crux.Solver { return newLessons(t, 1) }, 60, move); n != 45 {
		t.Errorf("%d states", n)
	}
}

// Parameters say which lesson they are of: set one by one, as from a file, they make the same problem.
func TestCurriculumParameters(t *testing.T) {
	first := newLessons(t, 1)
	solve(t, first, 20)
	second := newLessons(t, 1)
	for _, p := range first.Parameters() {
		if err := second.SetParameter(p.Path, p.Data); err != nil {
			t.Fatal(err)
		}
	}
	if got := second.Lessons(); got[1].Value != 2 {
		t.Errorf("%+v", got)
	}
	if err := second.SetParameter("beta", []float64{2.5}); err == nil || !strings.Contains(err.Error(), "[1 2 3]") {
		t.Errorf("%v", err)
	}
}

// A constant without a curriculum is its value; NextStage ends a lesson, and in the last one the run.
func TestConstantAlone(t *testing.T) {
	p := newWind(ph.NewConstant("beta", 3))
	s := newSolver(t, p.Problem, crux.Options{Seed: 1})
	w := newSolver(t, newWind(ph.Const(3)).Problem, crux.Options{Seed: 1})
	a, err := s.Losses(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	b, err := w.Losses(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for i := range a {
		if math.Abs(a[i]-b[i]) > 1e-12*b[i] {
			t.Errorf("loss %d is %v, want %v", i, a[i], b[i])
		}
	}
	if s.Lessons() != nil {
		t.Error("lessons without a curriculum")
	}
	l := newLessons(t, 1)
	res := solve(t, l, 60, onStep(func(_ context.Context, st *crux.Step) error {
		if k, n := st.Run.Stage(); n != 3 || st.Epoch == 5*(k+1)-1 {
			return crux.NextStage("enough")
		}
		return nil
	}))
	if res.Status != crux.Stopped || res.Reason != "enough" || res.Epoch != 15 {
		t.Errorf("%v: %s at %d", res.Status, res.Reason, res.Epoch)
	}
}

func TestCurriculumMistakes(t *testing.T) {
	for want, change := range map[string]func(*wind, *crux.Options){
		"no Of":                        func(_ *wind, o *crux.Options) { o.Curriculum.Of = nil },
		"k is not a constant":          func(_ *wind, o *crux.Options) { o.Curriculum.Of = ph.NewParam("k", 1) },
		"gamma appears in no residual": func(_ *wind, o *crux.Options) { o.Curriculum.Of = ph.NewConstant("gamma", 5) },
		"constant gamma is NaN":        func(_ *wind, o *crux.Options) { o.Curriculum.Of = ph.NewConstant("gamma", math.NaN()) },
		"no other value than its own":  func(_ *wind, o *crux.Options) { o.Curriculum.Values = []float64{3} },
		"+Inf is not finite":           func(_ *wind, o *crux.Options) { o.Curriculum.Values = []float64{math.Inf(1)} },
		"3 is its own":                 func(_ *wind, o *crux.Options) { o.Curriculum.Values = []float64{3, 2} },
		"2 is listed twice":            func(_ *wind, o *crux.Options) { o.Curriculum.Values = []float64{2, 2} },
		"101 values":                   func(_ *wind, o *crux.Options) { o.Curriculum.Values = crux.LinearRamp(103, 3, 101) },
		"Steps is 0":                   func(_ *wind, o *crux.Options) { o.Curriculum.Steps = 0 },
		"take one of the two":          func(p *wind, o *crux.Options) { o.Windows = &crux.Windows{Coord: p.t, Count: 2, Steps: 1} },
	} {
		p := newWind(ph.NewConstant("beta", 3))
		o := p.options()
		change(p, &o)
		s, err := crux.New(p.Problem, o)
		if err == nil {
			s.Close() //nolint:errcheck
			t.Errorf("no error: %s", want)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	s := newLessons(t, 1)
	solve(t, s, 20)
	st, err := s.State()
	if err != nil {
		t.Fatal(err)
	}
	p := newWind(ph.NewConstant("beta", 3))
	o := p.options()
	p.Constraints[0].On = p.box.Interior(60).Every(4)
	p.Constraints[0].PointWeights = &weights.RBA{Gamma: 0.9, Eta: 0.1}
	o.Curriculum.Values = []float64{1.5, 2}
	if err := newSolver(t, p.Problem, o).SetState(st); err == nil || !strings.Contains(err.Error(), "beta = 1.5") {
		t.Errorf("a state of other lessons: %v", err)
	}
	o.Curriculum = nil
	if err := newSolver(t, p.Problem, o).SetState(st); err == nil || !strings.Contains(err.Error(), "Options.Curriculum") {
		t.Errorf("a state of lessons where there are none: %v", err)
	}
}

func TestRamps(t *testing.T) {
	for _, c := range []struct{ got, want []float64 }{
		{crux.LinearRamp(10, 30, 3), []float64{10, 20, 30}},
		{crux.LinearRamp(10, 30, 1), []float64{30}},
		{crux.GeometricRamp(1, 0.01, 3), []float64{1, 0.1, 0.01}},
		{crux.GeometricRamp(-8, -1, 4), []float64{-8, -4, -2, -1}},
	} {
		if fmt.Sprintf("%.12g", c.got) != fmt.Sprintf("%.12g", c.want) || c.got[len(c.got)-1] != c.want[len(c.want)-1] {
			t.Errorf("%v, want %v", c.got, c.want)
		}
	}
}

// A lesson ends, as a run does, when all reviewers have looked at what the method has converged to.
func TestCurriculumReviewer(t *testing.T) {
	p := newWind(ph.NewConstant("beta", 3))
	o := p.options()
	o.Method = &settled{from: 2}
	s := newSolver(t, p.Problem, o)
	res := solve(t, s, 60, &reviewer{})
	l := s.Lessons()
	if res.Status != crux.Converged || res.Epoch != 16 || l[0].Steps != 6 || l[1].Steps != 5 || l[2].Steps != 5 {
		t.Errorf("%v after %d steps, %+v", res.Status, res.Epoch, l)
	}
}
