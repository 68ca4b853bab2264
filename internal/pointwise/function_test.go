package pointwise

import (
	"math"
	"testing"

	ph "github.com/crux-pinn/crux/placeholder"
)

// The straight-line program and Eval, which share no code, agree.
func TestFunction(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	env := ph.Env{Names: map[string]ph.Expr{"x": x, "y": y}}
	env.Names["r"] = ph.Define("r", ph.Sqrt(x.Mul(x).Add(y.Mul(y))))
	for _, text := range []string{
		"1 + x - 2*y/x", "-x^2 + y^-3", "x^1.5", "(x + 1)^y", "sin(pi*x)*exp(-y)", "where(x < y, r, -r)", "min(x, y) + max(x, 2*y)",
		"x < 0.5 and y >= 0.25 or not (x == y)", "[x, y, r]*x", "sum([x, y]) + dot([x, y], [1, 2])", "[x, y, x*y][1:3]", "[x, y][1]",
		"heaviside(x - y) + softplus(r)", "diff(x^3*y, x)", "integral(s*x, s, 0, y)", "at(r, x, 2)", "x != y",
	} {
		e, err := ph.Parse(text, env)
		if err != nil {
			t.Fatal(err)
		}
		f := Function(e, []*ph.Coord{y, x})
		got := make([]float64, e.Dim())
		for _, at := range [][2]float64{{0.3, 0.7}, {0.9, 0.2}, {0.5, 0.5}} {
			f(got, []float64{at[1], at[0]})
			want, err := Eval(e, Point{Coords: map[*ph.Coord]float64{x: at[0], y: at[1]}})
			if err != nil {
				t.Fatal(err)
			}
			for i, w := range want {
				if !(math.Abs(got[i]-w) <= 1e-14*math.Max(1, math.Abs(w))) { // rounding
					t.Errorf("%s at %v: %v, Eval has %v", text, at, got, want)
				}
			}
		}
	}
}

func BenchmarkFunction(b *testing.B) {
	x, y := ph.Coords2("x", "y")
	e, err := ph.Parse("(x - 0.5)^2 + (y - 0.5)^2 < 0.05", ph.Env{Names: map[string]ph.Expr{"x": x, "y": y}})
	if err != nil {
		b.Fatal(err)
	}
	at, dst := []float64{0.3, 0.7}, make([]float64, 1)
	coords := []*ph.Coord{x, y}
	for name, f := range map[string]func(dst, x []float64){"program": Function(e, coords), "Eval": slow(e, coords)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				f(dst, at)
			}
		})
	}
}
