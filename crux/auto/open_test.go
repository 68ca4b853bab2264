package auto_test

import (
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

// Values that are the same at both ends of a ring leave an equation of second order open, unless slopes are as well, or something else holds there.
func TestOpen(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	p := ph.NewField("p", net.MLP{Hidden: []int{8, 8}}, x, y)
	box := domain.NewBox(domain.In(x, 0, 2*math.Pi), domain.In(y, 0, 1))
	around := func(e ph.Expr) ph.Expr { return e.At(x, 0).Sub(e.At(x, 2*math.Pi)) }
	second := crux.Constraint{Name: "pde", Residual: p.D(x, x).Add(p.D(y, y)).Sub(ph.Sin(x)), On: box.Interior(0)}
	first := crux.Constraint{Name: "pde", Residual: p.D(x).Add(p.D(y, y)).Sub(ph.Sin(x)), On: box.Interior(0)}
	rims := crux.Constraint{Name: "rims", Residual: p, On: box.Sides(y, 0)}
	value := crux.Constraint{Name: "ring", Residual: around(p), On: box.Sides(x, 0)}
	slope := crux.Constraint{Name: "slope", Residual: around(p.D(x)), On: box.Sides(x, 0)}
	flux := crux.Constraint{Name: "flux", Residual: p.D(x).Shift(-1), On: box.Face(x, 0, 0)}
	for name, c := range map[string]struct {
		list []crux.Constraint
		open int
	}{
		"a value":                         {[]crux.Constraint{second, rims, value}, 1},
		"a value and a slope":             {[]crux.Constraint{second, rims, value, slope}, 0},
		"a value and a flux at one end":   {[]crux.Constraint{second, rims, value, flux}, 0},
		"a value, for a first derivative": {[]crux.Constraint{first, rims, value}, 0},
	} {
		got, err := auto.Choose(auto.Problem{Domain: box, Constraints: c.list}, crux.Options{})
		if err != nil || len(got.Open) != c.open {
			t.Errorf("%s: %v, %v", name, got.Open, err)
		}
	}
}

// A run's own file says how its points are drawn and which conditions are built in. It decides the rest as the file did from which it was made:
// units, periods, singular inputs, what is missing.
func TestDrawnAnew(t *testing.T) {
	tc, x := ph.NewCoord("t"), ph.NewCoord("x")
	box := domain.NewBox(domain.In(tc, 0, 1), domain.In(x, 0, 1))
	u := ph.NewField("u", net.MLP{Hidden: []int{8}}, tc, x)
	heat := u.D(tc).Sub(u.D(x, x))
	start := ph.Where(ph.Compare(x, ph.Less, ph.Const(0.5)), ph.Const(1000), ph.Const(0))
	around := u.At(x, 0).Sub(u.At(x, 1))
	built := map[string][]string{"a hot half, in large units": {"bc"}, "a ring": {"value", "slope", "ic"}, "a ring without its slope": {"ic"}}
	for name, list := range map[string][]crux.Constraint{
		"a hot half, in large units": {{Name: "ic", Residual: u.Sub(start), On: box.Face(tc, 0, 0)}, {Name: "bc", Residual: u.D(x), On: box.Sides(x, 0)}},
		"a ring": {
			{Name: "ic", Residual: u.Sub(ph.Sin(x.Scale(2 * math.Pi))), On: box.Face(tc, 0, 0)},
			{Name: "value", Residual: around, On: box.Sides(x, 0)},
			{Name: "slope", Residual: u.D(x).At(x, 0).Sub(u.D(x).At(x, 1)), On: box.Sides(x, 0)},
		},
		"a ring without its slope": {{Name: "ic", Residual: u.Shift(-1000), On: box.Face(tc, 0, 0)}, {Name: "ring", Residual: around, On: box.Sides(x, 0)}},
	} {
		decided := func(every int) (lines []string) {
			p := auto.Problem{Domain: box, Constraints: []crux.Constraint{{Name: "pde", Residual: heat, On: box.Interior(0)}}}
			p.Constraints = append(p.Constraints, list...)
			if every > 0 {
				p.Hard.Names = built[name]
				for i := range p.Constraints {
					p.Constraints[i].On = p.Constraints[i].On.Every(every)
				}
			}
			c, err := auto.Choose(p, crux.Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range c.Decisions {
				if !strings.Contains(d.What, "points") && !strings.Contains(d.What, "trained, not") {
					lines = append(lines, d.What)
				}
			}
			return append(lines, fmt.Sprint(len(c.Open), c.Divided))
		}
		if as, anew := decided(0), decided(20); !slices.Equal(as, anew) {
			t.Errorf("%s: %q\nwith new points every 20 steps %q", name, as, anew)
		}
	}
}
