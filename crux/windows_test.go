package crux_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/weights"
)

// swing is u″ + ω²u = 0 with u(0) = 1 and u′(0) = 0 on [0, 3]: u = cos ωt. Conditions are constraints, so that the state at
// the end of a window is what its network has come to.
type swing struct {
	t    *ph.Coord
	u    *ph.Field
	line *domain.Box
	crux.Problem
}

const omega = 2.0

func newSwing() *swing {
	p := &swing{t: ph.NewCoord("t")}
	p.line = domain.NewInterval(p.t, 0, 3)
	p.u = ph.NewField("u", net.MLP{Hidden: []int{12}}, p.t)
	start := p.line.Face(p.t, 0, 1)
	p.Problem = crux.Problem{Name: "swing", Constraints: []crux.Constraint{
		{Name: "ode", Residual: p.u.D(p.t, p.t).Add(p.u.Scale(omega * omega)), On: p.line.Interior(40)},
		{Name: "value", Residual: p.u.Shift(-1), On: start, Weight: 10},
		{Name: "rest", Residual: p.u.D(p.t), On: start},
	}}
	return p
}

func (p *swing) options() crux.Options {
	return crux.Options{
		Method:  optim.Phases(optim.Phase{Method: &optim.Adam{LR: optim.Constant(1e-2)}, Steps: 50}, optim.Phase{Method: &optim.LevenbergMarquardt{}}),
		Windows: &crux.Windows{Coord: p.t, Count: 3, Steps: 90}, Seed: 1,
	}
}

// The whole is one function: it solves the equation at all times, and value and slope continue where windows meet, to round-off.
func TestWindows(t *testing.T) {
	p := newSwing()
	s := newSolver(t, p.Problem, p.options())
	res := solve(t, s, 1000)
	if res.Status != crux.Completed && res.Status != crux.Converged {
		t.Errorf("%v: %s", res.Status, res.Reason)
	}
	exact := ph.Cos(p.t.Scale(omega))
	e, err := s.Eval(p.u.Sub(exact), p.line.Grid(301))
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range e.RawMatrix().Data {
		if math.Abs(v) > 1e-6 {
			t.Fatalf("error %v at t = %v", v, 0.01*float64(i))
		}
	}
	for k, at := range []float64{1, 2} {
		h := 1e-13 // on both sides of the end of a window
		both := domain.FromData([]*ph.Coord{p.t}, []float64{at - h, at}, nil)
		for _, q := range []ph.Expr{p.u, p.u.D(p.t)} {
			v, err := s.Eval(q, both)
			if err != nil {
				t.Fatal(err)
			}
			if d := v.At(0, 0) - v.At(1, 0); math.Abs(d) > 1e-11 {
				t.Errorf("%v jumps by %v after window %d", q, d, k+1)
			}
		}
	}
	list := s.Windows()
	sum := 0
	for k, w := range list {
		if w.Steps < 1 || w.Steps > 90 || w.From != float64(k) || w.To != float64(k+1) || !(w.Loss < 1e-6) {
			t.Errorf("window %d: %+v", k+1, w)
		}
		sum += w.Steps
	}
	if len(list) != 3 || sum != res.Epoch {
		t.Errorf("%d windows, %d steps of %d", len(list), sum, res.Epoch)
	}
	// the residuals are those of the whole, and so are the losses
	c, err := s.Cloud("ode")
	if err != nil {
		t.Fatal(err)
	}
	lo, hi := 3.0, 0.0
	for _, x := range c.X {
		lo, hi = min(lo, x), max(hi, x)
	}
	if c.Len() != 40 || lo > 0.3 || hi < 2.7 {
		t.Errorf("%d points from %v to %v", c.Len(), lo, hi)
	}
	r, err := s.Residuals("ode")
	if err != nil {
		t.Fatal(err)
	}
	mean := 0.0
	for _, v := range r.RawMatrix().Data {
		mean += v * v / 40
	}
	if math.Abs(mean-res.Losses[0]) > 1e-12*mean {
		t.Errorf("loss %v, mean square %v", res.Losses[0], mean)
	}
	// parameters and the step alone, as from a file without a checkpoint, are the whole as well
	bare := newSolver(t, p.Problem, p.options())
	st, err := bare.State()
	if err != nil {
		t.Fatal(err)
	}
	st.Epoch = s.Epoch()
	if err := bare.SetState(st); err != nil {
		t.Fatal(err)
	}
	for _, q := range s.Parameters() {
		if err := bare.SetParameter(q.Path, q.Data); err != nil {
			t.Fatal(err)
		}
	}
	losses, err := bare.Losses(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	sameBits(t, "losses of parameters alone", losses, res.Losses)
	// there is nothing left to train
	again := solve(t, s, 10)
	if again.Steps != 0 || again.Status != crux.Completed {
		t.Errorf("%d steps more, %v", again.Steps, again.Status)
	}
}

// Points of a window lie in it, and what belongs to the beginning of all times neither trains nor moves later.
func TestWindowPoints(t *testing.T) {
	p := newSwing()
	o := p.options()
	o.Method, o.Windows.Steps = nil, 3
	o.Windows.Times, o.Windows.Count = []float64{0.5, 2}, 0
	s := newSolver(t, p.Problem, o)
	ends := []float64{0, 0.5, 2, 3}
	seen := map[int]bool{}
	solve(t, s, 9, onStep(func(_ context.Context, st *crux.Step) error {
		k, n := st.Run.Stage()
		seen[k] = true
		if n != 3 || k != st.Epoch/3 {
			t.Errorf("step %d in window %d of %d", st.Epoch, k, n)
		}
		others, err := st.Run.Specification(0).Draw(st.Run.Solver().Stream("others")) // as callbacks do that move points
		if err != nil {
			return err
		}
		for _, x := range append(others.X, st.Run.Points(0).X...) {
			if x < ends[k] || x > ends[k+1] {
				t.Errorf("point %v in window %d", x, k)
			}
		}
		if x := st.Run.Points(1).X; len(x) != 1 || x[0] != 0 {
			t.Errorf("the start is at %v", x)
		}
		g, err := st.Run.Gradients().At(context.Background(), st)
		if err != nil {
			return err
		}
		for i := 1; i < 3; i++ {
			norm := 0.0
			for _, v := range g.RawRowView(i) {
				norm += math.Abs(v)
			}
			if (k == 0) != (norm > 0) || (k == 0) != (st.Weights[i] > 0) {
				t.Errorf("window %d: constraint %d has gradient %v and weight %v", k, i, norm, st.Weights[i])
			}
		}
		return nil
	}))
	if len(seen) != 3 {
		t.Errorf("windows %v", seen)
	}
}

// A state taken anywhere, also exactly where windows meet and where one converged before its steps, continues to the bit.
func TestWindowsResume(t *testing.T) {
	build := func() *crux.Solver {
		p := newSwing()
		o := p.options()
		o.Weights = &weights.ReLoBRaLo{}
		o.Method = optim.Phases(optim.Phase{Method: &optim.Adam{LR: optim.Constant(1e-2)}, Steps: 6}, optim.Phase{Method: &optim.SSBroyden{}, Steps: 8})
		o.Windows.Steps = 20 // never reached: the phases converge after 14
		p.Constraints[0].On = p.line.Interior(40).Every(4)
		p.Constraints[0].PointWeights = &weights.RBA{Gamma: 0.9, Eta: 0.1}
		return newSolver(t, p.Problem, o)
	}
	whole := build()
	solve(t, whole, 60)
	if n := whole.Epoch(); n >= 60 || n < 40 {
		t.Fatalf("%d steps", n)
	}
	for _, cut := range []int{5, 13, 14, 15, 16, 22, 29, 30, 31, whole.Epoch() - 1} {
		second := build()
		resumes(t, build(), second, whole, cut, 60)
		if a, b := second.Windows(), whole.Windows(); a[0] != b[0] || a[1] != b[1] || a[2] != b[2] {
			t.Errorf("cut at %d: windows %v, want %v", cut, a, b)
		}
	}
}

// What only warms up is part of the first window alone.
func TestWindowsAreStarted(t *testing.T) {
	p := newSwing()
	o := p.options()
	o.Method = optim.Phases(optim.Phase{Method: &optim.Adam{}, Steps: 4, WarmUp: true}, optim.Phase{Method: &optim.SSBroyden{}, Steps: 3})
	s := newSolver(t, p.Problem, o)
	solve(t, s, 60)
	w := s.Windows() // each with the step that finds its end
	if got, want := []int{w[0].Steps, w[1].Steps, w[2].Steps}, []int{8, 4, 4}; !slices.Equal(got, want) {
		t.Errorf("windows have %v steps, want %v", got, want)
	}
}

// A method that draws residuals draws those of the window that is trained, whether or not it has seen another one.
func TestWindowsResumeSampled(t *testing.T) {
	build := func() *crux.Solver {
		p := newSwing()
		o := p.options()
		o.Method = optim.Phases(optim.Phase{Method: &optim.Adam{LR: optim.Constant(1e-2)}, Steps: 3}, optim.Phase{Method: &optim.LevenbergMarquardt{Rows: 10}, Steps: 7})
		o.Windows.Steps = 10
		return newSolver(t, p.Problem, o)
	}
	whole := build()
	solve(t, whole, 30)
	for _, cut := range []int{12, 25} {
		resumes(t, build(), build(), whole, cut, 30)
	}
}

// The state between any two steps is the same.
func TestWindowsResumeFromStep(t *testing.T) {
	build := func() *crux.Solver {
		p := newSwing()
		o := p.options()
		o.Method = optim.Phases(optim.Phase{Method: &optim.Adam{LR: optim.Constant(1e-2)}, Steps: 3}, optim.Phase{Method: &optim.SSBroyden{}, Steps: 4})
		o.Windows.Steps = 20
		p.Constraints[0].On = p.line.Interior(40).Every(3)
		return newSolver(t, p.Problem, o)
	}
	if n := resumesFromSteps(t, build, 60); n < 20 {
		t.Errorf("%d states", n)
	}
}

// A second derivative in time beside one in space, which are collapsed into one coefficient, also of what earlier windows left.
func TestWindowsOfWaves(t *testing.T) {
	x, y := ph.Coords2("t", "x")
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	raw := ph.NewField("u", net.MLP{Hidden: []int{8}}, x, y)
	u := ph.Sin(y.Scale(math.Pi)).Add(x.Pow(2).Mul(y, ph.Const(1).Sub(y), raw))
	s := newSolver(t, crux.Problem{Name: "wave", Constraints: []crux.Constraint{
		{Residual: u.D(x, x).Sub(u.D(y, y)), On: box.Interior(150)},
	}}, crux.Options{
		Method:  optim.Phases(optim.Phase{Method: &optim.Adam{LR: optim.Constant(1e-2)}, Steps: 50}, optim.Phase{Method: &optim.LevenbergMarquardt{}}),
		Windows: &crux.Windows{Coord: x, Count: 3, Steps: 80},
	})
	solve(t, s, 240)
	e, err := s.Eval(u.Sub(ph.Sin(y.Scale(math.Pi)).Mul(ph.Cos(x.Scale(math.Pi)))), box.Grid(31))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range e.RawMatrix().Data {
		if !(math.Abs(v) < 1e-2) {
			t.Fatalf("error %v", v)
		}
	}
}

func TestWindowMistakes(t *testing.T) {
	for want, change := range map[string]func(*swing, *crux.Options){
		"no Coord":              func(_ *swing, o *crux.Options) { o.Windows.Coord = nil },
		"z is not a coordinate": func(_ *swing, o *crux.Options) { o.Windows.Coord = ph.NewCoord("z") },
		"Steps is 0":            func(_ *swing, o *crux.Options) { o.Windows.Steps = 0 },
		"Count is 1":            func(_ *swing, o *crux.Options) { o.Windows.Count = 1 },
		"the same thing":        func(_ *swing, o *crux.Options) { o.Windows.Times = []float64{1} },
		"a window from 2 to 1":  func(_ *swing, o *crux.Options) { o.Windows.Count, o.Windows.Times = 0, []float64{2, 1} },
		"a window from 4 to 3":  func(_ *swing, o *crux.Options) { o.Windows.Count, o.Windows.Times = 0, []float64{4} },
		"Onset is -1":           func(_ *swing, o *crux.Options) { o.Windows.Onset = -1 },
		"no point in the first window": func(p *swing, _ *crux.Options) {
			p.Constraints[1].On = p.line.Face(p.t, 3, 1)
		},
		"the parameter k belongs to all times": func(p *swing, _ *crux.Options) {
			p.Constraints[0].Residual = p.Constraints[0].Residual.Add(ph.NewParam("k", 1))
		},
		`field "c" is not a function of t`: func(p *swing, _ *crux.Options) {
			x := ph.NewCoord("x")
			c := ph.NewField("c", net.MLP{}, x)
			p.Constraints = append(p.Constraints, crux.Constraint{Residual: c, On: domain.NewBox(domain.In(p.t, 0, 3), domain.In(x, 0, 1)).Interior(5)})
		},
	} {
		p := newSwing()
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
	p := newSwing()
	s := newSolver(t, p.Problem, p.options())
	st, err := s.State()
	if err != nil {
		t.Fatal(err)
	}
	o := p.options()
	o.Windows = nil
	plain := newSolver(t, p.Problem, o)
	if err := plain.SetState(st); err == nil {
		t.Error("a solver without windows takes a state with some")
	}
	o = p.options()
	o.Windows.Count = 2
	if err := newSolver(t, p.Problem, o).SetState(st); err == nil {
		t.Error("two windows take the state of three")
	}
	if err := s.SetParameter("windows/behind", []float64{3}); err == nil {
		t.Error("three windows behind, of three")
	}
}

// NextStage ends a window, and in the last one the run. Workers do not matter.
func TestNextStage(t *testing.T) {
	var runs []*crux.Solver
	for _, workers := range []int{1, 3} {
		p := newSwing()
		o := p.options()
		o.Workers = workers
		s := newSolver(t, p.Problem, o)
		res, err := s.Solve(context.Background(), 100, onStep(func(_ context.Context, st *crux.Step) error {
			if k, _ := st.Run.Stage(); st.Epoch == 10*(k+1)-1 {
				return crux.NextStage("enough")
			}
			return nil
		}))
		if err != nil || res.Status != crux.Stopped || res.Reason != "enough" || res.Epoch != 30 {
			t.Errorf("%v: %s at %d, %v", res.Status, res.Reason, res.Epoch, err)
		}
		runs = append(runs, s)
	}
	sameRun(t, runs[1], runs[0])
	if !errors.Is(crux.NextStage(""), crux.ErrStop) {
		t.Error("without windows it is no stop")
	}
}

// idle is a method that does nothing for its first steps, which no window starts over.
type idle struct {
	optim.Method
	steps int
}

func (m *idle) Step(ctx context.Context, f optim.Objective, theta []float64) (float64, error) {
	if m.steps--; m.steps >= 0 {
		return f.Loss(ctx, theta)
	}
	return m.Method.Step(ctx, f, theta)
}

// A first window that nobody has solved is named as soon as the second one is, which continues something else easily; a run whose
// windows are all solved names none.
func TestUnsolvedWindow(t *testing.T) {
	for _, c := range []struct {
		idle, steps int
		named       bool
	}{{30, 30, false}, {30, 59, false}, {30, 60, true}, {30, 90, true}, {0, 90, false}} {
		p := newSwing()
		o := p.options()
		o.Method, o.Windows.Steps = &idle{&optim.LevenbergMarquardt{}, c.idle}, 30
		s := newSolver(t, p.Problem, o)
		solve(t, s, c.steps)
		if k, ok := s.Unsolved(); ok != c.named || k != 0 {
			t.Errorf("%+v: window %d, %v; %+v", c, k, ok, s.Windows())
		}
	}
}

// The losses are those of runs of lotka_volterra_long and convection that went well, and of one of the former that did not.
func TestUnsolvedLosses(t *testing.T) {
	for name, c := range map[string]struct {
		ends  []float64
		first float64
		want  int // −1 for none
	}{
		"well":                     {[]float64{6e-16, 9e-17, 1e-15, 5e-17, 9e-15, 5e-14, 4e-16, 2e-14}, 1e4, -1},
		"well enough":              {[]float64{8e-2, 2e-1, 5e-4, 2e-4}, 4e2, -1},
		"the first one":            {[]float64{2e2, 1e-6, 2e-4, 9e-5, 5e-3, 4e-8}, 1e4, 0},
		"the first one, so far":    {[]float64{2e2}, 1e4, -1},
		"one of those in between":  {[]float64{1e-9, 1e-8, 1e-1, 1e-3}, 1e4, 2},
		"the last one":             {[]float64{1e-9, 1e-8, 1e-1}, 1e4, 2},
		"small all the same":       {[]float64{1e-8, 1e-16, 1e-16}, 1e4, -1},
		"a problem that is harder": {[]float64{1e-9, 1e-7, 1e-5, 1e-3, 1e-1}, 1e4, -1},
	} {
		k, ok := crux.Unsolved(c.ends, c.first)
		if ok != (c.want >= 0) || ok && k != c.want {
			t.Errorf("%s: window %d, %v; want %d", name, k, ok, c.want)
		}
	}
}

// A window is measured with what it has left behind, on points of its own, in the middle of a run that does not notice.
func TestMeasureWindow(t *testing.T) {
	p := newSwing()
	s, plain := newSolver(t, p.Problem, p.options()), newSolver(t, p.Problem, p.options())
	solve(t, s, 200) // in the third window
	var theta [][]float64
	for k := range 3 {
		look := onStep(func(_ context.Context, m *crux.Step) error {
			theta = append(theta, m.Theta())
			if at, _ := m.Run.Stage(); at != k || k < 2 && !(m.Losses[0] < 1e-3) {
				t.Errorf("window %d: stage %d, losses %v", k, at, m.Losses)
			}
			for _, x := range m.Run.Points(0).X {
				if x < float64(k) || x > float64(k+1) {
					t.Errorf("window %d has a point at %v", k, x)
				}
			}
			return nil
		})
		if err := s.MeasureWindow(context.Background(), k, nil, look); err != nil {
			t.Fatal(err)
		}
	}
	sameBits(t, "parameters of the last window", theta[2], s.Theta())
	if slices.Equal(theta[0], theta[1]) {
		t.Error("two windows have the same parameters")
	}
	if err := s.MeasureWindow(context.Background(), 3, nil); err == nil {
		t.Error("there is no fourth window")
	}
	solve(t, s, 60)
	solve(t, plain, 260)
	sameBits(t, "parameters", s.Theta(), plain.Theta())
	for k, w := range s.Windows() {
		if w != plain.Windows()[k] {
			t.Errorf("window %d is %+v, without a look %+v", k, w, plain.Windows()[k])
		}
	}
}

// What grows by a factor of 3000 leaves the networks of later windows with numbers of order one.
func TestWindowsOfGrowth(t *testing.T) {
	x := ph.NewCoord("t")
	line := domain.NewInterval(x, 0, 8)
	u := ph.NewField("u", net.MLP{Hidden: []int{12}}, x)
	s := newSolver(t, crux.Problem{Name: "growth", Constraints: []crux.Constraint{
		{Name: "ode", Residual: u.D(x).Sub(u), On: line.Interior(80)},
		{Name: "start", Residual: u.Shift(-1), On: line.Face(x, 0, 1)},
	}}, crux.Options{Method: &optim.LevenbergMarquardt{}, Windows: &crux.Windows{Coord: x, Count: 8, Steps: 60}, Seed: 1})
	solve(t, s, 480)
	got, err := s.Eval(u, domain.At([]*ph.Coord{x}, []float64{8}))
	if err != nil {
		t.Fatal(err)
	}
	if rel := got.At(0, 0)/math.Exp(8) - 1; math.Abs(rel) > 1e-5 {
		t.Errorf("u(8) is %v, off by %.1e of it", got.At(0, 0), rel)
	}
}

// The networks of a window begin as the functions that they were in the window before, in whatever units: where they stand in exponents, 64 times
// as much would be beyond all numbers.
func TestWindowsOfExponents(t *testing.T) {
	x := ph.NewCoord("t")
	line := domain.NewInterval(x, 0, 1)
	u := ph.NewField("u", net.MLP{Hidden: []int{12}}, x)
	s := newSolver(t, crux.Problem{
		Name: "exponents", Fields: map[*ph.Field]ph.Expr{u: ph.Exp(x.Mul(u))},
		Constraints: []crux.Constraint{{Name: "ode", Residual: u.D(x).Div(u).Scale(1.0 / 128).Shift(-1), On: line.Interior(80)}},
	}, crux.Options{Method: &optim.LevenbergMarquardt{}, Windows: &crux.Windows{Coord: x, Count: 4, Steps: 40}, Seed: 1})
	var turned []float64
	last := 0
	solve(t, s, 160, onStep(func(_ context.Context, st *crux.Step) error {
		if k, _ := st.Run.Stage(); k != last {
			last, turned = k, append(turned, st.Loss)
		}
		return nil
	}))
	if len(turned) != 3 || !(slices.Max(turned) < 100) {
		t.Errorf("windows begin at losses of %v", turned)
	}
}
