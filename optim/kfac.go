package optim

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/crux-pinn/crux/optim/internal/kron"
	"github.com/crux-pinn/crux/optim/internal/vec"
)

// KFAC is the Gauss–Newton method with Kronecker-factored curvature (Martens & Grosse 2015, arXiv 1503.05671) in the form of Dangel,
// Müller & Zeinhofer (2024, arXiv 2405.15603) for physics-informed networks, for networks too wide for [LevenbergMarquardt]. A layer z = xW
// + b meets every point several times, once with each Taylor coefficient c of x, and its part of JᵀJ is approximated by one Kronecker
// product for each constraint i:
//
//	G_k = Σ_c x_c d_cᵀ    (JᵀJ)[W,b] = Σ_k s_k² vec(G_k)vec(G_k)ᵀ ≈ Σ_i A_i ⊗ B_i    (see [Averaging])
//
// d_c being the derivatives of the residual of point k with respect to z_c. M, made of these, is inverted by eigenvectors, and a step minimises
// the quadratic model with the exact JᵀJ in the space of three directions, as the paper's KFAC* does in that of two:
//
//	Δ₁ = −(M + λI)⁻¹∇L    Δ₂ = −(M + λ′I)⁻¹∇L    δ the last step
//	min over α₁, α₂, μ of ∇Lᵀp + ½‖Jp‖²    p = α₁Δ₁ + α₂Δ₂ + μδ    θ ← θ + t·p
//
// where t is the first of 1, ⅓, ⅑, … that lowers the loss. λ′ is 10λ and λ/10 by turns, and the next λ is the one of the two whose
// direction, together with δ, lowers the model most. A step costs three products with J and a gradient for each t, about 3 gradients in all, and
// every few steps that of the factors, about 4, and of their eigenvectors.
//
// A sum of Kronecker products is reduced to two, the largest and the rest, which the generalised eigenvectors of the pairs A₁, A₂ + επI
// and B₁, B₂ + εI/π make diagonal, ε² = λ; λ can then change only when the factors do. Parameters in no layer, such as trainable scalars,
// and small layers get exact blocks of JᵀJ with their neighbours. Where that would be too large, as for weights that one residual
// uses at two places, or with sides above 2048, it is the diagonal.
//
// The objective must have [Factors]; a solver's does when every constraint is a mean square.
//
// Departures from the paper: the factors are partial traces, unless Averaging says otherwise; the second direction and the choice of λ by the model, which there is fixed; the search for t; factors are not
// averaged over steps unless Decay says so, as they are computed from all points; and the exact blocks.
//
// The loss of a fixed objective never rises. The zero value is ready for use. It must not be copied after Init.
type KFAC struct {
	// Damping is the first λ in units of the mean eigenvalue of JᵀJ; 0 means 0.1.
	Damping float64
	// Every is the number of steps between two computations of the factors; 0 means 10.
	Every int
	// Decay is what remains of old factors when new ones are computed, A ← Decay·A + (1−Decay)·A_new; 0 means nothing.
	Decay float64
	// Exact is the largest number of parameters that get an exact block; 0 means 1024. Negative means none.
	Exact int
	// Averaging is how the factors are made; the zero value is Traces.
	Averaging Averaging
	// GradTol stops when max|∂L/∂θ_i| is at most this. 0 stops only at a gradient of exactly 0, or at round-off.
	GradTol float64
	// MaxTrials bounds the values of t of one step; 0 means 30.
	MaxTrials int
	// Workers is as in SSBroyden.
	Workers int

	resumable
	age       int        // steps taken
	lambda    float64    // of the next step; 0 before the first
	pair      [2]float64 // λ and λ′ that the bases were made for
	delta     []float64  // the last step; nil before the first
	progress  progress
	now, next *blocks     // M, and the one that is being made
	saved     [][]float64 // the numbers of M in a restored state

	lent, pool   Pool // where the objective lends none, and that of the step
	g, at, x, gx []float64
	space        kron.Subspace
}

const (
	kfacName    = "KFAC"
	kfacSpread  = 10   // λ′/λ, or λ/λ′
	kfacShorter = 3    // t/t of the next trial
	mostSide    = 2048 // of a layer with Kronecker factors: eigenvectors take half a minute
)

// Init implements Method.
func (m *KFAC) Init(params []Param) error {
	switch {
	case !(m.Damping >= 0) || math.IsInf(m.Damping, 1):
		return fmt.Errorf("optim: %s: Damping %v; it must be a finite number that is not negative", kfacName, m.Damping)
	case m.Every < 0:
		return fmt.Errorf("optim: %s: Every %d; it must not be negative", kfacName, m.Every)
	case !(m.Decay >= 0 && m.Decay < 1):
		return fmt.Errorf("optim: %s: Decay %v; it must be at least 0 and below 1", kfacName, m.Decay)
	case m.Averaging != Traces && m.Averaging != Expand:
		return fmt.Errorf("optim: %s: Averaging %d; there are Traces and Expand", kfacName, m.Averaging)
	case !(m.GradTol >= 0):
		return fmt.Errorf("optim: %s: GradTol %v; it must be a number that is not negative", kfacName, m.GradTol)
	case m.MaxTrials < 0:
		return fmt.Errorf("optim: %s: MaxTrials %d; it must not be negative", kfacName, m.MaxTrials)
	case m.Workers < 0:
		return fmt.Errorf("optim: %s: Workers %d; it must not be negative", kfacName, m.Workers)
	}
	m.lent = crew(m.Workers)
	return m.init(params, m.fresh, m.restore)
}

// fresh makes the state for a new layout. The factors are made by the first step.
func (m *KFAC) fresh() error {
	m.age, m.lambda, m.pair, m.delta, m.progress = 0, 0, [2]float64{}, nil, progress{}
	m.now, m.next, m.saved = nil, nil, nil
	for _, v := range []*[]float64{&m.g, &m.at, &m.x, &m.gx} {
		*v = make([]float64, m.layout.n)
	}
	m.space = kron.Subspace{}
	return nil
}

// Info implements Method.
func (m *KFAC) Info(f Objective) Info {
	info := about(kfacName)
	info.Err = m.check(f)
	return info
}

func (m *KFAC) check(f Objective) error {
	if err := f.squares(kfacName); err != nil {
		return err
	}
	if f.Squares.Factors == nil {
		return fmt.Errorf("optim: %s: %w", kfacName, errNoFactors)
	}
	if _, err := f.Squares.Factors.Layers(); err != nil {
		return fmt.Errorf("optim: %s: %w", kfacName, err)
	}
	return nil
}

// Step implements Method.
func (m *KFAC) Step(ctx context.Context, f Objective, theta []float64) (float64, error) {
	if err := m.layout.check(kfacName, theta); err != nil {
		return math.NaN(), err
	}
	if err := ctx.Err(); err != nil {
		return math.NaN(), err
	}
	if m.layout.n == 0 {
		return f.Loss(ctx, theta)
	}
	if err := m.divide(f); err != nil {
		return math.NaN(), err
	}
	copy(m.at, theta)
	loss, err := f.Grad(ctx, m.g, m.at)
	if err != nil {
		return loss, err
	}
	if err := entryError(kfacName, loss, m.g); err != nil {
		return loss, err
	}
	if vec.NormInf(m.g) <= m.GradTol {
		return loss, m.converged(GradientTolerance, loss)
	}
	if m.progress.enter(loss); m.progress.flat >= flatSteps {
		return loss, m.converged(RoundOff, loss)
	}
	every := m.Every
	if every == 0 {
		every = 10
	}
	due := m.age%every == 0 || m.now.Trace == 0
	for {
		next, err := m.try(ctx, f, loss, due, m.age/every%2 == 0)
		if err != nil {
			return loss, err
		}
		if next.loss < loss {
			m.accept(theta, loss, next)
			return loss, nil
		}
		if due {
			return loss, m.converged(NoProgress, loss)
		}
		due = true // with factors of this point
	}
}

// divide checks the objective and divides the parameters into blocks.
func (m *KFAC) divide(f Objective) error {
	m.pool = f.lends(m.lent)
	if q := f.Squares; q != nil && q.Factors != nil && m.now != nil && m.now.constraints == q.Factors.Constraints {
		return nil
	}
	if err := m.check(f); err != nil {
		return err
	}
	r := f.Squares.Factors
	layers, err := r.Layers()
	if err != nil {
		return err
	}
	most := m.Exact
	if most == 0 {
		most = 1024
	}
	m.now, m.next = newBlocks(m.layout.params, layers, r.Constraints, max(most, 0)), newBlocks(m.layout.params, layers, r.Constraints, max(most, 0))
	if m.now.Take(m.saved) {
		if err := m.now.Decompose(m.pool, m.pair); err != nil {
			return fmt.Errorf("optim: %s: %w", kfacName, err)
		}
	}
	m.saved = nil
	return nil
}

// accept makes the step.
func (m *KFAC) accept(theta []float64, loss float64, to moved) {
	if m.delta == nil {
		m.delta = make([]float64, len(theta))
	}
	for i, x := range m.x {
		m.delta[i] = x - theta[i]
	}
	copy(theta, m.x)
	if to.by == m.next {
		m.now, m.next = m.next, m.now
	}
	m.lambda, m.pair = to.lambda, to.pair
	m.age++
	m.progress.note(loss, to.loss)
}

func (m *KFAC) converged(r Reason, loss float64) error {
	return &ConvergedError{Method: kfacName, Reason: r, Loss: loss, Grad: vec.NormInf(m.g)}
}

const kfacState = "optim.KFAC/1"

// State implements Method: the factors, λ, the last step and what is known of progress.
func (m *KFAC) State() ([]byte, error) {
	w, pending, err := m.begin(kfacState)
	if w == nil {
		return pending, err
	}
	w.Int(m.age)
	for _, x := range []float64{m.lambda, m.pair[0], m.pair[1]} {
		w.Float(x)
	}
	w.Floats(m.delta)
	m.progress.save(w)
	numbers := m.saved
	if m.now != nil {
		numbers = m.now.Numbers()
	}
	w.Int(len(numbers))
	for _, x := range numbers {
		w.Floats(x)
	}
	return w.State(), nil
}

// SetState implements Method.
func (m *KFAC) SetState(state []byte) error { return m.setState(state, m.restore) }

func (m *KFAC) restore(state []byte) error {
	r := m.open(kfacState, state)
	age := r.Int()
	lambda, pair := r.Float(), [2]float64{r.Float(), r.Float()}
	delta := r.Floats()
	g := loadProgress(r)
	var saved [][]float64
	for range r.Int() {
		saved = append(saved, r.Floats())
		if r.Err != nil {
			break
		}
		if vec.FirstNonFinite(saved[len(saved)-1]) >= 0 {
			r.Err = errors.New("the factors in the state are not finite")
		}
	}
	if r.Err == nil {
		for _, x := range []float64{lambda, pair[0], pair[1]} {
			if !(x >= 0) || math.IsInf(x, 1) {
				r.Err = errors.New("the damping in the state is not a finite number")
			}
		}
		if len(delta) != 0 && len(delta) != m.layout.n || vec.FirstNonFinite(delta) >= 0 {
			r.Err = fmt.Errorf("the state holds no step of %d finite numbers", m.layout.n)
		}
	}
	if err := r.Finish(); err != nil {
		return err
	}
	if len(delta) == 0 {
		delta = nil
	}
	m.age, m.lambda, m.pair, m.delta, m.progress = age, lambda, pair, delta, g
	m.now, m.next, m.saved = nil, nil, saved
	return nil
}
