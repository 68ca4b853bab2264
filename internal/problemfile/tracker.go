package problemfile

import (
	"fmt"
	"slices"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/files/tree"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
	"github.com/crux-pinn/crux/weights"
)

// Tracker is a tracker under the name by which the file knows it.
type Tracker struct {
	Name string // "gradient_norms"; "input_sensitivity.1" for the second of a list; "ntk_spectrum.pde" for one that weights need
	trackers.Tracker
}

// trackerReaders has a line for each tracker: its name in a file, and what reads its settings. nil means that they are mistaken.
var trackerReaders = map[string]func(*builder, *section) trackers.Tracker{
	"gradient_norms":     func(_ *builder, s *section) trackers.Tracker { return filled(s, &trackers.GradientNorms{}) },
	"cos_similarity":     func(_ *builder, s *section) trackers.Tracker { return filled(s, &trackers.CosSimilarity{}) },
	"gradient_alignment": func(_ *builder, s *section) trackers.Tracker { return filled(s, &trackers.GradientAlignment{}) },
	"residual_stats": func(b *builder, s *section) trackers.Tracker {
		return filled(s, &trackers.ResidualStats{Constraints: b.subset(s)}, "constraints")
	},
	"input_sensitivity": (*builder).sensitivity,
	"ntk_spectrum":      (*builder).ntk,
	"hessian_spectrum":  (*builder).hessian,
	"loss_landscape":    (*builder).landscape,
	"error":             func(b *builder, s *section) trackers.Tracker { return filled(s, b.p.ErrorTracker()) },
}

// filled is a tracker with its settings.
func filled[T trackers.Tracker](s *section, t T, elsewhere ...string) T {
	s.fill(t, elsewhere...)
	return t
}

// TrackerNames are the names of all trackers, as files write them.
func TrackerNames() []string { return partAt("trackers").names() }

// trackers reads what is watched:
//
//	trackers: all
//	trackers: [gradient_norms, residual_stats]
//	trackers:
//	  gradient_norms: {interval: 50, mask: "u/layer*/weight"}
//	  residual_stats: {constraints: [pde]}
//	  input_sensitivity: [{expr: u_x, on: interior, points: 400}, {expr: u_y}]
//	  hessian_spectrum: {k: 5, iters: 20, unweighted: true}
func (b *builder) trackers(n *tree.Node, root *section) {
	if n == nil {
		return
	}
	if n.Kind == tree.Scalar || n.Kind == tree.Sequence {
		n = b.trackerList(n)
		root.n.Put("trackers", n)
	}
	s := b.section(n, "trackers")
	s.askAll()
	for _, e := range s.n.Entries {
		read, ok := trackerReaders[e.Key]
		if !ok {
			continue
		}
		for i, it := range itemsOf(e.Value) {
			t := b.sectionWith(it, "trackers."+e.Key, b.leftOpen(e.Key))
			name := e.Key
			if i > 0 {
				name = fmt.Sprintf("%s.%d", e.Key, i)
			}
			if tr := read(b, t); tr != nil {
				b.p.Trackers = append(b.p.Trackers, Tracker{name, tr})
			}
			t.done()
		}
	}
	s.done()
}

// NewTracker is a tracker with its defaults, for the solver of the problem. The error says why they do not suit it; it is of type Errors.
func (p *Problem) NewTracker(name string, s *crux.Solver) (Tracker, error) {
	t, es := p.tracker(name, s)
	if len(es) > 0 {
		return Tracker{}, tree.Sorted(es)
	}
	return Tracker{name, t}, nil
}

func (b *builder) newTracker(name string, s *crux.Solver) (trackers.Tracker, Errors) {
	b.errs, b.checks = nil, nil
	path := "trackers." + name
	settings := b.sectionWith(&tree.Node{Kind: tree.Mapping, Path: path}, path, b.leftOpen(name))
	t := trackerReaders[name](b, settings)
	if settings.done(); len(b.errs) > 0 {
		return nil, b.errs
	}
	return t, b.check(s)
}

// leftOpen are the defaults of a tracker that follow from the fields.
func (b *builder) leftOpen(tracker string) map[string]string {
	switch tracker {
	case "input_sensitivity":
		return map[string]string{"expr": b.slopes()}
	case "ntk_spectrum":
		return map[string]string{"expr": b.firstComponent()}
	}
	return nil
}

// trackerList writes all, or a list of names, as the mapping that it stands for.
func (b *builder) trackerList(n *tree.Node) *tree.Node {
	m := &tree.Node{Kind: tree.Mapping, Path: n.Path, At: n.At}
	for _, it := range itemsOf(n) {
		names := []string{b.choice(it, "tracker", append(TrackerNames(), "all")...)}
		switch names[0] {
		case "":
			continue
		case "all":
			names = TrackerNames()
		}
		for _, name := range names {
			if m.Get(name) == nil {
				m.Put(name, &tree.Node{Kind: tree.Mapping, Path: tree.Join(n.Path, name), At: it.At})
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
	for _, d := range p.Derived {
		t.Derived = append(t.Derived, trackers.Quantity{Name: d.Name, Expr: d.Expr})
	}
	return t
}

func (b *builder) sensitivity(s *section) trackers.Tracker {
	t := &trackers.InputSensitivity{Expr: b.watched(s), Interval: only[int](s, "interval"), Seed: uint64(only[int](s, "seed"))}
	count := s.get("points")
	on, ofConstraint := b.observed(s)
	if ofConstraint && count != nil && on != nil {
		n, ok := valueOf[int](s, "points")
		switch {
		case !ok:
		case !on.Random():
			b.fail(count, "the points of this constraint are given; leave out points")
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

func (b *builder) ntk(s *section) trackers.Tracker {
	t := &trackers.NTKSpectrum{Interval: only[int](s, "interval"), TopK: only[int](s, "top_k"), Seed: uint64(only[int](s, "seed"))}
	e, sel := b.watched(s), only[ph.Selector](s, "mask")
	on, ofConstraint := b.observed(s)
	if ofConstraint {
		s.orDefault("points", "256")
		t.Points = only[int](s, "points")
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
		b.fail(s.n.Get("expr"), "it has %d components, the kernel needs one; pick it, as in u[0]", e.Dim())
		return nil
	}
	t.Grad, t.On = ph.ParamGrad(e, sel), on
	b.checkExpr(s, e, on)
	return t
}

func (b *builder) hessian(s *section) trackers.Tracker {
	t := filled(s, &trackers.HessianSpectrum{Constraints: b.subset(s)}, "constraints")
	if t.K > t.Iters {
		b.fail(s.n.Get("k"), "%d eigenvalues from %d iterations; there are never more values than iterations, so raise iters to %d or more",
			t.K, t.Iters, 3*t.K)
	}
	return t
}

func (b *builder) landscape(s *section) trackers.Tracker {
	t := filled(s, &trackers.LossLandscape{Global: only[string](s, "scaling") == "global"}, "scaling", "along")
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
func (b *builder) along(n *tree.Node, t *trackers.LossLandscape) {
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

// WithSources are the callbacks of a measurement: one that measures, and [Problem.Sources].
func (p *Problem) WithSources(t crux.Callback) []crux.Callback {
	return append([]crux.Callback{t}, p.Sources(t)...)
}

// Sources are the trackers that the weight scheme reads, without which the solver asks it for weights in vain; all but one of them.
func (p *Problem) Sources(but crux.Callback) []crux.Callback {
	var list []crux.Callback
	if src, ok := p.Options.Weights.(weights.Sourced); ok {
		for _, k := range p.Trackers {
			if crux.Callback(k.Tracker) != but && slices.Contains(src.Sources(), any(k.Tracker)) {
				list = append(list, k.Tracker)
			}
		}
	}
	return list
}
