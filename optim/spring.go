package optim

import (
	"cmp"
	"context"
	"fmt"
	"math"
)

// SPRING is the natural gradient with momentum and without a line search, for points that are drawn anew at every step (Goldshlager,
// Abrahamsen & Lin 2024, arXiv 2401.10190; for PINNs Guzmán-Cordero, Dangel, Goldshlager & Zeinhofer 2025, arXiv 2505.12149, Algorithm
// 1). With L = ½‖s(θ)‖², J = ∂s/∂θ on the points of the step:
//
//	φ ← argmin ‖s + Jφ′‖² + λ‖φ′ − μφ‖² = μφ − Jᵀ(JJᵀ + λI)⁻¹(s + μJφ)      θ ← θ + φ·min(η, C/‖φ‖)
//
// Each draw of points corrects the direction found so far where it has something to say, as Kaczmarz' method corrects a
// solution equation by equation; what many draws agree on adds up. With fewer parameters P than residuals R the same φ is
// computed from JᵀJ.
//
// Loss and gradient are not compared from step to step, so that a loss that changes with its points does no harm, but nothing keeps
// it from rising either. [LevenbergMarquardt] went further even so: on 200 points of a Poisson problem drawn anew at each of 500 steps
// to an error of 6e-11, SPRING to 9e-8, Adam in the same time to 2e-5 (docs/evidence.md).
//
// The objective must implement [Residuals]; a solver's does when every constraint is a mean square. Where P and R are both above 5000
// φ is found by iteration to a tenth, with a sample of the rows as preconditioner (see [LevenbergMarquardt]).
//
// Departures: C is ten times the √1e-3 of the first paper, whose networks begin trained; from a random start steps of that
// length get nowhere in a hundred. λ is in units of the trace of JᵀJ, so that a weight on the loss changes nothing. The
// bias correction that the second paper adds, 1/√(1 − μ²ᵏ), is left out: φ is a whole Gauss–Newton step from the first k on and no
// mean that begins at 0. With μ = 0.99 it would make the first one seven times as long.
//
// A restored method continues bit for bit. The zero value is ready for use. It must not be copied after Init.
type SPRING struct {
	LR       Schedule // η; nil means Constant(0.2). About 2(1 − μ) is a good choice, and 1 with μ = 0.9 can diverge
	Damping  float64  // λ in units of the trace of JᵀJ; 0 means 1e-8
	Momentum float64  // μ, in [0, 1); 0 means 0.9. NaturalGradient is the method without
	Norm     float64  // C, the largest length of a step; 0 means 0.3
	Sketch   int      // as in LevenbergMarquardt
	Seed     uint64   // as in LevenbergMarquardt
	Workers  int      // as in SSBroyden

	resumable
	step int // steps taken
	inertia

	linearised
	d, x []float64 // φ and the point it leads to
}

const springName = "SPRING"

func (m *SPRING) damping() float64  { return cmp.Or(m.Damping, 1e-8) }
func (m *SPRING) momentum() float64 { return cmp.Or(m.Momentum, 0.9) }
func (m *SPRING) norm() float64     { return cmp.Or(m.Norm, 0.3) }

// Init implements Method.
func (m *SPRING) Init(params []Param) error {
	if err := checkNatural(springName, m.Damping, m.Momentum, m.Sketch, m.Workers); err != nil {
		return err
	}
	if !(m.Norm >= 0) {
		return fmt.Errorf("optim: %s: Norm %v; it must be a number that is not negative", springName, m.Norm)
	}
	m.lend(m.Workers)
	m.sketched.rank, m.sketched.seed = m.Sketch, m.Seed
	return m.init(params, m.fresh, m.restore)
}

// fresh makes the state for a new layout.
func (m *SPRING) fresh() error {
	n := m.layout.n
	m.step = 0
	m.linearised.fresh(n)
	m.inertia.fresh(n)
	m.d, m.x = make([]float64, n), make([]float64, n)
	return nil
}

// Check implements Checker.
func (m *SPRING) Check(ctx context.Context, f Objective) error {
	return checkSquares(ctx, springName, m.layout.n, f)
}

// Step implements Method.
func (m *SPRING) Step(ctx context.Context, f Objective, theta []float64) (float64, error) {
	if err := m.layout.check(springName, theta); err != nil {
		return math.NaN(), err
	}
	if err := ctx.Err(); err != nil {
		return math.NaN(), err
	}
	eta := m.LearningRate()
	if !(eta >= 0) || math.IsInf(eta, 1) {
		return math.NaN(), fmt.Errorf("optim: %s: step %d: learning rate %v; it must be a finite number that is not negative", springName, m.step, eta)
	}
	if m.layout.n == 0 {
		return f.Loss(ctx, theta)
	}
	if err := m.Check(ctx, f); err != nil {
		return math.NaN(), err
	}
	r := f.(Residuals)
	m.matrixFree.draw = uint64(m.step)
	a, loss, err := m.linearise(ctx, springName, r, theta)
	if err != nil {
		return loss, err
	}
	m.matrixFree.tolerance = 0.1
	if err := m.solve(ctx, r, a); err != nil {
		return loss, err
	}
	if length := norm2(m.d); length > 0 {
		eta = min(eta, m.norm()/length)
	}
	for i, d := range m.d {
		m.x[i] = theta[i] + eta*d
	}
	if i := firstNonFinite(m.x); i >= 0 {
		return loss, fmt.Errorf("optim: %s: step %d: the update makes θ[%d] = %v of %v: %w; raise the damping", springName, m.step, i, m.x[i], theta[i], ErrNonFinite)
	}
	copy(theta, m.x)
	copy(m.last, m.d)
	m.moving = true
	m.step++
	return loss, nil
}

// solve writes φ to m.d. λ grows tenfold where rounding has left JᵀJ + λI indefinite.
func (m *SPRING) solve(ctx context.Context, r Residuals, a damped) error {
	lambda := max(m.damping()*a.trace(), a.floor(r))
	if lambda == 0 {
		lambda = 1 // J = 0
	}
	for {
		ok, err := a.factorize(ctx, r, lambda)
		if err != nil {
			return err
		}
		if ok {
			return m.direction(ctx, r, a, m.d, m.s, m.momentum())
		}
		if lambda *= 10; !finite(lambda) {
			return fmt.Errorf("optim: %s: step %d: JᵀJ + λI has no factorisation for any λ: %w", springName, m.step, ErrNonFinite)
		}
	}
}

// LearningRate implements Rated.
func (m *SPRING) LearningRate() float64 { return rateOr(m.LR, 0.2)(m.step) }

const springState = "optim.SPRING/1"

// State implements Stateful: the number of steps and φ.
func (m *SPRING) State() ([]byte, error) {
	w, pending, err := m.begin(springState)
	if w == nil {
		return pending, err
	}
	w.int(m.step)
	m.inertia.save(w)
	return w.b, nil
}

// SetState implements Stateful.
func (m *SPRING) SetState(state []byte) error { return m.setState(state, m.restore) }

func (m *SPRING) restore(state []byte) error {
	r := m.open(springState, state)
	step := r.int()
	adopt := m.inertia.load(r, m.layout.n)
	if err := r.finish(); err != nil {
		return err
	}
	m.step = step
	adopt()
	return nil
}

// Describe implements Describer.
func (m *SPRING) Describe() string {
	return fmt.Sprintf("%s(learning rate %.3g, damping %g, momentum %g, norm %.3g)", springName, m.LearningRate(), m.damping(), m.momentum(), m.norm())
}
