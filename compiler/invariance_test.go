package compiler_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/internal/exec"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// system is a problem with a bit of everything: shared points, several networks, an inverse parameter, a source.
func (w *world) system() compiler.Group {
	u, v, p := w.flow.Index(0), w.flow.Index(1), w.flow.Index(2)
	source := ph.Sin(w.x.Scale(3)).Mul(ph.Exp(w.y))
	gate := ph.NewField("gate", net.ModifiedMLP{Hidden: []int{6, 6}}, w.x, w.y)
	return w.group(
		u.Mul(u.D(w.x)).Add(v.Mul(u.D(w.y)), p.D(w.x)).Sub(w.k.Mul(ph.Laplacian(u, w.x, w.y)), source),
		ph.Divergence(w.flow.Slice(0, 2), w.x, w.y),
		w.u.D(w.t).Sub(w.k.Mul(w.u.D(w.x, w.x))),
		w.u.At(w.x, 1).Sub(w.u.At(w.x, -1)),
		ph.NormalDerivative(gate, w.x, w.y).Add(gate.D(w.x, w.x, w.y, w.y)),
		w.flow.Sub(ph.Column("data")),
	)
}

// answers are all numbers that a program gives.
func (r *run) answers(t tb) []float64 {
	t.Helper()
	grad, losses := r.gradient(t, r.theta, nil)
	all := append(slices.Clone(losses), grad...)
	all = append(all, r.hvp(t, nil, direction(len(r.theta), 31))...)
	for i := range r.p.Len() {
		all = append(all, r.residual(t, i)...)
		one := make([]float64, len(grad))
		if err := r.p.GradientOf(i, one, r.theta, r.fixed); err != nil {
			t.Fatal(err)
		}
		all = append(all, one...)
	}
	return all
}

func TestPassesChangeNothing(t *testing.T) {
	w := newWorld()
	g, b := w.system(), w.batch(50, 1)
	want := w.compile(t, compiler.TraceCompiler{}, g, b).answers(t)
	same := func(what string, c compiler.TraceCompiler) {
		t.Run(what, func(t *testing.T) {
			if e := relative(w.compile(t, c, g, b).answers(t), want); !(e <= 1e-12) {
				t.Errorf("relative difference %.2e", e)
			}
		})
	}
	same("plain", compiler.TraceCompiler{Plain: true})
	var needed []compiler.Pass
	for i, p := range compiler.Passes() {
		if p.Required() {
			needed = append(needed, p)
			continue
		}
		same("without "+p.Name, compiler.TraceCompiler{Passes: slices.Delete(compiler.Passes(), i, i+1)})
	}
	same("required only", compiler.TraceCompiler{Passes: needed})
	same("required only, plain", compiler.TraceCompiler{Passes: needed, Plain: true})
}

func TestPassesChangeNothingAtRandom(t *testing.T) {
	var needed []compiler.Pass
	for _, p := range compiler.Passes() {
		if p.Required() {
			needed = append(needed, p)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld()
		g, b := w.group(w.draw(rt, 2, 3)), w.batch(5, 1)
		want := w.compile(rt, compiler.TraceCompiler{}, g, b).answers(rt)
		got := w.compile(rt, compiler.TraceCompiler{Passes: needed, Plain: true}, g, b).answers(rt)
		if e := relative(got, want); !(e <= 1e-11*max(1, 1/magnitude(want))) {
			rt.Fatalf("%s: relative difference %.2e", g.Residuals[0].Expr, e)
		}
	})
}

func bits(t *testing.T, what string, got, want []float64) {
	t.Helper()
	for i := range want {
		if math.Float64bits(got[i]) != math.Float64bits(want[i]) {
			t.Errorf("%s: number %d is %v, was %v", what, i, got[i], want[i])
			return
		}
	}
}

func TestWorkersChangeNoBit(t *testing.T) {
	for _, single := range []bool{false, true} {
		for _, n := range []int{5, 33, 700} {
			w := newWorld()
			g, b := w.system(), w.batch(n, 1)
			var want []float64
			for _, workers := range []int{1, 2, 5} {
				pool := exec.NewPool(workers)
				r := w.compile(t, compiler.TraceCompiler{Pool: pool, Single: single}, g, b)
				got := r.answers(t)
				if want == nil {
					want = got
				}
				bits(t, fmt.Sprintf("n = %d, %d workers", n, workers), got, want)
				bits(t, fmt.Sprintf("n = %d, second run", n), r.answers(t), want)
				pool.Close()
			}
		}
	}
}

func TestSinglePrecision(t *testing.T) {
	w := newWorld()
	g, b := w.system(), w.batch(100, 1)
	double, single := w.compile(t, compiler.TraceCompiler{}, g, b), w.compile(t, compiler.TraceCompiler{Single: true}, g, b)
	gd, ld := double.gradient(t, double.theta, nil)
	gs, ls := single.gradient(t, single.theta, nil)
	if e := relative(ls, ld); !(e <= 1e-4) {
		t.Errorf("losses: relative difference %.2e", e)
	}
	if e := relative(gs, gd); !(e <= 1e-4) {
		t.Errorf("gradient: relative difference %.2e", e)
	}
	for i := range g.Residuals {
		if e := relative(single.residual(t, i), double.residual(t, i)); !(e <= 1e-4) {
			t.Errorf("residual %d: relative difference %.2e", i, e)
		}
	}
	v := direction(len(gd), 1)
	if e := relative(single.hvp(t, nil, v), double.hvp(t, nil, v)); !(e <= 1e-4) {
		t.Errorf("Hessian-vector product: relative difference %.2e", e)
	}
}

// The answer for N points is the mean of the answers for each point, whatever the last chunk holds.
func TestEveryNumberOfPoints(t *testing.T) {
	w := newWorld()
	g, all := w.system(), w.batch(1001, 1)
	r := w.compile(t, compiler.TraceCompiler{}, g, all)
	part := func(lo, hi int) compiler.Batch {
		return compiler.Batch{
			N: hi - lo, X: all.X[3*lo : 3*hi], Normals: all.Normals[3*lo : 3*hi],
			Columns: map[string][]float64{"data": all.Columns["data"][lo:hi]},
		}
	}
	set := func(b compiler.Batch) {
		if err := r.p.SetPoints(b, r.fixed); err != nil {
			t.Fatal(err)
		}
	}
	v := direction(len(r.theta), 2)
	eval := func() []float64 {
		grad, losses := r.gradient(t, r.theta, nil)
		return append(append(losses, grad...), r.hvp(t, nil, v)...)
	}
	var sum []float64
	sums := map[int][]float64{}
	var residuals []float64
	for i := range all.N {
		set(part(i, i+1))
		a := eval()
		if sum == nil {
			sum = make([]float64, len(a))
		}
		for k := range a {
			sum[k] += a[k]
		}
		sums[i+1] = slices.Clone(sum)
		residuals = append(residuals, r.residual(t, 0)...)
	}
	for _, n := range []int{1, 2, 3, 31, 32, 33, 64, 65, 127, 1000, 1001} {
		set(part(0, n))
		got, want := eval(), sums[n]
		for k := range want {
			want[k] /= float64(n)
		}
		if e := relative(got, want); !(e <= 1e-11) {
			t.Errorf("n = %d: relative difference %.2e", n, e)
		}
		if e := relative(r.residual(t, 0), residuals[:n]); !(e <= 1e-12) {
			t.Errorf("n = %d: residuals differ by %.2e", n, e)
		}
	}
}
