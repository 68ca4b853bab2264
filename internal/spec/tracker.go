package spec

import (
	"fmt"
	"slices"

	"github.com/crux-pinn/crux/crux"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
)

// Tracker is a tracker under the name by which the file knows it.
type Tracker struct {
	Name string // "gradient_norms"; "input_sensitivity.1" for the second of a list; "ntk_spectrum.pde" for one that weights need
	trackers.Tracker
}

// trackerTable has a line for each tracker: its name in a file, and what reads its settings. nil means that they are mistaken.
var trackerTable = []struct {
	name string
	read func(*builder, *section) trackers.Tracker
}{
	{"gradient_norms", func(b *builder, s *section) trackers.Tracker {
		return &trackers.GradientNorms{Interval: s.intOr("interval", 100), Mask: b.mask(s)}
	}},
	{"cos_similarity", func(b *builder, s *section) trackers.Tracker {
		return &trackers.CosSimilarity{Interval: s.intOr("interval", 100), Mask: b.mask(s)}
	}},
	{"gradient_alignment", func(b *builder, s *section) trackers.Tracker {
		return &trackers.GradientAlignment{Interval: s.intOr("interval", 100), Mask: b.mask(s)}
	}},
	{"residual_stats", func(b *builder, s *section) trackers.Tracker {
		return &trackers.ResidualStats{Interval: s.intOr("interval", 100), Constraints: b.subset(s), Bins: s.intOr("bins", 50)}
	}},
	{"input_sensitivity", (*builder).sensitivity},
	{"ntk_spectrum", (*builder).ntk},
	{"hessian_spectrum", (*builder).hessian},
	{"loss_landscape", (*builder).landscape},
	{"error", func(b *builder, s *section) trackers.Tracker {
		t := b.p.ErrorTracker()
		t.Interval, t.Seed = s.intOr("interval", 1000), s.seedOr(0)
		return t
	}},
}

// TrackerNames are the names of all trackers, as files write them.
func TrackerNames() []string {
	var names []string
	for _, t := range trackerTable {
		names = append(names, t.name)
	}
	return names
}

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
	s.known = TrackerNames()
	for _, e := range s.n.entries {
		k := slices.Index(s.known, e.key)
		if k < 0 {
			continue
		}
		for i, it := range itemsOf(e.value) {
			t := b.section(it, "{interval: 50}")
			name := e.key
			if i > 0 {
				name = fmt.Sprintf("%s.%d", e.key, i)
			}
			if tr := trackerTable[k].read(b, t); tr != nil {
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
		names := []string{b.choice(it, "tracker", append(TrackerNames(), "all")...)}
		switch names[0] {
		case "":
			continue
		case "all":
			names = TrackerNames()
		}
		for _, name := range names {
			if m.get(name) == nil {
				m.put(name, &node{kind: mapping, path: join(n.path, name), at: it.at})
			}
		}
	}
	return m
}

// ErrorTracker is a new tracker of the errors of all fields and parameters.
func (p *Problem) ErrorTracker() *trackers.Error {
	t := &trackers.Error{Params: p.Params}
	for _, f := range p.Fields {
		t.Of = append(t.Of, trackers.Quantity{Name: f.Name, Expr: f.Expr})
	}
	return t
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
