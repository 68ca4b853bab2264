package optim

import "context"

// SSBroyden is the self-scaled quasi-Newton method of Urbán, Stefanou & Pons (J. Comput. Phys. 2025, 113656, arXiv
// 2405.04230; SSBroyden2 in the authors' code), with a strong-Wolfe line search:
//
//	θ ← θ − α·H·∇L(θ)
//	H ← (H − H y yᵀH/yᵀHy + φ·v vᵀ)/τ + s sᵀ/sᵀy
//
// with s = θ_{k+1} − θ_k, y = ∇L_{k+1} − ∇L_k, v = √(yᵀHy)·(s/sᵀy − Hy/yᵀHy), and φ and τ chosen anew in every step
// so that H keeps a good size and condition. It is the most accurate method of this package for networks of up to
// some thousand parameters and a loss on fixed points; Kiyani et al. (2025, arXiv 2501.16371) compare it with others
// on PINNs. The published runs start it from some thousand steps of [Adam].
//
// A dense P×P matrix is kept: 8P² bytes, 200 MB at P = 5000, and a step costs about three passes over it beside one
// or two gradients.
//
// Departures from the paper: H is kept as a factor, H = Z·Zᵀ, which cannot turn indefinite by rounding and, on this
// package's test problem, ends at a loss four orders of magnitude lower; the first matrix is the identity; the first
// trial of a line search is shorter than 1 when the last step's progress suggests it (Nocedal & Wright 2006, eq.
// 3.60). When the line search fails the method tries the negative gradient once, dropping H if that helps; when it
// does not, Step returns an error that wraps [ErrConverged].
//
// The loss of a fixed objective never rises, so θ is always the best point so far. H is kept from step to step and
// from Solve to Solve, also when points or weights changed. The zero value is ready for use. It must not be copied
// after Init.
type SSBroyden struct {
	// GradTol stops when max|∂L/∂θ_i| is at most this. 0 stops only at a gradient of exactly 0, or at round-off.
	GradTol float64
	// MaxTrials bounds the evaluations of one line search; 0 means 30.
	MaxTrials int
	// Workers is the number of goroutines for the matrix where the objective lends none ([Pooled]); 0 means GOMAXPROCS. The
	// result does not depend on it, to the bit.
	Workers int

	quasi quasiNewton
}

// Init implements Method.
func (m *SSBroyden) Init(params []Param) error {
	return m.quasi.init(params, "SSBroyden", broydenScaling, m.GradTol, m.MaxTrials, m.Workers)
}

// Step implements Method.
func (m *SSBroyden) Step(ctx context.Context, f Objective, theta []float64) (float64, error) {
	return m.quasi.step(ctx, f, theta)
}

// Reset drops H, so that the next step goes along the negative gradient.
func (m *SSBroyden) Reset() { m.quasi.forget() }

// State implements Stateful. It holds the matrix: 8P² bytes.
func (m *SSBroyden) State() ([]byte, error) { return m.quasi.state() }

// SetState implements Stateful.
func (m *SSBroyden) SetState(state []byte) error { return m.quasi.setState(state, m.quasi.restore) }

// Describe implements Describer.
func (m *SSBroyden) Describe() string { return "SSBroyden" }
