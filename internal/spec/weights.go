package spec

import (
	"slices"
	"strings"

	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
	"github.com/crux-pinn/crux/weights"
)

// schemes are the weight schemes that a file can name.
var schemes = []string{"gradient_norm", "ntk", "relobralo", "softadapt", "dwa", "rlw", "uncertainty", "scheduled"}

// weights reads how constraints are balanced during the run; the weight of a constraint is a constant factor beside it:
//
//	weights: relobralo
//	weights: {gradient_norm: {ema: 0.5, max_ratio: 1e3}}
//	weights: {ntk: {ema: 0.9, points: 128, interval: 500}}
//	weights: {scheduled: {bc: {cosine: {from: 100, end: 1}}}}
//
// gradient_norm reads the gradient_norms of trackers, or adds that tracker. ntk adds a kernel for each constraint: of its
// residual, at its points.
func (b *builder) weights(n *node, root *section) {
	if n == nil {
		return
	}
	if n.kind == scalar {
		name := b.choice(n, "weight scheme", schemes...)
		m := &node{kind: mapping, path: n.path, at: n.at}
		if name != "" {
			m.put(name, &node{kind: mapping, path: join(n.path, name), at: n.at})
		}
		root.n.put("weights", m)
		if n = m; name == "" {
			return
		}
	}
	s := b.section(n, "{gradient_norm: {max_ratio: 1e3}}")
	s.known = schemes
	var names []string
	for _, e := range s.n.entries {
		if slices.Contains(schemes, e.key) {
			names = append(names, e.key)
		}
	}
	s.done()
	switch {
	case len(names) > 1:
		b.fail(n, "%s stand together; a run has one weight scheme", strings.Join(names, " and "))
	case len(names) == 1:
		m := b.section(s.n.get(names[0]), "{ema: 0.9}")
		b.p.Options.Weights = b.scheme(names[0], m)
		m.done()
	case len(s.n.entries) == 0:
		b.fail(n, "no weight scheme; write one of %s", strings.Join(schemes, ", "))
	}
}

func (b *builder) scheme(name string, s *section) weights.Scheme {
	switch name {
	case "gradient_norm":
		return b.gradientNorm(s)
	case "ntk":
		return b.kernels(s)
	case "relobralo":
		return &weights.ReLoBRaLo{
			Alpha: s.fraction("alpha", "0.999"), Rho: s.fraction("rho", "0.999"), Temperature: s.realOr("temperature", "0.1"), Seed: s.seedOr(b.seed),
		}
	case "softadapt":
		return &weights.SoftAdapt{Temperature: s.realOr("temperature", "0.1")}
	case "dwa":
		return &weights.DWA{Temperature: s.realOr("temperature", "2")}
	case "rlw":
		return &weights.RLW{Seed: s.seedOr(b.seed)}
	case "uncertainty":
		return &weights.Uncertainty{Rate: s.realOr("rate", "0.01")}
	}
	return b.scheduled(s)
}

func (b *builder) gradientNorm(s *section) weights.Scheme {
	w := &weights.GradientNormBalanced{EMA: s.fraction("ema", "0"), SkipZero: b.boolean(s.orDefault("skip_zero", "true"))}
	if n := s.get("max_ratio"); n != nil {
		v, ok := b.float(n)
		if w.MaxRatio = v; ok && !(v >= 1) {
			b.fail(n, "%v is below 1; it is the largest quotient of two weights", v)
		}
	}
	for _, t := range b.p.Trackers {
		if norms, ok := t.Tracker.(weights.NormSource); ok {
			if n := s.get("interval"); n != nil {
				b.fail(n, "the norms are those of trackers.gradient_norms; set the interval there")
			}
			w.Norms = norms
			return w
		}
	}
	norms := &trackers.GradientNorms{Interval: s.intOr("interval", 100)}
	b.p.Trackers = slices.Insert(b.p.Trackers, 0, Tracker{"gradient_norms", norms})
	w.Norms = norms
	return w
}

// kernels reads ntk: a tracker for each constraint.
func (b *builder) kernels(s *section) weights.Scheme {
	w := &weights.NTKBalanced{EMA: s.fraction("ema", "0.9")}
	if n := s.get("plain"); n != nil {
		w.Plain = b.boolean(n)
	}
	points, interval := s.intOr("points", 256), s.intOr("interval", 500)
	if points > maxKernel {
		b.fail(s.n.get("points"), "a kernel of %d rows is more than fits; take at most %d points", points, maxKernel)
	}
	var list []Tracker
	for _, c := range b.p.Crux.Constraints {
		if d := c.Residual.Dim(); d != 1 {
			b.fail(s.n, "the residual of %s has %d components, its kernel needs one; name the parts, as in residual: {a: w[0], b: w[1]}", c.Name, d)
			continue
		}
		t := &trackers.NTKSpectrum{Grad: ph.ParamGrad(c.Residual, nil), On: c.On, Points: points, Interval: interval}
		w.Traces = append(w.Traces, t)
		list = append(list, Tracker{"ntk_spectrum." + c.Name, t})
	}
	// in front: what a file adds under trackers does not change their place among trackers of the kind, by which checkpoints know them
	b.p.Trackers = append(list, b.p.Trackers...)
	return w
}

// scheduled reads the weights of constraints as functions of the step; those that are not named have weight 1.
func (b *builder) scheduled(s *section) weights.Scheme {
	w := &weights.Scheduled{W: make([]func(int) float64, len(b.p.Crux.Constraints))}
	if len(s.n.entries) == 0 {
		b.fail(s.n, "no constraint; write one such as {bc: {cosine: {from: 100, end: 1}}}")
	}
	for _, e := range s.n.entries {
		s.known = append(s.known, e.key)
		curve := b.curve(e.value)
		for _, name := range b.constraintsNamed(&node{kind: scalar, text: e.key, at: e.at, path: s.n.path}) {
			for i, c := range b.p.Crux.Constraints {
				if c.Name == name {
					w.W[i] = curve
				}
			}
		}
	}
	return w
}

// curve reads a number that depends on the step: 10, {cosine: {from: 100, end: 1}}, {exponential: {from: 1, factor: 0.9,
// steps: 1000}} or {piecewise: {from: 1, changes: {1000: 10}}}.
func (b *builder) curve(n *node) optim.Schedule {
	if n.kind != mapping {
		v, _ := b.positive(n)
		return optim.Constant(v)
	}
	s := b.section(n, "{cosine: {from: 100, end: 1}}")
	defer s.done()
	for _, name := range []string{"cosine", "warmup_cosine", "exponential", "piecewise"} {
		if v := s.block(name); v != nil {
			m := b.section(v, "{from: 100}")
			defer m.done()
			return b.schedule(name, m, "from", "1", b.p.Steps)
		}
	}
	if len(n.entries) == 0 {
		b.fail(n, "no weight; write a number such as 10")
	}
	return optim.Constant(1)
}
