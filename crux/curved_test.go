package crux_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/optim"
	"github.com/crux-pinn/crux/weights"
)

// curveProbe is a method that compares products with the Hessian with differences of gradients, and goes nowhere.
type curveProbe struct {
	stateless
	t     *testing.T
	n     int
	tests int
}

func (p *curveProbe) Init(params []optim.Param) error {
	p.n = 0
	for _, q := range params {
		p.n += q.Len
	}
	return nil
}

func (p *curveProbe) Step(ctx context.Context, f optim.Objective, theta []float64) (float64, error) {
	v, hv, want := make([]float64, p.n), make([]float64, p.n), make([]float64, p.n)
	at, grad := make([]float64, p.n), make([]float64, p.n)
	for i := range v {
		v[i] = math.Sin(float64(3*i + 1))
	}
	if err := f.HVP(ctx, hv, v, theta); err != nil {
		return 0, err
	}
	const h = 1e-3 // of fourth order: the error is about h⁴, and 1e-16/h from rounding
	for _, d := range []struct{ step, c float64 }{{h, 8}, {-h, -8}, {2 * h, -1}, {-2 * h, 1}} {
		floats.AddScaledTo(at, theta, d.step, v)
		if _, err := f.Grad(ctx, grad, at); err != nil {
			return 0, err
		}
		floats.AddScaled(want, d.c/(12*h), grad)
	}
	if e := floats.Distance(hv, want, 2) / floats.Norm(want, 2); !(e < 1e-7) {
		p.t.Errorf("products with the Hessian are off by %.1e", e)
	}
	p.tests++
	return f.Loss(ctx, theta)
}

// Products with the Hessian are those of the training loss: with weights of constraints and of points, for losses that are no mean
// squares, on shared points, for all parameters and for groups of them.
func TestHVPOfTheSolver(t *testing.T) {
	for name, weighted := range map[string]bool{"plain": false, "weights of points": true} {
		all, parts := &curveProbe{t: t}, [2]*curveProbe{{t: t}, {t: t}}
		for _, m := range []optim.Method{all, inGroups(
			optim.Group{Select: func(path string) bool { return strings.HasSuffix(path, "bias") }, Method: parts[0]}, optim.Group{Method: parts[1]},
		)} {
			p := three()
			p.Constraints[1].Weight = 100
			p.Constraints[2].Loss.Delta = 1e3 // so that no difference is taken across a jump of the second derivative
			if weighted {
				p.Constraints[0].PointWeights = &emphasis{f: func(k int, _ weights.Points) float64 { return 1 + float64(k%3) }}
			}
			solve(t, newSolver(t, p.Problem, crux.Options{Method: m}), 2)
		}
		if all.tests != 2 || parts[0].tests != 2 || parts[1].tests != 2 {
			t.Errorf("%s: %d, %d and %d comparisons", name, all.tests, parts[0].tests, parts[1].tests)
		}
	}
}
