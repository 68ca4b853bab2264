package callbacks

import (
	"cmp"
	"context"
	"fmt"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
)

// RAD is residual-based adaptive distribution: now and then all points of a constraint are replaced by as many, chosen
// from fresh candidates x with the probability
//
//	p(x) ∝ |r(x)|^k / mean|r|^k + c
//
// The step at which it fires keeps its points; the next one has the new ones. From Wu et al. (2022), arXiv 2207.10289.
// The paper's settings are k = 1, c = 1; a larger k or smaller c gathers the points more tightly.
type RAD struct {
	Interval    int               // steps between changes; 0 means 100
	Constraints []string          // names; nil means all with random points that are drawn once
	Of          []crux.Constraint // the constraints themselves, in place of names
	K           float64           // k; 0 means 1
	C           float64           // c, at least 0
	Candidates  int               // fresh points to choose from; 0 means ten times as many as the constraint has
	Seed        uint64

	resampler
}

// OnSolveBegin implements crux.Callback.
func (t *RAD) OnSolveBegin(_ context.Context, r *crux.Run) error {
	if err := checkDensity(t.K, t.C, t.Candidates); err != nil {
		return err
	}
	return t.begin(r, t.Interval, t.Constraints, t.Of)
}

// OnStep implements crux.Callback.
func (t *RAD) OnStep(_ context.Context, s *crux.Step) error {
	return t.each(s, func(i int, now *domain.Cloud) (*domain.Cloud, error) {
		return t.pick(s, "rad", i, t.Seed, now.Len(), t.Candidates, cmp.Or(t.K, 1), t.C)
	})
}

// RARD is residual-based adaptive refinement with a distribution: now and then points are added to those of a
// constraint, chosen from fresh candidates by the density of RAD. From Wu et al. (2022), arXiv 2207.10289, where k = 2
// and c = 0.
type RARD struct {
	Interval    int               // steps between changes; 0 means 100
	Constraints []string          // names; nil means all with random points that are drawn once
	Of          []crux.Constraint // the constraints themselves, in place of names
	K           float64           // k; 0 means 2
	C           float64           // c, at least 0
	Add         int               // points added each time; 0 means a tenth of those that the constraint had first, at least 1
	Limit       int               // points of a constraint beyond which none are added; 0 means ten times those it had first
	Candidates  int               // fresh points to choose from; 0 means ten times as many as the constraint had first
	Seed        uint64

	resampler
}

// OnSolveBegin implements crux.Callback.
func (t *RARD) OnSolveBegin(_ context.Context, r *crux.Run) error {
	if err := checkDensity(t.K, t.C, t.Candidates); err != nil {
		return err
	}
	if t.Add < 0 || t.Limit < 0 {
		return fmt.Errorf("option Add is %d and Limit %d; neither may be negative", t.Add, t.Limit)
	}
	return t.begin(r, t.Interval, t.Constraints, t.Of)
}

// OnStep implements crux.Callback.
func (t *RARD) OnStep(_ context.Context, s *crux.Step) error {
	return t.each(s, func(i int, now *domain.Cloud) (*domain.Cloud, error) {
		first := s.Run.Specification(i).Len()
		add := min(cmp.Or(t.Add, max(1, first/10)), cmp.Or(t.Limit, 10*first)-now.Len())
		if add < 1 {
			return now, nil
		}
		chosen, err := t.pick(s, "rard", i, t.Seed, add, t.Candidates, cmp.Or(t.K, 2), t.C)
		if err != nil {
			return nil, err
		}
		return now.Append(chosen)
	})
}

func checkDensity(k, c float64, candidates int) error {
	if !(k >= 0 && k <= 100) || !(c >= 0 && c <= 1e100) || candidates < 0 {
		return fmt.Errorf("option K is %v, C is %v and Candidates %d; K lies between 0 and 100, and none is negative", k, c, candidates)
	}
	return nil
}

// pick chooses n points for constraint i from fresh candidates: the given number, or ten times the constraint's first points for 0, but at
// least n.
func (r *resampler) pick(s *crux.Step, what string, i int, seed uint64, n, candidates int, k, c float64) (*domain.Cloud, error) {
	spec := s.Run.Specification(i)
	rng := stream(s, what, seed, i)
	fresh, err := spec.Count(max(n, cmp.Or(candidates, 10*spec.Len()))).Draw(rng)
	if err != nil {
		return nil, err
	}
	abs, err := r.magnitudes(s.Run, i, fresh)
	if err != nil {
		return nil, err
	}
	return fresh.Subset(choose(density(abs, k, c), n, rng)), nil
}
