package auto_test

import (
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Where a problem repeats itself in the length of a periodic axis, its network has the shorter period; where it does not, or need not have a
// solution that does, the period is the whole axis, [0, 4].
func TestRepeats(t *testing.T) {
	const heat = "u_t - u_xx"
	for _, c := range []struct {
		pde, initial string
		of           string // what else there is
		period       float64
	}{
		{heat, "sin(2*pi*x)", "", 1},
		{heat, "exp(sin(pi*x))", "", 2},
		{heat, "sin(pi*x) + sin(2*pi*x)", "", 2},
		{heat, "sin(2*pi*x)*sin(pi*x/2)", "", 4},
		{heat, "sin(2*pi*x) + 1e-6*cos(pi*x/2)", "", 4},
		{heat, "sin(66*pi*x)", "", 4.0 / 22}, // it repeats itself 132 times, of which 22 are the most below 32
		{"u_t + u*u_x - 0.1*u_xx", "sin(2*pi*x)", "", 1},
		{"u_t - (2 + cos(2*pi*x))*u_xx", "sin(4*pi*x)", "", 1},
		{"u_t - u_xx - t*sin(pi*x)", "sin(2*pi*x)", "", 2},
		// however small what does not repeat itself is beside the rest
		{"u_t - u_xx + cos(2*pi*x)*u", "1e-12*sin(2*pi*x) + 1e-12*sin(pi*x/2)", "", 4},
		{"u_t - u_xx + cos(2*pi*x)*u", "1e-12*sin(2*pi*x)", "", 1},
		{"u_t - u_xx - u(x = 1)", "sin(2*pi*x)", "", 4},
		{"u_t - u_xx - integral(u, x)", "sin(2*pi*x)", "", 4},
		// nothing says what the period is
		{heat, "1", "", 4},
		// what is not the same all along the axis
		{heat, "sin(2*pi*x)", "half", 4},
		{heat, "sin(2*pi*x)", "data", 4},
		{heat, "sin(2*pi*x)", "wall", 4},
		// not all is given at the beginning
		{"u_tt + u_xx", "sin(2*pi*x)", "end", 4},
		{"u_xx - u", "sin(2*pi*x)", "", 4},
	} {
		tc, xc := ph.Coords2("t", "x")
		box := domain.NewBox(domain.In(tc, 0, 1), domain.In(xc, 0, 4))
		u := ph.NewField("u", net.MLP{Hidden: []int{8}}, tc, xc)
		parse := func(text string) ph.Expr {
			e, err := ph.Parse(text, ph.Env{Names: map[string]ph.Expr{"t": tc, "x": xc, "u": u}, Ends: map[*ph.Coord][2]float64{xc: {0, 4}}})
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		p := auto.Problem{Domain: box, Constraints: []crux.Constraint{
			{Name: "pde", Residual: parse(c.pde), On: box.Interior(0)},
			{Name: "initial", Residual: u.Sub(parse(c.initial)), On: box.Face(tc, 0, 0)},
			{Name: "ring", Residual: parse("u(x = 0) - u(x = 4)"), On: box.Sides(xc, 0)},
			{Name: "ring_x", Residual: parse("u_x(x = 0) - u_x(x = 4)"), On: box.Sides(xc, 0)},
		}}
		more := crux.Constraint{Name: "more", Residual: u.Sub(ph.Const(1)), On: box.Interior(0)}
		switch c.of {
		case "":
			more.On = nil
		case "half":
			more.On = box.Interior(0).Where(func(x []float64) bool { return x[1] < 2 })
		case "data":
			more.On = domain.FromData([]*ph.Coord{tc, xc}, []float64{0.5, 1}, nil)
		case "wall":
			more.On = box.Face(xc, 0, 0)
		case "end":
			more.On = box.Face(tc, 1, 0)
		}
		if more.On != nil {
			p.Constraints = append(p.Constraints, more)
		}
		choice, err := auto.Choose(p, crux.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := choice.Periods[u][xc]; got != c.period {
			t.Errorf("%s, %s, %q: period %v, want %v", c.pde, c.initial, c.of, got, c.period)
		}
	}
}
