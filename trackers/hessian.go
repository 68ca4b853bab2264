package trackers

import (
	"context"
	"fmt"
	"math"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/linalg"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers/explain"
)

// HessianSpectrum estimates both ends of the spectrum of the Hessian of the training loss,
//
//	H = ∇²L,  L = (1/N) Σ_i w_i L_i  with the weights that the step has, those of points included,
//
// or of the mean of the w_i L_i of some constraints, by Lanczos iteration on exact Hessian–vector products, reorthogonalised fully and
// twice. Each value comes with a bound: an eigenvalue of H lies within it. When the Krylov space is exhausted the iteration continues with
// a fresh orthogonal vector, so that a Hessian of rank one shows one value and zeros, not copies of the one.
//
// How to read it: gradient descent is stable for learning rates below 2/sharpness, if no option leaves anything out; a ratio of 10⁶ and
// more between the large eigenvalues and the bulk is why Adam crawls where quasi-Newton methods do not. A clearly negative smallest value
// means a saddle.
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

	History[HessianSpectrumValue]
	k, iters int
	part     *crux.Fact[*crux.Part]
	of       total
	whole    bool // what is differentiated is the training loss by all parameters
}

// OnSolveBegin implements crux.Callback.
func (t *HessianSpectrum) OnSolveBegin(_ context.Context, r *crux.Run) error {
	var err error
	if t.k, err = count("K", t.K, 10, 1); err != nil {
		return err
	}
	if t.iters, err = count("Iters", t.Iters, 30, 1); err != nil {
		return err
	}
	if t.k > t.iters {
		return fmt.Errorf("%d eigenvalues from %d iterations; there are never more values than iterations, so raise Iters to %d or more", t.k,
			t.iters, 3*t.k)
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
	t.whole = t.of.training(len(r.Names())) && n == r.Parameters()
	return t.Begin(t.Interval, 500, t.k, min(t.iters, n), len(r.Names()), t.of.kind())
}

// OnStep implements crux.Callback.
func (t *HessianSpectrum) OnStep(ctx context.Context, s *crux.Step) error {
	if !t.Due(s) {
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
		Ritz: ritz.Values, Mass: ritz.Mass, Weights: w, Training: t.whole, Unweighted: t.Unweighted, Masked: t.Mask != nil,
		// The start vector is z/√n with random signs z, so zᵀHz = n α₁.
		Trace: float64(n) * ritz.Alpha[0], TraceError: math.NaN(),
	}
	if t.Probes > 0 {
		if v.Trace, v.TraceError, err = linalg.Hutchinson(ctx, n, t.Probes, op, s.Run.Solver().Stream(stream+"/trace")); err != nil {
			return err
		}
	}
	return t.Publish(s, v)
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
	Unweighted  bool      // weights were left out
	Masked      bool      // a mask selected the parameters
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

// Measurement has the arrays eigvals (K), sharpness, smallest, bounds (K) and trace; beside them, for the spectral density, ritz and
// mass (m) of all m Ritz values, and weights (N), the w_i of each constraint in the loss.
func (v HessianSpectrumValue) Measurement(at explain.Setting) Measurement {
	m := Measurement{
		Title: "Hessian" + chosen(at, v.Weights) + left(v.Unweighted, v.Masked),
		Arrays: []Array{
			vector("eigvals", v.Eigenvalues), scalar("sharpness", v.Sharpness()), scalar("smallest", v.Smallest), vector("bounds", v.Bounds),
			scalar("trace", v.Trace), vector("ritz", v.Ritz), vector("mass", v.Mass), vector("weights", v.Weights),
		},
		Findings: func() explain.Findings { return v.findings(at) },
	}
	for k, x := range v.Eigenvalues {
		m.Scalars = append(m.Scalars, Scalar{Key: fmt.Sprintf("hessian/eigval_%d", k), Value: x})
	}
	m.Scalars = append(m.Scalars,
		Scalar{"hessian/sharpness", "sharpness", v.Sharpness()},
		Scalar{"hessian/n_iter", "", float64(len(v.Ritz))},
		Scalar{"", "smallest eigenvalue", v.Smallest},
		Scalar{"", "trace", v.Trace},
	)
	return m
}

const (
	// stiff is the quotient of the largest to the last computed eigenvalue of a Hessian from which a first-order method crawls.
	stiff = 1e4
	// saddle is the share of the smallest eigenvalue in the largest, by absolute value, from which a negative one means a saddle.
	saddle = 1e-3
	// loose is the share of its bound in an eigenvalue from which it has not converged.
	loose = 0.1
)

// findings are of both ends of the spectrum. What follows for training is said only of the
// Hessian of the training loss by all parameters.
func (v HessianSpectrumValue) findings(at explain.Setting) explain.Findings {
	top := v.Sharpness()
	if math.IsNaN(top) {
		return nil
	}
	var list explain.Findings
	if len(v.Bounds) > 0 && v.Bounds[0] > loose*math.Abs(top) {
		list = list.Warn("the largest eigenvalue %.3g is known to ± %.2g only; raise iters", top, v.Bounds[0])
	}
	if top <= 0 {
		return list.Warn("no direction of positive curvature: the largest eigenvalue is %.3g", top)
	}
	list = list.Note("%s", v.limit(at))
	if last, k := lastFinite(v.Eigenvalues); k > 0 && last > 0 {
		text := fmt.Sprintf("the %d largest eigenvalues fall by a factor of %s", k+1, explain.Factor(top/last))
		if v.Training && top/last >= stiff {
			list = list.Warn("%s: a first-order method crawls along all but a few directions; ssbroyden or lm do not", text)
		} else {
			list = list.Note("%s", text)
		}
	}
	if v.Smallest < 0 && -v.Smallest > v.SmallBound && -v.Smallest >= saddle*top {
		text := fmt.Sprintf("a direction of negative curvature, %.3g", v.Smallest)
		if v.Training {
			list = list.Warn("%s: the parameters lie at a saddle, not in a minimum, and descent continues", text)
		} else {
			list = list.Note("%s", text)
		}
	}
	if v.Trace > 0 {
		list = list.Note("trace %.3g, %s times the largest eigenvalue: that is about how many directions count", v.Trace,
			explain.Factor(v.Trace/top))
	}
	return list
}

// lastFinite is the last entry that is a number, and its index; −1 without one.
func lastFinite(x []float64) (float64, int) {
	for k := len(x) - 1; k >= 0; k-- {
		if !math.IsNaN(x[k]) && !math.IsInf(x[k], 0) {
			return x[k], k
		}
	}
	return math.NaN(), -1
}

// limit says which learning rates the sharpness bears.
func (v HessianSpectrumValue) limit(at explain.Setting) string {
	top := v.Sharpness()
	if !v.Training {
		return fmt.Sprintf("sharpness %.3g, which is not that of the training loss by all parameters and sets no limit to its learning rate", top)
	}
	text := fmt.Sprintf("sharpness %.3g: plain gradient descent is stable for learning rates below 2/λ = %.2g", top, 2/top)
	if at.Rate > 0 {
		text += fmt.Sprintf("; that of the run is %.2g", at.Rate)
	}
	return text
}
