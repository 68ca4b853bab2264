package compiler

import (
	"slices"

	"github.com/crux-pinn/crux/placeholder"
)

// Restrict returns the layout of the same problem as a function of the selected parameters alone. The others are frozen:
// they follow the fixed parameters, and a program compiled with this layout differentiates with respect to the selected
// ones only, so a reverse sweep ends at the lowest of them. Nothing selected is an error that lists the paths.
func (l *Layout) Restrict(s placeholder.Selector) (*Layout, error) {
	if _, err := l.Select(s); err != nil {
		return nil, err
	}
	r := &Layout{at: map[*placeholder.Param]int{}, fixed: slices.Clone(l.fixed), nFixed: l.nFixed}
	for i, e := range r.fixed {
		r.at[e.Param] = -1 - i
	}
	for _, e := range l.entries {
		from := e.Offset
		if s == nil || s(e.Path) {
			e.Offset = r.n
			r.n += e.Len
			r.at[e.Param] = len(r.entries)
			r.entries = append(r.entries, e)
			r.free = append(r.free, move{from, e.Offset, e.Len})
			continue
		}
		e.Offset = r.nFixed
		r.nFixed += e.Len
		r.at[e.Param] = -1 - len(r.fixed)
		r.fixed = append(r.fixed, e)
		r.held = append(r.held, move{from, e.Offset, e.Len})
	}
	return r, nil
}

// move says that n numbers at from in θ of the whole layout lie at to in a restricted one.
type move struct{ from, to, n int }

// Split cuts θ of the layout that was restricted: the selected parameters go to theta, the others behind the fixed
// parameters in fixed, whose head stays as it is.
func (l *Layout) Split(theta, fixed, whole []float64) {
	l.Take(theta, whole)
	for _, m := range l.held {
		copy(fixed[m.to:m.to+m.n], whole[m.from:])
	}
}

// Take copies the entries for the selected parameters of a vector of the layout that was restricted.
func (l *Layout) Take(theta, whole []float64) {
	for _, m := range l.free {
		copy(theta[m.to:m.to+m.n], whole[m.from:])
	}
}

// Join writes the selected parameters to their places in a vector of the layout that was restricted.
func (l *Layout) Join(whole, theta []float64) {
	for _, m := range l.free {
		copy(whole[m.from:m.from+m.n], theta[m.to:])
	}
}

// frozen reports whether a trainable parameter is not one of those selected by Restrict.
func (l *Layout) frozen(p *placeholder.Param) bool {
	i, ok := l.at[p]
	return ok && i < 0 && !p.Fixed()
}
