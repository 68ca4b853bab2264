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

	perPoint
	steps int
	m, v  []float64 // moments of Adam
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
	first := len(s.lambda) == 0
	err := s.advance("SelfAdaptive", p, s.Interval, start, func() {
		if !first { // the first step is made with λ as it is
			s.ascend(p.Loss, rate, q)
		}
	}, func(from []int) {
		if s.m != nil {
			s.m, s.v = follow(s.m, from), follow(s.v, from)
		}
	})
	if err != nil {
		return err
	}
	for k, l := range s.lambda {
		dst[k] = power(l, q)
	}
	return nil
}

func (s *SelfAdaptive) ascend(losses []float64, rate, q float64) {
	n := float64(len(losses))
	if s.Plain {
		for k, l := range losses {
			s.lambda[k] += rate * q * power(s.lambda[k], q-1) * l / n
		}
		return
	}
	if s.m == nil {
		s.m, s.v = make([]float64, len(losses)), make([]float64, len(losses))
	}
	const b1, b2, eps = 0.9, 0.999, 1e-8
	s.steps++
	c1, c2 := 1-math.Pow(b1, float64(s.steps)), 1-math.Pow(b2, float64(s.steps))
	for k, l := range losses {
		g := q * power(s.lambda[k], q-1) * l / n
		s.m[k] = b1*s.m[k] + (1-b1)*g
		s.v[k] = b2*s.v[k] + (1-b2)*g*g
		s.lambda[k] += rate * (s.m[k] / c1) / (math.Sqrt(s.v[k]/c2) + eps)
	}
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

// State returns λ with the moments of Adam.
func (s *SelfAdaptive) State() ([]byte, error) { return s.encode([]int{s.steps}, s.lambda, s.m, s.v) }

// SetState restores what State returned.
func (s *SelfAdaptive) SetState(state []byte) error {
	ints, p, err := s.decode(state, 3)
	if err != nil {
		return err
	}
	if len(ints) != 1 || len(p[1]) != len(p[2]) || len(p[1]) != 0 && len(p[1]) != len(p[0]) {
		return &LengthError{Have: len(p[1]), Want: len(p[0])}
	}
	s.steps, s.lambda, s.m, s.v = ints[0], p[0], nil, nil
	if len(p[1]) > 0 {
		s.m, s.v = p[1], p[2]
	}
	return nil
}
