package optim

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
)

// Phase is a stretch of training.
type Phase struct {
	// Method trains the parameters that no group selects.
	Method Method
	// Steps are those that the phase takes; 0 means until the method converges.
	Steps int

	// Groups have methods of their own, or none: a parameter belongs to the first group that selects it. One that belongs nowhere is an
	// error of Init, and so is a selection that ends up empty.
	//
	// All groups step from the same θ_e: each method minimises L over its own parameters, the others fixed at θ_e, and
	// the results are put together. With first-order methods of equal settings that is the method without groups, to the
	// bit. A quasi-Newton method searches its line within its group, so the joint step need not lower the loss.
	//
	// When the layout changes, a group whose own parameters are as before keeps its method's state. A group whose method has
	// converged stays where it is; the phase converges when all have.
	Groups []Group

	// EMA is the decay d, in (0, 1), of an exponential [Mean] of the parameters; 0 means that there is none. With points drawn anew at
	// every step, θ wanders about the minimum; the mean of the last 1/(1−d) steps lies nearer to it. Training does not notice: the steps
	// are those without, to the bit. The mean takes the place of θ when the phase has taken its steps, so that the next one begins at it, and
	// when the solver's Solve ends, however it does: what is evaluated and saved then is the mean. Another Solve goes on where
	// training was. During a run, losses, trackers and checkpoints show the point of training; checkpoints hold the mean in the
	// method's state.
	EMA float64
}

// Group is a set of parameters with a method of its own.
type Group struct {
	Select func(path string) bool // the parameters of the group; nil means all that no earlier group took
	Method Method
	Freeze bool // the parameters keep their bits, and there is no Method
}

// Phases runs one phase after the other: a phase ends when it has taken its steps or when its method returns
// [ErrConverged], and the next one takes over at once, in the same Step. When the last one ends, Step returns an
// error that wraps ErrConverged: the method's own, or one with the reason [PhasesDone].
//
// Each method counts its own steps, so schedules of a later phase begin at 0 when the phase does.
func Phases(phases ...Phase) *Phased { return &Phased{phases: phases} }

// Phased is a method made by [Phases]. It must not be copied after Init.
type Phased struct {
	phases []Phase

	resumable
	run  []stretch // the phases at work
	now  int       // index of the current one, len(phases) after the last
	done int       // steps taken in it
}

// Init implements Method. Every phase is initialised, so that a mistake in the last one shows before the first step.
func (p *Phased) Init(params []Param) error {
	if len(p.phases) == 0 {
		return errors.New("optim: Phases: no phases given")
	}
	l, err := newLayout(params)
	if err != nil {
		return err
	}
	run := make([]stretch, len(p.phases))
	for i, ph := range p.phases {
		if run[i], err = newStretch(ph, l); err != nil {
			return fmt.Errorf("optim: Phases: phase %d: %w", i, err)
		}
	}
	return p.init(params, func() error {
		p.run, p.now, p.done = run, 0, 0
		return nil
	}, p.restore)
}

// Step implements Method.
func (p *Phased) Step(ctx context.Context, f Objective, theta []float64) (float64, error) {
	if err := p.layout.check("Phases", theta); err != nil {
		return math.NaN(), err
	}
	for p.now < len(p.phases) {
		ph, s := p.phases[p.now], &p.run[p.now]
		if ph.Steps > 0 && p.done >= ph.Steps {
			p.next()
			continue
		}
		loss, err := s.step(ctx, f, theta)
		if err == nil {
			if p.done++; s.mean != nil && ph.Steps > 0 && p.done >= ph.Steps {
				s.mean.Average(theta)
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

// Current returns the index of the phase that takes the next step, and the steps it has taken.
func (p *Phased) Current() (index, steps int) {
	if p.now < len(p.phases) && p.phases[p.now].Steps > 0 && p.done >= p.phases[p.now].Steps {
		return p.now + 1, 0
	}
	return p.now, p.done
}

// Info implements Method. Rate is that of the phase that takes the next step, Choices and Memory are those of all phases, which keep
// what they have.
func (p *Phased) Info(f Objective) Info {
	info := about("Phases")
	info.Phase, _ = p.Current()
	var names []string
	for i, ph := range p.phases {
		s := stretch{Phase: ph, parts: ph.parts()}
		if len(p.run) > 0 {
			s = p.run[i]
		}
		k := s.info(f)
		info.Phases = append(info.Phases, k)
		info.Choices = append(info.Choices, k.Choices...)
		info.Memory = append(info.Memory, k.Memory...)
		if k.Err != nil && info.Err == nil {
			info.Err = fmt.Errorf("optim: Phases: phase %d: %w", i, k.Err)
		}
		if i == info.Phase {
			info.Rate = k.Rate
			if i == p.now { // one that has ended left its mean behind
				info.Mean = s.mean
			}
		}
		name := k.String()
		if ph.Steps > 0 {
			name = fmt.Sprintf("%d × %s", ph.Steps, name)
		}
		names = append(names, name)
	}
	info.Settings = strings.Join(names, ", ")
	return info
}

const phasesState = "optim.Phases/2"

// State implements Method.
func (p *Phased) State() ([]byte, error) {
	w, pending, err := p.begin(phasesState)
	if w == nil {
		return pending, err
	}
	w.Int(p.now)
	w.Int(p.done)
	for i := range p.run {
		if err := p.run[i].save(w); err != nil {
			return nil, fmt.Errorf("optim: Phases: phase %d: %w", i, err)
		}
	}
	return w.State(), nil
}

// SetState implements Method.
func (p *Phased) SetState(state []byte) error { return p.setState(state, p.restore) }

func (p *Phased) restore(state []byte) error {
	r := p.open(phasesState, state)
	now, done := r.Int(), r.Int()
	var adopt []func() error
	for i := range p.run {
		adopt = append(adopt, p.run[i].load(r))
	}
	if err := r.Finish(); err != nil {
		return err
	}
	for i, f := range adopt {
		if err := f(); err != nil {
			return fmt.Errorf("optim: Phases: phase %d: %w", i, err)
		}
	}
	p.now, p.done = min(now, len(p.phases)), done
	return nil
}
