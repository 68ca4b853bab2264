package auto_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// units are those of a function, of lengths and of times.
type units struct{ u, x, t float64 }

// stated is a problem in given units.
type stated func(s units) auto.Problem

// plate is a domain of one length and one time, and a function on it.
func plate(s units) (x, t *ph.Coord, box domain.Domain, u *ph.Field) {
	x, t = ph.NewCoord("x"), ph.NewCoord("t")
	u = ph.NewField("u", net.MLP{Hidden: []int{8, 8}}, x, t)
	return x, t, domain.NewBox(domain.In(x, 0, s.x), domain.In(t, 0, s.t)), u
}

// inUnits are problems whose terms are of the size one in units of one.
var inUnits = map[string]stated{
	"heat, built in": func(s units) auto.Problem {
		x, t, box, u := plate(s)
		d, wave := 0.1*s.x*s.x/s.t, ph.Sin(x.Scale(math.Pi/s.x))
		return auto.Problem{Domain: box, Constraints: []crux.Constraint{
			{Name: "pde", Residual: u.D(t).Sub(u.D(x, x).Scale(d)), On: box.Interior(60)},
			{Name: "start", Residual: u.Sub(wave.Scale(s.u)), On: box.Face(t, 0, 0)},
			{Name: "ends", Residual: u, On: box.Sides(x, 0)},
		}}
	},
	"heat, trained": func(s units) auto.Problem {
		x, t, box, u := plate(s)
		d, wave := 0.1*s.x*s.x/s.t, ph.Sin(x.Scale(math.Pi/s.x))
		return auto.Problem{Domain: box, Hard: auto.Hard{None: true}, Constraints: []crux.Constraint{
			{Name: "pde", Residual: u.D(t).Sub(u.D(x, x).Scale(d)), On: box.Interior(60)},
			{Name: "start", Residual: u.Sub(wave.Scale(s.u)), On: box.Face(t, 0, 20)},
			{Name: "left", Residual: u.D(x).Sub(u.Scale(1 / s.x)), On: box.Face(x, 0, 20)},
			{Name: "right", Residual: u, On: box.Face(x, s.x, 20)},
		}}
	},
	"a source and an unknown number": func(s units) auto.Problem {
		x, t, box, u := plate(s)
		k := ph.NewParam("k", 0.5*s.x*s.x/s.t)
		f := ph.Sin(x.Scale(math.Pi / s.x)).Scale(s.u / s.t)
		return auto.Problem{Domain: box, Constraints: []crux.Constraint{
			{Name: "pde", Residual: u.D(t).Sub(k.Mul(u.D(x, x))).Sub(f), On: box.Interior(60)},
			{Name: "data", Residual: u.Sub(ph.Exp(x.Scale(1 / s.x).Sub(t.Scale(1 / s.t))).Scale(s.u)), On: box.Interior(30)},
		}}
	},
	"a wave with a cubic term": func(s units) auto.Problem {
		x, t, box, u := plate(s)
		c2 := s.x * s.x / (s.t * s.t)
		return auto.Problem{Domain: box, Constraints: []crux.Constraint{
			{Name: "pde", Residual: u.D(t, t).Sub(u.D(x, x).Scale(c2)).Add(u.Pow(3).Scale(1 / (s.u * s.u * s.t * s.t))), On: box.Interior(60)},
			{Name: "start", Residual: u.Sub(ph.Sin(x.Scale(math.Pi / s.x)).Scale(s.u)), On: box.Face(t, 0, 0)},
			{Name: "rest", Residual: u.D(t), On: box.Face(t, 0, 0)},
			{Name: "ends", Residual: u, On: box.Sides(x, 0)},
		}}
	},
}

// withinTerms are problems in which nothing is known but what stands within a term.
func withinTerms(source func(u ph.Expr, s units) ph.Expr) stated {
	return func(s units) auto.Problem {
		x, _, box, u := plate(s)
		return auto.Problem{Domain: box, Constraints: []crux.Constraint{
			{Name: "pde", Residual: u.D(x, x).Scale(s.x * s.x / s.u).Add(source(u, s)), On: box.Interior(60)},
			{Name: "ends", Residual: u, On: box.Sides(x, 0)},
		}}
	}
}

func init() {
	inUnits["heat that grows as exp(u)"] = withinTerms(func(u ph.Expr, s units) ph.Expr { return ph.Exp(u.Scale(1 / s.u)) })
	inUnits["growth up to a capacity"] = withinTerms(func(u ph.Expr, s units) ph.Expr {
		return u.Scale(1 / s.u).Mul(ph.Const(1).Sub(u.Scale(1 / s.u)))
	})
}

// trained is θ after some steps, and u somewhere.
func trained(t *testing.T, p auto.Problem, steps int, at []float64) (theta []float64, u float64, c *auto.Choice) {
	t.Helper()
	s, err := auto.New(p, crux.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // it only ends workers
	if _, err := s.Solve(context.Background(), steps); err != nil {
		t.Fatal(err)
	}
	for part := range ph.Walk(p.Constraints[0].Residual, nil) {
		if f, ok := part.Attr().(*ph.Field); ok {
			v, err := s.Eval(f, domain.At(f.Coords(), at))
			if err != nil {
				t.Fatal(err)
			}
			return s.Theta(), v.At(0, 0), s.Choice
		}
	}
	panic("no field")
}

// In other units, by powers of two, a problem is the same to the bit.
func TestUnits(t *testing.T) {
	for name, problem := range inUnits {
		t.Run(name, func(t *testing.T) {
			want, u, _ := trained(t, problem(units{1, 1, 1}), 40, []float64{0.3, 0.4})
			for _, s := range []units{{1 << 20, 1, 1}, {1. / (1 << 30), 1, 1}, {1, 1. / (1 << 10), 1}, {1, 1, 1 << 12}, {1 << 7, 1 << 3, 1. / (1 << 9)}} {
				got, v, _ := trained(t, problem(s), 40, []float64{0.3 * s.x, 0.4 * s.t})
				if !slices.Equal(got, want) || v != u*s.u {
					t.Errorf("%v: u is %v, %v in units of one", s, v, u*s.u)
				}
			}
		})
	}
}

// A problem of the size one is left as it is.
func TestUnitsOfOne(t *testing.T) {
	p := inUnits["heat, trained"](units{1, 1, 1})
	got, _, c := trained(t, p, 10, []float64{0.3, 0.4})
	p.Unscaled = true
	want, _, _ := trained(t, p, 10, []float64{0.3, 0.4})
	if !slices.Equal(got, want) {
		t.Errorf("not the same bits: %v", c.Decisions)
	}
}

// A rod of steel under its weight and a pull, in SI units: u is trained in units of its own size.
func ExampleNew_units() {
	x := ph.NewCoord("x")
	rod := domain.NewInterval(x, 0, 2)
	u := ph.NewField("u", net.MLP{Hidden: []int{10, 10}}, x)
	modulus := 2e11
	s, err := auto.New(auto.Problem{Domain: rod, Constraints: []crux.Constraint{
		{Name: "balance", Residual: u.D(x, x).Scale(modulus).Add(ph.Const(8e4)), On: rod.Interior(0)},
		{Name: "wall", Residual: u, On: rod.Face(x, 0, 0)},
		{Name: "pull", Residual: u.D(x).Scale(modulus).Sub(ph.Const(1e5)), On: rod.Face(x, 2, 0)},
	}}, crux.Options{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	if _, err := s.Solve(context.Background(), 340); err != nil {
		fmt.Println(err)
		return
	}
	end, err := s.Eval(u, domain.At([]*ph.Coord{x}, []float64{2}))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range s.Choice.Decisions {
		if d.What[:1] == "u" {
			fmt.Println(d.What)
		}
	}
	fmt.Printf("u(2) = %.4e\n", end.At(0, 0)) // (1e5·2 + 8e4·2²/2)/2e11
	// Output:
	// u is trained in units of 4.77e-07
	// u(2) = 1.8000e-06
}

// A guess within a factor of 256 of what balances the terms is taken for one, and the unit is its size; one that is further off says nothing.
func TestUnitsOfNumbers(t *testing.T) {
	x := ph.NewCoord("x")
	line := domain.NewInterval(x, 0, 1)
	u := ph.NewField("u", net.MLP{Hidden: []int{8}}, x)
	for _, c := range []struct{ guess, unit float64 }{{1, 1}, {200, 256}, {1. / 200, 1. / 256}, {300, 1}, {1. / 300, 1}, {1e9, 1}, {0, 1}} {
		k := ph.NewParam("k", c.guess)
		got, err := auto.Choose(auto.Problem{Domain: line, Constraints: []crux.Constraint{
			{Name: "ode", Residual: u.D(x).Add(k.Mul(u)), On: line.Interior(40)}, // of equal terms for k = 1
			{Name: "data", Residual: u.Sub(ph.Exp(x.Neg())), On: line.Interior(20)},
		}}, crux.Options{})
		if err != nil {
			t.Fatal(err)
		}
		unit, ok := got.Problem.Units[k]
		if !ok {
			unit = 1
		}
		if unit != c.unit {
			t.Errorf("%v is trained in units of %v, want %v", c.guess, unit, c.unit)
		}
		told := slices.ContainsFunc(got.Decisions, func(d auto.Decision) bool { return d.What == fmt.Sprintf("k is trained in units of %.3g", unit) })
		if told != (unit > 100 || unit < 0.01) {
			t.Errorf("%v: units of %v are told: %v", c.guess, unit, told)
		}
	}
}

// Of two equations that say how large a function is, the one counts in which it is what balances: here of a complex that falls apart 100
// times as fast into the product as back, and a substrate of which hardly any comes back.
func TestUnitsOfAReaction(t *testing.T) {
	x := ph.NewCoord("t")
	line := domain.NewInterval(x, 0, 200)
	small := net.MLP{Hidden: []int{4}}
	s, e, c := ph.NewField("s", small, x), ph.NewField("e", small, x), ph.NewField("c", small, x)
	bind := s.Mul(e).Scale(1e6)
	choice, err := auto.Choose(auto.Problem{Domain: line, Constraints: []crux.Constraint{
		{Name: "s", Residual: s.D(x).Add(bind).Sub(c.Scale(1e-3)), On: line.Interior(0)},
		{Name: "e", Residual: e.D(x).Add(bind).Sub(c.Scale(0.1)), On: line.Interior(0)},
		{Name: "c", Residual: c.D(x).Sub(bind).Add(c.Scale(0.1)), On: line.Interior(0)},
		{Name: "s0", Residual: s.Shift(-1e-5), On: line.Face(x, 0, 0)},
		{Name: "e0", Residual: e.Shift(-1e-7), On: line.Face(x, 0, 0)},
		{Name: "c0", Residual: c, On: line.Face(x, 0, 0)},
	}}, crux.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, d := range choice.Decisions {
		if strings.HasPrefix(d.What, "c is trained") {
			said = append(said, d.What)
		}
	}
	if want := []string{"c is trained in units of 7.63e-06"}; !slices.Equal(said, want) {
		t.Errorf("%q, want %q", said, want)
	}
}

// A function that data measure all over its axes is as large as they are, and the equation is divided by its source, which terms with an
// unknown coefficient balance, of whose size nothing else is known. Of data up to a half of the axes nothing follows: u_t balances the source.
func TestUnitsOfData(t *testing.T) {
	for _, c := range []struct {
		part float64
		want string
	}{{1, "u is <nil>, map[pde:64]"}, {0.5, "u is 32*u, map[data:32 pde:32]"}} {
		x, tc, box, u := plate(units{1, 1, 1})
		a := ph.NewField("a", net.MLP{Hidden: []int{8}}, x)
		var at, values []float64
		for i := range 40 {
			v := c.part * float64(i) / 39
			at, values = append(at, v, v), append(values, math.Sin(9*v))
		}
		data := domain.FromData([]*ph.Coord{x, tc}, at, map[string][]float64{"u": values})
		choice, err := auto.Choose(auto.Problem{Name: "data", Domain: box, Constraints: []crux.Constraint{
			{Name: "pde", Residual: u.D(tc).Sub(a.Mul(u.D(x)).D(x)).Add(ph.Sin(x.Scale(9)).Scale(50)), On: box.Interior(60)},
			{Name: "data", Residual: u.Sub(data.Column("u")), On: data},
			{Name: "ends", Residual: a.Shift(-1), On: box.Sides(x, 20)},
		}}, crux.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("u is %v, %v", choice.Problem.Fields[u], choice.Divided); got != c.want {
			t.Errorf("%v: %s, want %s", c.part, got, c.want)
		}
	}
}

// A stress is a term of several displacements. What is known beside it says how large each of them is; a product of unknown functions says
// nothing of them.
func TestUnitsWithinATerm(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	d := ph.NewField("d", net.MLP{Hidden: []int{4}, Out: 2}, x, y)
	u, v := d.Index(0), d.Index(1)
	for _, c := range []struct {
		name   string
		stress ph.Expr
		want   int
	}{
		{"a sum", u.D(x).Add(v.D(y).Scale(0.25)).Scale(1e11), 2},
		{"a sum with a name", ph.Define("s", u.D(x).Add(v.D(y).Scale(0.25)).Scale(1e11)), 2},
		{"a product", u.D(x).Mul(v.D(y)).Scale(1e11), 0},
	} {
		choice, err := auto.Choose(auto.Problem{Domain: box, Constraints: []crux.Constraint{
			{Name: "x", Residual: c.stress.D(x), On: box.Interior(0)},
			{Name: "y", Residual: c.stress.D(y), On: box.Interior(0)},
			{Name: "wall", Residual: d, On: box.Face(x, 0, 0)},
			{Name: "pull", Residual: c.stress.Shift(-1e5), On: box.Face(x, 1, 0)},
		}}, crux.Options{})
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		for _, d := range choice.Decisions {
			if strings.Contains(d.What, "is trained in units of") {
				got++
			}
		}
		if got != c.want {
			t.Errorf("%s: %d units, want %d: %v", c.name, got, c.want, choice.Decisions)
		}
	}
}
