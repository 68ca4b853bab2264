package optim

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/crux-pinn/crux/optim/internal/normal"
	"github.com/crux-pinn/crux/optim/internal/saved"
	"github.com/crux-pinn/crux/optim/internal/vec"
)

// LevenbergMarquardt is the Gauss–Newton method with damping, for losses that are sums of squares (Levenberg 1944,
// Marquardt 1963), with corrections for the curvature of the residuals. With L = ½‖s(θ)‖², J = ∂s/∂θ:
//
//	(JᵀJ + λI)·δ₀ = −∇L      (JᵀJ + λI)·(δᵢ₊₁ − δᵢ) = −(Jᵀs(θ+δᵢ) + λδᵢ)      θ ← θ + δₖ
//
// One J and one factorisation serve all corrections; each costs about two gradients. The first is, to leading order, the geodesic
// acceleration −½(JᵀJ + λI)⁻¹Jᵀs″[δ₀,δ₀] of Transtrum & Sethna (2012, arXiv 1201.5885), without second derivatives; the others
// continue it, towards the point where Jᵀs(θ+δ) + λδ = 0. They bend the step along the valley floor: the loss of a PINN is a narrow
// curved valley, in which straight steps must be so short that the method creeps. On this package's Poisson problem steps
// with corrections end at a loss of 1e-19, more than three times as many without them at 1e-9 (TestPINN).
//
// λ follows the corrections: with q = ‖δ₁ − δ₀‖/‖δ₀‖, the rate at which they converge at first, the next step begins
// with λ·(q/¼)·(L(θ+δ)/L(θ))^¼, the first factor between 1/10 and 4. A step that does not lower the loss is tried again with λ
// multiplied by q/¼, at least by 4.
//
// Where there are fewer residuals R than parameters P, the same steps are computed from JJᵀ, R×R, by Woodbury's identity:
// without corrections that is the energy natural gradient of Müller & Zeinhofer (2023, arXiv 2302.13163) in its dual form. Two matrices
// of min(P, R)² numbers are kept. Near the end, where λ is below 1e-13 of the trace of JᵀJ, there are three more of them: the
// factorisation is then computed from J, as JᵀJ has lost the directions that are still to be found. For R ≥ P it comes in blocks of rows, and
// memory is then 40·P² bytes, 128 MB for blocks and at most 100 MB for those of the objective, whatever R is; for R < P all of J is kept,
// 40·R² + 8·R·P bytes in all, or, where J were more than 256 MB, this is left out. [LevenbergMarquardt.Info] has the estimate.
//
// With Sketch k each step stays in a random subspace of k directions, the span of JᵀΩ for k columns Ω of normal numbers, which is
// redrawn for each step (the Nyström approximation of JJᵀ; Guzmán-Cordero, Dangel, Goldshlager & Zeinhofer 2025, arXiv
// 2505.12149). The eigenvalues of JJᵀ fall so fast that a few hundred directions hold nearly all of a step: of 2000 residuals of a Poisson problem
// 300 left out what is below 1e-12 of the trace. A step costs about 4·k·R·P multiplications in place of R²·P/2 or R·P²/2, and
// memory is 8·k·(P + 2R) bytes with blocks of J: it is the way for P and R in the thousands (docs/results/evidence.md), and what happens
// by itself where both are above 5000.
//
// The objective must have [Squares]; a solver's does when every constraint is a mean square. It suits smooth problems on fixed
// points; redrawn points are no obstacle, as only λ is carried from step to step.
//
// Departures: the damping is λI and not Marquardt's λ·diag A or Moré's (1978) running maximum: in a prototype of the oscillator
// of testdata/problems, 60 steps with the latter ended at a loss of 0.4, with λI at 3e-8.
//
// The loss of a fixed objective never rises. The zero value is ready for use. It must not be copied after Init.
type LevenbergMarquardt struct {
	// Damping is the first λ in units of the trace of JᵀJ; 0 means 1e-3.
	Damping float64
	// Corrections is the largest number of corrections of a step; 0 means 20.
	Corrections int
	// Plain leaves the corrections out: the method of 1963, with λ controlled by the loss alone.
	Plain bool
	// GradTol stops when max|∂L/∂θ_i| is at most this. 0 stops only at a gradient of exactly 0, or at round-off.
	GradTol float64
	// MaxTrials bounds the values of λ of one step; 0 means 30.
	MaxTrials int
	// Sketch is the number of random directions of a step, where there are more parameters and residuals than that; 0 means all, and 300
	// where P and R are both above 5000.
	Sketch int
	// Seed is the root of the streams "optim/sketch/<step>", which the directions are drawn from.
	Seed uint64

	resumable
	lambda   float64 // of the next step; 0 before the first
	progress progress
	systems  normal.Systems

	maxTrials, corrections int
	at, g, d, x, best      []float64 // θ, ∇L, the direction, a trial and the best of them, of P
	s, sx                  []float64 // s(θ) and s(θ+δ), of R
}

const marquardtName = "LevenbergMarquardt"

// LargestSystem is the number of parameters, or of residuals if these are fewer, up to which [LevenbergMarquardt] has been the best
// method there is: a step costs as much as its cube (docs/results/evidence.md, "All losses mean squares").
const LargestSystem = 3000

// Init implements Method.
func (m *LevenbergMarquardt) Init(params []Param) error {
	switch {
	case !(m.Damping >= 0) || math.IsInf(m.Damping, 1):
		return fmt.Errorf("optim: %s: Damping %v; it must be a finite number that is not negative", marquardtName, m.Damping)
	case m.Corrections < 0:
		return fmt.Errorf("optim: %s: Corrections %d; it must not be negative", marquardtName, m.Corrections)
	case !(m.GradTol >= 0):
		return fmt.Errorf("optim: %s: GradTol %v; it must be a number that is not negative", marquardtName, m.GradTol)
	case m.MaxTrials < 0:
		return fmt.Errorf("optim: %s: MaxTrials %d; it must not be negative", marquardtName, m.MaxTrials)
	case m.Sketch < 0:
		return fmt.Errorf("optim: %s: Sketch %d; it must not be negative", marquardtName, m.Sketch)
	}
	m.maxTrials, m.corrections = cmp.Or(m.MaxTrials, 30), cmp.Or(m.Corrections, 20)
	if m.Plain {
		m.corrections = 0
	}
	m.systems.Sketch, m.systems.Seed = m.Sketch, m.Seed
	return m.init(params, m.fresh, m.restore)
}

// fresh makes the state for a new layout.
func (m *LevenbergMarquardt) fresh() error {
	m.lambda, m.progress, m.systems.Draw = 0, progress{}, 0
	for _, v := range []*[]float64{&m.at, &m.g, &m.d, &m.x, &m.best} {
		*v = make([]float64, m.layout.n)
	}
	return nil
}

// Info implements Method.
func (m *LevenbergMarquardt) Info(f Objective) Info {
	info := about(marquardtName)
	if info.Err = f.squares(marquardtName); info.Err == nil {
		info.Memory = []Demand{{marquardtName, m.systems.Memory(f.Squares.Rows(), m.layout.n)}}
	}
	return info
}

// Step implements Method.
func (m *LevenbergMarquardt) Step(ctx context.Context, f Objective, theta []float64) (float64, error) {
	if err := m.layout.check(marquardtName, theta); err != nil {
		return math.NaN(), err
	}
	if err := ctx.Err(); err != nil {
		return math.NaN(), err
	}
	if m.layout.n == 0 {
		return f.Loss(ctx, theta)
	}
	if err := f.squares(marquardtName); err != nil {
		return math.NaN(), err
	}
	a, loss, err := m.linearise(ctx, f, theta)
	if err != nil {
		return loss, err
	}
	if vec.NormInf(m.g) <= m.GradTol {
		return loss, m.converged(GradientTolerance, loss)
	}
	if m.progress.enter(loss); m.progress.flat >= flatSteps {
		return loss, m.converged(RoundOff, loss)
	}
	t, err := m.search(ctx, f, a, loss)
	if err != nil {
		return loss, err
	}
	m.lambda = t.next
	copy(theta, m.best)
	m.systems.Draw++
	m.progress.note(loss, t.loss)
	return loss, nil
}

// linearise evaluates at theta: ∇L goes to m.g and s(θ) to m.s. What it returns without an error is finite.
func (m *LevenbergMarquardt) linearise(ctx context.Context, f Objective, theta []float64) (a normal.System, loss float64, err error) {
	system := f.system()
	copy(m.at, theta)
	if a, loss, err = m.systems.At(ctx, system, f.workers(), m.g, m.at); err != nil {
		return a, loss, err
	}
	if err := entryError(marquardtName, loss, m.g); err != nil {
		return a, loss, err
	}
	if t := a.Trace(); !vec.Finite(t) {
		return a, loss, fmt.Errorf("optim: %s: the squares of the residuals' derivatives sum to %v: %w; check the residuals for roots and logarithms at 0", marquardtName, t, ErrNonFinite)
	}
	m.s, m.sx = vec.Sized(m.s, system.Rows), vec.Sized(m.sx, system.Rows)
	return a, loss, f.Squares.Scaled(ctx, m.s, m.at)
}

func (m *LevenbergMarquardt) converged(r Reason, loss float64) error {
	return &ConvergedError{Method: marquardtName, Reason: r, Loss: loss, Grad: vec.NormInf(m.g)}
}

// accepted is a trial that was taken: the loss there, and the λ with which the next step begins.
type accepted struct{ loss, next float64 }

const (
	wantedRate  = 0.25 // of the corrections' convergence: λ is steered towards it
	slowestRate = 0.5  // corrections that shrink more slowly are not applied
	leastGain   = 1e-3 // of a correction, as a part of what the step has gained, for which there is a next one
)

// search tries values of λ and leaves the first point with a lower loss in m.best. It changes nothing that a repeated step
// would see.
func (m *LevenbergMarquardt) search(ctx context.Context, f Objective, a normal.System, loss float64) (accepted, error) {
	floor := a.Floor()
	lambda := max(m.lambda, floor)
	if m.lambda == 0 {
		lambda = max(cmp.Or(m.Damping, 1e-3)*a.Trace(), floor)
	}
	if lambda == 0 {
		lambda = 1 // J = 0: the negative gradient
	}
	for range m.maxTrials {
		l, rate, err := m.try(ctx, f, a, loss, lambda)
		if err != nil {
			return accepted{}, err
		}
		if l < loss { // the gradient there must exist; the solver's next step asks for it anyway
			if l, err = f.Grad(ctx, m.d, m.best); err != nil {
				return accepted{}, err
			}
			if l < loss && vec.Finite(l) && vec.FirstNonFinite(m.d) < 0 {
				shrink := math.Pow(l/loss, 0.25)
				if m.Plain {
					rate, shrink = 0.1, 1 // no more is known than that λ was strong enough
				}
				return accepted{l, lambda * min(max(rate/wantedRate, 0.1), 4) * max(shrink, 0.1)}, nil
			}
		}
		lambda *= min(max(rate/wantedRate, 4), 100)
		if !vec.Finite(lambda) {
			break
		}
	}
	return accepted{}, m.converged(DampingLimit, loss)
}

// try computes the step for λ with its corrections. It leaves the best point in m.best and returns the loss there, +Inf where
// there is none, and the rate at which the corrections began to converge.
func (m *LevenbergMarquardt) try(ctx context.Context, f Objective, a normal.System, loss, lambda float64) (l, rate float64, err error) {
	none := math.Inf(1)
	if ok, err := a.Factorize(ctx, lambda); !ok || err != nil {
		return none, wantedRate, err
	}
	if err := a.Start(ctx, m.d, m.s); err != nil {
		return none, 0, err
	}
	if l, err = m.move(ctx, f); err != nil || l == none {
		return none, 1, err
	}
	copy(m.best, m.x)
	length := vec.Norm2(m.d)
	for i := range m.corrections {
		copy(m.x, m.d)
		if err := a.Correct(ctx, m.d, m.sx); err != nil {
			return none, 0, err
		}
		vec.Axpy(-1, m.d, m.x)
		now := vec.Norm2(m.x) / length
		if i == 0 {
			rate = now
		}
		if !(now <= slowestRate) {
			break
		}
		next, err := m.move(ctx, f)
		if err != nil {
			return none, 0, err
		}
		if !(next < l) {
			break
		}
		gain := l - next
		l = next
		copy(m.best, m.x)
		if gain < leastGain*(loss-l) {
			break
		}
	}
	if !vec.Finite(rate) {
		rate = 1
	}
	return l, rate, nil
}

// move goes to m.x = θ + δ and returns the loss there, after m.sx = s(θ+δ), or +Inf.
func (m *LevenbergMarquardt) move(ctx context.Context, f Objective) (float64, error) {
	for i, d := range m.d {
		m.x[i] = m.at[i] + d
	}
	if vec.FirstNonFinite(m.x) >= 0 {
		return math.Inf(1), nil
	}
	if err := f.Squares.Scaled(ctx, m.sx, m.x); err != nil {
		return math.Inf(1), err
	}
	if l := vec.Dot(m.sx, m.sx) / 2; vec.Finite(l) {
		return l, nil
	}
	return math.Inf(1), nil
}

const marquardtState = "optim.LevenbergMarquardt/3"

// fields are λ, how many times directions were drawn, and what is known of progress.
func (m *LevenbergMarquardt) fields() []any {
	return slices.Concat([]any{saved.NotNegative{X: &m.lambda}}, m.progress.fields(), []any{&m.systems.Draw})
}

// State implements Method.
func (m *LevenbergMarquardt) State() ([]byte, error) { return m.state(marquardtState, m.fields()...) }

// SetState implements Method.
func (m *LevenbergMarquardt) SetState(state []byte) error { return m.setState(state, m.restore) }

func (m *LevenbergMarquardt) restore(state []byte) error {
	return m.adopt(marquardtState, state, m.fields()...)
}
