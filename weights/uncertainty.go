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

	memory
	steps   int
	s, m, v []float64
}

// Weigh implements Scheme.
func (u *Uncertainty) Weigh(dst, losses []float64, _ int) error {
	rate, err := positive("Rate", u.Rate, 0.01)
	if err != nil {
		return err
	}
	n := len(dst)
	if len(u.s) != n {
		u.steps, u.s, u.m, u.v = 0, make([]float64, n), make([]float64, n), make([]float64, n)
	}
	u.steps++
	u.adam(losses, rate)
	for i, s := range u.s {
		dst[i] = 0.5 * math.Exp(-s)
	}
	return nil
}

// adam moves s by one step along g = 1 − ½ e^{−s} L.
func (u *Uncertainty) adam(losses []float64, rate float64) {
	const b1, b2, eps = 0.9, 0.999, 1e-8
	c1 := 1 - math.Pow(b1, float64(u.steps))
	c2 := 1 - math.Pow(b2, float64(u.steps))
	for i, l := range losses {
		g := 1 - 0.5*math.Exp(-u.s[i])*l
		u.m[i] = b1*u.m[i] + (1-b1)*g
		u.v[i] = b2*u.v[i] + (1-b2)*g*g
		u.s[i] -= rate * (u.m[i] / c1) / (math.Sqrt(u.v[i]/c2) + eps)
	}
}

// State returns s with the moments of Adam.
func (u *Uncertainty) State() ([]byte, error) { return u.encode([]int{u.steps}, u.s, u.m, u.v) }

// SetState restores what State returned.
func (u *Uncertainty) SetState(state []byte) error {
	ints, p, err := u.decode(state, 3)
	if err != nil {
		return err
	}
	if len(ints) != 1 || len(p[1]) != len(p[0]) || len(p[2]) != len(p[0]) {
		return &LengthError{Have: len(p[1]), Want: len(p[0])}
	}
	u.steps, u.s, u.m, u.v = ints[0], p[0], p[1], p[2]
	return nil
}
