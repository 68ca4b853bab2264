package compiler

import (
	"fmt"
	"strconv"

	"gorgonia.org/gorgonia"

	"github.com/crux-pinn/crux/internal/graph"
	"github.com/crux-pinn/crux/internal/kern"
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
	n := e.g.Input("point/"+strconv.Itoa(k), graph.Dims{Channels: 1, Width: v.dim})
	e.inputs.pointIndex[v] = k
	e.inputs.points = append(e.inputs.points, n)
	e.inputs.pointRef = append(e.inputs.pointRef, pointInput{v.op, v.ref, v.k, v.dim})
	return n
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

// region is one elementwise program under construction.
type region struct {
	e      *emitter
	b      *graph.Builder
	width  int
	points bool
	level  int // bundles above this level are not read
	own    map[*value]bool
	memo   map[*value]int
	in     gorgonia.Nodes
	at     map[*gorgonia.Node]int
	stash  []int
}

// region emits a program that stores the roots as channels and the sums as single rows.
func (e *emitter) region(width int, points bool, roots, sums []*value, level int) (*gorgonia.Node, error) {
	r := &region{
		e: e, b: graph.NewBuilder(width), width: width, points: points, level: level,
		own: map[*value]bool{}, memo: map[*value]int{}, at: map[*gorgonia.Node]int{},
	}
	for _, v := range roots {
		r.own[v] = true
	}
	var out, red []int
	for _, v := range roots {
		x, err := r.value(v)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	for _, v := range sums {
		x, err := r.value(v)
		if err != nil {
			return nil, err
		}
		red = append(red, x)
	}
	if e.stash && points && width > 1 {
		stored := map[int]bool{}
		for _, x := range out {
			stored[x] = true
		}
		for _, x := range r.stash {
			if !stored[x] {
				stored[x] = true
				out = append(out, x)
			}
		}
	}
	return e.g.Pointwise(r.b.Program(points, out, red), r.in...)
}

func (r *region) value(v *value) (int, error) {
	if x, ok := r.memo[v]; ok {
		return x, nil
	}
	x, err := r.compute(v)
	if err == nil {
		r.memo[v] = x
	}
	return x, err
}

// load reads v from memory.
func (r *region) load(v *value) (int, error) {
	l, err := r.e.locate(v)
	if err != nil {
		return 0, err
	}
	k, ok := r.at[l.node]
	if !ok {
		k = len(r.in)
		r.at[l.node] = k
		r.in = append(r.in, l.node)
	}
	o := graph.Operand{In: k, Slot: l.slot, Col: l.col}
	switch {
	case v.dim == 1 && r.width > 1 && v.points:
		o.Kind = graph.Column
	case v.dim == 1 && r.width > 1:
		o.Kind = graph.Scalar
	case v.points:
		o.Kind = graph.Points
	case v.dim == 1:
		o.Kind = graph.Scalar
	default:
		o.Kind = graph.Row
	}
	return r.b.Load(o), nil
}

func (r *region) compute(v *value) (int, error) {
	if c, ok := isConst(v); ok {
		return r.b.Const(c), nil
	}
	if leaf(v) {
		return r.load(v)
	}
	if !r.own[v] {
		switch b := r.e.s.bundle[v]; {
		case b != nil && (b.level <= r.level) && !r.e.pending[b]:
			return r.load(v)
		case v.dim == 1 && r.width > 1: // computed once for each point, not once for each unit
			return r.load(v)
		case r.points && !v.points: // of parameters only: computed once for all points
			return r.load(v)
		}
	}
	b := r.b
	a := make([]int, len(v.args))
	for i, x := range v.args {
		if v.op == opLin || v.op == opPow && i > 0 {
			break
		}
		var err error
		if a[i], err = r.value(x); err != nil {
			return 0, err
		}
	}
	switch v.op {
	case opLin:
		return r.lin(v)
	case opMul:
		return b.Mul(a[0], a[1]), nil
	case opDiv:
		return b.Div(a[0], a[1]), nil
	case opPow:
		return b.PowC(a[0], v.c0), nil
	case opPower:
		return b.Pow(a[0], a[1]), nil
	case opUnary:
		u := v.ref.(*ph.Unary)
		x, err := r.e.function(b, u, a[0])
		if err == nil && v.params && v.points && dearFunction(u) {
			r.stash = append(r.stash, x)
		}
		return x, err
	case opMax:
		return b.Max(a[0], a[1]), nil
	case opMin:
		return b.Min(a[0], a[1]), nil
	case opCompare:
		return b.Cmp(relations[v.ref.(ph.Relation)], a[0], a[1]), nil
	case opWhere:
		return b.Select(a[0], a[1], a[2]), nil
	}
	return 0, fmt.Errorf("compiler: %s in an elementwise program", v.op)
}

// lin adds the terms one by one, so that each product can be fused into its addition.
func (r *region) lin(v *value) (int, error) {
	b := r.b
	acc := -1
	for i, x := range v.args {
		y, err := r.value(x)
		if err != nil {
			return 0, err
		}
		switch c := v.coef[i]; {
		case acc < 0:
			acc = b.MulC(y, c)
		case c == 1:
			acc = b.Add(acc, y)
		case c == -1:
			acc = b.Sub(acc, y)
		default:
			acc = b.Add(acc, b.MulC(y, c))
		}
	}
	if acc < 0 {
		return b.Const(v.c0), nil
	}
	return b.AddC(acc, v.c0), nil
}

var relations = [...]kern.Op{
	ph.Less: kern.OpLT, ph.LessEqual: kern.OpLE, ph.Greater: kern.OpGT, ph.GreaterEqual: kern.OpGE, ph.Equal: kern.OpEQ,
}

// builtin functions that have a kernel, by name.
var functions = map[string]kern.Op{
	"exp": kern.OpExp, "log": kern.OpLog, "log1p": kern.OpLog1p, "expm1": kern.OpExpm1, "sqrt": kern.OpSqrt, "abs": kern.OpAbs,
	"sign": kern.OpSign, "heaviside": kern.OpStep, "sin": kern.OpSin, "cos": kern.OpCos, "tan": kern.OpTan, "asin": kern.OpAsin,
	"acos": kern.OpAcos, "atan": kern.OpAtan, "sinh": kern.OpSinh, "cosh": kern.OpCosh, "tanh": kern.OpTanh,
	"sigmoid": kern.OpSigmoid, "softplus": kern.OpSoftplus, "erf": kern.OpErf,
}

func dearFunction(u *ph.Unary) bool {
	return u.Name != "abs" && u.Name != "sign" && u.Name != "heaviside"
}

// function applies u.
func (e *emitter) function(b *graph.Builder, u *ph.Unary, x int) (int, error) {
	if u.Builtin() {
		if k, ok := functions[u.Name]; ok {
			return b.Fn(k, x), nil
		}
	}
	f, ok := e.funcs[u]
	if !ok {
		f = &graph.Func{Name: u.Name, Eval: u.F}
		e.funcs[u] = f
		if u.Deriv != nil {
			// check the rule once, here, where an error can be returned
			if _, err := e.rule(graph.NewBuilder(1), u, 0, 0); err != nil {
				return 0, err
			}
			f.Deriv = func(b *graph.Builder, x, y int) int {
				d, err := e.rule(b, u, x, y)
				if err != nil {
					panic("compiler: derivative rule failed after it was checked: " + err.Error())
				}
				return d
			}
		}
	}
	return b.Call(f, x), nil
}

// rule writes f′ of a user's function into b, in terms of x and y = f(x).
func (e *emitter) rule(b *graph.Builder, u *ph.Unary, x, y int) (int, error) {
	t := newTrace(nil)
	arg, res := ph.NewCoord("x"), ph.NewCoord("y")
	vx, vy := t.add(value{op: opCoord, dim: 1, ref: arg}), t.add(value{op: opCoord, dim: 1, ref: res})
	l := &lowering{t: t, memo: map[ph.Expr]*value{}, env: map[*ph.Coord]*value{arg: vx, res: vy}}
	d, err := l.rule(u, arg, res)
	if err != nil {
		return 0, err
	}
	r := &region{e: e, b: b, width: 1, memo: map[*value]int{vx: x, vy: y}, own: map[*value]bool{}}
	if x == y { // only checking
		r.memo[vx] = b.Load(graph.Operand{})
		r.memo[vy] = r.memo[vx]
	}
	for _, v := range t.values {
		r.own[v] = true
	}
	return r.value(d)
}
