package optim

import (
	"cmp"
	"context"
	"fmt"
)

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

	chain   FirstOrder
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
	a.chain.name = "AdamW"
	a.chain.transforms = append(a.chain.transforms[:0], &a.moments, &a.decay, ScaleByLR(rateOr(a.LR, 1e-3)))
	return a.chain.Init(params)
}

// Step implements Method.
func (a *AdamW) Step(ctx context.Context, f Objective, theta []float64) (float64, error) {
	return a.chain.Step(ctx, f, theta)
}

// State implements Stateful.
func (a *AdamW) State() ([]byte, error) { return a.chain.State() }

// SetState implements Stateful.
func (a *AdamW) SetState(state []byte) error { return a.chain.SetState(state) }

// LearningRate implements Rated.
func (a *AdamW) LearningRate() float64 { return rateOr(a.LR, 1e-3)(a.chain.step) }

// Describe implements Describer.
func (a *AdamW) Describe() string {
	return fmt.Sprintf("AdamW(learning rate %.3g, beta1 %g, beta2 %g, decay %g)", a.LearningRate(), cmp.Or(a.Beta1, 0.9), cmp.Or(a.Beta2, 0.999), a.Decay)
}
