package weights

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// uniform gives all constraints the weight 1.
func uniform(dst []float64) {
	for i := range dst {
		dst[i] = 1
	}
}

// softmax writes N·softmax(x), so that the weights have the mean 1. x is not empty.
func softmax(dst, x []float64) {
	most := slices.Max(x)
	var sum float64
	for i, v := range x {
		dst[i] = math.Exp(v - most)
		sum += dst[i]
	}
	for i := range dst {
		dst[i] *= float64(len(dst)) / sum
	}
}

// quotients writes a_i/(c·b_i), with b floored so that a loss that has reached 0 does no harm, and the quotient capped
// for the same reason.
func quotients(dst, a, b []float64, c float64) {
	for i := range dst {
		dst[i] = math.Min(a[i]/(c*math.Max(b[i], 1e-300)), math.MaxFloat64)
	}
}

// positive returns v, or def where v is 0.
func positive(option string, v, def float64) (float64, error) {
	if v == 0 {
		return def, nil
	}
	if !(v > 0) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("weights: %s is %v; it must be positive, and 0 means %v", option, v, def)
	}
	return v, nil
}

// SoftAdapt favours the constraints whose loss falls most slowly:
//
//	w = N softmax(L_i(k) / (T L_i(k−1)))
//
// The first weights are 1. After Heydari, Thompson and Mehmood (2019), arXiv 1912.12355, with ratios in place of differences.
type SoftAdapt struct {
	Temperature float64 // T; 0 means 0.1

	memory[softAdapted]
}

type softAdapted struct{ Last []float64 } // losses

// Weigh implements Scheme.
func (s *SoftAdapt) Weigh(dst, losses []float64, _ int) error {
	t, err := positive("Temperature", s.Temperature, 0.1)
	if err != nil {
		return err
	}
	uniform(dst)
	if len(s.now.Last) == len(dst) {
		quotients(dst, losses, s.now.Last, t)
		softmax(dst, slices.Clone(dst))
	}
	s.now.Last = slices.Clone(losses)
	return nil
}

// DWA is dynamic weight averaging, by the ratio of the two losses before:
//
//	w = N softmax(L_i(k−1) / (T L_i(k−2)))
//
// The first two weights are 1. From Liu, Johns and Davison (2019), arXiv 1803.10704.
type DWA struct {
	Temperature float64 // T; 0 means 2

	memory[dynamic]
}

type dynamic struct{ Last, Before []float64 } // losses

// Weigh implements Scheme.
func (d *DWA) Weigh(dst, losses []float64, _ int) error {
	t, err := positive("Temperature", d.Temperature, 2)
	if err != nil {
		return err
	}
	uniform(dst)
	if len(d.now.Before) == len(dst) && len(d.now.Last) == len(dst) {
		quotients(dst, d.now.Last, d.now.Before, t)
		softmax(dst, slices.Clone(dst))
	}
	d.now.Before, d.now.Last = d.now.Last, slices.Clone(losses)
	return nil
}

// RLW draws random weights at every step, N softmax(z) with z standard normal, which acts like noise that helps a descent
// out of narrow minima. From Lin et al. (2021), arXiv 2111.10603. The weights of a step depend on Seed and the step only. Line
// searches are fine with it, since weights change between steps.
type RLW struct {
	Seed uint64
}

// Weigh implements Scheme.
func (r *RLW) Weigh(dst, _ []float64, epoch int) error {
	rng := rand.New(rand.NewPCG(r.Seed, uint64(epoch)))
	z := make([]float64, len(dst))
	for i := range z {
		z[i] = rng.NormFloat64()
	}
	softmax(dst, z)
	return nil
}
