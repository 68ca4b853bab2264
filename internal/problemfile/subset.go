package problemfile

import (
	"slices"

	"github.com/crux-pinn/crux/internal/files/tree"
)

// subset reads constraints: [pde, bc]; without it all are meant.
func (b *builder) subset(s *section) []string {
	n := s.get("constraints")
	if n == nil {
		return nil
	}
	if n.Kind == tree.Sequence && len(n.Items) == 0 {
		b.fail(n, "no constraint; name at least one, or leave out constraints for all")
	}
	var list []string
	for _, it := range itemsOf(n) {
		for _, name := range b.constraintsNamed(it) {
			if slices.Contains(list, name) {
				b.fail(it, "%s is listed twice; name each constraint once", name)
				continue
			}
			list = append(list, name)
		}
	}
	return list
}

// constraintName is a constraint as the file names it, with the names of its residuals as the solver knows them: its own,
// or flow.mass and flow.momentum for two that share points.
type constraintName struct {
	key   string
	parts []string
}

// constraintsNamed are the solver's names of the constraint that a node names: one, or all that share its points. An error
// mentions what else could stand there.
func (b *builder) constraintsNamed(n *tree.Node, also ...string) []string {
	t, ok := b.textOf(n, "the name of a constraint")
	if !ok || len(b.constraintNames) == 0 {
		return nil
	}
	valid := also
	for _, c := range b.constraintNames {
		if t == c.key {
			return c.parts
		}
		if slices.Contains(c.parts, t) {
			return []string{t}
		}
		valid = append(valid, c.key)
		if len(c.parts) > 1 {
			valid = append(valid, c.parts...)
		}
	}
	if b.isBuiltIn(t) {
		b.fail(n,
			"constraint %s is built into the field, so there is nothing to train; leave it out here, or name what is built in with hard", t)
		return nil
	}
	b.fail(n, "unknown constraint %q; %s", t, oneOf(t, valid))
	return nil
}
