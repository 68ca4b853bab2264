package problemfile

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/internal/files/tree"
	ph "github.com/crux-pinn/crux/placeholder"
)

// decide lets package auto decide what the file leaves open. What that came to stands in the resolved file.
func (b *builder) decide(root, hard, constraints *tree.Node) {
	at := b.hardNames()
	b.p.Crux.Constraints, b.p.Conditions = b.stated.Constraints, b.stated.Constraints
	if len(b.errs) > 0 || constraints == nil {
		return
	}
	if b.idle(constraints); len(b.errs) > 0 {
		return
	}
	b.stated.Name, b.stated.Domain, b.stated.Watching = b.p.Name, b.p.geometry, b.auto
	choice, err := auto.Choose(b.stated, b.p.Options)
	var bad *auto.HardError
	var odd *auto.MaterialError
	switch {
	case errors.As(err, &bad) && bad.Constraint == "":
		b.fail(cmp.Or(hard, root), "%s", bad.Why)
		return
	case errors.As(err, &bad):
		b.fail(at[bad.Constraint], "%s cannot be built in: %s", bad.Constraint, bad.Why)
		return
	case errors.As(err, &odd):
		b.failMaterial(root, odd)
		return
	case err != nil:
		b.p.nodes = b.nodes
		b.errs = append(b.errs, b.p.explain(err, b.src)...)
		return
	}
	choice.Decisions = slices.Concat(b.notes, choice.Decisions)
	b.p.Choice, b.p.Crux, b.p.Options = choice, choice.Problem, choice.Options
	b.p.Resamplers = append(b.p.Resamplers, choice.Callbacks...)
	if hard == nil {
		b.writeHard(root)
	}
	if choice.Waves {
		root.Set("waves", "auto")
	}
	if len(choice.Priors) > 0 {
		root.Set("smooth", "auto")
	}
	for _, n := range b.nets {
		b.writePeriods(n)
	}
	for _, e := range constraints.Entries {
		b.writePoints(e)
	}
	var left []constraintName
	for _, c := range b.constraintNames {
		c.parts = slices.DeleteFunc(slices.Clone(c.parts), b.isBuiltIn)
		if len(c.parts) > 0 {
			left = append(left, c)
		}
	}
	for _, name := range slices.Concat(choice.Interfaces, choice.Priors) {
		left = append(left, constraintName{name, []string{name}})
	}
	b.constraintNames = left
}

// idle reports unknowns that stand in no constraint, and constraints without an unknown: there is nothing to train for them.
func (b *builder) idle(constraints *tree.Node) {
	fields, params := map[*ph.Field]bool{}, map[*ph.Param]bool{}
	for _, c := range b.stated.Constraints {
		any := false
		for part := range ph.Walk(ph.ReplaceFields(c.Residual, b.stated.Fields), nil) {
			any = any || ph.Unknown(part)
			switch a := part.Attr().(type) {
			case *ph.Field:
				fields[a] = true
			case *ph.Param:
				params[a] = true
			}
		}
		if n := b.residualNode(constraints, c.Name); !any && n != nil {
			b.fail(n, "it contains no unknown, so there is nothing to train; leave it out, or write it with a field")
		}
	}
	for _, n := range b.nets {
		if !fields[n.field] {
			b.fail(n.node, "%s stands in no constraint, so nothing determines it; add an equation for it, or leave it out", n.field.Name())
		}
	}
	for _, p := range b.p.Params {
		if !params[p] {
			b.failAt(b.names.at[p.Path()], "params."+p.Path(),
				"%s stands in no constraint, so nothing determines it; add one, or leave it out", p.Path())
		}
	}
}

// residualNode is where the residual of a constraint stands.
func (b *builder) residualNode(constraints *tree.Node, name string) *tree.Node {
	key, part, _ := strings.Cut(name, ".")
	n := constraints.Get(key).Get("residual")
	if n != nil && part != "" && n.Kind == tree.Mapping {
		return n.Get(part)
	}
	return n
}

// isBuiltIn reports whether a constraint, or a part of it, is built in.
func (b *builder) isBuiltIn(name string) bool {
	return b.p.Choice != nil && slices.ContainsFunc(b.p.Choice.Built, func(x auto.BuiltIn) bool {
		return x.Constraint == name || strings.HasPrefix(x.Constraint, name+".")
	})
}

// writeHard writes what was built in into the file that said nothing.
func (b *builder) writeHard(root *tree.Node) {
	if len(b.p.Choice.Built) == 0 {
		root.Set("hard", "none")
		return
	}
	n := &tree.Node{Kind: tree.Sequence, Path: "hard", At: root.At}
	for _, c := range b.p.Choice.Built {
		n.Items = append(n.Items, &tree.Node{Kind: tree.Scalar, Text: c.Constraint, Path: "hard", At: root.At})
	}
	root.Put("hard", n)
}

// writePeriods writes the periods that a network was given.
func (b *builder) writePeriods(n fieldNet) {
	periods := b.p.Choice.Periods[n.field]
	if periods == nil {
		return
	}
	said := n.node.Open("periodic")
	for _, c := range b.p.Coords {
		if v, ok := periods[c]; ok {
			said.Set(c.Name(), ftoa(v))
		}
	}
}

// writePoints writes how many points a constraint has, and what becomes of them.
func (b *builder) writePoints(e tree.Entry) {
	i := slices.IndexFunc(b.p.Crux.Constraints, func(c crux.Constraint) bool {
		return c.Name == e.Key || strings.HasPrefix(c.Name, e.Key+".")
	})
	if i < 0 {
		return // built in
	}
	c := b.p.Crux.Constraints[i]
	put := func(key, text string) {
		if e.Value.Get(key) == nil {
			e.Value.Set(key, text)
		}
	}
	_, _, said := c.On.Said()
	switch every := c.On.Interval(); {
	case slices.Contains(b.p.Choice.Watched, c.Name):
		put("resample", "auto")
	case every > 0, said && c.On.Random(): // 0 says that they stay, as they would be watched now that their number is there
		put("resample", strconv.Itoa(every))
	}
	if c.On.Dims() > 0 {
		put("points", strconv.Itoa(c.On.Len()))
	}
}

// compiled finishes the problem when its solver is there: scales that were measured stand in the resolved file, and what shows only now is
// reported.
func (p *Problem) compiled(s *crux.Solver) error {
	for i := range p.Crux.Constraints {
		c := &p.Crux.Constraints[i]
		if set, ok := p.unscaled[c.Name]; ok && c.MeasureScale {
			c.Scale, c.MeasureScale = s.Constraint(i).Scale, false
			set.put(strconv.FormatFloat(c.Scale, 'g', -1, 64))
		}
	}
	p.resolve()
	if es := p.check(s); len(es) > 0 {
		return tree.Sorted(es)
	}
	return nil
}
