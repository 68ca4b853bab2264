package problemfile

import (
	"slices"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/files/tree"
	ph "github.com/crux-pinn/crux/placeholder"
)

// varying is the constant that a curriculum gives several values.
type varying struct {
	node  *tree.Node  // of the section
	entry *tree.Entry // the constant's name and its values; nil if none can be told
	param *ph.Param
}

// readCurriculum finds the constant that takes easier values first; lessons reads these when all else is known.
func (b *builder) readCurriculum(n, constants *tree.Node) {
	if n == nil || n.Kind == tree.Scalar && n.Text == "none" {
		return
	}
	b.varying.node = n
	s := b.section(n, "curriculum")
	var known []string
	if constants != nil {
		for _, e := range constants.Entries {
			known = append(known, e.Key)
		}
	}
	for i, e := range s.n.Entries {
		switch {
		case !slices.Contains(known, e.Key):
			b.failAt(e.At, n.Path, "%s is not a constant; %s", e.Key, oneOf(e.Key, known))
		case b.varying.entry != nil:
			b.failAt(e.At, n.Path, "%s is the second constant, and a curriculum has one; write the other in terms of it", e.Key)
		default:
			b.varying.entry = &s.n.Entries[i]
		}
	}
	if n.Kind == tree.Mapping && len(n.Entries) == 0 {
		b.fail(n, "no constant; name one with its values before the last, as in curriculum: {beta: [10, 20]}")
	}
}

// constant is a constant as expressions have it: a number, unless a curriculum gives it several values or it follows from one that
// has them.
func (b *builder) constant(name string, value float64, x ph.Expr) ph.Expr {
	switch {
	case b.varying.entry != nil && b.varying.entry.Key == name:
		b.varying.param = ph.NewConstant(name, value)
		return b.varying.param
	case len(parameters(x)) > 0:
		return ph.Define(name, x)
	}
	return ph.Const(value)
}

// lessons reads the values of the constant. The phases of the optimizer are run through with each.
func (b *builder) lessons(stopping *tree.Node) {
	v := b.varying
	if v.node == nil {
		return
	}
	switch {
	case b.marching != nil:
		b.fail(v.node, "give curriculum or windows, not both")
	case stopping != nil:
		b.fail(stopping,
			"early_stopping ends a run, and a curriculum has to be gone through; leave it out, a lesson ends where its optimizer converges")
	}
	if v.param == nil {
		return // what is wrong with it has been said
	}
	own, _ := v.param.Constant()
	values := b.lessonValues(v.entry.Value, own)
	used := len(b.stated.Constraints) == 0
	for _, c := range b.stated.Constraints {
		used = used || c.Residual == nil || slices.Contains(parameters(c.Residual), v.param)
	}
	if !used && len(b.errs) == 0 {
		b.failAt(v.entry.At, v.node.Path, "no residual depends on %s; a curriculum is over a constant of the equations", v.entry.Key)
	}
	b.p.Options.Curriculum = &crux.Curriculum{Of: v.param, Values: values, Steps: max(1, b.p.PhaseSteps)}
	b.p.Stages = len(values) + 1
	b.p.PhaseSteps *= b.p.Stages
}

// lessonValues are the values before the constant's own.
func (b *builder) lessonValues(n *tree.Node, own float64) []float64 {
	var list []float64
	switch n.Kind {
	case tree.Mapping:
		list = b.ramp(n, own)
	case tree.Nothing:
		b.fail(n, "a value is missing; write those before the last, as in [10, 20]")
	default:
		items := itemsOf(n)
		for i, it := range items {
			_, v, ok := b.quantity(it)
			last := i == len(items)-1
			switch {
			case !ok || last && v == own: // which comes last anyway
			case v == own:
				b.fail(it, "%v is its own value, which comes last; leave it out here", v)
			case slices.Contains(list, v):
				b.fail(it, "%v is listed twice; give each value once", v)
			default:
				list = append(list, v)
			}
		}
	}
	if len(list) == 0 && len(b.errs) == 0 {
		b.fail(n, "no other value than its own, %v; give easier ones to begin with, as in [10, 20]", own)
	}
	if len(list) >= crux.MaxStages {
		b.fail(n, "%d values are more than fit; take at most %d", len(list)+1, crux.MaxStages)
	}
	return list
}

// ramp is values in equal steps, or with equal ratios, from a first one to the constant's own.
func (b *builder) ramp(n *tree.Node, own float64) []float64 {
	s := b.section(n, "curriculum.*")
	from := s.need("from")
	s.need("lessons")
	k, counted := valueOf[int](s, "lessons")
	ramp := only[string](s, "ramp")
	if s.done(); from == nil {
		return nil
	}
	_, v, ok := b.quantity(from)
	switch {
	case !ok || !counted:
		return nil
	case v == own:
		b.fail(from, "%v is its own value, which comes last; begin with an easier one", v)
	case ramp == "geometric" && !(v*own > 0):
		b.fail(from, "there are no equal ratios from %v to %v; take values of one sign, or ramp: linear", v, own)
	case ramp == "geometric":
		return crux.GeometricRamp(v, own, k)[:k-1]
	default:
		return crux.LinearRamp(v, own, k)[:k-1]
	}
	return nil
}

// fixed reports a place where a constant of the curriculum cannot stand, because what is made of it is made once.
func (l *loader) fixed(n *tree.Node, e ph.Expr) bool {
	ps := parameters(e)
	if len(ps) == 0 {
		return true
	}
	l.fail(n, "%s takes several values by the curriculum, and this is the same in all lessons; write a number", ps[0].Path())
	return false
}

// Final is an expression with the constant of the curriculum at its own value, as it is in the last lesson.
func (p *Problem) Final(e ph.Expr) ph.Expr {
	if p.Options.Curriculum == nil {
		return e
	}
	return at(e, func(p *ph.Param) float64 {
		own, _ := p.Constant()
		return own
	})
}

// at is an expression with the constants of a curriculum at given values.
func at(e ph.Expr, value func(*ph.Param) float64) ph.Expr {
	if value == nil {
		return e
	}
	return ph.Replace(e, func(e ph.Expr) ph.Expr {
		if p, ok := e.(*ph.Param); ok {
			if _, constant := p.Constant(); constant {
				return ph.Const(value(p))
			}
		}
		return nil
	})
}
