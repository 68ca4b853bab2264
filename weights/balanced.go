package weights

import (
	"fmt"
	"math"
)

// NormSource measures gradient norms: trackers.GradientNorms is one.
type NormSource interface {
	// Norms are the latest ‖∂L_i/∂θ‖ of the unweighted losses, one for each constraint; ok is false before the first
	// measurement.
	Norms() (norms []float64, ok bool)
	// LatestEpoch is the step of that measurement.
	LatestEpoch() (epoch int, ok bool)
}

// TraceSource measures the trace of a neural tangent kernel: trackers.NTKSpectrum is one.
type TraceSource interface {
	// Trace is the latest tr J Jᵀ and the number of rows of J; ok is false before the first measurement.
	Trace() (trace float64, rows int, ok bool)
	// LatestEpoch is the step of that measurement.
	LatestEpoch() (epoch int, ok bool)
}

// floor keeps reciprocals finite.
const floor = 1e-12

// GradientNormBalanced gives every constraint the same pull on the parameters:
//
//	w_i = N inv_i / Σ_j inv_j,  inv_i = 1/max(‖g_i‖, 1e-12)
//
// The norms are those of unweighted losses, so weights do not feed back on themselves: at constant θ they are constant. They
// are 1 until the tracker has fired. From Wang, Teng and Perdikaris (2021), arXiv 2001.04536, in its symmetric form.
type GradientNormBalanced struct {
	Norms    NormSource // needed, and to be passed to Solve as well until it has a value
	EMA      float64    // at each measurement w ← EMA·w + (1−EMA)·new; 0 takes the latest at once
	MaxRatio float64    // largest quotient of two weights, at least 1; 0 means none
	SkipZero bool       // a constraint with zero gradient keeps weight 1, and the others are balanced among themselves

	average
}

// Weigh implements Scheme.
func (b *GradientNormBalanced) Weigh(dst, _ []float64, _ int) error {
	if b.Norms == nil {
		return fmt.Errorf("weights: GradientNormBalanced has no Norms; give it a tracker such as &trackers.GradientNorms{}")
	}
	if b.MaxRatio != 0 && !(b.MaxRatio >= 1) {
		return fmt.Errorf("weights: GradientNormBalanced: MaxRatio is %v; it must be at least 1, and 0 means none", b.MaxRatio)
	}
	return b.weigh(dst, b.EMA, []measured{b.Norms}, func(w []float64) error {
		norms, _ := b.Norms.Norms()
		if len(norms) != len(w) {
			return &LengthError{Have: len(norms), Want: len(w)}
		}
		b.balance(w, norms)
		return nil
	})
}

func (b *GradientNormBalanced) balance(w, norms []float64) {
	var balanced []int
	sum, most := 0.0, 0.0
	for i, g := range norms {
		w[i] = 1
		if !b.SkipZero || g != 0 {
			balanced = append(balanced, i)
			w[i] = 1 / math.Max(g, floor)
			sum += w[i]
		}
	}
	n := float64(len(balanced))
	for _, i := range balanced {
		w[i] = w[i] / sum * n
		most = math.Max(most, w[i])
	}
	if b.MaxRatio == 0 {
		return
	}
	sum = 0
	for _, i := range balanced { // raise the small ones, then restore the sum
		w[i] = math.Max(w[i], most/b.MaxRatio)
		sum += w[i]
	}
	for _, i := range balanced {
		w[i] *= n / sum
	}
}

// Sources implements Sourced.
func (b *GradientNormBalanced) Sources() []any {
	if b.Norms == nil {
		return nil // Weigh reports it
	}
	return []any{b.Norms}
}

// NTKBalanced lets all constraints decay at the same mean rate, by the traces of their neural tangent kernels:
//
//	new_i = N (T/t_i) / Σ_j (T/t_j),  T = Σ_j t_j,  t_i = max(tr K_i / rows_i, 1e-12)
//	w ← EMA·w + (1−EMA)·new  once for each measurement, from w = 1
//
// The trace is taken per row because a loss is a mean; Plain takes it as it is. Equal row counts give the same weights either
// way. Weights are 1 until all trackers have fired. From Wang, Yu and Perdikaris (2022), arXiv 2007.14527.
type NTKBalanced struct {
	Traces []TraceSource // one for each constraint, in order; to be passed to Solve as well until they have values
	EMA    float64       // share of the old weights; 0 takes the latest measurement at once
	Plain  bool          // traces as they are, not per row

	average
}

// NewNTKBalanced balances by the given trackers with EMA 0.9.
func NewNTKBalanced(traces ...TraceSource) *NTKBalanced {
	return &NTKBalanced{Traces: traces, EMA: 0.9}
}

// Weigh implements Scheme.
func (b *NTKBalanced) Weigh(dst, _ []float64, _ int) error {
	if len(b.Traces) != len(dst) {
		return fmt.Errorf("weights: NTKBalanced has %d trackers for %d constraints; give one for each, in order", len(b.Traces), len(dst))
	}
	sources := make([]measured, len(b.Traces))
	for i, t := range b.Traces {
		if t == nil {
			return fmt.Errorf("weights: NTKBalanced: tracker %d is nil", i)
		}
		sources[i] = t
	}
	return b.weigh(dst, b.EMA, sources, func(w []float64) error {
		var total, sum float64
		for i, s := range b.Traces {
			t, rows, _ := s.Trace()
			if !b.Plain {
				t /= float64(max(1, rows))
			}
			w[i] = math.Max(t, floor)
			total += w[i]
		}
		for i := range w {
			w[i] = total / w[i]
			sum += w[i]
		}
		for i := range w {
			w[i] *= float64(len(w)) / sum
		}
		return nil
	})
}

// Sources implements Sourced.
func (b *NTKBalanced) Sources() []any {
	var s []any
	for _, t := range b.Traces {
		if t != nil { // Weigh reports it
			s = append(s, t)
		}
	}
	return s
}
