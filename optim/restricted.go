package optim

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// restricted is an objective over some of the parameters, the others fixed at θ_e. It lives as long as its Grouped; f
// is set during a step.
type restricted struct {
	f      Objective
	params []Param // the layout of sub
	spans  []Param // the same parameters in the full layout
	sub    []float64
	entry  *restrictedEntry

	trial, grad []float64     // full vectors, shared by all groups; trial is θ_e between evaluations
	normal      *mat.SymDense // of all parameters, if a method asks for it
	along       []float64     // a full direction, if a method asks for products with the Hessian
}

// restrictedEntry is what every group starts from, evaluated at most once a step.
type restrictedEntry struct {
	theta, grad []float64
	value       float64
	known       bool
}

func (e *restrictedEntry) eval(ctx context.Context, f Objective) (err error) {
	if e.known {
		return nil
	}
	e.value, err = f.Grad(ctx, e.grad, e.theta)
	e.known = err == nil
	return err
}

// loss returns L(θ_e) without asking for a gradient nobody needs.
func (e *restrictedEntry) loss(ctx context.Context, f Objective) (float64, error) {
	if e.known {
		return e.value, nil
	}
	return f.Loss(ctx, e.theta)
}

func (e *restrictedEntry) lossIfKnown() float64 {
	if e.known {
		return e.value
	}
	return math.NaN()
}

// add appends a parameter of the full layout.
func (r *restricted) add(p Param) {
	r.spans = append(r.spans, p)
	p.Offset = len(r.sub)
	r.params = append(r.params, p)
	r.sub = append(r.sub, make([]float64, p.Len)...)
}

// begin puts the group's part of θ_e into sub.
func (r *restricted) begin() {
	copy(r.trial, r.entry.theta)
	r.gather(r.sub, r.entry.theta)
}

func (r *restricted) gather(sub, full []float64) {
	for i, p := range r.spans {
		copy(sub[r.params[i].Offset:][:p.Len], full[p.Offset:])
	}
}

func (r *restricted) scatter(full, sub []float64) {
	for i, p := range r.spans {
		copy(full[p.Offset:][:p.Len], sub[r.params[i].Offset:])
	}
}

// atEntry tells whether sub is the group's part of θ_e.
func (r *restricted) atEntry(sub []float64) bool {
	for i, p := range r.spans {
		if !slices.Equal(sub[r.params[i].Offset:][:p.Len], r.entry.theta[p.Offset:][:p.Len]) {
			return false
		}
	}
	return true
}

// Grad implements Objective.
func (r *restricted) Grad(ctx context.Context, grad, theta []float64) (float64, error) {
	if r.atEntry(theta) {
		err := r.entry.eval(ctx, r.f)
		if err == nil {
			r.gather(grad, r.entry.grad)
		}
		return r.entry.value, err
	}
	r.scatter(r.trial, theta)
	loss, err := r.f.Grad(ctx, r.grad, r.trial)
	r.gather(grad, r.grad)
	return loss, err
}

// Loss implements Objective.
func (r *restricted) Loss(ctx context.Context, theta []float64) (float64, error) {
	if r.atEntry(theta) {
		return r.entry.loss(ctx, r.f)
	}
	r.scatter(r.trial, theta)
	return r.f.Loss(ctx, r.trial)
}
