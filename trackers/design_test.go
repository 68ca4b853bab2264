package trackers_test

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
)

// A parabola through noisy values: the places that Design chooses, and the standard deviations that it predicts, are those of trying every
// candidate and inverting JᵀJ each time.
func TestDesign(t *testing.T) {
	x := ph.NewCoord("x")
	a, b, c := ph.NewParam("a", 1), ph.NewParam("b", 10), ph.NewParam("c", 0)
	const sigma = 0.1
	var at, y []float64
	for i := range 12 {
		v := 0.05 * float64(i)
		at, y = append(at, v), append(y, 1+2*v+sigma*math.Sin(31*float64(i)))
	}
	data := domain.FromData([]*ph.Coord{x}, at, map[string][]float64{"y": y})
	model := a.Add(b.Scale(0.1).Mul(x)).Add(c.Mul(x.Pow(2)))
	s, err := crux.New(crux.Problem{Name: "parabola", Constraints: []crux.Constraint{
		{Name: "fit", Residual: model.Sub(ph.Column("y")).Scale(1 / sigma), On: data, Standard: true},
	}}, crux.Options{Method: &optim.LevenbergMarquardt{}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // it only ends workers
	if _, err := s.Solve(t.Context(), 50); err != nil {
		t.Fatal(err)
	}
	places := []float64{-1, -0.5, 0, 0.3, 0.7, 1, 1.1}
	d := &trackers.Design{
		Params: []*ph.Param{a, b, c}, Derived: []trackers.Quantity{{Name: "slope", Expr: b.Add(c.Scale(2))}}, Points: 5,
		Candidates: func(coords []*ph.Coord) (*domain.Cloud, error) { return domain.At(coords, places).Draw(nil) },
	}
	if err := s.Measure(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	row := func(v float64) []float64 { return []float64{1 / sigma, 0.1 * v / sigma, v * v / sigma} }
	normal := mat.NewDense(3, 3, nil)
	plus := func(m *mat.Dense, v float64) *mat.Dense {
		r := mat.NewDense(1, 3, row(v))
		var sum mat.Dense
		sum.Mul(r.T(), r)
		sum.Add(&sum, m)
		return &sum
	}
	for _, v := range at {
		normal = plus(normal, v)
	}
	sigmas := func(m *mat.Dense) (list []float64) {
		var inv mat.Dense
		if err := inv.Inverse(m); err != nil {
			t.Log(err) // only that it is not well conditioned
		}
		for _, g := range [][]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {0, 1, 2}} {
			v := mat.NewVecDense(3, g)
			list = append(list, math.Sqrt(mat.Inner(v, &inv, v)))
		}
		return list
	}
	same := func(what string, got, want []float64) {
		if !slices.EqualFunc(got, want, func(a, b float64) bool { return math.Abs(a-b) <= 1e-5*b }) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	var before []float64
	for _, k := range d.Before {
		before = append(before, k.Sigma)
	}
	same("before", before, sigmas(normal))
	if len(d.Best) != 5 {
		t.Fatalf("%d places", len(d.Best))
	}
	for _, m := range d.Best {
		best := places[0]
		for _, v := range places {
			if mat.Det(plus(normal, v)) > mat.Det(plus(normal, best)) {
				best = v
			}
		}
		normal = plus(normal, best)
		if m.At[0] != best || m.Constraint != "fit" || m.Component != 0 {
			t.Errorf("the place is %+v, want %v", m, best)
		}
		same("after", m.Sigma, sigmas(normal))
	}
	for what, wrong := range map[string]*trackers.Design{
		"no number": {}, "no such data": {Params: d.Params, Of: []string{"law"}},
	} {
		if err := s.Measure(t.Context(), wrong); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
}
