package crux

import (
	"context"
	"fmt"
	"math"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/optim"
)

// sample is the training loss at some of the points of every group: each mean square is one over fewer points.
type sample struct {
	residuals
	values []float64
}

// sample is Sample of optim.Squares. Every group of points gives its share, from strata of equal size in the order of its points:
// of a low-discrepancy sequence each stratum covers the region, of a grid it is a neighbourhood. The draw has a stream of
// its own, so it is the same in a run that was interrupted. The group's residuals are compiled once more by the first call.
func (o *objective) sample(ctx context.Context, rows int, draw uint64) (optim.Objective, error) {
	all := o.rows()
	for _, g := range o.p.groups {
		if ctx.Err() != nil {
			return optim.Objective{}, context.Cause(ctx)
		}
		n := g.cloud.Len()
		most := (n*rows + all - 1) / all
		if err := o.p.sample(g, min(max(most, 1), n), draw); err != nil {
			return optim.Objective{}, err
		}
	}
	part := &sample{residuals: residuals{p: o.p, of: func(g *group) *compiler.Program { return g.sampled }}}
	return optim.Objective{Loss: part.loss, Grad: part.grad, Squares: part.asSquares(part.grad), Pool: o.p.pool}, nil
}

// sample gives the group's second program some of its points, with their weights.
func (p *plan) sample(g *group, points int, draw uint64) error {
	if g.sampled == nil {
		var err error
		if g.sampled, err = p.residualsOf(g); err != nil {
			return err
		}
	}
	idx := make([]int, points)
	rng := p.Stream(fmt.Sprintf("rows/%s/%d", g.name, draw))
	n := g.cloud.Len()
	for k := range idx {
		lo, hi := k*n/points, (k+1)*n/points
		idx[k] = lo + rng.IntN(hi-lo)
	}
	if err := g.sampled.SetPoints(batch(g.cloud.Subset(idx)), p.fixed); err != nil {
		return err
	}
	for k, i := range g.members {
		if q := p.byPoint[i]; q != nil && len(q.mu) == n {
			mu := make([]float64, points)
			for j, at := range idx {
				mu[j] = q.mu[at]
			}
			if err := g.sampled.SetPointWeights(k, mu); err != nil {
				return err
			}
		}
	}
	return nil
}

func (o *sample) loss(ctx context.Context, theta []float64) (float64, error) {
	if n := o.rows(); len(o.values) != n {
		o.values = make([]float64, n)
	}
	if err := o.scaled(ctx, o.values, theta); err != nil {
		return math.NaN(), err
	}
	sum := 0.0
	for _, x := range o.values {
		sum += x * x
	}
	return sum / 2, nil
}

func (o *sample) grad(ctx context.Context, grad, theta []float64) (float64, error) {
	loss, err := o.loss(ctx, theta)
	if err != nil {
		return loss, err
	}
	return loss, o.mulJT(ctx, grad, o.values, theta)
}
