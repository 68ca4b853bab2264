package crux

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/optim"
)

var _ optim.Sampled = (*objective)(nil)

// sample is the training loss at some of the points of every group: each mean square is one over fewer points.
type sample struct {
	residuals
	values []float64
}

// Sample implements optim.Sampled. Every group of points gives its share, from strata of equal size in the order of its points:
// of a low-discrepancy sequence each stratum covers the region, of a grid it is a neighbourhood. The draw has a stream of
// its own, so it is the same in a run that was interrupted. The group's residuals are compiled once more by the first call.
func (o *objective) Sample(ctx context.Context, rows int, draw uint64) (optim.Residuals, error) {
	if err := o.squares(); err != nil {
		return nil, err
	}
	all := o.Rows()
	for _, g := range o.s.groups {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		n := g.cloud.Len()
		most := (n*rows + all - 1) / all
		if err := o.s.sample(g, min(max(most, 1), n), draw); err != nil {
			return nil, err
		}
	}
	return &sample{residuals: residuals{s: o.s, of: func(g *group) *compiler.Program { return g.sampled }}}, nil
}

// sample gives the group's second program some of its points, with their weights.
func (s *Solver) sample(g *group, points int, draw uint64) error {
	if g.sampled == nil {
		var err error
		if g.sampled, err = s.residualsOf(g); err != nil {
			return err
		}
	}
	idx := make([]int, points)
	rng := s.Stream(fmt.Sprintf("rows/%s/%d", g.name, draw))
	n := g.cloud.Len()
	for k := range idx {
		lo, hi := k*n/points, (k+1)*n/points
		idx[k] = lo + rng.IntN(hi-lo)
	}
	if err := g.sampled.SetPoints(batch(g.cloud.Subset(idx)), s.fixed); err != nil {
		return err
	}
	for k, i := range g.members {
		if q := s.cons[i].points; q != nil && len(q.mu) == n {
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

// Loss implements optim.Objective.
func (o *sample) Loss(ctx context.Context, theta []float64) (float64, error) {
	if n := o.Rows(); len(o.values) != n {
		o.values = make([]float64, n)
	}
	if err := o.Scaled(ctx, o.values, theta); err != nil {
		return math.NaN(), err
	}
	sum := 0.0
	for _, x := range o.values {
		sum += x * x
	}
	return sum / 2, nil
}

// Grad implements optim.Objective.
func (o *sample) Grad(ctx context.Context, grad, theta []float64) (float64, error) {
	loss, err := o.Loss(ctx, theta)
	if err != nil {
		return loss, err
	}
	return loss, o.MulJT(ctx, grad, o.values, theta)
}

// Normal implements optim.LeastSquares.
func (o *sample) Normal(ctx context.Context, a *mat.SymDense, grad, theta []float64) (float64, error) {
	loss, err := o.Grad(ctx, grad, theta)
	if err != nil {
		return loss, err
	}
	return loss, o.normal(ctx, a, theta)
}

// Pool implements optim.Pooled.
func (o *sample) Pool() optim.Pool { return o.s.pool }
