package spec

import (
	"slices"
	"strings"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain/exact"
	ph "github.com/crux-pinn/crux/placeholder"
)

// BuiltIn is a constraint that a field satisfies exactly, so that none is left to train.
type BuiltIn struct{ Constraint, Field string }

// Kept is a constraint on the boundary that could not be built in, and why.
type Kept = exact.Kept

// hard is what the file asks to build into the fields.
type hard struct {
	node    *node
	auto    bool
	implied bool    // auto because the file says nothing: only of conditions that it says nothing of but what they are
	names   []*node // constraints by name, if not auto
	onset   float64
}

// plainField is a component of a network without an output transform.
type plainField struct {
	name string
	expr ph.Expr
}

// readHard reads which boundary and initial conditions are built into the fields, by exact.Hard:
//
//	hard: auto
//	hard: [bc, ic]
//	hard: {conditions: auto, onset: 0.05}
//	hard: none
//
// Without it, those of which the file says where they hold and nothing of how to train them. What that came to is in the resolved
// file, as a list or none.
func (b *builder) readHard(n *node, root *section) *hard {
	if n == nil {
		return &hard{node: root.n, auto: true, implied: true}
	}
	h := &hard{node: n}
	list := n
	if n.kind == mapping {
		s := b.section(n, "{conditions: auto, onset: 0.05}")
		list = s.orDefault("conditions", "auto")
		if v := s.get("onset"); v != nil {
			h.onset, _ = b.positive(v)
		}
		s.done()
	}
	if list.kind == sequence {
		if len(list.items) == 0 {
			b.fail(list, "no constraint; name at least one, or write auto or none")
		}
		for _, it := range list.items {
			if _, ok := b.textOf(it, "the name of a constraint"); ok {
				h.names = append(h.names, it)
			}
		}
		return h
	}
	switch b.choice(list, "choice", "auto", "none") {
	case "auto":
		h.auto = true
		return h
	}
	return nil
}

// buildIn builds conditions into the fields that have no output transform. The constraints have been read with the bare
// networks; when something was built in, what was read is forgotten, and false tells to read them again.
func (b *builder) buildIn(h *hard) (done bool) {
	wanted := b.wanted(h)
	if len(b.errs) > 0 {
		return true
	}
	var conditions []exact.Condition
	for _, c := range b.p.Crux.Constraints {
		_, wraps := b.periodic[c.Name]
		switch {
		case h.implied && (b.onBoundary[c.Name] || wraps) && b.trained[c.Name]:
			if slices.ContainsFunc(b.plain, func(f plainField) bool { return mentions(c.Residual, f.expr) }) {
				b.p.Kept = append(b.p.Kept, Kept{Name: c.Name, Why: "the file says how to train it; hard: auto builds in what it can"})
			}
		case h.auto && (b.onBoundary[c.Name] || wraps) && square(c) || wanted[c.Name] != nil:
			conditions = append(conditions, exact.Condition{Name: c.Name, Residual: c.Residual, On: c.On})
		}
	}
	if h.implied && len(conditions) == len(b.p.Crux.Constraints) {
		conditions = nil // something must be left to train
	}
	b.builtIn = map[string]bool{}
	why := map[string]string{}
	for _, f := range b.plain {
		var of []exact.Condition
		for _, c := range conditions {
			if !b.builtIn[c.Name] && mentions(c.Residual, f.expr) {
				of = append(of, c)
			}
		}
		built := exact.Hard{Domain: b.p.geometry, Conditions: of, Onset: h.onset, All: !h.auto}.Apply(f.expr)
		if err := built.Expr.Err(); err != nil {
			b.fail(h.node, "%s", strings.TrimPrefix(err.Error(), "Hard: "))
			return true
		}
		for _, name := range built.Built {
			b.builtIn[name] = true
			b.p.Built = append(b.p.Built, BuiltIn{name, f.name})
		}
		for _, k := range built.Kept {
			why[k.Name] = k.Why
		}
		if len(built.Built) > 0 {
			b.names.env.Names[f.name] = ph.Define(f.name, built.Expr)
		}
	}
	for _, c := range conditions {
		if b.builtIn[c.Name] {
			continue
		}
		reason, ok := why[c.Name]
		if !ok {
			reason = "its field has an output transform, or it has no field; hard is for fields without output"
		}
		if s := b.periodic[c.Name]; s != "" {
			reason = s
		}
		if n := wanted[c.Name]; n != nil {
			b.fail(n, "%s cannot be built in: %s", c.Name, reason)
			return true
		}
		b.p.Kept = append(b.p.Kept, Kept{Name: c.Name, Why: reason})
	}
	if h.implied {
		h.resolve(b.p.Built)
	}
	if len(b.builtIn) == 0 {
		return true
	}
	if len(b.builtIn) == len(b.p.Crux.Constraints) {
		b.fail(h.node, "every constraint is built in, so nothing is left to train; add the equation as a constraint")
		return true
	}
	b.forget()
	return false
}

// wanted are the constraints that the file names to be built in, with where it does.
func (b *builder) wanted(h *hard) map[string]*node {
	m := map[string]*node{}
	for _, n := range h.names {
		for _, name := range b.constraintsNamed(n) {
			m[name] = n
		}
	}
	return m
}

// square reports whether a loss is least where the residual vanishes.
func square(c crux.Constraint) bool {
	return c.Loss.Kind == crux.MSE || c.Loss.Kind == crux.MAE || c.Loss.Kind == crux.Huber
}

// resolve writes what was built in into the file that said nothing.
func (h *hard) resolve(list []BuiltIn) {
	n := &node{kind: sequence, path: "hard", at: h.node.at}
	for _, c := range list {
		n.items = append(n.items, &node{kind: scalar, text: c.Constraint, path: "hard", at: h.node.at})
	}
	if len(list) == 0 {
		n = &node{kind: scalar, text: "none", path: "hard", at: h.node.at}
	}
	h.node.put("hard", n)
}

// training are the keys of a constraint that say how it is trained, and not what it is.
var training = []string{"points", "weight", "loss", "scale", "sampler", "resample", "point_weights"}

// isTrained reports whether a constraint of the file has one of them.
func isTrained(n *node) bool {
	return slices.ContainsFunc(training, func(key string) bool { return n.get(key) != nil })
}

// mentions reports whether an expression contains the field of another one.
func mentions(e, of ph.Expr) bool {
	fields := map[*ph.Field]bool{}
	for part := range ph.Walk(of, nil) {
		if f, ok := part.Attr().(*ph.Field); ok {
			fields[f] = true
		}
	}
	return ph.Contains(e, func(part ph.Expr) bool {
		f, ok := part.Attr().(*ph.Field)
		return ok && fields[f]
	})
}

// forget drops the constraints that were read, and the definitions that mention fields, to read them with what the fields
// are now.
func (b *builder) forget() {
	b.p.Crux.Constraints, b.samples, b.p.Resamplers = nil, nil, nil
	clear(b.unscaled)
	for _, name := range b.names.order {
		if d := b.names.pending[name]; d.only == nil {
			d.done, d.ok = false, false
		}
	}
	b.names.resolve()
	var left []constraintName
	for _, c := range b.constraintNames {
		c.parts = slices.DeleteFunc(slices.Clone(c.parts), func(p string) bool { return b.builtIn[p] })
		if len(c.parts) > 0 {
			left = append(left, c)
		}
	}
	b.constraintNames = left
}

// isBuiltIn reports whether a constraint, or a part of it, is built in.
func (b *builder) isBuiltIn(name string) bool {
	if b.builtIn[name] {
		return true
	}
	for part := range b.builtIn {
		if strings.HasPrefix(part, name+".") {
			return true
		}
	}
	return false
}
