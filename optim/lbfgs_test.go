package optim_test

import (
	"errors"
	"math"
	"testing"

	"github.com/crux-pinn/crux/optim"
	"github.com/crux-pinn/crux/optim/optimtest"
)

// descend steps until the method has converged or the evaluations are used up, and returns the last loss at entry.
func descend(t *testing.T, m optim.Method, f *optimtest.Func, theta []float64, evals int) (last float64, reason error) {
	t.Helper()
	last = math.Inf(1)
	for f.Evals < evals {
		loss, err := m.Step(t.Context(), f.Objective(), theta)
		if loss > last {
			t.Fatalf("the loss rose from %v to %v", last, loss)
		}
		last = loss
		if err != nil {
			if !errors.Is(err, optim.ErrConverged) {
				t.Fatal(err)
			}
			return last, err
		}
	}
	return last, nil
}

func quasiNewtonMethods() []optim.Method {
	return []optim.Method{&optim.LBFGS{}, &optim.SSBroyden{}, &optim.SSBroyden{BFGS: true}, &optim.SSBroyden{Memory: 4}, &optim.SSBroyden{BFGS: true, Memory: 4}}
}

func TestQuasiNewtonRosenbrock(t *testing.T) {
	for _, n := range []int{2, 10, 50} {
		for _, m := range quasiNewtonMethods() {
			initialised(t, m, n)
			f := &optimtest.Func{F: optimtest.Rosenbrock}
			theta := make([]float64, n) // not the customary start, from which there are two valleys to choose from
			_, err := descend(t, m, f, theta, 60*n+200)
			for i, x := range theta {
				if math.Abs(x-1) > 1e-9 {
					t.Errorf("%s, n = %d: theta[%d] = %v after %d evaluations, want 1", optim.Describe(m), n, i, x, f.Evals)
					break
				}
			}
			t.Logf("%s, n = %d: %d evaluations; %v", optim.Describe(m), n, f.Evals, err)
		}
	}
}

// TestQuasiNewtonSuperlinear: once close, the error of a quasi-Newton method falls faster than any fixed rate. On a
// strictly convex, non-quadratic function of five variables the last steps gain many digits each.
func TestQuasiNewtonSuperlinear(t *testing.T) {
	f := func(grad, theta []float64) float64 { // Σ c_i (cosh θ_i − 1) + ½(Σθ)², minimum 0 at 0
		sum, loss := 0.0, 0.0
		for i, v := range theta {
			c := math.Pow(3, float64(i))
			grad[i] = c * math.Sinh(v)
			loss += c * 2 * math.Sinh(v/2) * math.Sinh(v/2)
			sum += v
		}
		for i := range grad {
			grad[i] += sum
		}
		return loss + sum*sum/2
	}
	for _, m := range quasiNewtonMethods()[:3] { // without those that remember fewer directions than there are
		initialised(t, m, 5)
		theta := []float64{1, -1, 0.5, 1, -0.5}
		obj := &optimtest.Func{F: f}
		var errs []float64
		for len(errs) < 60 {
			_, err := m.Step(t.Context(), obj.Objective(), theta)
			if err != nil {
				break
			}
			size := 0.0
			for _, v := range theta {
				size = max(size, math.Abs(v))
			}
			errs = append(errs, size)
			if size < 1e-12 {
				break
			}
		}
		k := len(errs) - 1
		if k >= 59 || !(errs[k] < 1e-12) {
			t.Errorf("%s: error %v after %d steps", optim.Describe(m), errs[k], k+1)
			continue
		}
		// Mean rate of the last three steps against that of the first ten.
		late, early := math.Pow(errs[k]/errs[k-3], 1.0/3), math.Pow(errs[10]/errs[0], 0.1)
		if !(late < early/2) {
			t.Errorf("%s: the error falls by %.3g a step at the end, by %.3g at the beginning", optim.Describe(m), late, early)
		}
		t.Logf("%s: %d steps, rate %.3g then %.3g", optim.Describe(m), k+1, early, late)
	}
}

func TestGradTol(t *testing.T) {
	for _, m := range []optim.Method{&optim.LBFGS{GradTol: 1e-3}, &optim.SSBroyden{GradTol: 1e-3}, &optim.SSBroyden{BFGS: true, GradTol: 1e-3}} {
		initialised(t, m, 6)
		theta := optimtest.RosenbrockStart(6)
		_, err := descend(t, m, &optimtest.Func{F: optimtest.Rosenbrock}, theta, 1000)
		var c *optim.ConvergedError
		if !errors.As(err, &c) || c.Reason != optim.GradientTolerance || c.Grad > 1e-3 || c.Grad == 0 {
			t.Errorf("%s: %v", optim.Describe(m), err)
		}
	}
}

// TestObjectiveChanges: after convergence on one set of points the method goes on when the objective is another, keeping its
// curvature: it needs fewer evaluations than a fresh method from the same point.
func TestObjectiveChanges(t *testing.T) {
	shifted := func(by float64) func(grad, theta []float64) float64 {
		return func(grad, theta []float64) float64 {
			x := make([]float64, len(theta))
			for i := range x {
				x[i] = theta[i] + by
			}
			return 3 * optimtest.Bowl(1e4)(grad, x)
		}
	}
	for _, make := range []func() optim.Method{
		func() optim.Method { return &optim.LBFGS{GradTol: 1e-8} },
		func() optim.Method { return &optim.SSBroyden{GradTol: 1e-8} },
		func() optim.Method { return &optim.SSBroyden{BFGS: true, GradTol: 1e-8} },
	} {
		m := initialised(t, make(), 30)
		theta := optimtest.RosenbrockStart(30)
		if _, err := descend(t, m, &optimtest.Func{F: shifted(0)}, theta, 3000); err == nil {
			t.Fatalf("%s does not converge on the first objective", optim.Describe(m))
		}
		f := func(grad, theta []float64) float64 {
			l := shifted(0.1)(grad, theta)
			for i := range grad {
				grad[i] *= 1.0 / 3
			}
			return l / 3
		}
		warm, cold := &optimtest.Func{F: f}, &optimtest.Func{F: f}
		other := append([]float64(nil), theta...)
		_, err := descend(t, m, warm, theta, 3000)
		_, err2 := descend(t, initialised(t, make(), 30), cold, other, 3000)
		if err == nil || err2 == nil || warm.Evals >= cold.Evals {
			t.Errorf("%s: %d evaluations with the old curvature (%v), %d without (%v)", optim.Describe(m), warm.Evals, err, cold.Evals, err2)
		}
	}
}

func TestResetForgets(t *testing.T) {
	for _, m := range quasiNewtonMethods() {
		initialised(t, m, 4)
		used, fresh := optimtest.RosenbrockStart(4), optimtest.RosenbrockStart(4)
		f := &optimtest.Func{F: optimtest.Rosenbrock}
		take(t, m, f, used, 5)
		m.(interface{ Reset() }).Reset()
		used = optimtest.RosenbrockStart(4)
		take(t, m, f, used, 5)
		m.(interface{ Reset() }).Reset()
		take(t, m, f, fresh, 5)
		if !near(used, fresh, 0) {
			t.Errorf("%s: after Reset %v, fresh %v", optim.Describe(m), used, fresh)
		}
	}
}

// TestRoundOffStop: a loss of which only the rounding is left to lower ends with a reason, not with an endless crawl.
func TestRoundOffStop(t *testing.T) {
	for _, m := range quasiNewtonMethods() {
		initialised(t, m, 6)
		theta := optimtest.RosenbrockStart(6)
		f := &optimtest.Func{F: func(grad, theta []float64) float64 { return 1e6 + optimtest.Rosenbrock(grad, theta) }}
		_, err := descend(t, m, f, theta, 2000)
		var c *optim.ConvergedError
		if !errors.As(err, &c) || c.Reason != optim.RoundOff && c.Reason != optim.NoProgress {
			t.Errorf("%s: %v after %d evaluations", optim.Describe(m), err, f.Evals)
			continue
		}
		again, err2 := m.Step(t.Context(), f.Objective(), theta)
		if !errors.Is(err2, optim.ErrConverged) || again != c.Loss {
			t.Errorf("%s: a further step says %v, loss %v; want convergence at %v again", optim.Describe(m), err2, again, c.Loss)
		}
	}
}
