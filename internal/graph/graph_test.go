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
	for trans, want := range map[[2]bool]string{
		{false, false}: "matmul A·B does not work on [1n×2 3×2]",
		{true, false}:  "matmul Aᵀ·B does not work on [1n×2 3×2]",
		{true, true}:   "matmul Aᵀ·Bᵀ does not work on [1n×2 3×2]",
	} {
		if _, err := g.MatMul(x, w, trans[0], trans[1]); err == nil || !strings.Contains(err.Error(), want) {
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
		for node, v := range map[*gorgonia.Node][]float64{x: points, w: {at}} {
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

// Gorgonia checks what an operation is applied to by its type and its shape, whoever applies it.
func TestGorgoniaChecksOperands(t *testing.T) {
	g := New(2, false)
	x, w := g.Input("x", Dims{Channels: 1, Width: 2}), g.Input("w", Dims{Rows: 2, Width: 3})
	y, err := g.MatMul(x, w, false, false)
	if err != nil {
		t.Fatal(err)
	}
	op := y.Op().(*Op)
	other := g.Input("v", Dims{Rows: 3, Width: 3})
	vector := gorgonia.NewVector(g.Expr, tensor.Float64, gorgonia.WithName("vector"), gorgonia.WithShape(2))
	single := gorgonia.NewMatrix(g.Expr, tensor.Float32, gorgonia.WithName("single"), gorgonia.WithShape(2, 3))
	for name, in := range map[string]gorgonia.Nodes{
		"one operand": {x}, "three": {x, w, w}, "another shape": {x, other}, "a vector": {x, vector}, "another type": {x, single}, "exchanged": {w, x},
	} {
		if n, err := gorgonia.ApplyOp(op, in...); err == nil {
			t.Errorf("%s: the graph takes it, shape %v", name, n.Shape())
		}
	}
	wrong := *op
	wrong.Out.Width++
	if _, err := gorgonia.ApplyOp(&wrong, x, w); err == nil {
		t.Error("a result that the operands do not give is accepted")
	}
	if _, err := gorgonia.ApplyOp(op, x, w); err != nil {
		t.Error(err)
	}
}

func TestOperandsThatDoNotFit(t *testing.T) {
	point, row := Dims{Channels: 2, Width: 3}, Dims{Rows: 2, Width: 3}
	for _, c := range []struct {
		o    Operand
		d    Dims
		want bool
	}{
		{Operand{Kind: Points, Slot: 1}, point, true},
		{Operand{Kind: Points, Slot: 2}, point, false},
		{Operand{Kind: Points, Col: 1}, point, false},
		{Operand{Kind: Column, Col: 2}, point, true},
		{Operand{Kind: Column, Col: 3}, point, false},
		{Operand{Kind: Row, Slot: 1}, row, true},
		{Operand{Kind: Row}, point, false},
		{Operand{Kind: Points}, row, false},
		{Operand{Kind: Scalar, Slot: 1, Col: 2}, row, true},
	} {
		if got := c.o.fits(c.d, 3); got != c.want {
			t.Errorf("%+v of %v: fits %v", c.o, c.d, got)
		}
	}
	for _, c := range []struct {
		p        Patch
		src, dst Dims
		want     bool
	}{
		{Patch{Slots: 2, Width: 3}, point, point, true},
		{Patch{Slots: 2, Width: 3}, point, row, false},
		{Patch{Slots: 3, Width: 3}, point, point, false},
		{Patch{Slots: 1, Width: 3, DstCol: 1}, row, row, false},
		{Patch{Slots: 2, Width: 1, Src: 1}, Dims{Channels: 2, Rows: 1, Width: 1}, Dims{Channels: 1, Rows: 1, Width: 1}, true},
		{Patch{Slots: 2, Width: 1, Src: 1}, Dims{Channels: 2, Rows: 1, Width: 1}, Dims{Channels: 2, Width: 1}, false},
	} {
		if got := c.p.fits(c.src, c.dst); got != c.want {
			t.Errorf("%+v of %v to %v: fits %v", c.p, c.src, c.dst, got)
		}
	}
}
