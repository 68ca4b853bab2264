package graph

import (
	"math"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/crux-pinn/crux/internal/kern"
)

// Gorgonia merges nodes by a 32-bit hash that ignores children: equal operations on different inputs must stay apart.
func TestEqualOperationsAreNotMerged(t *testing.T) {
	g := New(2, false)
	w := g.Input("w", Dims{Rows: 2, Width: 2})
	x := g.Input("x", Dims{Channels: 1, Width: 2})
	seen := map[*gorgonia.Node]bool{}
	for range 3000 {
		n, err := g.MatMul(x, w, false, false)
		if err != nil {
			t.Fatal(err)
		}
		if seen[n] {
			t.Fatal("two products became one node")
		}
		seen[n] = true
	}
}

func TestShapesThatDoNotFit(t *testing.T) {
	g := New(2, false)
	x, w := g.Input("x", Dims{Channels: 1, Width: 2}), g.Input("w", Dims{Rows: 3, Width: 2})
	for _, trans := range [][2]bool{{false, false}, {true, false}, {true, true}} {
		if _, err := g.MatMul(x, w, trans[0], trans[1]); err == nil || !strings.Contains(err.Error(), "matmul of") {
			t.Errorf("transposed %v: error %v", trans, err)
		}
	}
	if _, err := g.MatMul(x, w, false, true); err != nil {
		t.Error(err)
	}
	if _, err := g.Grad(gorgonia.Nodes{x}, gorgonia.Nodes{w}, gorgonia.Nodes{x}); err == nil {
		t.Error("a cotangent of other dimensions is accepted")
	}
}

// Gradients of gradients on one graph: y = Σ tanh(x w)², whose third derivative in w is compared with differences of the
// second. Gorgonia's own Grad goes wrong at the second.
func TestGradOfGradOfGrad(t *testing.T) {
	const n = 5
	g := New(n, false)
	x, w := g.Input("x", Dims{Channels: 1, Width: 1}), g.Input("w", Dims{Rows: 1, Width: 1})
	one := g.Ones(1)
	b := NewBuilder(1)
	h := b.Fn(kern.OpTanh, b.Mul(b.Load(Operand{Kind: Points}), b.Load(Operand{In: 1, Kind: Scalar})))
	y, err := g.Pointwise(b.Program(true, nil, []int{b.Mul(h, h)}), x, w)
	if err != nil {
		t.Fatal(err)
	}
	ds := gorgonia.Nodes{y}
	for range 3 {
		d, err := g.Grad(ds[len(ds)-1:], gorgonia.Nodes{one}, gorgonia.Nodes{w})
		if err != nil {
			t.Fatal(err)
		}
		ds = append(ds, d[0])
	}
	points := []float64{-1.2, -0.3, 0.1, 0.8, 1.5}
	read := make([]gorgonia.Value, len(ds))
	for i, d := range ds {
		gorgonia.Read(d, &read[i])
	}
	eval := func(at float64) []float64 {
		for node, v := range map[*gorgonia.Node][]float64{x: points, w: {at}, one: {1}} {
			if err := gorgonia.Let(node, tensor.New(tensor.WithShape(node.Shape()...), tensor.WithBacking(v))); err != nil {
				t.Fatal(err)
			}
		}
		m := gorgonia.NewTapeMachine(g.Expr)
		defer m.Close()
		if err := m.RunAll(); err != nil {
			t.Fatal(err)
		}
		out := make([]float64, len(read))
		for i, v := range read {
			out[i] = data[float64]([]gorgonia.Value{v})[0][0]
		}
		return out
	}
	const at, h3 = 0.7, 1e-3
	got, up, down := eval(at), eval(at+h3), eval(at-h3)
	up2, down2 := eval(at+2*h3), eval(at-2*h3)
	for k := 1; k < len(got); k++ {
		want := (8*(up[k-1]-down[k-1]) - (up2[k-1] - down2[k-1])) / (12 * h3)
		if math.Abs(got[k]-want) > 1e-8*(1+math.Abs(want)) {
			t.Errorf("derivative %d: %v, differences give %v", k, got[k], want)
		}
	}
}
