package trackers

import (
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/crux"
	ph "github.com/crux-pinn/crux/placeholder"
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

	history[CosSimilarityValue]
	grads gradients
}

// CosSimilarityValue is one measurement.
type CosSimilarityValue struct {
	N      int       // constraints
	Matrix []float64 // N×N, row by row
}

// At is the cosine of constraints i and j. Like a slice, it panics when one is out of range.
func (v CosSimilarityValue) At(i, j int) float64 { return v.Matrix[i*v.N : (i+1)*v.N][j] }

func (v CosSimilarityValue) clone() CosSimilarityValue {
	v.Matrix = slices.Clone(v.Matrix)
	return v
}

// CosSimilarityResult is the whole history: S matrices.
type CosSimilarityResult struct {
	Epochs   []int
	Matrices []*mat.Dense
}

// OnSolveBegin implements crux.Callback.
func (t *CosSimilarity) OnSolveBegin(_ context.Context, r *crux.Run) error {
	if err := t.adopt(len(r.Names())); err != nil {
		return err
	}
	return t.grads.begin(r, t.Interval, t.Mask, t.due)
}

// OnStep implements crux.Callback.
func (t *CosSimilarity) OnStep(ctx context.Context, s *crux.Step) error {
	if !t.due(s, t.grads.interval) {
		return nil
	}
	rows, err := t.grads.rows(ctx, s)
	if err != nil {
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
			if err := s.Record(fmt.Sprintf("explainability/cos_sim/%d_%d", i, j), c); err != nil {
				return err
			}
		}
	}
	t.publish(s.Epoch, v)
	return nil
}

// Result is a copy of the history.
func (t *CosSimilarity) Result() CosSimilarityResult {
	epochs, vs := t.all()
	r := CosSimilarityResult{Epochs: epochs}
	for _, v := range vs {
		r.Matrices = append(r.Matrices, mat.NewDense(v.N, v.N, v.Matrix))
	}
	return r
}

// Arrays are epochs (S) and cos_sim_matrix (S,N,N).
func (t *CosSimilarity) Arrays() []Array {
	epochs, vs := t.all()
	n := 0
	if len(vs) > 0 {
		n = vs[0].N
	}
	return []Array{
		intArray("epochs", epochs),
		floatArray("cos_sim_matrix", stack(vs, func(v CosSimilarityValue) []float64 { return v.Matrix }), len(vs), n, n),
	}
}
