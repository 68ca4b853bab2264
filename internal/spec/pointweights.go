package spec

import (
	"slices"
	"strings"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/weights"
)

// maxSlabs bounds the slabs of time, which are gone through at every step.
const maxSlabs = 1 << 20

// pointSchemes are the schemes for points that a file can name.
var pointSchemes = []string{"causal", "rba", "self_adaptive"}

// pointWeights reads how the points of a constraint are weighted in training:
//
//	point_weights: causal
//	point_weights: {causal: {slabs: 32, eps: [0.01, 0.1, 1, 10, 100], delta: 0.99, stop: true}}
//	point_weights: {rba: {gamma: 0.999, eta: 0.01}}
//	point_weights: {self_adaptive: {rate: 0.005, power: 2}}
//
// Each residual of the constraint gets a scheme of its own, which the result makes; nil if there is none.
func (b *builder) pointWeights(n *node, of *section) func() weights.PointScheme {
	if n == nil {
		return nil
	}
	if n.kind == scalar {
		name := b.choice(n, "scheme of point weights", pointSchemes...)
		if name == "" {
			return nil
		}
		m := &node{kind: mapping, path: n.path, at: n.at}
		m.put(name, &node{kind: mapping, path: join(n.path, name), at: n.at})
		of.n.put("point_weights", m)
		n = m
	}
	s := b.section(n, "{rba: {gamma: 0.999}}")
	s.known = pointSchemes
	var names []string
	for _, e := range s.n.entries {
		if slices.Contains(pointSchemes, e.key) {
			names = append(names, e.key)
		}
	}
	s.done()
	switch {
	case len(names) > 1:
		b.fail(n, "%s stand together; the points of a constraint have one scheme", strings.Join(names, " and "))
	case len(s.n.entries) == 0:
		b.fail(n, "no scheme; write one of %s", strings.Join(pointSchemes, ", "))
	case len(names) == 1:
		m := b.section(s.n.get(names[0]), "{interval: 1}")
		defer m.done()
		return b.pointScheme(names[0], m)
	}
	return nil
}

func (b *builder) pointScheme(name string, s *section) func() weights.PointScheme {
	interval := s.intOr("interval", 1)
	switch name {
	case "rba":
		w := weights.RBA{Gamma: s.fraction("gamma", "0.999"), Eta: s.realOr("eta", "0.01"), Init: s.tolerance("init"), Interval: interval}
		return func() weights.PointScheme { c := w; return &c }
	case "self_adaptive":
		w := weights.SelfAdaptive{Rate: s.realOr("rate", "0.005"), Power: s.realOr("power", "2"), Init: s.realOr("init", "1"), Interval: interval}
		if w.Power > 0 && w.Power < 1 {
			b.fail(s.n.get("power"), "the mask λ^%v is steeper the smaller λ is; take a power of at least 1", w.Power)
			w.Power = 1
		}
		if n := s.get("plain"); n != nil {
			w.Plain = b.boolean(n)
		}
		return func() weights.PointScheme { c := w; return &c }
	}
	return b.causal(s, interval)
}

func (b *builder) causal(s *section, interval int) func() weights.PointScheme {
	w := weights.Causal{Delta: s.realOr("delta", "0.99"), Interval: interval}
	if w.Slabs, _ = b.integer(s.orDefault("slabs", "32"), 2); w.Slabs > maxSlabs {
		b.fail(s.n.get("slabs"), "%d slabs of time; at most %d are of use", w.Slabs, maxSlabs)
		w.Slabs = 0
	}
	if w.Delta >= 1 {
		b.fail(s.n.get("delta"), "no weight is above %v; it must be below 1", w.Delta)
		w.Delta = 0
	}
	if n := s.get("eps"); n != nil {
		eps, ok := b.floats(n, -1, "[0.01, 0.1, 1, 10, 100]")
		for i, e := range eps {
			if ok && !(e > 0 && (i == 0 || e > eps[i-1])) {
				b.fail(n, "the numbers must be positive and ascend")
				ok = false
			}
		}
		if ok {
			w.Eps = eps
		}
	}
	if n := s.get("stop"); n != nil {
		w.Stop = b.boolean(n)
	}
	if b.p.Time != nil {
		w.Time = b.p.Time.Name()
	}
	return func() weights.PointScheme { c := w; return &c }
}

// checkPointWeights reports what does not fit the points or the loss of a constraint.
func (b *builder) checkPointWeights(n *node, scheme func() weights.PointScheme, on *domain.Points, loss crux.Loss) {
	if scheme == nil || on == nil {
		return
	}
	var coords []string
	for _, c := range on.Coords() {
		coords = append(coords, c.Name())
	}
	s := scheme()
	if _, ok := s.(*weights.Causal); ok && (b.p.Time == nil || !slices.Contains(coords, b.p.Time.Name())) {
		b.fail(n, "causal weights need time, and the points have none; set time: to the coordinate that it is, or take another scheme")
		return
	}
	if k, ok := s.(weights.PointChecker); ok {
		if err := k.CheckPoints(coords); err != nil {
			b.fail(n, "%s", strings.TrimPrefix(err.Error(), "weights: "))
		}
	}
	if loss.Kind == crux.Mean || loss.Kind == crux.Sum {
		b.fail(n, "the terms of the loss %s may be negative; weigh points with mse, mae or huber", loss.Kind)
	}
}
