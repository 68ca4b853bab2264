package problemfile_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/weights"
)

// What a file leaves open is decided as for a Go program that leaves it open: the same problem has the same bits.
func TestSameInGo(t *testing.T) {
	mlp := net.MLP{Hidden: []int{6, 6}}
	for _, c := range []struct {
		name, file string
		problem    func() (auto.Problem, crux.Options)
		built      int
	}{
		{"values on a box", `
problem: p
coords: {x: [0, 1], y: [0, 1]}
fields: {u: {hidden: [6, 6]}}
constraints:
  pde: {residual: u_xx + u_yy + 1}
  bc: {residual: u, on: boundary}
`, func() (auto.Problem, crux.Options) {
			x, y := ph.Coords2("x", "y")
			u := ph.NewField("u", mlp, x, y)
			box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
			return auto.Problem{Domain: box, Name: "p", Constraints: []crux.Constraint{
				{Name: "pde", Residual: u.D(x, x).Add(u.D(y, y)).Add(ph.Const(1)), On: box.Interior(0)},
				{Name: "bc", Residual: u, On: box.Boundary(0)},
			}}, crux.Options{}
		}, 1},
		{"a period, a start, two components, one transformed", `
problem: p
coords: {t: [0, 1], x: [0, 2]}
fields: {f: {hidden: [6, 6], out: [u, v], output: {v: "t*v"}}, w: {hidden: [5]}}
constraints:
  eq: {residual: {a: u_t + u, b: v_x - u, c: w_t + w_x}}
  ring: {residual: w(x = 0) - w(x = 2)}
  start: {residual: {u: "u - sin(pi*x)", w: w}, on: initial}
`, func() (auto.Problem, crux.Options) {
			tt, x := ph.Coords2("t", "x")
			box := domain.NewBox(domain.In(tt, 0, 1), domain.In(x, 0, 2))
			f, w := ph.NewField("f", net.MLP{Hidden: []int{6, 6}, Out: 2}, tt, x), ph.NewField("w", net.MLP{Hidden: []int{5}}, tt, x)
			u, v := ph.Define("u", f.Index(0)), ph.Define("v", f.Index(1))
			inside, ring, start := box.Interior(0), box.Interior(0), box.Face(tt, 0, 0)
			return auto.Problem{
				Domain: box, Name: "p", Fields: map[*ph.Field]ph.Expr{f: ph.Concat(f.Index(0), tt.Mul(v))},
				Constraints: []crux.Constraint{
					{Name: "eq.a", Residual: u.D(tt).Add(u), On: inside},
					{Name: "eq.b", Residual: v.D(x).Sub(u), On: inside},
					{Name: "eq.c", Residual: w.D(tt).Add(w.D(x)), On: inside},
					{Name: "ring", Residual: w.At(x, 0).Sub(w.At(x, 2)), On: ring},
					{Name: "start.u", Residual: u.Sub(ph.Sin(x.Scale(math.Pi))), On: start},
					{Name: "start.w", Residual: w, On: start},
				},
			}, crux.Options{}
		}, 3},
		{"conditions that are trained, points with weights, windows", `
problem: p
coords: {t: [0, 1], x: [0, 1]}
fields: {u: {hidden: [6, 6]}}
windows: 2
constraints:
  pde: {residual: u_t - u_xx, point_weights: rba}
  bc: {residual: u, on: x, weight: 10}
  ic: {residual: "u - x*(1 - x)", on: initial}
`, func() (auto.Problem, crux.Options) {
			tt, x := ph.Coords2("t", "x")
			u := ph.NewField("u", mlp, tt, x)
			box := domain.NewBox(domain.In(tt, 0, 1), domain.In(x, 0, 1))
			return auto.Problem{Domain: box, Name: "p", Constraints: []crux.Constraint{
				{Name: "pde", Residual: u.D(tt).Sub(u.D(x).D(x)), On: box.Interior(0), PointWeights: &weights.RBA{Gamma: 0.999, Eta: 0.01, Interval: 1}},
				{Name: "bc", Residual: u, On: box.Sides(x, 0), Weight: 10},
				{Name: "ic", Residual: u.Sub(x.Mul(ph.Const(1).Sub(x))), On: box.Face(tt, 0, 0)},
			}}, crux.Options{Windows: &crux.Windows{Coord: tt, Count: 2, Steps: auto.Steps}}
		}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := readText("p.yaml", []byte(c.file), ".", nil)
			if err != nil {
				t.Fatal(err)
			}
			s, err := p.New()
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close() //nolint:errcheck // it only ends workers
			problem, o := c.problem()
			g, err := auto.New(problem, o)
			if err != nil {
				t.Fatal(err)
			}
			defer g.Close() //nolint:errcheck // it only ends workers
			if len(g.Choice.Built) != c.built {
				t.Errorf("built in: %v, kept: %v", g.Choice.Built, g.Choice.Kept)
			}
			if a, b := p.Choice.Decisions, g.Choice.Decisions; !slices.Equal(a, slices.DeleteFunc(slices.Clone(b), ofMethod)) {
				t.Errorf("the file's decisions %v\nGo's %v", a, b)
			}
			ctx := context.Background()
			if _, err := s.Solve(ctx, 320, p.Callbacks("")...); err != nil { // 300 of SOAP, then Levenberg-Marquardt
				t.Fatal(err)
			}
			if _, err := g.Solve(ctx, 320); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(s.Theta(), g.Theta()) {
				t.Error("θ differs")
			}
		})
	}
}

// ofMethod reports whether a decision is about the method, which files have always.
func ofMethod(d auto.Decision) bool { return d.Why == "no method is given" }
