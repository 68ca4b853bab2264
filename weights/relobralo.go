package weights

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// ReLoBRaLo is relative loss balancing with random lookback:
//
//	w(k) = α (ρ w(k−1) + (1−ρ) b(k, 0)) + (1−α) b(k, k−1),  b(k, l) = N softmax(L_i(k) / (T L_i(l)))
//
// where ρ is 1 with probability Rho and 0 otherwise: now and then it looks back to the first loss. The first weights are 1. The
// coin of a step depends on Seed and the step only. From Bischof and Kraus (2021), arXiv 2110.09813, Eq. 12.
type ReLoBRaLo struct {
	Alpha       float64 // share of the past, below 1; 0 is no memory, NewReLoBRaLo has 0.999
	Rho         float64 // probability of not looking back; 0 always does, NewReLoBRaLo has 0.999
	Temperature float64 // T; 0 means 0.1
	Seed        uint64
	Coin        func(epoch int) bool // ρ of a step; nil means random by Rho

	memory[lookback]
}

type lookback struct{ First, Last, W []float64 } // losses, and the weights of the latest step

// NewReLoBRaLo has the settings of the paper: α = 0.999, E[ρ] = 0.999, T = 0.1.
func NewReLoBRaLo(seed uint64) *ReLoBRaLo {
	return &ReLoBRaLo{Alpha: 0.999, Rho: 0.999, Seed: seed}
}

// Weigh implements Scheme.
func (r *ReLoBRaLo) Weigh(dst, losses []float64, epoch int) error {
	t, err := positive("Temperature", r.Temperature, 0.1)
	if err != nil {
		return err
	}
	if !(r.Alpha >= 0 && r.Alpha <= 1) || !(r.Rho >= 0 && r.Rho <= 1) {
		return fmt.Errorf("weights: ReLoBRaLo with Alpha %v and Rho %v; both lie between 0 and 1", r.Alpha, r.Rho)
	}
	n, s := len(dst), &r.now
	if len(s.First) != n || len(s.Last) != n || len(s.W) != n {
		uniform(dst)
		*s = lookback{slices.Clone(losses), slices.Clone(losses), slices.Clone(dst)}
		return nil
	}
	x, back, step := make([]float64, n), make([]float64, n), make([]float64, n)
	quotients(x, losses, s.First, t)
	softmax(back, x)
	quotients(x, losses, s.Last, t)
	softmax(step, x)
	keep := r.keep(epoch)
	for i := range dst {
		past := back[i]
		if keep {
			past = s.W[i]
		}
		dst[i] = r.Alpha*past + (1-r.Alpha)*step[i]
	}
	s.Last, s.W = slices.Clone(losses), slices.Clone(dst)
	return nil
}

func (r *ReLoBRaLo) keep(epoch int) bool {
	if r.Coin != nil {
		return r.Coin(epoch)
	}
	return rand.New(rand.NewPCG(r.Seed, uint64(epoch))).Float64() < r.Rho
}
