package problemfile_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/domain/exact"
)

const ring = `
problem: ring
coords: {t: [0, 1], x: [0, 2*pi]}
fields:
  w: {net: mlp, hidden: [6, 6], out: [u, v]}
  p: {net: mlp, hidden: [6, 6]}
define: {total: u + v}
constraints:
  pde: {residual: {u: u_t + u_x - v, v: v_t - v_xx - p, p: p_x - total}}
  ic: {residual: {u: u = sin(x), v: v = x}, on: initial}
  ring: {residual: {u: u(x = 0) = u(x = 2*pi), v: v(x = 0) = v(x = 2*pi), slope: v_x(x = 0) = v_x(x = 2*pi), p: p(x = 0) = p(x = 2*pi)}}
`

// The networks become periodic, and what else is built in leaves them so. The resolved file is the same problem, bit for bit.
func TestPeriodicConditions(t *testing.T) {
	p := parseHard(t, ring)
	if got := names(p.Choice.Built); got != "ring.u→u ic.u→u ring.v→v ring.slope→v ring.p→p" {
		t.Errorf("built in: %s", got)
	}
	if len(p.Choice.Kept) != 1 || p.Choice.Kept[0].Name != "ic.v" || !strings.Contains(p.Choice.Kept[0].Why, `not periodic in x as "ring.v" wants it`) {
		t.Errorf("kept: %v", p.Choice.Kept)
	}
	s, err := p.New()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // it only ends workers
	if got := strings.Join(s.Names(), " "); got != "pde.u pde.v pde.p ic.v" {
		t.Errorf("constraints left: %s", got)
	}
	for _, text := range []string{"u", "v", "p", "u_x", "v_x", "p_x", "v_xx", "total"} {
		for _, r := range valuesOf(t, p, s, text+"(x = 0) - "+text+"(x = 2*pi)", p.Grid(11)) {
			if !(math.Abs(r) <= 100*0x1p-52) { // roundings of numbers of the size one
				t.Errorf("%s differs by %g", text, r)
				break
			}
		}
	}
	resolvesToItself(t, p, s)
}

// What leaves networks as they are, and says why.
func TestPeriodicConditionsKept(t *testing.T) {
	for _, c := range []struct {
		name, from, to, set string
		built, kept         string // all that is built in; why something is kept
	}{
		{"none", "", "", "hard=none", "", ""},
		{"by name", "", "", "hard=[ring]", "ring.u→u ring.v→v ring.slope→v ring.p→p", ""},
		{"only some by name", "", "", "hard=[ring.p]", "", "ERROR an equation changes from one end of x to the other"},
		{"trained", "p(x = 2*pi)}}", "p(x = 2*pi)}, points: 10}", "", "ic.u→u ic.v→v", "it has a setting for training, such as points or a weight; hard: auto builds in what it can"},
		{"trained, all the same", "p(x = 2*pi)}}", "p(x = 2*pi)}, points: 10}", "hard=auto", "ring.u→u ic.u→u ring.v→v ring.slope→v ring.p→p", "not periodic in x"},
		{"slope of a second derivative", "slope: v_x(x = 0) = v_x(x = 2*pi), ", "", "", "ic.u→u ic.v→v", "no condition makes the first derivative of component 1 of w the same"},
		{"one of a network's components", "ring: {residual: {u: u(x = 0) = u(x = 2*pi), ", "ring: {residual: {", "", "ic.u→u ic.v→v", "no condition makes component 0 of w the same"},
		{"output transform", "hidden: [6, 6], out: [u, v]}", "hidden: [6, 6], out: [u, v], output: {u: exp(-x)*u}}", "", "ic.v→v", "field w has an output transform"},
		{"the user's own period", "hidden: [6, 6], out: [u, v]}", "hidden: [6, 6], out: [u, v], periodic: {x: pi}}", "", "ring.u→u ic.u→u ring.v→v ring.slope→v ring.p→p", "not periodic in x as"},
		{"the user's wrong period", "hidden: [6, 6], out: [u, v]}", "hidden: [6, 6], out: [u, v], periodic: {x: 2}}", "", "ic.u→u ic.v→v ring.p→p", "the network is not periodic in x; give it the period, periodic: {x: 6.28319}"},
		{"another loss", "p(x = 2*pi)}}", "p(x = 2*pi)}, loss: mean}", "hard=auto", "ic.u→u ic.v→v", ""},
		{"only conditions", "pde: {residual: {u: u_t + u_x - v, v: v_t - v_xx - p, p: p_x - total}}\n  ic: {residual: {u: u = sin(x), v: v = x}, on: initial}\n  ", "", "", "", ""},
		{"windows", "", "", "windows=2", "ring.u→u ic.u→u ring.v→v ring.slope→v ring.p→p", "not periodic in x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(ring, c.from, c.to, 1)
			if c.from != "" && text == ring {
				t.Fatal("nothing is changed")
			}
			var sets []string
			if c.set != "" {
				sets = []string{c.set}
			}
			p, err := readText("ring.yaml", []byte(text), ".", sets)
			if want, ok := strings.CutPrefix(c.kept, "ERROR "); ok {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := names(p.Choice.Built); got != c.built {
				t.Errorf("built in: %s", got)
			}
			if (len(p.Choice.Kept) == 0) != (c.kept == "") || c.kept != "" && !slices.ContainsFunc(p.Choice.Kept, func(k exact.Kept) bool { return strings.Contains(k.Why, c.kept) }) {
				t.Errorf("kept: %v", p.Choice.Kept)
			}
			if _, err := readText("resolved.yaml", p.Resolved, ".", nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// Time that comes back to where it began is not divided into windows.
func TestPeriodicInWindows(t *testing.T) {
	const forced = `
problem: forced
coords: {t: [0, 1]}
fields: {u: {net: mlp, hidden: [6]}}
constraints:
  ode: {residual: u_t + u = sin(2*pi*t)}
  back: {residual: u(t = 0) = u(t = 1)}
`
	if p := parseHard(t, forced); names(p.Choice.Built) != "back→u" {
		t.Errorf("built in: %v, kept %v", p.Choice.Built, p.Choice.Kept)
	}
	for _, windows := range []string{"windows: 2\n", "windows: {count: 2, coord: t}\n"} {
		p := parseHard(t, forced+windows)
		if len(p.Choice.Built) != 0 || len(p.Choice.Kept) != 1 || p.Choice.Kept[0].Why != "t is divided into windows, and none of them has the whole period" {
			t.Errorf("built in: %v, kept %v", p.Choice.Built, p.Choice.Kept)
		}
	}
}
