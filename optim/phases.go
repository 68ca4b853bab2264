package optim

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/crux-pinn/crux/optim/internal/saved"
)

// Phase is a stretch of training with one method.
type Phase struct {
	Method Method
	Steps  int // steps it takes; 0 means until the method converges
}

// Phases runs one method after the other: a phase ends when it has taken its steps or when its method returns
// [ErrConverged], and the next one takes over at once, in the same Step. When the last one ends, Step returns an
// error that wraps ErrConverged: the method's own, or one with the reason [PhasesDone].
//
// A phase of [EMA] that has taken its steps leaves its average to the next one.
//
// Each method counts its own steps, so schedules of a later phase begin at 0 when the phase does.
func Phases(phases ...Phase) *Phased { return &Phased{phases: phases} }

// Phased is a method made by [Phases]. It must not be copied after Init.
type Phased struct {
	phases []Phase

	resumable
	now  int // index of the current phase, len(phases) after the last
	done int // steps taken in it
}

// Init implements Method. Every phase is initialised, so that a mistake in the last one shows before the first step.
func (p *Phased) Init(params []Param) error {
	if len(p.phases) == 0 {
		return errors.New("optim: Phases: no phases given")
	}
	for i, ph := range p.phases {
		if ph.Method == nil {
			return fmt.Errorf("optim: Phases: phase %d has no method", i)
		}
		if ph.Steps < 0 {
			return fmt.Errorf("optim: Phases: phase %d has %d steps; 0 means until it converges", i, ph.Steps)
		}
		if err := ph.Method.Init(params); err != nil {
			return fmt.Errorf("optim: Phases: phase %d: %w", i, err)
		}
	}
	return p.init(params, func() error { p.now, p.done = 0, 0; return nil }, p.restore)
}

// Check implements Checker: every phase is checked.
func (p *Phased) Check(ctx context.Context, f Objective) error {
	for i, ph := range p.phases {
		if c, ok := ph.Method.(Checker); ok {
			if err := c.Check(ctx, f); err != nil {
				return fmt.Errorf("optim: Phases: phase %d: %w", i, err)
			}
		}
	}
	return nil
}

// Step implements Method.
func (p *Phased) Step(ctx context.Context, f Objective, theta []float64) (float64, error) {
	if err := p.layout.check("Phases", theta); err != nil {
		return math.NaN(), err
	}
	for p.now < len(p.phases) {
		ph := p.phases[p.now]
		if ph.Steps > 0 && p.done >= ph.Steps {
			p.next()
			continue
		}
		loss, err := ph.Method.Step(ctx, f, theta)
		if err == nil {
			p.done++
			if a, ok := ph.Method.(Averaged); ok && ph.Steps > 0 && p.done >= ph.Steps {
				a.Average(theta)
			}
			return loss, nil
		}
		if !errors.Is(err, ErrConverged) || p.now == len(p.phases)-1 {
			return loss, err
		}
		p.next()
	}
	if err := ctx.Err(); err != nil {
		return math.NaN(), err
	}
	loss, err := f.Loss(ctx, theta)
	if err != nil {
		return loss, err
	}
	return loss, &ConvergedError{Method: "Phases", Reason: PhasesDone, Loss: loss, Grad: math.NaN()}
}

func (p *Phased) next() { p.now, p.done = p.now+1, 0 }

// Average implements Averaged, for the phase at work; one that has ended left its average behind.
func (p *Phased) Average(theta []float64) bool {
	if a := p.averaged(); a != nil {
		return a.Average(theta)
	}
	return false
}

// Continue implements Averaged.
func (p *Phased) Continue(theta []float64) {
	if a := p.averaged(); a != nil {
		a.Continue(theta)
	}
}

func (p *Phased) averaged() Averaged {
	if i, _ := p.Current(); i == p.now && i < len(p.phases) {
		if a, ok := p.phases[i].Method.(Averaged); ok {
			return a
		}
	}
	return nil
}

// Current returns the index of the phase that takes the next step, and the steps it has taken.
func (p *Phased) Current() (index, steps int) {
	if p.now < len(p.phases) && p.phases[p.now].Steps > 0 && p.done >= p.phases[p.now].Steps {
		return p.now + 1, 0
	}
	return p.now, p.done
}

// LearningRate implements Rated: that of the phase that takes the next step, if it has one.
func (p *Phased) LearningRate() float64 {
	if i, _ := p.Current(); i < len(p.phases) {
		if r, ok := p.phases[i].Method.(Rated); ok {
			return r.LearningRate()
		}
	}
	return math.NaN()
}

// Choices implements Chooser: those of all phases.
func (p *Phased) Choices() []string {
	var lines []string
	for _, ph := range p.phases {
		if c, ok := ph.Method.(Chooser); ok {
			lines = append(lines, c.Choices()...)
		}
	}
	return lines
}

// Describe implements Describer.
func (p *Phased) Describe() string {
	parts := make([]string, len(p.phases))
	for i, ph := range p.phases {
		parts[i] = Describe(ph.Method)
		if ph.Steps > 0 {
			parts[i] = fmt.Sprintf("%d × %s", ph.Steps, parts[i])
		}
	}
	return "Phases(" + strings.Join(parts, ", ") + ")"
}

const phasesState = "optim.Phases/1"

// State implements Stateful.
func (p *Phased) State() ([]byte, error) {
	w, pending, err := p.begin(phasesState)
	if w == nil {
		return pending, err
	}
	w.Int(p.now)
	w.Int(p.done)
	for i, ph := range p.phases {
		if err := saveMethod(w, ph.Method); err != nil {
			return nil, fmt.Errorf("optim: Phases: phase %d: %w", i, err)
		}
	}
	return w.State(), nil
}

// SetState implements Stateful.
func (p *Phased) SetState(state []byte) error { return p.setState(state, p.restore) }

func (p *Phased) restore(state []byte) error {
	r := p.open(phasesState, state)
	now, done := r.Int(), r.Int()
	states := make([][]byte, len(p.phases))
	for i := range p.phases {
		states[i] = r.Bytes()
	}
	if err := r.Finish(); err != nil {
		return err
	}
	for i, ph := range p.phases {
		if err := restoreMethod(ph.Method, states[i]); err != nil {
			return fmt.Errorf("optim: Phases: phase %d: %w", i, err)
		}
	}
	p.now, p.done = min(now, len(p.phases)), done
	return nil
}

// saveMethod appends the state of m, empty when it has none.
func saveMethod(w *saved.Writer, m Method) error {
	s, ok := m.(Stateful)
	if !ok {
		w.Bytes(nil)
		return nil
	}
	b, err := s.State()
	if err != nil {
		return err
	}
	w.Bytes(b)
	return nil
}

func restoreMethod(m Method, state []byte) error {
	if s, ok := m.(Stateful); ok {
		return s.SetState(state)
	}
	if len(state) != 0 {
		return fmt.Errorf("the state holds %d bytes for %T, which keeps none", len(state), m)
	}
	return nil
}
