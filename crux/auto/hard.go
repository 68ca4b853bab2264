package auto

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/domain/exact"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Hard says which conditions are built into the unknown functions, so that these have them exactly and nothing is left of them to train;
// see exact.Hard. The zero value builds in those that say where they hold and nothing about training: no number of points,
// weight, loss, scale, sampler, interval or weights of points, by them or by others on the same points; and whose data are smooth.
type Hard struct {
	None  bool     // none
	All   bool     // also those that say how they are trained
	Names []string // these and no others; that one cannot be built in is an error
	Onset float64  // see exact.Hard; 0 means 0.1
}

// HardError says why what Hard asks for cannot be.
type HardError struct {
	Constraint string // "" if it is not one constraint
	Why        string
}

func (e *HardError) Error() string {
	if e.Constraint == "" {
		return "auto: " + e.Why
	}
	return fmt.Sprintf("auto: %s cannot be built in: %s", e.Constraint, e.Why)
}

// builder builds conditions into fields.
type builder struct {
	Problem
	list      []crux.Constraint
	terms     []ph.Expr             // their residuals, with what fields stand for
	trained   []bool                // something is said of how to train them
	periodic  map[string]string     // conditions that ask for a period, and why their networks have none; empty if they have
	fields    map[*ph.Field]ph.Expr // what new networks stand for
	contested []string              // conditions that give other values than another one where they meet, which networks can follow
	jumps     []string              // conditions whose data are not smooth
	kinks     kinked
	choice    *Choice
}

// buildIn builds conditions into fields that stand for themselves.
func (c *Choice) buildIn(p Problem, kinks kinked) error {
	if p.Domain == nil || len(p.Constraints) == 0 {
		return nil
	}
	b := &builder{
		Problem: p, list: c.Problem.Constraints, periodic: map[string]string{}, fields: map[*ph.Field]ph.Expr{}, kinks: kinks,
		choice: c,
	}
	for _, k := range b.list {
		if k.Residual == nil || k.On == nil || k.Residual.Err() != nil {
			return nil // New says so
		}
		b.terms = append(b.terms, ph.ReplaceFields(k.Residual, p.Fields))
		b.trained = append(b.trained, slices.ContainsFunc(b.list, func(m crux.Constraint) bool { return m.On == k.On && said(m) }))
	}
	b.lacks()
	if !p.Hard.None {
		b.wrap()
	}
	if !p.Slow {
		b.waves()
	}
	if !p.Smooth {
		b.enrich()
	}
	b.kink()
	if !p.Hard.None {
		if err := b.build(); err != nil {
			return err
		}
	}
	for _, x := range c.Built {
		if slices.Contains(b.jumps, x.Constraint) {
			c.Rough = append(c.Rough, x.Constraint)
		}
	}
	if len(c.Built) == len(b.list) {
		return &HardError{Why: "every constraint is built in, so nothing is left to train; add the equation as a constraint"}
	}
	if len(b.fields) > 0 {
		c.Problem.Fields = b.fields
		for f, e := range p.Fields {
			if b.fields[f] == nil {
				b.fields[f] = e
			}
		}
	}
	c.Problem.Constraints = slices.DeleteFunc(c.Problem.Constraints, func(k crux.Constraint) bool { return b.isBuilt(k.Name) })
	return nil
}

// said reports whether a constraint says something of how it is trained.
func said(c crux.Constraint) bool {
	count, sampler, every := c.On.Said()
	points := len(c.On.Patches()) > 0 && (count && c.On.Dims() > 0 || sampler || every)
	return points || weighed(c)
}

// weighed reports whether a constraint says something of how much it counts.
func weighed(c crux.Constraint) bool {
	return c.Weight != 0 || c.Loss != (crux.Loss{}) || c.Scale != 0 || c.MeasureScale || c.PointWeights != nil
}

// implied reports whether the conditions are those of which nothing more is said.
func (b *builder) implied() bool { return !b.Hard.All && len(b.Hard.Names) == 0 }

func (b *builder) wanted(name string) bool { return slices.Contains(b.Hard.Names, name) }

func (b *builder) inside(k crux.Constraint) bool { return k.On.Dims() >= len(b.Domain.Coords()) }

func (b *builder) onBoundary(k crux.Constraint) bool {
	return !b.inside(k) && len(k.On.Patches()) > 0 && !slices.Contains(b.kinks.names, k.Name)
}

func (b *builder) isBuilt(name string) bool {
	return slices.ContainsFunc(b.choice.Built, func(x BuiltIn) bool { return x.Constraint == name })
}

// spaced are n points of a region at which a problem is looked at, whatever is said of those of training.
func spaced(on *domain.Points, n int) *domain.Points {
	return on.With(domain.Sobol{}).Every(0).Count(n)
}

// sized is a region with a number of points, which does not matter where a condition is built in.
func sized(on *domain.Points) *domain.Points {
	if count, _, _ := on.Said(); count {
		return on
	}
	return on.Count(1)
}

// square reports whether a loss is least where the residual vanishes.
func square(c crux.Constraint) bool {
	return c.Loss.Squares() || c.Loss.Kind == crux.MAE
}

// build builds conditions in that networks do not have by their periods.
func (b *builder) build() error {
	conditions := b.conditions()
	why := map[string]string{}
	for _, f := range b.plain() {
		to := ph.ReplaceFields(f, b.fields) // the network, periodic or not
		network := to.Attr().(*ph.Field)
		parts, any := make([]ph.Expr, f.Dim()), false
		for k := range parts {
			parts[k] = network.Index(k)
			if !b.bare(f, k) {
				parts[k] = b.Fields[f].Args()[k]
				continue
			}
			name := b.nameOf(f, k)
			var of []exact.Condition
			for _, c := range conditions {
				if !b.isBuilt(c.Name) && ph.Mentions(c.Residual, network) {
					of = append(of, c)
				}
			}
			built := exact.Hard{Domain: b.Domain, Conditions: of, Onset: b.Hard.Onset, All: len(b.Hard.Names) > 0}.Apply(parts[k])
			if err := built.Expr.Err(); err != nil {
				return &HardError{Why: strings.TrimPrefix(err.Error(), "Hard: ")}
			}
			for _, c := range built.Built {
				b.choice.Built = append(b.choice.Built, BuiltIn{c, name})
				b.choice.decide(c+": exact, built into "+name, "it holds by the form of the function, so there is nothing left to train")
			}
			for _, k := range built.Kept {
				why[k.Name] = k.Why
			}
			if len(built.Built) > 0 {
				parts[k], any = ph.Define(name, built.Expr), true
			}
		}
		if any {
			b.fields[f] = ph.Concat(parts...)
		}
	}
	return b.keep(conditions, why)
}

// conditions are those that are to be built in, in terms of networks.
func (b *builder) conditions() []exact.Condition {
	var list []exact.Condition
	for i, k := range b.list {
		_, wraps := b.periodic[k.Name]
		var jump ph.Expr
		if b.onBoundary(k) {
			jump = switches(b.terms[i], sized(k.On))
		}
		switch {
		case jump != nil && b.implied():
			b.kept(k.Name, fmt.Sprintf("%s jumps or has a kink there, and a function into which it is built would have it everywhere", jump))
		case b.implied() && b.onBoundary(k) && b.kinks.apart != nil:
			b.kept(k.Name, "each material has a network, in which a factor that is small at corners of the domain would have to be undone")
		case b.implied() && slices.Contains(b.contested, k.Name):
			b.kept(k.Name, "it disagrees with another condition where they meet, which the network follows")
		case b.implied() && (b.onBoundary(k) || wraps) && b.trained[i]:
			if slices.ContainsFunc(b.plain(), func(f *ph.Field) bool { return ph.Mentions(b.terms[i], f) }) {
				b.kept(k.Name, "it has a setting for training, such as points or a weight; hard: auto builds in what it can")
			}
		case len(b.Hard.Names) == 0 && (b.onBoundary(k) || wraps) && square(k) || b.wanted(k.Name):
			list = append(list, exact.Condition{Name: k.Name, Residual: ph.ReplaceFields(b.terms[i], b.fields), On: sized(k.On)})
			if jump != nil {
				b.jumps = append(b.jumps, k.Name)
			}
		}
	}
	if b.implied() && len(list) == len(b.list) {
		return nil // something must be left to train
	}
	return list
}

// keep notes the conditions that have not been built in, and why.
func (b *builder) keep(conditions []exact.Condition, why map[string]string) error {
	for _, c := range conditions {
		if b.isBuilt(c.Name) {
			continue
		}
		reason, ok := why[c.Name]
		if !ok {
			reason = "its field has an output transform, or it has no field; hard is for fields without output"
		}
		if s := b.periodic[c.Name]; s != "" {
			reason = s
		}
		if b.wanted(c.Name) {
			return &HardError{c.Name, reason}
		}
		b.kept(c.Name, reason)
	}
	return nil
}

func (b *builder) kept(name, why string) {
	b.choice.Kept = append(b.choice.Kept, exact.Kept{Name: name, Why: why})
	b.choice.decide(name+": trained, not built in", why)
}

// plain are the fields of which a component stands for itself, in the order in which they occur.
func (b *builder) plain() []*ph.Field {
	var list []*ph.Field
	for _, e := range b.terms {
		for _, f := range ph.Occurring[*ph.Field](e) {
			for k := range f.Dim() {
				if !slices.Contains(list, f) && b.bare(f, k) {
					list = append(list, f)
				}
			}
		}
	}
	return list
}

// bare reports whether a component of a field stands for itself.
func (b *builder) bare(f *ph.Field, k int) bool {
	e := b.Fields[f]
	if e == nil {
		return true
	}
	if e.Op() != ph.OpConcat || len(e.Args()) != f.Dim() {
		return false
	}
	return isComponent(e.Args()[k], f, k)
}

// isComponent reports whether an expression is the component k of a field and nothing else.
func isComponent(e ph.Expr, f *ph.Field, k int) bool {
	r, ok := e.Attr().(ph.Range)
	return ok && e.Op() == ph.OpSlice && e.Args()[0].Attr() == any(f) && r == (ph.Range{Lo: k, Hi: k + 1})
}

// nameOf is how residuals call a component of a field.
func (b *builder) nameOf(f *ph.Field, k int) string {
	if f.Dim() == 1 {
		return f.Name()
	}
	for _, c := range b.list {
		for part := range ph.Walk(c.Residual, nil) {
			if part.Op() == ph.OpNamed && isComponent(part.Args()[0], f, k) {
				return part.Attr().(string)
			}
		}
	}
	return fmt.Sprintf("%s[%d]", f.Name(), k)
}
