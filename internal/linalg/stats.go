package linalg

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"gonum.org/v1/gonum/floats"

	"github.com/crux-pinn/crux/internal/kern"
)

// Percentile returns the q-quantile, 0 ≤ q ≤ 1, of values in ascending order, by linear interpolation at the index
// q(n−1), as numpy.percentile does by default. It is NaN without values.
func Percentile(sorted []float64, q float64) float64 {
	n := len(sorted)
	if n == 0 || math.IsNaN(q) {
		return math.NaN()
	}
	at := min(max(q, 0), 1) * float64(n-1)
	k := int(at)
	if k >= n-1 {
		return sorted[n-1]
	}
	a, b, t := sorted[k], sorted[k+1], at-float64(k)
	if t == 0 || a == b { // also where the difference of infinities would be NaN
		return a
	}
	if t >= 0.5 { // from the nearer end, so that t = 1 gives b exactly
		return b - (b-a)*(1-t)
	}
	return a + (b-a)*t
}

// Summary describes a sample.
type Summary struct {
	Mean   float64
	Std    float64 // population: divided by n
	MaxAbs float64
	P99Abs float64 // 99th percentile of the absolute values
	ArgMax int     // index of MaxAbs, the first one
}

// Summarise describes x, which is not empty. A value that is not finite is an error.
func Summarise(x []float64) (Summary, error) {
	if len(x) == 0 {
		return Summary{}, fmt.Errorf("linalg: summary of no values")
	}
	n := float64(len(x))
	s := Summary{MaxAbs: -1}
	abs := make([]float64, len(x))
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return Summary{}, fmt.Errorf("linalg: summary: value %d is %v", i, v)
		}
		s.Mean += v / n
		if abs[i] = math.Abs(v); abs[i] > s.MaxAbs {
			s.MaxAbs, s.ArgMax = abs[i], i
		}
	}
	var sum float64
	for _, v := range x {
		sum += (v - s.Mean) * (v - s.Mean)
	}
	s.Std = math.Sqrt(sum / n)
	slices.Sort(abs)
	s.P99Abs = Percentile(abs, 0.99)
	return s, nil
}

// Histogram counts values in equal bins from the smallest to the largest: edges has bins+1 entries, and bin i holds
// edges[i] ≤ x < edges[i+1], the last one its upper edge too. Equal values x get bins over [x−½, x+½], as in NumPy. No
// values, no bins or a value that is not finite are errors.
func Histogram(x []float64, bins int) (edges []float64, counts []int, err error) {
	if len(x) == 0 || bins < 1 {
		return nil, nil, fmt.Errorf("linalg: histogram of %d values in %d bins; both must be positive", len(x), bins)
	}
	lo, hi := slices.Min(x), slices.Max(x)
	width := hi/float64(bins) - lo/float64(bins)
	if math.IsNaN(width) || math.IsInf(width, 0) {
		return nil, nil, fmt.Errorf("linalg: histogram of values from %v to %v; they must be finite", lo, hi)
	}
	if lo == hi {
		lo, hi = lo-0.5, hi+0.5
		width = 1 / float64(bins)
	}
	edges, counts = make([]float64, bins+1), make([]int, bins)
	for i := range edges {
		edges[i] = lo + float64(i)*width
	}
	edges[bins] = hi
	for _, v := range x {
		i := sort.Search(bins, func(k int) bool { return edges[k+1] > v }) // first bin whose upper edge is beyond v
		counts[min(i, bins-1)]++
	}
	return edges, counts, nil
}

// mostUnknown is the largest part of a solution that may be unknown for a comparison with it to count.
const mostUnknown = 0.1

// Known is the entries of a known solution that are not finite, and whether it can be compared with all the same: as long as these are a
// tenth at most, as sin(r)/r has one at r = 0.
func Known(y []float64) (unknown []int, ok bool) {
	for i, v := range y {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			unknown = append(unknown, i)
		}
	}
	return unknown, float64(len(unknown)) <= mostUnknown*float64(len(y))
}

// Length is the 2-norm of many numbers, by the safe and slow way only where squares overflow or vanish.
func Length(x []float64) float64 {
	if square := kern.Dot(x, x); square > 1e-200 && square < 1e200 {
		return math.Sqrt(square)
	}
	return floats.Norm(x, 2)
}

// Difference is x − y with its 2-norm relative to that of y, and its largest entry in absolute value, NaN if one of x is NaN. Entries
// of y that are not finite are left out of both if there are few (see Known). Both have the same length.
func Difference(x, y []float64) (diff []float64, relL2, maxAbs float64) {
	diff = make([]float64, len(x))
	unknown, ok := Known(y)
	var num, den float64
	for i := range x {
		diff[i] = x[i] - y[i]
		if ok && len(unknown) > 0 && unknown[0] == i {
			unknown = unknown[1:]
			continue
		}
		num += diff[i] * diff[i]
		den += y[i] * y[i]
		if d := math.Abs(diff[i]); d > maxAbs || math.IsNaN(d) {
			maxAbs = d
		}
	}
	if math.IsNaN(num) {
		maxAbs = math.NaN()
	}
	return diff, math.Sqrt(num) / math.Sqrt(den), maxAbs
}
