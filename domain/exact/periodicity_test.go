package exact_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/domain/exact"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// ways to write one condition on the faces of one axis, and conditions that are something else.
func TestPeriodicitiesAreRecognised(t *testing.T) {
	tt, x := ph.Coords2("t", "x")
	y := ph.NewCoord("y")
	box := domain.NewBox(domain.In(tt, 0, 1), domain.In(x, -1, 2), domain.In(y, 0, 1))
	u := ph.NewField("u", small, tt, x, y)
	v := ph.NewField("v", small, tt, x, y)
	equation := u.D(tt).Add(u.D(x))
	low := func(e ph.Expr) ph.Expr { return e.At(x, -1) }
	high := func(e ph.Expr) ph.Expr { return e.At(x, 2) }
	all := box.Boundary(10)
	for _, c := range []struct {
		name     string
		residual ph.Expr
		on       *domain.Points
		want     string // "-" if it is none, "" if the network should be periodic, or a part of Why
	}{
		{"inside", low(u).Sub(high(u)), box.Interior(5), ""},
		{"all faces", high(u).Sub(low(u)).Scale(3), all, ""},
		{"lower face", u.Sub(high(u)), box.Face(x, -1, 5), ""},
		{"upper face", u.Sub(low(u)), box.Face(x, 2, 5), ""},
		{"both faces", ph.Define("w", u).Sub(low(u)), box.Sides(x, 5), ""},
		{"factor of a coordinate", low(u).Sub(high(u)).Mul(tt.Shift(1)), box.Interior(5), ""},
		{"no linear one", ph.Exp(low(u)).Sub(ph.Exp(high(u))), box.Interior(5), ""},
		{"value by an expression", low(u).Sub(u.Subst(x, ph.Const(1).Add(ph.Const(1)))), box.Interior(5), ""},
		{"in large units", low(u).Sub(high(u)).Scale(1e-14), box.Interior(5), ""},
		{"a value in large units", low(u).Scale(1e-14), box.Interior(5), "-"},
		{"at one time", low(u).Sub(high(u)), box.Face(tt, 0, 5), "p: it does not cover the face x = -1"},
		{"on a part", low(u).Sub(high(u)), box.Face(x, -1, 5).Where(func(p []float64) bool { return p[2] > 0.5 }), "covers a part of the face x = -1 only"},
		{"on a section", low(u).Sub(high(u)), box.Section(x, 0, 5), "p: it does not lie on the boundary"},
		{"at the ends of y", u.At(y, 0).Sub(u.At(y, 1)), all, ""},
		{"slope alone", low(u.D(x)).Sub(high(u.D(x))), all, "no condition makes u the same"},
		{"antiperiodic", low(u).Add(high(u)), all, "-"},
		{"jump", low(u).Sub(high(u)).Shift(1), all, "-"},
		{"other factor", low(u).Sub(high(u).Scale(2)), all, "-"},
		{"one end", low(u), all, "-"},
		{"one end twice", low(u).Sub(low(u)), all, "-"},
		{"within", u.At(x, 0).Sub(high(u)), all, "-"},
		{"two functions", low(u).Sub(high(v)), all, "-"},
		{"with another function", low(u).Sub(high(u)).Add(v), all, "-"},
		{"with data", low(u).Sub(high(u)).Mul(ph.Column("k")), all, "-"},
		{"value and slope", low(u).Sub(high(u)).Add(low(u.D(x))).Sub(high(u.D(x))), all, "-"},
		{"factor that vanishes", low(u).Sub(high(u)).Mul(ph.Const(0)), all, "-"},
		{"bare inside", u.Sub(high(u)), box.Interior(5), "-"},
		{"bare on all faces", u.Sub(high(u)), all, "-"},
		{"nothing", nil, all, "-"},
		{"nowhere", low(u).Sub(high(u)), nil, "-"},
		{"given points", low(u).Sub(high(u)), domain.At([]*ph.Coord{tt, x, y}, []float64{0, 0, 0}), "-"},
	} {
		t.Run(c.name, func(t *testing.T) {
			list := exact.Hard{Domain: box, Conditions: []exact.Condition{{Name: "p", Residual: c.residual, On: c.on}}}.Periodicities(equation)
			if c.want == "-" {
				if len(list) != 0 {
					t.Errorf("%+v", list)
				}
				return
			}
			if len(list) != 1 {
				t.Fatalf("%+v", list)
			}
			p := list[0]
			length := map[*ph.Coord]float64{x: 3, y: 1}[p.Coord]
			if p.Field != u || p.Period != length || strings.Join(p.Conditions, " ") != "p" {
				t.Errorf("%+v", p)
			}
			if (p.Why == "") != (c.want == "") || !strings.Contains(p.Why, c.want) {
				t.Errorf("%q, want %q", p.Why, c.want)
			}
		})
	}
}

// As many conditions as the equations have derivatives, of every component, and equations that are the same at both ends.
func TestPeriodicitiesAskForWhatEquationsWant(t *testing.T) {
	x := ph.NewCoord("x")
	line := domain.NewInterval(x, 0, 2)
	w := ph.NewField("w", net.MLP{Hidden: []int{3}, Out: 2}, x)
	k := ph.NewField("k", small, x)
	u, v := w.Index(0), w.Index(1)
	same := func(e ph.Expr) exact.Condition {
		return exact.Condition{Residual: e.At(x, 0).Sub(e.At(x, 2)), On: line.Boundary(2)}
	}
	wave := ph.Sin(x.Scale(math.Pi))
	for _, c := range []struct {
		name       string
		conditions []exact.Condition
		equations  []ph.Expr
		want       string
	}{
		{"first order", []exact.Condition{same(u), same(v)}, []ph.Expr{u.D(x).Sub(v), v.D(x).Add(u)}, ""},
		{"a component is missing", []exact.Condition{same(u)}, []ph.Expr{u.D(x).Sub(v)}, "no condition makes component 1 of w the same"},
		{"second order, values", []exact.Condition{same(u), same(v)}, []ph.Expr{u.D(x, x).Sub(v)}, "the first derivative of component 0 of w"},
		{"second order", []exact.Condition{same(u), same(v), same(u.D(x))}, []ph.Expr{u.D(x, x).Sub(v)}, ""},
		{"second order, nested", []exact.Condition{same(u), same(v)}, []ph.Expr{u.D(x).Mul(v).D(x)}, "the first derivative of component 0 of w"},
		{"third order", []exact.Condition{same(u), same(v), same(u.D(x))}, []ph.Expr{u.D(x).D(x, x)}, "the second derivative of component 0"},
		{"order where x is fixed", []exact.Condition{same(u), same(v)}, []ph.Expr{u.D(x).Sub(v).Add(u.D(x, x).At(x, 0))}, ""},
		{"source", []exact.Condition{same(u), same(v)}, []ph.Expr{u.D(x).Sub(wave), v.D(x)}, ""},
		{"source that jumps", []exact.Condition{same(u), same(v)}, []ph.Expr{u.D(x).Sub(x), v.D(x)}, "to the other: it is "},
		{"source with a kink", []exact.Condition{same(u), same(v)}, []ph.Expr{u.D(x).Sub(x.Mul(ph.Const(2).Sub(x))), v.D(x)}, "its first derivative along x is "},
		{"source, third derivative", []exact.Condition{same(u), same(v)}, []ph.Expr{u.D(x).Sub(x.Mul(ph.Const(2).Sub(x)).Pow(2)), v.D(x)}, "its third derivative along x is "},
		{"another field that is not periodic", []exact.Condition{same(u), same(v)}, []ph.Expr{u.D(x).Sub(k), v.D(x)}, "to the other: it is "},
		{"another field that is", []exact.Condition{same(u), same(v), same(k)}, []ph.Expr{u.D(x).Sub(k), v.D(x)}, ""},
		{"one that cannot be, and takes the other along", []exact.Condition{same(u), same(v), same(k)}, []ph.Expr{u.D(x).Sub(k), k.D(x).Sub(x)}, "to the other: it is "},
	} {
		t.Run(c.name, func(t *testing.T) {
			list := exact.Hard{Domain: line, Conditions: c.conditions}.Periodicities(c.equations...)
			if len(list) == 0 || list[0].Field != w {
				t.Fatalf("%+v", list)
			}
			if (list[0].Why == "") != (c.want == "") || !strings.Contains(list[0].Why, c.want) {
				t.Errorf("%q, want %q", list[0].Why, c.want)
			}
		})
	}
}

// With a periodic network the conditions are built in, and with them what leaves the function periodic.
func TestHardPeriodic(t *testing.T) {
	tt, x := ph.Coords2("t", "x")
	box := domain.NewBox(domain.In(tt, 0, 1), domain.In(x, -1, 1))
	apply := func(period float64, start ph.Expr) (*exact.Function, *ph.Field) {
		u := ph.NewField("u", net.Periodic{Periods: map[*ph.Coord]float64{x: period}, Inner: small}, tt, x)
		return exact.Hard{Domain: box, Conditions: []exact.Condition{
			{Name: "start", Residual: u.Sub(start), On: box.Face(tt, 0, 1)},
			{Name: "value", Residual: u.Sub(u.At(x, 1)), On: box.Face(x, -1, 1)},
			{Name: "slope", Residual: u.D(x).At(x, -1).Sub(u.D(x).At(x, 1)), On: box.Interior(1)},
		}}.Apply(u), u
	}
	for _, c := range []struct {
		period      float64
		start       ph.Expr
		built, kept string
	}{
		{2, ph.Sin(x.Scale(math.Pi)), "value slope start", ""},
		{1, ph.Sin(x.Scale(math.Pi)), "value slope start", ""}, // half the period is one too
		{2, ph.Sin(x), "value slope", `with it the function is not periodic in x as "value" wants it: it is -0.84`},
		{2, x.Pow(2).Mul(ph.Cos(x.Scale(math.Pi))), "value slope", "its first derivative along x is 2"},
		{2.5, ph.Sin(x.Scale(math.Pi)), "start", "not periodic in x; give it the period, periodic: {x: 2}"},
	} {
		got, u := apply(c.period, c.start)
		if got.Expr.Err() != nil || strings.Join(got.Built, " ") != c.built {
			t.Errorf("%v, built %v", got.Expr.Err(), got.Built)
		}
		if (len(got.Kept) == 0) != (c.kept == "") || c.kept != "" && !strings.Contains(got.Kept[0].Why, c.kept) {
			t.Errorf("kept %v", got.Kept)
		}
		if c.kept != "" {
			continue
		}
		value := valuer(t, u, []*ph.Coord{tt, x}, []float64{0, -1}, []float64{1, 1})
		rng := rand.New(rand.NewPCG(7, 8))
		for range 20 {
			p, s := rng.Float64(), 2*rng.Float64()-1
			if off := value(got.Expr.Sub(c.start), []float64{0, s}); math.Abs(off) > 1e-14 {
				t.Errorf("start off by %g", off)
			}
			for k, e := range []ph.Expr{got.Expr, got.Expr.D(x), got.Expr.D(x, x)} {
				a, b := value(e, []float64{p, -1}), value(e, []float64{p, 1})
				if math.Abs(a-b) > 1e-13*math.Pow(2*math.Pi, float64(2*k)) {
					t.Errorf("derivative %d: %v and %v", k, a, b)
				}
			}
		}
	}
}

// Along the axis of a cylinder too: the solution comes back after one period of time, whatever its region looks like.
func TestHardPeriodicCylinder(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	tt := ph.NewCoord("t")
	disk := domain.NewDisk(x, y, 0, 0, 1)
	slab := domain.Cross(disk, domain.In(tt, 0, 1))
	u := ph.NewField("u", small, x, y, tt)
	back := exact.Condition{Name: "back", Residual: u.Sub(u.At(tt, 0)), On: slab.Face(tt, 1, 1)}
	edge := exact.Condition{Name: "edge", Residual: u.Sub(ph.Cos(tt.Scale(2 * math.Pi))), On: slab.Boundary(1)}
	heat := u.D(tt).Sub(ph.Laplacian(u, x, y))
	list := exact.Hard{Domain: slab, Conditions: []exact.Condition{edge, back}}.Periodicities(heat)
	if len(list) != 1 || list[0].Coord != tt || list[0].Why != "" {
		t.Fatalf("%+v", list)
	}
	if list := (exact.Hard{Domain: disk, Conditions: []exact.Condition{edge, back}}).Periodicities(heat); len(list) != 0 {
		t.Errorf("a shape has no axis: %+v", list)
	}
	if list := (exact.Hard{Conditions: []exact.Condition{back}}).Periodicities(heat); list != nil {
		t.Errorf("no domain: %+v", list)
	}
	w := ph.NewField("u", net.Periodic{Periods: map[*ph.Coord]float64{tt: 1}, Inner: small}, x, y, tt)
	got := exact.Hard{Domain: slab, Conditions: []exact.Condition{
		{Name: "edge", Residual: w.Sub(ph.Cos(tt.Scale(2 * math.Pi))), On: slab.Boundary(1)},
		{Name: "back", Residual: w.Sub(w.At(tt, 0)), On: slab.Face(tt, 1, 1)},
	}}.Apply(w)
	if strings.Join(got.Built, " ") != "back edge" {
		t.Errorf("built %v, kept %v", got.Built, got.Kept)
	}
}
