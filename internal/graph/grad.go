package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"
)

// part is a contribution to the cotangent of a value: the patch of node that is to be added to it.
type part struct {
	node *gorgonia.Node
	Patch
}

func wholePatch(d Dims) Patch { return Patch{Slots: d.Slots(), Width: d.Width} }

// Grad returns, for every node of wrt, the sum over i of ⟨cots[i], ∂outs[i]/∂wrt⟩, or nil where nothing depends on it.
// Only what is needed is built. The result consists of ordinary nodes, so Grad can be applied to it again.
func (g *Graph) Grad(outs, cots, wrt gorgonia.Nodes) (gorgonia.Nodes, error) {
	return g.grad(sweep{}, outs, cots, wrt)
}

// Jacobian returns, for every node of wrt, ∂outs/∂wrt row by row: one row of outs, whose channels are weighted by the
// cotangents, for each point. A parameter of R rows and W columns gives a value of R channels and W columns. wrt must be
// parameters, and the result cannot be differentiated again.
//
// It is the reverse sweep of Grad with the sums over points left out: the outer products that make up a weight's gradient
// stay apart (see [Outer]).
func (g *Graph) Jacobian(outs, cots, wrt gorgonia.Nodes) (gorgonia.Nodes, error) {
	return g.grad(sweep{perPoint: true}, outs, cots, wrt)
}

// sweep is the mode of a reverse sweep.
type sweep struct {
	perPoint bool // cotangents of parameters keep one row for each point
}

// dims are the dimensions of the cotangent of a value.
func (s sweep) dims(d Dims) Dims {
	if s.perPoint {
		return Dims{Channels: d.Slots(), Width: d.Width}
	}
	return d
}

func (g *Graph) grad(s sweep, outs, cots, wrt gorgonia.Nodes) (gorgonia.Nodes, error) {
	nodes := g.Expr.AllNodes() // operands come before what reads them
	depends := make([]bool, len(nodes))
	operands := make([]gorgonia.Nodes, len(nodes))
	for _, w := range wrt {
		depends[w.ID()] = true
	}
	for i, n := range nodes {
		operands[i] = Operands(n)
		for _, c := range operands[i] {
			depends[i] = depends[i] || depends[c.ID()]
		}
	}
	parts := make([][]part, len(nodes))
	for i, o := range outs {
		if g.Dims(o) != g.Dims(cots[i]) {
			return nil, fmt.Errorf("graph: cotangent %v for a value of %v", g.Dims(cots[i]), g.Dims(o))
		}
		parts[o.ID()] = append(parts[o.ID()], part{cots[i], wholePatch(g.Dims(o))})
	}
	for k := len(nodes) - 1; k >= 0; k-- {
		o, ok := nodes[k].Op().(*Op)
		if !ok || len(parts[k]) == 0 || !depends[k] {
			continue
		}
		need := make([]bool, len(operands[k]))
		for j, c := range operands[k] {
			need[j] = depends[c.ID()]
		}
		ps, err := g.vjp(s, o, operands[k], nodes[k], parts[k], need)
		if err != nil {
			return nil, err
		}
		for j, c := range operands[k] {
			if need[j] {
				parts[c.ID()] = append(parts[c.ID()], ps[j]...)
			}
		}
	}
	res := make(gorgonia.Nodes, len(wrt))
	for i, w := range wrt {
		if ps := parts[w.ID()]; len(ps) > 0 {
			var err error
			if res[i], err = g.join(ps, s.dims(g.Dims(w))); err != nil {
				return nil, err
			}
		}
	}
	return res, nil
}

// join makes one value of dimensions d out of parts: patches that do not collide share one copy, the rest is summed.
func (g *Graph) join(ps []part, d Dims) (*gorgonia.Node, error) {
	if len(ps) == 0 {
		return nil, nil
	}
	var terms gorgonia.Nodes
	var rest []part
	for _, p := range ps {
		if p.whole(g.Dims(p.node), d) {
			terms = append(terms, p.node)
		} else {
			rest = append(rest, p)
		}
	}
	for len(rest) > 0 {
		var layer, later []part
		for _, p := range rest {
			free := true
			for _, q := range layer {
				free = free && !p.collides(q.Patch)
			}
			if free {
				layer = append(layer, p)
			} else {
				later = append(later, p)
			}
		}
		n, err := g.assemble(layer, d)
		if err != nil {
			return nil, err
		}
		terms, rest = append(terms, n), later
	}
	return g.Sum(terms...)
}

func (g *Graph) assemble(ps []part, d Dims) (*gorgonia.Node, error) {
	var in gorgonia.Nodes
	at := map[*gorgonia.Node]int{}
	var patches []Patch
	for _, p := range ps {
		k, ok := at[p.node]
		if !ok {
			k = len(in)
			at[p.node] = k
			in = append(in, p.node)
		}
		p.In = k
		patches = append(patches, p.Patch)
	}
	return g.Assemble(d, patches, in...)
}

// vjp builds the cotangents of the inputs that are needed, as parts.
func (g *Graph) vjp(s sweep, o *Op, in gorgonia.Nodes, out *gorgonia.Node, cot []part, need []bool) ([][]part, error) {
	switch o.Code {
	case Pointwise:
		return g.vjpPointwise(s, o, in, out, cot, need)
	case Assemble:
		res := make([][]part, len(in))
		for _, q := range o.Patches {
			if !need[q.In] {
				continue
			}
			// cot covers part of the result; the patch says where that part came from
			back := Patch{Src: q.Dst, SrcCol: q.DstCol, Dst: q.Src, DstCol: q.SrcCol, Slots: q.Slots, Width: q.Width}
			for _, p := range cot {
				if r, ok := back.overlap(p.Patch); ok {
					res[q.In] = append(res[q.In], part{p.node, r})
				}
			}
		}
		return res, nil
	case Sum:
		res := make([][]part, len(in))
		for j := range in {
			if need[j] {
				res[j] = cot
			}
		}
		return res, nil
	}
	if o.Code == Outer {
		return nil, fmt.Errorf("graph: a row-wise Jacobian cannot be differentiated")
	}
	return g.vjpMatMul(s, o, in, cot, need)
}

func (g *Graph) vjpMatMul(s sweep, o *Op, in gorgonia.Nodes, cot []part, need []bool) (res [][]part, err error) {
	c, err := g.join(cot, s.dims(o.Out))
	if err != nil {
		return nil, err
	}
	a, b := in[0], in[1]
	res = make([][]part, 2)
	set := func(j int, x, y *gorgonia.Node, tx, ty bool) {
		if !need[j] || err != nil {
			return
		}
		var n *gorgonia.Node
		if s.perPoint && tx {
			n, err = g.outer(x, y)
		} else {
			n, err = g.MatMul(x, y, tx, ty)
		}
		if err == nil {
			res[j] = []part{{n, wholePatch(s.dims(o.In[j]))}}
		}
	}
	switch {
	case s.perPoint && (o.TransA || o.TransB):
		err = fmt.Errorf("graph: no row-wise derivative of %v", o)
	case o.TransA: // C = AᵀB: Ā = B C̄ᵀ, B̄ = A C̄
		set(0, b, c, false, true)
		set(1, a, c, false, false)
	case o.TransB: // C = A Bᵀ: Ā = C̄ B, B̄ = C̄ᵀA
		set(0, c, b, false, false)
		set(1, c, a, true, false)
	default: // C = A B: Ā = C̄ Bᵀ, B̄ = AᵀC̄
		set(0, c, b, false, true)
		set(1, a, c, true, false)
	}
	return res, err
}

// vjpPointwise builds the cotangents of a program's inputs. For a program of parameters there is one result for each
// input: some may need sums over all points where others, which other points wait for, do not.
func (g *Graph) vjpPointwise(s sweep, o *Op, in gorgonia.Nodes, out *gorgonia.Node, cot []part, need []bool) ([][]part, error) {
	if o.Program.PerPoint || s.perPoint {
		return g.vjpProgram(s, o, in, out, cot, need)
	}
	n, err := g.join(cot, o.Out) // parts may be sums over points, which are complete only when joined
	if err != nil {
		return nil, err
	}
	res := make([][]part, len(in))
	for j := range in {
		if !need[j] {
			continue
		}
		only := make([]bool, len(in))
		only[j] = true
		ps, err := g.vjpProgram(s, o, in, out, []part{{n, wholePatch(o.Out)}}, only)
		if err != nil {
			return nil, err
		}
		res[j] = ps[j]
	}
	return res, nil
}

// vjpProgram builds the program of cotangents: it reads the inputs, the stored results and the parts of the cotangent.
func (g *Graph) vjpProgram(s sweep, o *Op, in gorgonia.Nodes, out *gorgonia.Node, cot []part, need []bool) ([][]part, error) {
	p := o.Program
	b := NewBuilder(p.Width)
	nodes := append(gorgonia.Nodes{}, in...)
	input := func(n *gorgonia.Node) int {
		for k, m := range nodes {
			if m == n {
				return k
			}
		}
		nodes = append(nodes, n)
		return len(nodes) - 1
	}
	perPoint := p.PerPoint || s.perPoint
	lane, stored := Points, Points // how cotangents and p's results are read
	if !perPoint {
		lane = Row
	}
	if !p.PerPoint {
		stored = Row
	}
	place := map[int]int{}
	for j, v := range p.Out {
		place[v] = j
	}
	r := newReplay(p, b,
		func(k int) int { return b.Load(p.Operands[k]) },
		func(v int) (int, bool) {
			j, ok := place[v]
			if !ok {
				return 0, false
			}
			return b.Load(Operand{In: input(out), Slot: j, Kind: stored}), true
		})
	seeds := map[int]int{}
	seed := func(v, x int) {
		if y, ok := seeds[v]; ok {
			x = b.Add(y, x)
		}
		seeds[v] = x
	}
	for _, c := range cot {
		if s.perPoint && p.PerPoint && len(p.Sums) > 0 {
			return nil, fmt.Errorf("graph: no row-wise derivative of a sum over points")
		}
		if c.Width != p.Width { // some columns only: complete them
			n, err := g.join([]part{c}, s.dims(o.Out))
			if err != nil {
				return nil, err
			}
			c = part{n, wholePatch(s.dims(o.Out))}
		}
		for slot := range c.Slots {
			k, kind, v := c.Dst+slot, lane, 0
			if k < len(p.Out) {
				v = p.Out[k]
			} else {
				v, kind = p.Sums[k-len(p.Out)], Row
			}
			seed(v, b.Load(Operand{In: input(c.node), Slot: c.Src + slot, Col: c.SrcCol, Kind: kind}))
		}
	}
	operandNeed := make([]bool, len(p.Operands))
	for k, q := range p.Operands {
		operandNeed[k] = need[q.In]
	}
	bars := r.reverse(seeds, operandNeed)

	// order the results: per-point rows, then per-point columns, then sums over points
	type slot struct{ operand, value int }
	var full, spread, rows, scalars []slot
	for k, v := range bars {
		if v < 0 {
			continue
		}
		switch s := (slot{k, v}); p.Operands[k].Kind {
		case Points:
			full = append(full, s)
		case Column:
			spread = append(spread, s)
		case Row:
			rows = append(rows, s)
		case Scalar:
			scalars = append(scalars, s)
		}
	}
	values := func(ss ...slot) (vs []int) {
		for _, s := range ss {
			vs = append(vs, s.value)
		}
		return vs
	}
	res := make([][]part, len(in))
	points, sums := append(full, spread...), append(rows, scalars...)
	if len(points)+len(sums) == 0 {
		return res, nil
	}
	outs, reduced := values(points...), values(sums...)
	if !p.PerPoint || s.perPoint {
		outs, reduced = append(outs, reduced...), nil
	}
	q, err := g.Pointwise(b.Program(perPoint, outs, reduced), nodes...)
	if err != nil {
		return nil, err
	}
	give := func(from *gorgonia.Node, first int, ss []slot, width int) {
		for i, s := range ss {
			t := p.Operands[s.operand]
			ps := res[t.In]
			if k := len(ps) - 1; k >= 0 && ps[k].node == from && ps[k].Src+ps[k].Slots == first+i &&
				ps[k].Dst+ps[k].Slots == t.Slot && ps[k].DstCol == t.Col && ps[k].Width == width {
				ps[k].Slots++ // a run of slots travels together
				continue
			}
			res[t.In] = append(ps, part{from, Patch{Src: first + i, Dst: t.Slot, DstCol: t.Col, Slots: 1, Width: width}})
		}
	}
	give(q, 0, full, p.Width)
	give(q, len(points), rows, p.Width)
	if p.Width == 1 {
		give(q, len(full), spread, 1)
		give(q, len(points)+len(rows), scalars, 1)
		return res, nil
	}
	// one element per point or in all: sum over the width
	across := func(first int, ss []slot) error {
		if len(ss) == 0 {
			return nil
		}
		n, err := g.Slots(q, first, first+len(ss))
		if err == nil {
			n, err = g.MatMul(n, g.Ones(p.Width), false, false)
		}
		if err == nil {
			give(n, 0, ss, 1)
		}
		return err
	}
	if err := across(len(full), spread); err != nil {
		return nil, err
	}
	return res, across(len(points)+len(rows), scalars)
}
