// Package graph holds crux's program as a Gorgonia expression graph: a closed set of four operations over values with
// one row per point, and a reverse-mode driver that may be applied to its own results.
//
// Gorgonia's symbolic differentiation keeps derivative pointers on the nodes, which makes a second gradient on one graph
// silently wrong. [Graph.Grad] keeps its state to itself, so gradients of gradients are exact.
package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Graph writes a gorgonia.ExprGraph, which is the whole program: it holds the order, the operands and, in the [Op] of each node,
// what there is to compute. Graph itself remembers only what Gorgonia has no place for: which inputs have a row for each point.
type Graph struct {
	Expr     *gorgonia.ExprGraph
	N        int // points of one chunk, which fixes the shapes that Gorgonia sees
	dtype    tensor.Dtype
	perPoint map[*gorgonia.Node]bool
	ones     map[int]*gorgonia.Node // width → column of ones
}

// New returns an empty graph over float64 values, or float32 ones when single is set.
func New(n int, single bool) *Graph {
	g := &Graph{Expr: gorgonia.NewGraph(), N: n, dtype: tensor.Float64, perPoint: map[*gorgonia.Node]bool{}, ones: map[int]*gorgonia.Node{}}
	if single {
		g.dtype = tensor.Float32
	}
	return g
}

// fresh reports whether n has come into the graph after the first count nodes: Gorgonia merges what it takes for equal.
func fresh(n *gorgonia.Node, count int) bool { return int(n.ID()) >= count }

// Input adds an input. Its name must be new.
func (g *Graph) Input(name string, d Dims) *gorgonia.Node {
	count := len(g.Expr.AllNodes())
	n := gorgonia.NewMatrix(g.Expr, g.dtype, gorgonia.WithName(name), gorgonia.WithShape(d.shape(g.N)...))
	if !fresh(n, count) {
		panic("graph: input " + name + " exists already")
	}
	if d.Channels > 0 {
		g.perPoint[n] = true
	}
	return n
}

// Ones is the column of width ones, a constant.
func (g *Graph) Ones(width int) *gorgonia.Node {
	n, ok := g.ones[width]
	if !ok {
		v := tensor.Ones(g.dtype, width, 1)
		n = g.Expr.AddNode(gorgonia.NewConstant(v, gorgonia.In(g.Expr), gorgonia.WithName(fmt.Sprintf("ones/%d", width))))
		g.ones[width] = n
	}
	return n
}

// Dims are the dimensions of a node.
func (g *Graph) Dims(n *gorgonia.Node) Dims { return DimsOf(n, g.perPoint[n], g.N) }

func (g *Graph) apply(o *Op, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	if len(in) == 0 {
		in = []*gorgonia.Node{g.Ones(1)} // Gorgonia finds the graph through the inputs
	}
	count := len(g.Expr.AllNodes())
	o.n, o.dtype, o.serial = g.N, g.dtype, uint32(count)
	o.In = make([]Dims, len(in))
	for i, n := range in {
		o.In[i] = g.Dims(n)
	}
	var err error
	if o.Out, err = o.result(); err != nil {
		return nil, err
	}
	n, err := gorgonia.ApplyOp(o, in...)
	if err != nil {
		return nil, fmt.Errorf("graph: %v: %w", o, err)
	}
	if !fresh(n, count) {
		return nil, fmt.Errorf("graph: Gorgonia merged two nodes of %v", o)
	}
	return n, nil
}

// MatMul adds op(a)·op(b). One of three forms: activations times parameters (b may be transposed), the transpose of
// activations times activations, which sums over points, and parameters times parameters.
func (g *Graph) MatMul(a, b *gorgonia.Node, ta, tb bool) (*gorgonia.Node, error) {
	return g.apply(&Op{Code: MatMul, TransA: ta, TransB: tb}, a, b)
}

// outer adds the terms of aᵀb, one for each point: channel i, column j holds the sum over slots c of a[c, i]·b[c, j]. A
// parameter a has the same rows for all points.
func (g *Graph) outer(a, b *gorgonia.Node) (*gorgonia.Node, error) {
	return g.apply(&Op{Code: Outer}, a, b)
}

// Pointwise adds a program over the given inputs. Inputs that it does not read are left out.
func (g *Graph) Pointwise(p *Program, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	to := make([]int, len(in))
	var read gorgonia.Nodes
	for k := range p.Operands {
		o := &p.Operands[k]
		if to[o.In] == 0 {
			read = append(read, in[o.In])
			to[o.In] = len(read)
		}
		o.In = to[o.In] - 1
	}
	return g.apply(&Op{Code: Pointwise, Program: p}, read...)
}

// Assemble adds a value of the given dimensions made of patches of the inputs, zero elsewhere.
func (g *Graph) Assemble(d Dims, patches []Patch, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	if len(in) == 1 && len(patches) == 1 && patches[0].whole(g.Dims(in[0]), d) {
		return in[0], nil
	}
	return g.apply(&Op{Code: Assemble, Patches: patches, Out: d}, in...)
}

// Slots adds slots [lo, hi) of n, which are all channels or all single rows: a view.
func (g *Graph) Slots(n *gorgonia.Node, lo, hi int) (*gorgonia.Node, error) {
	d := g.Dims(n)
	out := Dims{Channels: hi - lo, Width: d.Width}
	if lo >= d.Channels {
		out = Dims{Rows: hi - lo, Width: d.Width}
	}
	return g.Assemble(out, []Patch{{Src: lo, Slots: hi - lo, Width: d.Width}}, n)
}

// Sum adds the sum of nodes of equal dimensions.
func (g *Graph) Sum(in ...*gorgonia.Node) (*gorgonia.Node, error) {
	if len(in) == 1 {
		return in[0], nil
	}
	return g.apply(&Op{Code: Sum}, in...)
}
