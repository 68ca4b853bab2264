package optim

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/crux-pinn/crux/internal/seed"
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

// direct computes d, with a new preconditioner where one is due. What it changes of the state it would write again, were the step
// to fail and be taken again.
func (m *NNCG) direct(ctx context.Context, f Curved, theta []float64) error {
	n, rank := len(theta), valueOr(m.Rank, 60)
	if !m.sketched || m.steps%valueOr(m.Every, 20) == 0 {
		m.sketched = false
		rng := seed.Stream(m.Seed, fmt.Sprintf("optim/nncg/%d", m.steps))
		ok, err := m.sketch.sketch(ctx, n, rank, rng, m.wide.pool, func(ctx context.Context, dst, v []float64) error {
			return f.HVP(ctx, dst, v, theta)
		})
		if err != nil {
			return err
		}
		if !ok {
			m.sketch.drop()
		}
		m.sketched = true
	}
	if m.sketch.u != nil {
		m.sketch.u.pool = m.wide.pool
	}
	if len(m.c) < rank {
		m.c = make([]float64, rank)
	}
	return m.solve(ctx, f, theta)
}

// solve is the method of conjugate gradients for A·d = ∇L, A = ∇²L + μI.
func (m *NNCG) solve(ctx context.Context, f Curved, theta []float64) error {
	times := func(dst, v []float64) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f.HVP(ctx, dst, v, theta); err != nil {
			return err
		}
		m.wide.axpy(m.mu, v, dst)
		return nil
	}
	copy(m.r, m.grad)
	clear(m.d)
	iterated := false
	if m.steps > 0 {
		// The last d lowers the model ½dᵀAd − ∇Lᵀd, by as much as a multiple of it can.
		if err := times(m.ap, m.last); err != nil {
			return err
		}
		curve, along := m.wide.dot(m.last, m.ap), m.wide.dot(m.last, m.grad)
		if a := along / curve; curve > 0 && along > 0 && finite(a) {
			copy(m.d, m.last)
			scale(a, m.d)
			m.wide.axpy(-a, m.ap, m.r)
		}
	}
	m.sketch.precondition(m.z, m.r, m.c, m.mu)
	copy(m.p, m.z)
	rz := m.wide.dot(m.r, m.z)
	enough := valueOr(m.Tol, 0.1) * norm2(m.grad)
	for range valueOr(m.Iters, 100) {
		if !(norm2(m.r) > enough) {
			break
		}
		if err := times(m.ap, m.p); err != nil {
			return err
		}
		curve := m.wide.dot(m.p, m.ap)
		a := rz / curve
		if !(curve > 0) || !finite(a) {
			if !iterated { // the multiple of the last d alone would repeat itself for ever beside a saddle
				copy(m.d, m.p) // the preconditioned residual
			}
			break
		}
		iterated = true
		m.wide.axpy(a, m.p, m.d)
		m.wide.axpy(-a, m.ap, m.r)
		m.sketch.precondition(m.z, m.r, m.c, m.mu)
		next := m.wide.dot(m.r, m.z)
		scale(next/rz, m.p)
		axpy(1, m.z, m.p)
		rz = next
	}
	return nil
}

// steepest makes d the gradient, no longer than 1.
func (m *NNCG) steepest() {
	copy(m.d, m.grad)
	scale(min(1, 1/norm2(m.grad)), m.d)
}

// isSteepest tells whether steepest would change nothing.
func (m *NNCG) isSteepest() bool {
	c := min(1, 1/norm2(m.grad))
	for i, g := range m.grad {
		if m.d[i] != c*g {
			return false
		}
	}
	return true
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

const nncgState = "optim.NNCG/1"

// State implements Stateful. It holds the preconditioner: 8·Rank·P bytes.
func (m *NNCG) State() ([]byte, error) {
	w, pending, err := m.begin(nncgState)
	if w == nil {
		return pending, err
	}
	w.int(m.steps)
	w.float(m.mu)
	m.progress.save(w)
	w.floats(m.last)
	w.bool(m.sketched)
	w.floats(m.sketch.value)
	if len(m.sketch.value) > 0 {
		w.floats(m.sketch.u.q[:len(m.sketch.value)*m.layout.n])
	}
	return w.b, nil
}

// SetState implements Stateful.
func (m *NNCG) SetState(state []byte) error { return m.setState(state, m.restore) }

func (m *NNCG) restore(state []byte) error {
	r := m.open(nncgState, state)
	n := m.layout.n
	steps, mu := r.int(), r.float()
	g := loadProgress(r)
	last, sketched, value := r.vector(n), r.bool(), r.floats()
	var q []float64
	d := len(value)
	if d > 0 && r.err == nil {
		switch {
		case d > n:
			r.err = errors.New("the state holds more directions than parameters")
		default:
			q = r.vector(d * n)
		}
	}
	if r.err == nil && !(mu > 0 && finite(mu)) {
		r.err = fmt.Errorf("the state holds the damping %v", mu)
	}
	if err := r.finish(); err != nil {
		return err
	}
	m.steps, m.mu, m.progress, m.last, m.sketched = steps, mu, g, last, sketched
	m.sketch.drop()
	if d > 0 {
		s := min(valueOr(m.Rank, 60), n)
		m.sketch.u, m.sketch.omega = newBasis(n, max(s, d)), newBasis(n, max(s, d))
		m.sketch.u.d = d
		copy(m.sketch.u.q, q)
		m.sketch.value = value
		m.c = make([]float64, max(s, d))
	}
	return nil
}
