package auto_test

import (
	"math"
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
