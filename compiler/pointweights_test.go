package compiler_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/internal/exec"
)

// byPoint marks residuals of a group.
func byPoint(g compiler.Group, which ...int) compiler.Group {
	g.Residuals = slices.Clone(g.Residuals)
	for _, i := range which {
		g.Residuals[i].ByPoint = true
	}
	return g
}

// emphasis are weights between 0 and 2, one of them 0.
func emphasis(n int, seed uint64) []float64 {
	mu := direction(n, seed)
	for k := range mu {
		mu[k] = 1 + math.Tanh(mu[k])
	}
	mu[n/2] = 0
	return mu
}

// Weights 1 are none, bit for bit: losses, gradients and Gauss–Newton matrices, for all reductions and both precisions.
func TestPointWeightsOneAreNone(t *testing.T) {
	for _, single := range []bool{false, true} {
		for _, weighted := range []bool{false, true} {
			t.Run(fmt.Sprintf("single=%v,weighted=%v", single, weighted), func(t *testing.T) {
				w := newWorld()
				g, b := w.system(), w.batch(300, 1)
				if g.Weighted = weighted; weighted {
					b.Weights = emphasis(300, 8)
				}
				if len(g.Residuals) < 3 {
					t.Fatalf("%d residuals", len(g.Residuals))
				}
				c := compiler.TraceCompiler{Single: single}
				plain, on := w.compile(t, c, g, b), w.compile(t, c, byPoint(g, 0, 2), b)
				n, p := plain.p.Len(), len(plain.theta)
				scale := emphasis(n, 3)
				type result struct{ grad, losses, only, matrix, trained []float64 }
				eval := func(r *run) result {
					t.Helper()
					q := result{make([]float64, p), make([]float64, n), make([]float64, n), make([]float64, p*p), make([]float64, n)}
					if err := r.p.Gradient(q.grad, r.theta, r.fixed, scale, q.losses); err != nil {
						t.Fatal(err)
					}
					if err := r.p.TrainingLosses(q.trained); err != nil {
						t.Fatal(err)
					}
					if err := r.p.Losses(q.only, r.theta, r.fixed); err != nil {
						t.Fatal(err)
					}
					if err := r.p.AddGaussNewton(q.matrix, r.theta, r.fixed, scale); err != nil {
						t.Fatal(err)
					}
					return q
				}
				a, z := eval(plain), eval(on)
				for what, pair := range map[string][2][]float64{
					"gradient": {z.grad, a.grad}, "losses": {z.losses, a.losses}, "losses alone": {z.only, a.only},
					"Gauss–Newton": {z.matrix, a.matrix}, "training losses": {z.trained, z.losses}, "training losses without": {a.trained, a.losses},
				} {
					if !slices.Equal(pair[0], pair[1]) {
						t.Errorf("%s: other bits", what)
					}
				}
			})
		}
	}
}

// Weights μ are those of a quadrature rule but for the divisor, which is the number of points and not Σ μ. Other evaluations do
// not see them, and residuals of the gradient's sweep are those of a sweep of their own.
func TestPointWeights(t *testing.T) {
	const n = 300
	for _, single := range []bool{false, true} {
		t.Run(fmt.Sprintf("single=%v", single), func(t *testing.T) {
			tol := 1e-12
			if single {
				tol = 2e-4
			}
			w := newWorld()
			g, b := w.system(), w.batch(n, 1)
			mu := emphasis(n, 9)
			weighted, wb := g, b
			weighted.Weighted, wb.Weights = true, mu
			pool := exec.NewPool(3)
			t.Cleanup(pool.Close)
			c := compiler.TraceCompiler{Single: single, Pool: pool}
			all := make([]int, len(g.Residuals))
			for i := range all {
				all[i] = i
			}
			plain, rule, on := w.compile(t, c, g, b), w.compile(t, c, weighted, wb), w.compile(t, c, byPoint(g, all...), b)
			k, p := plain.p.Len(), len(plain.theta)
			scale := make([]float64, k)
			for i, r := range g.Residuals {
				scale[i] = floats.Sum(mu) / n
				if r.Loss.Kind == compiler.Sum {
					scale[i] = 1
				}
				if err := on.p.SetPointWeights(i, mu); err != nil {
					t.Fatal(err)
				}
			}
			ones := slices.Repeat([]float64{1}, k)
			grads, losses := [3][]float64{}, [3][]float64{}
			for j, r := range []*run{plain, rule, on} {
				grads[j], losses[j] = make([]float64, p), make([]float64, k)
				s := ones
				if r == rule {
					s = scale
				}
				if err := r.p.Gradient(grads[j], r.theta, r.fixed, s, losses[j]); err != nil {
					t.Fatal(err)
				}
			}
			trained := make([]float64, k)
			if err := on.p.TrainingLosses(trained); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(losses[2], losses[0]) {
				t.Error("the losses depend on the weights")
			}
			floats.Mul(losses[1], scale)
			close := func(what string, got, want []float64) {
				t.Helper()
				if d := floats.Distance(got, want, math.Inf(1)); !(d <= tol*floats.Norm(want, math.Inf(1))) {
					t.Errorf("%s: off by %v of %v", what, d, floats.Norm(want, math.Inf(1)))
				}
			}
			close("training losses", trained, losses[1])
			close("gradient", grads[2], grads[1])
			gn, want := make([]float64, p*p), make([]float64, p*p)
			if err := on.p.AddGaussNewton(gn, on.theta, on.fixed, ones); err != nil {
				t.Fatal(err)
			}
			if err := rule.p.AddGaussNewton(want, rule.theta, rule.fixed, scale); err != nil {
				t.Fatal(err)
			}
			close("Gauss–Newton", gn, want)
			for i := range k {
				r, of := make([]float64, n*on.p.Dim(i)), [2][]float64{make([]float64, p), make([]float64, p)}
				if err := on.p.Residuals(i, r, on.theta, on.fixed); err != nil {
					t.Fatal(err)
				}
				close("residuals of the gradient's sweep", on.p.TrainingResiduals(i), r)
				if plain.p.TrainingResiduals(i) != nil {
					t.Error("residuals are kept for nobody")
				}
				for j, q := range []*run{plain, on} {
					if err := q.p.GradientOf(i, of[j], q.theta, q.fixed); err != nil {
						t.Fatal(err)
					}
				}
				if !slices.Equal(of[0], of[1]) {
					t.Error("GradientOf depends on the weights")
				}
			}
			v := direction(p, 4)
			h := [2][]float64{make([]float64, p), make([]float64, p)}
			for j, q := range []*run{plain, on} {
				if err := q.p.HVP(h[j], q.theta, q.fixed, ones, v); err != nil {
					t.Fatal(err)
				}
			}
			if !slices.Equal(h[0], h[1]) {
				t.Error("HVP depends on the weights")
			}
			if err := on.p.TrainingHVP(h[0], on.theta, on.fixed, ones, v); err != nil {
				t.Fatal(err)
			}
			if err := rule.p.HVP(h[1], rule.theta, rule.fixed, scale, v); err != nil {
				t.Fatal(err)
			}
			close("TrainingHVP", h[0], h[1])
			if single {
				return
			}
			// the gradient against differences of the training losses, whose sweep is another
			at := func(eps float64) float64 {
				theta := slices.Clone(on.theta)
				floats.AddScaled(theta, eps, v)
				if err := on.p.Losses(make([]float64, k), theta, on.fixed); err != nil {
					t.Fatal(err)
				}
				if err := on.p.TrainingLosses(trained); err != nil {
					t.Fatal(err)
				}
				return floats.Sum(trained)
			}
			const eps = 1e-5
			slope := (8*(at(eps)-at(-eps)) - (at(2*eps) - at(-2*eps))) / (12 * eps)
			if d := floats.Dot(grads[2], v); math.Abs(slope-d) > 1e-8*math.Abs(d) {
				t.Errorf("slope %v, by differences %v", d, slope)
			}
		})
	}
}

func TestPointWeightsErrors(t *testing.T) {
	w := newWorld()
	r := w.compile(t, compiler.TraceCompiler{}, byPoint(w.system(), 1), w.batch(5, 1))
	ok := []float64{1, 0, 2, 3, 4}
	if err := r.p.SetPointWeights(1, ok); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"another residual": r.p.SetPointWeights(0, ok), "none": r.p.SetPointWeights(-1, ok), "length": r.p.SetPointWeights(1, ok[1:]),
		"negative": r.p.SetPointWeights(1, []float64{1, 1, -1, 1, 1}), "NaN": r.p.SetPointWeights(1, []float64{1, 1, math.NaN(), 1, 1}),
		"losses": r.p.TrainingLosses(ok),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
