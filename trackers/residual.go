package trackers

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/linalg"
	"github.com/crux-pinn/crux/trackers/explain"
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

	History[ResidualStatsValue]
	bins    int
	indices []int
	facts   []*crux.Fact[*mat.Dense]
}

// OnSolveBegin implements crux.Callback.
func (t *ResidualStats) OnSolveBegin(_ context.Context, r *crux.Run) error {
	var err error
	if t.bins, err = count("Bins", t.Bins, 50, 1); err != nil {
		return err
	}
	if t.indices, err = r.Subset(t.Constraints, t.Of); err != nil {
		return err
	}
	if err := t.Begin(t.Interval, 100, append([]int{t.bins}, t.indices...)...); err != nil {
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
	if !t.Due(s) {
		return nil
	}
	v := ResidualStatsValue{Indices: t.indices}
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
	}
	return t.Publish(s, v)
}

// ResidualStatsValue is one measurement, with one entry for each of K constraints.
type ResidualStatsValue struct {
	Indices []int       // of the constraints in the problem
	Means   []float64   // of r
	Stds    []float64   // of r, population
	Maxes   []float64   // of |r|
	P99     []float64   // of |r|
	Where   [][]float64 // coordinates of the first point with |r| = Maxes
	Edges   [][]float64 // of the bins of r, one more than there are bins
	Counts  [][]int     // values in each bin
}

// Measurement has the arrays means, stds, maxes and p99 (K) and indices (K), which is Fixed; beside them the histograms, histogram_edges
// (K,bins+1) and histogram_counts (K,bins).
func (v ResidualStatsValue) Measurement(at explain.Setting) Measurement {
	m := Measurement{Title: "residuals", Findings: func() explain.Findings { return v.findings(at) }}
	k, bins, counts := len(v.Counts), 0, []float64{}
	for _, c := range v.Counts {
		bins = len(c)
		for _, n := range c {
			counts = append(counts, float64(n))
		}
	}
	indices := whole("indices", v.Indices)
	indices.Fixed = true
	m.Arrays = []Array{
		vector("means", v.Means), vector("stds", v.Stds), vector("maxes", v.Maxes), vector("p99", v.P99), indices,
		shaped("histogram_edges", slices.Concat(v.Edges...), k, bins+1), shaped("histogram_counts", counts, k, bins),
	}
	for k, i := range v.Indices {
		key := fmt.Sprintf("residual/constraint_%d/", i)
		m.Scalars = append(m.Scalars,
			Scalar{Key: key + "mean", Value: v.Means[k]}, Scalar{Key: key + "std", Value: v.Stds[k]},
			Scalar{Name: "root mean square of " + at.Constraint(i), Value: math.Hypot(v.Means[k], v.Stds[k])},
			Scalar{key + "max", "largest of " + at.Constraint(i), v.Maxes[k]}, Scalar{Key: key + "p99", Value: v.P99[k]},
		)
	}
	m.Plots = func() (list []Plot) {
		for k, i := range v.Indices {
			list = append(list, Plot{Key: fmt.Sprintf("residual/constraint_%d/histogram", i), Picture: &Histogram{
				Title: fmt.Sprintf("residual of %s, step %d", at.Constraint(i), at.Epoch), Edges: v.Edges[k], Counts: v.Counts[k],
			}})
		}
		return list
	}
	return m
}

const (
	// spot is how many times the largest residual exceeds the 99th percentile where it is a spot that the mean square does
	// not see. Of normally distributed residuals at 10⁴ points it is 1.5.
	spot = 4
	// bias is the share of the mean in the root mean square from which a residual is biased: the network lacks the freedom to
	// remove it, or the constraints contradict each other.
	bias = 0.7
)

func (v ResidualStatsValue) findings(at explain.Setting) explain.Findings {
	var list explain.Findings
	for k, i := range v.Indices {
		name, mean, std, largest, p99 := at.Constraint(i), v.Means[k], v.Stds[k], v.Maxes[k], v.P99[k]
		most := fmt.Sprintf("the largest residual of %s, %.3g, lies at %s", name, largest, at.Place(i, v.Where[k]))
		switch {
		case largest == 0:
			list = list.Note("the residual of %s is zero at all points", name)
			continue
		case p99 > 0 && largest >= spot*p99:
			list = list.Warn("%s and is %s times the 99th percentile: a spot that the mean square hardly sees; "+
				"resample: {rad: {}} puts points there",
				most, explain.Factor(largest/p99))
		case p99 > 0:
			list = list.Note("%s, %s times the 99th percentile", most, explain.Factor(largest/p99))
		default:
			list = list.Note("%s", most)
		}
		if rms := math.Hypot(mean, std); std > 0 && math.Abs(mean) >= bias*rms {
			list = list.Warn("the residual of %s has mean %.3g, %.0f %% of its root mean square: "+
				"a bias, which a larger network, more steps or a larger weight may remove", name, mean, 100*math.Abs(mean)/rms)
		}
	}
	return list
}
