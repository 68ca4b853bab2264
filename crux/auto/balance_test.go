package auto_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// text writes flows with three digits, and what is off with one.
func text(list []auto.Flow) string {
	var b strings.Builder
	for _, f := range list {
		fmt.Fprintf(&b, "%s in %.3g out %.3g made %.3g off %.0e; ", f.Of, f.In+0, f.Out+0, f.Made+0, f.Off())
	}
	return b.String()
}

// What flows in flows out of solutions, and functions that are none show where they are not.
func TestBalance(t *testing.T) {
	x, y, at := ph.Coords3("x", "y", "t")
	line := domain.NewInterval(x, 0, 1)
	square := domain.NewBox(domain.In(x, -1, 1), domain.In(y, -1, 1))
	rod := domain.NewBox(domain.In(x, 0, 1), domain.In(at, 0, 2))
	halves := []auto.Material{{Name: "steel", Where: below(x, 0.5)}, {Name: "air"}}
	core := []auto.Material{{Name: "core", Where: domain.Inside(domain.NewDisk(x, y, 0, 0, 0.5))}, {Name: "rest"}}
	k, kc := auto.Property(halves, ph.Const(1), ph.Const(10)), auto.Property(core, ph.Const(10), ph.Const(1))
	r2 := x.Pow(2).Add(y.Pow(2))
	for _, c := range []struct {
		name      string
		d         domain.Domain
		residual  func(u ph.Expr) ph.Expr
		materials []auto.Material
		between   []auto.Interface
		solution  ph.Expr
		want      map[string][4]float64 // in, out, made, and what is off at most
	}{
		{
			"two layers", line, func(u ph.Expr) ph.Expr { return k.Mul(u.D(x)).D(x) }, halves, nil,
			ph.Where(below(x, 0.5), x.Scale(20./11), x.Shift(-1).Scale(2./11).Shift(1)),
			map[string][4]float64{"steel": {20. / 11, 20. / 11, 0, 1e-9}, "air": {20. / 11, 20. / 11, 0, 1e-9}, "steel-air": {-20. / 11, -20. / 11, 0, 1e-9}, "all": {20. / 11, 20. / 11, 0, 1e-9}},
		},
		{
			"no kink where there must be one", line, func(u ph.Expr) ph.Expr { return k.Mul(u.D(x)).D(x).Neg() }, halves, nil, x,
			map[string][4]float64{"steel": {1, 1, 0, 1e-9}, "air": {10, 10, 0, 1e-9}, "steel-air": {-1, -10, 0, 1}, "all": {10, 1, 0, 1}},
		},
		{
			"without names", line, func(u ph.Expr) ph.Expr { return ph.Where(below(x, 0.5), ph.Const(1), ph.Const(10)).Mul(u.D(x)).D(x) }, nil, nil,
			ph.Where(below(x, 0.5), x.Scale(20./11), x.Shift(-1).Scale(2./11).Shift(1)),
			map[string][4]float64{"the jump": {20. / 11, 20. / 11, 0, 1e-9}, "all": {20. / 11, 20. / 11, 0, 1e-9}},
		},
		{ // −div(k grad u) = 4, which is made everywhere, and flows down k·∂u/∂r = −2r
			"a disk that heats", square, func(u ph.Expr) ph.Expr { return ph.Divergence(kc.Mul(ph.Gradient(u, x, y)), x, y).Neg().Shift(-4) }, core, nil,
			ph.Where(domain.Inside(domain.NewDisk(x, y, 0, 0, 0.5)), r2.Scale(-0.1).Shift(-0.225), r2.Neg()),
			map[string][4]float64{
				"core": {0, math.Pi, math.Pi, 5e-3}, "rest": {math.Pi, 16, 16 - math.Pi, 5e-3}, "core-rest": {math.Pi, math.Pi, 0, 1e-6}, "all": {0, 16, 16, 5e-3},
			},
		},
		{ // 2·u_t = (k u_x)_x + 3 with u = t: all that is made is stored, but for one third
			"what is stored", rod, func(u ph.Expr) ph.Expr { return u.D(at).Scale(2).Sub(k.Mul(u.D(x)).D(x)).Shift(-3) }, halves, nil, at,
			map[string][4]float64{"steel": {0, 0, 1, 1}, "air": {0, 0, 1, 1}, "steel-air": {0, 0, 0, 0}, "all": {0, 0, 2, 1}},
		},
		{
			"a source where they meet", line, func(u ph.Expr) ph.Expr { return k.Mul(u.D(x)).D(x) }, halves,
			[]auto.Interface{{Between: [2]string{"steel", "air"}, Source: ph.Const(2)}},
			ph.Where(below(x, 0.5), x.Scale(2), ph.Const(1)),
			map[string][4]float64{"steel": {2, 2, 0, 1e-9}, "air": {0, 0, 0, 0}, "steel-air": {-2, 0, 2, 1e-9}, "all": {0, 2, 2, 1e-9}},
		},
	} {
		u := ph.NewField("u", net.MLP{Hidden: []int{4}}, c.d.Coords()...)
		residual := c.residual(u)
		choice, err := auto.Choose(auto.Problem{Domain: c.d, Materials: c.materials, Interfaces: c.between, Constraints: []crux.Constraint{
			{Name: "pde", Residual: residual, On: c.d.Interior(0)}, {Name: "bc", Residual: u, On: c.d.Boundary(0)},
		}}, crux.Options{})
		if err != nil || len(choice.Balances) != 1 {
			t.Errorf("%s: %v, %d balances", c.name, err, len(choice.Balances))
			continue
		}
		p := choice.Problem
		p.Fields = map[*ph.Field]ph.Expr{u: c.solution.Add(u.Scale(0))} // in the place of what is trained
		s, err := crux.New(p, choice.Options)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		defer s.Close() //nolint:errcheck // it only ends workers
		got, err := choice.Balances[0].Measure(s.Eval)
		if err != nil || len(got) != len(c.want) {
			t.Errorf("%s: %v, %s", c.name, err, text(got))
			continue
		}
		for _, f := range got {
			w, ok := c.want[f.Of]
			near := func(a, b float64) bool { return math.Abs(a-b) <= 5e-3*max(1, math.Abs(b)) }
			if !ok || !near(f.In, w[0]) || !near(f.Out, w[1]) || !near(f.Made, w[2]) || f.Off() > w[3]+1e-9 {
				t.Errorf("%s: %s", c.name, text([]auto.Flow{f}))
			}
			if w[3] == 1 && !(f.Off() > 0.2) {
				t.Errorf("%s: %s is off by %v only", c.name, f.Of, f.Off())
			}
		}
	}
}
