package optim

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Group is a set of parameters with a method of its own.
type Group struct {
	Select func(path string) bool // the parameters of the group; nil means all that no earlier group took
	Method Method                 // Freeze{} keeps them as they are
}

// Groups trains groups of parameters with different methods. A parameter belongs to the first group that selects it;
// one that no group selects is an error of Init, and so is a selection that ends up empty.
//
// All groups step from the same θ_e: each method minimises L over its own parameters, the others fixed at θ_e, and
// the results are put together. With first-order methods of equal settings that is the method without groups, to the
// bit. A quasi-Newton method searches its line within its group, so the joint step need not lower the loss.
//
// When the layout changes, a group whose own parameters are as before keeps its method's state.
//
// A group whose method has converged stays where it is; Step returns an error that wraps [ErrConverged] when all have.
func Groups(groups ...Group) *Grouped { return &Grouped{groups: groups} }

// Grouped is a method made by [Groups]. It must not be copied after Init.
type Grouped struct {
	groups []Group

	resumable
	subs []restriction
	part []float64 // of a group
	at   entry     // θ_e, L(θ_e), ∇L(θ_e)
	next []float64 // θ_{e+1}, as far as it is known
	// A step that was interrupted, by a cancelled context say, goes on where it stopped when it is repeated.
	interrupted bool
	done        []bool // groups that have stepped
	errs        []error
}

// Init implements Method.
func (g *Grouped) Init(params []Param) error {
	l, err := newLayout(params)
	if err != nil {
		return err
	}
	subs, err := g.divide(l)
	if err != nil {
		return err
	}
	for i, gr := range g.groups {
		if err := gr.Method.Init(subs[i].params); err != nil {
			return fmt.Errorf("optim: Groups: group %d: %w", i, err)
		}
	}
	if err := g.init(params, g.fresh, g.restore); err != nil {
		return err
	}
	for i := range subs {
		subs[i].fixed = g.at.theta
	}
	g.subs, g.part = subs, make([]float64, l.n)
	return nil
}

// fresh makes the state for a new layout.
func (g *Grouped) fresh() error {
	n := g.layout.n
	g.at = entry{theta: make([]float64, n), grad: make([]float64, n)}
	g.next = make([]float64, n)
	g.interrupted, g.done, g.errs = false, make([]bool, len(g.groups)), make([]error, len(g.groups))
	return nil
}

// divide gives each parameter to the first group that selects it.
func (g *Grouped) divide(l layout) ([]restriction, error) {
	subs := make([]restriction, len(g.groups))
	var orphans []Param
	for _, p := range l.params {
		i := slices.IndexFunc(g.groups, func(gr Group) bool { return gr.Select == nil || gr.Select(p.Path) })
		if i < 0 {
			orphans = append(orphans, p)
			continue
		}
		subs[i].add(p)
	}
	if len(orphans) > 0 {
		return nil, fmt.Errorf("optim: Groups: no group selects %s; add a group with a nil Select for the rest", pathList(orphans))
	}
	for i, gr := range g.groups {
		if gr.Method == nil {
			return nil, fmt.Errorf("optim: Groups: group %d has no method; use Freeze{} to keep parameters as they are", i)
		}
		if gr.Select != nil && len(subs[i].params) == 0 {
			return nil, fmt.Errorf("optim: Groups: group %d selects nothing that is left; the parameters are %s", i, pathList(l.params))
		}
	}
	return subs, nil
}

// Check implements Checker: each method is checked on its own parameters.
func (g *Grouped) Check(ctx context.Context, f Objective) error {
	for i, gr := range g.groups {
		c, ok := gr.Method.(Checker)
		if !ok {
			continue
		}
		if err := c.Check(ctx, g.subs[i].restrict(f)); err != nil {
			return fmt.Errorf("optim: Groups: group %d: %w", i, err)
		}
	}
	return nil
}

// Step implements Method.
func (g *Grouped) Step(ctx context.Context, f Objective, theta []float64) (float64, error) {
	if err := g.layout.check("Groups", theta); err != nil {
		return math.NaN(), err
	}
	if err := ctx.Err(); err != nil {
		return math.NaN(), err
	}
	if !g.interrupted || !slices.Equal(g.at.theta, theta) {
		clear(g.done)
		clear(g.errs)
		copy(g.at.theta, theta)
		copy(g.next, theta)
	}
	g.interrupted = false
	g.at.known = false
	f = g.at.of(f)
	for i, gr := range g.groups {
		s := &g.subs[i]
		if _, frozen := gr.Method.(Freeze); frozen || g.done[i] || s.n == 0 {
			continue
		}
		part := g.part[:s.n]
		s.gather(part, theta)
		_, err := gr.Method.Step(ctx, s.restrict(f), part)
		if err != nil && !errors.Is(err, ErrConverged) {
			g.interrupted = true
			loss := math.NaN()
			if g.at.known {
				loss = g.at.loss
			}
			return loss, fmt.Errorf("optim: Groups: group %d: %w", i, err)
		}
		g.done[i], g.errs[i] = true, err
		s.scatter(g.next, part)
	}
	loss, err := f.Loss(ctx, theta)
	if err != nil {
		g.interrupted = true
		return loss, err
	}
	if err := g.allConverged(); err != nil {
		return loss, err
	}
	copy(theta, g.next)
	return loss, nil
}

// allConverged returns the groups' reasons when every one that stepped had nothing left to improve.
func (g *Grouped) allConverged() error {
	var reasons []error
	for i, done := range g.done {
		if done && g.errs[i] == nil {
			return nil
		}
		if done {
			reasons = append(reasons, g.errs[i])
		}
	}
	return errors.Join(reasons...)
}

// LearningRate implements Rated: that of the first group that has one.
func (g *Grouped) LearningRate() float64 {
	for _, gr := range g.groups {
		if r, ok := gr.Method.(Rated); ok {
			return r.LearningRate()
		}
	}
	return math.NaN()
}

// Choices implements Chooser: those of all groups.
func (g *Grouped) Choices() []string {
	var lines []string
	for _, gr := range g.groups {
		if c, ok := gr.Method.(Chooser); ok {
			lines = append(lines, c.Choices()...)
		}
	}
	return lines
}

// Describe implements Describer.
func (g *Grouped) Describe() string {
	parts := make([]string, len(g.groups))
	for i, gr := range g.groups {
		parts[i] = Describe(gr.Method)
		if i < len(g.subs) {
			parts[i] += " on " + pathList(g.subs[i].params)
		}
	}
	return "Groups(" + strings.Join(parts, "; ") + ")"
}

const groupsState = "optim.Groups/1"

// State implements Stateful.
func (g *Grouped) State() ([]byte, error) {
	w, pending, err := g.begin(groupsState)
	if w == nil {
		return pending, err
	}
	for i, gr := range g.groups {
		if err := saveMethod(w, gr.Method); err != nil {
			return nil, fmt.Errorf("optim: Groups: group %d: %w", i, err)
		}
	}
	w.Bool(g.interrupted)
	if g.interrupted {
		w.Floats(g.at.theta)
		w.Floats(g.next)
		for i, done := range g.done {
			w.Bool(done)
			w.Bool(g.errs[i] != nil)
		}
	}
	return w.State(), nil
}

// SetState implements Stateful.
func (g *Grouped) SetState(state []byte) error { return g.setState(state, g.restore) }

func (g *Grouped) restore(state []byte) error {
	r := g.open(groupsState, state)
	states := make([][]byte, len(g.groups))
	for i := range states {
		states[i] = r.Bytes()
	}
	interrupted := r.Bool()
	theta, next := g.at.theta, g.next
	done, errs := make([]bool, len(g.groups)), make([]error, len(g.groups))
	if interrupted {
		theta, next = r.Vector(g.layout.n), r.Vector(g.layout.n)
		for i := range done {
			done[i] = r.Bool()
			if r.Bool() {
				errs[i] = fmt.Errorf("optim: Groups: group %d: %w before the run was interrupted", i, ErrConverged)
			}
		}
	}
	if err := r.Finish(); err != nil {
		return err
	}
	for i, gr := range g.groups {
		if err := restoreMethod(gr.Method, states[i]); err != nil {
			return fmt.Errorf("optim: Groups: group %d: %w", i, err)
		}
	}
	g.interrupted, g.next, g.done, g.errs = interrupted, next, done, errs
	copy(g.at.theta, theta)
	return nil
}
