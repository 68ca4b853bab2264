package optim

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// course is how far a Phased has come.
type course struct {
	size   Size      // for which the phases were chosen
	run    []stretch // the phases at work; none where they are yet to be chosen
	now    int       // index of the current one
	last   int       // index of the last one that there will be
	steps  int       // taken in all
	first  float64   // loss of the first one
	losses books     // of the current phase
	lines  []string  // Choices
}

func newCourse(run []stretch) course {
	return course{run: run, last: max(len(run)-1, 0), first: math.NaN(), losses: newBooks()}
}

func (p *Phased) kind() string { return "optim." + p.name + "/4" }

// fields are where the course is, with its Choices as one text.
func (c *course) fields(lines *string) []any {
	return slices.Concat([]any{&c.now, &c.last, &c.steps, &c.first}, c.losses.fields(), []any{lines})
}

// methods are the fields of its phases.
func (c *course) methods() (all []any) {
	for i := range c.run {
		all = append(all, c.run[i].fields()...)
	}
	return all
}

// State implements Method.
func (p *Phased) State() ([]byte, error) {
	phases, lines := len(p.run), strings.Join(p.lines, "\n")
	all := append([]any{&p.size.Residuals, &phases}, p.fields(&lines)...)
	state, err := p.state(p.kind(), append(all, p.methods()...)...)
	if err != nil {
		return nil, fmt.Errorf("optim: %s: %w", p.name, err)
	}
	return state, nil
}

// SetState implements Method.
func (p *Phased) SetState(state []byte) error { return p.setState(state, p.restore) }

func (p *Phased) restore(state []byte) error {
	r := p.open(p.kind(), state)
	size, phases := Size{p.layout.n, r.Int()}, r.Int()
	c := newCourse(p.run)
	if p.choose != nil {
		c = newCourse(nil)
		if r.Err == nil && phases > 0 {
			var err error
			if c, err = p.chosen(size); err != nil {
				return err
			}
		}
	}
	if r.Err == nil && phases != len(c.run) {
		r.Err = fmt.Errorf("the state has %d phases, and there are %d", phases, len(c.run))
	}
	var lines string
	place, methods := r.Get(c.fields(&lines)...), r.Get(c.methods()...)
	if err := errors.Join(r.Finish(), place()); err != nil {
		return err
	}
	if phases > 0 && (c.last >= phases || c.now > c.last) {
		return fmt.Errorf("optim: %s: the state is in phase %d of %d", p.name, c.now, phases)
	}
	if c.lines = nil; lines != "" {
		c.lines = strings.Split(lines, "\n")
	}
	if err := methods(); err != nil {
		return fmt.Errorf("optim: %s: %w", p.name, err)
	}
	p.course = c
	return nil
}
