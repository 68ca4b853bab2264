package auto_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/pointwise"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// singular is a problem with conditions on the unit square of t, x, and how many inputs its network should get.
type singular struct {
	name       string
	pde        func(u ph.Expr, t, x *ph.Coord) ph.Expr
	initial    string // the value at t = 0; none where empty
	left       string // at x = 0
	right      string
	inputs     int
	trained    []string // conditions that are not built in
	equationOf bool     // the inputs solve the equation
}

func heat(u ph.Expr, t, x *ph.Coord) ph.Expr    { return u.D(t).Sub(u.D(x, x).Scale(0.3)) }
func laplace(u ph.Expr, t, x *ph.Coord) ph.Expr { return u.D(t, t).Add(u.D(x, x)) }
func wave(u ph.Expr, t, x *ph.Coord) ph.Expr    { return u.D(t, t).Sub(u.D(x, x)) }
func advect(u ph.Expr, t, x *ph.Coord) ph.Expr  { return u.D(t).Add(u.D(x)) }
func backward(u ph.Expr, t, x *ph.Coord) ph.Expr {
	return u.D(t).Add(u.D(x, x).Scale(0.3))
}

func TestJumpsBecomeInputs(t *testing.T) {
	for _, p := range []singular{
		{"a rod whose middle is hot", heat, "where(abs(x - 0.5) < 0.2, 1, 0)", "0", "0", 2, []string{"initial"}, true},
		{"a kink", heat, "max(x - 0.5, 0)", "0", "0.5", 1, []string{"initial"}, true},
		{"a corner", heat, "1", "0", "1", 1, []string{"initial", "left"}, true},
		{"both corners", heat, "1", "0", "0", 2, []string{"initial", "left", "right"}, true},
		{"a feed that is shut", heat, "0", "where(t < 0.5, t, 0)", "0", 1, []string{"left"}, true},
		{"a wall that is half hot", laplace, "x*(1 - x)", "where(t < 0.5, 0, 1)", "0", 1, []string{"left"}, true},
		{"cold walls, and a hot one", laplace, "1", "0", "0", 2, []string{"initial", "left", "right"}, true},
		{"a jump just worth it", heat, "sin(pi*x) + where(x < 0.5, 0, 2e-3)", "0", "2e-3", 1, []string{"initial"}, true},
		{"a jump that nobody notices", heat, "sin(pi*x) + where(x < 0.5, 0, 5e-4)", "0", "5e-4", 0, []string{"initial"}, false},
		// smooth data, equations that carry a jump along, and time that runs the other way
		{"smooth", heat, "sin(pi*x)", "0", "0", 0, nil, false},
		{"a switch that never switches", heat, "where(x < 2, sin(pi*x), 1)", "0", "0", 0, nil, false},
		{"a switch between equal sides", heat, "where(x < 0.5, x, 1*x)", "0", "1", 0, []string{"initial"}, false},
		{"wave", wave, "where(x < 0.5, 0, 1)", "0", "1", 0, []string{"initial"}, false},
		{"advection", advect, "where(x < 0.5, 0, 1)", "0", "", 0, []string{"initial"}, false},
		{"backward", backward, "where(x < 0.5, 0, 1)", "0", "1", 0, []string{"initial"}, false},
	} {
		t.Run(p.name, func(t *testing.T) {
			c := choose(t, p, auto.Problem{})
			inputs := inputsOf(c)
			if len(inputs) != p.inputs {
				t.Errorf("%d inputs, want %d: %v", len(inputs), p.inputs, c.Decisions)
			}
			var trained []string
			for _, k := range c.Problem.Constraints[1:] {
				trained = append(trained, k.Name)
			}
			if strings.Join(trained, " ") != strings.Join(p.trained, " ") {
				t.Errorf("trained: %v, want %v", trained, p.trained)
			}
			if smooth := inputsOf(choose(t, p, auto.Problem{Smooth: true})); len(smooth) != 0 {
				t.Errorf("Smooth, and yet inputs: %v", smooth)
			}
			if !p.equationOf {
				return
			}
			tc, xc := c.Problem.Constraints[0].On.Coords()[0], c.Problem.Constraints[0].On.Coords()[1]
			for _, e := range inputs {
				for _, at := range [][2]float64{{0.3, 0.4}, {0.7, 0.1}, {0.55, 0.8}} {
					point := pointwise.Point{Coords: map[*ph.Coord]float64{tc: at[0], xc: at[1]}}
					v, err := pointwise.Eval(ph.Concat(p.pde(e, tc, xc), e), point)
					if err != nil {
						t.Fatal(err)
					}
					if !(math.Abs(v[0]) < 1e-6) || !(math.Abs(v[1]) <= 1+1e-9) {
						t.Errorf("%s at %v is %v and leaves %v of the equation", e, at, v[1], v[0])
					}
				}
			}
		})
	}
}

// choose states the problem and has it decided, with what else is said of it.
func choose(t *testing.T, p singular, q auto.Problem) *auto.Choice {
	t.Helper()
	tc, xc := ph.NewCoord("t"), ph.NewCoord("x")
	box := domain.NewBox(domain.In(tc, 0, 1), domain.In(xc, 0, 1))
	u := ph.NewField("u", net.MLP{}, tc, xc)
	q.Domain, q.Constraints = box, []crux.Constraint{{Name: "pde", Residual: p.pde(u, tc, xc), On: box.Interior(0)}}
	for _, k := range []struct {
		name, value string
		on          *domain.Points
	}{{"initial", p.initial, box.Face(tc, 0, 0)}, {"left", p.left, box.Face(xc, 0, 0)}, {"right", p.right, box.Face(xc, 1, 0)}} {
		if k.value == "" {
			continue
		}
		e, err := ph.Parse(k.value, ph.Env{Names: map[string]ph.Expr{"t": tc, "x": xc}})
		if err != nil {
			t.Fatal(err)
		}
		q.Constraints = append(q.Constraints, crux.Constraint{Name: k.name, Residual: u.Sub(e), On: k.on})
	}
	c, err := auto.Choose(q, crux.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// inputsOf are the further inputs of the network.
func inputsOf(c *auto.Choice) []ph.Expr {
	for e := range ph.Walk(c.Problem.Constraints[0].Residual, nil) {
		to := ph.ReplaceFields(e, c.Problem.Fields)
		for part := range ph.Walk(to, nil) {
			if f, ok := part.Attr().(*ph.Field); ok {
				m := f.Module()
				if p, ok := m.(net.Periodic); ok {
					m = p.Inner
				}
				if m, ok := m.(net.Enriched); ok {
					return m.With
				}
			}
		}
	}
	return nil
}

// What depends on the coordinate alone and is known switches at places inside, each of them once.
func TestSwitches(t *testing.T) {
	x, at := ph.Coords2("x", "t")
	u := ph.NewField("u", net.MLP{Hidden: []int{4}}, x, at)
	after := func(e ph.Expr, c float64) ph.Expr {
		return ph.Where(ph.Compare(e, ph.Greater, ph.Const(c)), ph.Const(1), ph.Const(0))
	}
	for name, c := range map[string]struct {
		e    ph.Expr
		want []float64
	}{
		"twice the same": {after(at, 0.3).Add(ph.Abs(at.Shift(-0.3))), []float64{0.3}},
		"two":            {after(at, 0.7).Add(after(at, 0.25)), []float64{0.25, 0.7}},
		"at an end":      {after(at, 1e-9).Add(after(at, 1)), nil},
		"another axis":   {after(x, 0.3), nil},
		"of both":        {after(x.Add(at), 0.3), nil},
		"of the unknown": {after(u, 0.3), nil},
		"nothing":        {ph.Sin(at), nil},
	} {
		if got := auto.Switches([]crux.Constraint{{Residual: u.Sub(c.e)}}, at, 0, 1); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
