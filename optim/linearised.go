package optim

import (
	"context"
	"fmt"
	"runtime"

	"github.com/crux-pinn/crux/optim/internal/vec"
)

// linearised is the loss near a point as Gauss–Newton methods see it, ½‖s + Jδ‖²: s, ∇L and the systems with JᵀJ + λI, on the
// smaller side, or by products where neither is small.
type linearised struct {
	primal     primal
	dual       dual
	matrixFree matrixFree
	sketched   sketched
	always     bool // matrixFree whatever the size

	at, g []float64 // θ and ∇L, of P
	s     []float64 // s(θ), of R
}

// mostNormal is the largest matrix of all rows that is factorised: two of them are 400 MB.
const mostNormal = 5000

// sketches tells whether systems are solved in a random subspace.
func (m *linearised) sketches(rows, params int) bool {
	return m.sketched.rank > 0 && m.sketched.rank < min(rows, params)
}

// iterates tells whether systems of so many rows and parameters are solved without a matrix of all rows.
func (m *linearised) iterates(rows, params int) bool {
	return m.always || min(rows, params) > mostNormal
}

// lend sets the number of goroutines where the objective lends none; 0 means GOMAXPROCS.
func (m *linearised) lend(workers int) {
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	m.use(vec.Crew(workers))
}

func (m *linearised) use(p Pool) {
	m.primal.pool, m.dual.pool, m.matrixFree.primal.pool, m.matrixFree.dual.pool, m.sketched.pool = p, p, p, p, p
}

// fresh makes room for n parameters. The matrices are made by the first step.
func (m *linearised) fresh(n int) { m.at, m.g = make([]float64, n), make([]float64, n) }

// checkSquares is Check for the named method of n parameters.
func checkSquares(ctx context.Context, name string, n int, f Objective) error {
	r, ok := f.(Residuals)
	if !ok {
		return fmt.Errorf("optim: %s: %w", name, errNoSquares)
	}
	rows := r.Rows()
	if rows == 0 && n > 0 {
		if err := r.Scaled(ctx, nil, make([]float64, n)); err != nil {
			return fmt.Errorf("optim: %s: %w", name, err)
		}
		return fmt.Errorf("optim: %s: %w", name, errNoSquares)
	}
	return nil
}

// linearise evaluates at theta, which checkSquares has passed, and returns L(theta) and the side on which systems are solved. What
// it returns without an error is finite.
func (m *linearised) linearise(ctx context.Context, name string, r Residuals, theta []float64) (a damped, loss float64, err error) {
	if p := poolOf(r); p != nil {
		m.use(p)
	}
	a = &m.primal
	switch rows := r.Rows(); {
	case m.sketches(rows, len(theta)):
		m.sketched.draw = m.matrixFree.draw
		a = &m.sketched
	case m.iterates(rows, len(theta)):
		a = &m.matrixFree
	case rows < len(theta):
		a = &m.dual
	}
	copy(m.at, theta)
	if loss, err = a.form(ctx, r, m.g, m.at); err != nil {
		return a, loss, err
	}
	if err := entryError(name, loss, m.g); err != nil {
		return a, loss, err
	}
	if t := a.trace(); !vec.Finite(t) {
		return a, loss, fmt.Errorf("optim: %s: the squares of the residuals' derivatives sum to %v: %w; check the residuals for roots and logarithms at 0", name, t, ErrNonFinite)
	}
	m.s = vec.Sized(m.s, r.Rows())
	return a, loss, r.Scaled(ctx, m.s, m.at)
}
