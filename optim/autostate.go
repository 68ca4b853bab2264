package optim

import (
	"fmt"
	"strings"
)

const autoState = "optim.Auto/3"

// State implements Method.
func (a *Auto) State() ([]byte, error) {
	w, pending, err := a.begin(autoState)
	if w == nil {
		return pending, err
	}
	w.Int(int(a.plan))
	w.Int(len(a.stages))
	w.Int(a.now)
	w.Int(a.done)
	w.Int(a.all)
	w.Float(a.first)
	w.Float(a.best)
	w.Float(a.mark)
	w.Float(a.last)
	w.Float(a.anew)
	w.Float(a.past)
	w.Bytes([]byte(a.stall))
	w.Bytes([]byte(strings.Join(a.lines, "\n")))
	for _, s := range a.stages {
		b, err := s.method.State()
		if err != nil {
			return nil, fmt.Errorf("optim: %s: %w", autoName, err)
		}
		w.Bytes(b)
	}
	return w.State(), nil
}

// SetState implements Method.
func (a *Auto) SetState(state []byte) error { return a.setState(state, a.restore) }

func (a *Auto) restore(state []byte) error {
	r := a.open(autoState, state)
	p, stages := plan(r.Int()), r.Int()
	b := Auto{
		Steps: a.Steps, Workers: a.Workers, Single: a.Single, now: r.Int(), done: r.Int(), all: r.Int(),
		first: r.Float(), best: r.Float(), mark: r.Float(), last: r.Float(), anew: r.Float(), past: r.Float(), stall: string(r.Bytes()),
	}
	lines := string(r.Bytes())
	b.layout = a.layout
	if r.Err == nil && p > largePlan {
		r.Err = fmt.Errorf("the state names plan %d", p)
	}
	var states [][]byte
	if r.Err == nil {
		if err := b.build(p); err != nil {
			return err
		}
		if stages > len(b.stages) || b.now >= max(stages, 1) {
			r.Err = fmt.Errorf("the state is in stage %d of %d", b.now, stages)
		} else {
			b.stages = b.stages[:stages]
		}
		for range b.stages {
			states = append(states, r.Bytes())
		}
	}
	if err := r.Finish(); err != nil {
		return err
	}
	for i, s := range b.stages {
		if err := s.method.SetState(states[i]); err != nil {
			return fmt.Errorf("optim: %s: %w", autoName, err)
		}
	}
	a.plan, a.stages, a.now, a.done, a.all, a.first, a.best, a.mark = b.plan, b.stages, b.now, b.done, b.all, b.first, b.best, b.mark
	a.last, a.anew, a.past, a.stall = b.last, b.anew, b.past, b.stall
	a.lines = nil
	if lines != "" {
		a.lines = strings.Split(lines, "\n")
	}
	return nil
}
