package optim

import (
	"cmp"
	"fmt"
	"math"

	"github.com/crux-pinn/crux/internal/kern"
	"github.com/crux-pinn/crux/optim/internal/saved"
	"github.com/crux-pinn/crux/optim/internal/vec"
)

// Adam follows the first-order method of Kingma & Ba (2015), Algorithm 1:
//
//	m ← β₁m + (1−β₁)g          v ← β₂v + (1−β₂)g²          t ← t + 1
//	θ ← θ − α · m/(1−β₁ᵗ) / (√(v/(1−β₂ᵗ)) + ε)
//
// ε is added outside the square root, as in Algorithm 1. Adam is exactly Chain(ScaleByAdam(), ScaleByLR(α)). The
// zero value has the paper's constants. It must not be copied after Init.
type Adam struct {
	LR    Schedule // step size α; nil means Constant(1e-3)
	Beta1 float64  // decay of the mean gradient; 0 means 0.9. For none at all, compose ScaleByAdamWith(0, …)
	Beta2 float64  // decay of the mean square; 0 means 0.999
	Eps   float64  // added to the root; 0 means 1e-8

	chain
	moments adamScale
}

// Init implements Method.
func (a *Adam) Init(params []Param) error {
	if err := a.moments.set(a.Beta1, a.Beta2, a.Eps); err != nil {
		return fmt.Errorf("optim: Adam: %w", err)
	}
	return a.begins("Adam", params, &a.moments, ScaleByLR(rateOr(a.LR, 1e-3)))
}

// Info implements Method.
func (a *Adam) Info(Objective) Info {
	return a.rated("Adam", rateOr(a.LR, 1e-3), fmt.Sprintf(", beta1 %g, beta2 %g", cmp.Or(a.Beta1, 0.9), cmp.Or(a.Beta2, 0.999)))
}

// AdamW is [Adam] with decoupled weight decay (Loshchilov & Hutter 2019, Algorithm 2):
//
//	θ ← θ − α·(m̂/(√v̂ + ε) + λ·θ)
//
// As in Optax and PyTorch α multiplies the decay too; in the paper only the schedule does. AdamW is exactly
// Chain(ScaleByAdam(), AddDecayedWeights(λ, choice), ScaleByLR(α)). It must not be copied after Init.
type AdamW struct {
	LR     Schedule               // step size α; nil means Constant(1e-3)
	Beta1  float64                // as in Adam; 0 means 0.9
	Beta2  float64                // as in Adam; 0 means 0.999
	Eps    float64                // as in Adam; 0 means 1e-8
	Decay  float64                // λ; 0 decays nothing. 1e-4 to 1e-2 are usual
	Decays func(path string) bool // the parameters that decay; nil means all

	chain
	moments adamScale
	decay   weightDecay
}

// Init implements Method.
func (a *AdamW) Init(params []Param) error {
	if err := a.moments.set(a.Beta1, a.Beta2, a.Eps); err != nil {
		return fmt.Errorf("optim: AdamW: %w", err)
	}
	a.decay.decay, a.decay.choice = a.Decay, a.Decays
	if err := a.decay.Init(params); err != nil {
		return fmt.Errorf("optim: AdamW: %w", err)
	}
	return a.begins("AdamW", params, &a.moments, &a.decay, ScaleByLR(rateOr(a.LR, 1e-3)))
}

// Info implements Method.
func (a *AdamW) Info(Objective) Info {
	return a.rated("AdamW", rateOr(a.LR, 1e-3), fmt.Sprintf(", beta1 %g, beta2 %g, decay %g", cmp.Or(a.Beta1, 0.9), cmp.Or(a.Beta2, 0.999),
		a.Decay))
}

// ScaleByAdam divides the running mean of the update by the root of its running mean square, as [Adam] does, with the
// paper's constants β₁ = 0.9, β₂ = 0.999, ε = 1e-8.
func ScaleByAdam() Transform { return ScaleByAdamWith(0.9, 0.999, 1e-8) }

// ScaleByAdamWith is ScaleByAdam with other constants. Zero means zero: β₁ = 0 is RMSProp with bias correction.
func ScaleByAdamWith(beta1, beta2, eps float64) Transform {
	return &adamScale{beta1: beta1, beta2: beta2, eps: eps}
}

// adamScale is the update in symbols at Adam, without α.
type adamScale struct {
	beta1, beta2, eps float64
	m, v              []float64
	step              []float64 // scratch
	wide              vec.Wide
}

// set adopts the settings of a struct, where zero means the default.
func (s *adamScale) set(beta1, beta2, eps float64) error {
	s.beta1, s.beta2, s.eps = cmp.Or(beta1, 0.9), cmp.Or(beta2, 0.999), cmp.Or(eps, 1e-8)
	return s.check()
}

func (s *adamScale) check() error {
	if !(s.beta1 >= 0 && s.beta1 < 1 && s.beta2 >= 0 && s.beta2 < 1 && s.eps >= 0) {
		return fmt.Errorf("beta1 %v, beta2 %v, eps %v: betas lie in [0,1) and eps is not negative", s.beta1, s.beta2, s.eps)
	}
	return nil
}

func (s *adamScale) Init(params []Param) error {
	n := size(params)
	s.m, s.v, s.step = make([]float64, n), make([]float64, n), make([]float64, n)
	return s.check()
}

func (s *adamScale) Apply(u []float64, at Point) error {
	b1, b2, eps := s.beta1, s.beta2, s.eps
	m, v := s.m[:len(u)], s.v[:len(u)]
	if eps > 0 { // m = 0 is a step of 0 there
		s.wide.Pool = at.Pool
		if len(u) <= vec.Block {
			s.apply(u, m, v, s.step, at.Step)
		} else {
			s.wide.Each(len(u), func(_, i, j int) { s.apply(u[i:j], m[i:j], v[i:j], s.step[i:j], at.Step) })
		}
		return nil
	}
	t := float64(at.Step + 1)
	c1, c2 := 1/(1-math.Pow(b1, t)), 1/(1-math.Pow(b2, t))
	for i, g := range u {
		m[i] = b1*m[i] + (1-b1)*g
		v[i] = b2*v[i] + (1-b2)*(g*g)
		// A gradient that was always 0 asks for no step, where the quotient would be 0/0.
		if m[i] == 0 {
			u[i] = 0
			continue
		}
		u[i] = m[i] * c1 / math.Sqrt(v[i]*c2)
	}
	return nil
}

// apply is the update of a part of the vectors, by the kernel, which subtracts it from what it is given.
func (s *adamScale) apply(u, m, v, step []float64, t int) {
	clear(step)
	kern.Adam(step, m, v, u, 1, s.beta1, s.beta2, s.eps, t+1)
	kern.Table[float64]()[kern.OpNeg](u, step, nil, nil)
}

func (s *adamScale) String() string { return fmt.Sprintf("adam %g %g %g", s.beta1, s.beta2, s.eps) }

const adamState = "optim.ScaleByAdam/1"

func (s *adamScale) State() ([]byte, error) { return saved.State(adamState, &s.m, &s.v) }

func (s *adamScale) SetState(state []byte) error { return saved.SetState(adamState, state, &s.m, &s.v) }
