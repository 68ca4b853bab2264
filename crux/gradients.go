package crux

import (
	"context"
	"slices"

	"gonum.org/v1/gonum/mat"

	ph "github.com/crux-pinn/crux/placeholder"
)

// gradients is the matrix whose row i is ∂L_i/∂φ of the unweighted loss, φ being the selected parameters. A constraint with
// points of its own costs nothing where the training step has computed its gradient already; each of those that share
// points costs a reverse sweep, which ends at the lowest selected parameter.
func (p *Part) gradients() (*mat.Dense, error) {
	o := p.plan.obj
	g := mat.NewDense(len(p.plan.constraints), p.Len(), nil)
	fresh := o.state == 2 && slices.Equal(p.plan.theta, o.theta)
	for k, gr := range p.plan.ofSet {
		for j, i := range gr.members {
			row := g.RawRowView(i)
			if gr.rows != nil && fresh && !gr.byPoint {
				p.take(row, gr.rows)
				continue
			}
			program, err := p.program(k)
			if err != nil {
				return nil, err
			}
			if err := program.GradientOf(j, row, p.theta, p.fixed); err != nil {
				return nil, err
			}
		}
	}
	return g, nil
}

// gradients is the whole matrix at the current parameters.
func (p *plan) gradients() (*mat.Dense, error) {
	all, err := p.all()
	if err != nil {
		return nil, err
	}
	return all.gradients()
}

// Gradients is the fact of the gradient matrix: row i is ∂L_i/∂θ of the unweighted loss.
func (r *Run) Gradients() *Fact[*mat.Dense] {
	return shared(r, gradientMatrix+everything, func(context.Context, *Step) (*mat.Dense, error) { return r.plan.gradients() })
}

const gradientMatrix = "gradient matrix of " // the beginning of what facts of it are called; a key of a part follows

// GradientsOf is the fact of the gradients with respect to the selected parameters: the columns of the gradient matrix that
// belong to them, in their order; nil selects all. Nothing else is differentiated, and readers with equal masks share it. Nothing
// selected is an error that lists the paths.
func (r *Run) GradientsOf(mask ph.Selector) (*Fact[*mat.Dense], error) {
	_, key, err := r.keyOf(mask)
	if err != nil {
		return nil, err
	}
	part, err := r.Part(mask, ForGradients) // compiled now, not at the first step that wants it
	if err != nil {
		return nil, err
	}
	return shared(r, gradientMatrix+key, func(ctx context.Context, s *Step) (*mat.Dense, error) {
		p, err := part.At(ctx, s)
		if err != nil {
			return nil, err
		}
		return p.gradients()
	}), nil
}
