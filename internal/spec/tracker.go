package spec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
)

// Tracker is a tracker under the name by which the file knows it.
type Tracker struct {
	Name string // "gradient_norms"; "input_sensitivity.1" for the second of a list; "ntk_spectrum.pde" for one that weights need
	trackers.Tracker
}

// TrackerNames are the trackers that a file can name.
var trackerNames = []string{
	"gradient_norms", "cos_similarity", "gradient_alignment", "residual_stats", "input_sensitivity", "ntk_spectrum", "hessian_spectrum", "loss_landscape",
}

// TrackerNames are the names of all trackers, as files write them.
func TrackerNames() []string { return slices.Clone(trackerNames) }

// trackers reads what is watched:
//
//	trackers: all
//	trackers: [gradient_norms, residual_stats]
//	trackers:
//	  gradient_norms: {interval: 50, mask: "u/layer*/weight"}
//	  residual_stats: {constraints: [pde]}
//	  input_sensitivity: [{expr: u_x, on: interior, points: 400}, {expr: u_y}]
//	  hessian_spectrum: {k: 5, iters: 20, unweighted: true}
func (b *builder) trackers(n *node, root *section) {
	if n == nil {
		return
	}
	if n.kind == scalar || n.kind == sequence {
		n = b.trackerList(n)
		root.n.put("trackers", n)
	}
	s := b.section(n, "{gradient_norms: {interval: 50}}")
	s.known = trackerNames
	for _, e := range s.n.entries {
		if !slices.Contains(trackerNames, e.key) {
			continue
		}
		for i, it := range itemsOf(e.value) {
			t := b.section(it, "{interval: 50}")
			name := e.key
			if i > 0 {
				name = fmt.Sprintf("%s.%d", e.key, i)
			}
			if tr := b.tracker(e.key, t); tr != nil {
				b.p.Trackers = append(b.p.Trackers, Tracker{name, tr})
			}
			t.done()
		}
	}
	s.done()
}

// trackerList writes all, or a list of names, as the mapping that it stands for.
func (b *builder) trackerList(n *node) *node {
	m := &node{kind: mapping, path: n.path, at: n.at}
	for _, it := range itemsOf(n) {
		names := []string{b.choice(it, "tracker", append(slices.Clone(trackerNames), "all")...)}
		switch names[0] {
		case "":
			continue
		case "all":
			names = trackerNames
		}
		for _, name := range names {
			if m.get(name) == nil {
				m.put(name, &node{kind: mapping, path: join(n.path, name), at: it.at})
			}
		}
	}
	return m
}

// tracker reads the settings of one tracker; nil means that they are mistaken.
func (b *builder) tracker(name string, s *section) trackers.Tracker {
	switch name {
	case "gradient_norms":
		return &trackers.GradientNorms{Interval: s.intOr("interval", 100), Mask: b.mask(s)}
	case "cos_similarity":
		return &trackers.CosSimilarity{Interval: s.intOr("interval", 100), Mask: b.mask(s)}
	case "gradient_alignment":
		return &trackers.GradientAlignment{Interval: s.intOr("interval", 100), Mask: b.mask(s)}
	case "residual_stats":
		return &trackers.ResidualStats{Interval: s.intOr("interval", 100), Constraints: b.subset(s), Bins: s.intOr("bins", 50)}
	case "input_sensitivity":
		return b.sensitivity(s)
	case "ntk_spectrum":
		return b.ntk(s)
	case "hessian_spectrum":
		return b.hessian(s)
	}
	return b.landscape(s)
}

// mask reads a pattern of parameter paths, or a list of them; without one all parameters are meant.
func (b *builder) mask(s *section) ph.Selector {
	if n := s.get("mask"); n != nil {
		return b.selector(n)
	}
	return nil
}

// unweighted reads whether the weights of constraints and points are left out.
func (b *builder) unweighted(s *section) bool { return b.boolean(s.orDefault("unweighted", "false")) }

// seedOr reads a seed that is not the problem's.
func (s *section) seedOr(def uint64) uint64 {
	if n := s.get("seed"); n != nil {
		v, _ := s.integer(n, 0)
		return uint64(v)
	}
	return def
}

func (b *builder) sensitivity(s *section) trackers.Tracker {
	t := &trackers.InputSensitivity{Seed: s.seedOr(0)}
	t.Expr = b.watched(s, b.slopes())
	t.Interval = s.intOr("interval", 100)
	count := s.get("points")
	on, ofConstraint := b.observed(s)
	if ofConstraint && count != nil && on != nil {
		n, ok := b.integer(count, 1)
		switch {
		case !ok:
		case !on.Random():
			b.fail(count, "the points of this constraint are given; leave points away")
		default:
			on, ofConstraint = on.Count(n), false // points of its own
		}
	}
	t.On, t.FirstDraw = on, b.firstDraw(s, ofConstraint)
	if t.Expr == nil || on == nil {
		return nil
	}
	b.checkExpr(s, t.Expr, on)
	return t
}

// maxKernel bounds the rows of a kernel: its matrix has as many columns.
const maxKernel = 8192

func (b *builder) ntk(s *section) trackers.Tracker {
	t := &trackers.NTKSpectrum{Seed: s.seedOr(0)}
	first := ""
	if len(b.fieldNames) > 0 {
		first = b.fieldNames[0]
		if e := b.names.env.Names[first]; e != nil && e.Dim() > 1 {
			first += "[0]"
		}
	}
	e := b.watched(s, first)
	t.Interval, t.TopK = s.intOr("interval", 500), s.intOr("top_k", 10)
	sel := b.mask(s)
	on, ofConstraint := b.observed(s)
	if ofConstraint {
		t.Points = s.intOr("points", 256)
	} else if on != nil {
		t.Points = on.Len()
	}
	if t.Points > maxKernel {
		b.fail(s.n, "a kernel of %d rows is more than fits; take at most %d points", t.Points, maxKernel)
		return nil
	}
	t.FirstDraw = b.firstDraw(s, ofConstraint)
	if e == nil || on == nil {
		return nil
	}
	if e.Dim() != 1 {
		b.fail(s.n.get("expr"), "it has %d components, the kernel needs one; pick it, as in u[0]", e.Dim())
		return nil
	}
	t.Grad, t.On = ph.ParamGrad(e, sel), on
	b.checkExpr(s, e, on)
	return t
}

func (b *builder) hessian(s *section) trackers.Tracker {
	t := &trackers.HessianSpectrum{
		K: s.intOr("k", 10), Iters: s.intOr("iters", 30), Interval: s.intOr("interval", 500), Mask: b.mask(s),
		Constraints: b.subset(s), Unweighted: b.unweighted(s), Seed: s.seedOr(0),
	}
	if t.K > t.Iters {
		b.fail(s.n.get("k"), "%d eigenvalues from %d iterations; there are never more values than iterations, so raise iters to %d or more", t.K, t.Iters, 3*t.K)
	}
	if n := s.get("probes"); n != nil {
		t.Probes, _ = b.integer(n, 1)
	}
	return t
}

// maxLandscape bounds the points along an axis of a landscape: each is an evaluation of the loss.
const maxLandscape = 1001

func (b *builder) landscape(s *section) trackers.Tracker {
	grid, _ := b.integer(s.orDefault("grid", "15"), 2)
	if grid > maxLandscape {
		b.fail(s.n.get("grid"), "%d² evaluations of the loss are more than a run takes; use at most %d points", grid, maxLandscape)
	}
	t := &trackers.LossLandscape{
		Grid: grid, AlphaRange: s.realOr("alpha_range", "1"), Interval: s.intOr("interval", 500), Mask: b.mask(s),
		Unweighted: b.unweighted(s), Seed: s.seedOr(0),
	}
	if n := s.get("scaling"); n != nil {
		t.Global = b.choice(n, "scaling", "filter", "global") == "global"
	}
	if n := s.get("along"); n != nil {
		b.along(n, t)
	}
	drawn := slices.Contains(t.Along[:], trackers.RandomDirection) || slices.Contains(t.Along[:], trackers.PCADirection)
	if n := s.get("mask"); n != nil && !t.Global && drawn {
		b.checks = append(b.checks, func(solver *crux.Solver) {
			for _, p := range solver.Parameters() {
				if !p.Fixed && len(p.Shape) == 2 && t.Mask(p.Path) {
					return
				}
			}
			b.fail(n, "it selects no weight matrix, and biases and scalars are not moved; select weights, or write scaling: global")
		})
	}
	return t
}

// along reads the directions of a landscape: one name for both, or two.
func (b *builder) along(n *node, t *trackers.LossLandscape) {
	names := itemsOf(n)
	if len(names) == 0 || len(names) > 2 {
		b.fail(n, "%d directions; a landscape has two, such as [gradient, curvature]", len(names))
		return
	}
	for k := range t.Along {
		name := b.choice(names[min(k, len(names)-1)], "direction", "random", "gradient", "curvature", "pca")
		t.Along[k], _ = trackers.ParseDirection(name)
	}
	if t.Along[0] == trackers.GradientDirection && t.Along[1] == trackers.GradientDirection {
		b.fail(n, "both directions are the gradient, which is one; write [gradient, curvature]")
	}
}

// watched reads the expression of a tracker.
func (b *builder) watched(s *section, def string) ph.Expr {
	if def == "" { // what the fields lack is reported
		s.get("expr")
		return nil
	}
	e, ok := b.expr(s.orDefault("expr", def), b.names.env)
	if !ok {
		return nil
	}
	return e
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
		s.known = append(s.known, "on", "points", "where", "sampler", "grid", "quadrature", "at")
		return nil, false
	}
	alone := s.n.get("grid") == nil && s.n.get("quadrature") == nil && s.n.get("at") == nil
	var n *node
	if alone {
		n = s.orDefault("on", b.constraintNames[0].key)
	}
	if n != nil && n.kind == scalar {
		for _, c := range b.constraintNames {
			if n.text == c.key || slices.Contains(c.parts, n.text) {
				s.known = append(s.known, "points")
				return b.pointsOf(c), true
			}
		}
		if valid := append(b.observable(), b.regionNames()...); !strings.Contains(n.text, "=") && !slices.Contains(valid, n.text) {
			s.known = append(s.known, "points", "where", "sampler")
			if b.isBuiltIn(n.text) {
				b.fail(n, "constraint %s is built into the field and has no points; look at a region instead", n.text)
				return nil, false
			}
			b.fail(n, "%q is no constraint and no region; %s", n.text, oneOf(n.text, valid))
			return nil, false
		}
	}
	_, points, count := b.pointSet(s, "")
	if r := s.n.get("resample"); r != nil {
		b.fail(r, "a tracker looks at the same points all the time; leave resample away")
	}
	if points == nil {
		return nil, false
	}
	return points(count), false
}

// firstDraw reads whether a tracker stays at the first points of a constraint when these move; by default it follows them.
func (b *builder) firstDraw(s *section, ofConstraint bool) bool {
	if ofConstraint {
		return b.boolean(s.orDefault("first_draw", "false"))
	}
	n := s.get("first_draw")
	if n != nil && b.boolean(n) {
		b.fail(n, "these points are no constraint's, so they never move; leave first_draw away")
	}
	return false
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

// subset reads constraints: [pde, bc]; without it all are meant.
func (b *builder) subset(s *section) []string {
	n := s.get("constraints")
	if n == nil {
		return nil
	}
	if n.kind == sequence && len(n.items) == 0 {
		b.fail(n, "no constraint; name at least one, or leave constraints away for all")
	}
	var list []string
	for _, it := range itemsOf(n) {
		for _, name := range b.constraintsNamed(it) {
			if slices.Contains(list, name) {
				b.fail(it, "%s stands here twice; name each constraint once", name)
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
func (b *builder) constraintsNamed(n *node, also ...string) []string {
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
		b.fail(n, "constraint %s is built into the field, so there is nothing to train; leave it away here, or name what is built in with hard", t)
		return nil
	}
	b.fail(n, "unknown constraint %q; %s", t, oneOf(t, valid))
	return nil
}

// checkExpr compiles an expression on a few of its points when all else is right: what is wrong with it shows before step 0.
func (b *builder) checkExpr(s *section, e ph.Expr, on *domain.Points) {
	n := s.n.get("expr")
	b.checks = append(b.checks, func(solver *crux.Solver) {
		few := on
		if on.Random() {
			few = on.Count(min(on.Len(), 8))
		}
		if _, err := solver.Compile(e, few); err != nil {
			if es := b.p.explain(err, b.src); len(es) > 0 && es[0].Line > 0 {
				b.errs = append(b.errs, es...)
				return
			}
			b.fail(n, "%s", strings.TrimPrefix(err.Error(), "crux: "))
		}
	})
}
