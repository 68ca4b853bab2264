package auto_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/weights"
)

// How many points: both sides of every row of the table.
func TestNumber(t *testing.T) {
	var axes []domain.Axis
	for i := range 4 {
		axes = append(axes, domain.In(ph.NewCoord(fmt.Sprintf("x%d", i)), 0, 1))
		box := domain.NewBox(axes...)
		for _, c := range []struct {
			on      *domain.Points
			watched bool
			want    [4]int
		}{
			{box.Interior(0), true, [4]int{200, 1000, 2000, 2000}},
			{box.Interior(0), false, [4]int{200, 1500, 3000, 3000}},
			{box.Boundary(0), true, [4]int{1, 200, 800, 800}},
			{box.Boundary(0), false, [4]int{1, 200, 800, 800}},
		} {
			if n, why := auto.Number(c.on, i+1, c.watched); n != c.want[i] || why == "" {
				t.Errorf("%s, watched %v: %d points, %q; want %d", c.on, c.watched, n, why, c.want[i])
			}
		}
	}
}

// What becomes of points that leave something open, and of those that do not.
func TestPoints(t *testing.T) {
	x := ph.NewCoord("x")
	line := domain.NewInterval(x, 0, 1)
	u := ph.NewField("u", net.MLP{Hidden: []int{3}}, x)
	adam := &optim.Adam{}
	for _, c := range []struct {
		name    string
		on      *domain.Points
		k       crux.Constraint // what else is said
		o       crux.Options
		n       int
		watched bool
		every   int
	}{
		{"nothing said", line.Interior(0), crux.Constraint{}, crux.Options{}, 200, true, 0},
		{"a method", line.Interior(0), crux.Constraint{}, crux.Options{Method: adam}, 200, true, 0},
		{"a number", line.Interior(7), crux.Constraint{}, crux.Options{}, 7, true, 0},
		{"a number and a method", line.Interior(7), crux.Constraint{}, crux.Options{Method: adam}, 7, false, 0},
		{"an interval", line.Interior(0).Every(3), crux.Constraint{}, crux.Options{}, 200, false, 3},
		{"drawn once", line.Interior(0).Every(0), crux.Constraint{}, crux.Options{}, 200, false, 0},
		{"not random", line.Interior(0).With(domain.Sobol{}), crux.Constraint{}, crux.Options{}, 200, false, 0},
		{"another loss", line.Interior(0), crux.Constraint{Loss: crux.Loss{Kind: crux.MAE}}, crux.Options{}, 200, false, 20},
		{"weights of points", line.Interior(0), crux.Constraint{PointWeights: &weights.RBA{}}, crux.Options{}, 200, false, 20},
		{"windows", line.Interior(0), crux.Constraint{}, crux.Options{Windows: &crux.Windows{Coord: x, Count: 2}}, 200, true, 0},
		{"given", line.Grid(5), crux.Constraint{}, crux.Options{}, 5, false, 0},
	} {
		k := c.k
		k.Name, k.Residual, k.On = "ode", u.D(x).Add(u), c.on
		choice, err := auto.Choose(auto.Problem{Domain: line, Constraints: []crux.Constraint{k}}, c.o)
		if err != nil {
			t.Fatal(err)
		}
		on := choice.Problem.Constraints[0].On
		if watched := slices.Contains(choice.Watched, "ode"); on.Len() != c.n || watched != c.watched || on.Interval() != c.every || len(choice.Callbacks) != len(choice.Watched) {
			t.Errorf("%s: %d points, watched %v, every %d; want %d, %v, %d", c.name, on.Len(), watched, on.Interval(), c.n, c.watched, c.every)
		}
	}
}

// Conditions are built in of which nothing is said but what they are, unless Hard says more.
func TestHard(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	u := ph.NewField("u", net.MLP{Hidden: []int{3}}, x, y)
	problem := func(h auto.Hard, fields map[*ph.Field]ph.Expr) (*auto.Choice, error) {
		return auto.Choose(auto.Problem{Domain: box, Hard: h, Fields: fields, Constraints: []crux.Constraint{
			{Residual: ph.Laplacian(u, x, y), On: box.Interior(0)},
			{Name: "left", Residual: u, On: box.Face(x, 0, 0)},
			{Name: "right", Residual: u.Sub(y), On: box.Face(x, 1, 0), Weight: 10},
			{Name: "odd", Residual: u.Mul(u), On: box.Face(y, 1, 0)},
		}}, crux.Options{})
	}
	for _, c := range []struct {
		name        string
		hard        auto.Hard
		fields      map[*ph.Field]ph.Expr
		built, kept string
	}{
		{"nothing said", auto.Hard{}, nil, "left", "right odd"},
		{"all", auto.Hard{All: true}, nil, "left right", "odd"},
		{"one", auto.Hard{Names: []string{"right"}}, nil, "right", ""},
		{"none", auto.Hard{None: true}, nil, "", ""},
		{"of a field that stands for something", auto.Hard{}, map[*ph.Field]ph.Expr{u: x.Mul(u)}, "", "left odd"},
	} {
		choice, err := problem(c.hard, c.fields)
		if err != nil {
			t.Fatal(err)
		}
		var built, kept []string
		for _, k := range choice.Built {
			built = append(built, k.Constraint)
		}
		for _, k := range choice.Kept {
			kept = append(kept, k.Name)
		}
		if strings.Join(built, " ") != c.built || strings.Join(kept, " ") != c.kept || len(choice.Problem.Constraints) != 4-len(built) {
			t.Errorf("%s: built %v, kept %v, want %q and %q", c.name, choice.Built, choice.Kept, c.built, c.kept)
		}
		if choice.Problem.Constraints[0].Name != "0" {
			t.Errorf("%s: the first constraint is called %q", c.name, choice.Problem.Constraints[0].Name)
		}
	}
	var bad *auto.HardError
	if _, err := problem(auto.Hard{Names: []string{"odd"}}, nil); !errors.As(err, &bad) || bad.Constraint != "odd" {
		t.Errorf("what cannot be built in: %v", err)
	}
	_, err := auto.Choose(auto.Problem{Domain: box, Hard: auto.Hard{All: true}, Constraints: []crux.Constraint{
		{Residual: u, On: box.Boundary(0)},
	}}, crux.Options{})
	if !errors.As(err, &bad) || bad.Constraint != "" {
		t.Errorf("nothing left: %v", err)
	}
}

// What is wrong with a problem is said by New, as by crux.New.
func TestMistakes(t *testing.T) {
	x := ph.NewCoord("x")
	line := domain.NewInterval(x, 0, 1)
	u := ph.NewField("u", net.MLP{Hidden: []int{3}}, x)
	for _, c := range []struct {
		p    auto.Problem
		want string
	}{
		{auto.Problem{}, "no constraints"},
		{auto.Problem{Domain: line, Constraints: []crux.Constraint{{On: line.Interior(0)}}}, "no residual"},
		{auto.Problem{Domain: line, Constraints: []crux.Constraint{{Residual: u}}}, "no point set"},
		{auto.Problem{Domain: line, Constraints: []crux.Constraint{{Residual: u.Index(3), On: line.Interior(0)}}}, "components [3, 4)"},
		{auto.Problem{Domain: line, Constraints: []crux.Constraint{{Residual: u, On: line.Interior(-1)}}}, "-1 points"},
		{auto.Problem{Domain: line, Hard: auto.Hard{Names: []string{"bc"}}, Constraints: []crux.Constraint{{Residual: u, On: line.Interior(0)}}}, `no constraint "bc"`},
	} {
		if _, err := auto.New(c.p, crux.Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v", c.want, err)
		}
	}
}

// Conditions whose data jump or have a kink where they hold are trained, unless Hard asks for them; others are built in.
func TestRough(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	u := ph.NewField("u", net.MLP{Hidden: []int{3}}, x, y)
	half := ph.Const(0.5)
	for _, c := range []struct {
		name  string
		data  ph.Expr
		rough bool
	}{
		{"smooth", ph.Sin(y), false},
		{"a step", ph.Where(ph.Compare(y, ph.Less, half), ph.Const(1), ph.Const(0)), true},
		{"a step elsewhere", ph.Where(ph.Compare(x, ph.Less, half), ph.Const(1), ph.Const(0)), false}, // the condition holds at x = 0
		{"a step beyond the end", ph.Where(ph.Compare(y, ph.Less, ph.Const(2)), ph.Const(1), ph.Const(0)), false},
		{"a kink", ph.Max(y.Sub(half), ph.Const(0)), true},
		{"a kink beyond the end", ph.Max(y.Shift(1), ph.Const(0)), false},
		{"an edge", ph.Abs(y.Sub(half)), true},
		{"a pulse", ph.Heaviside(y.Sub(half)), true},
		{"a table with kinks", table(t, domain.Linear, 1, 0, 2, 1).At(y), true},
		{"a table with kinks elsewhere", table(t, domain.Linear, 1, 0, 2, 1).At(x), false},
		{"a straight table", table(t, domain.Linear, 1, 2).At(y), false},
		{"a smooth table", table(t, domain.Cubic, 1, 0, 2, 1, 4).At(y), false},
		{"a smooth table that stays", table(t, domain.Cubic, 1, 0, 2, 1, 4).Clamped(y.Scale(2)), true},
	} {
		problem := auto.Problem{Domain: box, Constraints: []crux.Constraint{
			{Name: "pde", Residual: ph.Laplacian(u, x, y), On: box.Interior(0)},
			{Name: "left", Residual: u.Sub(c.data), On: box.Face(x, 0, 0)},
		}}
		choice, err := auto.Choose(problem, crux.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if rough := len(choice.Kept) == 1; rough != c.rough || rough == (len(choice.Built) == 1) || len(choice.Rough) != 0 {
			t.Errorf("%s: built %v, kept %v", c.name, choice.Built, choice.Kept)
		}
		problem.Hard.All = true
		if choice, err = auto.Choose(problem, crux.Options{}); err != nil || len(choice.Built) != 1 || (len(choice.Rough) == 1) != c.rough {
			t.Errorf("%s, all: built %v, rough %v, %v", c.name, choice.Built, choice.Rough, err)
		}
	}
}

// table has values at equal distances from 0 to 1.
func table(t *testing.T, how domain.Interpolation, values ...float64) *domain.Lookup {
	t.Helper()
	points := make([]float64, len(values))
	for i := range points {
		points[i] = float64(i) / float64(len(values)-1)
	}
	l, err := domain.Interpolate(domain.FromData([]*ph.Coord{ph.NewCoord("z")}, points, map[string][]float64{"k": values}), "k", how)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// table2 is one of two arguments.
func table2(t *testing.T) *domain.Lookup {
	t.Helper()
	y, z := ph.Coords2("y", "z")
	l, err := domain.Interpolate(domain.FromData([]*ph.Coord{y, z}, []float64{0, 0, 0.5, 0, 1, 0, 0, 1, 0.5, 1, 1, 1},
		map[string][]float64{"k": {1, 2, 4, 2, 1, 5}}), "k", domain.Linear)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// A derivative of what jumps is an error where it is not a divergence, whose flux is then a condition of its own, and so is a second one of what
// has a kink; with one less they are not.
func TestDeltas(t *testing.T) {
	x := ph.NewCoord("x")
	line := domain.NewInterval(x, 0, 1)
	u := ph.NewField("u", net.MLP{Hidden: []int{3}}, x)
	side := ph.Compare(x, ph.Less, ph.Const(0.5))
	jump := ph.Where(side, ph.Const(1), ph.Const(10))
	kink := ph.Where(side, x, ph.Const(1).Sub(x)) // continuous at 0.5
	for _, c := range []struct {
		name     string
		residual ph.Expr
		wrong    bool
	}{
		{"a jump of the coefficient in the flux", jump.Mul(u.D(x)).D(x), false},
		{"a flux with a factor that jumps", jump.Mul(jump.Mul(u.D(x)).D(x)), false},
		{"fluxes with different factors that jump", jump.Mul(jump.Mul(u.D(x)).D(x)).Add(jump.Mul(u).D(x)), true},
		{"a jump of the coefficient within a second derivative", jump.Mul(u).D(x, x), true},
		{"a square of the divergence", jump.Mul(u.D(x)).D(x).Pow(2), true},
		{"a coefficient that jumps where an absolute value says", ph.Where(ph.Compare(ph.Abs(x.Shift(-0.5)), ph.Less, ph.Const(0.2)), ph.Const(1), ph.Const(10)).Mul(u.D(x)).D(x), true},
		{"a jump of the coefficient outside", jump.Mul(u.D(x, x)), false},
		{"a jump of the source", u.D(x, x).Sub(jump), false},
		{"a kink of the coefficient in the flux", kink.Mul(u.D(x)).D(x), false},
		{"a kink twice", kink.Mul(u).D(x, x), true},
		{"an absolute value once", ph.Abs(x.Shift(-0.5)).Mul(u).D(x), false},
		{"an absolute value twice", ph.Abs(x.Shift(-0.5)).Mul(u).D(x, x), true},
		{"a jump outside of the domain", ph.Where(ph.Compare(x, ph.Less, ph.Const(2)), ph.Const(1), ph.Const(10)).Mul(u.D(x)).D(x), false},
		{"a sign of the unknown", ph.Sign(u).Mul(u).D(x), false},
		{"a table with kinks once", table(t, domain.Linear, 1, 0, 2, 1).At(x).Mul(u).D(x), false},
		{"a table with kinks twice", table(t, domain.Linear, 1, 0, 2, 1).At(x).Mul(u).D(x, x), true},
		{"a table with kinks of the unknown", table(t, domain.Linear, 1, 0, 2, 1).At(u).D(x, x), false},
		{"a table with kinks in one factor", table2(t).At(x, x).Mul(u).D(x, x), true},
		{"a smooth table three times", table(t, domain.Cubic, 1, 0, 2, 1, 4).At(x).Mul(u).D(x, x, x), false},
		{"a smooth table four times", table(t, domain.Cubic, 1, 0, 2, 1, 4).At(x).Mul(u).D(x, x, x, x), true},
		{"a parabola four times", table(t, domain.Cubic, 1, 0, 2).At(x).Mul(u).D(x, x, x, x), false},
	} {
		_, err := auto.Choose(auto.Problem{Domain: line, Constraints: []crux.Constraint{{Residual: c.residual, On: line.Interior(0)}}}, crux.Options{})
		if (err != nil) != c.wrong {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
