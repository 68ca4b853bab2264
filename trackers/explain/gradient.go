package explain

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/crux-pinn/crux/trackers"
)

// The thresholds for gradients.
const (
	// Weak is the quotient of two gradients from which the smaller one counts as hardly trained: quotients of 10² and more are
	// what Wang, Teng and Perdikaris (2021), arXiv 2001.04536, find where boundary conditions are not learned.
	Weak = 100
	// Uneven is the quotient from which gradients are worth mentioning as different.
	Uneven = 10
	// Opposed is the cosine below which two gradients oppose each other, and −Opposed that above which they pull together.
	Opposed = -0.3
	// Conflict is how far the alignment lies below that of orthogonal gradients when constraints undo each other's steps.
	Conflict = 0.1
)

// GradientNorms explains one measurement of the gradients' norms. It compares them as training feels them, with the
// weights of the loss, and names both where the weights matter.
func GradientNorms(at Setting, v trackers.GradientNormsValue) []Finding {
	if len(v.Norms) == 0 {
		return nil
	}
	w := v.Weighted
	if len(w) != len(v.Norms) {
		w = v.Norms
	}
	most := 0
	for i := range w {
		if w[i] > w[most] {
			most = i
		}
	}
	if !(w[most] > 0) {
		return []Finding{warn("all gradients are zero: a minimum, a plateau, or units that are dead")}
	}
	if len(w) == 1 {
		return []Finding{note("the gradient of %s has norm %.3g", at.constraint(0), v.Norms[0])}
	}
	var list []Finding
	worst := 1.0
	for _, i := range ascending(w) {
		if i == most {
			continue
		}
		if w[i] == 0 {
			list = append(list, warn("the gradient of %s is zero: it is satisfied, or no parameter that is trained reaches it", at.constraint(i)))
			continue
		}
		r := w[most] / w[i]
		worst = math.Max(worst, r)
		text := fmt.Sprintf("the gradient of %s is %s times smaller than that of %s%s", at.constraint(i), factor(r), at.constraint(most), unweighted(v.Norms[i], v.Norms[most], r))
		switch {
		case r >= Weak:
			list = append(list, warn("%s: it is hardly trained; balance it, as weights: {gradient_norm: {}} does", text))
		case r >= Uneven:
			list = append(list, note("%s", text))
		}
	}
	if worst < Uneven {
		text := fmt.Sprintf("the gradients of the %d constraints lie within a factor of %s of each other", len(w), factor(worst))
		if low, high := extremes(v.Norms); low > 0 && high/low >= 2*worst {
			text += fmt.Sprintf(", as weighted (without weights of %s)", factor(high/low))
		}
		list = append(list, note("%s", text))
	}
	return list
}

// unweighted adds how two norms compare without weights, where that is another story.
func unweighted(small, large, weighted float64) string {
	if !(small > 0) || !(large > 0) {
		return ""
	}
	r := large / small
	if r < 2*weighted && r > weighted/2 {
		return ""
	}
	if r < 1 {
		return fmt.Sprintf(", as weighted (without weights %s times larger)", factor(1/r))
	}
	return fmt.Sprintf(", as weighted (without weights %s times)", factor(r))
}

// extremes are the smallest and the largest entry.
func extremes(x []float64) (low, high float64) { return slices.Min(x), slices.Max(x) }

// ascending are the indices of x by its entries.
func ascending(x []float64) []int {
	at := make([]int, len(x))
	for i := range at {
		at[i] = i
	}
	sort.SliceStable(at, func(a, b int) bool { return x[at[a]] < x[at[b]] })
	return at
}

// pair is two constraints with the cosine of their gradients.
type pair struct {
	i, j   int
	cosine float64
}

// mostPairs bounds the pairs that are named.
const mostPairs = 3

// CosSimilarity explains one measurement of the angles between gradients.
func CosSimilarity(at Setting, v trackers.CosSimilarityValue) []Finding {
	var pairs []pair
	for i := range v.N {
		for j := i + 1; j < v.N; j++ {
			pairs = append(pairs, pair{i, j, v.At(i, j)})
		}
	}
	if len(pairs) == 0 {
		return []Finding{note("there is one constraint, so nothing opposes it")}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int {
		switch {
		case a.cosine < b.cosine:
			return -1
		case a.cosine > b.cosine:
			return 1
		}
		return 0
	})
	var list []Finding
	opposed := 0
	for _, p := range pairs {
		if p.cosine > Opposed {
			break
		}
		if opposed++; opposed <= mostPairs {
			advice := "weights do not resolve this, a quasi-Newton method (ssbroyden) or another network may"
			if math.IsNaN(at.Rate) {
				advice = "the method of the next step has no learning rate and bears this better than gradient descent"
			}
			list = append(list, warn("%s and %s oppose each other, cosine %.2g: a step down for one undoes the other; %s",
				at.constraint(p.i), at.constraint(p.j), p.cosine, advice))
		}
	}
	if opposed > mostPairs {
		list = append(list, warn("%d more pairs oppose each other", opposed-mostPairs))
	}
	last := pairs[len(pairs)-1]
	switch low := pairs[0]; {
	case opposed > 0 && len(pairs) > 1 && last.cosine >= -Opposed:
		list = append(list, note("%s and %s pull together, cosine %.2g", at.constraint(last.i), at.constraint(last.j), last.cosine))
	case opposed > 0:
	case low.cosine >= -Opposed:
		list = append(list, note("all constraints pull together: the smallest cosine is %.2g, of %s and %s", low.cosine, at.constraint(low.i), at.constraint(low.j)))
	default:
		list = append(list, note("no two constraints oppose each other: the smallest cosine is %.2g, of %s and %s", low.cosine, at.constraint(low.i), at.constraint(low.j)))
	}
	return list
}

// GradientAlignment explains one measurement of the alignment of all gradients.
func GradientAlignment(at Setting, v trackers.GradientAlignmentValue) []Finding {
	n := len(at.Constraints)
	if n < 2 {
		return []Finding{note("there is one constraint: the alignment is 1 by definition")}
	}
	free := 2/float64(n) - 1
	length := math.Sqrt(math.Max(0, (1+v.Alignment)/2)) // of the mean of unit gradients
	text := fmt.Sprintf("alignment %.2g, where %d gradients that do not touch give %.2g: the mean of the unit gradients has length %.2g", v.Alignment, n, free, length)
	switch {
	case v.Alignment < free-Conflict:
		return []Finding{warn("%s, so constraints undo each other's steps", text)}
	case v.Alignment > free+Conflict:
		return []Finding{note("%s, so constraints mostly pull together", text)}
	}
	return []Finding{note("%s, so constraints hardly disturb each other", text)}
}

func normSeries(at Setting, r trackers.GradientNormsResult) []Series {
	var list []Series
	if r.Norms == nil {
		return nil
	}
	_, n := r.Norms.Dims()
	for i := range n {
		s := Series{Name: "norm of " + at.constraint(i), Epochs: r.Epochs}
		for k := range r.Epochs {
			s.Values = append(s.Values, r.Norms.At(k, i))
		}
		list = append(list, s)
	}
	return list
}

func cosineSeries(at Setting, r trackers.CosSimilarityResult) []Series {
	var list []Series
	if len(r.Matrices) == 0 {
		return nil
	}
	n, _ := r.Matrices[0].Dims()
	for i := range n {
		for j := i + 1; j < n; j++ {
			s := Series{Name: "cosine of " + at.constraint(i) + " and " + at.constraint(j), Epochs: r.Epochs}
			for _, m := range r.Matrices {
				s.Values = append(s.Values, m.At(i, j))
			}
			list = append(list, s)
		}
	}
	return list
}
