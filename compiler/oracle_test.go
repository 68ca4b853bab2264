package compiler_test

import (
	"math"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
	"pgregory.net/rapid"

	"github.com/crux-pinn/crux/compiler"
)

// stock runs the graph on Gorgonia's TapeMachine, which evaluates each operation by Op.Do.
func stock(t tb, b *compiler.Bound) (losses, rows, grads [][]float64) {
	t.Helper()
	for n, v := range b.Inputs {
		if err := gorgonia.Let(n, tensor.New(tensor.WithShape(n.Shape()...), tensor.WithBacking(v))); err != nil {
			t.Fatal(err)
		}
	}
	all := append(append(append(gorgonia.Nodes{}, b.Losses...), b.Rows...), b.Grads...)
	read := make([]gorgonia.Value, len(all))
	for i, n := range all {
		gorgonia.Read(n, &read[i])
	}
	m := gorgonia.NewTapeMachine(b.Graph.Expr)
	defer m.Close()
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	values := make([][]float64, len(all))
	for i, v := range read {
		switch d := v.Data().(type) {
		case []float64:
			values[i] = d
		case float64:
			values[i] = []float64{d}
		}
	}
	n, m2 := len(b.Losses), len(b.Losses)+len(b.Rows)
	return values[:n], values[n:m2], values[m2:]
}

func magnitude(v []float64) float64 {
	var m float64
	for _, x := range v {
		m = max(m, math.Abs(x))
	}
	return m
}

// agree compares every variant of a program with the stock machine, relative to the largest entry, or to cancel where that
// is larger: random expressions cancel.
func agree(t tb, p *compiler.Program, theta, fixed []float64, cancel float64) {
	t.Helper()
	const tol = 1e-12
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	near := func(what string, got, want []float64) {
		t.Helper()
		if e := relative(got, want); !(e <= tol*max(1, cancel/magnitude(want))) {
			t.Errorf("%s: relative error %.2e against the stock machine\n got %v\nwant %v", what, e, got, want)
		}
	}
	w := make([]float64, p.Len())
	for i := range w {
		w[i] = 1 + float64(i)
	}
	v := direction(len(theta), 17)
	scatter := func(b *compiler.Bound, parts [][]float64) []float64 {
		g := make([]float64, len(theta))
		for k, e := range b.At {
			copy(g[e.Offset:e.Offset+e.Len], parts[k])
		}
		return g
	}
	for i := range p.Len() {
		b, err := p.BindResidual(i, theta, fixed)
		must(err)
		_, rows, _ := stock(t, b)
		got := make([]float64, p.Points()*p.Dim(i))
		must(p.Residuals(i, got, theta, fixed))
		near("residual", got, rows[0])
	}
	b, err := p.BindGradient(theta, fixed, w)
	must(err)
	sums, _, grads := stock(t, b)
	want := make([]float64, p.Len())
	for i, s := range sums {
		for _, x := range s {
			want[i] += x * p.LossFactor(i)
		}
	}
	losses, grad := make([]float64, p.Len()), make([]float64, len(theta))
	must(p.Gradient(grad, theta, fixed, w, losses))
	near("losses", losses, want)
	near("gradient", grad, scatter(b, grads))
	must(p.Losses(losses, theta, fixed))
	near("losses alone", losses, want)

	b, err = p.BindHVP(theta, fixed, w, v)
	must(err)
	_, _, grads = stock(t, b)
	must(p.HVP(grad, theta, fixed, w, v))
	near("Hessian-vector product", grad, scatter(b, grads))
}

func TestStockMachineOnGoldens(t *testing.T) {
	for name := range goldenResiduals {
		t.Run(name, func(t *testing.T) {
			g := readGolden(t, name)
			ps, _, _ := g.programs(t, name, compiler.TraceCompiler{})
			for _, p := range ps {
				agree(t, p, g.Theta, nil, 0)
			}
		})
	}
}

func TestStockMachineOnRandomGraphs(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld()
		e := w.draw(rt, 2, 3)
		r := w.compile(rt, compiler.TraceCompiler{}, w.group(e, w.draw(rt, 1, 2)), w.batch(rapid.IntRange(1, 70).Draw(rt, "n"), 1))
		agree(rt, r.p, r.theta, r.fixed, 1)
	})
}
