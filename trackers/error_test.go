package trackers_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
)

// estimated measures a solver once.
func estimated(t *testing.T, s *crux.Solver, e *trackers.Error) trackers.ErrorValue {
	t.Helper()
	if err := s.Measure(context.Background(), e); err != nil {
		t.Fatal(err)
	}
	v, ok := e.Value()
	if !ok {
		t.Fatal("nothing was measured")
	}
	return v
}

func trained(t *testing.T, p crux.Problem, o crux.Options, steps int) *crux.Solver {
	t.Helper()
	s, err := crux.New(p, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if _, err := s.Solve(context.Background(), steps); err != nil {
		t.Fatal(err)
	}
	return s
}

// The estimate follows the true error from the first steps to the last digits: never below a third of it, and never above thirty times.
func TestErrorFollowsTheTruth(t *testing.T) {
	x := ph.NewCoord("x")
	line := domain.NewInterval(x, 0, 1)
	u := ph.NewField("u", net.MLP{Hidden: []int{12, 12}}, x)
	exact := ph.Sin(x.Scale(2 * math.Pi))
	problem := crux.Problem{Constraints: []crux.Constraint{
		{Name: "pde", Residual: u.D(x, x).Add(exact.Scale(4 * math.Pi * math.Pi)), On: line.Interior(100)},
		{Name: "bc", Residual: u, On: line.Boundary(2)},
	}}
	s := trained(t, problem, crux.Options{Seed: 1, Method: optim.Phases(
		optim.Phase{Method: &optim.Adam{}, Steps: 50}, optim.Phase{Method: &optim.LevenbergMarquardt{}},
	)}, 1)
	first := 0.0
	for _, steps := range []int{1, 20, 29, 3, 3, 5, 10, 30} {
		if _, err := s.Solve(context.Background(), steps); err != nil {
			t.Fatal(err)
		}
		off, err := s.Eval(ph.Concat(u.Sub(exact), exact), line.Grid(501))
		if err != nil {
			t.Fatal(err)
		}
		var diff, size float64
		for i := range 501 {
			diff, size = math.Hypot(diff, off.At(i, 0)), math.Hypot(size, off.At(i, 1))
		}
		truth := min(diff/size, 1)
		v := estimated(t, s, &trackers.Error{})
		if got := v.Fields[0].Relative(); !(got > truth/3 && got < 30*truth) || !v.Fields[0].Determined() {
			t.Errorf("step %d: estimate %v, truth %v, %+v", s.Epoch(), got, truth, v.Fields[0])
		}
		if first == 0 {
			first = truth
		}
		if s.Epoch() == 102 && truth > 1e-8*first {
			t.Errorf("the error ends at %v, and nothing small was tested", truth)
		}
	}
}

// A residual that is linear in its numbers has an estimate that is the error itself, to rounding, by the normal equations.
func TestErrorOfNumbers(t *testing.T) {
	x := ph.NewCoord("x")
	line := domain.NewInterval(x, 0, 1)
	a, b := ph.NewParam("a", 1), ph.NewParam("b", 1)
	s := trained(t, crux.Problem{Constraints: []crux.Constraint{
		{Name: "line", Residual: a.Add(b.Mul(x)).Sub(ph.Const(3).Sub(x.Scale(2))), On: line.Interior(50)}, // a = 3, b = −2
	}}, crux.Options{}, 0)
	v := estimated(t, s, &trackers.Error{Params: []*ph.Param{a, b}})
	for i, want := range []float64{2, 3} { // |1 − 3|, |1 + 2|
		if e := v.Params[i]; math.Abs(e.Repairable-want) > 1e-6 || e.Left > 1e-6 || e.Size != 1 || e.Relative() != 1 {
			t.Errorf("%+v, want an error of %v", e, want)
		}
	}
}

// Without a condition a constant is free, and with one it is not; an eigenvalue leaves the amplitude free.
func TestErrorUndetermined(t *testing.T) {
	x := ph.NewCoord("x")
	line := domain.NewInterval(x, 0, 1)
	u := ph.NewField("u", net.MLP{Hidden: []int{10, 10}}, x)
	pde := crux.Constraint{Name: "pde", Residual: u.D(x, x).Add(ph.Sin(x)), On: line.Interior(60)}
	ends := crux.Constraint{Name: "ends", Residual: u, On: line.Boundary(2)}
	slope := crux.Constraint{Name: "slopes", Residual: u.D(x), On: line.Boundary(2)}
	eigen := crux.Constraint{Name: "pde", Residual: u.D(x, x).Add(u.Scale(math.Pi * math.Pi)), On: line.Interior(60)}
	near := crux.Constraint{Name: "pde", Residual: u.D(x, x).Add(u.Scale(9)).Sub(x), On: line.Interior(60)}
	for _, c := range []struct {
		name       string
		list       []crux.Constraint
		determined bool
	}{
		{"two values", []crux.Constraint{pde, ends}, true},
		{"no condition", []crux.Constraint{pde}, false},
		{"slopes only", []crux.Constraint{pde, slope}, false},
		{"an eigenvalue", []crux.Constraint{eigen, ends}, false},
		{"near an eigenvalue", []crux.Constraint{near, ends}, true},
	} {
		s := trained(t, crux.Problem{Constraints: c.list}, crux.Options{Seed: 2, Method: &optim.LevenbergMarquardt{}}, 40)
		if e := estimated(t, s, &trackers.Error{}).Fields[0]; e.Determined() != c.determined {
			t.Errorf("%s: %+v", c.name, e)
		}
	}
}

// What no equation contains has no estimate, and losses that are no squares have no residual to vanish.
func TestErrorOfNothing(t *testing.T) {
	x := ph.NewCoord("x")
	line := domain.NewInterval(x, 0, 1)
	u, v := ph.NewField("u", net.MLP{Hidden: []int{4}}, x), ph.NewField("v", net.MLP{Hidden: []int{4}}, x)
	s := trained(t, crux.Problem{Constraints: []crux.Constraint{
		{Name: "u", Residual: u.D(x).Add(u), On: line.Interior(20)},
		{Name: "energy", Residual: v.Mul(v), On: line.Interior(20), Loss: crux.Loss{Kind: crux.Mean}},
	}}, crux.Options{}, 1)
	got := estimated(t, s, &trackers.Error{Of: []trackers.Quantity{{Name: "u", Expr: u}, {Name: "v", Expr: v}}})
	if len(got.Fields) != 1 || got.Fields[0].Name != "u" || len(got.Residuals) != 1 {
		t.Errorf("%+v", got)
	}
	s = trained(t, crux.Problem{Constraints: []crux.Constraint{
		{Name: "energy", Residual: v.Mul(v), On: line.Interior(20), Loss: crux.Loss{Kind: crux.Mean}},
	}}, crux.Options{}, 1)
	if err := s.Measure(context.Background(), &trackers.Error{}); err == nil {
		t.Error("no error for an energy")
	}
}

// The quadrature of an integral whose integrand is singular inside is not exact, and the estimate has that in it: the residual at its own nodes
// vanishes, and the error is some percent.
func TestErrorOfQuadrature(t *testing.T) {
	x, s := ph.NewCoord("x"), ph.NewCoord("s")
	line := domain.NewInterval(x, 0, 1)
	u := ph.NewField("u", net.MLP{Hidden: []int{8}}, x)
	middle := ph.Integrate(u.Subst(x, s).Div(ph.Sqrt(ph.Abs(x.Scale(0.5).Sub(s)))), s, ph.Const(0), x, 20) // of 1: 2√2·√x
	solver := trained(t, crux.Problem{Constraints: []crux.Constraint{
		{Name: "middle", Residual: middle.Sub(ph.Sqrt(x.Scale(8))), On: line.Interior(60)},
	}}, crux.Options{Seed: 1, Method: &optim.LevenbergMarquardt{}}, 60)
	v, err := solver.Eval(u, line.Grid(101))
	if err != nil {
		t.Fatal(err)
	}
	truth := 0.0
	for i := range 101 {
		truth = math.Hypot(truth, v.At(i, 0)-1) // over ‖1‖ = √101
	}
	truth /= math.Sqrt(101)
	if e := estimated(t, solver, &trackers.Error{}).Fields[0].Relative(); truth < 1e-3 || !(e > truth/4 && e < 4*truth) {
		t.Errorf("estimate %v, truth %v", e, truth)
	}
}

// What the nodes of an integral leave out is told beside the residual: here of ∫ cos 60s ds from 0 to 1, by rules of gonum.
func TestLeftOut(t *testing.T) {
	x, s := ph.NewCoord("x"), ph.NewCoord("s")
	line := domain.NewInterval(x, 0, 1)
	u := ph.NewField("u", net.MLP{Hidden: []int{4}}, x)
	integral := ph.Integrate(ph.Cos(s.Scale(60)), s, ph.Const(0), ph.Const(1), 20)
	solver := trained(t, crux.Problem{Constraints: []crux.Constraint{
		{Name: "with", Residual: u.Sub(integral), On: line.Interior(20), Scale: 4},
		{Name: "without", Residual: u.D(x), On: line.Interior(20)},
	}}, crux.Options{Seed: 1, Method: &optim.LevenbergMarquardt{}}, 1)
	by := func(nodes int) float64 {
		return quad.Fixed(func(s float64) float64 { return math.Cos(60 * s) }, 0, 1, nodes, quad.Legendre{}, 0)
	}
	want := math.Abs(by(40) - by(20))
	list := estimated(t, solver, &trackers.Error{}).Residuals
	if got := list[0]; got.Nodes != 20 || got.Finer != 40 || math.Abs(got.LeftOut-want) > 1e-12 || want < 1e-6 {
		t.Errorf("%+v, want %v", got, want)
	}
	if got := list[1]; got.Nodes != 0 || got.Finer != 0 || got.LeftOut != 0 {
		t.Errorf("%+v of none", got)
	}
}

// The error of a run in windows is that of all of them: what an early one lacks is carried on by those after it, which solve their own part. An
// oscillator keeps it; where the solution is unstable it grows, here by e⁹ = 8000, though no window shows any of it.
func TestErrorOfWindows(t *testing.T) {
	x := ph.NewCoord("t")
	line := domain.NewInterval(x, 0, 3)
	u := ph.NewField("u", net.MLP{Hidden: []int{12}}, x)
	start := line.Face(x, 0, 1)
	for name, c := range map[string]struct {
		constraints []crux.Constraint
		solution    ph.Expr
		steps       []int // of a method, in each window
		method      func() optim.Method
	}{
		"oscillator": {
			[]crux.Constraint{
				{Name: "ode", Residual: u.D(x, x).Add(u.Scale(4)), On: line.Interior(40)},
				{Name: "value", Residual: u.Shift(-1), On: start, Weight: 10},
				{Name: "rest", Residual: u.D(x), On: start},
			},
			ph.Cos(x.Scale(2)),
			[]int{150, 400, 1000},
			func() optim.Method { return &optim.Adam{LR: optim.Constant(1e-2)} },
		},
		"unstable": {
			[]crux.Constraint{
				{Name: "ode", Residual: u.D(x).Sub(u.Sub(ph.Cos(x)).Scale(3)).Add(ph.Sin(x)), On: line.Interior(40)},
				{Name: "value", Residual: u.Shift(-1), On: start, Weight: 10},
			},
			ph.Cos(x),
			[]int{8, 10, 15, 30, 60},
			func() optim.Method { return &optim.LevenbergMarquardt{} },
		},
	} {
		var over []float64 // estimates over errors
		for i := range 3 * len(c.steps) {
			steps := c.steps[i%len(c.steps)]
			s := trained(t, crux.Problem{Constraints: c.constraints},
				crux.Options{Seed: uint64(i), Method: c.method(), Windows: &crux.Windows{Coord: x, Count: 3, Steps: steps}}, 3*steps)
			e := &trackers.Error{}
			if err := e.MeasureWindows(context.Background(), s); err != nil {
				t.Fatal(err)
			}
			whole, _ := e.Value()
			got, err := s.Eval(ph.Concat(u, c.solution), line.Grid(301))
			if err != nil {
				t.Fatal(err)
			}
			var off, size float64
			for i := range 301 {
				a, b := got.At(i, 0), got.At(i, 1)
				off, size = math.Hypot(off, a-b), math.Hypot(size, b)
			}
			truth, estimate := min(off/size, 1), whole.Worst()
			over = append(over, estimate/truth)
			t.Logf("%s, %d steps: estimated %.2g, and it is %.2g", name, steps, estimate, truth)
			if rms := size / math.Sqrt(301); truth < 0.1 && math.Abs(whole.Fields[0].Size-rms) > 0.1*rms {
				t.Errorf("size %v, and it is %v", whole.Fields[0].Size, rms)
			}
		}
		slices.Sort(over)
		if n := len(over); over[0] < 1/3. || over[n/2] > 5 || over[n-2] > 30 {
			t.Errorf("%s: estimates over errors: %.3g", name, over)
		}
	}
}

// A window that has not been trained is wholly wrong, whatever those before it have come to.
func TestErrorOfUntrainedWindows(t *testing.T) {
	x := ph.NewCoord("t")
	line := domain.NewInterval(x, 0, 4)
	u := ph.NewField("u", net.MLP{Hidden: []int{12}}, x)
	for windows, part := range map[int]float64{4: 0, 3: 0.25, 1: 0.75} {
		s := trained(t, crux.Problem{Constraints: []crux.Constraint{
			{Name: "ode", Residual: u.D(x, x).Add(u), On: line.Interior(40)},
			{Name: "value", Residual: u.Shift(-1), On: line.Face(x, 0, 1)},
			{Name: "rest", Residual: u.D(x), On: line.Face(x, 0, 1)},
		}}, crux.Options{Seed: 1, Method: &optim.LevenbergMarquardt{}, Windows: &crux.Windows{Coord: x, Count: 4, Steps: 60}}, 60*windows)
		e := &trackers.Error{}
		if err := e.MeasureWindows(context.Background(), s); err != nil {
			t.Fatal(err)
		}
		whole, _ := e.Value()
		if math.Abs(whole.Worst()-math.Sqrt(part)) > 1e-3 || len(whole.Windows) != windows || slices.Max(whole.Windows) > 1e-3 {
			t.Errorf("%d of 4 windows: %v, want %v; %v", windows, whole.Worst(), math.Sqrt(part), whole.Windows)
		}
	}
}

// A function that vanishes is judged by its natural size, and a small one by its own.
func TestErrorOfWhatVanishes(t *testing.T) {
	x := ph.NewCoord("x")
	line := domain.NewInterval(x, 0, 1)
	u := ph.NewField("u", net.MLP{Hidden: []int{10}}, x)
	for _, c := range []struct {
		slope float64 // of u, which is 1 at x = 0
		zero  bool
	}{{0, true}, {1e-3, false}} {
		s := trained(t, crux.Problem{Constraints: []crux.Constraint{
			{Name: "ode", Residual: u.D(x).Shift(-c.slope), On: line.Interior(40)},
			{Name: "start", Residual: u.Shift(-1), On: line.Face(x, 0, 1)},
		}}, crux.Options{Seed: 1, Method: &optim.LevenbergMarquardt{}}, 100)
		e := &trackers.Error{Of: []trackers.Quantity{{Name: "slope", Expr: u.D(x)}}}
		f := estimated(t, s, e).Fields[0]
		if c.zero && math.Abs(f.Size-1) > 0.1 || !c.zero && math.Abs(f.Size-c.slope) > 0.1*c.slope {
			t.Errorf("a slope of %v has the size %v", c.slope, f.Size)
		}
		if rel := f.Relative(); !(rel < 1e-3) {
			t.Errorf("a slope of %v has an estimated error of %v", c.slope, rel)
		}
	}
}

// A slender beam by Timoshenko's theory is determined by its conditions, however large its shear is beside its bending, which only terms see
// that are 1e-6 of the others; without the condition that holds its end it is not.
func TestErrorOfASlenderBeam(t *testing.T) {
	x := ph.NewCoord("x")
	line := domain.NewInterval(x, 0, 1)
	w, p := ph.NewField("w", net.MLP{Hidden: []int{16, 16}}, x), ph.NewField("p", net.MLP{Hidden: []int{16, 16}}, x)
	const shear = 1e6
	left, right := line.Face(x, 0, 1), line.Face(x, 1, 1)
	list := []crux.Constraint{
		{Name: "shear", Residual: w.D(x, x).Sub(p.D(x)).Scale(shear).Shift(1), On: line.Interior(100)},
		{Name: "moment", Residual: p.D(x, x).Add(w.D(x).Sub(p).Scale(shear)), On: line.Interior(100)},
		{Name: "free.m", Residual: p.D(x), On: right},
		{Name: "free.v", Residual: w.D(x).Sub(p), On: right},
		{Name: "clamp.w", Residual: w, On: left},
		{Name: "clamp.p", Residual: p, On: left},
	}
	for n, want := range map[int]bool{6: true, 5: false} {
		s := trained(t, crux.Problem{Constraints: list[:n]}, crux.Options{Seed: 1, Method: &optim.LevenbergMarquardt{}}, 20)
		for _, e := range estimated(t, s, &trackers.Error{}).Fields {
			if e.Determined() != want {
				t.Errorf("%d conditions: %+v", n-2, e)
			}
		}
	}
}

// A solution that is sensitive, as u = cos(3t) of u' = a(u − cos 3t) − 3 sin 3t, beside which disturbances grow as exp(a t), has the error that it
// has: the residuals hardly see it, and what they see lies below the rounding of JᵀJ.
func TestErrorOfASensitiveSolution(t *testing.T) {
	tc := ph.NewCoord("t")
	time := domain.NewInterval(tc, 0, 1)
	u := ph.NewField("u", net.MLP{Hidden: []int{12, 12}}, tc)
	exact := ph.Cos(tc.Scale(3))
	for _, a := range []float64{5, 12, 16, 20} {
		s := trained(t, crux.Problem{
			Constraints: []crux.Constraint{{Name: "ode", Residual: u.D(tc).Sub(u.Sub(exact).Scale(a)).Sub(exact.D(tc)), On: time.Interior(100)}},
			Fields:      map[*ph.Field]ph.Expr{u: tc.Mul(u).Shift(1)},
		}, crux.Options{Seed: 1, Method: optim.Phases(optim.Phase{Method: &optim.Adam{}, Steps: 50}, optim.Phase{Method: &optim.LevenbergMarquardt{}})}, 150)
		off, err := s.Eval(ph.Concat(u.Sub(exact), exact), time.Grid(501))
		if err != nil {
			t.Fatal(err)
		}
		truth := min(1, mat.Norm(off.ColView(0), 2)/mat.Norm(off.ColView(1), 2))
		v := estimated(t, s, &trackers.Error{}).Fields[0]
		if got := v.Relative(); !(got > truth/3 && got < 30*truth) {
			t.Errorf("a = %v: estimate %.2g, truth %.2g, %+v", a, got, truth, v)
		}
		t.Log(a, v.Relative(), truth, v.Gain/v.Coarse)
	}
}

// What is fitted to N points of noise is off as noise of N points has it. The change that points which were held out ask for is smaller, the
// more N there are beside them; the estimate is not: its root mean square over many fits is that of their errors. Fits of 2000 points have 1000
// held out, and half the weight: 1.5 times the error then, as (1 + N/M)/2 has it. Those of 100 points have 552, and are not looked at.
func TestErrorOfNoise(t *testing.T) {
	for _, points := range []int{100, 2000} {
		const fits, terms, sigma = 16, 20, 1e-3
		var guessed, off float64
		for seed := range uint64(fits) {
			x := ph.NewCoord("x")
			line := domain.NewInterval(x, 0, 1)
			u := ph.Const(0)
			for k := range terms {
				u = u.Add(ph.NewParam(fmt.Sprintf("a%d", k), 0).Mul(ph.Sin(x.Scale(float64(k+1) * math.Pi))))
			}
			noise := ph.Sin(x.Scale(1e6)).Scale(sigma * math.Sqrt2) // of mean 0, and its square of mean σ²
			s := trained(t, crux.Problem{Constraints: []crux.Constraint{
				{Name: "fit", Residual: u.Sub(noise), On: line.Interior(points)},
			}}, crux.Options{Seed: seed, Method: &optim.LevenbergMarquardt{}}, 6)
			v := estimated(t, s, &trackers.Error{Of: []trackers.Quantity{{Name: "u", Expr: u}}}).Fields[0]
			guessed += v.Repairable * v.Repairable
			for _, p := range s.Parameters() {
				off += p.Data[0] * p.Data[0] / 2 // the mean square of each term, as the terms are orthogonal
			}
		}
		if ratio := math.Sqrt(guessed / off); !(ratio > 0.8 && ratio < 1.8) {
			t.Errorf("%d points: the estimate is %.2g times the error", points, ratio)
		}
	}
}

// With many parameters fewer residuals and values are looked at, so that memory does not grow with them without end; with up to 32000, where
// 2000 residuals fit, nothing changes.
func TestErrorMemory(t *testing.T) {
	e := &trackers.Error{}
	for _, c := range []struct {
		parameters int
		want       int64
	}{
		{20_000, 8 * (20_000*(2*2000+2*500) + 2000*2000)},
		{32_000, 8 * (32_000*(2*2000+2*500) + 2000*2000)},
		{640_000, 8 * (640_000*(2*128+2*100) + 128*128)},
		{500, 8 * (500*(2*1812+2*2000) + 1812*500)},
	} {
		if got := e.Memory(c.parameters, 1, 2, 300); got != c.want {
			t.Errorf("%d parameters: %d bytes, not %d", c.parameters, got, c.want)
		}
	}
}
