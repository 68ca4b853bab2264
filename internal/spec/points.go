package spec

import (
	"fmt"
	"strconv"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
)

// pointSet reads how many points are taken from a region, and how. unsaid is what becomes of random points whose number the file
// leaves to crux and of which it says nothing more, a value of resample; nothing if empty.
func (b *builder) pointSet(s *section, unsaid string) (*region, func(n int) *domain.Points, int) {
	onNode := s.orDefault("on", "interior")
	where, count := s.get("where"), s.get("points")
	grid, quadrature, at := s.get("grid"), s.get("quadrature"), s.get("at")
	sampler, resample := s.get("sampler"), s.get("resample")
	r := b.region(onNode)
	if r == nil {
		return nil, nil, 0
	}
	given := ""
	for _, alt := range []struct {
		key string
		n   *node
	}{{"grid", grid}, {"quadrature", quadrature}, {"at", at}} {
		if alt.n == nil {
			continue
		}
		if given != "" || count != nil || !r.inside {
			b.fail(alt.n, "%s gives points of its own; leave points, other such keys and on away", alt.key)
			return nil, nil, 0
		}
		given = alt.key
	}
	switch given {
	case "grid", "quadrature":
		r = b.lattice(given, s.n.get(given))
	case "at":
		r = b.listed(at)
	}
	if r == nil {
		return nil, nil, 0
	}
	n := 2 // enough where points are single or given
	switch {
	case r.given && count != nil:
		b.fail(count, "the points are given; leave points away")
		return nil, nil, 0
	case count != nil:
		var ok bool
		if n, ok = b.integer(count, 1); !ok {
			return nil, nil, 0
		}
	}
	whole := r.points
	r = b.where(r, where)
	if r == nil {
		return nil, nil, 0
	}
	points := r.points
	if sampler != nil {
		sm, err := domain.SamplerByName(sampler.text)
		if sampler.kind != scalar || err != nil {
			b.choice(sampler, "sampler", samplerNames()...)
			return nil, nil, 0
		}
		if r.given {
			b.fail(sampler, "the points are given and not sampled; leave sampler away")
		}
		inner := points
		points = func(n int) *domain.Points { return inner(n).With(sm) }
	} else if !r.given {
		s.orDefault("sampler", "scrambled_sobol")
	}
	if count == nil && resample == nil && unsaid != "" && points(n).Random() {
		resample = s.orDefault("resample", unsaid)
	}
	if count == nil && !r.given && !r.few {
		n = b.enough(r, resample != nil && isAuto(resample))
		s.orDefault("points", strconv.Itoa(n))
	}
	if err := points(n).Err(); err != nil {
		if where != nil && whole(n).Err() == nil {
			b.fail(where, "no point satisfies %s; of what is smaller than about 1/2000 of the region none is found", where.text)
		} else {
			b.failDomain(onNode, err)
		}
		return nil, nil, 0
	}
	return r, b.resampled(resample, points, n), n
}

// redrawn is the number of steps after which points that the file leaves to crux are drawn anew where they cannot be watched: often
// enough that Levenberg-Marquardt, which fits the points it has within some ten steps, cannot do so without the solution in between.
const redrawn = "20"

// unsaidResample is what becomes of the points of a constraint of which the file says nothing.
func (b *builder) unsaidResample(loss crux.Loss, weighed bool) string {
	if b.watchable(loss, weighed) {
		return "auto"
	}
	return redrawn
}

// enough is the number of points of a region for which the file gives none. It grows with the dimension. Points that are watched
// can be fewer, as they become more when it shows that they are too few.
func (b *builder) enough(r *region, watched bool) int {
	d := min(len(b.p.Coords), 3)
	switch {
	case !r.inside:
		return [...]int{0, 1, 200, 800}[d]
	case watched:
		return [...]int{0, 200, 1000, 2000}[d]
	}
	return [...]int{0, 200, 1500, 3000}[d]
}

// resampled reads resample: the number of steps after which new points are drawn. A mapping is for follow to read, auto
// for watch.
func (b *builder) resampled(resample *node, points func(int) *domain.Points, n int) func(int) *domain.Points {
	if resample == nil || resample.kind == mapping || isAuto(resample) {
		return points
	}
	every, _ := b.integer(resample, 0)
	if every > 0 && !points(n).Random() {
		b.fail(resample, "the points are the same at every draw; take a random sampler such as scrambled_sobol, or leave resample away")
		return points
	}
	return func(n int) *domain.Points { return points(n).Every(every) }
}

func samplerNames() []string {
	return []string{"uniform", "latin_hypercube", "lhs", "halton", "scrambled_halton", "sobol", "scrambled_sobol", "hammersley", "grid"}
}

// lattice reads grid: 50, grid: {x: 10, t: 20}, quadrature: 20 and so on.
func (b *builder) lattice(key string, n *node) *region {
	counts, ok := b.perAxis(n, 1)
	if !ok {
		return nil
	}
	box, isBox := b.p.geometry.(*domain.Box)
	var p *domain.Points
	switch {
	case key == "grid" && isBox:
		p = box.GridN(counts...)
	case key == "grid" && n.kind == scalar:
		p = b.p.geometry.Grid(counts[0])
	case isBox:
		p = box.Quadrature(counts...)
	default:
		b.fail(n, "%s needs a domain that is a box; take sampled points", key)
		return nil
	}
	return &region{points: func(int) *domain.Points { return p }, given: true}
}

// perAxis reads one number for all axes, or one for each by name, in the order of the domain's coordinates.
func (b *builder) perAxis(n *node, min int) ([]int, bool) {
	coords := b.p.geometry.Coords()
	counts := make([]int, len(coords))
	ok := true
	if n.kind != mapping {
		k, good := b.integer(n, min)
		for i := range counts {
			counts[i] = k
		}
		ok = good
	} else {
		s := b.section(n, "{x: 20, y: 20}")
		for i, c := range coords {
			v := s.need(c.Name(), "20")
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

// maxGrid bounds the points of a grid, by the memory for evaluating a field on it.
const maxGrid = 1 << 22

// listed reads at: [[0, 1], [0.5, 1]], points in the order of coords.
func (b *builder) listed(n *node) *region {
	var x []float64
	if n.kind != sequence || len(n.items) == 0 {
		b.fail(n, "%s; write a list of points such as [[0, 1], [0.5, 1]]", wrongKind(n))
		return nil
	}
	for _, it := range n.items {
		p, ok := b.floats(it, len(b.p.Coords), fmt.Sprintf("[0, 1], one for each of %s", coordNames(b.p.Coords)))
		if !ok {
			return nil
		}
		for i, c := range b.p.Coords {
			if a := b.axes[c]; p[i] < a.Lo || p[i] > a.Hi {
				b.fail(it.items[i], "%s = %v is outside of the domain; %s runs from %v to %v", c.Name(), p[i], c.Name(), a.Lo, a.Hi)
				return nil
			}
		}
		x = append(x, p...)
	}
	p := domain.At(b.p.Coords, x)
	return &region{points: func(int) *domain.Points { return p }, given: true}
}
