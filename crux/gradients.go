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

// Gradients is the fact of the gradient matrix: row i is ∂L_i/∂θ of the unweighted loss. Who has asked for it may read it at
// any step, so from then on all of it is computed for every reader; GradientsOf is for those who want less, or know when.
func (r *Run) Gradients() *Fact[*mat.Dense] {
	const key = "gradient matrix"
	if _, ok := r.facts[key]; !ok {
		r.readers = append(r.readers, gradientReader{due: func(*Step) bool { return true }})
	}
	return shared(r, key, func(ctx context.Context, s *Step) (*mat.Dense, error) {
		return r.columnsOf(ctx, s, nil, nil)
	})
}

// GradientsOf is the fact of the gradients with respect to the selected parameters: the columns of the gradient matrix that
// belong to them, in their order; nil selects all. due reports whether this reader will ask in a step; it is called before any
// reader has asked. If all that are due have masks, only what one of these selects is differentiated, once for all of them.
// Nothing selected is an error that lists the paths.
func (r *Run) GradientsOf(mask ph.Selector, due func(*Step) bool) (*Fact[*mat.Dense], error) {
	in, err := r.Select(mask)
	if err != nil {
		return nil, err
	}
	if _, err := r.Part(mask, ForGradients); err != nil { // compiled now, not at the first step that wants it
		return nil, err
	}
	if !slices.Contains(in, false) {
		in, mask = nil, nil
	}
	r.readers = append(r.readers, gradientReader{mask, due})
	return NewFact("gradient matrix", func(ctx context.Context, s *Step) (*mat.Dense, error) {
		return r.columnsOf(ctx, s, mask, in)
	}), nil
}

// gradients is the whole matrix at the current parameters.
func (p *plan) gradients() (*mat.Dense, error) {
	all, err := p.all()
	if err != nil {
		return nil, err
	}
	return all.gradients()
}

// gradientReader reads columns of the gradient matrix.
type gradientReader struct {
	mask ph.Selector // nil means all
	due  func(*Step) bool
}

// gradientColumns are those columns of the gradient matrix that the readers of a step want.
type gradientColumns struct {
	in []bool // nil means all
	g  *mat.Dense
}

// columnsOf are the columns of a reader, out of those that are computed for all readers of the step.
func (r *Run) columnsOf(ctx context.Context, s *Step, mask ph.Selector, in []bool) (*mat.Dense, error) {
	c, err := r.columns().At(ctx, s)
	switch {
	case err != nil:
		return nil, err
	case c.have(in):
		return c.of(in), nil
	}
	return r.differentiate(ctx, s, mask) // a reader that has not said it would ask
}

// differentiate computes the gradients with respect to the selected parameters.
func (r *Run) differentiate(ctx context.Context, s *Step, mask ph.Selector) (*mat.Dense, error) {
	part, err := r.Part(mask)
	if err != nil {
		return nil, err
	}
	p, err := part.At(ctx, s)
	if err != nil {
		return nil, err
	}
	return p.gradients()
}

// columns is the fact of what all readers that are due want.
func (r *Run) columns() *Fact[*gradientColumns] {
	return shared(r, "columns of the gradient matrix", func(ctx context.Context, s *Step) (*gradientColumns, error) {
		var masks []ph.Selector
		for _, w := range r.readers {
			if w.due(s) {
				masks = append(masks, w.mask)
			}
		}
		if len(masks) == 0 {
			return &gradientColumns{}, nil
		}
		var union ph.Selector
		var in []bool
		if !slices.ContainsFunc(masks, func(m ph.Selector) bool { return m == nil }) {
			union = func(path string) bool {
				return slices.ContainsFunc(masks, func(m ph.Selector) bool { return m(path) })
			}
			var err error
			if in, err = r.Select(union); err != nil {
				return nil, err
			}
		}
		g, err := r.differentiate(ctx, s, union)
		return &gradientColumns{in, g}, err
	})
}

// have reports whether all columns of a reader are there.
func (c *gradientColumns) have(in []bool) bool {
	if c.g == nil || c.in == nil {
		return c.g != nil
	}
	for k, ok := range c.in {
		if !ok && (in == nil || in[k]) {
			return false
		}
	}
	return true
}

// of picks the columns of a reader.
func (c *gradientColumns) of(in []bool) *mat.Dense {
	if in == nil || slices.Equal(c.in, in) {
		return c.g
	}
	var at []int // within c.g
	n := 0
	for k, want := range in {
		if want {
			at = append(at, n)
		}
		if c.in == nil || c.in[k] {
			n++
		}
	}
	rows, _ := c.g.Dims()
	g := mat.NewDense(rows, len(at), nil)
	for i := range rows {
		from, to := c.g.RawRowView(i), g.RawRowView(i)
		for k, j := range at {
			to[k] = from[j]
		}
	}
	return g
}
