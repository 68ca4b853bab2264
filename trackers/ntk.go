package trackers

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/linalg"
	ph "github.com/crux-pinn/crux/placeholder"
)

// NTKSpectrum measures the neural tangent kernel of a scalar expression at n points:
//
//	K = J Jᵀ,  J_ij = ∂e(x_i)/∂θ_j,  λ_1 ≥ … ≥ λ_n the eigenvalues of K
//	condition = λ_1 / max(λ_n, ε n λ_1),  rank = number of λ > ε n λ_1
//
// and beside it λ_1 / max(λ_r, ε r λ_1) with r = min(n, p), p being the number of selected parameters: no more than r eigenvalues
// differ from zero, so that for p < n the condition says only that there are more points than parameters.
//
// Which rows of a point set are taken is chosen once, by the tracker's own seed. On the point set of a constraint they are points on
// which the step trains, also after these have been drawn anew or moved: it is there that the kernel says how fast the residual
// falls. FirstDraw compares the same points over time instead.
//
// How to read it: under gradient descent the part of the residual along eigenvector k decays at a rate proportional to λ_k,
// so a spectrum that falls off steeply learns a few patterns at once and the rest never (spectral bias). Traces per row
// that differ by orders of magnitude between constraints mean that one is learned long before the other: weights.NTKBalanced.
//
// Cost: the factors of n rows of J, about n/N training steps on N points, and the eigenvalues of the smaller of J Jᵀ, which
// is formed without J, and JᵀJ. Always in float64. See Jacot et al. (2018), arXiv 1806.07572; Wang, Yu and Perdikaris (2022), arXiv 2007.14527.
type NTKSpectrum struct {
	Grad      *ph.NetworkGradient // from placeholder.ParamGrad: a scalar expression and the parameters; needed
	On        *domain.Points      // where; nil means the points of the first constraint
	FirstDraw bool                // stay at the first points of a constraint
	Points    int                 // rows n, or as many as there are; 0 means 256
	TopK      int                 // eigenvalues in eigvals_topk; 0 means 10
	Interval  int                 // steps between measurements; 0 means 500
	Seed      uint64              // of the choice of points

	history[NTKSpectrumValue]
	interval   int
	topK, rows int
	place      place
	eval       *crux.Evaluator

	parameters int // selected
}

// NTKSpectrumValue is one measurement.
type NTKSpectrumValue struct {
	Eigenvalues []float64 // all n, descending
	Trace       float64   // Σ J_ij², not divided by n
	Condition   float64   // NaN if the kernel is zero
	Rank        int
	Parameters  int // p, the parameters by which the expression is differentiated
}

// Patterns is r = min(n, p): no more eigenvalues differ from zero, but for rounding.
func (v NTKSpectrumValue) Patterns() int {
	if n := len(v.Eigenvalues); v.Parameters == 0 || v.Parameters > n {
		return n
	}
	return v.Parameters
}

// EffectiveCondition is λ_1 / max(λ_r, ε r λ_1) for r = Patterns(): the condition of what the parameters can learn. NaN if the kernel is
// zero.
func (v NTKSpectrumValue) EffectiveCondition() float64 {
	return linalg.Condition(v.Eigenvalues[:v.Patterns()])
}

// Max is the largest eigenvalue.
func (v NTKSpectrumValue) Max() float64 { return v.end(0) }

// Min is the smallest eigenvalue.
func (v NTKSpectrumValue) Min() float64 { return v.end(len(v.Eigenvalues) - 1) }

func (v NTKSpectrumValue) end(i int) float64 {
	if len(v.Eigenvalues) == 0 {
		return math.NaN()
	}
	return v.Eigenvalues[i]
}

func (v NTKSpectrumValue) clone() NTKSpectrumValue {
	v.Eigenvalues = slices.Clone(v.Eigenvalues)
	return v
}

// NTKSpectrumResult is the whole history: S measurements at n points.
type NTKSpectrumResult struct {
	Epochs      []int
	Eigenvalues *mat.Dense // S×n, nil without measurements; NaN where there were fewer points
	Traces      []float64
	Conditions  []float64
	Effective   []float64 // conditions of what the parameters can learn, EffectiveCondition
	Ranks       []int
	Patterns    []int // min(n, p)
}

// OnSolveBegin implements crux.Callback.
func (t *NTKSpectrum) OnSolveBegin(_ context.Context, r *crux.Run) error {
	if t.Grad == nil || t.Grad.Expr == nil {
		return errors.New("no Grad; give one such as placeholder.ParamGrad(u, nil)")
	}
	var err error
	if t.interval, err = interval(t.Interval, 500); err != nil {
		return err
	}
	if t.topK, err = count("TopK", t.TopK, 10, 1); err != nil {
		return err
	}
	if t.rows, err = count("Points", t.Points, 256, 1); err != nil {
		return err
	}
	at, err := selected(r, t.Grad.Select)
	if err != nil {
		return err
	}
	if t.parameters = len(at); at == nil {
		t.parameters = r.Parameters()
	}
	if err := t.place.begin(r, t.On, t.FirstDraw, t.stream()); err != nil {
		return err
	}
	rows, purpose := t.chosen(r), crux.ForKernel
	if rows.Len() > t.parameters {
		purpose = crux.ForJacobian
	}
	if t.eval, err = r.CompileGradient(t.Grad, rows, purpose); err != nil {
		return where(t.On, r, err)
	}
	if c := t.eval.Components(); c != 1 {
		return fmt.Errorf("the expression has %d components, the kernel needs one; pick it with Index, as in ParamGrad(flow.Index(0), nil)", c)
	}
	return t.adopt(t.eval.Points().Len())
}

// stream is the name of the random stream of the points.
func (t *NTKSpectrum) stream() string { return fmt.Sprintf("tracker/ntk/%d", t.Seed) }

// chosen are the rows, without repetition: all points if there are no more than that, in their order. Sets of equal size have the
// same rows.
func (t *NTKSpectrum) chosen(r *crux.Run) *domain.Cloud {
	c := t.place.cloud
	if t.rows >= c.Len() {
		return c
	}
	at := r.Solver().Stream(t.stream() + "/rows").Perm(c.Len())[:t.rows]
	slices.Sort(at)
	return c.Subset(at)
}

// OnStep implements crux.Callback.
func (t *NTKSpectrum) OnStep(_ context.Context, s *crux.Step) error {
	if !t.due(s, t.interval) {
		return nil
	}
	if t.place.move(s) {
		if err := t.eval.Move(t.chosen(s.Run)); err != nil {
			return err
		}
	}
	values, trace, err := t.spectrum()
	if err != nil {
		return err
	}
	v := NTKSpectrumValue{values, trace, linalg.Condition(values), linalg.Rank(values), t.parameters}
	t.publish(s.Epoch, v)
	for k := range min(t.topK, len(values)) {
		if err := s.Record(fmt.Sprintf("explainability/ntk/eigval_%d", k), values[k]); err != nil {
			return err
		}
	}
	return errors.Join(
		s.Record("explainability/ntk/lambda_max", v.Max()),
		s.Record("explainability/ntk/lambda_min", v.Min()),
		s.Record("explainability/ntk/condition_number", v.Condition),
		s.Record("explainability/ntk/effective_condition_number", v.EffectiveCondition()),
	)
}

// spectrum is that of K, from K or, where it is smaller, from JᵀJ.
func (t *NTKSpectrum) spectrum() (values []float64, trace float64, err error) {
	if t.eval.Points().Len() > t.parameters {
		j, err := t.eval.Jacobian()
		if err != nil {
			return nil, 0, err
		}
		values, err = linalg.GramEigenvalues(j)
		return values, linalg.GramTrace(j), err
	}
	k, err := t.eval.Kernel()
	if err != nil {
		return nil, 0, err
	}
	values, err = linalg.Eigenvalues(k)
	return values, mat.Trace(k), err
}

// Trace is the latest tr K with its number of rows, for weights.NTKBalanced.
func (t *NTKSpectrum) Trace() (trace float64, rows int, ok bool) {
	v, ok := t.Value()
	return v.Trace, len(v.Eigenvalues), ok
}

// Result is a copy of the history.
func (t *NTKSpectrum) Result() NTKSpectrumResult {
	epochs, vs := t.all()
	r := NTKSpectrumResult{
		Epochs:      epochs,
		Eigenvalues: matrix(vs, level(vs, func(v NTKSpectrumValue) []float64 { return v.Eigenvalues })),
		Traces:      column(vs, func(v NTKSpectrumValue) float64 { return v.Trace }),
		Conditions:  column(vs, func(v NTKSpectrumValue) float64 { return v.Condition }),
		Effective:   column(vs, NTKSpectrumValue.EffectiveCondition),
	}
	for _, v := range vs {
		r.Ranks, r.Patterns = append(r.Ranks, v.Rank), append(r.Patterns, v.Patterns())
	}
	return r
}

// Arrays are epochs (S), eigvals_topk (S,TopK), lambda_min, lambda_max, condition_number and trace (S), all_eigvals (S,n), rank and
// effective_condition_number (S). Where there are fewer eigenvalues than TopK or n the rest is NaN.
func (t *NTKSpectrum) Arrays() []Array {
	epochs, vs := t.all()
	s := len(vs)
	all := level(vs, func(v NTKSpectrumValue) []float64 { return v.Eigenvalues })
	numbers := func(name string, f func(NTKSpectrumValue) float64) Array { return floatArray(name, column(vs, f), s) }
	return []Array{
		intArray("epochs", epochs),
		floatArray("eigvals_topk", stack(vs, func(v NTKSpectrumValue) []float64 { return padded(v.Eigenvalues, t.topK) }), s, t.topK),
		numbers("lambda_min", NTKSpectrumValue.Min),
		numbers("lambda_max", NTKSpectrumValue.Max),
		numbers("condition_number", func(v NTKSpectrumValue) float64 { return v.Condition }),
		numbers("trace", func(v NTKSpectrumValue) float64 { return v.Trace }),
		floatArray("all_eigvals", stack(vs, all), s, width(vs, all)),
		numbers("rank", func(v NTKSpectrumValue) float64 { return float64(v.Rank) }),
		numbers("effective_condition_number", NTKSpectrumValue.EffectiveCondition),
	}
}
