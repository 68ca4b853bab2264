package placeholder_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/crux-pinn/crux/internal/pointwise"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// world is a problem with one of everything that a text can name.
type world struct {
	t, x, y, theta *ph.Coord
	u, flow        *ph.Field
	kappa          *ph.Param
	env            ph.Env
	point          pointwise.Point
}

func newWorld() *world {
	w := &world{t: ph.NewCoord("t"), x: ph.NewCoord("x"), y: ph.NewCoord("y"), theta: ph.NewCoord("theta")}
	w.u = ph.NewField("u", net.MLP{Hidden: []int{3}}, w.t, w.x)
	w.flow = ph.NewField("flow_v", net.MLP{Hidden: []int{3}, Out: 2}, w.x, w.y, w.theta)
	w.kappa = ph.NewParam("kappa", 0.6)
	hard := ph.Define("h", w.u.Mul(w.x).Add(w.t))
	w.env = ph.Env{
		Names: map[string]ph.Expr{
			"t": w.t, "x": w.x, "y": w.y, "theta": w.theta, "u": w.u, "flow_v": w.flow, "kappa": w.kappa, "nu": ph.Const(0.1),
			"u_obs": ph.Column("u_obs"), "q": ph.Define("q", ph.Sin(w.x).Mul(w.kappa)), "h": hard, "in": ph.Define("in", ph.Const(3)),
		},
		Order: map[string][]*ph.Coord{"h": {w.t, w.x}},
		Space: []*ph.Coord{w.x, w.y},
		Functions: map[string]func(ph.Expr) ph.Expr{"softsign": ph.NewUnary("softsign",
			func(x float64) float64 { return x / (1 + math.Abs(x)) },
			func(_, y ph.Expr) ph.Expr { return ph.Const(1).Sub(ph.Abs(y)).Pow(2) })},
	}
	w.point = pointwise.Point{
		Coords:  map[*ph.Coord]float64{w.t: 0.3, w.x: 0.7, w.y: -0.4, w.theta: 1.1},
		Bounds:  map[*ph.Coord][2]float64{w.t: {0, 1}, w.x: {-1, 1}, w.y: {-2, 2}, w.theta: {0, 3}},
		Columns: map[string]float64{"u_obs": 0.25},
		Normals: map[*ph.Coord]float64{w.t: 0, w.x: 0.6, w.y: 0.8, w.theta: 0},
		Params:  map[*ph.Param][]float64{w.kappa: {0.6}},
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, p := range append(w.u.Parameters(), w.flow.Parameters()...) {
		v := make([]float64, p.Size())
		p.Initialize(rng, v)
		w.point.Params[p] = v
	}
	return w
}

func (w *world) parse(t testing.TB, src string) ph.Expr {
	t.Helper()
	e, err := ph.Parse(src, w.env)
	if err != nil {
		t.Fatalf("Parse(%q): %v\n%s", src, err, caret(err))
	}
	return e
}

func (w *world) eval(t testing.TB, e ph.Expr) []float64 {
	t.Helper()
	v, err := pointwise.Eval(e, w.point)
	if err != nil {
		t.Fatalf("%v: %v", e, err)
	}
	return v
}

// same reports whether a and b agree up to rounding; where a is not finite nothing is asked of b.
func same(a, b []float64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if math.IsNaN(a[i]) || math.IsInf(a[i], 0) {
			continue
		}
		if !(math.Abs(a[i]-b[i]) <= 1e-9*math.Max(1, math.Abs(a[i]))) {
			return false
		}
	}
	return true
}
