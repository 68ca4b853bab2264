package optim

import (
	"fmt"

	"github.com/crux-pinn/crux/optim/internal/secant"
)

// SSBroyden is the self-scaled quasi-Newton method of Urbán, Stefanou & Pons (J. Comput. Phys. 2025, 113656, arXiv
// 2405.04230; SSBroyden2 in the authors' code), with a strong-Wolfe line search:
//
//	θ ← θ − α·H·∇L(θ)
//	H ← (H − H y yᵀH/yᵀHy + φ·v vᵀ)/τ + s sᵀ/sᵀy
//
// with s = θ_{k+1} − θ_k, y = ∇L_{k+1} − ∇L_k, v = √(yᵀHy)·(s/sᵀy − Hy/yᵀHy), and φ and τ chosen again in every step
// so that H keeps a good size and condition. It is the most accurate method of this package for networks of up to
// some thousand parameters and a loss on fixed points; Kiyani et al. (2025, arXiv 2501.16371) compare it with others
// on PINNs. The published runs start it from some thousand steps of [Adam].
//
// Up to 5000 parameters a dense P×P matrix is kept: 8P² bytes, 200 MB at P = 5000, and a step costs about three passes over it
// beside one or two gradients.
//
// Above, or with Memory set, H differs from a multiple of the identity in at most Memory directions:
//
//	H = ρ²·(I − QᵀQ) + QᵀSSᵀQ        Q: m×P, orthonormal rows
//
// The update above is done in the coordinates of Q, the span of the gradients so far, where it loses nothing (reduced Hessians:
// Gill & Leonard, SIAM J. Optim. 12, 2001). When m directions are full, the half of the eigenvectors of H within them whose
// eigenvalues are nearest to ρ², in proportion, is merged into ρ², as their geometric mean. So the steepest and the flattest
// directions of the whole run are remembered, where [LBFGS] has the latest steps. That is 8·m·P bytes and about 8·m·P flops a
// step. Which directions go is this package's own choice; Gill & Leonard (SIAM J. Optim. 14, 2003) drop the oldest.
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
	// Memory is the number of directions in which H is more than a multiple of the identity, 2 at least; P or more means a dense
	// matrix. 0 means the matrix up to 5000 parameters and above 300 directions, or as many as 1 GB holds, but 30 at least.
	// When it changes between two calls of Init, H starts afresh. A state is that of one form of H, and its directions must fit Memory.
	Memory int
	// BFGS leaves φ at 1, which is the self-scaled BFGS method, SSBFGS_AB in the paper. It is usually worse.
	BFGS bool
	// GradTol stops when max|∂L/∂θ_i| is at most this. 0 stops only at a gradient of exactly 0, or at round-off.
	GradTol float64
	// MaxTrials bounds the evaluations of one line search; 0 means 30.
	MaxTrials int

	descent
	dense   secant.Dense
	reduced secant.Reduced
	limit   int // of the memory, 0 for a matrix
}

// mostDense is the largest number of parameters for which a matrix is made when asked for: 3.2 GB.
const mostDense = 20_000

// LargestMatrix is the number of parameters up to which [SSBroyden] keeps a matrix, 200 MB, unless Memory says otherwise.
const LargestMatrix = 5000

// Above LargestMatrix the memory has mostMemory directions, fewer if these took more than memoryBytes, but leastMemory in any case.
const (
	mostMemory  = 300
	leastMemory = 30
	memoryBytes = 1 << 30
)

// Init implements Method.
func (m *SSBroyden) Init(params []Param) error {
	name, scaling := m.name(), secant.Broyden
	if m.BFGS {
		scaling = secant.BFGS
	}
	if m.Memory < 0 || m.Memory == 1 {
		return fmt.Errorf("optim: %s: Memory %d; it must hold 2 directions at least, or be 0 for the default", name, m.Memory)
	}
	m.foresee = true
	n := size(params)
	limit := m.Directions(n)
	if limit != m.limit {
		m.limit, m.layout = limit, layout{} // another model: it starts afresh
	}
	if limit > 0 {
		m.reduced.Scaling, m.reduced.Most = scaling, limit
		m.form = " of limited memory"
		return m.descent.init(params, name, &m.reduced, m.GradTol, m.MaxTrials)
	}
	if n > mostDense {
		return fmt.Errorf("optim: %s: a dense matrix of %d parameters takes %.0f GB; set Memory to less than that, or leave it 0", name, n,
			8e-9*float64(n)*float64(n))
	}
	m.dense.Scaling, m.form = scaling, ""
	return m.descent.init(params, name, &m.dense, m.GradTol, m.MaxTrials)
}

func (m *SSBroyden) name() string {
	if m.BFGS {
		return "SSBFGS"
	}
	return "SSBroyden"
}

// Directions is the number of directions in the memory for n parameters; 0 means that H is a matrix.
func (m *SSBroyden) Directions(n int) int {
	switch {
	case m.Memory == 0 && n > LargestMatrix:
		return min(mostMemory, max(leastMemory, memoryBytes/(8*n)))
	case m.Memory < n:
		return m.Memory
	}
	return 0
}

// Info implements Method. It names the memory where it is limited, and Choices says so where Memory left that to the method.
func (m *SSBroyden) Info(Objective) Info {
	info := about(m.name())
	memory, n := m.Memory, m.layout.n
	if m.layout.known {
		memory = m.Directions(n)
		kept := n
		if m.limit > 0 {
			kept = m.limit
		}
		info.Memory = []Demand{{info.Name, 8 * int64(n) * int64(kept)}}
	}
	if memory > 0 {
		info.Settings = fmt.Sprintf("memory %d", memory)
	}
	if m.Memory == 0 && n > LargestMatrix {
		info.Choices = []string{fmt.Sprintf("%s with a memory of %d directions: a matrix is kept up to %d parameters, and there are %d",
			info.Name, memory, LargestMatrix, n)}
	}
	return info
}
