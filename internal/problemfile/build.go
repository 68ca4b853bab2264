package problemfile

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/files/tree"
	ph "github.com/crux-pinn/crux/placeholder"
)

// builder turns the nodes of a file into a Problem, section by section.
type builder struct {
	*loader
	p          *Problem
	axes       map[*ph.Coord]domain.Axis
	names      *names
	fieldNames []string                  // components of fields, in order
	defined    []tree.Entry              // definitions, in order
	regions    map[string]*domain.Points // nil for one with a mistake
	parted     map[set]*domain.Points    // data sets without the points at which a residual lacks a value
	notes      []auto.Decision           // what has become of data
	seed       uint64
	checks     []func(*crux.Solver) // of what shows only when the problem is compiled; done when there is no mistake so far

	constraintNames []constraintName // in the order of the file

	stated    auto.Problem // as the file states it
	named     []*tree.Node // constraints that hard names
	following []func()     // what makes points follow residuals, when it is known which are trained
	nets      []fieldNet   // in the order of the file

	auto      bool                // the optimizer chooses by itself, so that points are watched
	marching  *tree.Node          // windows of time; nil if there are none
	varying   varying             // the constant of a curriculum
	allScaled bool                // scale: auto for the problem
	unscaled  map[string]unscaled // by constraint
}

// problem reads the whole file.
func (l *loader) problem(root *tree.Node) *Problem {
	b := &builder{
		loader: l, p: &Problem{src: l.src, Truths: map[string]float64{}}, axes: map[*ph.Coord]domain.Axis{},
		regions: map[string]*domain.Points{}, parted: map[set]*domain.Points{}, unscaled: map[string]unscaled{},
	}
	b.stated.Fields = map[*ph.Field]ph.Expr{}
	b.names = newNames(l)
	if root.Kind != tree.Mapping {
		l.fail(root, "%s; a problem file is a mapping with coords, fields and constraints", wrongKind(root))
		return b.p
	}
	versioned := root.Get("schema") != nil // as in run directories, also those of before there were waves; later it has its default
	s := b.section(root, "")
	if _, ok := valueOf[int](s, "schema"); !ok {
		return b.p // nothing is known of what else stands there
	}
	s.need("problem")
	b.p.Name, b.p.Description = only[string](s, "problem"), only[string](s, "description")
	b.coords(s.need("coords"), s.get("time"))
	constants := s.get("constants")
	b.readCurriculum(s.get("curriculum"), constants)
	b.readConstants(constants)
	b.params(s.get("params"))
	s.get("eigen") // of a mapping, copies are there by now
	materials := s.get("materials")
	b.materials(materials)
	hard := s.get("hard")
	b.stated.Hard, b.p.HardOpen = b.hard(hard), hard == nil
	scaled := only[string](s, "scale")
	b.allScaled, b.stated.Unscaled = scaled == "auto", scaled == "none"
	b.p.Nodes = only[int](s, "integrals")
	b.names.env.Nodes = b.p.Nodes
	b.stated.Smooth = only[string](s, "jumps") == "none"
	waves := only[string](s, "waves")
	b.stated.Slow = waves == "none" || waves == "" && versioned
	smooth := only[string](s, "smooth")
	b.stated.NoPrior = smooth == "none" || smooth == "" && versioned
	if n := s.get("fields"); n != nil || len(b.p.Params) == 0 { // numbers alone can be what is wanted
		b.fields(s.need("fields"))
	}
	b.tables(s.get("tables"))
	b.define(s.get("define"))
	b.names.resolve()
	b.names.derivatives()
	b.p.Env = b.names.env
	b.p.Env.Space = b.space()
	b.p.Env.Ends = map[*ph.Coord][2]float64{}
	for c, a := range b.axes {
		b.p.Env.Ends[c] = [2]float64{a.Lo, a.Hi}
	}
	b.names.env.Space, b.names.env.Ends = b.p.Env.Space, b.p.Env.Ends
	b.options(s)

	domainNode, regions, data, between := s.get("domain"), s.get("regions"), s.get("data"), s.get("interfaces")
	constraints := s.need("constraints")
	optimizer, windows := s.get("optimizer"), s.get("windows")
	said := optimizer
	if windows != nil && !(windows.Kind == tree.Scalar && windows.Text == "none") {
		b.marching = windows
	}
	b.auto = choosesItself(optimizer)
	b.begin(s.get("init"))
	reference, grid := s.get("reference"), s.get("grid")
	watched, balanced, steps := s.get("trackers"), s.get("weights"), s.get("steps")
	stopping, saved := s.get("early_stopping"), s.get("checkpoint")
	if len(b.p.Coords) > 0 {
		b.p.geometry = b.geometry(domainNode)
		b.dataSets(data)
		b.materialRegions(materials)
		b.namedRegions(regions)
		b.interfaces(between)
		b.constraints(constraints)
	}
	training := func() {
		b.p.PhaseSteps, b.p.Stages = 0, 0
		b.optimizer(optimizer, s)
		b.windows(windows, stopping)
		b.lessons(stopping)
	}
	if training(); b.lengthen(root) {
		optimizer = root.Get("optimizer")
		training()
	}
	if len(b.p.Coords) > 0 {
		b.stated.Weighed = balanced != nil
		b.decide(root, hard, constraints)
		for _, f := range b.following {
			f()
		}
		b.outputs(grid)
		b.references(reference)
	}
	b.show(s.get("show"))
	b.units(s.get("units"))
	b.results(s.get("results"))
	b.expect(s.get("expect"))
	b.recording(s)
	b.accuracy(s, (said == nil || isAuto(said)) && steps == nil)
	b.steps(steps, s)
	if len(b.p.Coords) > 0 {
		b.trackers(watched, s)
		if b.p.reached != nil {
			b.p.reached.Error = b.p.ErrorTracker()
		}
		b.weights(balanced, s)
		b.earlyStopping(stopping)
	}
	b.checkpoint(saved, s)
	b.divergence(s.get("on_divergence"))
	s.done()
	b.p.axes = b.axes
	b.p.nodes, b.p.unscaled, b.p.root = b.nodes, b.unscaled, root
	b.p.check, b.p.tracker = b.check, b.newTracker
	return b.p
}

// check finds what shows only when the problem is compiled.
func (b *builder) check(s *crux.Solver) Errors {
	b.errs = nil
	b.checkSelections(s.Parameters())
	for _, check := range b.checks {
		check(s)
	}
	return b.errs
}

// coords reads the coordinates with their ends, and which of them is time.
func (b *builder) coords(n, time *tree.Node) {
	if n == nil {
		return
	}
	s := b.section(n, "coords")
	for _, e := range s.n.Entries {
		ends, ok := b.floats(e.Value, 2, "[0, 1], the ends of the axis")
		if !b.names.declare(e.Key, "a coordinate", e.At, n.Path) || !ok {
			continue
		}
		if !(ends[0] < ends[1]) {
			b.fail(e.Value, "the axis runs from %v to %v; give the lower end first", ends[0], ends[1])
			continue
		}
		c := ph.NewCoord(e.Key)
		b.p.Coords = append(b.p.Coords, c)
		b.axes[c] = domain.In(c, ends[0], ends[1])
		b.names.env.Names[e.Key] = c
	}
	if n.Kind == tree.Mapping && len(n.Entries) == 0 {
		b.fail(n, "no coordinate; write at least one, as in coords: {x: [0, 1]}")
	}
	switch {
	case time == nil:
		for _, c := range b.p.Coords {
			if c.Name() == "t" {
				b.p.Time = c
			}
		}
	case time.Text != "none":
		b.p.Time = b.coord(time)
	}
}

// readConstants reads numbers with names. They may refer to each other in any order.
func (b *builder) readConstants(n *tree.Node) {
	b.constants = map[string]ph.Expr{}
	s := b.section(n, "constants")
	only := map[string]bool{}
	for _, e := range s.n.Entries {
		if _, ok := b.textOf(e.Value, "a number"); !ok || !b.names.declare(e.Key, "a constant", e.At, n.Path) {
			continue
		}
		only[e.Key] = true
		b.names.later(&definition{name: e.Key, node: e.Value, only: only, dim: 1, wrap: func(x ph.Expr) ph.Expr {
			v, err := number(x, nil)
			if err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
				err = fmt.Errorf("%s is %v; a constant must be finite", e.Value.Text, v)
			}
			if err != nil {
				b.fail(e.Value, "%v", err)
				v = 1
			}
			b.constants[e.Key] = b.constant(e.Key, v, x)
			return b.constants[e.Key]
		}})
	}
	b.names.resolve()
}

// params reads the numbers to be found: params: {lambda1: 0.5} or {lambda1: {init: 0.5, true: 1}}.
func (b *builder) params(n *tree.Node) {
	s := b.section(n, "params")
	for _, e := range s.n.Entries {
		if !b.names.declare(e.Key, "a parameter", e.At, n.Path) {
			continue
		}
		init := e.Value
		if e.Value.Kind == tree.Mapping {
			v := b.section(e.Value, "params.*")
			init = v.need("init")
			b.truth(e.Key, v.get("true"))
			v.done()
		}
		if init == nil {
			continue
		}
		v, _ := b.float(init)
		p := ph.NewParam(e.Key, v)
		b.p.Params = append(b.p.Params, p)
		b.names.env.Names[e.Key] = p
	}
}

func (b *builder) truth(name string, n *tree.Node) {
	if v, ok := b.float(n); ok {
		b.p.Truths[name] = v
	}
}

// define reads named expressions: define: {lambda2: exp(s)} or {lambda2: {expr: exp(s), true: 0.01/pi}}.
func (b *builder) define(n *tree.Node) {
	s := b.section(n, "define")
	for _, e := range s.n.Entries {
		text := e.Value
		if text.Kind == tree.Mapping {
			v := b.section(text, "define.*")
			text = v.need("expr")
			b.truth(e.Key, v.get("true"))
			v.done()
		}
		if text == nil {
			continue
		}
		if _, ok := b.textOf(text, "an expression"); !ok || !b.names.declare(e.Key, "a definition", e.At, n.Path) {
			continue
		}
		b.defined = append(b.defined, tree.Entry{Key: e.Key, At: e.At, Value: text})
		b.names.later(&definition{name: e.Key, node: text, wrap: func(x ph.Expr) ph.Expr { return ph.Define(e.Key, x) }})
	}
}

// options reads what concerns the run as a whole.
func (b *builder) options(s *section) {
	b.seed = uint64(only[int](s, "seed"))
	b.p.Options.Seed, b.p.Options.Workers, b.p.Budget = b.seed, only[int](s, "workers"), only[time.Duration](s, "budget")
	if only[string](s, "precision") == "float32" {
		b.p.Options.Precision = crux.Float32
	}
}

// failDomain reports an error of package domain at a node.
func (b *builder) failDomain(n *tree.Node, err error) {
	b.fail(n, "%s", strings.TrimPrefix(err.Error(), "domain: "))
}

func ftoa(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
