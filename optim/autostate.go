package optim

import (
	"fmt"
	"strings"
)

const autoState = "optim.Auto/3"

// State implements Stateful.
func (a *Auto) State() ([]byte, error) {
	w, pending, err := a.begin(autoState)
	if w == nil {
		return pending, err
	}
	w.int(int(a.plan))
	w.int(len(a.stages))
	w.int(a.now)
	w.int(a.done)
	w.int(a.all)
	w.float(a.first)
	w.float(a.best)
	w.float(a.mark)
	w.float(a.last)
	w.float(a.anew)
	w.float(a.past)
	w.bytes([]byte(a.stall))
	w.bytes([]byte(strings.Join(a.lines, "\n")))
	for _, s := range a.stages {
		if err := saveMethod(w, s.method); err != nil {
			return nil, fmt.Errorf("optim: %s: %w", autoName, err)
		}
	}
	return w.b, nil
}

// SetState implements Stateful.
func (a *Auto) SetState(state []byte) error { return a.setState(state, a.restore) }

func (a *Auto) restore(state []byte) error {
	r := a.open(autoState, state)
	p, stages := plan(r.int()), r.int()
	b := Auto{Steps: a.Steps, Workers: a.Workers, Single: a.Single, now: r.int(), done: r.int(), all: r.int(), first: r.float(), best: r.float(), mark: r.float(), last: r.float(), anew: r.float(), past: r.float(), stall: string(r.bytes())}
	lines := string(r.bytes())
	b.layout = a.layout
	if r.err == nil && p > largePlan {
		r.err = fmt.Errorf("the state names plan %d", p)
	}
	var states [][]byte
	if r.err == nil {
		if err := b.build(p); err != nil {
			return err
		}
		if stages > len(b.stages) || b.now >= max(stages, 1) {
			r.err = fmt.Errorf("the state is in stage %d of %d", b.now, stages)
		} else {
			b.stages = b.stages[:stages]
		}
		for range b.stages {
			states = append(states, r.bytes())
		}
	}
	if err := r.finish(); err != nil {
		return err
	}
	for i, s := range b.stages {
		if err := restoreMethod(s.method, states[i]); err != nil {
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
