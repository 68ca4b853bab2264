package crux

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/crux-pinn/crux/compiler"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Part is the problem as a function of some of its parameters, the others being frozen at the values of one step. What
// depends on frozen parameters alone, such as all layers below the selected ones, is computed once for the step, so that the
// many evaluations of a Hessian's spectrum or of a loss landscape pay only for what is above.
type Part struct {
	plan     *plan
	layout   *compiler.Layout    // nil if all parameters are selected
	programs []*compiler.Program // one for each group
	stale    []bool              // for each group: its program has yet to see the points and frozen parameters of the step
	theta    []float64           // the selected parameters
	fixed    []float64
	losses   [][]float64 // scratch, for each group
	w        [][]float64
	sum      []float64
	train    []float64 // scratch: losses with the weights of the points
	purposes []Purpose // what it will be asked for
}

// Part is the fact of the problem as a function of the selected parameters; nil selects all. It is compiled now. Nothing
// selected is an error that lists the paths. Trackers with equal masks share it. The graphs for what it will be asked for are built
// now, others when they are first asked for.
func (r *Run) Part(s ph.Selector, purposes ...Purpose) (*Fact[*Part], error) {
	s, key, err := r.keyOf(s)
	if err != nil {
		return nil, err
	}
	if _, err := r.plan.part(s, key, purposes...); err != nil {
		return nil, err
	}
	return shared(r, "part "+key, func(context.Context, *Step) (*Part, error) {
		p, err := r.plan.part(s, key, purposes...)
		if err != nil {
			return nil, err
		}
		return p, p.freeze()
	}), nil
}

// keyOf tells a mask apart from those that select other parameters. One that selects all is nil.
func (r *Run) keyOf(mask ph.Selector) (ph.Selector, string, error) {
	in, err := r.Select(mask)
	if err != nil || !slices.Contains(in, false) {
		return nil, everything, err
	}
	key := make([]byte, len(in))
	for k, ok := range in {
		if ok {
			key[k] = 1
		}
	}
	return mask, string(key), nil
}

// aheadBytes is the most memory that a program may use for what depends on frozen parameters alone: reading it back must be
// cheaper than computing it.
const aheadBytes = 64 << 20

// part is the plan's as a function of the selected parameters, which the key tells apart from others; compiled when it is first
// asked for.
func (p *plan) part(sel ph.Selector, key string, purposes ...Purpose) (*Part, error) {
	if q, ok := p.parts[key]; ok {
		return q, q.prepare(purposes)
	}
	q := &Part{plan: p, sum: make([]float64, len(p.theta)), train: make([]float64, len(p.constraints)), stale: make([]bool, len(p.ofSet))}
	if sel != nil {
		var err error
		if q.layout, err = p.layout.Restrict(sel); err != nil {
			return nil, err
		}
		q.theta, q.fixed = make([]float64, q.layout.Len()), make([]float64, q.layout.FixedLen())
		q.sum = q.sum[:q.layout.Len()]
	}
	for _, g := range p.ofSet {
		q.losses, q.w = append(q.losses, make([]float64, len(g.members))), append(q.w, make([]float64, len(g.members)))
		program := g.program
		if q.layout != nil {
			var err error
			if program, err = p.restricted(g, q.layout); err != nil {
				return nil, err
			}
		}
		q.programs = append(q.programs, program)
	}
	p.parts[key] = q
	return q, q.prepare(purposes)
}

// all is the part in which all parameters are selected, at the parameters as they are.
func (p *plan) all() (*Part, error) {
	q, err := p.part(nil, everything)
	if err != nil {
		return nil, err
	}
	return q, q.freeze()
}

// everything is the key of the part in which all parameters are selected.
const everything = "all"

// prepare builds the graphs for purposes for which it has not yet. The gradient of a constraint with points of its own is that of the
// training step.
func (p *Part) prepare(purposes []Purpose) error {
	for _, f := range purposes {
		if slices.Contains(p.purposes, f) {
			continue
		}
		p.purposes = append(p.purposes, f)
		for k, g := range p.plan.ofSet {
			if f == ForGradients && g.rows != nil && !g.byPoint {
				continue
			}
			if err := p.programs[k].Prepare(f); err != nil {
				return err
			}
		}
	}
	return nil
}

// restricted compiles a group as a function of the parameters of a layout.
func (p *plan) restricted(g *group, l *compiler.Layout) (*compiler.Program, error) {
	tc := p.compiler(l)
	tc.Ahead = true
	cg := p.source(g)
	program, err := tc.Compile(cg)
	if err == nil && program.Ahead()*g.cloud.Len()*8 > aheadBytes {
		tc.Ahead = false
		program, err = tc.Compile(cg)
	}
	return program, err
}

// freeze takes over the parameters as they are.
func (p *Part) freeze() error {
	if p.plan.closed {
		return errClosed
	}
	if p.layout == nil {
		p.theta, p.fixed = p.plan.theta, p.plan.fixed
		return nil
	}
	copy(p.fixed, p.plan.fixed)
	p.layout.Split(p.theta, p.fixed, p.plan.theta)
	for k := range p.stale {
		p.stale[k] = true
	}
	return nil
}

// program is that of group k at the points of the step, with their weights. What depends on frozen parameters alone is computed
// when it is first asked for: nobody pays for a group that is not wanted.
func (p *Part) program(k int) (*compiler.Program, error) {
	if !p.stale[k] {
		return p.programs[k], nil
	}
	g := p.plan.ofSet[k]
	if err := p.programs[k].SetPoints(batch(g.cloud), p.fixed); err != nil {
		return nil, err
	}
	for j, i := range g.members {
		if q := p.plan.byPoint[i]; q != nil && !q.stale {
			if err := p.programs[k].SetPointWeights(j, q.mu); err != nil {
				return nil, err
			}
		}
	}
	p.stale[k] = false
	return p.programs[k], nil
}

// Len is the number of selected parameters.
func (p *Part) Len() int { return len(p.sum) }

// Theta is a copy of the selected parameters at the step.
func (p *Part) Theta() []float64 { return append([]float64(nil), p.theta...) }

// Take is a copy of the entries for the selected parameters of a vector with one for each parameter.
func (p *Part) Take(whole []float64) []float64 {
	v := make([]float64, p.Len())
	p.take(v, whole)
	return v
}

func (p *Part) take(dst, whole []float64) {
	if p.layout == nil {
		copy(dst, whole)
		return
	}
	p.layout.Take(dst, whole)
}

// Losses writes the unweighted losses of all constraints at other values of the selected parameters to dst.
func (p *Part) Losses(dst, theta []float64) error {
	if len(dst) != len(p.plan.constraints) || len(theta) != p.Len() {
		return fmt.Errorf("crux: losses of %d constraints at %d parameters; there are %d and %d", len(dst), len(theta),
			len(p.plan.constraints), p.Len())
	}
	for k, g := range p.plan.ofSet {
		program, err := p.program(k)
		if err != nil {
			return err
		}
		if err := program.Losses(p.losses[k], theta, p.fixed); err != nil {
			return err
		}
		for j, i := range g.members {
			dst[i] = p.losses[k][j]
		}
	}
	return nil
}

// Loss is the training loss (1/N) Σ w_i L_i at other values of the selected parameters, with the weights of the step, those of
// points included. The unweighted losses of all constraints, which it finds on its way, are written to losses.
func (p *Part) Loss(losses, theta []float64) (float64, error) {
	if err := p.Losses(losses, theta); err != nil {
		return math.NaN(), err
	}
	for k, g := range p.plan.ofSet {
		if err := p.programs[k].TrainingLosses(p.losses[k]); err != nil {
			return math.NaN(), err
		}
		for j, i := range g.members {
			p.train[i] = p.losses[k][j]
		}
	}
	return p.plan.mean(p.train), nil
}

// HVP writes Σ_i w_i (∂²L_i/∂φ²)·v to dst, φ being the selected parameters at the step and L_i without weights of the points. A
// constraint with weight 0 costs nothing if it has points of its own.
func (p *Part) HVP(dst, w, v []float64) error { return p.product((*compiler.Program).HVP, dst, w, v) }

// TrainingHVP is HVP of the losses that are trained, whose points have the weights of the step. With w_i = Step.Weights[i]/N it
// is the product with the Hessian of the training loss.
func (p *Part) TrainingHVP(dst, w, v []float64) error {
	return p.product((*compiler.Program).TrainingHVP, dst, w, v)
}

func (p *Part) product(of func(p *compiler.Program, dst, theta, fixed, w, v []float64) error, dst, w, v []float64) error {
	if len(dst) != p.Len() || len(v) != p.Len() || len(w) != len(p.plan.constraints) {
		return fmt.Errorf("crux: product of %d weights and %d entries into %d; there are %d constraints and %d selected parameters", len(w),
			len(v), len(dst), len(p.plan.constraints), p.Len())
	}
	clear(dst)
	for k, g := range p.plan.ofSet {
		any := false
		for j, i := range g.members {
			p.w[k][j] = w[i]
			any = any || w[i] != 0
		}
		if !any {
			continue
		}
		program, err := p.program(k)
		if err != nil {
			return err
		}
		if err := of(program, p.sum, p.theta, p.fixed, p.w[k], v); err != nil {
			return err
		}
		floats.Add(dst, p.sum)
	}
	return nil
}
