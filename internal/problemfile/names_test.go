package problemfile_test

import (
	"math"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/pointwise"
	ph "github.com/crux-pinn/crux/placeholder"
)

// TestNumbersAreNoNames: the e of 1.602e-19 is no mention of a constant e, wherever a file may have expressions.
func TestNumbersAreNoNames(t *testing.T) {
	const rest = `
problem: p
coords: {x: [0, 1]}
fields: {u: {hidden: [4], output: 1e-1*x*u}}
constraints:
  pde: {residual: u_x - e*u, points: 4}
`
	for _, c := range []struct {
		constants string
		want      map[string]float64
	}{
		{"{e: 1.602e-19}", map[string]float64{"e": 1.602e-19}},
		{"{E: 1E-3}", map[string]float64{"E": 1e-3, "e": math.E}},
		{"{e: 2E+1*a, a: 1e-1 + E, E: 1e3}", map[string]float64{"E": 1e3, "a": 1000.1, "e": 20002}},
		{"{e: 1e0, e3: 2e3*e}", map[string]float64{"e": 1, "e3": 2000}},
	} {
		p, err := readText("p.yaml", []byte(rest+"constants: "+c.constants+"\n"), ".", nil)
		if err != nil {
			t.Errorf("%s: %v", c.constants, err)
			continue
		}
		for name, want := range c.want {
			e, err := ph.Parse(name, p.Env)
			if err != nil {
				t.Errorf("%s: %v", c.constants, err)
				continue
			}
			if v, err := pointwise.Eval(e, pointwise.Point{}); err != nil || v[0] != want {
				t.Errorf("%s: %s is %v, want %v (%v)", c.constants, name, v, want, err)
			}
		}
	}
	_, err := readText("p.yaml", []byte(rest+"constants: {e: 2*e}\n"), ".", nil)
	if err == nil || !strings.Contains(err.Error(), "e → e") {
		t.Errorf("a constant of itself: %v", err)
	}
}
