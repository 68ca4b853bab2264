package problemfile

import (
	"slices"

	"github.com/crux-pinn/crux/internal/files/tree"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
	"github.com/crux-pinn/crux/weights"
)

// weights reads how constraints are balanced during the run; the weight of a constraint is a constant factor beside it.
// gradient_norm reads the gradient_norms of trackers, or adds that tracker. ntk adds a kernel for each constraint: of its
// residual, at its points.
func (b *builder) weights(n *tree.Node, root *section) {
	if n == nil {
		return
	}
	if n = b.alone(n, "weights", "weight scheme"); n == nil {
		return
	}
	root.n.Put("weights", n)
	if name, s := b.choose(n, "weights", nil, "no weight scheme; write one of %s", "a run has one weight scheme"); s != nil {
		b.p.Options.Weights = b.scheme(name, s)
		s.done()
	}
}

func (b *builder) scheme(name string, s *section) weights.Scheme {
	switch name {
	case "gradient_norm":
		return b.gradientNorm(s)
	case "ntk":
		return b.kernels(s)
	case "scheduled":
		return b.scheduled(s)
	}
	schemes := map[string]weights.Scheme{
		"relobralo": &weights.ReLoBRaLo{Seed: b.seed}, "rlw": &weights.RLW{Seed: b.seed},
		"softadapt": &weights.SoftAdapt{}, "dwa": &weights.DWA{}, "uncertainty": &weights.Uncertainty{},
	}
	s.fill(schemes[name])
	return schemes[name]
}

func (b *builder) gradientNorm(s *section) weights.Scheme {
	w := &weights.GradientNormBalanced{}
	s.fill(w, "interval")
	for _, t := range b.p.Trackers {
		if norms, ok := t.Tracker.(weights.NormSource); ok {
			if n := s.get("interval"); n != nil {
				b.fail(n, "the norms are those of trackers.gradient_norms; set the interval there")
			}
			w.Norms = norms
			return w
		}
	}
	s.orDefault("interval", "100")
	norms := &trackers.GradientNorms{Interval: only[int](s, "interval")}
	b.p.Trackers = slices.Insert(b.p.Trackers, 0, Tracker{"gradient_norms", norms})
	w.Norms = norms
	return w
}

// kernels reads ntk: a tracker for each constraint.
func (b *builder) kernels(s *section) weights.Scheme {
	w := &weights.NTKBalanced{}
	s.fill(w, "points", "interval")
	points, interval := only[int](s, "points"), only[int](s, "interval")
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
	if len(s.n.Entries) == 0 {
		b.fail(s.n, "no constraint; write one such as {bc: {cosine: {from: 100, end: 1}}}")
	}
	for _, e := range s.n.Entries {
		s.key(e.Key)
		curve := b.curve(e.Value)
		for _, name := range b.constraintsNamed(&tree.Node{Kind: tree.Scalar, Text: e.Key, At: e.At, Path: s.n.Path}) {
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
func (b *builder) curve(n *tree.Node) optim.Schedule {
	if n.Kind != tree.Mapping {
		v, _ := b.positive(n)
		return optim.Constant(v)
	}
	s := b.section(n, "weights.scheduled.*")
	defer s.done()
	if curve := b.scheduleOf(s, "weights.scheduled.*", "from", b.p.Steps); curve != nil {
		return curve
	}
	if len(n.Entries) == 0 {
		b.fail(n, "no weight; write a number such as 10")
	}
	return optim.Constant(1)
}
