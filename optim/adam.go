package optim

import (
	"cmp"
	"fmt"

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

// ScaleByAdam divides the running mean of the update by the root of its running mean square, as [Adam] does, with the
// paper's constants β₁ = 0.9, β₂ = 0.999, ε = 1e-8.
func ScaleByAdam() Transform { return ScaleByAdamWith(0.9, 0.999, 1e-8) }

// ScaleByAdamWith is ScaleByAdam with other constants. β₁ = 0 is RMSProp with bias correction; ε must be positive.
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
	if !(s.beta1 >= 0 && s.beta1 < 1 && s.beta2 >= 0 && s.beta2 < 1 && s.eps > 0) {
		return fmt.Errorf("beta1 %v, beta2 %v, eps %v: betas lie in [0,1) and eps is positive", s.beta1, s.beta2, s.eps)
	}
	return nil
}

func (s *adamScale) Init(params []Param) error {
	n := size(params)
	s.m, s.v, s.step = make([]float64, n), make([]float64, n), make([]float64, n)
	return s.check()
}

func (s *adamScale) Apply(u []float64, at Point) error {
	m, v := s.m[:len(u)], s.v[:len(u)]
	if len(u) <= vec.Block {
		s.apply(u, m, v, s.step, at.Step)
		return nil
	}
	s.wide.Pool = at.Pool
	s.wide.Each(len(u), func(_, i, j int) { s.apply(u[i:j], m[i:j], v[i:j], s.step[i:j], at.Step) })
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
