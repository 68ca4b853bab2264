package problemfile

import (
	"errors"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/internal/files/tree"
	"github.com/crux-pinn/crux/internal/nearest"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// optimizer reads the phases of training, one mapping or a list of them. auto, the default, is {auto: {}, steps: 5000}.
func (b *builder) optimizer(n *tree.Node, root *section) {
	if n == nil || isAuto(n) {
		first := &tree.Node{Kind: tree.Mapping, Path: "optimizer.0", At: root.n.At}
		first.Open("auto")
		first.Set("steps", strconv.Itoa(auto.Steps))
		n = &tree.Node{Kind: tree.Sequence, Path: "optimizer", At: root.n.At, Items: []*tree.Node{first}}
		root.n.Put("optimizer", n)
	}
	var phases []optim.Phase
	for _, it := range itemsOf(n) {
		s := b.section(it, "optimizer.*")
		s.need("steps")
		steps := only[int](s, "steps")
		phase := optim.Phase{Steps: steps}
		if frozen, ok := valueOf[ph.Selector](s, "freeze"); ok {
			phase.Groups = []optim.Group{{Select: frozen, Freeze: true}}
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
func (b *builder) lengthen(root *tree.Node) bool {
	more := b.total - b.p.PhaseSteps
	phases := itemsOf(root.Get("optimizer"))
	if more <= 0 || b.p.PhaseSteps == 0 || len(b.errs) > 0 {
		return false
	}
	last := phases[len(phases)-1].Get("steps")
	steps, ok := b.integer(last, 1)
	each := max(1, b.p.Stages) // which run through the phases each
	last.Text = strconv.Itoa(steps + (more+each-1)/each)
	return ok
}

// steps reads steps: the number of steps in all, where it is smaller than that of the phases.
func (b *builder) steps(n *tree.Node, root *section) {
	b.p.Steps = b.p.PhaseSteps
	if b.total > 0 {
		root.n.Set("steps", strconv.Itoa(b.total))
		n = root.n.Get("steps")
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
func Methods() []string { return (&part{keys: methodKeys}).names() }

// gone are methods that files could name once, and what does better.
var gone = map[string]string{"engd": "lm", "spring": "lm", "nncg": "ssbroyden", "ssbfgs": "ssbroyden", "kfac": "ssbroyden"}

// searches tells whether a method finds the length of its steps itself.
func searches(method string) bool {
	return slices.Contains([]string{"lbfgs", "ssbroyden", "lm", "auto"}, method)
}

// method reads the one method of a phase or of a group, and notes its name.
func (b *builder) method(s *section, steps int, also string, used *[]string) optim.Method {
	var names []string
	var block *tree.Node
	for _, m := range Methods() {
		if v := s.block(m); v != nil {
			names, block = append(names, m), v
		}
	}
	clip := s.get("clip")
	for _, e := range s.n.Entries {
		if better, ok := gone[e.Key]; ok {
			s.own = append(s.own, e.Key)
			b.failAt(e.At, s.n.Path, "%s is gone; use %s", e.Key, better)
			return nil
		}
	}
	switch {
	case len(names) == 0:
		for _, e := range s.n.Entries {
			if near := nearest.Name(e.Key, Methods()); near != "" {
				return nil // done reports the misspelt name
			}
		}
		b.fail(s.n, "no method; write one of %s%s, as in {adam: {lr: 1e-3}, steps: 2000}", strings.Join(Methods(), ", "), also)
		return nil
	case len(names) > 1:
		b.fail(s.n, "%s stand in one phase; write a list with one phase for each", strings.Join(names, " and "))
		return nil
	}
	m := b.section(block, "optimizer.*."+names[0])
	defer m.done()
	*used = append(*used, names[0])
	if clip != nil && searches(names[0]) {
		b.fail(clip, "%s finds the length of its steps itself; leave out clip", names[0])
	}
	switch names[0] {
	case "lbfgs":
		method := &optim.LBFGS{}
		m.fill(method)
		return method
	case "ssbroyden":
		return m.broyden()
	case "lm":
		return b.marquardt(m)
	case "auto":
		return auto.Method(auto.MethodOptions{Steps: steps, Precision: b.p.Options.Precision, Started: b.p.From != ""})
	}
	return b.firstOrder(names[0], m, clip, steps)
}

func (m *section) broyden() optim.Method {
	method := &optim.SSBroyden{}
	if m.fill(method); method.Memory == 1 {
		m.fail(m.n.Get("memory"), "a memory of 1 direction; it must hold 2 at least, or be 0 for the default")
	}
	return method
}

func (b *builder) marquardt(m *section) optim.Method {
	method := &optim.LevenbergMarquardt{Seed: b.seed}
	m.fill(method)
	method.Plain = method.Corrections == 0
	return method
}

// firstOrder reads a method that is a chain of transforms. Without clipping and a rate that follows the loss, it is the
// named method itself.
func (b *builder) firstOrder(name string, m *section, clip *tree.Node, steps int) optim.Method {
	var direction []optim.Transform
	var plain func(optim.Schedule) optim.Method
	switch name {
	case "adam":
		a := &optim.Adam{}
		m.fill(a, "lr")
		direction = []optim.Transform{optim.ScaleByAdamWith(a.Beta1, a.Beta2, a.Eps)}
		if a.Beta1 > 0 {
			plain = func(s optim.Schedule) optim.Method { a.LR = s; return a }
		}
	case "adamw":
		a := optim.AdamW{}
		m.fill(&a, "lr")
		direction = []optim.Transform{optim.ScaleByAdamWith(a.Beta1, a.Beta2, a.Eps), optim.AddDecayedWeights(a.Decay, a.Decays)}
	case "soap":
		a := &optim.SOAP{}
		m.fill(a, "lr")
		direction = []optim.Transform{optim.ScaleBySOAP(a.Beta1, a.Beta2, a.Eps, a.Every)}
		plain = func(s optim.Schedule) optim.Method { a.LR = s; return a }
	case "rmsprop":
		direction = []optim.Transform{optim.ScaleByRMS(only[float64](m, "decay"), only[float64](m, "eps"))}
	case "sgd":
		switch mu := only[float64](m, "momentum"); {
		case only[bool](m, "nesterov"):
			direction = []optim.Transform{optim.NesterovMomentum(mu)}
		case mu > 0:
			direction = []optim.Transform{optim.Momentum(mu)}
		}
	}
	schedule, follows := b.rate(m.get("lr"), steps)
	if clip == nil && plain != nil && follows == nil {
		return plain(schedule)
	}
	if follows == nil {
		follows = optim.ScaleByLR(schedule)
	}
	return optim.Chain(append(append(b.clip(clip), direction...), follows)...)
}

// clip reads clip: 1, the largest norm of the gradient, or {value: 0.1}, the largest entry.
func (b *builder) clip(n *tree.Node) []optim.Transform {
	if n == nil {
		return nil
	}
	if n.Kind != tree.Mapping {
		v, ok := b.positive(n)
		if !ok {
			return nil
		}
		return []optim.Transform{optim.ClipNorm(v)}
	}
	var list []optim.Transform
	s := b.section(n, "optimizer.*.clip")
	if limit, ok := valueOf[float64](s, "norm"); ok {
		list = append(list, optim.ClipNorm(limit))
	}
	if limit, ok := valueOf[float64](s, "value"); ok {
		list = append(list, optim.ClipValue(limit))
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
	if n.Kind != tree.Sequence || len(n.Items) == 0 {
		b.fail(n, "%s; write a list such as [{params: [lambda1], adam: {lr: 1e-2}}, {adam: {lr: 1e-3}}]", wrongKind(n))
		return []optim.Group{{Freeze: true}}
	}
	var list []optim.Group
	for _, it := range n.Items {
		g := b.section(it, "optimizer.*.groups.*")
		group := optim.Group{Select: only[ph.Selector](g, "params")}
		switch n := g.block("freeze"); {
		case n == nil || n.Text == "false":
			group.Method = b.method(g, steps, " or freeze", used)
		case n.Kind != tree.Nothing:
			b.boolean(n)
		}
		group.Freeze = group.Method == nil
		g.done()
		list = append(list, group)
	}
	return list
}

// ema reads the decay of an average of the parameters in a phase.
func (b *builder) ema(s *section, used []string) float64 {
	decay, ok := valueOf[float64](s, "ema")
	if ok && len(used) > 0 && !slices.ContainsFunc(used, func(m string) bool { return !searches(m) }) {
		b.fail(s.n.Get("ema"), "the steps of this method find lower losses by themselves; an average is for adam and its like, so leave out ema")
	}
	return decay
}

// selection is a pattern of parameter paths in the file.
type selection struct {
	n       *tree.Node
	pattern string
}

func (l *loader) selector(n *tree.Node) ph.Selector {
	patterns := l.words(n, "a pattern of parameter paths such as u/layer0 or u/**")
	for i, p := range patterns {
		at := n
		if n.Kind == tree.Sequence && i < len(n.Items) {
			at = n.Items[i]
		}
		l.selections = append(l.selections, selection{at, p})
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

// positionOf is the name under which the text of a mistaken expression was parsed.
func positionOf(err error) string {
	if bad, ok := errors.AsType[*ph.Error](err); ok {
		return bad.Pos.File
	}
	return ""
}
