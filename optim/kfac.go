package optim

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
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
// every so many steps that of the factors, about 4, and of their eigenvectors.
//
// A sum of Kronecker products is reduced to two, the largest and the rest, which the generalised eigenvectors of the pairs A₁, A₂ + επI
// and B₁, B₂ + εI/π make diagonal, ε² = λ; λ can then change only when the factors do. Parameters in no layer, such as trainable scalars,
// and small layers get exact blocks of JᵀJ with their neighbours. Where that would be too large, as for weights that one residual
// uses at two places, or with sides above 2048, it is the diagonal.
//
// The objective must implement [Factors]; a solver's does when every constraint is a mean square.
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
	now, next *blocked    // M, and the one that is being made
	saved     [][]float64 // the numbers of M in a restored state

	pool         Pool
	g, at, x, gx []float64
	space        subspace
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
	workers := m.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	m.pool = crew(workers)
	return m.init(params, m.fresh, m.restore)
}

// fresh makes the state for a new layout. The factors are made by the first step.
func (m *KFAC) fresh() error {
	m.age, m.lambda, m.pair, m.delta, m.progress = 0, 0, [2]float64{}, nil, progress{}
	m.now, m.next, m.saved = nil, nil, nil
	for _, v := range []*[]float64{&m.g, &m.at, &m.x, &m.gx} {
		*v = make([]float64, m.layout.n)
	}
	m.space = subspace{}
	return nil
}

// Check implements Checker.
func (m *KFAC) Check(ctx context.Context, f Objective) error {
	r, ok := f.(Factors)
	if !ok {
		return fmt.Errorf("optim: %s: %w", kfacName, errNoFactors)
	}
	if r.Rows() == 0 && m.layout.n > 0 {
		if err := r.Scaled(ctx, nil, make([]float64, m.layout.n)); err != nil {
			return fmt.Errorf("optim: %s: %w", kfacName, err)
		}
		return fmt.Errorf("optim: %s: %w", kfacName, errNoSquares)
	}
	if _, err := r.Layers(); err != nil {
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
	r, err := m.divide(ctx, f)
	if err != nil {
		return math.NaN(), err
	}
	copy(m.at, theta)
	loss, err := r.Grad(ctx, m.g, m.at)
	if err != nil {
		return loss, err
	}
	if err := entryError(kfacName, loss, m.g); err != nil {
		return loss, err
	}
	if normInf(m.g) <= m.GradTol {
		return loss, m.converged(GradientTolerance, loss)
	}
	if m.progress.enter(loss); m.progress.flat >= flatSteps {
		return loss, m.converged(RoundOff, loss)
	}
	every := m.Every
	if every == 0 {
		every = 10
	}
	due := m.age%every == 0 || m.now.trace == 0
	for {
		next, err := m.try(ctx, r, loss, due, m.age/every%2 == 0)
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
func (m *KFAC) divide(ctx context.Context, f Objective) (Factors, error) {
	if p := poolOf(f); p != nil {
		m.pool = p
	}
	if r, ok := f.(Factors); ok && m.now != nil && m.now.constraints == r.Constraints() {
		return r, nil
	}
	if err := m.Check(ctx, f); err != nil {
		return nil, err
	}
	r := f.(Factors)
	layers, err := r.Layers()
	if err != nil {
		return nil, err
	}
	most := m.Exact
	if most == 0 {
		most = 1024
	}
	m.now, m.next = newBlocked(m.layout.params, layers, r.Constraints(), max(most, 0)), newBlocked(m.layout.params, layers, r.Constraints(), max(most, 0))
	if m.now.take(m.saved) {
		if err := m.now.decompose(m.pool, m.pair); err != nil {
			return nil, fmt.Errorf("optim: %s: %w", kfacName, err)
		}
	}
	m.saved = nil
	return r, nil
}

// moved is where a step may go: m.x, with the loss there.
type moved struct {
	loss   float64
	lambda float64
	pair   [2]float64
	by     *blocked // M that was used
}

// try makes one step to m.x, whose loss is +Inf if none was found that is lower. It changes nothing that a repeated step would
// see. due tells whether to compute the factors, up whether λ′ is above λ where it can change with them only.
func (m *KFAC) try(ctx context.Context, r Factors, loss float64, due, up bool) (moved, error) {
	to := moved{loss: math.Inf(1), lambda: m.lambda, pair: m.pair, by: m.now}
	if due {
		to.by = m.next
		if err := r.Curvature(ctx, m.at, m.Averaging, to.by.layers, to.by.exact); err != nil {
			return to, err
		}
		if m.Decay > 0 && m.now.trace > 0 {
			to.by.average(m.now, m.Decay)
		}
		to.by.sum()
		if !finite(to.by.trace) {
			return to, fmt.Errorf("optim: %s: the squares of the residuals' derivatives sum to %v: %w; check the residuals for roots and logarithms at 0", kfacName, to.by.trace, ErrNonFinite)
		}
	}
	trace := to.by.trace
	if trace == 0 {
		trace = 1 // J = 0: the negative gradient
	}
	if to.lambda == 0 {
		first := m.Damping
		if first == 0 {
			first = 0.1
		}
		to.lambda = first * trace / float64(m.layout.n)
	}
	to.lambda = min(max(to.lambda, 1e-14*trace), 1e3*trace)
	if due || !to.by.two {
		if !to.by.two {
			up = m.age%2 == 0
		}
		to.pair = [2]float64{to.lambda, to.lambda / kfacSpread}
		if up {
			to.pair[1] = to.lambda * kfacSpread
		}
	}
	if due {
		if err := to.by.decompose(m.pool, to.pair); err != nil {
			return to, fmt.Errorf("optim: %s: %w", kfacName, err)
		}
	}
	better, err := m.direction(ctx, r, &to)
	if err != nil {
		return to, err
	}
	to.lambda = to.pair[better]
	return to, m.search(ctx, r, loss, &to)
}

// direction writes p to m.space.p, and tells which of the two dampings is better.
func (m *KFAC) direction(ctx context.Context, r Factors, to *moved) (better int, err error) {
	s := &m.space
	s.begin(m.layout.n, r.Rows())
	for i, lambda := range to.pair {
		d := s.next()
		if !to.by.solve(m.pool, d, m.g, i, lambda) {
			copy(d, m.g)
		}
		scale(-1, d)
	}
	if m.delta != nil {
		copy(s.next(), m.delta)
	}
	for i, d := range s.d {
		if err := r.MulJ(ctx, s.jd[i], d, m.at); err != nil {
			return 0, err
		}
	}
	return s.minimise(m.g), nil
}

// search tries lengths of the step.
func (m *KFAC) search(ctx context.Context, r Factors, loss float64, to *moved) error {
	p := m.space.p
	if slope := dot(m.g, p); !(slope < 0) || math.IsInf(slope, 0) {
		return nil
	}
	trials := m.MaxTrials
	if trials == 0 {
		trials = 30
	}
	t := 1.0
	for range trials {
		for i, d := range p {
			m.x[i] = m.at[i] + t*d
		}
		t /= kfacShorter
		if firstNonFinite(m.x) >= 0 {
			continue
		}
		l, err := r.Grad(ctx, m.gx, m.x) // the gradient there must exist; the solver's next step asks for it anyway
		if err != nil {
			return err
		}
		if l < loss && finite(l) && firstNonFinite(m.gx) < 0 {
			to.loss = l
			return nil
		}
	}
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
	return &ConvergedError{Method: kfacName, Reason: r, Loss: loss, Grad: normInf(m.g)}
}

const kfacState = "optim.KFAC/1"

// State implements Stateful: the factors, λ, the last step and what is known of progress.
func (m *KFAC) State() ([]byte, error) {
	w, pending, err := m.begin(kfacState)
	if w == nil {
		return pending, err
	}
	w.int(m.age)
	for _, x := range []float64{m.lambda, m.pair[0], m.pair[1]} {
		w.float(x)
	}
	w.floats(m.delta)
	m.progress.save(w)
	numbers := m.saved
	if m.now != nil {
		numbers = m.now.numbers()
	}
	w.int(len(numbers))
	for _, x := range numbers {
		w.floats(x)
	}
	return w.b, nil
}

// SetState implements Stateful.
func (m *KFAC) SetState(state []byte) error { return m.setState(state, m.restore) }

func (m *KFAC) restore(state []byte) error {
	r := m.open(kfacState, state)
	age := r.int()
	lambda, pair := r.float(), [2]float64{r.float(), r.float()}
	delta := r.floats()
	g := loadProgress(r)
	var saved [][]float64
	for range r.int() {
		saved = append(saved, r.floats())
		if r.err != nil {
			break
		}
		if firstNonFinite(saved[len(saved)-1]) >= 0 {
			r.err = errors.New("the factors in the state are not finite")
		}
	}
	if r.err == nil {
		for _, x := range []float64{lambda, pair[0], pair[1]} {
			if !(x >= 0) || math.IsInf(x, 1) {
				r.err = errors.New("the damping in the state is not a finite number")
			}
		}
		if len(delta) != 0 && len(delta) != m.layout.n || firstNonFinite(delta) >= 0 {
			r.err = fmt.Errorf("the state holds no step of %d finite numbers", m.layout.n)
		}
	}
	if err := r.finish(); err != nil {
		return err
	}
	if len(delta) == 0 {
		delta = nil
	}
	m.age, m.lambda, m.pair, m.delta, m.progress = age, lambda, pair, delta, g
	m.now, m.next, m.saved = nil, nil, saved
	return nil
}

// Describe implements Describer.
func (m *KFAC) Describe() string { return kfacName }
