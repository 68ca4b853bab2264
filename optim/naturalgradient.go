package optim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
)

// NaturalGradient is energy natural gradient descent (ENGD; Müller & Zeinhofer 2023, arXiv 2302.13163) for losses that are sums of
// squares. With L = ½‖s(θ)‖², J = ∂s/∂θ, of R residuals and P parameters:
//
//	φ = −(JᵀJ + λI)⁻¹∇L      θ ← θ + αφ      α the best of 1, ½, ¼, …, 2⁻³⁰
//
// JᵀJ is the Gram matrix of the tangent space in the energy's inner product, so that φ follows the function's gradient and not the
// parameters'; for a sum of squares it is the Gauss–Newton direction. Where R < P it is computed from R×R numbers, by the identity of
// Woodbury (Guzmán-Cordero, Dangel, Goldshlager & Zeinhofer 2025, arXiv 2505.12149, eq. 5):
//
//	φ = −Jᵀ(JJᵀ + λI)⁻¹s
//
// With Momentum μ the damping pulls towards the last step Δ = αφ, which the points of a new draw say little against (SPRING, eqs. 7
// and 8 there; see [SPRING]):
//
//	φ = argmin ‖s + Jφ‖² + λ‖φ − μΔ‖² = −(JᵀJ + λI)⁻¹(∇L − λμΔ) = μΔ − Jᵀ(JJᵀ + λI)⁻¹(s + μJΔ)
//
// λ is Damping times the trace of JᵀJ. After a step with α = 1 the next one takes a quarter of it, after a shorter one twice as
// much, up to Damping again. Where no α lowers the loss, Δ is dropped, then λ grows tenfold until there is one.
//
// The search goes down the grid from α = 1 and ends where a lower loss than L(θ) has been found and the next α does no better. On
// this package's Poisson problem, without momentum, that chose the same points as all 31 losses of the paper do, for a fifth of the evaluations.
//
// The straight step is the weakness of the method: the loss of a PINN is a narrow curved valley. [LevenbergMarquardt] bends its steps
// with the same matrix and was better on all three problems of testdata/problems on which both got anywhere (docs/evidence.md).
//
// The objective must implement [Residuals]; a solver's does when every constraint is a mean square. Where P and R are both above 5000
// the systems are solved as LevenbergMarquardt does, by iteration with a sample of the rows as preconditioner, to a hundredth; memory is
// the same too. It suits fixed points, or points that are redrawn now and then. The loss of a fixed objective never rises.
//
// Departures: with Sketch a step stays in the subspace of the Nyström approximation (see [LevenbergMarquardt]), where the paper adds the
// rest with 1/λ. The paper inverts JᵀJ by least squares, that is, up to rounding; the default λ is near that. Its momentum is the
// direction φ; the step that was taken, αφ, ended at losses a hundred times smaller on the Poisson problem with μ = 0.9.
//
// A restored method continues bit for bit. The zero value is ready for use. It must not be copied after Init.
type NaturalGradient struct {
	// Damping is λ in units of the trace of JᵀJ; 0 means 1e-12.
	Damping float64
	// Momentum is μ, in [0, 1).
	Momentum float64
	// GradTol stops when max|∂L/∂θ_i| is at most this. 0 stops only at a gradient of exactly 0, or at round-off.
	GradTol float64
	// MaxTrials bounds the values of λ of one step; 0 means 30.
	MaxTrials int
	// Sketch is the number of random directions of a step, as in LevenbergMarquardt; 0 means all.
	Sketch int
	// Seed is the root of the directions' streams, as in LevenbergMarquardt.
	Seed uint64
	// Workers is as in SSBroyden.
	Workers int

	gaussNewton // d is φ
	inertia
	strength float64 // λ of the next step in units of Damping; 1 at first
}

const (
	naturalName = "NaturalGradient"
	gridLength  = 31 // step lengths 1, ½, …, 2⁻³⁰
)

func (m *NaturalGradient) damping() float64 { return cmp.Or(m.Damping, 1e-12) }

// Init implements Method.
func (m *NaturalGradient) Init(params []Param) error {
	if err := checkNatural(naturalName, m.Damping, m.Momentum, m.Sketch, m.Workers); err != nil {
		return err
	}
	switch {
	case !(m.GradTol >= 0):
		return fmt.Errorf("optim: %s: GradTol %v; it must be a number that is not negative", naturalName, m.GradTol)
	case m.MaxTrials < 0:
		return fmt.Errorf("optim: %s: MaxTrials %d; it must not be negative", naturalName, m.MaxTrials)
	}
	m.lend(m.Workers)
	m.sketched.rank, m.sketched.seed = m.Sketch, m.Seed
	return m.init(params, m.fresh, m.restore)
}

// checkNatural checks the settings that NaturalGradient and SPRING share.
func checkNatural(name string, damping, momentum float64, sketch, workers int) error {
	switch {
	case !(damping >= 0) || math.IsInf(damping, 1):
		return fmt.Errorf("optim: %s: Damping %v; it must be a finite number that is not negative", name, damping)
	case !(momentum >= 0 && momentum < 1):
		return fmt.Errorf("optim: %s: Momentum %v; it must be in [0, 1)", name, momentum)
	case sketch < 0:
		return fmt.Errorf("optim: %s: Sketch %d; it must not be negative", name, sketch)
	case workers < 0:
		return fmt.Errorf("optim: %s: Workers %d; it must not be negative", name, workers)
	}
	return nil
}

// fresh makes the state for a new layout.
func (m *NaturalGradient) fresh() error {
	m.reset()
	m.inertia.fresh(m.layout.n)
	m.strength = 1
	return nil
}

// Check implements Checker.
func (m *NaturalGradient) Check(ctx context.Context, f Objective) error {
	return checkSquares(ctx, naturalName, m.layout.n, f)
}

// Step implements Method.
func (m *NaturalGradient) Step(ctx context.Context, f Objective, theta []float64) (float64, error) {
	r, a, loss, err := m.enter(ctx, naturalName, f, theta, m.GradTol)
	if a == nil || err != nil {
		return loss, err
	}
	m.matrixFree.tolerance = 0.01 // no correction mends what a solve leaves, so it must be better than LevenbergMarquardt's
	t, err := m.search(ctx, r, a, loss)
	if err != nil {
		return loss, err
	}
	m.note(m.best, theta)
	m.strength = t.next
	m.accept(theta, loss, t.loss)
	return loss, nil
}

// search tries values of λ and leaves the first point with a lower loss in m.best. It changes nothing that a repeated step
// would see. What it accepts tells in next the strength of the damping of the next step.
func (m *NaturalGradient) search(ctx context.Context, f Residuals, a damped, loss float64) (accepted, error) {
	unit, least := a.trace()*m.damping(), a.floor(f)
	lambda := max(unit*m.strength, least)
	if lambda == 0 {
		lambda = 1 // J = 0: the negative gradient
	}
	for range cmp.Or(m.MaxTrials, 30) {
		ok, err := a.factorize(ctx, f, lambda)
		if err != nil {
			return accepted{}, err
		}
		for mu := m.Momentum; ok; mu = 0 {
			if err := m.direction(ctx, f, a, m.d, m.s, mu); err != nil {
				return accepted{}, err
			}
			l, alpha, err := m.walk(ctx, f, loss)
			if err != nil {
				return accepted{}, err
			}
			if l < loss {
				return accepted{l, m.steer(lambda/unit, least/unit, alpha)}, nil
			}
			if mu == 0 || !m.moving {
				break
			}
		}
		if lambda *= 10; !finite(lambda) {
			break
		}
	}
	return accepted{}, m.converged(naturalName, DampingLimit, loss)
}

// steer is the strength of the damping after a step of length α with the given one.
func (m *NaturalGradient) steer(strength, least, alpha float64) float64 {
	switch {
	case !finite(strength) || !finite(least):
		return 1 // J = 0
	case alpha == 1 && strength <= 1:
		return max(strength/4, least)
	case strength < 1:
		return min(2*strength, 1)
	}
	return max(strength/10, 1)
}

// walk goes down the grid of step lengths and leaves the best point in m.best, if its loss is below the given one. It returns the
// loss there, +Inf where there is none, and its α.
func (m *NaturalGradient) walk(ctx context.Context, f Objective, loss float64) (l, alpha float64, err error) {
	l = math.Inf(1)
	for k := range gridLength {
		a := math.Ldexp(1, -k)
		for i, d := range m.d {
			m.x[i] = m.at[i] + a*d
		}
		if firstNonFinite(m.x) >= 0 {
			continue
		}
		now, err := f.Loss(ctx, m.x)
		if err != nil {
			return l, 0, err
		}
		if finite(now) && now < l {
			l, alpha = now, a
			m.best, m.x = m.x, m.best
		} else if l < loss {
			break
		}
	}
	if !(l < loss) {
		return math.Inf(1), 0, nil
	}
	// The gradient there must exist; the solver's next step asks for it anyway.
	if l, err = f.Grad(ctx, m.x, m.best); err != nil {
		return l, 0, err
	}
	if !finite(l) || firstNonFinite(m.x) >= 0 {
		return math.Inf(1), 0, nil
	}
	return l, alpha, nil
}

const naturalState = "optim.NaturalGradient/1"

// State implements Stateful: λ, what is known of progress, how many samples were drawn, and the last step.
func (m *NaturalGradient) State() ([]byte, error) {
	w, pending, err := m.begin(naturalState)
	if w == nil {
		return pending, err
	}
	w.float(m.strength)
	m.progress.save(w)
	w.uint(m.matrixFree.draw)
	m.inertia.save(w)
	return w.b, nil
}

// SetState implements Stateful.
func (m *NaturalGradient) SetState(state []byte) error { return m.setState(state, m.restore) }

func (m *NaturalGradient) restore(state []byte) error {
	r := m.open(naturalState, state)
	strength := r.float()
	g := loadProgress(r)
	draw := r.uint()
	adopt := m.inertia.load(r, m.layout.n)
	if r.err == nil && (!(strength > 0) || math.IsInf(strength, 1)) {
		r.err = errors.New("the damping in the state is not a positive number")
	}
	if err := r.finish(); err != nil {
		return err
	}
	m.strength, m.progress, m.matrixFree.draw = strength, g, draw
	adopt()
	return nil
}

// Describe implements Describer.
func (m *NaturalGradient) Describe() string {
	return fmt.Sprintf("%s(damping %g, momentum %g)", naturalName, m.damping(), m.Momentum)
}
