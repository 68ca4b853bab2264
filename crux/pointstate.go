package crux

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/crux-pinn/crux/domain"
)

// PointWeightState is what decides the weights of the points of one constraint from now on.
type PointWeightState struct {
	Constraint string
	Scheme     []byte    // of the point scheme, if it is Stateful
	Weights    []float64 // of the last step; nil if the points are others since
	Residual   []float64 // |r| measured at the last step; nil before the first
	Loss       []float64 // shares of the loss, likewise
	At         []float64 // coordinates of the points of the last step; nil if they are those of the constraint now
}

// pointWeightStates are those of all constraints with point schemes.
func (p *plan) pointWeightStates() ([]PointWeightState, error) {
	var list []PointWeightState
	for i, c := range p.problem.Constraints {
		if c.PointWeights == nil {
			continue
		}
		st := PointWeightState{Constraint: p.constraints[i].name}
		if q := p.byPoint[i]; q != nil {
			q.save(&st, p.group(i).cloud)
		}
		if k, ok := c.PointWeights.(stateful); ok {
			var err error
			if st.Scheme, err = k.State(); err != nil {
				return nil, fmt.Errorf("crux: state of %T: %w", k, err)
			}
		}
		list = append(list, st)
	}
	return list, nil
}

// save copies all but the scheme. now are the constraint's points.
func (q *pointWeights) save(st *PointWeightState, now *domain.Cloud) {
	if q.at == nil {
		return
	}
	st.Residual, st.Loss = slices.Clone(q.residual), slices.Clone(q.losses)
	if !q.stale {
		st.Weights = slices.Clone(q.mu)
	}
	if q.at != now && !slices.Equal(q.at.X, now.X) {
		st.At = slices.Clone(q.at.X)
	}
}

// pointWeightsFit compares the point weights of a state with the constraints.
func (s *statement) pointWeightsFit(st *State) error {
	list := st.PointWeights
	for i, c := range s.problem.Constraints {
		if c.PointWeights == nil {
			continue
		}
		k := s.constraints[i]
		if len(list) == 0 {
			return fmt.Errorf("it has no point weights of constraint %q", k.name)
		}
		if err := list[0].fits(c, k.name, st.Points[k.set].PointData); err != nil {
			return err
		}
		list = list[1:]
	}
	if len(list) > 0 {
		return errors.New("it has point weights, and the problem has none; give its constraints the PointWeights they had")
	}
	return nil
}

// fits reports what it lacks to be that of a constraint, whose points are p.
func (st PointWeightState) fits(c Constraint, name string, p PointData) error {
	x := st.At
	if x == nil {
		x = p.X
	}
	n, m, d := len(st.Residual), len(st.Weights), len(c.On.Coords())
	switch {
	case st.Constraint != name:
		return fmt.Errorf("its point weights are those of constraint %q where %q comes next", st.Constraint, name)
	case len(st.Loss) != n || n > 0 && len(x) != n*d || m > 0 && (n == 0 || len(p.X) != m*d):
		return fmt.Errorf("%d point weights of constraint %q, %d residuals and %d losses for %d points do not fit together", m, name, n,
			len(st.Loss), len(x)/d)
	}
	for k, v := range st.Weights {
		if !(v >= 0) || math.IsInf(v, 0) {
			return fmt.Errorf("the weight of point %d of constraint %q is %v", k, name, v)
		}
	}
	if _, ok := c.PointWeights.(stateful); !ok && len(st.Scheme) > 0 {
		return fmt.Errorf("constraint %q was not trained with the point scheme %T", name, c.PointWeights)
	}
	return nil
}

// restorePointWeights takes over states that fit, all but the schemes' own.
func (p *plan) restorePointWeights(list []PointWeightState) error {
	for i, c := range p.problem.Constraints {
		if c.PointWeights == nil {
			continue
		}
		st := list[0]
		list = list[1:]
		q, g := p.byPoint[i], p.group(i)
		if q == nil {
			continue
		}
		q.mu, q.residual, q.losses = slices.Clone(st.Weights), slices.Clone(st.Residual), slices.Clone(st.Loss)
		q.next, q.at, q.stale = nil, nil, len(st.Weights) == 0
		if len(st.Residual) > 0 {
			if q.at = g.cloud; st.At != nil {
				q.at = &domain.Cloud{Coords: g.cloud.Coords, X: slices.Clone(st.At)}
			}
		}
		if !q.stale {
			if err := g.program.SetPointWeights(p.constraints[i].index, q.mu); err != nil {
				return err
			}
		}
	}
	return nil
}
