package crux

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/optim"
)

// objective is the training loss (1/N) Σ w_i L_i(θ) as a method sees it. It remembers its last evaluation, so that the
// step's own gradient is not computed twice.
type objective struct {
	residuals
	asked  optim.Objective // the same as data, for methods
	theta  []float64
	grad   []float64
	losses []float64
	train  []float64 // losses with weights of the points
	loss   float64
	state  int       // of the memory: 0 nothing, 1 losses, 2 gradient too
	part   []float64 // of HVP: one group's share
	count  int       // evaluations, for reports
}

func newObjective(s *Solver) *objective {
	n := len(s.theta)
	all := residuals{s: s, of: func(g *group) *compiler.Program { return g.program }}
	o := &objective{residuals: all, theta: make([]float64, n), grad: make([]float64, n), losses: make([]float64, len(s.cons)), train: make([]float64, len(s.cons))}
	o.asked = optim.Objective{Loss: o.Loss, Grad: o.Grad, HVP: o.HVP, Pool: s.pool, NoSquares: o.squares()}
	if o.asked.NoSquares == nil {
		o.asked.Squares = o.asSquares(o.Grad)
		o.asked.Squares.Sample = o.sample
		o.asked.Squares.Factors = &optim.Factors{Layers: o.layers, Constraints: len(s.cons), Curvature: o.curvature}
	}
	return o
}

// forget drops the memory: weights or points have changed.
func (o *objective) forget() { o.state = 0 }

// take copies the losses of a group's latest sweep.
func (o *objective) take(g *group) error {
	if err := g.program.TrainingLosses(g.trained); err != nil {
		return err
	}
	for k, i := range g.members {
		o.losses[i], o.train[i] = g.losses[k], g.trained[k]
	}
	return nil
}

func (o *objective) total() float64 { return o.s.mean(o.train) }

// mean is (1/N) Σ w_i l_i with the weights of the step.
func (s *Solver) mean(l []float64) float64 {
	var sum float64
	for i, w := range s.weights {
		sum += w * l[i]
	}
	return sum / float64(len(l))
}

// Loss is that of optim.Objective.
func (o *objective) Loss(ctx context.Context, theta []float64) (float64, error) {
	if err := ctx.Err(); err != nil {
		return math.NaN(), context.Cause(ctx)
	}
	if o.state >= 1 && slices.Equal(theta, o.theta) {
		return o.loss, nil
	}
	o.state = 0
	for _, g := range o.s.groups {
		if err := g.program.Losses(g.losses, theta, o.s.fixed); err != nil {
			return math.NaN(), err
		}
		if err := o.take(g); err != nil {
			return math.NaN(), err
		}
	}
	copy(o.theta, theta)
	o.loss, o.state = o.total(), 1
	o.count++
	return o.loss, nil
}

// Grad is that of optim.Objective.
func (o *objective) Grad(ctx context.Context, grad, theta []float64) (float64, error) {
	if err := ctx.Err(); err != nil {
		return math.NaN(), context.Cause(ctx)
	}
	if o.state < 2 || !slices.Equal(theta, o.theta) {
		if err := o.evaluate(theta); err != nil {
			return math.NaN(), err
		}
	}
	copy(grad, o.grad)
	return o.loss, nil
}

// HVP is that of optim.Objective, exactly, whatever the constraints are reduced by, and with the weights of points. What gradient
// hooks have made of the gradient has no part in it.
func (o *objective) HVP(ctx context.Context, dst, v, theta []float64) error {
	clear(dst)
	if len(o.part) != len(dst) {
		o.part = make([]float64, len(dst))
	}
	return o.eachGroup(ctx, func(g *group) error {
		if err := g.program.TrainingHVP(o.part, theta, o.s.fixed, g.w, v); err != nil {
			return err
		}
		floats.Add(dst, o.part)
		return nil
	})
}

// evaluate computes losses and gradient. A constraint with points of its own contributes w_i/N times its unweighted
// gradient, which trackers can read as well unless its points have weights; constraints that share points are weighted within one reverse sweep.
func (o *objective) evaluate(theta []float64) error {
	o.state = 0
	s := o.s
	n := float64(len(s.cons))
	clear(o.grad)
	for _, g := range s.groups {
		if g.rows != nil {
			g.w[0] = 1
			if err := g.program.Gradient(g.rows, theta, s.fixed, g.w, g.losses); err != nil {
				return err
			}
			floats.AddScaled(o.grad, s.weights[g.members[0]]/n, g.rows)
		} else {
			for k, i := range g.members {
				g.w[k] = s.weights[i] / n
			}
			if err := g.program.AddGradient(o.grad, theta, s.fixed, g.w, g.losses); err != nil {
				return err
			}
		}
		if err := o.take(g); err != nil {
			return err
		}
	}
	copy(o.theta, theta)
	o.loss, o.state = o.total(), 2
	o.count++
	return nil
}
