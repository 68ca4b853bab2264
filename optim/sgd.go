package optim

import (
	"context"
	"fmt"
)

// SGD is gradient descent with optional momentum:
//
//	m ← μ·m + ∇L(θ)        θ ← θ − α·m                   (Polyak 1964)
//	                       θ ← θ − α·(∇L(θ) + μ·m)       (Nesterov, as in Sutskever et al. 2013)
//
// It is exactly Chain(Momentum(μ), ScaleByLR(α)), or NesterovMomentum. It must not be copied after Init.
type SGD struct {
	LR       Schedule // step size α; nil means Constant(1e-2)
	Momentum float64  // μ in [0,1); 0 is none
	Nesterov bool     // look ahead; has no effect without momentum

	chain FirstOrder
	trace trace
}

// Init implements Method.
func (s *SGD) Init(params []Param) error {
	s.trace.decay, s.trace.nesterov = s.Momentum, s.Nesterov
	if err := s.trace.check(); err != nil {
		return fmt.Errorf("optim: SGD: %w", err)
	}
	s.chain.name = "SGD"
	s.chain.transforms = append(s.chain.transforms[:0], &s.trace, ScaleByLR(rateOr(s.LR, 1e-2)))
	return s.chain.Init(params)
}

// Step implements Method.
func (s *SGD) Step(ctx context.Context, f Objective, theta []float64) (float64, error) {
	return s.chain.Step(ctx, f, theta)
}

// State implements Stateful.
func (s *SGD) State() ([]byte, error) { return s.chain.State() }

// SetState implements Stateful.
func (s *SGD) SetState(state []byte) error { return s.chain.SetState(state) }

// LearningRate implements Rated.
func (s *SGD) LearningRate() float64 { return rateOr(s.LR, 1e-2)(s.chain.step) }

// Describe implements Describer.
func (s *SGD) Describe() string {
	return fmt.Sprintf("SGD(learning rate %.3g, momentum %g, nesterov %t)", s.LearningRate(), s.Momentum, s.Nesterov)
}
