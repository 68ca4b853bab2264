package optim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/crux-pinn/crux/optim/internal/vec"
)

// Averaged is implemented by methods whose result is not the point where they train. [EMA] is one; [Phases] passes it on.
type Averaged interface {
	Method
	// Average replaces theta, the point of training, by the average, and tells whether it did: not before the first step, nor twice.
	Average(theta []float64) bool
	// Continue undoes Average, to the bit, where theta is still the average. Otherwise the next average begins at theta.
	Continue(theta []float64)
}

// EMA trains with a method and averages its parameters θ₁ … θ_t exponentially (Polyak & Juditsky 1992; Kingma & Ba 2015, section
// 7.2), without bias towards the first:
//
//	θ̄ ← θ̄ + (1−d)/(1−dᵗ)·(θ_t − θ̄)
//
// With points drawn anew at every step, θ wanders about the minimum; the average of the last 1/(1−d) steps lies nearer to it. Training
// does not notice: the steps are those of Method, to the bit. The average takes the place of θ when a phase of [Phases] ends, so that the
// next one begins at it, and when the solver's Solve ends, however it does: what is evaluated and saved then is the average. Another
// Solve goes on where training was. During a run, losses, trackers and checkpoints show the point of training; checkpoints hold the average
// in the method's state.
//
// Wrap Groups, not the method of a group. It must not be copied after Init.
type EMA struct {
	Method Method  // usually a first-order one
	Decay  float64 // d in (0, 1); 0 means 0.999

	resumable
	steps     int
	mean, raw []float64
	out       bool // theta is the average, and training was at raw
}

const emaName = "EMA"

func (m *EMA) decay() float64 { return cmp.Or(m.Decay, 0.999) }

// Init implements Method.
func (m *EMA) Init(params []Param) error {
	if m.Method == nil {
		return errors.New("optim: EMA: no method to average")
	}
	if d := m.decay(); !(d > 0 && d < 1) {
		return fmt.Errorf("optim: EMA: Decay %v; it must lie between 0 and 1", d)
	}
	if err := m.Method.Init(params); err != nil {
		return fmt.Errorf("optim: EMA: %w", err)
	}
	return m.init(params, func() error {
		m.steps, m.out = 0, false
		m.mean, m.raw = make([]float64, m.layout.n), make([]float64, m.layout.n)
		return nil
	}, m.restore)
}

// Check implements Checker.
func (m *EMA) Check(ctx context.Context, f Objective) error {
	if c, ok := m.Method.(Checker); ok {
		return c.Check(ctx, f)
	}
	return nil
}

// Step implements Method. From an average that Continue has not undone it begins a new one.
func (m *EMA) Step(ctx context.Context, f Objective, theta []float64) (float64, error) {
	if err := m.layout.check(emaName, theta); err != nil {
		return math.NaN(), err
	}
	loss, err := m.Method.Step(ctx, f, theta)
	if err != nil {
		return loss, err
	}
	if m.out {
		m.steps, m.out = 0, false
	}
	m.steps++
	d := m.decay()
	rate := (1 - d) / (1 - math.Pow(d, float64(m.steps)))
	if m.steps == 1 {
		rate = 1
	}
	for i, v := range theta {
		m.mean[i] += rate * (v - m.mean[i])
	}
	return loss, nil
}

// Average implements Averaged.
func (m *EMA) Average(theta []float64) bool {
	if m.steps == 0 || m.out || len(theta) != m.layout.n || vec.FirstNonFinite(m.mean) >= 0 {
		return false
	}
	m.out = true
	copy(m.raw, theta)
	copy(theta, m.mean)
	return true
}

// Continue implements Averaged.
func (m *EMA) Continue(theta []float64) {
	switch {
	case !m.out:
	case slices.Equal(theta, m.mean):
		copy(theta, m.raw)
	default:
		m.steps = 0
	}
	m.out = false
}

// LearningRate implements Rated.
func (m *EMA) LearningRate() float64 {
	if r, ok := m.Method.(Rated); ok {
		return r.LearningRate()
	}
	return math.NaN()
}

// Choices implements Chooser.
func (m *EMA) Choices() []string {
	if c, ok := m.Method.(Chooser); ok {
		return c.Choices()
	}
	return nil
}

// Describe implements Describer.
func (m *EMA) Describe() string {
	return fmt.Sprintf("EMA(%s, decay %g)", Describe(m.Method), m.decay())
}

const emaState = "optim.EMA/1"

// State implements Stateful.
func (m *EMA) State() ([]byte, error) {
	w, pending, err := m.begin(emaState)
	if w == nil {
		return pending, err
	}
	w.Int(m.steps)
	w.Bool(m.out)
	w.Floats(m.mean)
	w.Floats(m.raw)
	if err := saveMethod(w, m.Method); err != nil {
		return nil, fmt.Errorf("optim: EMA: %w", err)
	}
	return w.State(), nil
}

// SetState implements Stateful.
func (m *EMA) SetState(state []byte) error { return m.setState(state, m.restore) }

func (m *EMA) restore(state []byte) error {
	r := m.open(emaState, state)
	steps, out, mean, raw, inner := r.Int(), r.Bool(), r.Vector(m.layout.n), r.Vector(m.layout.n), r.Bytes()
	if err := r.Finish(); err != nil {
		return err
	}
	if err := restoreMethod(m.Method, inner); err != nil {
		return fmt.Errorf("optim: EMA: %w", err)
	}
	m.steps, m.out, m.mean, m.raw = steps, out, mean, raw
	return nil
}
