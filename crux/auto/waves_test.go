package auto_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/pointwise"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

func TestWavesBecomeInputs(t *testing.T) {
	for _, c := range []struct {
		source string
		inputs string // their arguments
	}{
		{"sin(10*pi*t)", "31.42 t"},
		{"3*cos(24*pi*(x - 1/2) + 7)*exp(-t) + 1", "75.4 x"},
		{"sin(2*pi*(6*x - 5*t))", "-31.42 t + 37.7 x"},
		{"sin(20*pi*t)*cos(12*pi*x)", "62.83 t, 37.7 x"},
		{"sin(20*pi*t) + cos(1 - 20*pi*t)", "62.83 t"},
		{"sin(20*pi*t + 0*x)", "62.83 t"},
		// slow, not at one rate, or of what is unknown
		{"sin(9.9*pi*t)", ""},
		{"sin(40*pi*t^2)", ""},
		{"sin(40*pi*u)", ""},
		{"sin(40*pi)*x", ""},
		{"tanh(40*pi*x)", ""},
	} {
		choice := source(t, c.source, auto.Problem{})
		got := ""
		for _, e := range inputsOf(choice) {
			if u := e.Attr().(*ph.Unary); u.Name == "sin" {
				got += ", " + phase(t, e.Args()[0], choice)
			}
		}
		if c.inputs != "" {
			c.inputs = ", " + c.inputs
		}
		if got != c.inputs || choice.Waves != (c.inputs != "") {
			t.Errorf("%s: inputs %q, want %q", c.source, got, c.inputs)
		}
	}
	if c := source(t, "sin(20*pi*t)", auto.Problem{Slow: true}); c.Waves || len(inputsOf(c)) > 0 {
		t.Error("Slow, and yet inputs")
	}
}

// phase is a linear function of t and x in words.
func phase(t *testing.T, e ph.Expr, c *auto.Choice) string {
	coords := c.Problem.Constraints[0].On.Coords()
	value := func(at ...float64) float64 {
		v, err := pointwise.Eval(e, pointwise.Point{Coords: map[*ph.Coord]float64{coords[0]: at[0], coords[1]: at[1]}})
		if err != nil {
			t.Fatal(err)
		}
		return v[0]
	}
	s := ""
	for i, at := range [][]float64{{1, 0}, {0, 1}} {
		if k := value(at...) - value(0, 0); k != 0 {
			if s != "" {
				s += " + "
			}
			s += fmt.Sprintf("%.4g %s", k, coords[i].Name())
		}
	}
	return s
}

// source has u_t − u_xx driven by something on the unit square decided, with what else is said of the problem.
func source(t *testing.T, text string, said auto.Problem) *auto.Choice {
	t.Helper()
	return choose(t, singular{
		pde: func(u ph.Expr, tc, xc *ph.Coord) ph.Expr {
			e, err := ph.Parse(text, ph.Env{Names: map[string]ph.Expr{"t": tc, "x": xc, "u": u}})
			if err != nil {
				t.Fatal(err)
			}
			return u.D(tc).Sub(u.D(xc, xc)).Sub(e)
		},
		initial: "0", left: "0", right: "0",
	}, said)
}

// A network that is periodic keeps its period, and gets the waves behind it.
func TestWavesOfPeriodicNetworks(t *testing.T) {
	tc, xc := ph.NewCoord("t"), ph.NewCoord("x")
	box := domain.NewBox(domain.In(tc, 0, 1), domain.In(xc, 0, 1))
	u := ph.NewField("u", net.MLP{}, tc, xc)
	c, err := auto.Choose(auto.Problem{Domain: box, Constraints: []crux.Constraint{
		{Name: "pde", Residual: u.D(tc).Add(u.D(xc)), On: box.Interior(0)},
		{Name: "ic", Residual: u.Sub(ph.Sin(xc.Scale(16 * math.Pi))).Sub(ph.Sin(xc.Scale(2 * math.Pi))), On: box.Face(tc, 0, 0)},
		{Name: "ring", Residual: u.At(xc, 0).Sub(u.At(xc, 1)), On: box.Face(xc, 0, 0)},
	}}, crux.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := crux.New(c.Problem, c.Options)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // it only ends workers
	if n := len(inputsOf(c)); !c.Waves || n != 2 || len(c.Periods[u]) != 1 {
		t.Errorf("%d inputs, periods %v: %v", n, c.Periods, c.Decisions)
	}
}
