package trackers

import (
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/linalg"
)

// ResidualStats describes how the residual r of each constraint is spread over its points:
//
//	mean(r) and its population standard deviation, max|r|, the 99th percentile of |r| and a histogram of r
//
// over all points and components, before the residual is reduced to a loss. The percentile interpolates linearly at index 0.99(n−1), as
// NumPy's does.
//
// How to read it: a maximum far above the 99th percentile is a spot, at Where, that the mean square does not see: a shock, a
// corner, a kink; put points there (callbacks.RAD). A mean far from 0 is a bias that the network has not the freedom to remove.
//
// Cost: one evaluation of the residuals, about a third of a training step, and a sort.
type ResidualStats struct {
	Interval    int               // steps between measurements; 0 means 100
	Constraints []string          // names, in the order of the result; nil means all
	Of          []crux.Constraint // the constraints themselves, in place of names
	Bins        int               // of the histograms; 0 means 50

	history[ResidualStatsValue]
	interval int
	bins     int
	indices  []int
	facts    []*crux.Fact[*mat.Dense]
}

// ResidualStatsValue is one measurement, with one entry for each of K constraints.
type ResidualStatsValue struct {
	Means  []float64   // of r
	Stds   []float64   // of r, population
	Maxes  []float64   // of |r|
	P99    []float64   // of |r|
	Where  [][]float64 // coordinates of the first point with |r| = Maxes
	Edges  [][]float64 // of the bins of r, one more than there are bins
	Counts [][]int     // values in each bin
}

func (v ResidualStatsValue) clone() ResidualStatsValue {
	return ResidualStatsValue{
		slices.Clone(v.Means), slices.Clone(v.Stds), slices.Clone(v.Maxes), slices.Clone(v.P99),
		cloneRows(v.Where), cloneRows(v.Edges), cloneRows(v.Counts),
	}
}

func cloneRows[T any](rows [][]T) [][]T {
	c := make([][]T, len(rows))
	for i, r := range rows {
		c[i] = slices.Clone(r)
	}
	return c
}

// ResidualStatsResult is the whole history: S measurements of K constraints.
type ResidualStatsResult struct {
	Epochs  []int
	Indices []int // of the constraints in the problem
	Values  []ResidualStatsValue
}

// OnSolveBegin implements crux.Callback.
func (t *ResidualStats) OnSolveBegin(_ context.Context, r *crux.Run) error {
	var err error
	if t.interval, err = interval(t.Interval, defaultGradientInterval); err != nil {
		return err
	}
	if t.bins, err = count("Bins", t.Bins, 50, 1); err != nil {
		return err
	}
	if t.indices, err = r.Subset(t.Constraints, t.Of); err != nil {
		return err
	}
	if err := t.adopt(append([]int{t.bins}, t.indices...)...); err != nil {
		return err
	}
	t.facts = nil
	for _, i := range t.indices {
		t.facts = append(t.facts, r.Residuals(i))
	}
	return nil
}

// OnStep implements crux.Callback.
func (t *ResidualStats) OnStep(ctx context.Context, s *crux.Step) error {
	if !t.due(s, t.interval) {
		return nil
	}
	var v ResidualStatsValue
	for k, i := range t.indices {
		res, err := t.facts[k].At(ctx, s)
		if err != nil {
			return err
		}
		_, components := res.Dims()
		r := res.RawMatrix().Data
		sum, err := linalg.Summarise(r)
		if err != nil {
			return fmt.Errorf("constraint %q: %w", s.Run.Names()[i], err)
		}
		edges, counts, err := linalg.Histogram(r, t.bins)
		if err != nil {
			return fmt.Errorf("constraint %q: %w", s.Run.Names()[i], err)
		}
		v.Means, v.Stds = append(v.Means, sum.Mean), append(v.Stds, sum.Std)
		v.Maxes, v.P99 = append(v.Maxes, sum.MaxAbs), append(v.P99, sum.P99Abs)
		v.Where = append(v.Where, slices.Clone(s.Run.Points(i).Row(sum.ArgMax/components)))
		v.Edges, v.Counts = append(v.Edges, edges), append(v.Counts, counts)
		for _, m := range []struct {
			name  string
			value float64
		}{{"mean", sum.Mean}, {"std", sum.Std}, {"max", sum.MaxAbs}, {"p99", sum.P99Abs}} {
			if err := s.Record(fmt.Sprintf("explainability/residual/constraint_%d/%s", i, m.name), m.value); err != nil {
				return err
			}
		}
	}
	t.publish(s.Epoch, v)
	return nil
}

// Result is a copy of the history.
func (t *ResidualStats) Result() ResidualStatsResult {
	epochs, vs := t.all()
	return ResidualStatsResult{epochs, slices.Clone(t.indices), vs}
}

// Arrays are epochs (S), means, stds, maxes and p99 (S,K) and indices (K); beside them the histograms, histogram_edges
// (S,K,bins+1) and histogram_counts (S,K,bins).
func (t *ResidualStats) Arrays() []Array {
	epochs, vs := t.all()
	s, k, bins := len(vs), len(t.indices), t.bins
	table := func(name string, row func(ResidualStatsValue) []float64) Array {
		return floatArray(name, stack(vs, row), s, k)
	}
	return []Array{
		intArray("epochs", epochs),
		table("means", func(v ResidualStatsValue) []float64 { return v.Means }),
		table("stds", func(v ResidualStatsValue) []float64 { return v.Stds }),
		table("maxes", func(v ResidualStatsValue) []float64 { return v.Maxes }),
		table("p99", func(v ResidualStatsValue) []float64 { return v.P99 }),
		intArray("indices", t.indices),
		floatArray("histogram_edges", stack(vs, func(v ResidualStatsValue) []float64 { return slices.Concat(v.Edges...) }), s, k, bins+1),
		floatArray("histogram_counts", stack(vs, func(v ResidualStatsValue) []float64 {
			var x []float64
			for _, c := range slices.Concat(v.Counts...) {
				x = append(x, float64(c))
			}
			return x
		}), s, k, bins),
	}
}
