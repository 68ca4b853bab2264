package auto_test

import (
	"math"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/pointwise"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Initial values that jump along a curve give the network that curve as an input, as it spreads and moves with its curvature: what is left of
// the equation beside it stays bounded as the time goes to zero, where its terms grow as 1/τ and a curve that does not move leaves 1/√τ. A
// switch that is not smooth, between equal sides or with a kink only, gives none, and neither does an equation that does not diffuse.
func TestJumpsAlongCurves(t *testing.T) {
	tc, x, y := ph.NewCoord("t"), ph.NewCoord("x"), ph.NewCoord("y")
	box := domain.NewBox(domain.In(tc, 0, 1), domain.In(x, 0, 1), domain.In(y, 0, 1))
	diffuse := func(a, b float64) func(u ph.Expr) ph.Expr {
		return func(u ph.Expr) ph.Expr { return u.D(tc).Sub(u.D(x, x).Scale(a)).Sub(u.D(y, y).Scale(b)) }
	}
	wave := func(u ph.Expr) ph.Expr { return u.D(tc, tc).Sub(ph.Laplacian(u, x, y)) }
	for _, c := range []struct {
		name, initial string
		pde           func(u ph.Expr) ph.Expr
		inputs        int
		edge          [2]float64 // a place on the curve
	}{
		{"a disk", "where((x - 0.5)^2 + (y - 0.5)^2 < 0.04, 1, 0)", diffuse(1, 1), 1, [2]float64{0.62, 0.66}},
		{"by its radius", "where(sqrt((x - 0.5)^2 + (y - 0.5)^2) < 0.2, 1, 0)", diffuse(1, 1), 1, [2]float64{0.62, 0.66}},
		{"the other way", "where(0.2 <= sqrt((x - 0.5)^2 + (y - 0.5)^2), 1, 0)", diffuse(1, 1), 1, [2]float64{0.62, 0.66}},
		{"another material", "where((x - 0.5)^2 + (y - 0.5)^2 < 0.04, 1, 0)", diffuse(0.3, 2), 1, [2]float64{0.62, 0.66}},
		{"an oblique edge", "where(x + y < 0.7, 1, 0)", diffuse(1, 1), 1, [2]float64{0.3, 0.4}},
		{"a diamond", "where(abs(x - 0.5) + abs(y - 0.5) < 0.2, 1, 0)", diffuse(1, 1), 0, [2]float64{}},
		{"equal sides", "where((x - 0.5)^2 + (y - 0.5)^2 < 0.04, x, 1*x)", diffuse(1, 1), 0, [2]float64{}},
		{"a kink", "max(0.04 - (x - 0.5)^2 - (y - 0.5)^2, 0)", diffuse(1, 1), 0, [2]float64{}},
		{"a wave", "where((x - 0.5)^2 + (y - 0.5)^2 < 0.04, 1, 0)", wave, 0, [2]float64{}},
		{"time runs the other way", "where((x - 0.5)^2 + (y - 0.5)^2 < 0.04, 1, 0)", diffuse(-1, -1), 0, [2]float64{}},
	} {
		e, err := ph.Parse(c.initial, ph.Env{Names: map[string]ph.Expr{"x": x, "y": y}})
		if err != nil {
			t.Fatal(err)
		}
		u := ph.NewField("u", net.MLP{}, tc, x, y)
		choice, err := auto.Choose(auto.Problem{Domain: box, Constraints: []crux.Constraint{
			{Name: "pde", Residual: c.pde(u), On: box.Interior(0)}, {Name: "initial", Residual: u.Sub(e), On: box.Face(tc, 0, 0)},
		}}, crux.Options{})
		if err != nil {
			t.Fatal(err)
		}
		inputs := inputsOf(choice)
		if len(inputs) != c.inputs {
			t.Errorf("%s: %d inputs, want %d", c.name, len(inputs), c.inputs)
		}
		if len(inputs) == 0 {
			continue
		}
		at := func(e ph.Expr, tau, x0, y0 float64) float64 {
			v, err := pointwise.Eval(e, pointwise.Point{Coords: map[*ph.Coord]float64{tc: tau, x: x0, y: y0}})
			if err != nil {
				t.Fatal(err)
			}
			return v[0]
		}
		// outward by one width of the layer, and by two
		largest := func(tau float64) (left, term float64) {
			for _, by := range []float64{-1, -0.5, 0.5, 1} {
				px, py := c.edge[0]+by*math.Sqrt(tau), c.edge[1]+by*math.Sqrt(tau)
				left, term = max(left, math.Abs(at(c.pde(inputs[0]), tau, px, py))), max(term, math.Abs(at(inputs[0].D(tc), tau, px, py)))
			}
			return left, term
		}
		early, steep := largest(1e-6)
		late, _ := largest(1e-4)
		if !(early < 3*late+1e-3) || !(steep > 1e5) {
			t.Errorf("%s: %.3g is left of the equation at 1e-6, %.3g at 1e-4; u_t is %.3g", c.name, early, late, steep)
		}
		inside, outside := at(inputs[0], 0, c.edge[0]-0.05, c.edge[1]-0.05), at(inputs[0], 0, c.edge[0]+0.05, c.edge[1]+0.05)
		if inside*outside != -1 || math.IsNaN(at(inputs[0], 0.1, 0.5, 0.5)) {
			t.Errorf("%s: %v inside and %v outside at the beginning, %v in the middle later", c.name, inside, outside, at(inputs[0], 0.1, 0.5, 0.5))
		}
	}
}
