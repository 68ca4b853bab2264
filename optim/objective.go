package optim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"

	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/optim/internal/normal"
	"github.com/crux-pinn/crux/optim/internal/vec"
)

// Objective is what a Method minimises, as data: a function that is nil is not there. Loss and Grad always are. A method that needs
// more says so in its documentation, and refuses an objective without it before its first step.
//
// A Method may ask twice at the same theta: objectives are expected to remember their last evaluation, so the second question is
// cheap. A function writes every element of its results, keeps no slice and may be called from one goroutine at a time; its bits do not
// depend on the number of workers. It may return NaN or Inf with a nil error where the loss cannot be computed: methods with a
// line search back off, others return [ErrNonFinite]. A non-nil error ends the step.
type Objective struct {
	// Loss returns L(theta).
	Loss func(ctx context.Context, theta []float64) (float64, error)
	// Grad writes ∇L(theta) to grad and returns L(theta). Both have length P.
	Grad func(ctx context.Context, grad, theta []float64) (float64, error)

	// HVP writes ∇²L(theta)·v to dst, both of length P. It costs about three gradients. The Hessian is that of the loss itself:
	// what gradient hooks have made of ∇L shows in Grad only.
	HVP func(ctx context.Context, dst, v, theta []float64) error

	// Squares has the residuals of a loss that is a weighted sum of squares; nil for others.
	Squares *Squares
	// NoSquares says why Squares is nil, where that is known.
	NoSquares error

	// Started says that θ begins near a solution, as where a window of time continues the one before: phases that only warm up are left out.
	Started bool

	// Pool lends the workers that evaluate gradients, or is nil. They are awake when a method begins its own part of a step;
	// goroutines made for that part cost as much as the matrix of a few hundred parameters.
	Pool Pool
}

// Squares is a loss that is a sum of squares, L(θ) = Σ_k c_k r_k(θ)², with the derivatives of its residuals. In terms of the R
// scaled residuals
//
//	s_k(θ) = √(2 c_k)·r_k(θ)    J = ∂s/∂θ, R×P
//
// L = ½‖s‖² and ∇L = Jᵀs. Methods for P ≫ R solve with K = JJᵀ, R×R, since by the identity of Woodbury
//
//	(JᵀJ + λI)⁻¹g = (g − Jᵀ(K + λI)⁻¹Jg)/λ    (JᵀJ + λI)⁻¹Jᵀs = Jᵀ(K + λI)⁻¹s
//
// What gradient hooks have made of ∇L does not show here, only
// in Grad and Normal: the first form is right for any g.
//
// All functions are there, but for Sample and Work, which may be nil.
type Squares struct {
	// Rows is R, the number of residuals over all points and components. It may change between two steps, not within one.
	Rows func() int
	// Scaled writes s(theta) to dst, of length R.
	Scaled func(ctx context.Context, dst, theta []float64) error
	// MulJT writes Jᵀ·u to dst, of length P, for u of length R. It costs about one gradient and no memory to speak of.
	MulJT func(ctx context.Context, dst, u, theta []float64) error
	// Jacobian writes rows of J to dst, row-major: as many as it has room for, from row first on. len(dst) is a multiple of P. All
	// rows in blocks cost about as much as all at once, and have the same bits.
	Jacobian func(ctx context.Context, dst []float64, first int, theta []float64) error
	// Kernel writes K = JJᵀ, R×R, to k. If of is not nil, only the columns of J that belong to these parameters count: K is
	// the sum of such parts. What the storage of k holds below the diagonal is undefined.
	Kernel func(ctx context.Context, k *mat.SymDense, theta []float64, of []Param) error
	// Normal writes the Gauss–Newton matrix JᵀJ = 2 Σ_k c_k ∇r_k∇r_kᵀ, P×P, to a and ∇L to grad, and returns L(theta). What
	// the storage of a holds below the diagonal is undefined. grad and the loss are those of Grad.
	Normal func(ctx context.Context, a *mat.SymDense, grad, theta []float64) (float64, error)

	// Sample returns an estimate of the loss from about this many of its rows, with Squares of its own. rng draws the points that they
	// belong to. It is valid until the next call, or until the points change.
	Sample func(ctx context.Context, rows int, rng *rand.Rand) (Objective, error)
	// Work is how much there is to do.
	Work func() (Work, error)
}

// Work is what a residual costs, on average, in multiplications; 0 stands for what it takes with a network of some layers.
type Work struct {
	Row  float64 // of its share of the gradient
	Pair float64 // of an entry of JJᵀ
}

// Pool is a set of workers that an objective lends to methods with much arithmetic of their own. Methods give it work
// only between two evaluations of the objective, and results must not depend on how many workers there are.
type Pool interface {
	// Workers is their number, at least 1.
	Workers() int
	// Run calls do(worker, task) once for every task below tasks and returns when all are done.
	Run(tasks int, do func(worker, task int))
}

// workers are those that the objective lends, or else goroutines, one for each core that Go may use.
func (f *Objective) workers() Pool {
	if f.Pool != nil {
		return f.Pool
	}
	return vec.Crew(runtime.GOMAXPROCS(0))
}

var errNoSquares = errors.New("the loss is not a sum of squares; use mean squares in all constraints, " +
	"or SSBroyden or LBFGS, which need gradients only")

// squares is an error of the named method if the loss is not a sum of squares.
func (f *Objective) squares(method string) error {
	switch {
	case f.Squares == nil && f.NoSquares != nil:
		return fmt.Errorf("optim: %s: %w", method, f.NoSquares)
	case f.Squares == nil || f.Squares.Rows() == 0:
		return fmt.Errorf("optim: %s: %w", method, errNoSquares)
	}
	return nil
}

// system is the sum of squares as the systems see it that are solved for a step.
func (f *Objective) system() *normal.Loss {
	q := f.Squares
	return &normal.Loss{
		Rows: q.Rows(), Grad: f.Grad, Scaled: q.Scaled, MulJT: q.MulJT, Jacobian: q.Jacobian, Normal: q.Normal,
		Kernel: func(ctx context.Context, k *mat.SymDense, theta []float64) error { return q.Kernel(ctx, k, theta, nil) },
	}
}
