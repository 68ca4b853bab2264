package optim

import (
	"context"
	"fmt"
	"math"
)

// NNCG is Newton's method with conjugate gradients and a Nyström preconditioner, NysNewton-CG of Rathore, Lei, Frangella, Lu &
// Udell (2024, arXiv 2402.01868, Algorithms 4 to 7):
//
//	(∇²L(θ) + μI)·d = ∇L(θ)      θ ← θ − α·d
//
// The system is solved by conjugate gradients on exact products with the Hessian ([Curved]), begun at the last step's d where that is
// better than 0; α is the first of 1, β, β², … with L(θ − αd) ≤ L(θ) − c·α·∇Lᵀd, c = 0.1, β = 0.5. Every Every steps the
// preconditioner is made anew from Rank products with random directions. The paper uses it after Adam and L-BFGS, where the loss is
// flat in most directions and steep in few.
//
// A step costs Iters products at most, each about three gradients, so up to three hundred times as much as a step of [SSBroyden]. It
// keeps 2·Rank·P numbers. At equal time SSBroyden has been better wherever we compared them (docs/evidence.md).
//
// Departures from the paper: conjugate gradients end at a residual of Tol·‖∇L‖, where the paper's tolerance 1e-16 always takes all
// of 1000 iterations (with a Tol of 0.1 and 100 of them the same time led further); they end too where ∇²L + μI is found not to be positive definite, with what they have by then, or, at the first iteration,
// with the preconditioned gradient; μ is divided by 3 after a step of full length and multiplied by 3 after one that was
// halved twice or more, unless Fixed; the preconditioner takes negative curvature off (see the source); when no α leads lower,
// the negative gradient is tried, and when that does not, Step returns an error that wraps [ErrConverged].
//
// Directions are drawn from the stream "optim/nncg/<step>" of Seed. The loss of a fixed objective never rises. The zero value is ready for
// use. It must not be copied after Init.
type NNCG struct {
	// Damping is μ at the start; 0 means 1e-2.
	Damping float64
	// Fixed keeps μ, as the paper does.
	Fixed bool
	// Rank is the number of directions of the preconditioner, at most P; 0 means 60.
	Rank int
	// Every is the number of steps that a preconditioner is kept; 0 means 20.
	Every int
	// Iters bounds the iterations of one system; 0 means 100. The paper has 1000.
	Iters int
	// Tol ends the iterations at a residual of Tol·‖∇L‖; 0 means 0.1.
	Tol float64
	// GradTol stops when max|∂L/∂θ_i| is at most this. 0 stops only at a gradient of exactly 0, or at round-off.
	GradTol float64
	// MaxTrials bounds the evaluations of one line search; 0 means 30.
	MaxTrials int
	// Seed is the root of the random directions.
	Seed uint64

	resumable
	steps    int
	mu       float64
	progress progress
	last     []float64 // the last step's d
	sketch   nystrom
	sketched bool // there is a preconditioner

	grad, trial, d, r, z, p, ap []float64
	c                           []float64
	wide                        wide
}

const (
	nncgName    = "NNCG"
	armijoC     = 0.1
	armijoBeta  = 0.5
	dampingRate = 3
	leastMu     = 1e-14
	mostMu      = 1e10
)

// Init implements Method.
func (m *NNCG) Init(params []Param) error {
	for name, v := range map[string]float64{"Damping": m.Damping, "Tol": m.Tol, "GradTol": m.GradTol} {
		if !(v >= 0) || math.IsInf(v, 0) {
			return fmt.Errorf("optim: %s: %s %v; it must be a number that is not negative", nncgName, name, v)
		}
	}
	for name, v := range map[string]int{"Rank": m.Rank, "Every": m.Every, "Iters": m.Iters, "MaxTrials": m.MaxTrials} {
		if v < 0 {
			return fmt.Errorf("optim: %s: %s %d; it must not be negative", nncgName, name, v)
		}
	}
	return m.init(params, m.fresh, m.restore)
}

func (m *NNCG) fresh() error {
	n := m.layout.n
	m.forget()
	for _, v := range []*[]float64{&m.last, &m.grad, &m.trial, &m.d, &m.r, &m.z, &m.p, &m.ap} {
		*v = make([]float64, n)
	}
	return nil
}

// Reset forgets all steps, so that the next begins with a preconditioner of its own and the first damping.
func (m *NNCG) Reset() {
	m.pending = nil
	m.forget()
}

func (m *NNCG) forget() {
	m.steps, m.mu, m.progress, m.sketched = 0, valueOr(m.Damping, 1e-2), progress{}, false
	clear(m.last)
	m.sketch.drop()
}

func valueOr[T int | float64](v, def T) T {
	if v == 0 {
		return def
	}
	return v
}

// Check implements Checker.
func (m *NNCG) Check(_ context.Context, f Objective) error {
	if err := checkCurved(f); err != nil {
		return fmt.Errorf("optim: %s: %w", nncgName, err)
	}
	return nil
}

// Step implements Method.
func (m *NNCG) Step(ctx context.Context, f Objective, theta []float64) (float64, error) {
	if err := m.layout.check(nncgName, theta); err != nil {
		return math.NaN(), err
	}
	if err := ctx.Err(); err != nil {
		return math.NaN(), err
	}
	if err := m.Check(ctx, f); err != nil {
		return math.NaN(), err
	}
	h := f.(Curved)
	loss, err := f.Grad(ctx, m.grad, theta)
	if err != nil {
		return loss, err
	}
	if err := entryError(nncgName, loss, m.grad); err != nil {
		return loss, err
	}
	if normInf(m.grad) <= m.GradTol {
		return loss, m.converged(GradientTolerance, loss)
	}
	if m.progress.enter(loss); m.progress.flat >= flatSteps {
		return loss, m.converged(RoundOff, loss)
	}
	m.wide.pool = poolOf(f)
	if err := m.direct(ctx, h, theta); err != nil {
		return loss, err
	}
	slope := m.wide.dot(m.grad, m.d)
	if !(slope > 0) || math.IsInf(slope, 0) {
		m.steepest()
		slope = m.wide.dot(m.grad, m.d)
	}
	for {
		halvings, after, ok, err := m.search(ctx, f, theta, loss, slope)
		if err != nil {
			return loss, err
		}
		if ok {
			m.accept(theta, loss, after, halvings)
			return loss, nil
		}
		if m.isSteepest() {
			return loss, m.converged(NoProgress, loss)
		}
		m.steepest()
		slope = m.wide.dot(m.grad, m.d)
	}
}

// search looks for α and leaves θ − αd in m.trial.
func (m *NNCG) search(ctx context.Context, f Objective, theta []float64, loss, slope float64) (halvings int, after float64, ok bool, err error) {
	alpha := 1.0
	for halvings = range valueOr(m.MaxTrials, 30) {
		for i, v := range theta {
			m.trial[i] = v - alpha*m.d[i]
		}
		if firstNonFinite(m.trial) < 0 {
			if err := ctx.Err(); err != nil {
				return 0, 0, false, err
			}
			if after, err = f.Loss(ctx, m.trial); err != nil {
				return 0, 0, false, err
			}
			// −Inf is no loss, and a decrease that rounding swallows is no decrease, unless the loss stands still.
			if finite(after) && after <= loss-armijoC*alpha*slope {
				return halvings, after, true, nil
			}
		}
		alpha *= armijoBeta
	}
	return 0, 0, false, nil
}

func (m *NNCG) accept(theta []float64, loss, after float64, halvings int) {
	copy(theta, m.trial)
	copy(m.last, m.d)
	m.progress.note(loss, after)
	m.steps++
	if !m.Fixed {
		switch {
		case halvings == 0:
			m.mu = max(m.mu/dampingRate, leastMu)
		case halvings > 1:
			m.mu = min(m.mu*dampingRate, mostMu)
		}
	}
}

func (m *NNCG) converged(r Reason, loss float64) error {
	return &ConvergedError{Method: nncgName, Reason: r, Loss: loss, Grad: normInf(m.grad)}
}

// Describe implements Describer.
func (m *NNCG) Describe() string {
	return fmt.Sprintf("NNCG(damping %g, rank %d, every %d steps)", valueOr(m.Damping, 1e-2), valueOr(m.Rank, 60), valueOr(m.Every, 20))
}
