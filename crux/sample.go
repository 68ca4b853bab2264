package crux

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/optim"
)

// sample is the objective on some of its points, with programs of its own: those of the objective keep their points.
type sample struct {
	obj  *objective
	from []*group // of the plan
	mu   []float64
}

// sample is Sample of optim.Squares.
func (o *objective) sample(ctx context.Context, rows int, rng *rand.Rand) (optim.Objective, error) {
	if err := ctx.Err(); err != nil {
		return optim.Objective{}, context.Cause(ctx)
	}
	if o.sampled == nil {
		var err error
		if o.sampled, err = newSample(o.p); err != nil {
			return optim.Objective{}, err
		}
	}
	s := o.sampled
	s.obj.p.fixed = o.p.fixed
	all := make([]int, len(s.from))
	for k, g := range s.from {
		all[k] = g.program.Rows()
	}
	for k, n := range shares(all, rows) {
		g := s.from[k]
		n = (n*g.cloud.Len() + all[k] - 1) / all[k] // points, each with as many rows
		if err := s.place(s.obj.p.groups[k], g, n, rng); err != nil {
			return optim.Objective{}, err
		}
	}
	s.obj.forget()
	return s.obj.asked, nil
}

// newSample compiles the groups of a plan that train once more.
func newSample(p *plan) (*sample, error) {
	q := *p
	q.progress = &progress{theta: p.theta, fixed: p.fixed}
	q.groups, q.resting = nil, nil
	for _, g := range p.groups {
		own := *g
		own.points = &points{cloud: g.cloud}
		if err := q.compile(&own); err != nil {
			return nil, err
		}
		q.groups = append(q.groups, &own)
	}
	q.ofSet = q.groups
	return &sample{obj: newObjective(&q), from: p.groups}, nil
}

// shares divides a number of rows among groups that have so many each. A group's share is in proportion to the root of what it has, as
// far as it has so many: a boundary has fewer points than the domain within, and needs more of them.
func shares(all []int, rows int) []int {
	roots := 0.0 // of the groups that are left
	order := make([]int, len(all))
	for k, r := range all {
		order[k] = k
		roots += math.Sqrt(float64(r))
	}
	slices.SortStableFunc(order, func(a, b int) int { return all[a] - all[b] }) // what small groups cannot take goes to larger ones
	n := make([]int, len(all))
	for _, k := range order {
		root := math.Sqrt(float64(all[k]))
		n[k] = min(max(int(float64(rows)*root/roots), 1), all[k])
		rows -= n[k]
		roots -= root
	}
	return n
}

// place gives a group n of the points that the plan's has, with their weights.
func (s *sample) place(g, from *group, n int, rng *rand.Rand) error {
	at := choose(from.cloud.Len(), n, rng)
	g.cloud = from.cloud.Subset(at)
	if err := g.program.SetPoints(batch(g.cloud), s.obj.p.fixed); err != nil {
		return err
	}
	for _, i := range g.members {
		q := s.obj.p.byPoint[i]
		if q == nil {
			continue
		}
		s.mu = s.mu[:0]
		for _, k := range at {
			s.mu = append(s.mu, q.mu[k])
		}
		if err := g.program.SetPointWeights(s.obj.p.constraints[i].index, s.mu); err != nil {
			return err
		}
	}
	return nil
}

// choose draws n of the numbers below all, in order: Algorithm S of Knuth (1997, The Art of Computer Programming, vol. 2, §3.4.2).
func choose(all, n int, rng *rand.Rand) []int {
	at := make([]int, 0, n)
	for i := 0; len(at) < n; i++ {
		if rng.IntN(all-i) < n-len(at) {
			at = append(at, i)
		}
	}
	return at
}

// work is Work of optim.Squares: of each group as many rows as it has.
func (o *objective) work() (optim.Work, error) {
	var sum optim.Work
	var programs []*compiler.Program
	for _, g := range o.p.groups {
		w, err := g.program.Work()
		if err != nil {
			return sum, err
		}
		sum.Row += float64(w.Flops) / 2 * float64(g.program.Points()) / float64(o.rows())
		programs = append(programs, g.program)
	}
	var err error
	sum.Pair, err = compiler.KernelWork(programs)
	return sum, err
}
