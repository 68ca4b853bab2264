package explain

import (
	"fmt"
	"math"

	"github.com/crux-pinn/crux/trackers"
)

// The thresholds for spectra.
const (
	// Learned is the quotient λ_1/λ_k up to which pattern k of a kernel counts as learned in reasonable time: so many times
	// longer than the first one takes.
	Learned = 1000
	// Narrow is the share of patterns within Learned below which a network shows spectral bias.
	Narrow = 0.25
	// Stiff is the quotient of the largest to the last computed eigenvalue of a Hessian from which a first-order method crawls.
	Stiff = 1e4
	// Saddle is the share of the smallest eigenvalue in the largest, by absolute value, from which a negative one means a saddle.
	Saddle = 1e-3
	// Loose is the share of its bound in an eigenvalue from which it has not converged.
	Loose = 0.1
)

// NTKSpectrum explains one measurement of a neural tangent kernel. Under gradient descent the part of the residual along
// eigenvector k decays at a rate proportional to λ_k. Fewer parameters than points cannot learn more patterns than they are.
func NTKSpectrum(v trackers.NTKSpectrumValue) []Finding {
	n := len(v.Eigenvalues)
	if n == 0 {
		return nil
	}
	top := v.Max()
	if !(top > 0) {
		return []Finding{warn("the kernel is zero: the expression does not depend on the parameters at these points")}
	}
	fast, bulk, sum := 0, 0, 0.0
	for _, l := range v.Eigenvalues {
		if l >= top/Learned {
			fast++
		}
		if sum < 0.99*v.Trace {
			bulk++
		}
		sum += l
	}
	list := []Finding{}
	most := v.Patterns()
	text := fmt.Sprintf("%d of %d patterns are learned within %d times the time of the first", fast, most, Learned)
	if float64(fast) < Narrow*float64(most) {
		list = append(list, warn("spectral bias: %s by gradient descent; a quasi-Newton method, Fourier features or fewer, better placed points help", text))
	} else {
		list = append(list, note("%s by gradient descent", text))
	}
	text = fmt.Sprintf("condition %.2g, rank %d of %d", v.EffectiveCondition(), v.Rank, most)
	if most < n {
		text += fmt.Sprintf(", as many as there are parameters for %d points", n)
	}
	list = append(list, note("%s; %d eigenvalues make up 99 %% of the trace %.3g, %.3g per point", text, bulk, v.Trace, v.Trace/float64(n)))
	return list
}

// HessianSpectrum explains one measurement of the ends of the Hessian's spectrum. What follows for training is said only of the
// Hessian of the training loss by all parameters.
func HessianSpectrum(at Setting, v trackers.HessianSpectrumValue) []Finding {
	top := v.Sharpness()
	if math.IsNaN(top) {
		return nil
	}
	var list []Finding
	if len(v.Bounds) > 0 && v.Bounds[0] > Loose*math.Abs(top) {
		list = append(list, warn("the largest eigenvalue %.3g is known to ± %.2g only; raise iters", top, v.Bounds[0]))
	}
	if top <= 0 {
		return append(list, warn("no direction of positive curvature: the largest eigenvalue is %.3g", top))
	}
	list = append(list, note("%s", limit(at, v)))
	if last, k := lastFinite(v.Eigenvalues); k > 0 && last > 0 {
		text := fmt.Sprintf("the %d largest eigenvalues fall by a factor of %s", k+1, factor(top/last))
		if v.Training && top/last >= Stiff {
			list = append(list, warn("%s: a first-order method crawls along all but a few directions; ssbroyden or lm do not", text))
		} else {
			list = append(list, note("%s", text))
		}
	}
	if v.Smallest < 0 && -v.Smallest > v.SmallBound && -v.Smallest >= Saddle*top {
		text := fmt.Sprintf("a direction of negative curvature, %.3g", v.Smallest)
		if v.Training {
			list = append(list, warn("%s: the parameters lie at a saddle, not in a minimum, and descent goes on", text))
		} else {
			list = append(list, note("%s", text))
		}
	}
	if v.Trace > 0 {
		list = append(list, note("trace %.3g, %s times the largest eigenvalue: so many directions count", v.Trace, factor(v.Trace/top)))
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
func limit(at Setting, v trackers.HessianSpectrumValue) string {
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

func kernelSeries(r trackers.NTKSpectrumResult) []Series {
	if r.Eigenvalues == nil {
		return nil
	}
	top, rank := Series{Name: "largest eigenvalue", Epochs: r.Epochs}, Series{Name: "rank", Epochs: r.Epochs}
	for k := range r.Epochs {
		top.Values = append(top.Values, r.Eigenvalues.At(k, 0))
		rank.Values = append(rank.Values, float64(r.Ranks[k]))
	}
	return []Series{top, {"condition", r.Epochs, r.Effective}, rank, {"trace", r.Epochs, r.Traces}}
}

func hessianSeries(r trackers.HessianSpectrumResult) []Series {
	return []Series{{"sharpness", r.Epochs, r.Sharpness}, {"smallest eigenvalue", r.Epochs, r.Smallest}, {"trace", r.Epochs, r.Traces}}
}
