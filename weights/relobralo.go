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

	memory
	first, last, w []float64
}

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
	if len(r.first) != len(dst) {
		uniform(dst)
		r.first, r.last, r.w = slices.Clone(losses), slices.Clone(losses), slices.Clone(dst)
		return nil
	}
	n := len(dst)
	x, back, step := make([]float64, n), make([]float64, n), make([]float64, n)
	quotients(x, losses, r.first, t)
	softmax(back, x)
	quotients(x, losses, r.last, t)
	softmax(step, x)
	keep := r.keep(epoch)
	for i := range dst {
		past := back[i]
		if keep {
			past = r.w[i]
		}
		dst[i] = r.Alpha*past + (1-r.Alpha)*step[i]
	}
	r.last, r.w = slices.Clone(losses), slices.Clone(dst)
	return nil
}

func (r *ReLoBRaLo) keep(epoch int) bool {
	if r.Coin != nil {
		return r.Coin(epoch)
	}
	return rand.New(rand.NewPCG(r.Seed, uint64(epoch))).Float64() < r.Rho
}

// State returns the first losses, the last ones, and the weights.
func (r *ReLoBRaLo) State() ([]byte, error) { return r.encode(nil, r.first, r.last, r.w) }

// SetState restores what State returned.
func (r *ReLoBRaLo) SetState(state []byte) error {
	_, p, err := r.decode(state, 3)
	if err == nil {
		r.first, r.last, r.w = p[0], p[1], p[2]
	}
	return err
}
