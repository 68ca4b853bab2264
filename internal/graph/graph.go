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

// Graph is a gorgonia.ExprGraph under construction, for chunks of N points.
type Graph struct {
	Expr   *gorgonia.ExprGraph
	N      int // points of one chunk, which fixes the shapes that Gorgonia sees; the virtual machine runs any number
	dtype  tensor.Dtype
	nodes  gorgonia.Nodes                    // in order of construction, which is topological
	dims   map[*gorgonia.Node]Dims           // of every node
	inputs map[*gorgonia.Node]gorgonia.Nodes // children of every node
	ops    map[*gorgonia.Node]*Op            // of every node that is not an input
	ones   map[int]*gorgonia.Node            // width → column of ones
	index  map[*gorgonia.Node]int            // position in nodes
	names  map[string]bool
}

// New returns an empty graph over float64 values, or float32 ones when single is set.
func New(n int, single bool) *Graph {
	g := &Graph{
		Expr: gorgonia.NewGraph(), N: n, dtype: tensor.Float64,
		dims: map[*gorgonia.Node]Dims{}, inputs: map[*gorgonia.Node]gorgonia.Nodes{}, ops: map[*gorgonia.Node]*Op{},
		ones: map[int]*gorgonia.Node{}, index: map[*gorgonia.Node]int{}, names: map[string]bool{},
	}
	if single {
		g.dtype = tensor.Float32
	}
	return g
}

func (g *Graph) shape(d Dims) tensor.Shape { return tensor.Shape{d.Height(g.N), d.Width} }

// Input adds an input. Its name must be new: Gorgonia merges inputs of equal name.
func (g *Graph) Input(name string, d Dims) *gorgonia.Node {
	if g.names[name] {
		panic("graph: input " + name + " exists already")
	}
	g.names[name] = true
	n := gorgonia.NewMatrix(g.Expr, g.dtype, gorgonia.WithName(name), gorgonia.WithShape(g.shape(d)...))
	g.add(n, d)
	return n
}

func (g *Graph) add(n *gorgonia.Node, d Dims) {
	g.index[n] = len(g.nodes)
	g.nodes = append(g.nodes, n)
	g.dims[n] = d
}

// Ones is the column of width ones, an input that the virtual machine fills.
func (g *Graph) Ones(width int) *gorgonia.Node {
	if n, ok := g.ones[width]; ok {
		return n
	}
	n := g.Input(fmt.Sprintf("ones/%d", width), Dims{Rows: width, Width: 1})
	g.ones[width] = n
	return n
}

// IsOnes reports whether n is a column of ones.
func (g *Graph) IsOnes(n *gorgonia.Node) bool { return g.ones[g.dims[n].Rows] == n }

// Dims are the dimensions of a node.
func (g *Graph) Dims(n *gorgonia.Node) Dims { return g.dims[n] }

// Inputs are the children of a node, in order.
func (g *Graph) Inputs(n *gorgonia.Node) gorgonia.Nodes { return g.inputs[n] }

// Op is the operation of a node, or nil for an input.
func (g *Graph) Op(n *gorgonia.Node) *Op { return g.ops[n] }

// Nodes are all nodes in topological order.
func (g *Graph) Nodes() gorgonia.Nodes { return g.nodes }

func (g *Graph) apply(o *Op, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	if len(in) == 0 {
		in = []*gorgonia.Node{g.Ones(1)} // Gorgonia finds the graph through the inputs
	}
	o.graph, o.serial = g, uint32(len(g.nodes))
	o.In = make([]Dims, len(in))
	for i, n := range in {
		o.In[i] = g.dims[n]
	}
	n, err := gorgonia.ApplyOp(o, in...)
	if err != nil {
		return nil, fmt.Errorf("graph: %v: %w", o, err)
	}
	if _, ok := g.index[n]; ok {
		return nil, fmt.Errorf("graph: Gorgonia merged two nodes of %v", o)
	}
	g.add(n, o.Out)
	g.ops[n], g.inputs[n] = o, in
	return n, nil
}

// MatMul adds op(a)·op(b). One of three forms: activations times parameters (b may be transposed), the transpose of
// activations times activations, which sums over points, and parameters times parameters.
func (g *Graph) MatMul(a, b *gorgonia.Node, ta, tb bool) (*gorgonia.Node, error) {
	da, db := g.dims[a], g.dims[b]
	bad := func() (*gorgonia.Node, error) {
		return nil, fmt.Errorf("graph: matmul of %v (transposed %v) and %v (transposed %v)", da, ta, db, tb)
	}
	o := &Op{Code: MatMul, TransA: ta, TransB: tb}
	k, n := db.Rows, db.Width
	if tb {
		k, n = n, k
	}
	switch {
	case ta && tb:
		return bad()
	case ta: // sums over rows
		if da.Channels != db.Channels || da.Rows != db.Rows {
			return bad()
		}
		o.Out = Dims{Rows: da.Width, Width: db.Width}
	default:
		if db.Channels != 0 || da.Width != k || da.Channels > 0 && da.Rows > 0 {
			return bad()
		}
		o.Out = Dims{Channels: da.Channels, Rows: da.Rows, Width: n}
	}
	return g.apply(o, a, b)
}

// outer adds the terms of aᵀb, one for each point: channel i, column j holds the sum over slots c of a[c, i]·b[c, j]. A
// parameter a has the same rows for all points.
func (g *Graph) outer(a, b *gorgonia.Node) (*gorgonia.Node, error) {
	da, db := g.dims[a], g.dims[b]
	if da.Slots() != db.Channels || db.Rows != 0 || da.Channels > 0 && da.Rows > 0 {
		return nil, fmt.Errorf("graph: outer products of %v and %v", da, db)
	}
	return g.apply(&Op{Code: Outer, Out: Dims{Channels: da.Width, Width: db.Width}}, a, b)
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
	return g.apply(&Op{Code: Pointwise, Program: p, Out: p.Dims()}, read...)
}

// Assemble adds a value of the given dimensions made of patches of the inputs, zero elsewhere.
func (g *Graph) Assemble(d Dims, patches []Patch, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	if len(in) == 1 && len(patches) == 1 && patches[0].whole(g.dims[in[0]], d) {
		return in[0], nil
	}
	return g.apply(&Op{Code: Assemble, Patches: patches, Out: d}, in...)
}

// Slots adds slots [lo, hi) of n, which are all channels or all single rows: a view.
func (g *Graph) Slots(n *gorgonia.Node, lo, hi int) (*gorgonia.Node, error) {
	d := g.dims[n]
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
	return g.apply(&Op{Code: Sum, Out: g.dims[in[0]]}, in...)
}
