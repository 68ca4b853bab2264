package problemfile

import (
	"fmt"
	"strconv"

	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/files/tree"
)

// pointSet reads which points are taken. What the file leaves open, package auto decides: how many there are and, of a constraint, whether
// they are redrawn. nil means a mistake.
func (b *builder) pointSet(s *section) *domain.Points {
	onNode := s.orDefault("on", "interior")
	where, count := s.get("where"), s.get("points")
	grid, quadrature, at := s.get("grid"), s.get("quadrature"), s.get("at")
	sampler := s.get("sampler")
	on := b.region(onNode)
	if on == nil {
		return nil
	}
	given := ""
	for _, alt := range []struct {
		key string
		n   *tree.Node
	}{{"grid", grid}, {"quadrature", quadrature}, {"at", at}} {
		if alt.n == nil {
			continue
		}
		if given != "" || count != nil || on.Dims() < len(b.p.Coords) {
			b.fail(alt.n, "%s gives points of its own; leave out points, other such keys and on", alt.key)
			return nil
		}
		given = alt.key
	}
	switch given {
	case "grid", "quadrature":
		on = b.lattice(given, s.n.Get(given))
	case "at":
		on = b.listed(at)
	}
	if on == nil {
		return nil
	}
	isGiven := len(on.Patches()) == 0 && mistaken(on) == nil
	if isGiven && count != nil {
		b.fail(count, "the points are given; leave out points")
		return nil
	}
	if on = b.where(on, where); on == nil {
		return nil
	}
	if !isGiven {
		on = on.Copy() // what is the same region in two places is two sets of points
	}
	if count != nil {
		n, ok := valueOf[int](s, "points")
		if !ok {
			return nil
		}
		on = on.Count(n)
	}
	switch {
	case sampler != nil:
		sm, err := domain.SamplerByName(only[string](s, "sampler"))
		if err != nil { // it is reported
			return nil
		}
		if isGiven {
			b.fail(sampler, "the points are given and not sampled; leave out sampler")
		}
		on = on.With(sm)
	case !isGiven:
		s.orDefault("sampler", "scrambled_sobol")
	}
	if err := mistaken(on); err != nil {
		b.failDomain(onNode, err)
		return nil
	}
	return on
}

// sized is a set of points with the number that it gets where the file gives none.
func (b *builder) sized(s *section, on *domain.Points) *domain.Points {
	if count, _, _ := on.Said(); count {
		return on
	}
	n, _ := auto.Number(on, len(b.p.Coords), false)
	s.orDefault("points", strconv.Itoa(n))
	return on.Count(n)
}

// resampled reads resample: the number of steps after which new points are drawn. A mapping is for follow to read, auto
// for watch.
func (b *builder) resampled(resample *tree.Node, on *domain.Points) *domain.Points {
	switch {
	case resample == nil || isAuto(resample):
		return on
	case resample.Kind == tree.Mapping:
		if len(on.Patches()) == 0 {
			return on
		}
		return on.Every(0)
	}
	every, _ := b.integer(resample, 0)
	if every > 0 && !b.redrawable(resample, on.Random()) {
		return on
	}
	return on.Every(every)
}

// redrawable reports whether points can be drawn again, and the mistake if they cannot.
func (b *builder) redrawable(resample *tree.Node, random bool) bool {
	if !random {
		b.fail(resample, "the points are the same at every draw; take a random sampler such as scrambled_sobol, or leave out resample")
	}
	return random
}

// lattice reads grid: 50, grid: {x: 10, t: 20}, quadrature: 20 and so on.
func (b *builder) lattice(key string, n *tree.Node) *domain.Points {
	counts, ok := b.perAxis(n, 1)
	if !ok {
		return nil
	}
	box, isBox := b.p.geometry.(*domain.Box)
	var p *domain.Points
	switch {
	case key == "grid" && isBox:
		p = box.GridN(counts...)
	case key == "grid" && n.Kind == tree.Scalar:
		p = b.p.geometry.Grid(counts[0])
	case isBox:
		p = box.Quadrature(counts...)
	default:
		b.fail(n, "%s needs a domain that is a box; take sampled points", key)
		return nil
	}
	return p
}

// perAxis reads one number for all axes, or one for each by name, in the order of the domain's coordinates.
func (b *builder) perAxis(n *tree.Node, min int) ([]int, bool) {
	coords := b.p.geometry.Coords()
	counts := make([]int, len(coords))
	ok := true
	if n.Kind != tree.Mapping {
		k, good := b.integer(n, min)
		for i := range counts {
			counts[i] = k
		}
		ok = good
	} else {
		s := b.section(n, "grid")
		for i, c := range coords {
			v := s.need(c.Name())
			good := v != nil
			if good {
				counts[i], good = b.integer(v, min)
			}
			ok = ok && good
		}
		s.done()
	}
	total := 1.0
	for _, k := range counts {
		total *= float64(k)
	}
	if ok && total > maxGrid {
		b.fail(n, "%.3g points are more than fit; take at most %d in all", total, maxGrid)
		return nil, false
	}
	return counts, ok
}

// listed reads at: [[0, 1], [0.5, 1]], points in the order of coords.
func (b *builder) listed(n *tree.Node) *domain.Points {
	var x []float64
	if n.Kind != tree.Sequence || len(n.Items) == 0 {
		b.fail(n, "%s; write a list of points such as [[0, 1], [0.5, 1]]", wrongKind(n))
		return nil
	}
	for _, it := range n.Items {
		p, ok := b.floats(it, len(b.p.Coords), fmt.Sprintf("[0, 1], one for each of %s", coordNames(b.p.Coords)))
		if !ok {
			return nil
		}
		for i, c := range b.p.Coords {
			if a := b.axes[c]; p[i] < a.Lo || p[i] > a.Hi {
				b.fail(it.Items[i], "%s = %v is outside of the domain; %s runs from %v to %v", c.Name(), p[i], c.Name(), a.Lo, a.Hi)
				return nil
			}
		}
		x = append(x, p...)
	}
	return domain.At(b.p.Coords, x)
}
