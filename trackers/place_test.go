package trackers_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
)

// Without On both trackers look at the points of the first constraint, and follow them when they are redrawn or become fewer; with
// FirstDraw they stay. The expression x shows where they look; a·x has the kernel x_i x_j, with the trace Σ x².
func TestPlace(t *testing.T) {
	x := ph.NewCoord("x")
	line := domain.NewInterval(x, 0, 1)
	a := ph.NewParam("a", 1)
	u := ph.NewField("u", net.MLP{Hidden: []int{4}}, x)
	inside := line.Interior(12).Every(2)
	s, err := crux.New(crux.Problem{Constraints: []crux.Constraint{
		{Name: "pde", Residual: u.D(x).Add(a.Mul(x)), On: inside}, {Name: "bc", Residual: u, On: line.Boundary(2)},
	}}, crux.Options{Seed: 3, Method: &optim.SGD{}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	grad := ph.ParamGrad(a.Mul(x), ph.Paths("a"))
	type pair struct {
		at     *trackers.InputSensitivity
		kernel *trackers.NTKSpectrum
	}
	follow := pair{&trackers.InputSensitivity{Expr: x, Interval: 1}, &trackers.NTKSpectrum{Grad: grad, Interval: 1}}
	named := pair{&trackers.InputSensitivity{Expr: x, On: inside, Interval: 1}, &trackers.NTKSpectrum{Grad: grad, On: inside, Interval: 1}}
	stay := pair{&trackers.InputSensitivity{Expr: x, FirstDraw: true, Interval: 1}, &trackers.NTKSpectrum{Grad: grad, FirstDraw: true, Interval: 1}}
	grid := line.Grid(5)
	own := pair{&trackers.InputSensitivity{Expr: x, On: grid, Interval: 1}, &trackers.NTKSpectrum{Grad: grad, On: grid, Interval: 1}}
	var trained [][]float64
	look := &stepper{func(st *crux.Step) {
		trained = append(trained, slices.Clone(st.Run.Points(0).X))
		if st.Epoch == 4 { // five points are left for step 5
			if err := st.Run.SetPoints(0, st.Run.Points(0).Subset([]int{0, 3, 5, 8, 9})); err != nil {
				t.Error(err)
			}
		}
	}}
	cs := []crux.Callback{look}
	for _, p := range []pair{follow, named, stay, own} {
		cs = append(cs, p.at, p.kernel)
	}
	solve(t, s, 3, cs...)
	solve(t, s, 3, cs...)
	if slices.Equal(trained[1], trained[2]) || !slices.Equal(trained[2], trained[3]) || len(trained[5]) != 5 {
		t.Fatal("the points did not change as they should")
	}
	ends := floats.Span(make([]float64, 5), 0, 1)
	for name, c := range map[string]struct {
		pair
		want func(e int) []float64
	}{
		"no On":        {follow, func(e int) []float64 { return trained[e] }},
		"its set":      {named, func(e int) []float64 { return trained[e] }},
		"FirstDraw":    {stay, func(int) []float64 { return trained[0] }},
		"another set ": {own, func(int) []float64 { return ends }},
	} {
		r, k := c.at.Result(), c.kernel.Result()
		for e := range 6 {
			want := c.want(e)
			near(t, name+": values", r.Values[e].Values, want, 1e-15)
			near(t, name+": points", r.Values[e].Points, want, 1e-15)
			near(t, name+": trace", []float64{k.Values[e].Trace}, []float64{floats.Dot(want, want)}, 1e-13)
		}
	}
	shapes := func(tr trackers.Tracker) map[string][]int {
		m := map[string][]int{}
		for _, a := range tr.Arrays() {
			checkArray(t, tr, a)
			m[a.Name] = a.Shape
		}
		return m
	}
	if m := shapes(follow.at); !slices.Equal(m["values"], []int{6, 12, 1}) || !slices.Equal(m["points"], []int{6, 12, 1}) {
		t.Errorf("points that move have the shapes %v", m)
	}
	if m := shapes(stay.at); !slices.Equal(m["values"], []int{6, 12, 1}) || !slices.Equal(m["points"], []int{12, 1}) {
		t.Errorf("points that stay have the shapes %v", m)
	}
	for _, a := range follow.at.Arrays() {
		if x, ok := a.Data.([]float64); ok && (math.IsNaN(x[64]) || !math.IsNaN(x[65])) {
			t.Errorf("%s of the last step: %v", a.Name, x[60:])
		}
	}
	if m := shapes(follow.kernel); !slices.Equal(m["all_eigvals"], []int{6, 12}) {
		t.Errorf("a kernel at points that move has the shapes %v", m)
	}
	// A measurement that replaces one of the same step keeps its points.
	for range 2 {
		if err := s.Measure(context.Background(), follow.at); err != nil {
			t.Fatal(err)
		}
	}
	if r := follow.at.Result(); len(r.Values) != 7 || r.Values[6].Points == nil || !slices.Equal(r.Values[6].Points, r.Values[6].Values) {
		t.Error("measured twice at one step")
	}
}

// The choice of rows is one of places in the point set, so it is the same as long as the set is as large.
func TestRowsStayWhilePointsMove(t *testing.T) {
	x := ph.NewCoord("x")
	a := ph.NewParam("a", 1)
	s, err := crux.New(crux.Problem{Constraints: []crux.Constraint{{Residual: a.Mul(x), On: domain.NewInterval(x, 0, 1).Interior(30).Every(1)}}},
		crux.Options{Method: &optim.SGD{}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	k := &trackers.NTKSpectrum{Grad: ph.ParamGrad(a.Mul(x), nil), Points: 1, Interval: 1}
	var trained [][]float64
	solve(t, s, 5, k, &stepper{func(st *crux.Step) { trained = append(trained, slices.Clone(st.Run.Points(0).X)) }})
	row := -1
	for e, v := range k.Result().Values {
		i := slices.IndexFunc(trained[e], func(x float64) bool { return math.Abs(x*x-v.Trace) < 1e-15 })
		if i < 0 || row >= 0 && i != row {
			t.Errorf("step %d: row %d, before %d", e, i, row)
		}
		row = i
	}
}

// What does not fit the points that are taken without On says which they are.
func TestPlaceErrors(t *testing.T) {
	p, z := newPlate(), ph.NewCoord("z")
	for _, c := range []crux.Callback{&trackers.InputSensitivity{Expr: z}, &trackers.NTKSpectrum{Grad: ph.ParamGrad(p.u.Add(z), nil)}} {
		s := p.solver(t, crux.Options{})
		_, err := s.Solve(context.Background(), 1, c)
		if err == nil || !strings.Contains(err.Error(), `on the points of constraint "pde", the first, because there is no On`) || s.Epoch() != 0 {
			t.Errorf("%T: %v", c, err)
		}
	}
}

// With fewer parameters than points the condition is that of rounding, and the effective one that of the parameters: 2×2 here, since
// a + b x has the kernel 1 + x_i x_j, whose two eigenvalues are those of [[n, Σx], [Σx, Σx²]].
func TestEffectiveCondition(t *testing.T) {
	x := ph.NewCoord("x")
	a, b := ph.NewParam("a", 1), ph.NewParam("b", 1)
	e := a.Add(b.Mul(x))
	n := 40
	var recorded []float64
	s, err := crux.New(crux.Problem{Constraints: []crux.Constraint{{Residual: e, On: domain.NewInterval(x, 0, 1).Grid(n)}}}, crux.Options{
		Recorders: []crux.Recorder{recorder(func(m crux.Metric) {
			if m.Key == "explainability/ntk/effective_condition_number" {
				recorded = append(recorded, m.Value)
			}
		})},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	few, one := &trackers.NTKSpectrum{Grad: ph.ParamGrad(e, nil)}, &trackers.NTKSpectrum{Grad: ph.ParamGrad(e, nil), Points: 2}
	if err := s.Measure(context.Background(), few, one); err != nil {
		t.Fatal(err)
	}
	xs := floats.Span(make([]float64, n), 0, 1)
	m, q, l := float64(n), floats.Dot(xs, xs), floats.Sum(xs)
	root := math.Sqrt((m-q)*(m-q)/4 + l*l)
	want := ((m+q)/2 + root) / ((m+q)/2 - root)
	v := value(t, few)
	near(t, "effective condition", []float64{v.EffectiveCondition()}, []float64{want}, 1e-12)
	near(t, "in the result", few.Result().Matrix("effective_condition_number").RawMatrix().Data, []float64{want}, 1e-12)
	near(t, "recorded", recorded, []float64{want}, 1e-12)
	if v.Patterns() != 2 || v.Rank != 2 || !(v.Condition > 1e13) {
		t.Errorf("%d patterns, rank %d, condition %v", v.Patterns(), v.Rank, v.Condition)
	}
	for _, arr := range few.Arrays() {
		if arr.Name == "effective_condition_number" {
			near(t, "in the file", arr.Data.([]float64), []float64{want}, 1e-12)
		}
	}
	if w := value(t, one); w.EffectiveCondition() != w.Condition || w.Patterns() != 2 {
		t.Errorf("as many parameters as points: %v and %v", w.EffectiveCondition(), w.Condition)
	}
}
