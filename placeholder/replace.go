package placeholder

import (
	"math/rand/v2"
	"slices"
)

// Replace returns e with parts of it replaced: f is asked about each part, outer ones first, and returns what shall stand in
// its place, with as many components, or nil to leave it as it is and look inside. What is shared stays shared. A field is a
// part without parts of its own: Field.Body is not looked into. Places of the user's text stay.
func Replace(e Expr, f func(Expr) Expr) Expr {
	if e == nil {
		return nil
	}
	memo := map[*node]*node{}
	var visit func(n *node) *node
	visit = func(n *node) *node {
		if n == nil { // an operand of an expression that carries an error
			return nil
		}
		if r, ok := memo[n]; ok {
			return r
		}
		r := n
		if new := f(n.whole()); new != nil {
			if r = new.term(); r.err == nil && n.err == nil && r.dim != n.dim {
				r = newNode(OpConst, 1, 0.0).fail("%d components in place of %d", r.dim, n.dim)
			}
		} else if len(n.args) > 0 {
			args := make([]*node, len(n.args))
			for i, a := range n.args {
				args[i] = visit(a)
			}
			if !slices.Equal(args, n.args) {
				b := *n
				b.args = args
				for _, a := range args {
					if b.err == nil && a != nil && a.err != nil {
						b.err, b.dim = a.err, 0
					}
				}
				r = &b
			}
		}
		memo[n] = r
		return r
	}
	if n := e.term(); visit(n) != n {
		return memo[n]
	}
	return e
}

// whole is the expression of which n is the node: a coordinate, a parameter or a field where it belongs to one.
func (n *node) whole() Expr {
	switch a := n.attr.(type) {
	case *Coord:
		if n.op == OpCoord {
			return a
		}
	case *Param:
		return a
	case *Field:
		return a
	}
	return n
}

// Frozen returns a parameter of the same shape that is not trained, under another path. Its values are zero until they are
// set: networks whose parameters are replaced by such ones are functions known beforehand.
func (p *Param) Frozen(path string) *Param {
	q := &Param{path: path, shape: slices.Clone(p.shape), fixed: true, init: func(_ *rand.Rand, dst []float64, _ []int) { clear(dst) }}
	q.node = node{op: OpParam, dim: p.dim, attr: q, pos: p.pos, err: p.err}
	return q
}
