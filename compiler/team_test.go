package compiler_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/internal/exec"
	"github.com/crux-pinn/crux/internal/team"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Everything that a program computes has the same bits in one process, with any number of workers, and on any number of ranks that share
// its points.
func TestRanksAgree(t *testing.T) {
	for _, single := range []bool{false, true} {
		for _, n := range []int{50, 900} {
			t.Run(fmt.Sprintf("single=%v,n=%d", single, n), func(t *testing.T) {
				want := onTeam(t, nil, 1, single, n)
				if len(want) < 12 {
					t.Fatalf("only %d results", len(want))
				}
				compare := func(who string, got map[string][]float64) {
					for name, x := range want {
						if !slices.Equal(x, got[name]) {
							t.Errorf("%s: %s has other bits", who, name)
						}
					}
				}
				compare("3 workers", onTeam(t, nil, 3, single, n))
				for size := 2; size <= 4; size++ {
					var wg sync.WaitGroup
					for _, l := range team.Local(size) {
						wg.Go(func() {
							compare(fmt.Sprintf("rank %d of %d", l.Rank(), size), onTeam(t, l, 1+l.Rank()%2, single, n))
						})
					}
					wg.Wait()
				}
			})
		}
	}
}

// onTeam computes everything as one rank of a team.
func onTeam(t *testing.T, of team.Team, workers int, single bool, n int) map[string][]float64 {
	pool := exec.NewPool(workers)
	defer pool.Close()
	pool.Team = of
	w := newWorld()
	g := w.group(w.u.D(w.t).Sub(w.k.Mul(w.u.D(w.x, w.x))), ph.Concat(w.flow, w.u.Mul(w.u)), ph.Sin(w.x.Mul(w.t)).Mul(w.u))
	r := w.compile(t, compiler.TraceCompiler{Single: single, Pool: pool}, g, w.batch(n, 1))
	p, weights := len(r.theta), []float64{1, 0.5, 2}
	results := map[string][]float64{}
	do := func(name string, length int, f func(dst []float64) error) {
		results[name] = make([]float64, length)
		if err := f(results[name]); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	direction := perturbed(make([]float64, p))
	rows := perturbed(make([]float64, r.p.Rows()))
	do("losses", 3, func(dst []float64) error { return r.p.Losses(dst, r.theta, r.fixed) })
	do("gradient", p, func(dst []float64) error {
		return r.p.Gradient(dst, r.theta, r.fixed, weights, make([]float64, 3))
	})
	do("gradient of one", p, func(dst []float64) error { return r.p.GradientOf(1, dst, r.theta, r.fixed) })
	do("Hessian times vector", p, func(dst []float64) error { return r.p.HVP(dst, r.theta, r.fixed, weights, direction) })
	do("residuals", n*r.p.Dim(1), func(dst []float64) error { return r.p.Residuals(1, dst, r.theta, r.fixed) })
	do("scaled residuals", len(rows), func(dst []float64) error { return r.p.Scaled(dst, r.theta, r.fixed, weights) })
	do("Jᵀu", p, func(dst []float64) error { return r.p.MulJT(dst, r.theta, r.fixed, weights, rows) })
	do("Jacobian", n*r.p.Dim(1)*p, func(dst []float64) error { return r.p.Jacobian(1, dst, r.theta, r.fixed) })
	do("some rows of the Jacobian", 301*p, func(dst []float64) error {
		if len(rows) < 401 {
			dst = dst[:60*p]
		}
		return r.p.ScaledJacobian(dst, 77, r.theta, r.fixed, weights)
	})
	do("JᵀJ", p*p, func(dst []float64) error { return r.p.AddGaussNewton(dst, r.theta, r.fixed, weights) })
	do("JᵀJ without one residual", p*p, func(dst []float64) error {
		return r.p.AddGaussNewton(dst, r.theta, r.fixed, []float64{1, 0, 1})
	})
	for _, name := range []string{"JᵀJ", "JᵀJ without one residual"} {
		for i := range p {
			clear(results[name][i*p : i*p+i])
		}
	}
	if n < 100 {
		do("kernel", len(rows)*len(rows), func(dst []float64) error {
			return compiler.Kernel(dst, []*compiler.Program{r.p}, r.theta, r.fixed, [][]float64{weights}, nil)
		})
	} else {
		results["kernel"] = nil
	}
	return results
}
