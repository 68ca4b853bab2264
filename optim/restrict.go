package optim

import (
	"context"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// restriction is the place of some parameters among all. Restricted to them, an objective has the others fixed.
type restriction struct {
	params []Param   // the layout of the part
	spans  []Param   // the same parameters in the whole layout
	n      int       // length of the part
	fixed  []float64 // the whole θ: what the others are fixed at

	at, grad, along []float64 // scratch, of the whole
	normal          *mat.SymDense
}

// add appends a parameter of the whole layout.
func (r *restriction) add(p Param) {
	r.spans = append(r.spans, p)
	p.Offset = r.n
	r.params = append(r.params, p)
	r.n += p.Len
}

// gather copies the part out of a whole vector, scatter the reverse.
func (r *restriction) gather(part, whole []float64) {
	for i, p := range r.spans {
		copy(part[r.params[i].Offset:][:p.Len], whole[p.Offset:])
	}
}

func (r *restriction) scatter(whole, part []float64) {
	for i, p := range r.spans {
		copy(whole[p.Offset:][:p.Len], part[r.params[i].Offset:])
	}
}

// whole is θ with the part in its place, and v with zeros around it. It is valid until the next call.
func (r *restriction) whole(part []float64) []float64 {
	r.at = append(r.at[:0], r.fixed...)
	r.scatter(r.at, part)
	return r.at
}

func (r *restriction) padded(v []float64) []float64 {
	if len(r.along) != len(r.fixed) {
		r.along = make([]float64, len(r.fixed))
	}
	r.scatter(r.along, v)
	return r.along
}

// restrict is f as a function of the part alone. It knows what f knows.
func (r *restriction) restrict(f Objective) Objective {
	if len(r.grad) != len(r.fixed) {
		r.grad = make([]float64, len(r.fixed))
	}
	g := f
	g.Loss = func(ctx context.Context, theta []float64) (float64, error) { return f.Loss(ctx, r.whole(theta)) }
	g.Grad = func(ctx context.Context, grad, theta []float64) (float64, error) {
		loss, err := f.Grad(ctx, r.grad, r.whole(theta))
		r.gather(grad, r.grad)
		return loss, err
	}
	if f.HVP != nil {
		g.HVP = func(ctx context.Context, dst, v, theta []float64) error {
			err := f.HVP(ctx, r.grad, r.padded(v), r.whole(theta))
			r.gather(dst, r.grad)
			return err
		}
	}
	if f.Squares != nil {
		g.Squares = r.squares(f.Squares)
	}
	return g
}

// squares are all residuals, with the columns of J that belong to the part.
func (r *restriction) squares(f *Squares) *Squares {
	q := *f
	q.Scaled = func(ctx context.Context, dst, theta []float64) error {
		return f.Scaled(ctx, dst, r.whole(theta))
	}
	q.MulJT = func(ctx context.Context, dst, u, theta []float64) error {
		err := f.MulJT(ctx, r.grad, u, r.whole(theta))
		r.gather(dst, r.grad)
		return err
	}
	q.Jacobian = func(ctx context.Context, dst []float64, first int, theta []float64) error {
		rows := len(dst) / max(len(theta), 1)
		full := make([]float64, rows*len(r.fixed))
		if err := f.Jacobian(ctx, full, first, r.whole(theta)); err != nil {
			return err
		}
		for k := range rows {
			r.gather(dst[k*len(theta):][:len(theta)], full[k*len(r.fixed):])
		}
		return nil
	}
	q.Kernel = func(ctx context.Context, k *mat.SymDense, theta []float64, of []Param) error {
		own := []Param{}
		for i, p := range r.params {
			if of == nil || slices.ContainsFunc(of, func(q Param) bool { return q.Path == p.Path }) {
				own = append(own, r.spans[i])
			}
		}
		return f.Kernel(ctx, k, r.whole(theta), own)
	}
	q.Normal = func(ctx context.Context, a *mat.SymDense, grad, theta []float64) (float64, error) {
		if r.normal == nil {
			r.normal = mat.NewSymDense(len(r.fixed), nil)
		}
		loss, err := f.Normal(ctx, r.normal, r.grad, r.whole(theta))
		r.gather(grad, r.grad)
		for i, p := range r.spans {
			for j, q := range r.spans {
				for k := range p.Len {
					for l := range q.Len {
						if x, y := r.params[i].Offset+k, r.params[j].Offset+l; x <= y {
							a.SetSym(x, y, r.normal.At(p.Offset+k, q.Offset+l))
						}
					}
				}
			}
		}
		return loss, err
	}
	if f.Sample != nil {
		q.Sample = func(ctx context.Context, rows int, rng *rand.Rand) (Objective, error) {
			part, err := f.Sample(ctx, rows, rng)
			if err != nil {
				return part, err
			}
			return r.restrict(part), nil
		}
	}
	return &q
}

// entry remembers the loss and the gradient at one point, where every group of a step begins: an objective remembers its last
// evaluation only.
type entry struct {
	theta, grad []float64
	loss        float64
	known       bool // loss and grad
}

// of is f, which is asked for the gradient at the entry no more than once.
func (e *entry) of(f Objective) Objective {
	g := f
	g.Grad = func(ctx context.Context, grad, theta []float64) (float64, error) {
		if !slices.Equal(theta, e.theta) {
			return f.Grad(ctx, grad, theta)
		}
		if !e.known {
			loss, err := f.Grad(ctx, e.grad, theta)
			if err != nil {
				return loss, err
			}
			e.loss, e.known = loss, true
		}
		copy(grad, e.grad)
		return e.loss, nil
	}
	g.Loss = func(ctx context.Context, theta []float64) (float64, error) {
		if e.known && slices.Equal(theta, e.theta) {
			return e.loss, nil
		}
		return f.Loss(ctx, theta)
	}
	return g
}
