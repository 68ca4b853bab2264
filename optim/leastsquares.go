package optim

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"gonum.org/v1/gonum/mat"
)

// LeastSquares is an Objective that is a weighted sum of squares, L(θ) = Σ_k c_k r_k(θ)², and knows its residuals'
// derivatives. [LevenbergMarquardt] asserts it.
type LeastSquares interface {
	Objective
	// Normal writes the Gauss–Newton matrix 2 Σ_k c_k ∇r_k∇r_kᵀ, P×P, to a and ∇L = 2 Σ_k c_k r_k ∇r_k to grad, and
	// returns L(theta). What the storage of a holds below the diagonal is undefined. grad and the loss are those of Grad.
	Normal(ctx context.Context, a *mat.SymDense, grad, theta []float64) (float64, error)
}

var errNoSquares = errors.New("the loss is not a sum of squares; use mean squares in all constraints, or SSBroyden or LBFGS, which need gradients only")

// Normal implements LeastSquares: the part of the matrix that belongs to the group's parameters.
func (r *restricted) Normal(ctx context.Context, a *mat.SymDense, grad, theta []float64) (float64, error) {
	ls, ok := r.f.(LeastSquares)
	if !ok {
		return 0, errNoSquares
	}
	n := len(r.trial)
	if r.normal == nil {
		r.normal = mat.NewSymDense(n, nil)
	}
	full := r.normal
	r.scatter(r.trial, theta)
	loss, err := ls.Normal(ctx, full, r.grad, r.trial)
	if err != nil {
		return loss, err
	}
	r.gather(grad, r.grad)
	for i, p := range r.spans {
		for j, q := range r.spans {
			for k := range p.Len {
				for l := range q.Len {
					if x, y := r.params[i].Offset+k, r.params[j].Offset+l; x <= y {
						a.SetSym(x, y, full.At(p.Offset+k, q.Offset+l))
					}
				}
			}
		}
	}
	return loss, nil
}

// crew shares tasks among this many goroutines.
type crew int

func (c crew) Workers() int { return int(c) }

func (c crew) Run(tasks int, do func(worker, task int)) {
	var next atomic.Int64
	drain := func(w int) {
		for t := int(next.Add(1)) - 1; t < tasks; t = int(next.Add(1)) - 1 {
			do(w, t)
		}
	}
	var wg sync.WaitGroup
	for w := 1; w < min(int(c), tasks); w++ {
		wg.Go(func() { drain(w) })
	}
	drain(0)
	wg.Wait()
}
