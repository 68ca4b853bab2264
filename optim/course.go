package optim

import (
	"fmt"
	"math"
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
	return course{run: run, last: len(run) - 1, first: math.NaN(), losses: newBooks()}
}

func (p *Phased) kind() string { return "optim." + p.name + "/4" }

// State implements Method.
func (p *Phased) State() ([]byte, error) {
	w, pending, err := p.begin(p.kind())
	if w == nil {
		return pending, err
	}
	for _, v := range []int{p.size.Residuals, len(p.run), p.now, max(p.last, 0), p.steps} {
		w.Int(v)
	}
	w.Float(p.first)
	p.losses.save(w)
	w.Bytes([]byte(strings.Join(p.lines, "\n")))
	for i := range p.run {
		if err := p.run[i].save(w); err != nil {
			return nil, fmt.Errorf("optim: %s: phase %d: %w", p.name, i, err)
		}
	}
	return w.State(), nil
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
	c.now, c.last, c.steps, c.first, c.losses = r.Int(), r.Int(), r.Int(), r.Float(), loadBooks(r)
	if lines := string(r.Bytes()); lines != "" {
		c.lines = strings.Split(lines, "\n")
	}
	if r.Err == nil && (phases != len(c.run) || phases > 0 && (c.last >= phases || c.now > c.last)) {
		r.Err = fmt.Errorf("the state is in phase %d of %d, and there are %d", c.now, phases, len(c.run))
	}
	var adopt []func() error
	for i := range c.run {
		adopt = append(adopt, c.run[i].load(r))
	}
	if err := r.Finish(); err != nil {
		return err
	}
	for i, f := range adopt {
		if err := f(); err != nil {
			return fmt.Errorf("optim: %s: phase %d: %w", p.name, i, err)
		}
	}
	p.course = c
	return nil
}
