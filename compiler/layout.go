package compiler

import (
	"fmt"
	"math/rand/v2"

	"github.com/crux-pinn/crux/placeholder"
)

// Entry is one parameter within θ.
type Entry struct {
	Param  *placeholder.Param
	Path   string
	Shape  []int
	Offset int
	Len    int
}

// Layout says where each parameter lies in the flat vector θ, in the order in which expressions first use them. Fixed
// parameters, which are drawn once and not trained, have a vector of their own.
type Layout struct {
	entries []Entry
	fixed   []Entry
	at      map[*placeholder.Param]int // index into entries, or −1−index into fixed
	n       int
	nFixed  int
	free    []move // of a restricted layout: where its entries come from
	held    []move // and those that it has frozen
}

// NewLayout lists the parameters of the expressions. Two parameters of one path are an error.
func NewLayout(exprs ...placeholder.Expr) (*Layout, error) {
	l := &Layout{at: map[*placeholder.Param]int{}}
	paths := map[string]*placeholder.Param{}
	fields := map[*placeholder.Field]bool{}
	var errs error
	add := func(p *placeholder.Param) {
		if _, ok := l.at[p]; ok {
			return
		}
		if q, ok := paths[p.Path()]; ok && q != p && errs == nil {
			errs = fmt.Errorf("two parameters are named %q; give fields and parameters distinct names", p.Path())
		}
		paths[p.Path()] = p
		e := Entry{Param: p, Path: p.Path(), Shape: p.Shape(), Len: p.Size()}
		if p.Fixed() {
			e.Offset = l.nFixed
			l.nFixed += e.Len
			l.at[p] = -1 - len(l.fixed)
			l.fixed = append(l.fixed, e)
			return
		}
		e.Offset = l.n
		l.n += e.Len
		l.at[p] = len(l.entries)
		l.entries = append(l.entries, e)
	}
	var visit func(e placeholder.Expr)
	visit = func(e placeholder.Expr) {
		for part := range placeholder.Walk(e, nil) {
			switch a := part.Attr().(type) {
			case *placeholder.Param:
				add(a)
			case *placeholder.Field:
				if fields[a] {
					continue
				}
				fields[a] = true
				for _, p := range a.Parameters() {
					add(p)
				}
				visit(a.Body())
			}
		}
	}
	for _, e := range exprs {
		visit(e)
	}
	return l, errs
}

// Len is the number of trainable parameters P.
func (l *Layout) Len() int { return l.n }

// Entries are the trainable parameters in order.
func (l *Layout) Entries() []Entry { return l.entries }

// FixedLen is the number of entries of all fixed parameters.
func (l *Layout) FixedLen() int { return l.nFixed }

// FixedEntries are the parameters that are drawn once and not trained.
func (l *Layout) FixedEntries() []Entry { return l.fixed }

// Lookup finds a parameter by path, trainable or fixed.
func (l *Layout) Lookup(path string) (e Entry, fixed, ok bool) {
	for _, e := range l.entries {
		if e.Path == path {
			return e, false, true
		}
	}
	for _, e := range l.fixed {
		if e.Path == path {
			return e, true, true
		}
	}
	return Entry{}, false, false
}

// Find is the place of a parameter in θ.
func (l *Layout) Find(p *placeholder.Param) (Entry, bool) {
	if i, ok := l.at[p]; ok && i >= 0 {
		return l.entries[i], true
	}
	return Entry{}, false
}

// Initialize fills theta and fixed with initial values. Every parameter has a random stream of its own, so adding a
// parameter does not change the others.
func (l *Layout) Initialize(theta, fixed []float64, stream func(name string) *rand.Rand) {
	for _, e := range l.entries {
		e.Param.Initialize(stream(e.Path), theta[e.Offset:e.Offset+e.Len])
	}
	for _, e := range l.fixed {
		e.Param.Initialize(stream(e.Path), fixed[e.Offset:e.Offset+e.Len])
	}
}

// Select returns for each entry of θ whether it belongs to a selected parameter. Nothing selected is an error that
// lists the paths.
func (l *Layout) Select(s placeholder.Selector) ([]bool, error) {
	mask := make([]bool, l.n)
	any := false
	for _, e := range l.entries {
		if s != nil && !s(e.Path) {
			continue
		}
		any = true
		for i := range e.Len {
			mask[e.Offset+i] = true
		}
	}
	if !any {
		paths := make([]string, len(l.entries))
		for i, e := range l.entries {
			paths[i] = e.Path
		}
		return nil, fmt.Errorf("the selection matches no parameter; there are %v", paths)
	}
	return mask, nil
}
