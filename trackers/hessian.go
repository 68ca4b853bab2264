package trackers

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/linalg"
	ph "github.com/crux-pinn/crux/placeholder"
)

// HessianSpectrum estimates both ends of the spectrum of the Hessian of the training loss,
//
//	H = ∇²L,  L = (1/N) Σ_i w_i L_i  with the weights that the step has, those of points included,
//
// or of the mean of the w_i L_i of some constraints, by Lanczos iteration on exact Hessian–vector products, reorthogonalised fully and twice. Each value comes with a bound: an
// eigenvalue of H lies within it. When the Krylov space is exhausted the iteration goes on with a fresh orthogonal vector,
// so that a Hessian of rank one shows one value and zeros, not copies of the one.
//
// How to read it: gradient descent is stable for learning rates below 2/sharpness, if no option leaves anything out; a ratio of 10⁶ and more between the
// large eigenvalues and the bulk is why Adam crawls where quasi-Newton methods do not. A clearly negative smallest value means a
// saddle.
//
// Cost: Iters products of about 2.7 gradients each, for the whole loss, and Iters·P numbers of memory. See Ghorbani et al.
// (2019), arXiv 1901.10159; Rathore et al. (2024), arXiv 2402.01868, for the Hessians of PINNs.
type HessianSpectrum struct {
	K           int               // eigenvalues kept, largest first; 0 means 10
	Iters       int               // Lanczos iterations, at most P; 0 means 30
	Interval    int               // steps between measurements; 0 means 500
	Mask        ph.Selector       // parameters differentiated; nil means all
	Constraints []string          // names; nil means all
	Of          []crux.Constraint // the constraints themselves, in place of names
	Unweighted  bool              // take w_i = 1, and 1 for the points: to compare steps between which the weights change
	Probes      int               // products for the trace; 0 takes the one that Lanczos begins with
	Seed        uint64            // of the start vector and the probes, the same at every measurement

	history[HessianSpectrumValue]
	interval, k, iters int
	part               *crux.Fact[*crux.Part]
	of                 total
	whole              bool // what is differentiated is the training loss by all parameters
}

// HessianSpectrumValue is one measurement.
type HessianSpectrumValue struct {
	Eigenvalues []float64 // the K largest, descending; NaN where P is less than K
	Bounds      []float64 // an eigenvalue of H lies within Bounds[i] of Eigenvalues[i]
	Smallest    float64   // smallest Ritz value
	SmallBound  float64   // its bound
	Trace       float64   // Hutchinson's estimate of tr H
	TraceError  float64   // its standard error; NaN from a single probe
	Ritz        []float64 // all Ritz values, descending
	Mass        []float64 // weight of each in the spectral density, of sum 1
	Weights     []float64 // w_i of each constraint in H: 1 if unweighted, 0 for those that are not chosen
	Training    bool      // H is that of the training loss: no constraint, parameter or weight was left out
}

// Density is the spectral density of H, smoothed by Gaussians of width sigma, at each x: by stochastic Lanczos quadrature
// (Ghorbani et al. 2019) it is Σ_i Mass_i N(x; Ritz_i, σ²). NaN unless sigma is positive.
func (v HessianSpectrumValue) Density(x []float64, sigma float64) []float64 {
	d := make([]float64, len(x))
	for k := range d {
		if !(sigma > 0) {
			d[k] = math.NaN()
			continue
		}
		for i, r := range v.Ritz {
			z := (x[k] - r) / sigma
			d[k] += v.Mass[i] * math.Exp(-z*z/2) / (sigma * math.Sqrt(2*math.Pi))
		}
	}
	return d
}

// Sharpness is the largest eigenvalue.
func (v HessianSpectrumValue) Sharpness() float64 {
	if len(v.Eigenvalues) == 0 {
		return math.NaN()
	}
	return v.Eigenvalues[0]
}

func (v HessianSpectrumValue) clone() HessianSpectrumValue {
	v.Eigenvalues, v.Bounds = slices.Clone(v.Eigenvalues), slices.Clone(v.Bounds)
	v.Ritz, v.Mass, v.Weights = slices.Clone(v.Ritz), slices.Clone(v.Mass), slices.Clone(v.Weights)
	return v
}

// HessianSpectrumResult is the whole history: S measurements.
type HessianSpectrumResult struct {
	Epochs      []int
	Eigenvalues *mat.Dense // S×K, nil without measurements
	Bounds      *mat.Dense // S×K
	Sharpness   []float64
	Smallest    []float64
	Traces      []float64
	Weights     *mat.Dense // S×N: w_i of each constraint
}

// OnSolveBegin implements crux.Callback.
func (t *HessianSpectrum) OnSolveBegin(_ context.Context, r *crux.Run) error {
	var err error
	if t.interval, err = interval(t.Interval, 500); err != nil {
		return err
	}
	if t.k, err = count("K", t.K, 10, 1); err != nil {
		return err
	}
	if t.iters, err = count("Iters", t.Iters, 30, 1); err != nil {
		return err
	}
	if t.k > t.iters {
		return fmt.Errorf("%d eigenvalues from %d iterations; there are never more values than iterations, so raise Iters to %d or more", t.k, t.iters, 3*t.k)
	}
	if t.Probes < 0 {
		return fmt.Errorf("%d probes; 0 takes the product that Lanczos begins with", t.Probes)
	}
	in, err := selected(r, t.Mask)
	if err != nil {
		return err
	}
	if t.part, err = r.Part(t.Mask, hvp(t.Unweighted)); err != nil {
		return err
	}
	at, err := r.Subset(t.Constraints, t.Of)
	if err != nil {
		return err
	}
	t.of = total{at, t.Unweighted}
	n := len(in)
	if in == nil {
		n = r.Parameters()
	}
	t.whole = t.of.training(len(r.Names())) && n == r.Parameters()
	return t.adopt(t.k, min(t.iters, n), len(r.Names()), t.of.kind())
}

// OnStep implements crux.Callback.
func (t *HessianSpectrum) OnStep(ctx context.Context, s *crux.Step) error {
	if !t.due(s, t.interval) {
		return nil
	}
	part, err := t.part.At(ctx, s)
	if err != nil {
		return err
	}
	w := t.of.weights(s)
	n, op := part.Len(), t.of.hessian(part, w)
	stream := fmt.Sprintf("tracker/hessian/%d", t.Seed)
	ritz, err := linalg.Lanczos{Iters: t.iters, Rand: s.Run.Solver().Stream(stream)}.Run(ctx, n, op)
	if err != nil {
		return err
	}
	last := len(ritz.Values) - 1
	v := HessianSpectrumValue{
		Eigenvalues: padded(ritz.Values, t.k), Bounds: padded(ritz.Bounds, t.k),
		Smallest: ritz.Values[last], SmallBound: ritz.Bounds[last],
		Ritz: ritz.Values, Mass: ritz.Mass, Weights: w, Training: t.whole,
		// The start vector is z/√n with random signs z, so zᵀHz = n α₁.
		Trace: float64(n) * ritz.Alpha[0], TraceError: math.NaN(),
	}
	if t.Probes > 0 {
		if v.Trace, v.TraceError, err = linalg.Hutchinson(ctx, n, t.Probes, op, s.Run.Solver().Stream(stream+"/trace")); err != nil {
			return err
		}
	}
	t.publish(s.Epoch, v)
	for k, x := range v.Eigenvalues {
		if err := s.Record(fmt.Sprintf("explainability/hessian/eigval_%d", k), x); err != nil {
			return err
		}
	}
	return errors.Join(
		s.Record("explainability/hessian/sharpness", v.Sharpness()),
		s.Record("explainability/hessian/n_iter", float64(len(ritz.Values))),
	)
}

// Result is a copy of the history.
func (t *HessianSpectrum) Result() HessianSpectrumResult {
	epochs, vs := t.all()
	return HessianSpectrumResult{
		Epochs:      epochs,
		Eigenvalues: matrix(vs, func(v HessianSpectrumValue) []float64 { return v.Eigenvalues }),
		Bounds:      matrix(vs, func(v HessianSpectrumValue) []float64 { return v.Bounds }),
		Sharpness:   column(vs, HessianSpectrumValue.Sharpness),
		Smallest:    column(vs, func(v HessianSpectrumValue) float64 { return v.Smallest }),
		Traces:      column(vs, func(v HessianSpectrumValue) float64 { return v.Trace }),
		Weights:     matrix(vs, func(v HessianSpectrumValue) []float64 { return v.Weights }),
	}
}

// Arrays are epochs (S), eigvals (S,K), sharpness (S), smallest (S), bounds (S,K) and trace (S); beside them, for the spectral
// density, ritz and mass (S,m) of all m Ritz values, and weights (S,N), the w_i of each constraint in the loss.
func (t *HessianSpectrum) Arrays() []Array {
	epochs, vs := t.all()
	s := len(vs)
	values := func(v HessianSpectrumValue) []float64 { return v.Eigenvalues }
	ritz := func(v HessianSpectrumValue) []float64 { return v.Ritz }
	weights := func(v HessianSpectrumValue) []float64 { return v.Weights }
	return []Array{
		intArray("epochs", epochs),
		floatArray("eigvals", stack(vs, values), s, width(vs, values)),
		floatArray("sharpness", column(vs, HessianSpectrumValue.Sharpness), s),
		floatArray("smallest", column(vs, func(v HessianSpectrumValue) float64 { return v.Smallest }), s),
		floatArray("bounds", stack(vs, func(v HessianSpectrumValue) []float64 { return v.Bounds }), s, width(vs, values)),
		floatArray("trace", column(vs, func(v HessianSpectrumValue) float64 { return v.Trace }), s),
		floatArray("ritz", stack(vs, ritz), s, width(vs, ritz)),
		floatArray("mass", stack(vs, func(v HessianSpectrumValue) []float64 { return v.Mass }), s, width(vs, ritz)),
		floatArray("weights", stack(vs, weights), s, width(vs, weights)),
	}
}
