package problemfile

import (
	"slices"
	"strings"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/files/tree"
	ph "github.com/crux-pinn/crux/placeholder"
)

// watched reads the expression of a tracker. There is none where the fields lack, which is reported.
func (b *builder) watched(s *section) ph.Expr {
	n := s.get("expr")
	if n == nil || len(b.fieldNames) == 0 {
		return nil
	}
	e, ok := b.expr(n, b.names.env)
	if !ok {
		return nil
	}
	return e
}

// firstComponent is the text of the first component of the first field.
func (b *builder) firstComponent() string {
	if len(b.fieldNames) == 0 {
		return ""
	}
	first := b.fieldNames[0]
	if e := b.names.env.Names[first]; e != nil && e.Dim() > 1 {
		first += "[0]"
	}
	return first
}

// slopes is the text of the derivatives of the first field by its coordinates: [u_t, u_x].
func (b *builder) slopes() string {
	if len(b.fieldNames) == 0 {
		return ""
	}
	name := b.fieldNames[0]
	var list []string
	for _, c := range b.names.env.Order[name] {
		list = append(list, name+"_"+c.Name())
	}
	if e := b.names.env.Names[name]; e == nil || e.Dim() != 1 || len(list) == 0 {
		return name
	}
	if len(list) == 1 {
		return list[0]
	}
	return "[" + strings.Join(list, ", ") + "]"
}

// observed reads where a tracker looks: on: pde, the points of a constraint, those of the first one by default; or a region
// with points, as constraints have it.
func (b *builder) observed(s *section) (on *domain.Points, ofConstraint bool) {
	if len(b.constraintNames) == 0 {
		return nil, false
	}
	alone := s.n.Get("grid") == nil && s.n.Get("quadrature") == nil && s.n.Get("at") == nil
	var n *tree.Node
	if alone {
		n = s.orDefault("on", b.constraintNames[0].key)
	}
	if n != nil && n.Kind == tree.Scalar {
		for _, c := range b.constraintNames {
			if n.Text == c.key || slices.Contains(c.parts, n.Text) {
				s.get("points")
				return b.pointsOf(c), true
			}
		}
		if valid := append(b.observable(), b.regionNames()...); !strings.Contains(n.Text, "=") && !slices.Contains(valid, n.Text) {
			if b.isBuiltIn(n.Text) {
				b.fail(n, "constraint %s is built into the field and has no points; look at a region instead", n.Text)
				return nil, false
			}
			b.fail(n, "%q is neither a constraint nor a region; %s", n.Text, oneOf(n.Text, valid))
			return nil, false
		}
	}
	points := b.pointSet(s)
	if points == nil {
		return nil, false
	}
	return b.sized(s, points.Complete()), false
}

// firstDraw reads whether a tracker stays at the first points of a constraint when these move; by default it follows them.
func (b *builder) firstDraw(s *section, ofConstraint bool) bool {
	if ofConstraint {
		s.orDefault("first_draw", "false")
	}
	stays := only[bool](s, "first_draw")
	if stays && !ofConstraint {
		b.fail(s.n.Get("first_draw"), "these points are no constraint's, so they never move; leave out first_draw")
	}
	return stays
}

// observable are the names of the constraints.
func (b *builder) observable() []string {
	var list []string
	for _, c := range b.constraintNames {
		list = append(list, c.key)
	}
	return list
}

// pointsOf are the points of a constraint; nil if its own mistake is reported.
func (b *builder) pointsOf(c constraintName) *domain.Points {
	for _, k := range b.p.Crux.Constraints {
		if slices.Contains(c.parts, k.Name) {
			return k.On
		}
	}
	return nil
}

// checkExpr compiles an expression on a few of its points when all else is right: what is wrong with it shows before step 0.
func (b *builder) checkExpr(s *section, e ph.Expr, on *domain.Points) {
	n := s.n.Get("expr")
	b.checks = append(b.checks, func(solver *crux.Solver) {
		few := on
		if on.Random() {
			few = on.Count(min(on.Len(), 8))
		}
		if _, err := solver.Compile(e, few); err != nil {
			if es := b.p.explain(err, b.src); len(es) > 0 && es[0].Path != "" {
				b.errs = append(b.errs, es...)
				return
			}
			b.fail(n, "%s", strings.TrimPrefix(err.Error(), "crux: "))
		}
	})
}
