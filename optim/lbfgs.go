package optim

import (
	"cmp"
	"fmt"

	"github.com/crux-pinn/crux/optim/internal/secant"
)

// LBFGS is the limited-memory quasi-Newton method of Liu & Nocedal (1989), with a strong-Wolfe line search:
//
//	θ ← θ − α·H·∇L(θ)
//
// where H is γI, γ = sᵀy/yᵀy, corrected by the latest pairs s = θ_{k+1} − θ_k and y = ∇L_{k+1} − ∇L_k in the two-loop
// recursion (Nocedal & Wright 2006, Algorithm 7.4). The search tries α = 1 first, so most steps cost one evaluation.
//
// Pairs are kept from step to step and from Solve to Solve, also when the loss changed under the method because points or
// weights did: old curvature is nearly right, and the line search guards against it being wrong. [LBFGS.Reset] drops them.
// A pair with sᵀy not above rounding error is not learnt. When the line search fails the method tries the negative
// gradient once, dropping the pairs if that helps; when it does not, Step returns an error that wraps [ErrConverged].
//
// The zero value is ready for use. It must not be copied after Init.
type LBFGS struct {
	// Memory is the number of pairs kept; 0 means 30. A pair costs 8P flops a step and 16P bytes, little beside a
	// PINN's gradient. The badly conditioned losses of PINNs gain from more than the usual 10, and little from more
	// than 30 (BenchmarkMemory). Of a state with more pairs the latest are kept.
	Memory int
	// GradTol stops when max|∂L/∂θ_i| is at most this. 0 stops only at a gradient of exactly 0, or at round-off.
	GradTol float64
	// MaxTrials bounds the evaluations of one line search; 0 means 30.
	MaxTrials int

	descent
	pairs secant.Pairs
}

// Init implements Method.
func (l *LBFGS) Init(params []Param) error {
	if l.Memory < 0 {
		return fmt.Errorf("optim: LBFGS: Memory %d; it must not be negative", l.Memory)
	}
	l.pairs.Resize(l.memory())
	return l.descent.init(params, "LBFGS", &l.pairs, l.GradTol, l.MaxTrials)
}

func (l *LBFGS) memory() int { return cmp.Or(l.Memory, 30) }

// Info implements Method.
func (l *LBFGS) Info(Objective) Info {
	info := about("LBFGS")
	info.Settings = fmt.Sprintf("memory %d", l.memory())
	return info
}
