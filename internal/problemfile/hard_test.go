package problemfile_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/problemfile"
	ph "github.com/crux-pinn/crux/placeholder"
)

func parseHard(t *testing.T, text string) *problemfile.Problem {
	t.Helper()
	p, err := readText("hard.yaml", []byte(text), ".", nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const system = `
problem: system
coords: {t: [0, 1], x: [0, 1], y: [0, 2]}
constants: {k: 2}
params: {kappa: 0.5}
define: {flux: v_x, total: u + v}
fields:
  w: {net: mlp, hidden: [6, 6], out: [u, v]}
  p: {net: mlp, hidden: [6, 6], output: t*p}
hard: HARD
constraints:
  pde: {residual: {first: u_t - laplacian(u) - total, second: v_t - flux}, points: 20}
  start: {residual: {u: u = kappa*x*y, v: v = 1 + x}, on: initial, points: 20}
  left: {residual: {u: u, v: k*v = k*exp(-t)}, on: {x: 0}, points: 20}
  right: {residual: {u: dn(u) + u = kappa*y*2, v: v_y}, on: {x: 1}, points: 20}
  wall: {residual: p - 1, on: boundary, points: 20}
  clash: {residual: v, on: {y: 0}, points: 20}
  part: {residual: u, on: boundary, where: y > 1.5, points: 20}
optimizer: {adam: {}, steps: 10}
`

func TestHardAuto(t *testing.T) {
	p := parseHard(t, strings.Replace(system, "HARD", "auto", 1))
	if got := names(p.Choice.Built); got != "start.u→u left.u→u right.u→u start.v→v left.v→v" {
		t.Errorf("built in: %s", got)
	}
	for i, want := range []string{"right.v", "wall", "clash", "part"} {
		if i >= len(p.Choice.Kept) || p.Choice.Kept[i].Name != want {
			t.Fatalf("kept: %v", p.Choice.Kept)
		}
	}
	if !strings.Contains(p.Choice.Kept[2].Why, "disagree at t = 0, x = ") {
		t.Errorf("clash: %s", p.Choice.Kept[2].Why)
	}
	s, err := p.New()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // it only ends workers
	if got := strings.Join(s.Names(), " "); got != "pde.first pde.second right.v wall clash part" {
		t.Errorf("constraints left: %s", got)
	}
	box := domain.NewBox(domain.In(p.Coords[0], 0, 1), domain.In(p.Coords[1], 0, 1), domain.In(p.Coords[2], 0, 2))
	start, left, right := box.Face(p.Coords[0], 0, 50), box.Face(p.Coords[1], 0, 50), box.Face(p.Coords[1], 1, 50)
	for _, c := range []struct {
		text string
		on   *domain.Points
	}{
		{"u - kappa*x*y", start},
		{"v - 1 - x", start},
		{"total - (kappa*x*y + 1 + x)", start}, // definitions follow
		{"flux - 1", start},
		{"u", left},
		{"v - exp(-t)", left},
		{"u_x + u - 2*kappa*y", right},
	} {
		for _, r := range valuesOf(t, p, s, c.text, c.on) {
			if math.Abs(r) > 4e-14 {
				t.Errorf("%s is %g", c.text, r)
				break
			}
		}
	}
	resolvesToItself(t, p, s)
}

// resolvesToItself checks that the resolved file of a problem builds in the same, and has the same losses to the bit.
func resolvesToItself(t *testing.T, p *problemfile.Problem, s *crux.Solver) {
	t.Helper()
	again, err := readText("resolved.yaml", p.Resolved, ".", nil)
	if err != nil {
		t.Fatal(err)
	}
	if names(again.Choice.Built) != names(p.Choice.Built) || string(again.Resolved) != string(p.Resolved) {
		t.Errorf("the resolved file builds in %v:\n%s", again.Choice.Built, again.Resolved)
	}
	s2, err := again.New()
	if err != nil {
		t.Fatal(err)
	}
	defer s2.Close() //nolint:errcheck // it only ends workers
	a, err1 := s.Losses(context.Background())
	b, err2 := s2.Losses(context.Background())
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if !slices.Equal(a, b) {
		t.Errorf("the losses are %v, with the resolved file %v", a, b)
	}
}

// valuesOf is an expression in the names of a problem at some points.
func valuesOf(t *testing.T, p *problemfile.Problem, s *crux.Solver, text string, on *domain.Points) []float64 {
	t.Helper()
	e, err := ph.Parse(text, p.Env)
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Eval(e, on)
	if err != nil {
		t.Fatal(err)
	}
	return v.RawMatrix().Data
}

// names are conditions that are built in, with where.
func names(list []auto.BuiltIn) string {
	var s []string
	for _, b := range list {
		s = append(s, b.Constraint+"→"+b.Field)
	}
	return strings.Join(s, " ")
}

// Named conditions are the only ones.
func TestHardByName(t *testing.T) {
	p := parseHard(t, strings.Replace(system, "HARD", "[left, start.u]", 1))
	if len(p.Choice.Built) != 3 || len(p.Choice.Kept) != 0 || len(p.Crux.Constraints) != 8 {
		t.Errorf("built in %v, kept %v, %d constraints left", p.Choice.Built, p.Choice.Kept, len(p.Crux.Constraints))
	}
	p = parseHard(t, strings.Replace(system, "HARD", "none", 1))
	if len(p.Choice.Built) != 0 || len(p.Choice.Kept) != 0 || len(p.Crux.Constraints) != 11 {
		t.Errorf("none: built in %v, kept %v, %d constraints left", p.Choice.Built, p.Choice.Kept, len(p.Crux.Constraints))
	}
}

// Without hard, conditions are built in of which the file only says what they are. The resolved file names them, and
// is the same problem although all defaults are written out there.
func TestHardImplied(t *testing.T) {
	const heat = `
problem: heat
coords: {t: [0, 1], x: [0, 1]}
fields: {u: {net: mlp, hidden: [6, 6]}}
constraints:
  pde: {residual: u_t - u_xx}
  ic: {residual: u = sin(pi*x), on: initial}
  left: {residual: u, on: {x: 0}, points: 20}
  right: {residual: u, on: {x: 1}}
`
	p := parseHard(t, heat)
	if len(p.Choice.Built) != 2 || p.Choice.Built[0].Constraint != "ic" || p.Choice.Built[1].Constraint != "right" {
		t.Errorf("built in: %v", p.Choice.Built)
	}
	if len(p.Choice.Kept) != 1 || p.Choice.Kept[0].Name != "left" || !strings.Contains(p.Choice.Kept[0].Why, "hard: auto") {
		t.Errorf("kept: %v", p.Choice.Kept)
	}
	again, err := readText("resolved.yaml", p.Resolved, ".", nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(again.Choice.Built) != 2 || len(again.Choice.Kept) != 0 || len(again.Crux.Constraints) != 2 || string(again.Resolved) != string(p.Resolved) {
		t.Errorf("the resolved file builds in %v, keeps %v:\n%s", again.Choice.Built, again.Choice.Kept, again.Resolved)
	}
	for _, key := range []string{"points: 20", "weight: 10", "loss: mae", "scale: 2", "sampler: uniform", "resample: 0", "point_weights: rba"} {
		p := parseHard(t, strings.Replace(heat, "on: {x: 1}", "on: {x: 1}, "+key, 1))
		if len(p.Choice.Built) != 1 || len(p.Choice.Kept) != 2 {
			t.Errorf("%s: built in %v, kept %v", key, p.Choice.Built, p.Choice.Kept)
		}
	}
	for from, built := range map[string]int{"hard: none": 0, "hard: auto": 3, "hard: [ic]": 1} {
		if p := parseHard(t, heat+from+"\n"); len(p.Choice.Built) != built {
			t.Errorf("%s: built in %v", from, p.Choice.Built)
		}
	}
	only := parseHard(t, "problem: fit\ncoords: {x: [0, 1]}\nfields: {u: {net: mlp}}\nconstraints: {ends: {residual: u - 1, on: boundary}}\n")
	if len(only.Choice.Built) != 0 || len(only.Crux.Constraints) != 1 {
		t.Errorf("nothing left to train: %v", only.Choice.Built)
	}
	if _, err := readText("resolved.yaml", only.Resolved, ".", nil); err != nil {
		t.Error(err)
	}
}

// The first example, from its formula alone: 1.9e-7 with its condition as a constraint.
func TestHardPoissonAccuracy(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for seconds")
	}
	p, err := readFile("../../testdata/problems/poisson2d.yaml", []string{"hard=auto"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.New()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // it only ends workers
	if _, err := s.Solve(context.Background(), p.Steps); err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, e := range valuesOf(t, p, s, "u - sin(pi*x)*sin(pi*y)", p.Grid(101)) {
		sum += e * e
	}
	if e := math.Sqrt(sum / 10201 / 0.25); !(e <= 1e-8) { // the mean square of the solution is near 1/4
		t.Errorf("relative error %g", e)
	}
}

// A flux through a hole is built in where the file names it, or where the hole has a value too.
func TestHardSideFlux(t *testing.T) {
	const perforated = `
problem: perforated
coords: {x: [-1, 1], y: [-1, 1]}
domain: {difference: [box, {disk: {center: [0, 0], radius: 0.5}}]}
regions: {hole: {on: boundary, where: x^2 + y^2 < 0.5}, walls: {on: boundary, where: x^2 + y^2 > 0.5}}
fields: {u: {net: mlp, hidden: [6]}}
constraints:
  pde: {residual: laplacian(u) = 1}
  walls: {residual: u, on: walls}
  hole: {residual: dn(u) + 2*u = x, on: hole}
`
	p := parseHard(t, perforated)
	if names(p.Choice.Built) != "walls→u" || len(p.Choice.Kept) != 1 || !strings.Contains(p.Choice.Kept[0].Why, "slow to build in") {
		t.Errorf("built in: %v, kept %v", p.Choice.Built, p.Choice.Kept)
	}
	p = parseHard(t, perforated+"hard: [walls, hole]\n")
	if names(p.Choice.Built) != "walls→u hole→u" {
		t.Errorf("built in: %v, kept %v", p.Choice.Built, p.Choice.Kept)
	}
	s, err := p.New()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // it only ends workers
	x, y := p.Coords[0], p.Coords[1]
	shape := domain.Difference(domain.NewBox(domain.In(x, -1, 1), domain.In(y, -1, 1)), domain.NewDisk(x, y, 0, 0, 0.5))
	hole := shape.Boundary(200).Where(func(p []float64) bool { return math.Hypot(p[0], p[1]) < 0.9 })
	for _, r := range valuesOf(t, p, s, "dn(u) + 2*u - x", hole) {
		if !(math.Abs(r) <= 1e-13) {
			t.Fatalf("the condition is off by %g", r)
		}
	}
	p = parseHard(t, strings.Replace(perforated, "dn(u) + 2*u = x, on: hole", "{value: u, slope: dn(u)}, on: hole", 1))
	if names(p.Choice.Built) != "walls→u hole.value→u hole.slope→u" {
		t.Errorf("built in: %v, kept %v", p.Choice.Built, p.Choice.Kept)
	}
}

// Values on different sides of a shape agree in corners, and so does what is made of them there, whatever their formulae say of other
// corners. They are built in on request only, as that seldom pays; sides that do not meet, or have the same values, need none.
func TestHardValuesMeetInCorners(t *testing.T) {
	const plate = `
problem: plate
coords: {x: [0, 2], y: [0, 1]}
domain: {difference: [box, {disk: {center: [1, 0.5], radius: 0.2}}]}
define: {ue: exp(x)*(1 + y) + y^2}
fields: {u: {net: mlp, hidden: [6]}}
constraints:
  pde: {residual: laplacian(u) = 1}
  left: {residual: u = ue(x = 0), on: {x: 0}}
  right: {residual: u = ue(x = 2), on: {x: 2}}
  bottom: {residual: u = ue(y = 0), on: {y: 0}}
  top: {residual: u = ue(y = 1), on: {y: 1}}
`
	p := parseHard(t, plate)
	if names(p.Choice.Built) != "" || len(p.Choice.Kept) != 4 || !strings.Contains(p.Choice.Kept[0].Why, `meets that of "bottom"`) {
		t.Errorf("built in: %v, kept %v", p.Choice.Built, p.Choice.Kept)
	}
	same := strings.NewReplacer("ue(x = 0)", "3", "ue(x = 2)", "3", "ue(y = 0)", "3", "ue(y = 1)", "3")
	for _, text := range []string{same.Replace(plate), plate[:strings.Index(plate, "  bottom:")]} {
		if p := parseHard(t, text); len(p.Choice.Kept) > 0 || len(p.Choice.Built) < 2 {
			t.Errorf("built in: %v, kept %v", p.Choice.Built, p.Choice.Kept)
		}
	}
	p = parseHard(t, plate+"hard: [left, right, bottom, top]\n")
	if names(p.Choice.Built) != "left→u right→u bottom→u top→u" {
		t.Fatalf("built in: %v, kept %v", p.Choice.Built, p.Choice.Kept)
	}
	s, err := p.New()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // it only ends workers
	corners := domain.At(p.Coords, []float64{0, 0, 2, 0, 0, 1, 2, 1, 0.7, 0, 2, 0.3})
	for i, off := range valuesOf(t, p, s, "u - ue", corners) {
		if !(math.Abs(off) < 1e-13) {
			t.Errorf("off by %g at point %d", off, i)
		}
	}
}
