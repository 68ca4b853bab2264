package problemfile

import (
	"slices"
	"strings"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/files/tree"
	"github.com/crux-pinn/crux/weights"
)

// pointWeights reads how the points of a constraint are weighted in training. Each residual of the constraint gets a scheme of its own,
// which the result makes; nil if there is none.
func (b *builder) pointWeights(n *tree.Node, of *section) func() weights.PointScheme {
	if n == nil {
		return nil
	}
	const path = "constraints.*.point_weights"
	if n = b.alone(n, path, "scheme of point weights"); n == nil {
		return nil
	}
	of.n.Put("point_weights", n)
	name, s := b.choose(n, path, nil, "no scheme; write one of %s", "the points of a constraint have one scheme")
	if s == nil {
		return nil
	}
	defer s.done()
	switch name {
	case "rba":
		w := weights.RBA{}
		s.fill(&w)
		return func() weights.PointScheme { c := w; return &c }
	case "self_adaptive":
		w := weights.SelfAdaptive{}
		if s.fill(&w); w.Power > 0 && w.Power < 1 {
			b.fail(s.n.Get("power"), "the mask λ^%v is steeper the smaller λ is; take a power of at least 1", w.Power)
			w.Power = 1
		}
		return func() weights.PointScheme { c := w; return &c }
	}
	return b.causal(s)
}

func (b *builder) causal(s *section) func() weights.PointScheme {
	w := weights.Causal{}
	s.fill(&w)
	for i, e := range w.Eps {
		if !(e > 0 && (i == 0 || e > w.Eps[i-1])) {
			b.fail(s.n.Get("eps"), "the numbers must be positive and ascend")
			w.Eps = nil
			break
		}
	}
	if b.p.Time != nil {
		w.Time = b.p.Time.Name()
	}
	return func() weights.PointScheme { c := w; return &c }
}

// checkPointWeights reports what does not fit the points or the loss of a constraint.
func (b *builder) checkPointWeights(n *tree.Node, scheme func() weights.PointScheme, on *domain.Points, loss crux.Loss) {
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
