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
// acceleration −½(JᵀJ + λI)⁻¹Jᵀs″[δ₀,δ₀] of Transtrum & Sethna (2012, arXiv 1201.5885), without second derivatives;
// the others continue it, towards the point where Jᵀs(θ+δ) + λδ = 0. They bend the step along the valley floor: the loss of a PINN
// is a narrow curved valley, in which straight steps must be so short that the method creeps. On this package's Poisson problem steps
// with corrections end at a loss of 1e-19, more than three times as many without them at 1e-9 (TestPINN).
//
// λ follows the corrections: with q = ‖δ₁ − δ₀‖/‖δ₀‖, the rate at which they converge at first, the next step begins
// with λ·(q/¼)·(L(θ+δ)/L(θ))^¼, the first factor between 1/10 and 4. A step that does not lower the loss is tried again with λ
// multiplied by q/¼, at least by 4.
//
// Where there are fewer residuals R than parameters P, the same steps are computed from JJᵀ, R×R, by Woodbury's identity:
// without corrections that is the energy natural gradient of Müller & Zeinhofer (2023, arXiv 2302.13163) in its dual form. Two matrices
// of min(P, R)² numbers are kept. Near the end, where λ is below 1e-13 of the trace of JᵀJ, there are three more of them: the
// factorisation is then computed from J, as JᵀJ has lost the directions that are still to be found. For R ≥ P it comes in blocks of
// rows, and memory is then 40·P² bytes, 128 MB for blocks and at most 100 MB for those of the objective, whatever R is; for R < P all
// of J is kept, 40·R² + 8·R·P bytes in all, or, where J were more than 512 MB, this is left out. [LevenbergMarquardt.Info] has the
// estimate.
//
// Where there are many residuals, a step is computed from n of them, drawn for it (Objective.Squares, Sample), as if there were no
// others, and taken if it lowers the loss on all; one that does not is computed again from more. n begins at Rows. A step that fits d
// directions lowers the loss on its own n residuals by more than on all, by a part of about d/n as in generalised cross-validation (Golub,
// Heath & Wahba 1979, Technometrics 21, 215); that tells d, and the next n is the one with most (1 − d/n) for what it costs. What a step
// costs is counted, not timed. While λ falls, n grows: up to R, or up to [LargestSystem] where P and R are both larger than that, and R is
// then taken as n in the memory above. With 1981 parameters and 16000 residuals the first steps take a twentieth of the time
// (docs/results/evidence.md, "lm from a part of the residuals"). Hooks that change ∇L are not seen by a step from a part.
//
// The objective must have [Squares]; a solver's does when every constraint is a mean square. It suits smooth problems on fixed
// points; redrawn points are no obstacle, as only λ and n are carried from step to step.
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
	// Rows is the number of residuals that the first step is computed from; 0 means 250. Where there are not many more, steps are computed
	// from all of them, from the first one on.
	Rows int
	// Seed is the root of the streams "optim/rows/<step>/<number>", by which residuals are drawn.
	Seed uint64

	resumable
	lambda   float64 // of the next step; 0 before the first
	progress progress
	sampling sampling
	steps    uint64
	systems  normal.Systems

	maxTrials, corrections int
	at, g, d, x, best      []float64 // θ, ∇L, the direction, a trial and the best of them, of P
	s, sx                  []float64 // s(θ) and s(θ+δ), of R
}

const marquardtName = "LevenbergMarquardt"

// LargestSystem is the largest number of residuals that [LevenbergMarquardt] computes a step from by itself where there are more of them
// and more parameters: the time of a step goes with its square or cube, and memory is some 360 MB and 8·P bytes for each residual.
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
	case m.Rows < 0:
		return fmt.Errorf("optim: %s: Rows %d; it must not be negative", marquardtName, m.Rows)
	}
	m.maxTrials, m.corrections = cmp.Or(m.MaxTrials, 30), cmp.Or(m.Corrections, 20)
	if m.Plain {
		m.corrections = 0
	}
	return m.init(params, m.fresh, m.restore)
}

// fresh makes the state for a new layout.
func (m *LevenbergMarquardt) fresh() error {
	m.lambda, m.progress, m.sampling, m.steps = 0, progress{}, sampling{}, 0
	for _, v := range []*[]float64{&m.at, &m.g, &m.d, &m.x, &m.best} {
		*v = make([]float64, m.layout.n)
	}
	return nil
}

// Info implements Method.
func (m *LevenbergMarquardt) Info(f Objective) Info {
	info := about(marquardtName)
	if info.Err = f.squares(marquardtName); info.Err == nil {
		all := f.Squares.Rows()
		q := sampling{}.sampler(&f, m.layout.n, cmp.Or(m.Rows, firstRows))
		info.Memory = []Demand{{marquardtName, m.systems.Memory(q.most, m.layout.n)}}
		if !q.whole() {
			line := fmt.Sprintf("%s: the first steps are computed from %d of %d residuals, later ones from more, as many as pay",
				marquardtName, q.rows, all)
			if q.most < all {
				line += fmt.Sprintf(", up to %d", q.most)
			}
			info.Choices = []string{line}
		}
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
	loss, err := f.Grad(ctx, m.g, theta)
	if err != nil {
		return loss, err
	}
	if err := entryError(marquardtName, loss, m.g); err != nil {
		return loss, err
	}
	if vec.NormInf(m.g) <= m.GradTol {
		return loss, m.converged(GradientTolerance, loss)
	}
	if m.progress.enter(loss); m.progress.flat >= flatSteps {
		return loss, m.converged(RoundOff, loss)
	}
	q := m.sampling.sampler(&f, m.layout.n, cmp.Or(m.Rows, firstRows))
	t, err := m.advance(ctx, f, q, theta, loss)
	if err != nil {
		return loss, err
	}
	m.lambda, m.sampling = t.next, q.sampling
	copy(theta, m.best)
	m.steps++
	m.progress.note(loss, t.loss)
	return loss, nil
}

// advance leaves a point with a lower loss in m.best, from as many residuals as that takes. It changes nothing that a repeated step
// would see.
func (m *LevenbergMarquardt) advance(ctx context.Context, f Objective, q *sampler, theta []float64, loss float64) (accepted, error) {
	lambda := m.lambda
	for {
		part, err := q.draw(ctx, f, m.Seed, m.steps)
		if err != nil {
			return accepted{}, err
		}
		a, from, err := m.linearise(ctx, part, theta)
		if err != nil {
			return accepted{}, err
		}
		t, err := m.search(ctx, f, part, a, lambda, from, loss, q.full())
		switch {
		case err != nil:
			return t, err
		case t.found:
			return t, q.taken(t.part/from, t.loss/loss, a.Fine())
		case q.full():
			return t, m.converged(DampingLimit, loss)
		}
		lambda = t.next
		q.refused()
	}
}

// linearise evaluates f at theta: s(θ) goes to m.s. What it returns without an error is finite.
func (m *LevenbergMarquardt) linearise(ctx context.Context, f Objective, theta []float64) (a normal.System, loss float64, err error) {
	system := f.system()
	copy(m.at, theta)
	if a, loss, err = m.systems.At(ctx, system, f.workers(), m.d, m.at); err != nil {
		return a, loss, err
	}
	if err := entryError(marquardtName, loss, m.d); err != nil {
		return a, loss, err
	}
	if t := a.Trace(); !vec.Finite(t) {
		return a, loss, fmt.Errorf("optim: %s: the squares of the residuals' derivatives sum to %v: %w; "+
			"check the residuals for roots and logarithms at 0", marquardtName, t, ErrNonFinite)
	}
	m.s, m.sx = vec.Sized(m.s, system.Rows), vec.Sized(m.sx, system.Rows)
	return a, loss, f.Squares.Scaled(ctx, m.s, m.at)
}

func (m *LevenbergMarquardt) converged(r Reason, loss float64) error {
	return &ConvergedError{Method: marquardtName, Reason: r, Loss: loss, Grad: vec.NormInf(m.g)}
}

// accepted is how a search ended: with a point of a lower loss, or without.
type accepted struct {
	found      bool
	loss, part float64 // at that point, of all residuals and of those of the step
	next       float64 // λ with which the next search begins
}

const (
	wantedRate  = 0.25 // of the corrections' convergence: λ is steered towards it
	slowestRate = 0.5  // corrections that shrink more slowly are not applied
	leastGain   = 1e-3 // of a correction, as a part of what the step has gained, for which there is a next one
)

// search tries values of λ, the first one as given or chosen if 0, for the system of part, whose loss at θ is from. It leaves the first
// point where that and the loss of all are lower in m.best. Where the part alone was lowered it gives up, unless it is the last of its
// kind.
func (m *LevenbergMarquardt) search(
	ctx context.Context, all, part Objective, a normal.System, lambda, from, loss float64, last bool,
) (accepted, error) {
	floor := a.Floor()
	if lambda == 0 {
		lambda = cmp.Or(m.Damping, 1e-3) * a.Trace()
	}
	if lambda = max(lambda, floor); lambda == 0 {
		lambda = 1 // J = 0: the negative gradient
	}
	for range m.maxTrials {
		l, rate, err := m.try(ctx, part, a, from, lambda)
		if err != nil {
			return accepted{}, err
		}
		lower := l < from
		if lower { // the gradient there must exist; the solver's next step asks for it anyway
			now, err := all.Grad(ctx, m.d, m.best)
			if err != nil {
				return accepted{}, err
			}
			if now < loss && vec.Finite(now) && vec.FirstNonFinite(m.d) < 0 {
				shrink := math.Pow(now/loss, 0.25)
				if m.Plain {
					rate, shrink = 0.1, 1 // no more is known than that λ was strong enough
				}
				return accepted{true, now, l, lambda * min(max(rate/wantedRate, 0.1), 4) * max(shrink, 0.1)}, nil
			}
		}
		lambda *= min(max(rate/wantedRate, 4), 100)
		if !vec.Finite(lambda) || lower && !last {
			break
		}
	}
	return accepted{next: lambda}, nil
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

const marquardtState = "optim.LevenbergMarquardt/4"

// fields are λ, what is known of progress, how many residuals the next step takes, and which they are.
func (m *LevenbergMarquardt) fields() []any {
	return slices.Concat([]any{saved.NotNegative{X: &m.lambda}, &m.steps}, m.progress.fields(), m.sampling.fields())
}

// State implements Method.
func (m *LevenbergMarquardt) State() ([]byte, error) { return m.state(marquardtState, m.fields()...) }

// SetState implements Method.
func (m *LevenbergMarquardt) SetState(state []byte) error { return m.setState(state, m.restore) }

func (m *LevenbergMarquardt) restore(state []byte) error {
	err := m.adopt(marquardtState, state, m.fields()...)
	if err == nil {
		return nil
	}
	// A state of version 3, of before steps were computed from a part, counted draws of a subspace instead.
	var draws uint64
	old := slices.Concat([]any{saved.NotNegative{X: &m.lambda}}, m.progress.fields(), []any{&draws})
	if m.adopt("optim.LevenbergMarquardt/3", state, old...) != nil {
		return err
	}
	m.steps, m.sampling = 0, sampling{}
	return nil
}
