package crux

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/crux-pinn/crux/optim"
)

// objective is the training loss (1/N) Σ w_i L_i(θ) as a method sees it. It remembers its last evaluation, so that the
// step's own gradient is not computed twice.
type objective struct {
	p      *plan
	asked  optim.Objective // the same as data, for methods
	theta  []float64
	grad   []float64
	losses []float64
	train  []float64 // losses with weights of the points
	loss   float64
	state  int       // of the memory: 0 nothing, 1 losses, 2 gradient too
	part   []float64 // of a product: one group's share

	sampled *sample // nil until a method asks for one
}

func newObjective(p *plan) *objective {
	n, cons := len(p.theta), len(p.constraints)
	o := &objective{p: p, theta: make([]float64, n), grad: make([]float64, n), part: make([]float64, n)}
	o.losses, o.train = make([]float64, cons), make([]float64, cons)
	o.asked = optim.Objective{Loss: o.Loss, Grad: o.Grad, HVP: o.HVP, Pool: p.pool, NoSquares: o.squares(), Started: p.stage.Started}
	if o.asked.NoSquares == nil {
		o.asked.Squares = o.asSquares()
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

// Loss is that of optim.Objective.
func (o *objective) Loss(ctx context.Context, theta []float64) (float64, error) {
	if err := ctx.Err(); err != nil {
		return math.NaN(), context.Cause(ctx)
	}
	if o.state >= 1 && slices.Equal(theta, o.theta) {
		return o.loss, nil
	}
	o.state = 0
	if err := o.measure(o.p.ofSet, theta); err != nil {
		return math.NaN(), err
	}
	o.remember(theta, 1)
	return o.loss, nil
}

// measure computes the losses of groups.
func (o *objective) measure(groups []*group, theta []float64) error {
	for _, g := range groups {
		if err := g.program.Losses(g.losses, theta, o.p.fixed); err != nil {
			return err
		}
		if err := o.take(g); err != nil {
			return err
		}
	}
	return nil
}

// remember keeps what has been computed.
func (o *objective) remember(theta []float64, state int) {
	copy(o.theta, theta)
	o.loss, o.state = o.p.mean(o.train), state
	o.p.evals++
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
	return o.eachGroup(ctx, func(g *group) error {
		if err := g.program.TrainingHVP(o.part, theta, o.p.fixed, g.w, v); err != nil {
			return err
		}
		floats.Add(dst, o.part)
		return nil
	})
}

// evaluate computes losses and gradient. A constraint with points of its own contributes w_i/N times its unweighted
// gradient, which trackers can read as well unless its points have weights; constraints that share points are weighted within one reverse
// sweep.
func (o *objective) evaluate(theta []float64) error {
	o.state = 0
	n := float64(len(o.p.constraints))
	clear(o.grad)
	for _, g := range o.p.groups {
		if g.rows != nil {
			g.w[0] = 1
			if err := g.program.Gradient(g.rows, theta, o.p.fixed, g.w, g.losses); err != nil {
				return err
			}
			floats.AddScaled(o.grad, o.p.weights[g.members[0]]/n, g.rows)
		} else {
			for k, i := range g.members {
				g.w[k] = o.p.weights[i] / n
			}
			if err := g.program.AddGradient(o.grad, theta, o.p.fixed, g.w, g.losses); err != nil {
				return err
			}
		}
		if err := o.take(g); err != nil {
			return err
		}
	}
	if err := o.measure(o.p.resting, theta); err != nil {
		return err
	}
	o.remember(theta, 2)
	return nil
}
