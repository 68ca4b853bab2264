package secant

import (
	"context"
	"math"
	"testing"

	"github.com/crux-pinn/crux/optim/internal/vec"
)

// line is a function of one variable as an objective.
type line struct {
	f     func(a float64) (value, slope float64)
	evals int
}

func (l *line) grad(_ context.Context, grad, theta []float64) (float64, error) {
	l.evals++
	v, s := l.f(theta[0])
	grad[0] = s
	return v, nil
}

// yanai is the convex family of Yanai, Ozawa & Kaneko, functions 4 to 6 of Moré & Thuente.
func yanai(b1, b2 float64) func(float64) (float64, float64) {
	g := func(b float64) float64 { return math.Sqrt(1+b*b) - b }
	return func(a float64) (float64, float64) {
		u, v := math.Hypot(1-a, b2), math.Hypot(a, b1)
		return g(b1)*u + g(b2)*v, -g(b1)*(1-a)/u + g(b2)*a/v
	}
}

// moreThuente holds the six functions of Moré & Thuente (1994), section 5.
var moreThuente = map[string]func(a float64) (float64, float64){
	"1": func(a float64) (float64, float64) {
		d := a*a + 2
		return -a / d, (a*a - 2) / (d * d)
	},
	"2": func(a float64) (float64, float64) {
		x := a + 0.004
		return math.Pow(x, 5) - 2*math.Pow(x, 4), 5*math.Pow(x, 4) - 8*math.Pow(x, 3)
	},
	"3": func(a float64) (float64, float64) {
		const b, l = 0.01, 39
		var v, s float64
		switch {
		case a <= 1-b:
			v, s = 1-a, -1
		case a >= 1+b:
			v, s = a-1, 1
		default:
			v, s = (a-1)*(a-1)/(2*b)+b/2, (a-1)/b
		}
		return v + 2*(1-b)/(l*math.Pi)*math.Sin(l*math.Pi/2*a), s + (1-b)*math.Cos(l*math.Pi/2*a)
	},
	"4": yanai(0.001, 0.001),
	"5": yanai(0.01, 0.001),
	"6": yanai(0.001, 0.01),
}

// TestLineSearchWolfe: from steps eight orders of magnitude apart the search ends with both Wolfe conditions.
func TestLineSearchWolfe(t *testing.T) {
	for name, f := range moreThuente {
		for _, first := range []float64{1e-5, 1e-3, 1e-1, 1, 10, 1e3} {
			obj := &line{f: f}
			ls := Search{MaxTrials: 30}
			ls.Reset(1)
			f0, s0 := f(0)
			got, ok, err := ls.Run(context.Background(), obj.grad, []float64{0}, []float64{1}, f0, s0, first)
			if err != nil || !ok {
				t.Errorf("function %s from %g: ok %t, error %v", name, first, ok, err)
				continue
			}
			v, s := f(got.Alpha)
			if v > f0+wolfeC1*got.Alpha*s0 || math.Abs(s) > wolfeC2*math.Abs(s0) {
				t.Errorf("function %s from %g: α = %g, φ %g → %g, φ′ %g → %g", name, first, got.Alpha, f0, v, s0, s)
			}
			if v != got.F || s != got.slope || ls.X[0] != got.Alpha || ls.G[0] != s {
				t.Errorf("function %s from %g: the search's point and gradient are not those of α = %g", name, first, got.Alpha)
			}
			// Far-off first steps take log₄ of the distance; function 2 is flat at 0 and needs its minimum to 7 digits.
			if obj.evals > 20 {
				t.Errorf("function %s from %g: %d evaluations", name, first, obj.evals)
			}
		}
	}
}

// TestLineSearchHitsCubicMinimum: one interpolation of a cubic is exact. φ = 2α³ − 3α² falls from 0 with slope 0, so take
// φ = (α−0.3)²(α+2), with minimum at 0.3, from a first step that is too long.
func TestLineSearchHitsCubicMinimum(t *testing.T) {
	f := func(a float64) (float64, float64) { return (a - 0.3) * (a - 0.3) * (a + 2), (a - 0.3) * (3*a + 3.7) }
	obj := &line{f: f}
	ls := Search{MaxTrials: 30}
	ls.Reset(1)
	f0, s0 := f(0)
	got, ok, err := ls.Run(context.Background(), obj.grad, []float64{0}, []float64{1}, f0, s0, 0.9)
	if err != nil || !ok || math.Abs(got.Alpha-0.3) > 1e-14 || obj.evals != 2 {
		t.Errorf("α = %v after %d evaluations (ok %t, error %v), want 0.3 after 2", got.Alpha, obj.evals, ok, err)
	}
}

// TestLineSearchBounded: whatever the function does, the number of trials is bounded and theta stays.
func TestLineSearchBounded(t *testing.T) {
	for name, f := range map[string]func(a float64) (float64, float64){
		"always higher":     func(a float64) (float64, float64) { return a + 1, -1 },
		"always NaN":        func(float64) (float64, float64) { return math.NaN(), math.NaN() },
		"no lower bound":    func(a float64) (float64, float64) { return -a, -1 },
		"a lower cliff NaN": func(a float64) (float64, float64) { return -math.Sqrt(0.001 - a), -1 },
		"slope infinite":    func(a float64) (float64, float64) { return -a, math.Inf(-1) },
	} {
		obj := &line{f: f}
		ls := Search{MaxTrials: 12}
		ls.Reset(1)
		theta := []float64{0}
		got, ok, err := ls.Run(context.Background(), obj.grad, theta, []float64{1}, 0, -1, 1)
		if err != nil || obj.evals > 12 || theta[0] != 0 {
			t.Errorf("%s: %d evaluations, theta %v, error %v", name, obj.evals, theta, err)
		}
		if ok && (!got.finite || !(got.F < 0) || !vec.Finite(ls.X[0]) || !vec.Finite(ls.G[0])) {
			t.Errorf("%s: accepted %+v", name, got)
		}
	}
}
