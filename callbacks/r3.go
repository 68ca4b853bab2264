package callbacks

import (
	"context"

	"gonum.org/v1/gonum/stat"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
)

// R3 is retain, resample, release: now and then the points of a constraint with |r| above the mean are kept, and all others
// are replaced by fresh ones, so that the number stays. From Daw et al. (2022), arXiv 2207.02338.
type R3 struct {
	Interval    int               // steps between changes; 0 means 100
	Constraints []string          // names; nil means all with random points that are drawn once
	Of          []crux.Constraint // the constraints themselves, in place of names
	Seed        uint64

	resampler
}

// OnSolveBegin implements crux.Callback.
func (t *R3) OnSolveBegin(_ context.Context, r *crux.Run) error {
	return t.begin(r, t.Interval, t.Constraints, t.Of)
}

// OnStep implements crux.Callback.
func (t *R3) OnStep(_ context.Context, s *crux.Step) error {
	return t.each(s, func(i int, now *domain.Cloud) (*domain.Cloud, error) {
		abs, err := t.magnitudes(s.Run, i, now)
		if err != nil {
			return nil, err
		}
		kept := aboveMean(abs)
		fresh, err := s.Run.Specification(i).Count(now.Len() - len(kept)).Draw(stream(s, "r3", t.Seed, i))
		if err != nil {
			return nil, err
		}
		return now.Subset(kept).Append(fresh)
	})
}

// aboveMean lists the indices of values above the mean: never all of them.
func aboveMean(abs []float64) []int {
	mean := stat.Mean(abs, nil)
	kept := []int{}
	for i, a := range abs {
		if a > mean && len(kept) < len(abs)-1 {
			kept = append(kept, i)
		}
	}
	return kept
}
