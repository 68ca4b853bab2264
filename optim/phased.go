package optim

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Phased is a method made by [Phases] or [Choose]. It must not be copied after Init.
type Phased struct {
	name   string
	phases []Phase
	choose func(Size) ([]Phase, string, error) // nil where the phases are given

	resumable
	course
}

// Init implements Method. Phases that are given are all initialised, so that a mistake in the last one shows before the first step.
func (p *Phased) Init(params []Param) error {
	var run []stretch
	if p.choose == nil {
		l, err := newLayout(params)
		if err != nil {
			return err
		}
		if run, err = p.stretches(p.phases, l); err != nil {
			return err
		}
	}
	return p.init(params, func() error {
		p.course = newCourse(run)
		return nil
	}, p.restore)
}

func (p *Phased) stretches(phases []Phase, l layout) ([]stretch, error) {
	if len(phases) == 0 {
		return nil, fmt.Errorf("optim: %s: no phases given", p.name)
	}
	run := make([]stretch, len(phases))
	for i, ph := range phases {
		var err error
		if run[i], err = newStretch(ph, l); err != nil {
			return nil, fmt.Errorf("optim: %s: phase %d: %w", p.name, i, err)
		}
	}
	return run, nil
}

// chosen begins a course of the phases for an objective of the given size.
func (p *Phased) chosen(size Size) (course, error) {
	phases, why, err := p.choose(size)
	if err != nil {
		return course{}, fmt.Errorf("optim: %s: %w", p.name, err)
	}
	run, err := p.stretches(phases, p.layout)
	if err != nil {
		return course{}, err
	}
	names := make([]string, len(run))
	for i := range run {
		names[i] = run[i].called()
	}
	c := newCourse(run)
	c.size, c.lines = size, []string{strings.Join(names, ", then ") + ": " + why}
	return c, nil
}

// decide chooses the phases, once.
func (p *Phased) decide(f Objective) error {
	if p.choose == nil || len(p.run) > 0 {
		return nil
	}
	size := Size{Parameters: p.layout.n}
	if f.Squares != nil {
		size.Residuals = f.Squares.Rows()
	}
	c, err := p.chosen(size)
	if err == nil {
		p.course = c
	}
	return err
}

// Step implements Method.
func (p *Phased) Step(ctx context.Context, f Objective, theta []float64) (float64, error) {
	if err := p.layout.check(p.name, theta); err != nil {
		return math.NaN(), err
	}
	if err := p.decide(f); err != nil {
		return math.NaN(), err
	}
	if f.Started && p.steps == 0 {
		p.skip()
	}
	for {
		s := &p.run[p.now]
		why := p.over()
		switch {
		case why == "":
			loss, err := s.step(ctx, f, theta)
			if err == nil {
				p.note(loss, theta)
				return loss, nil
			}
			if !errors.Is(err, ErrConverged) || p.now == p.last || s.Enough > 0 && loss <= s.Enough*p.first {
				return loss, err
			}
			why = clause(err)
		case p.now == p.last:
			return p.end(ctx, f, theta)
		}
		p.next(why)
	}
}

// skip leaves out the phases that warm up, up to the last one.
func (p *Phased) skip() {
	for p.now < p.last && p.run[p.now].WarmUp {
		p.now++
		p.say("%s without %s: the parameters are near a solution already", p.run[p.now].called(), p.run[p.now-1].called())
	}
}

// note enters a step of the current phase, which leaves its mean behind if that was the last one.
func (p *Phased) note(loss float64, theta []float64) {
	s := &p.run[p.now]
	if p.steps == 0 {
		p.first = loss
	}
	p.steps++
	p.losses.note(s.Stall, loss)
	if s.mean != nil && p.over() != "" {
		s.mean.Average(theta)
	}
}

// over says why the current phase has ended, or nothing.
func (p *Phased) over() string {
	if p.now < len(p.run) {
		if most := p.run[p.now].Steps; most > 0 && p.losses.done >= most {
			return fmt.Sprintf("its %d steps are taken", most)
		}
	}
	return p.losses.why
}

// clause is why a method has converged.
func clause(err error) string {
	var c *ConvergedError
	if errors.As(err, &c) {
		return c.Reason.String()
	}
	return err.Error()
}

// next goes to the next phase, if there is anything left for it.
func (p *Phased) next(why string) {
	s := &p.run[p.now]
	if s.Enough > 0 && p.losses.lowest() <= s.Enough*p.first {
		p.last = p.now
		p.say("no method after %s: the loss is below %.0e of the first", s.called(), s.Enough)
		return
	}
	p.now, p.losses = p.now+1, newBooks()
	if p.choose != nil || s.Stall.Window > 0 { // otherwise it is as whoever gave the phases has said
		p.say("%s after %s: %s", p.run[p.now].called(), s.called(), why)
	}
}

func (p *Phased) say(format string, args ...any) {
	p.lines = append(p.lines, fmt.Sprintf("step %d: "+format, append([]any{p.steps}, args...)...))
}

// end is the step after the last one.
func (p *Phased) end(ctx context.Context, f Objective, theta []float64) (float64, error) {
	if err := ctx.Err(); err != nil {
		return math.NaN(), err
	}
	loss, err := f.Loss(ctx, theta)
	if err != nil {
		return loss, err
	}
	reason := PhasesDone
	if p.losses.why != "" {
		reason = Stalled
	}
	return loss, &ConvergedError{Method: p.name, Reason: reason, Loss: loss, Grad: math.NaN()}
}

// Current returns the index of the phase that takes the next step, their number after the last, and the steps it has taken.
func (p *Phased) Current() (index, steps int) {
	switch {
	case p.over() == "":
		return p.now, p.losses.done
	case p.now == p.last:
		return len(p.run), 0
	}
	return p.now + 1, 0
}

// Info implements Method. Rate is that of the phase that takes the next step, Choices and Memory are those of all phases, which keep
// what they have. Phases that are to be chosen are so by the first Info with an objective, unless a Step has.
func (p *Phased) Info(f Objective) Info {
	info := about(p.name)
	if f.Loss != nil && p.layout.known {
		info.Err = p.decide(f)
	}
	info.Phase, _ = p.Current()
	info.Choices = slices.Clone(p.lines)
	before := 0 // decisions ahead of those of the phases, which are there from the beginning: what is said later comes after them
	if p.choose != nil {
		before = min(1, len(p.lines))
	}
	run := p.run
	if len(run) == 0 {
		for _, ph := range p.phases {
			run = append(run, stretch{Phase: ph, parts: ph.parts()})
		}
	}
	var names []string
	for i := range run {
		s := &run[i]
		k := s.info(f)
		info.Phases = append(info.Phases, k)
		info.Choices = slices.Insert(info.Choices, before, k.Choices...)
		before += len(k.Choices)
		info.Memory = append(info.Memory, k.Memory...)
		if k.Err != nil && info.Err == nil && i >= p.now {
			info.Err = fmt.Errorf("optim: %s: phase %d: %w", p.name, i, k.Err)
		}
		if i == info.Phase {
			info.Rate = k.Rate
			if i == p.now { // one that has ended left its mean behind
				info.Mean = s.mean
			}
		}
		name := k.String()
		if s.Steps > 0 {
			name = fmt.Sprintf("%d × %s", s.Steps, name)
		}
		names = append(names, name)
	}
	if p.choose == nil {
		info.Settings = strings.Join(names, ", ")
	}
	return info
}
