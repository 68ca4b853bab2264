package compiler

import (
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"

	"github.com/crux-pinn/crux/internal/graph"
	"github.com/crux-pinn/crux/internal/team"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Jacobian writes ∂r/∂θ of residual i to dst, for robust losses that of the root of ρ(r): one row of Layout.Len entries for every
// component of every point, in the order of Residuals. It is the J of J·Jᵀ (the neural tangent kernel) and of JᵀJ (Gauss–Newton).
func (p *Program) Jacobian(i int, dst, theta, fixed []float64) error {
	if err := p.check(theta, fixed, p.index(i)); err != nil {
		return err
	}
	if want := p.n * p.Dim(i) * p.layout.Len(); len(dst) != want {
		return fmt.Errorf("compiler: %d places for a Jacobian of %d entries", len(dst), want)
	}
	return p.run.jacobian(i, 0, dst, theta, fixed)
}

// emitJacobian emits the row-wise derivatives of one component, or the factors of some.
func (p *Program) emitJacobian(b *built, e *emitter, v variant) error {
	rows, params, err := p.derivatives(e, v)
	if err != nil {
		return err
	}
	for k, n := range rows {
		if n == nil {
			continue
		}
		add := func(n *gorgonia.Node, right bool) {
			b.spec.Rows, b.grads, b.right = append(b.spec.Rows, n), append(b.grads, params[k]), append(b.right, right)
		}
		how := byte('0')
		if v.factored != "" {
			how = v.factored[p.layout.at[e.inputs.paramRef[params[k]]]]
		}
		switch how {
		case '0':
			add(n, false)
		case '1':
			in := graph.Operands(n)
			add(in[0], false)
			add(in[1], true)
		}
	}
	return nil
}

// derivatives are the row-wise derivatives of one component, or nil, and the parameters to which they belong.
func (p *Program) derivatives(e *emitter, v variant) (rows gorgonia.Nodes, params []int, err error) {
	t := e.t
	root, err := p.root(t, v.index)
	if err != nil {
		return nil, nil, err
	}
	out, err := e.rows(t.slice(root, v.component, v.component+1))
	if err != nil {
		return nil, nil, err
	}
	one, err := e.rows(t.constant(1, 1))
	if err != nil {
		return nil, nil, err
	}
	wrt, params := e.inputs.trainable(p.layout)
	rows, err = e.g.Jacobian(gorgonia.Nodes{out}, gorgonia.Nodes{one}, wrt)
	return rows, params, err
}

// factorable says for each entry of the layout how many outer products make up its derivative in each row: 0 if there is
// none, and −1 if it has no such form.
func (p *Program) factorable(v variant) ([]int, error) {
	if c, ok := p.terms[v]; ok {
		return c, nil
	}
	g := graph.New(graphPoints, false)
	e := newEmitter(g, p.comp.trace, p.comp.schedule, true)
	rows, params, err := p.derivatives(e, v)
	if err != nil {
		return nil, err
	}
	terms := make([]int, len(p.layout.entries))
	for k, n := range rows {
		if n == nil {
			continue
		}
		at := p.layout.at[e.inputs.paramRef[params[k]]]
		terms[at] = -1
		if o, ok := n.Op().(*graph.Op); ok && o.Code == graph.Outer && o.In[0].Channels > 0 && o.In[1].Channels > 0 {
			terms[at] = o.In[0].Channels
		}
	}
	if p.terms == nil {
		p.terms = map[variant][]int{}
	}
	p.terms[v] = terms
	return terms, nil
}

// jacobianRows writes rows from … to of ∂r/∂θ of residual i to dst, a row of it every stride elements. There is one for each
// component of each point.
func (r *typedRunner[T]) jacobianRows(i, from, to int, dst []T, stride int, theta, fixed []float64) error {
	dim := r.p.Dim(i)
	for c := range dim {
		first, end := (from-c+dim-1)/dim, (to-c+dim-1)/dim // the points whose component c is among the rows
		if first == end {
			continue
		}
		at := first*dim + c - from
		q, err := r.variant(variant{kind: vJacobian, index: i, component: c})
		if err != nil {
			return err
		}
		if err := r.bindInputs(q, theta, fixed); err != nil {
			return err
		}
		for k, g := range q.grads {
			e := &r.p.layout.entries[r.p.layout.at[q.inputs.paramRef[g]]]
			q.Strides[k], q.Rows[k] = dim*stride, dst[at*stride+e.Offset:]
		}
		for k := range r.p.layout.entries {
			if e := &r.p.layout.entries[k]; !q.dependsOn(e.Param) {
				for row := at; row < to-from; row += dim {
					clear(dst[row*stride+e.Offset:][:e.Len])
				}
			}
		}
		if err := r.sweep(q, first, end-first); err != nil {
			return err
		}
	}
	return nil
}

// dependsOn reports whether a row-wise derivative with respect to a parameter is among the results.
func (b *built) dependsOn(p *ph.Param) bool {
	return slices.ContainsFunc(b.grads, func(k int) bool { return b.inputs.paramRef[k] == p })
}

// sharedRows is how many rows of J are worth the attention of another rank.
const sharedRows = 32

// jacobian fills dst with rows from the given one on. The ranks of a team divide them.
func (r *typedRunner[T]) jacobian(i, from int, dst, theta, fixed []float64) error {
	width := r.p.layout.Len()
	if width == 0 {
		return nil
	}
	rows, t := len(dst)/width, r.p.pool.Team
	leaves := rows / sharedRows
	if !team.Divides(t, leaves) {
		return r.ownJacobian(i, from, dst, theta, fixed)
	}
	own := team.Range(leaves, t.Rank(), t.Size())
	first, end := team.Leaf(rows, leaves, own.Lo), team.Leaf(rows, leaves, own.Hi)
	if err := r.ownJacobian(i, from+first, dst[first*width:end*width], theta, fixed); err != nil {
		return err
	}
	return team.Rows(t, leaves, rows, width, dst)
}

// ownJacobian computes rows of jacobian: in float64 the machine writes to dst, in float32 to blocks of its own, which are converted.
func (r *typedRunner[T]) ownJacobian(i, from int, dst, theta, fixed []float64) error {
	width := r.p.layout.Len()
	rows := len(dst) / width
	if same, ok := any(dst).([]T); ok {
		return r.jacobianRows(i, from, from+rows, same, width, theta, fixed)
	}
	most := min(rows, max(1, blockBytes/(8*width)))
	block := r.blockOf(most * width)
	for at := 0; at < rows; at += most {
		n := min(most, rows-at)
		if err := r.jacobianRows(i, from+at, from+at+n, block, width, theta, fixed); err != nil {
			return err
		}
		for k, x := range block[:n*width] {
			dst[at*width+k] = float64(x)
		}
	}
	return nil
}
