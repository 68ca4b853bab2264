package trackers

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/linalg"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers/explain"
)

// NTKSpectrum measures the neural tangent kernel of a scalar expression at n points:
//
//	K = J Jᵀ,  J_ij = ∂e(x_i)/∂θ_j,  λ_1 ≥ … ≥ λ_n the eigenvalues of K
//	condition = λ_1 / max(λ_n, ε n λ_1),  rank = number of λ > ε n λ_1
//
// and with it λ_1 / max(λ_r, ε r λ_1) with r = min(n, p), p being the number of selected parameters: no more than r eigenvalues
// differ from zero, so that for p < n the condition says only that there are more points than parameters.
//
// Which rows of a point set are taken is chosen once, by the tracker's own seed. On the point set of a constraint they are points on
// which the step trains, also after these have been redrawn or moved: it is there that the kernel says how fast the residual
// falls. FirstDraw compares the same points over time instead.
//
// How to read it: under gradient descent the part of the residual along eigenvector k decays at a rate proportional to λ_k,
// so a spectrum that falls off steeply learns a few patterns at once and the rest never (spectral bias). Traces per row
// that differ by orders of magnitude between constraints mean that one is learned long before the other: weights.NTKBalanced.
//
// Cost: the factors of n rows of J, about n/N training steps on N points, and the eigenvalues of the smaller of J Jᵀ, which
// is formed without J, and JᵀJ. Always in float64. See Jacot et al. (2018), arXiv 1806.07572; Wang, Yu and Perdikaris (2022), arXiv
// 2007.14527.
type NTKSpectrum struct {
	Grad      *ph.NetworkGradient // from placeholder.ParamGrad: a scalar expression and the parameters; needed
	On        *domain.Points      // where; nil means the points of the first constraint
	FirstDraw bool                // stay at the first points of a constraint
	Points    int                 // rows n, or as many as there are; 0 means 256
	TopK      int                 // eigenvalues in eigvals_topk; 0 means 10
	Interval  int                 // steps between measurements; 0 means 500
	Seed      uint64              // of the choice of points

	History[NTKSpectrumValue]
	topK, rows int
	place      place
	eval       *crux.Evaluator

	parameters int // selected
}

// OnSolveBegin implements crux.Callback.
func (t *NTKSpectrum) OnSolveBegin(_ context.Context, r *crux.Run) error {
	if t.Grad == nil || t.Grad.Expr == nil {
		return errors.New("no Grad; give one such as placeholder.ParamGrad(u, nil)")
	}
	var err error
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
	t.parameters = len(at)
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
	return t.Begin(t.Interval, 500, t.eval.Points().Len())
}

// stream is the name of the random stream of the points.
func (t *NTKSpectrum) stream() string { return fmt.Sprintf("tracker/ntk/%d", t.Seed) }

// chosen are the rows, without repetition: all points if there are no more than that, in their order. Sets of equal size have the
// same rows.
func (t *NTKSpectrum) chosen(r *crux.Run) *domain.Cloud {
	return some(t.place.cloud, t.rows, r.Solver().Stream(t.stream()+"/rows"))
}

// OnStep implements crux.Callback.
func (t *NTKSpectrum) OnStep(_ context.Context, s *crux.Step) error {
	if !t.Due(s) {
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
	return t.Publish(s, NTKSpectrumValue{
		Of: shown(t.Grad.Expr), Eigenvalues: values, TopK: t.topK, Trace: trace, Condition: linalg.Condition(values), Rank: linalg.Rank(values),
		Parameters: t.parameters,
	})
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
	_, v, ok := t.last()
	return v.Trace, len(v.Eigenvalues), ok
}

// NTKSpectrumValue is one measurement.
type NTKSpectrumValue struct {
	Of          string    // the expression
	Eigenvalues []float64 // all n, descending
	TopK        int       // how many of them sinks and eigvals_topk have
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

// EffectiveCondition is λ_1 / max(λ_r, ε r λ_1) for r = Patterns(): the condition of what the parameters can learn. NaN if the kernel
// is zero.
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

// Measurement has the arrays eigvals_topk (TopK), lambda_min, lambda_max, condition_number and trace, all_eigvals (n), rank and
// effective_condition_number. Where there are fewer eigenvalues than TopK, or than at another step, the rest is NaN.
func (v NTKSpectrumValue) Measurement(at explain.Setting) Measurement {
	m := Measurement{
		Title: "neural tangent kernel of " + v.Of,
		Arrays: []Array{
			vector("eigvals_topk", padded(v.Eigenvalues, v.TopK)), scalar("lambda_min", v.Min()), scalar("lambda_max", v.Max()),
			scalar("condition_number", v.Condition), scalar("trace", v.Trace), vector("all_eigvals", v.Eigenvalues),
			scalar("rank", float64(v.Rank)), scalar("effective_condition_number", v.EffectiveCondition()),
		},
		Findings: func() explain.Findings { return v.findings() },
		Plots: func() []Plot {
			list := histogram("ntk/spectrum_hist", fmt.Sprintf("eigenvalues of the kernel, step %d", at.Epoch), v.Eigenvalues, 64)
			for i := range list {
				list[i].Numbers = true
			}
			return list
		},
	}
	for k, x := range v.Eigenvalues[:min(v.TopK, len(v.Eigenvalues))] {
		m.Scalars = append(m.Scalars, Scalar{Key: fmt.Sprintf("ntk/eigval_%d", k), Value: x})
	}
	m.Scalars = append(m.Scalars,
		Scalar{"ntk/lambda_max", "largest eigenvalue", v.Max()},
		Scalar{"ntk/lambda_min", "", v.Min()},
		Scalar{"ntk/condition_number", "", v.Condition},
		Scalar{"ntk/effective_condition_number", "condition", v.EffectiveCondition()},
		Scalar{"", "rank", float64(v.Rank)},
		Scalar{"", "trace", v.Trace},
	)
	return m
}

const (
	// learned is the quotient λ_1/λ_k up to which pattern k of a kernel counts as learned in reasonable time: so many times
	// longer than the first one takes.
	learned = 1000
	// narrow is the share of patterns within learned below which a network shows spectral bias.
	narrow = 0.25
)

// findings say which patterns are learned. Under gradient descent the part of the residual along
// eigenvector k decays at a rate proportional to λ_k. Fewer parameters than points cannot learn more patterns than they are.
func (v NTKSpectrumValue) findings() explain.Findings {
	n := len(v.Eigenvalues)
	if n == 0 {
		return nil
	}
	top := v.Max()
	if !(top > 0) {
		return explain.Findings{}.Warn("the kernel is zero: the expression does not depend on the parameters at these points")
	}
	fast, bulk, sum := 0, 0, 0.0
	for _, l := range v.Eigenvalues {
		if l >= top/learned {
			fast++
		}
		if sum < 0.99*v.Trace {
			bulk++
		}
		sum += l
	}
	list := explain.Findings{}
	most := v.Patterns()
	text := fmt.Sprintf("%d of %d patterns are learned within %d times the time of the first", fast, most, learned)
	if float64(fast) < narrow*float64(most) {
		list = list.Warn("spectral bias: %s by gradient descent; a quasi-Newton method, Fourier features or fewer, better placed points help",
			text)
	} else {
		list = list.Note("%s by gradient descent", text)
	}
	text = fmt.Sprintf("condition %.2g, rank %d of %d", v.EffectiveCondition(), v.Rank, most)
	if most < n {
		text += fmt.Sprintf(", as many as there are parameters for %d points", n)
	}
	list = list.Note("%s; %d eigenvalues make up 99 %% of the trace %.3g, %.3g per point", text, bulk, v.Trace, v.Trace/float64(n))
	return list
}
