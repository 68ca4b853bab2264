package weights

import (
	"math"
)

// Uncertainty learns a noise level for each constraint, as a likelihood with variance e^s would: the loss
//
//	Σ_i ½ e^{−s_i} L_i + s_i
//
// is minimised over s by Adam, one step for each training step, from s = 0, and w_i = ½ e^{−s_i}. Large losses get small weights. The
// weights fall off all together where the losses do not, so it is best with data. After Xiang et al. (2022), arXiv 2104.06217
// (LbPINNs), and Kendall, Gal and Cipolla (2018), arXiv 1705.07115.
type Uncertainty struct {
	Rate float64 // learning rate of s; 0 means 0.01

	memory[noise]
}

type noise struct {
	Steps   int
	S, M, V []float64 // with the moments of Adam
}

// Weigh implements Scheme.
func (u *Uncertainty) Weigh(dst, losses []float64, _ int) error {
	rate, err := positive("Rate", u.Rate, 0.01)
	if err != nil {
		return err
	}
	n, x := len(dst), &u.now
	if len(x.S) != n || len(x.M) != n || len(x.V) != n {
		*x = noise{S: make([]float64, n), M: make([]float64, n), V: make([]float64, n)}
	}
	x.Steps++
	adam(x.S, x.M, x.V, x.Steps, -rate, func(i int) float64 { return 1 - 0.5*math.Exp(-x.S[i])*losses[i] })
	for i, s := range x.S {
		dst[i] = 0.5 * math.Exp(-s)
	}
	return nil
}

// adam moves x by a step of Adam (Kingma & Ba 2015) along the gradient g with moments m and v: upwards where the rate is positive.
func adam(x, m, v []float64, step int, rate float64, g func(i int) float64) {
	const b1, b2, eps = 0.9, 0.999, 1e-8
	c1, c2 := 1-math.Pow(b1, float64(step)), 1-math.Pow(b2, float64(step))
	for i := range x {
		d := g(i)
		m[i] = b1*m[i] + (1-b1)*d
		v[i] = b2*v[i] + (1-b2)*d*d
		x[i] += rate * (m[i] / c1) / (math.Sqrt(v[i]/c2) + eps)
	}
}
