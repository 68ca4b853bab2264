package trackers

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/crux-pinn/crux/crux"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers/explain"
)

// CosSimilarity measures whether constraints agree about the way down:
//
//	C_ij = ĝ_i·ĝ_j,  ĝ = g/(‖g‖ + 1e-12),  g_i = ∂L_i/∂θ
//
// A zero gradient gives zeros; the diagonal is 1 for every other.
//
// How to read it: near 1 two constraints ask for the same step, near 0 they do not touch, near −1 each undoes the other and
// the loss stalls between them. Weights cannot resolve a conflict; another network, points or optimiser may.
//
// Cost: as GradientNorms, plus N²P/2 multiplications. See Yu et al. (2020), arXiv 2001.06782.
type CosSimilarity struct {
	Interval int         // steps between measurements; 0 means 100
	Mask     ph.Selector // parameters differentiated; nil means all

	History[CosSimilarityValue]
	grads gradients
}

// OnSolveBegin implements crux.Callback.
func (t *CosSimilarity) OnSolveBegin(_ context.Context, r *crux.Run) error {
	return t.grads.begin(t, r, t.Interval, t.Mask)
}

// OnStep implements crux.Callback.
func (t *CosSimilarity) OnStep(ctx context.Context, s *crux.Step) error {
	rows, err := t.grads.rows(ctx, s, t.Due(s))
	if rows == nil {
		return err
	}
	n := len(rows)
	v := CosSimilarityValue{n, make([]float64, n*n)}
	var hat [][]float64
	if n > 1 {
		hat = directions(rows)
	}
	for i := range n {
		if slices.ContainsFunc(rows[i], func(x float64) bool { return x != 0 }) {
			v.Matrix[i*n+i] = 1
		}
		for j := i + 1; j < n; j++ {
			c := floats.Dot(hat[i], hat[j])
			v.Matrix[i*n+j], v.Matrix[j*n+i] = c, c
		}
	}
	return t.Publish(s, v)
}

// CosSimilarityValue is one measurement.
type CosSimilarityValue struct {
	N      int       // constraints
	Matrix []float64 // N×N, row by row
}

// At is the cosine of constraints i and j. Like a slice, it panics when one is out of range.
func (v CosSimilarityValue) At(i, j int) float64 { return v.Matrix[i*v.N : (i+1)*v.N][j] }

// Measurement has the array cos_sim_matrix (N,N).
func (v CosSimilarityValue) Measurement(at explain.Setting) Measurement {
	m := Measurement{
		Title:    "cosine similarity",
		Arrays:   []Array{shaped("cos_sim_matrix", v.Matrix, v.N, v.N)},
		Findings: func() explain.Findings { return v.findings(at) },
		Plots: func() []Plot {
			return []Plot{{Key: "cos_sim_matrix", Picture: &Heatmap{
				Title: fmt.Sprintf("cosine of gradients, step %d", at.Epoch), Rows: v.N, Columns: v.N, Values: v.Matrix,
				RowNames: at.Constraints, ColumnNames: at.Constraints, Low: -1, High: 1,
			}}}
		},
	}
	for _, p := range v.pairs() {
		name := "cosine of " + at.Constraint(p.i) + " and " + at.Constraint(p.j)
		m.Scalars = append(m.Scalars, Scalar{fmt.Sprintf("cos_sim/%d_%d", p.i, p.j), name, p.cosine})
	}
	return m
}

// pair is two constraints with the cosine of their gradients.
type pair struct {
	i, j   int
	cosine float64
}

func (v CosSimilarityValue) pairs() []pair {
	var list []pair
	for i := range v.N {
		for j := i + 1; j < v.N; j++ {
			list = append(list, pair{i, j, v.At(i, j)})
		}
	}
	return list
}

const (
	opposing  = -0.3 // the cosine below which two gradients oppose each other, and −opposing that above which they pull together
	mostPairs = 3    // that are named
)

func (v CosSimilarityValue) findings(at explain.Setting) explain.Findings {
	pairs := v.pairs()
	if len(pairs) == 0 {
		return explain.Findings{}.Note("there is one constraint, so nothing opposes it")
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Compare(a.cosine, b.cosine) })
	var list explain.Findings
	opposed := 0
	for _, p := range pairs {
		if p.cosine > opposing {
			break
		}
		if opposed++; opposed <= mostPairs {
			advice := "weights do not resolve this, a quasi-Newton method (ssbroyden) or another network may"
			if math.IsNaN(at.Rate) {
				advice = "the method of the next step has no learning rate and bears this better than gradient descent"
			}
			list = list.Warn("%s and %s oppose each other, cosine %.2g: a step down for one undoes the other; %s",
				at.Constraint(p.i), at.Constraint(p.j), p.cosine, advice)
		}
	}
	if opposed > mostPairs {
		list = list.Warn("%d more pairs oppose each other", opposed-mostPairs)
	}
	last := pairs[len(pairs)-1]
	switch low := pairs[0]; {
	case opposed > 0 && len(pairs) > 1 && last.cosine >= -opposing:
		list = list.Note("%s and %s pull together, cosine %.2g", at.Constraint(last.i), at.Constraint(last.j), last.cosine)
	case opposed > 0:
	case low.cosine >= -opposing:
		list = list.Note("all constraints pull together: the smallest cosine is %.2g, of %s and %s",
			low.cosine, at.Constraint(low.i), at.Constraint(low.j))
	default:
		list = list.Note("no two constraints oppose each other: the smallest cosine is %.2g, of %s and %s",
			low.cosine, at.Constraint(low.i), at.Constraint(low.j))
	}
	return list
}
