package weights

import (
	"fmt"
	"math"
)

// SelfAdaptive trains a weight λ_k for each point against the network (SA-PINN): while θ descends, λ ascends along
//
//	∂L̃/∂λ_k = m′(λ_k) l_k / n,  μ_k = m(λ_k) = λ_k^q
//
// by an Adam of its own, one step for each training step, where l_k is what the point contributes to the loss: r² for mse. λ
// never falls, and it grows where the loss stays large. From McClenny and Braga-Neto (2023), arXiv 2009.04544, Eqs. 9 to 15. They
// draw λ at random at first; here it is Init everywhere, so that a run does not depend on chance.
type SelfAdaptive struct {
	Rate     float64 // learning rate of λ; 0 means 0.005
	Power    float64 // q of the mask m(λ) = λ^q, at least 1; 0 means 2
	Init     float64 // λ at the first step; 0 means 1
	Plain    bool    // plain gradient ascent, λ ← λ + Rate ∂L̃/∂λ, in place of Adam
	Interval int     // steps between updates; 0 means 1

	memory[adversary]
}

type adversary struct {
	Lambda []float64
	Steps  int
	M, V   []float64 // moments of Adam
}

// CheckPoints implements PointChecker.
func (s *SelfAdaptive) CheckPoints([]string) error {
	if _, err := positive("SelfAdaptive: Rate", s.Rate, 0.005); err != nil {
		return err
	}
	if s.Power != 0 && !(s.Power >= 1) || math.IsInf(s.Power, 0) {
		return fmt.Errorf("weights: SelfAdaptive: Power is %v; it must be at least 1, and 0 means 2", s.Power)
	}
	if _, err := positive("SelfAdaptive: Init", s.Init, 1); err != nil {
		return err
	}
	return checkInterval("SelfAdaptive", s.Interval)
}

// WeighPoints implements PointScheme.
func (s *SelfAdaptive) WeighPoints(dst []float64, p Points) error {
	if err := s.CheckPoints(p.Coords); err != nil {
		return err
	}
	rate, _ := positive("", s.Rate, 0.005)
	start, _ := positive("", s.Init, 1)
	q, _ := positive("", s.Power, 2)
	x := &s.now
	first := len(x.Lambda) == 0
	err := advance("SelfAdaptive", &x.Lambda, p, s.Interval, start, func(lambda []float64) {
		if !first { // the first step is made with λ as it is
			s.ascend(lambda, p.Loss, rate, q)
		}
	})
	if err != nil {
		return err
	}
	x.M, x.V = follow(x.M, p.From), follow(x.V, p.From)
	for k, l := range x.Lambda {
		dst[k] = power(l, q)
	}
	return nil
}

func (s *SelfAdaptive) ascend(lambda, losses []float64, rate, q float64) {
	n, x := len(losses), &s.now
	if s.Plain {
		for k, l := range losses {
			lambda[k] += rate * q * power(lambda[k], q-1) * l / float64(n)
		}
		return
	}
	if len(x.M) != n || len(x.V) != n {
		x.M, x.V = make([]float64, n), make([]float64, n)
	}
	x.Steps++
	adam(lambda, x.M, x.V, x.Steps, rate, func(k int) float64 { return q * power(lambda[k], q-1) * losses[k] / float64(n) })
}

// power is x^q without the cost of math.Pow for the exponents in use.
func power(x, q float64) float64 {
	switch q {
	case 0:
		return 1
	case 1:
		return x
	case 2:
		return x * x
	}
	return math.Pow(x, q)
}
