package domain

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// drawPatches samples every patch and puts the points together.
func (p *Points) drawPatches(rng *rand.Rand) (*Cloud, error) {
	c := &Cloud{Coords: slices.Clone(p.coords)}
	for i, patch := range p.patches {
		x, normals, err := patch.draw(rng, p.samplerOrDefault(), p.counts[i], len(p.coords))
		if err != nil {
			return nil, err
		}
		c.X = append(c.X, x...)
		if p.normals {
			c.Normals = append(c.Normals, normals...)
		}
	}
	return c, nil
}

// maxTrials bounds the search for one point: a piece that fills less than 1/maxTrials of what is searched is not found.
const maxTrials = 1 << 14

// draw returns n points of the patch and the normals there. Where the parametrisation covers more than the patch, it asks
// the sampler for as many points as are likely to leave n, and for more if they did not. A trial with too few hits is thrown
// away as a whole, because a set such as a Latin hypercube cannot be prolonged.
func (q Patch) draw(rng *rand.Rand, s Sampler, n, dim int) (x, normals []float64, err error) {
	if n == 0 {
		return nil, nil, nil
	}
	for m := n; ; {
		x, normals, err = q.trial(rng, s, m, dim)
		if err != nil {
			return nil, nil, err
		}
		hits := len(x) / dim
		if hits >= n {
			idx := first(hits, n, s)
			return pick(x, idx, dim), pick(normals, idx, dim), nil
		}
		if m/n >= maxTrials || m >= maxPoints {
			return nil, nil, fmt.Errorf("%d trials gave %d of %d points; the region is too small a part of what is searched, "+
				"so give it bounds of its own", m, hits, n)
		}
		next := 16 * m
		if hits > 0 {
			// A little more than the share of hits asks for; the last addend covers small numbers.
			next = min(next, int(1.05*float64(n)/float64(hits)*float64(m))+8)
		}
		m = min(max(next, m+1), maxPoints)
	}
}

// trial maps m points of the sampler and returns those that fall on the patch.
func (q Patch) trial(rng *rand.Rand, s Sampler, m, dim int) (x, normals []float64, err error) {
	var u []float64
	if q.Params > 0 {
		if u, err = s.Sample(rng, m, q.Params); err != nil {
			return nil, nil, err
		}
		if len(u) != m*q.Params {
			return nil, nil, fmt.Errorf("sampler %T returned %d numbers for %d points of %d dimensions", s, len(u), m, q.Params)
		}
	}
	x, normals = make([]float64, 0, m*dim), make([]float64, 0, m*dim)
	p, normal := make([]float64, dim), make([]float64, dim)
	for i := range m {
		row := u[i*q.Params : (i+1)*q.Params]
		for _, v := range row {
			if !(v >= 0 && v < 1) {
				return nil, nil, fmt.Errorf("sampler %T returned %v; its numbers must lie in [0, 1)", s, v)
			}
		}
		clear(normal)
		if q.At(row, p, normal) {
			if slices.ContainsFunc(p, func(v float64) bool { return !finite(v) }) {
				return nil, nil, fmt.Errorf("the parametrisation gives the point %v at %v; coordinates must be finite", p, row)
			}
			x, normals = append(x, p...), append(normals, normal...)
		}
	}
	return x, normals, nil
}

// first chooses n of m points: the first n of a sequence, and evenly spread ones of a set whose order has a meaning, such
// as a lattice.
func first(m, n int, s Sampler) []int {
	idx := make([]int, n)
	seq, ok := s.(Sequence)
	spread := !ok || !seq.Sequence()
	for i := range idx {
		idx[i] = i
		if spread {
			idx[i] = int(int64(i) * int64(m) / int64(n))
		}
	}
	return idx
}
