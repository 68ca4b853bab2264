package optim_test

import (
	"math"
	"testing"

	"github.com/crux-pinn/crux/optim"
	"github.com/crux-pinn/crux/optim/optimtest"
)

// TestPINNGradient checks the test problem itself by central differences.
func TestPINNGradient(t *testing.T) {
	p := newPINN(7, 5, 4)
	theta := p.start(3)
	grad, scratch := make([]float64, len(theta)), make([]float64, len(theta))
	p.eval(grad, theta)
	for i, v := range theta {
		const h = 1e-5 // error of the difference about h²·L‴ + 1e-16·L/h, L about 100
		theta[i] = v + h
		up := p.eval(scratch, theta)
		theta[i] = v - h
		down := p.eval(scratch, theta)
		theta[i] = v
		if fd := (up - down) / (2 * h); math.Abs(fd-grad[i]) > 1e-6*max(1, math.Abs(fd)) {
			t.Errorf("∂L/∂θ[%d] = %v, by differences %v", i, grad[i], fd)
		}
	}
}

// TestPINN trains −u″ = π² sin πx with 141 parameters. The bounds are a hundred times what eight seeds reached in the
// loss, and ten times in the error: they hold the order of magnitude of each method, and would catch the loss of H's
// definiteness, which ends SSBroyden at 1e-17.
func TestPINN(t *testing.T) {
	if testing.Short() {
		t.Skip("trains networks for a few seconds")
	}
	for _, c := range []struct {
		m           optim.Method
		evals       int
		loss, relL2 float64
	}{
		{&optim.Adam{LR: optim.Cosine(5e-3, 1e-5, 3000)}, 3000, 1e-1, 1e-2},
		{&optim.LBFGS{}, 3000, 1e-5, 1e-4},
		{&optim.SSBroyden{BFGS: true}, 3000, 1e-13, 1e-8},
		{&optim.SSBroyden{}, 5000, 1e-18, 4e-12},
		{&optim.SSBroyden{Memory: 60}, 3000, 1e-11, 1e-7},
		{&optim.SSBroyden{BFGS: true, Memory: 60}, 3000, 1e-11, 1e-7},
		{&optim.LevenbergMarquardt{Plain: true}, 500, 1e-6, 1e-4},
		{&optim.LevenbergMarquardt{}, 150, 1e-18, 1e-11},
		{&optim.LevenbergMarquardt{Rows: 20}, 150, 1e-18, 1e-11},
	} {
		p := newPINN(48, 10, 10)
		theta := p.start(0)
		initialised(t, c.m, len(theta))
		f := &optimtest.Func{F: p.eval, Squares: p.squares, Count: len(p.xs)}
		var loss float64
		var err error
		for f.Evals < c.evals && err == nil {
			loss, err = c.m.Step(t.Context(), f.Objective(), theta)
		}
		if rel := p.relL2(theta); !(loss < c.loss && rel < c.relL2) {
			t.Errorf("%s: loss %.2g, relative error %.2g after %d evaluations (%v); want below %g and %g", optim.Describe(c.m), loss, rel, f.Evals, err, c.loss, c.relL2)
		} else {
			t.Logf("%s: loss %.2g, relative error %.2g after %d evaluations", optim.Describe(c.m), loss, rel, f.Evals)
		}
	}
}
