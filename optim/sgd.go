package optim

import (
	"fmt"

	"github.com/crux-pinn/crux/optim/internal/saved"
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

	chain
	trace trace
}

// Init implements Method.
func (s *SGD) Init(params []Param) error {
	s.trace.decay, s.trace.nesterov = s.Momentum, s.Nesterov
	if err := s.trace.check(); err != nil {
		return fmt.Errorf("optim: SGD: %w", err)
	}
	return s.begins("SGD", params, &s.trace, ScaleByLR(rateOr(s.LR, 1e-2)))
}

// Info implements Method.
func (s *SGD) Info(Objective) Info {
	return s.rated("SGD", rateOr(s.LR, 1e-2), fmt.Sprintf(", momentum %g, nesterov %t", s.Momentum, s.Nesterov))
}

// Momentum replaces the update by its decaying sum, Polyak's heavy ball (1964):
//
//	m ← decay·m + u        u ← m
func Momentum(decay float64) Transform { return &trace{decay: decay} }

// NesterovMomentum looks one step ahead along the decaying sum (Sutskever et al. 2013):
//
//	m ← decay·m + u        u ← u + decay·m
func NesterovMomentum(decay float64) Transform { return &trace{decay: decay, nesterov: true} }

type trace struct {
	decay    float64
	nesterov bool
	m        []float64
}

func (t *trace) String() string {
	if t.nesterov {
		return fmt.Sprintf("nesterov %g", t.decay)
	}
	return fmt.Sprintf("momentum %g", t.decay)
}

func (t *trace) Init(params []Param) error {
	t.m = make([]float64, size(params))
	return t.check()
}

func (t *trace) check() error {
	if !(t.decay >= 0 && t.decay < 1) {
		return fmt.Errorf("momentum %v: it lies in [0,1)", t.decay)
	}
	return nil
}

func (t *trace) Apply(u []float64, _ Point) error {
	for i, g := range u {
		m := t.decay*t.m[i] + g
		t.m[i] = m
		if t.nesterov {
			u[i] = g + t.decay*m
		} else {
			u[i] = m
		}
	}
	return nil
}

const traceState = "optim.Momentum/1"

func (t *trace) State() ([]byte, error) { return saved.State(traceState, &t.m) }

func (t *trace) SetState(state []byte) error { return saved.SetState(traceState, state, &t.m) }
