package spec

import (
	"errors"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/internal/nearest"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// optimizer reads the phases of training, one mapping or a list of them:
//
//	optimizer: [{adam: {lr: 1e-3}, steps: 1000}, {ssbroyden: {}, steps: 3000}]
//	optimizer: [{adam: {lr: 5e-3}, steps: 300}, {lm: {damping: 1e-3, corrections: 20, grad_tol: 0, max_trials: 30}, steps: 100}]
//	optimizer: {ssbroyden: {memory: 300, grad_tol: 0, max_trials: 30, workers: 0}, steps: 5000}, memory 0 being the method's own choice
//	optimizer: {kfac: {damping: 0.1, every: 10, exact: 1024, averaging: traces}, steps: 200}
//	optimizer: {adam: {lr: 1e-3}, steps: 5000, ema: 0.999}
//	optimizer: auto, which is {auto: {}, steps: 5000}, and the default
//	optimizer: {adam: {lr: {cosine: {lr: 1e-3, end: 1e-5}}}, steps: 5000, clip: 1, freeze: [u/layer0]}
//	optimizer: {groups: [{params: [lambda1], adam: {lr: 1e-2}}, {adam: {lr: 1e-3}}], steps: 5000}
func (b *builder) optimizer(n *node, root *section) {
	if n == nil || n.kind == scalar && n.text == "auto" {
		list := &node{kind: sequence, path: "optimizer", at: root.n.at, items: []*node{{kind: mapping, path: "optimizer.0", at: root.n.at}}}
		first := list.items[0]
		first.put("auto", &node{kind: mapping, path: "optimizer.0.auto", at: root.n.at})
		first.put("steps", &node{kind: scalar, text: strconv.Itoa(auto.Steps), path: "optimizer.0.steps", at: root.n.at})
		root.n.put("optimizer", list)
		n = list
	}
	var phases []optim.Phase
	for _, it := range itemsOf(n) {
		s := b.section(it, "{adam: {lr: 1e-3}, steps: 2000}")
		steps := 0
		if v := s.need("steps", "2000"); v != nil {
			var ok bool
			if steps, ok = b.integer(v, 1); ok && steps > 1<<30 {
				b.fail(v, "%d steps are more than a run takes; use at most %d", steps, 1<<30)
			}
		}
		phase := optim.Phase{Steps: steps}
		if n := s.get("freeze"); n != nil {
			phase.Groups = []optim.Group{{Select: b.selector(n), Freeze: true}}
		}
		var names []string // of its methods
		if groups := b.groups(s, steps, &names); groups != nil {
			phase.Groups = append(phase.Groups, groups...)
		} else {
			phase.Method = b.method(s, steps, "", &names)
		}
		phase.EMA = b.ema(s, names)
		s.done()
		if phase.Method != nil || len(phase.Groups) > 0 {
			phases = append(phases, phase)
			b.p.PhaseSteps += steps
		}
	}
	if len(itemsOf(n)) == 0 {
		b.fail(n, "no phase; write at least one, as in optimizer: [{adam: {lr: 1e-3}, steps: 2000}]")
	}
	b.p.Options.Method = optim.Phases(phases...)
}

// lengthen makes the last phase so long that the run has the steps that are wanted, and reports whether that has changed it.
func (b *builder) lengthen(root *node) bool {
	more := b.total - b.p.PhaseSteps
	phases := itemsOf(root.get("optimizer"))
	if more <= 0 || b.p.PhaseSteps == 0 || len(b.errs) > 0 {
		return false
	}
	last := phases[len(phases)-1].get("steps")
	steps, ok := b.integer(last, 1)
	each := max(1, b.p.Stages) // which run through the phases each
	last.text = strconv.Itoa(steps + (more+each-1)/each)
	return ok
}

// steps reads steps: the number of steps in all, where it is smaller than that of the phases.
func (b *builder) steps(n *node, root *section) {
	b.p.Steps = b.p.PhaseSteps
	if b.total > 0 {
		n = &node{kind: scalar, text: strconv.Itoa(b.total), path: "steps", at: root.n.at}
		root.n.put("steps", n)
	}
	if n == nil {
		return
	}
	v, ok := b.integer(n, 1)
	switch {
	case !ok:
	case v > b.p.PhaseSteps && b.p.PhaseSteps > 0:
		b.fail(n, "%d steps are more than the %d of the optimizer's phases; lengthen the last one", v, b.p.PhaseSteps)
	default:
		b.p.Steps = v
	}
}

// Methods are the names of the methods that a file can name.
func Methods() []string { return slices.Clone(methods) }

var methods = []string{"adam", "adamw", "soap", "sgd", "rmsprop", "lbfgs", "ssbroyden", "lm", "kfac", "auto"}

// gone are methods that files could name once, and what does better.
var gone = map[string]string{"engd": "lm", "spring": "lm", "nncg": "ssbroyden", "ssbfgs": "ssbroyden"}

// searches tells whether a method finds the length of its steps itself.
func searches(method string) bool {
	return slices.Contains([]string{"lbfgs", "ssbroyden", "lm", "kfac", "auto"}, method)
}

// method reads the one method of a phase or of a group, and notes its name.
func (b *builder) method(s *section, steps int, also string, used *[]string) optim.Method {
	var names []string
	var block *node
	for _, m := range methods {
		if v := s.block(m); v != nil {
			names, block = append(names, m), v
		}
	}
	clip := s.get("clip")
	for _, e := range s.n.entries {
		if better, ok := gone[e.key]; ok {
			s.known = append(s.known, e.key)
			b.failAt(e.at, s.n.path, "%s is gone; use %s", e.key, better)
			return nil
		}
	}
	switch {
	case len(names) == 0:
		for _, e := range s.n.entries {
			if near := nearest.Name(e.key, methods); near != "" {
				return nil // done reports the misspelt name
			}
		}
		b.fail(s.n, "no method; write one of %s%s, as in {adam: {lr: 1e-3}, steps: 2000}", strings.Join(methods, ", "), also)
		return nil
	case len(names) > 1:
		b.fail(s.n, "%s stand in one phase; write a list with one phase for each", strings.Join(names, " and "))
		return nil
	}
	m := b.section(block, "{lr: 1e-3}")
	defer m.done()
	*used = append(*used, names[0])
	if clip != nil && searches(names[0]) {
		b.fail(clip, "%s finds the length of its steps itself; leave clip away", names[0])
	}
	switch names[0] {
	case "lbfgs":
		return &optim.LBFGS{Memory: m.intOr("memory", 30), GradTol: m.tolerance("grad_tol"), MaxTrials: m.intOr("max_trials", 30)}
	case "ssbroyden":
		return &optim.SSBroyden{Memory: m.memory(), GradTol: m.tolerance("grad_tol"), MaxTrials: m.intOr("max_trials", 30), Workers: m.workers()}
	case "lm":
		k := 0
		if v := m.orDefault("corrections", "20"); v != nil {
			k, _ = m.integer(v, 0)
		}
		rows, free := 0, false
		if v := m.get("rows"); v != nil {
			rows, _ = m.integer(v, 1)
		}
		if v := m.get("matrix_free"); v != nil {
			if free = m.boolean(v); !free && rows > 0 {
				m.fail(v, "rows are drawn for solving without a matrix; leave rows or matrix_free: false away")
			}
		}
		return &optim.LevenbergMarquardt{MatrixFree: free, Rows: rows, Sketch: m.sketch(free || rows > 0), Seed: b.seed, Damping: m.realOr("damping", "1e-3"), Corrections: k, Plain: k == 0, GradTol: m.tolerance("grad_tol"), MaxTrials: m.intOr("max_trials", 30), Workers: m.workers()}
	case "kfac":
		return b.kfac(m)
	case "auto":
		return auto.Method(auto.MethodOptions{Steps: steps, Precision: b.p.Options.Precision, Workers: m.workers()})
	}
	return b.firstOrder(names[0], m, clip, steps)
}

// sketch is the number of random directions of a step, 0 if there is none. iterates says that the method is to solve by iteration.
func (m *section) sketch(iterates bool) int {
	k := 0
	if v := m.get("sketch"); v != nil {
		if k, _ = m.integer(v, 1); iterates {
			m.fail(v, "a sketch needs no sample of the rows and no iteration; leave sketch, or rows and matrix_free, away")
		}
	}
	return k
}

// firstOrder reads a method that is a chain of transforms. Without clipping and a rate that follows the loss, it is the
// named method itself.
func (b *builder) firstOrder(name string, m *section, clip *node, steps int) optim.Method {
	var direction []optim.Transform
	var plain func(optim.Schedule) optim.Method
	lr := "1e-3"
	switch name {
	case "adam", "adamw":
		b1, b2, eps := m.fraction("beta1", "0.9"), m.fraction("beta2", "0.999"), m.realOr("eps", "1e-8")
		direction = []optim.Transform{optim.ScaleByAdamWith(b1, b2, eps)}
		if name == "adamw" {
			decay := m.realOr("decay", "1e-4")
			var choice ph.Selector
			if v := m.get("decays"); v != nil {
				choice = b.selector(v)
			}
			direction = append(direction, optim.AddDecayedWeights(decay, choice))
		} else if b1 > 0 {
			plain = func(s optim.Schedule) optim.Method {
				return &optim.Adam{LR: s, Beta1: b1, Beta2: b2, Eps: eps}
			}
		}
	case "soap":
		lr = "3e-3"
		b1, b2, eps, every := m.realOr("beta1", "0.95"), m.realOr("beta2", "0.95"), m.realOr("eps", "1e-8"), m.intOr("every", 10)
		direction = []optim.Transform{optim.ScaleBySOAP(b1, b2, eps, every)}
		plain = func(s optim.Schedule) optim.Method {
			return &optim.SOAP{LR: s, Beta1: b1, Beta2: b2, Eps: eps, Every: every}
		}
	case "rmsprop":
		direction = []optim.Transform{optim.ScaleByRMS(m.fraction("decay", "0.9"), m.realOr("eps", "1e-8"))}
	case "sgd":
		lr = "1e-2"
		mu := m.fraction("momentum", "0")
		nesterov := false
		if v := m.get("nesterov"); v != nil {
			nesterov = b.boolean(v)
		}
		switch {
		case nesterov:
			direction = []optim.Transform{optim.NesterovMomentum(mu)}
		case mu > 0:
			direction = []optim.Transform{optim.Momentum(mu)}
		}
	}
	schedule, follows := b.rate(m.orDefault("lr", lr), steps)
	if clip == nil && plain != nil && follows == nil {
		return plain(schedule)
	}
	if follows == nil {
		follows = optim.ScaleByLR(schedule)
	}
	return optim.Chain(append(append(b.clip(clip), direction...), follows)...)
}

// clip reads clip: 1, the largest norm of the gradient, or {value: 0.1}, the largest entry.
func (b *builder) clip(n *node) []optim.Transform {
	if n == nil {
		return nil
	}
	if n.kind != mapping {
		v, ok := b.positive(n)
		if !ok {
			return nil
		}
		return []optim.Transform{optim.ClipNorm(v)}
	}
	var list []optim.Transform
	s := b.section(n, "{norm: 1}")
	if v := s.get("norm"); v != nil {
		if limit, ok := b.positive(v); ok {
			list = append(list, optim.ClipNorm(limit))
		}
	}
	if v := s.get("value"); v != nil {
		if limit, ok := b.positive(v); ok {
			list = append(list, optim.ClipValue(limit))
		}
	}
	s.done()
	return list
}

// groups reads groups: [{params: [lambda1], adam: {lr: 1e-2}}, {adam: {}}], methods for parts of the parameters.
func (b *builder) groups(s *section, steps int, used *[]string) []optim.Group {
	n := s.get("groups")
	if n == nil {
		return nil
	}
	if n.kind != sequence || len(n.items) == 0 {
		b.fail(n, "%s; write a list such as [{params: [lambda1], adam: {lr: 1e-2}}, {adam: {lr: 1e-3}}]", wrongKind(n))
		return []optim.Group{{Freeze: true}}
	}
	var list []optim.Group
	for _, it := range n.items {
		g := b.section(it, "{params: [lambda1], adam: {lr: 1e-2}}")
		var group optim.Group
		if v := g.get("params"); v != nil {
			group.Select = b.selector(v)
		}
		if g.block("freeze") == nil {
			group.Method = b.method(g, steps, " or freeze", used)
		}
		group.Freeze = group.Method == nil
		g.done()
		list = append(list, group)
	}
	return list
}

// ema reads ema: 0.999 of a phase, the decay of an average of the parameters.
func (b *builder) ema(s *section, methods []string) float64 {
	n := s.get("ema")
	if n == nil {
		return 0
	}
	d, ok := s.float(n)
	switch {
	case ok && !(d > 0 && d < 1):
		b.fail(n, "%v is not between 0 and 1; write ema: 0.999 for an average over about the last 1000 steps", d)
	case len(methods) > 0 && !slices.ContainsFunc(methods, func(m string) bool { return !searches(m) }):
		b.fail(n, "the steps of this method find lower losses by themselves; an average is for adam and its like, so leave ema away")
	}
	return d
}

// selection is a pattern of parameter paths in the file.
type selection struct {
	n       *node
	pattern string
}

func (b *builder) selector(n *node) ph.Selector {
	patterns := b.words(n, "a pattern of parameter paths such as u/layer0 or u/**")
	for i, p := range patterns {
		at := n
		if n.kind == sequence && i < len(n.items) {
			at = n.items[i]
		}
		b.selections = append(b.selections, selection{at, p})
	}
	return ph.Paths(patterns...)
}

// checkSelections reports patterns that select nothing.
func (b *builder) checkSelections(params []crux.Parameter) {
	var paths []string
	for _, p := range params {
		if !p.Fixed {
			paths = append(paths, p.Path)
		}
	}
	for _, s := range b.selections {
		if slices.ContainsFunc(paths, ph.Paths(s.pattern)) {
			continue
		}
		valid := slices.Clone(paths)
		for _, p := range paths {
			for d := path.Dir(p); d != "."; d = path.Dir(d) {
				valid = append(valid, d)
			}
		}
		slices.Sort(valid)
		b.fail(s.n, "no parameter matches %q; %s", s.pattern, oneOf(s.pattern, slices.Compact(valid)))
	}
}

func (s *section) intOr(key string, def int) int {
	v, _ := s.integer(s.orDefault(key, strconv.Itoa(def)), 1)
	return v
}

// memory is the limit of a self-scaled method's memory; 0 leaves it to the method.
func (s *section) memory() int {
	n := s.orDefault("memory", "0")
	v, ok := s.integer(n, 0)
	if ok && v == 1 {
		s.fail(n, "a memory of 1 direction; it must hold 2 at least, or be 0 for the default")
		return 0
	}
	return v
}

func (s *section) workers() int {
	if v := s.get("workers"); v != nil {
		k, _ := s.integer(v, 0)
		return k
	}
	return 0
}

func (s *section) realOr(key, def string) float64 {
	v, _ := s.positive(s.orDefault(key, def))
	return v
}

// tolerance is a number of at least 0, which is the default.
func (s *section) tolerance(key string) float64 {
	n := s.orDefault(key, "0")
	v, ok := s.float(n)
	if ok && v < 0 {
		s.fail(n, "%v is negative; 0 stops only at round-off", v)
	}
	return v
}

// fraction is a number in [0, 1).
func (s *section) fraction(key, def string) float64 {
	n := s.orDefault(key, def)
	v, ok := s.float(n)
	if ok && !(v >= 0 && v < 1) {
		s.fail(n, "%v is not in [0, 1)", v)
		return 0.5
	}
	return v
}

// positionOf is the name under which the text of a mistaken expression was parsed.
func positionOf(err error) string {
	var bad *ph.Error
	if errors.As(err, &bad) {
		return bad.Pos.File
	}
	return ""
}
