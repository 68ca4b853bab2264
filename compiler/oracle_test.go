package compiler_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"pgregory.net/rapid"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/internal/graph"
	"github.com/crux-pinn/crux/internal/kern"
)

func magnitude(v []float64) float64 {
	var m float64
	for _, x := range v {
		m = max(m, math.Abs(x))
	}
	return m
}

// agree compares what a program computes with what the same program does on Gorgonia's TapeMachine, relative to the largest
// entry, or to cancel where that is larger: random expressions cancel.
func agree(t tb, p, ref *compiler.Program, theta, fixed []float64, cancel float64) {
	t.Helper()
	w := make([]float64, p.Len())
	for i := range w {
		w[i] = 1 + float64(i)
	}
	u, v := direction(p.Rows(), 5), direction(len(theta), 17)
	both := func(what string, size int, f func(p *compiler.Program, dst []float64) error) {
		t.Helper()
		got, want := make([]float64, size), make([]float64, size)
		for _, side := range []struct {
			p   *compiler.Program
			dst []float64
		}{{p, got}, {ref, want}} {
			if err := f(side.p, side.dst); err != nil {
				t.Fatal(err)
			}
		}
		if e, m := relative(got, want), magnitude(want); !(e*m <= 1e-12*max(m, cancel)) {
			t.Errorf("%s: relative error %.2e against the stock machine\n got %v\nwant %v", what, e, got, want)
		}
	}
	for i := range p.Len() {
		both("residual", p.Points()*p.Dim(i), func(p *compiler.Program, dst []float64) error { return p.Residuals(i, dst, theta, fixed) })
		both("gradient of one loss", len(theta), func(p *compiler.Program, dst []float64) error { return p.GradientOf(i, dst, theta, fixed) })
	}
	both("losses", p.Len(), func(p *compiler.Program, dst []float64) error { return p.Losses(dst, theta, fixed) })
	both("losses and gradient", p.Len()+len(theta), func(p *compiler.Program, dst []float64) error {
		return p.Gradient(dst[p.Len():], theta, fixed, w, dst[:p.Len()])
	})
	both("Hessian-vector product", len(theta), func(p *compiler.Program, dst []float64) error { return p.HVP(dst, theta, fixed, w, v) })
	both("J", p.Rows()*len(theta), func(p *compiler.Program, dst []float64) error { return p.ScaledJacobian(dst, 0, theta, fixed, nil) })
	both("Jᵀu", len(theta), func(p *compiler.Program, dst []float64) error { return p.MulJT(dst, theta, fixed, nil, u) })
	both("JJᵀ", p.Rows()*p.Rows(), func(p *compiler.Program, dst []float64) error {
		if err := compiler.Kernel(dst, []*compiler.Program{p}, theta, fixed, nil, nil); err != nil {
			return err
		}
		for i := range p.Rows() { // only the upper triangle is computed
			clear(dst[i*p.Rows():][:i])
		}
		return nil
	})
}

func TestReferenceOnGoldens(t *testing.T) {
	for name := range goldenResiduals {
		t.Run(name, func(t *testing.T) {
			g := readGolden(t, name)
			ps, _, _ := g.programs(t, name, compiler.TraceCompiler{})
			refs, _, _ := g.programs(t, name, compiler.TraceCompiler{Reference: true})
			for i, p := range ps {
				agree(t, p, refs[i], g.Theta, nil, 0)
			}
		})
	}
}

func TestReferenceOnRandomGraphs(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld()
		g, b := w.group(w.draw(rt, 2, 3), w.draw(rt, 1, 2)), w.batch(rapid.IntRange(1, 70).Draw(rt, "n"), 1)
		r, ref := w.compile(rt, compiler.TraceCompiler{}, g, b), w.compile(rt, compiler.TraceCompiler{Reference: true}, g, b)
		agree(rt, r.p, ref.p, r.theta, r.fixed, 1)
	})
}

// The graph of a program is all there is to run it: copied node by node it gives the same bits, with one function exchanged it
// gives what the exchanged one gives, and without an operand it is refused.
func TestGraphIsTheProgram(t *testing.T) {
	g := burgers(8, 2)
	b := batchOf(g, 100)
	gradient := func(reference bool, apply func(o *graph.Op, in ...*gorgonia.Node) (*gorgonia.Node, error)) ([]float64, error) {
		r := newWorld().compile(t, compiler.TraceCompiler{Reference: reference}, g, b)
		if apply != nil {
			if err := r.p.Transplant(apply); err != nil {
				return nil, err
			}
		}
		grad, losses := r.gradient(t, r.theta, nil)
		return append(grad, losses...), nil
	}
	must := func(v []float64, err error) []float64 {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	plain := func(o *graph.Op, in ...*gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.ApplyOp(o, in...) }
	exchanged := func(o *graph.Op, in ...*gorgonia.Node) (*gorgonia.Node, error) {
		if o.Code == graph.Pointwise {
			p := *o.Program
			p.Code = slices.Clone(p.Code)
			for i := range p.Code {
				if c := &p.Code[i]; c.Op == graph.Fn && c.K == kern.OpTanh {
					c.K = kern.OpSin
				}
			}
			o.Program = &p
		}
		return gorgonia.ApplyOp(o, in...)
	}
	want := must(gradient(false, nil))
	if got := must(gradient(false, plain)); !slices.Equal(got, want) {
		t.Errorf("a copy of the graph gives other bits: %.2e", relative(got, want))
	}
	other := must(gradient(false, exchanged))
	if e := relative(other, want); e < 1e-3 {
		t.Errorf("tanh exchanged for sin changes the result by only %.2e", e)
	}
	if e := relative(other, must(gradient(true, exchanged))); !(e <= 1e-12) {
		t.Errorf("with tanh exchanged for sin the machine is %.2e off Gorgonia's", e)
	}
	if e := relative(want, must(gradient(true, plain))); !(e <= 1e-12) {
		t.Errorf("the machine is %.2e off Gorgonia's", e)
	}

	_, err := gradient(false, func(o *graph.Op, in ...*gorgonia.Node) (*gorgonia.Node, error) {
		if o.Code == graph.MatMul {
			in = in[:1]
		}
		return gorgonia.ApplyOp(o, in...)
	})
	if err == nil {
		t.Error("Gorgonia takes a product of one operand")
	}
	_, err = gradient(false, func(o *graph.Op, in ...*gorgonia.Node) (*gorgonia.Node, error) {
		if o.Code != graph.MatMul {
			return gorgonia.ApplyOp(o, in...)
		}
		shape, err := o.InferShape(in[0].Shape(), in[1].Shape())
		return gorgonia.NewUniqueNode(gorgonia.In(in[0].Graph()), gorgonia.WithType(in[0].Type()), gorgonia.WithOp(o),
			gorgonia.WithChildren(in[:1]), gorgonia.WithShape(shape...)), err
	})
	if err == nil || !strings.Contains(err.Error(), "takes 2 operands, it has 1") {
		t.Errorf("a graph that lacks an operand: %v", err)
	}
}
