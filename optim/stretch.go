package optim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// stretch is a phase at work: methods that each train a part of the parameters, and the mean of all.
type stretch struct {
	Phase
	parts []part
	mean  *Mean

	at   entry     // θ_e, L(θ_e), ∇L(θ_e)
	own  []float64 // the parameters of a part
	next []float64 // θ_{e+1}, as far as it is known
}

// part is a group at work.
type part struct {
	Group
	*restriction
	err error // with which it has converged in this step
}

// parts are the groups of a phase; its method trains what they leave.
func (p Phase) parts() (parts []part) {
	for _, g := range p.Groups {
		parts = append(parts, part{Group: g})
	}
	if p.Method != nil {
		parts = append(parts, part{Group: Group{Method: p.Method}})
	}
	return parts
}

// newStretch checks a phase and initialises its methods.
func newStretch(ph Phase, l layout) (stretch, error) {
	s := stretch{Phase: ph, parts: ph.parts()}
	if len(s.parts) == 0 {
		return s, errors.New("it has no method")
	}
	if ph.Steps < 0 {
		return s, fmt.Errorf("%d steps; 0 means until it converges", ph.Steps)
	}
	if err := ph.Stall.check(); err != nil {
		return s, err
	}
	if !(ph.Enough >= 0 && ph.Enough < 1) {
		return s, fmt.Errorf("field Enough is %v; it must be at least 0 and below 1", ph.Enough)
	}
	if ph.EMA != 0 {
		if !(ph.EMA > 0 && ph.EMA < 1) {
			return s, fmt.Errorf("EMA %v; it must lie between 0 and 1", ph.EMA)
		}
		s.mean = newMean(ph.EMA, l.n)
	}
	if s.whole() {
		return s, s.parts[0].Method.Init(l.params)
	}
	if err := s.divide(l); err != nil {
		return s, err
	}
	s.at = entry{theta: make([]float64, l.n), grad: make([]float64, l.n)}
	s.own, s.next = make([]float64, l.n), make([]float64, l.n)
	for i, p := range s.parts {
		p.fixed = s.at.theta
		if p.Method == nil {
			continue
		}
		if err := p.Method.Init(p.params); err != nil {
			return s, fmt.Errorf("group %d: %w", i, err)
		}
	}
	return s, nil
}

// whole tells whether one method trains all parameters.
func (s *stretch) whole() bool { return len(s.Groups) == 0 }

// divide gives each parameter to the first part that selects it.
func (s *stretch) divide(l layout) error {
	for i := range s.parts {
		s.parts[i].restriction = &restriction{}
	}
	var orphans []Param
	for _, p := range l.params {
		i := slices.IndexFunc(s.parts, func(g part) bool { return g.Select == nil || g.Select(p.Path) })
		if i < 0 {
			orphans = append(orphans, p)
			continue
		}
		s.parts[i].add(p)
	}
	if len(orphans) > 0 {
		return fmt.Errorf("no group selects %s; give the phase a method for the rest", pathList(orphans))
	}
	for i, p := range s.parts {
		switch {
		case p.Method == nil && !p.Freeze:
			return fmt.Errorf("group %d has no method; set Freeze to keep its parameters as they are", i)
		case p.Method != nil && p.Freeze:
			return fmt.Errorf("group %d has a method and is frozen; give it one of the two", i)
		case p.Select != nil && p.n == 0:
			return fmt.Errorf("group %d selects nothing that is left; the parameters are %s", i, pathList(l.params))
		}
	}
	return nil
}

func (s *stretch) step(ctx context.Context, f Objective, theta []float64) (loss float64, err error) {
	if s.whole() {
		loss, err = s.parts[0].Method.Step(ctx, f, theta)
	} else {
		loss, err = s.together(ctx, f, theta)
	}
	if err == nil && s.mean != nil {
		s.mean.note(theta)
	}
	return loss, err
}

// together takes a step of each part.
func (s *stretch) together(ctx context.Context, f Objective, theta []float64) (float64, error) {
	if err := ctx.Err(); err != nil {
		return math.NaN(), err
	}
	copy(s.at.theta, theta)
	copy(s.next, theta)
	s.at.known = false
	f = s.at.of(f)
	for i := range s.parts {
		p := &s.parts[i]
		if !p.steps() {
			continue
		}
		own := s.own[:p.n]
		p.gather(own, theta)
		_, err := p.Method.Step(ctx, p.restrict(f), own)
		if err != nil && !errors.Is(err, ErrConverged) {
			loss := math.NaN()
			if s.at.known {
				loss = s.at.loss
			}
			return loss, fmt.Errorf("optim: group %d: %w", i, err)
		}
		p.err = err
		p.scatter(s.next, own)
	}
	loss, err := f.Loss(ctx, theta)
	if err != nil {
		return loss, err
	}
	if err := s.converged(); err != nil {
		return loss, err
	}
	copy(theta, s.next)
	return loss, nil
}

// steps reports whether the part has something to train.
func (p *part) steps() bool { return !p.Freeze && p.n > 0 }

// converged returns the reasons of the parts when every one that stepped had nothing left to improve.
func (s *stretch) converged() error {
	var reasons []error
	for _, p := range s.parts {
		if p.steps() && p.err == nil {
			return nil
		}
		reasons = append(reasons, p.err)
	}
	return errors.Join(reasons...)
}

// called is the name of the phase in Choices.
func (s *stretch) called() string { return cmp.Or(s.Name, strings.ToLower(s.info(Objective{}).Name)) }

// info is that of the phase: its rate is that of the first part that has one.
func (s *stretch) info(f Objective) Info {
	if len(s.parts) == 0 {
		return about("nothing")
	}
	var info Info
	var names []string
	for i, p := range s.parts {
		k := about("Freeze")
		if p.Method != nil {
			own := f
			if p.restriction != nil && f.Grad != nil {
				own = p.restrict(f)
			}
			k = p.Method.Info(own)
		}
		if i == 0 {
			info = k
			info.Choices, info.Memory = nil, nil
		}
		if math.IsNaN(info.Rate) {
			info.Rate = k.Rate
		}
		info.Choices = append(info.Choices, k.Choices...)
		info.Memory = append(info.Memory, k.Memory...)
		if k.Err != nil && info.Err == nil {
			if info.Err = k.Err; !s.whole() {
				info.Err = fmt.Errorf("group %d: %w", i, k.Err)
			}
		}
		name := k.String()
		if p.restriction != nil {
			name += " on " + pathList(p.params)
		}
		names = append(names, name)
	}
	if !s.whole() {
		info.Name, info.Settings = "Groups", strings.Join(names, "; ")
	}
	if s.EMA != 0 {
		info.Name, info.Settings = "EMA", fmt.Sprintf("%s, decay %g", info, s.EMA)
	}
	return info
}

// fields are what the phase saves.
func (s *stretch) fields() (all []any) {
	for _, p := range s.parts {
		if p.Method == nil {
			all = append(all, new(string)) // parameters that rest have an empty state
			continue
		}
		all = append(all, p.Method)
	}
	if s.mean != nil {
		all = append(all, s.mean.fields()...)
	}
	return all
}
