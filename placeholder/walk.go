package placeholder

import (
	"iter"
	"slices"
)

// descend visits n and what it is made of, each node once: enter before a node's operands, which are passed over where it says
// false, and leave after them, until it says false. Nothing here recurses, so an expression may be as deep as memory allows.
func descend(n *node, enter, leave func(*node) bool) {
	type visit struct {
		n        *node
		operands []*node // to come
	}
	seen := map[*node]bool{}
	var path []visit
	begin := func(n *node) {
		if n == nil || seen[n] { // nil: an operand of an expression that carries an error
			return
		}
		seen[n] = true
		v := visit{n: n}
		if enter == nil || enter(n) {
			v.operands = n.args
		}
		path = append(path, v)
	}
	for begin(n); len(path) > 0; {
		v := &path[len(path)-1]
		if len(v.operands) > 0 {
			next := v.operands[0]
			v.operands = v.operands[1:]
			begin(next)
			continue
		}
		path = path[:len(path)-1]
		if !leave(v.n) {
			return
		}
	}
}

// Walk yields every part of e once, operands before what is made of them, and so e last. If into is given, the operands of a
// part for which it says false are passed over. A field is a part without parts of its own: Field.Body is not looked into.
// Coordinates, parameters and fields are known by their Attr: a part has its own place in the text.
func Walk(e Expr, into func(part Expr) bool) iter.Seq[Expr] {
	return func(yield func(Expr) bool) {
		var enter func(*node) bool
		if into != nil {
			enter = func(n *node) bool { return into(n) }
		}
		if e != nil {
			descend(e.term(), enter, func(n *node) bool { return yield(n) })
		}
	}
}

// Contains reports whether is holds for e or a part of it; see [Walk].
func Contains(e Expr, is func(part Expr) bool) bool {
	for part := range Walk(e, nil) {
		if is(part) {
			return true
		}
	}
	return false
}

// Fold computes a value of e from those of its operands, and theirs in the same way: f is called for every part once; see [Walk].
func Fold[T any](e Expr, f func(part Expr, operands []T) T) T {
	values := map[*node]T{}
	if e == nil {
		return values[nil]
	}
	descend(e.term(), nil, func(n *node) bool {
		operands := make([]T, len(n.args))
		for i, a := range n.args {
			operands[i] = values[a]
		}
		values[n] = f(n, operands)
		return true
	})
	return values[e.term()]
}

// Replace returns e with parts of it replaced: f is asked about each part, outer ones first, and returns what should stand in
// its place, with as many components, or nil to leave it as it is and look inside. What is shared stays shared. A field is a
// part without parts of its own: Field.Body is not looked into. Places of the user's text stay.
func Replace(e Expr, f func(Expr) Expr) Expr {
	if e == nil {
		return nil
	}
	done := map[*node]*node{}
	descend(e.term(), func(n *node) bool {
		new := f(n.whole())
		if new == nil {
			return true
		}
		r := new.term()
		if r.err == nil && n.err == nil && r.dim != n.dim {
			r = newNode(OpConst, 1, 0.0).fail("%d components in place of %d", r.dim, n.dim)
		}
		done[n] = r
		return false
	}, func(n *node) bool {
		if done[n] == nil {
			done[n] = n.of(done)
		}
		return true
	})
	if n := e.term(); done[n] != n {
		return done[n]
	}
	return e
}

// ReplaceFields returns e with expressions in the place of fields, each with as many components. Where one is a [Concat] of components, a
// component of the field is the component itself.
func ReplaceFields(e Expr, by map[*Field]Expr) Expr {
	if len(by) == 0 {
		return e
	}
	return Replace(e, func(e Expr) Expr {
		if r, ok := e.Attr().(Range); ok && e.Op() == OpSlice && r.Hi-r.Lo == 1 {
			f, _ := e.Args()[0].Attr().(*Field)
			if to := by[f]; to != nil && to.Op() == OpConcat && len(to.Args()) == f.Dim() {
				return to.Args()[r.Lo]
			}
		}
		f, _ := e.Attr().(*Field)
		return by[f]
	})
}

// of is n of other operands, found by those that it has: n itself if they are the same.
func (n *node) of(other map[*node]*node) *node {
	args := make([]*node, len(n.args))
	for i, a := range n.args {
		args[i] = other[a]
	}
	if slices.Equal(args, n.args) {
		return n
	}
	b := *n
	b.args = args
	for _, a := range args {
		if b.err == nil && a != nil && a.err != nil {
			b.err, b.dim = a.err, 0
		}
	}
	return &b
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
