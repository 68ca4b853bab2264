package compiler

import (
	"fmt"
	"strconv"
	"strings"

	"gorgonia.org/gorgonia"

	"github.com/crux-pinn/crux/internal/graph"
	ph "github.com/crux-pinn/crux/placeholder"
)

// location says where a value lies in the graph.
type location struct {
	node      *gorgonia.Node
	slot, col int
}

// emitter writes a scheduled trace into a graph.
type emitter struct {
	g     *graph.Graph
	t     *trace
	s     *schedule
	stash bool // keep what the reverse sweep would have to compute again

	loc     map[*value]location
	inputs  inputs
	funcs   map[*ph.Unary]*graph.Func
	pending map[*bundle]bool
	done    map[*product]*gorgonia.Node
}

// inputs are the graph's inputs, by what they stand for.
type inputs struct {
	points     gorgonia.Nodes
	pointRef   []pointInput
	params     gorgonia.Nodes
	paramRef   []*ph.Param
	paramIndex map[*ph.Param]int
	pointIndex map[*value]int
}

// trainable lists the parameters that are differentiated, and their indices in params.
func (in *inputs) trainable(l *Layout) (nodes gorgonia.Nodes, index []int) {
	for k, q := range in.paramRef {
		if l.at[q] >= 0 {
			nodes, index = append(nodes, in.params[k]), append(index, k)
		}
	}
	return nodes, index
}

// pointInput says what fills an input with one row for each point.
type pointInput struct {
	op  op
	ref any
	k   int
	dim int
}

func newEmitter(g *graph.Graph, t *trace, s *schedule, stash bool) *emitter {
	return &emitter{
		g: g, t: t, s: s, stash: stash, loc: map[*value]location{}, funcs: map[*ph.Unary]*graph.Func{},
		pending: map[*bundle]bool{}, done: map[*product]*gorgonia.Node{},
		inputs: inputs{paramIndex: map[*ph.Param]int{}, pointIndex: map[*value]int{}},
	}
}

// param is the input for a parameter: a matrix as it is, a vector or a scalar as one row.
func (e *emitter) param(p *ph.Param) *gorgonia.Node {
	if k, ok := e.inputs.paramIndex[p]; ok {
		return e.inputs.params[k]
	}
	d := graph.Dims{Rows: 1, Width: p.Size()}
	if s := p.Shape(); len(s) == 2 {
		d = graph.Dims{Rows: s[0], Width: s[1]}
	}
	n := e.g.Input("param/"+p.Path(), d)
	e.inputs.paramIndex[p] = len(e.inputs.params)
	e.inputs.params, e.inputs.paramRef = append(e.inputs.params, n), append(e.inputs.paramRef, p)
	return n
}

func (e *emitter) point(v *value) *gorgonia.Node {
	if k, ok := e.inputs.pointIndex[v]; ok {
		return e.inputs.points[k]
	}
	k := len(e.inputs.points)
	n := e.g.Input(fmt.Sprintf("point%d/%s", k, pointName(v)), graph.Dims{Channels: 1, Width: v.dim})
	e.inputs.pointIndex[v] = k
	e.inputs.points = append(e.inputs.points, n)
	e.inputs.pointRef = append(e.inputs.pointRef, pointInput{v.op, v.ref, v.k, v.dim})
	return n
}

// pointName says what fills a point input.
func pointName(v *value) string {
	switch r := v.ref.(type) {
	case *ph.Coord:
		if v.op == opNormal {
			return "normal " + r.Name()
		}
		return r.Name()
	case string:
		if v.op == opColumn {
			return strings.TrimPrefix(r, "\x00") // ours, which no user can name
		}
	}
	return "hoist " + strconv.Itoa(v.k)
}

// locate puts v into memory and says where it is.
func (e *emitter) locate(v *value) (location, error) {
	if l, ok := e.loc[v]; ok {
		return l, nil
	}
	var l location
	var err error
	switch v.op {
	case opParam:
		l.node = e.param(v.ref.(*ph.Param))
	case opRow:
		l.node, l.slot = e.param(v.ref.(*ph.Param)), v.k
	case opCoord, opColumn, opNormal, opHoist:
		l.node = e.point(v)
	case opSlice:
		if l, err = e.locate(v.args[0]); err == nil {
			l.col += v.ref.(ph.Range).Lo
		}
	case opConcat:
		l.node, err = e.stack([]*value{v})
	case opLinear:
		p := e.s.of[v]
		l.node, err = e.product(p)
		l.slot = e.s.slot[v]
	default:
		if b := e.s.bundle[v]; b != nil && !e.pending[b] {
			return e.bundle(b, v)
		}
		l.node, err = e.region(v.dim, v.points, []*value{v}, nil, 1<<30)
	}
	if err != nil {
		return l, err
	}
	e.loc[v] = l
	return l, nil
}

func (e *emitter) bundle(b *bundle, v *value) (location, error) {
	e.pending[b] = true
	level := b.level
	if b.shared {
		level-- // it may not read bundles of its own level, which may read it
	}
	n, err := e.region(b.width, b.points, b.values, nil, level)
	if err != nil {
		return location{}, err
	}
	delete(e.pending, b)
	for k, w := range b.values {
		e.loc[w] = location{node: n, slot: k}
	}
	return e.loc[v], nil
}

func (e *emitter) product(p *product) (*gorgonia.Node, error) {
	if n, ok := e.done[p]; ok {
		return n, nil
	}
	in, err := e.channels(p.in)
	if err != nil {
		return nil, err
	}
	n, err := e.g.MatMul(in, e.param(p.weight), false, false)
	e.done[p] = n
	return n, err
}

// channels returns a node whose channels are the given values: a view where they lie together already.
func (e *emitter) channels(vs []*value) (*gorgonia.Node, error) {
	concat := false
	for _, v := range vs {
		concat = concat || v.op == opConcat || v.op == opConst
	}
	if concat {
		return e.stack(vs)
	}
	var first location
	for k, v := range vs {
		l, err := e.locate(v)
		if err != nil {
			return nil, err
		}
		if k == 0 {
			first = l
		}
		if l.node != first.node || l.slot != first.slot+k || l.col != 0 || e.g.Dims(l.node).Width != v.dim {
			return e.stack(vs)
		}
	}
	if d := e.g.Dims(first.node); first.slot == 0 && d.Slots() == len(vs) {
		return first.node, nil
	}
	return e.g.Slots(first.node, first.slot, first.slot+len(vs))
}

// stack copies values into the channels of one node; a concatenation is copied part by part.
func (e *emitter) stack(vs []*value) (*gorgonia.Node, error) {
	d := graph.Dims{Channels: len(vs), Width: vs[0].dim}
	if !anyPoints(vs) {
		d = graph.Dims{Rows: len(vs), Width: vs[0].dim}
	}
	var in gorgonia.Nodes
	at := map[*gorgonia.Node]int{}
	var patches []graph.Patch
	put := func(v *value, slot, col int) error {
		if isZero(v) {
			return nil
		}
		l, err := e.locate(v)
		if err == nil && v.points != (d.Channels > 0) || v.op == opConst {
			// a constant among values of the points: spread it
			var n *gorgonia.Node
			n, err = e.region(v.dim, d.Channels > 0, []*value{v}, nil, 1<<30)
			l = location{node: n}
		}
		if err != nil {
			return err
		}
		k, ok := at[l.node]
		if !ok {
			k = len(in)
			at[l.node] = k
			in = append(in, l.node)
		}
		patches = append(patches, graph.Patch{In: k, Src: l.slot, SrcCol: l.col, Dst: slot, DstCol: col, Slots: 1, Width: v.dim})
		return nil
	}
	for slot, v := range vs {
		parts := []*value{v}
		if v.op == opConcat {
			parts = v.args
		}
		col := 0
		for _, p := range parts {
			if p.dim > 1 && p.op == opConst && p.c0 == 0 {
				col += p.dim
				continue
			}
			if err := put(p, slot, col); err != nil {
				return nil, err
			}
			col += p.dim
		}
	}
	return e.g.Assemble(d, patches, in...)
}

func anyPoints(vs []*value) bool {
	for _, v := range vs {
		if v.points {
			return true
		}
	}
	return false
}
