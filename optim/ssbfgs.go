package optim

import "context"

// SSBFGS is the self-scaled BFGS method (Al-Baali 1998; as SSBFGS_AB in Urbán, Stefanou & Pons 2025, arXiv 2405.04230),
// with a strong-Wolfe line search:
//
//	θ ← θ − α·H·∇L(θ)
//	H ← (I − s yᵀ/sᵀy)·(H/τ)·(I − y sᵀ/sᵀy) + s sᵀ/sᵀy        τ = min(1, sᵀy/sᵀH⁻¹s)
//
// It is [SSBroyden] with φ = 1, and shares everything else with it: cost, limited memory, safeguards, departures. SSBroyden is
// usually better.
type SSBFGS struct {
	// Memory is as in SSBroyden.
	Memory int
	// GradTol stops when max|∂L/∂θ_i| is at most this. 0 stops only at a gradient of exactly 0, or at round-off.
	GradTol float64
	// MaxTrials bounds the evaluations of one line search; 0 means 30.
	MaxTrials int
	// Workers is as in SSBroyden.
	Workers int

	quasi quasiNewton
}

// Init implements Method.
func (m *SSBFGS) Init(params []Param) error {
	return m.quasi.init(params, "SSBFGS", bfgsScaling, settings{m.Memory, m.MaxTrials, m.Workers, m.GradTol})
}

// Step implements Method.
func (m *SSBFGS) Step(ctx context.Context, f Objective, theta []float64) (float64, error) {
	return m.quasi.step(ctx, f, theta)
}

// Reset drops H, so that the next step goes along the negative gradient.
func (m *SSBFGS) Reset() { m.quasi.forget() }

// State implements Stateful, as that of SSBroyden.
func (m *SSBFGS) State() ([]byte, error) { return m.quasi.state() }

// SetState implements Stateful.
func (m *SSBFGS) SetState(state []byte) error { return m.quasi.setState(state, m.quasi.restore) }

// Describe implements Describer.
func (m *SSBFGS) Describe() string { return m.quasi.describe("SSBFGS", m.Memory) }

// Choices implements Chooser: that the memory is limited, where Memory left that to the method.
func (m *SSBFGS) Choices() []string { return m.quasi.choices("SSBFGS", m.Memory) }
