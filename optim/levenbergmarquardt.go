package optim

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"

	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/internal/linalg"
)

// LevenbergMarquardt is the Gauss–Newton method with damping, for losses that are sums of squares (Levenberg 1944,
// Marquardt 1963):
//
//	(A + λI)·δ = −∇L(θ)      A = 2 Σ c_k ∇r_k∇r_kᵀ      θ ← θ + δ
//
// A step asks the objective once for A and then tries values of λ: each costs a Cholesky factorisation and a loss. λ
// follows the gain ratio ρ = (L(θ) − L(θ+δ)) / ½(λδᵀδ − δᵀ∇L), the decrease over that of the quadratic model (Nielsen
// 1999): a rejected λ is multiplied by 2, 4, 8, …, and after an accepted one the next step starts from
// λ·max(1/3, 1 − (2ρ−1)³).
//
// The objective must implement [LeastSquares]; a solver's does when every constraint is a mean square. Two P×P matrices
// are kept, 16P² bytes, and P is at most 5000. It suits smooth problems on fixed points; redrawn points are no obstacle, as
// only λ is carried from step to step.
//
// Departures: where the accepted gain ratio is above ½, λ/8, λ/64, … are tried in the same step for as long as they give
// a lower loss, since A costs more than a factorisation. The damping is λI and not Marquardt's λ·diag A or Moré's (1978)
// running maximum: parameters of a network that A hardly sees would move without bound under those. Geodesic acceleration
// is left out, as it needs second derivatives of the residuals.
//
// The loss of a fixed objective never rises. The zero value is ready for use. It must not be copied after Init.
type LevenbergMarquardt struct {
	// Damping is the first λ in units of the largest diagonal entry of A; 0 means 1e-3.
	Damping float64
	// GradTol stops when max|∂L/∂θ_i| is at most this. 0 stops only at a gradient of exactly 0, or at round-off.
	GradTol float64
	// MaxTrials bounds the values of λ of one step; 0 means 30.
	MaxTrials int
	// Workers is the number of goroutines for the matrix; 0 means GOMAXPROCS. The result does not depend on it, to the bit.
	Workers int

	resumable
	lambda   float64 // of the next step; 0 before the first
	progress progress

	maxTrials int
	crew      crew
	a         *mat.SymDense
	u         []float64 // A + λI, then its factor
	chol      linalg.Cholesky

	g, at, d, x, best []float64
}

// mostNormal is the largest number of parameters with normal equations: 400 MB.
const mostNormal = 5000

const marquardtName = "LevenbergMarquardt"

// Init implements Method.
func (m *LevenbergMarquardt) Init(params []Param) error {
	switch n := size(params); {
	case !(m.Damping >= 0) || math.IsInf(m.Damping, 1):
		return fmt.Errorf("optim: %s: Damping %v; it must be a finite number that is not negative", marquardtName, m.Damping)
	case !(m.GradTol >= 0):
		return fmt.Errorf("optim: %s: GradTol %v; it must be a number that is not negative", marquardtName, m.GradTol)
	case m.MaxTrials < 0:
		return fmt.Errorf("optim: %s: MaxTrials %d; it must not be negative", marquardtName, m.MaxTrials)
	case m.Workers < 0:
		return fmt.Errorf("optim: %s: Workers %d; it must not be negative", marquardtName, m.Workers)
	case n > mostNormal:
		return fmt.Errorf("optim: %s: %d parameters; it solves for at most %d: use SSBroyden or LBFGS, or Groups to choose fewer", marquardtName, n, mostNormal)
	}
	if m.maxTrials = m.MaxTrials; m.maxTrials == 0 {
		m.maxTrials = 30
	}
	if m.crew = crew(m.Workers); m.crew == 0 {
		m.crew = crew(runtime.GOMAXPROCS(0))
	}
	return m.init(params, m.fresh, m.restore)
}

// fresh makes the state for a new layout. The matrices are made by the first step.
func (m *LevenbergMarquardt) fresh() error {
	n := m.layout.n
	m.lambda, m.progress, m.a, m.u = 0, progress{}, nil, nil
	for _, v := range []*[]float64{&m.g, &m.at, &m.d, &m.x, &m.best} {
		*v = make([]float64, n)
	}
	return nil
}

// Step implements Method.
func (m *LevenbergMarquardt) Step(ctx context.Context, f Objective, theta []float64) (float64, error) {
	if err := m.layout.check(marquardtName, theta); err != nil {
		return math.NaN(), err
	}
	if err := ctx.Err(); err != nil {
		return math.NaN(), err
	}
	ls, ok := f.(LeastSquares)
	if !ok {
		return math.NaN(), fmt.Errorf("optim: %s: %w", marquardtName, errNoSquares)
	}
	n := m.layout.n
	if n == 0 {
		return f.Loss(ctx, theta)
	}
	if m.a == nil {
		m.a, m.u = mat.NewSymDense(n, nil), make([]float64, n*n)
	}
	copy(m.at, theta)
	loss, err := ls.Normal(ctx, m.a, m.g, m.at)
	if err != nil {
		return loss, err
	}
	if err := entryError(marquardtName, loss, m.g); err != nil {
		return loss, err
	}
	if normInf(m.g) <= m.GradTol {
		return loss, m.converged(GradientTolerance, loss)
	}
	if m.progress.enter(loss); m.progress.flat >= flatSteps {
		return loss, m.converged(RoundOff, loss)
	}
	largest := 0.0
	for i := range n {
		d := m.a.At(i, i)
		if !finite(d) {
			return loss, fmt.Errorf("optim: %s: entry %d of the matrix's diagonal is %v: %w; check the residuals for roots and logarithms at 0", marquardtName, i, d, ErrNonFinite)
		}
		largest = max(largest, d)
	}
	t, err := m.search(ctx, f, loss, largest)
	if err != nil {
		return loss, err
	}
	copy(theta, m.best)
	m.lambda = t.next
	m.progress.note(loss, t.loss)
	return loss, nil
}

// damped is an accepted trial: the loss there, and the λ with which the next step begins.
type damped struct{ loss, next float64 }

// search tries values of λ and leaves the best point in m.best. It changes nothing that a repeated step would see.
func (m *LevenbergMarquardt) search(ctx context.Context, f Objective, loss, largest float64) (damped, error) {
	floor := largest * 0x1p-52 // below, λ is lost in the rounding of A
	lambda := max(m.lambda, floor)
	if m.lambda == 0 {
		first := m.Damping
		if first == 0 {
			first = 1e-3
		}
		lambda = max(first*largest, floor)
	}
	if lambda == 0 {
		lambda = 1 // A = 0: the negative gradient
	}
	best, found, raise := damped{loss: loss}, false, 2.0
	for range m.maxTrials {
		l, gain, err := m.try(ctx, f, loss, lambda)
		if err != nil {
			return best, err
		}
		lower := l < best.loss
		if lower { // the gradient there must exist; the solver's next step asks for it anyway
			l, err = f.Grad(ctx, m.d, m.x)
			if err != nil {
				return best, err
			}
			lower = l < best.loss && firstNonFinite(m.d) < 0 && finite(l)
		}
		switch {
		case lower:
			c := 2*gain - 1
			best, found = damped{loss: l, next: lambda * max(1.0/3, 1-c*c*c)}, true
			copy(m.best, m.x)
			if gain < 0.5 || raise > 2 || lambda <= floor {
				return best, nil
			}
			lambda = max(lambda/8, floor)
		case found:
			return best, nil
		default:
			lambda *= raise
			raise *= 2
			if !finite(lambda) {
				return best, m.converged(DampingLimit, loss)
			}
		}
	}
	if !found {
		return best, m.converged(DampingLimit, loss)
	}
	return best, nil
}

// try computes the step for λ and returns the loss at its end, m.x, and the gain ratio. The loss is +Inf where there is
// none, or no step.
func (m *LevenbergMarquardt) try(ctx context.Context, f Objective, loss, lambda float64) (l, gain float64, err error) {
	n := m.layout.n
	copy(m.u, m.a.RawSymmetric().Data)
	for i := range n {
		m.u[i*n+i] += lambda
	}
	if !m.chol.Factorize(m.crew, m.u, n) {
		return math.Inf(1), 0, nil
	}
	m.chol.Solve(m.d, m.g) // −δ
	model := (lambda*dot(m.d, m.d) + dot(m.d, m.g)) / 2
	if !(model > 0) || firstNonFinite(m.d) >= 0 {
		return math.Inf(1), 0, nil
	}
	for i, d := range m.d {
		m.x[i] = m.at[i] - d
	}
	if firstNonFinite(m.x) >= 0 {
		return math.Inf(1), 0, nil
	}
	if l, err = f.Loss(ctx, m.x); err != nil {
		return l, 0, err
	}
	if !finite(l) {
		return math.Inf(1), 0, nil
	}
	return l, (loss - l) / model, nil
}

func (m *LevenbergMarquardt) converged(r Reason, loss float64) error {
	return &ConvergedError{Method: marquardtName, Reason: r, Loss: loss, Grad: normInf(m.g)}
}

const marquardtState = "optim.LevenbergMarquardt/1"

// State implements Stateful: λ and what is known of progress.
func (m *LevenbergMarquardt) State() ([]byte, error) {
	w, pending, err := m.begin(marquardtState)
	if w == nil {
		return pending, err
	}
	w.float(m.lambda)
	w.bool(m.progress.known)
	w.float(m.progress.loss)
	w.float(m.progress.drop)
	w.int(m.progress.flat)
	return w.b, nil
}

// SetState implements Stateful.
func (m *LevenbergMarquardt) SetState(state []byte) error { return m.setState(state, m.restore) }

func (m *LevenbergMarquardt) restore(state []byte) error {
	r := m.open(marquardtState, state)
	lambda := r.float()
	g := progress{known: r.bool(), loss: r.float(), drop: r.float(), flat: r.int()}
	if r.err == nil && (!(lambda >= 0) || math.IsInf(lambda, 1)) {
		r.err = errors.New("the damping in the state is not a finite number")
	}
	if err := r.finish(); err != nil {
		return err
	}
	m.lambda, m.progress = lambda, g
	return nil
}

// Describe implements Describer.
func (m *LevenbergMarquardt) Describe() string { return marquardtName }
