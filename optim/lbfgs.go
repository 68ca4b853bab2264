package optim

import (
	"context"
	"fmt"
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
	// than 30 (BenchmarkMemory).
	Memory int
	// GradTol stops when max|∂L/∂θ_i| is at most this. 0 stops only at a gradient of exactly 0, or at round-off.
	GradTol float64
	// MaxTrials bounds the evaluations of one line search; 0 means 30.
	MaxTrials int

	descent descent
	pairs   pairs
}

// Init implements Method.
func (l *LBFGS) Init(params []Param) error {
	if l.Memory < 0 {
		return fmt.Errorf("optim: LBFGS: Memory %d; it must not be negative", l.Memory)
	}
	l.pairs.resize(l.memory())
	return l.descent.init(params, "LBFGS", &l.pairs, l.GradTol, l.MaxTrials)
}

func (l *LBFGS) memory() int {
	if l.Memory == 0 {
		return 30
	}
	return l.Memory
}

// Step implements Method.
func (l *LBFGS) Step(ctx context.Context, f Objective, theta []float64) (float64, error) {
	l.pairs.wide.pool = poolOf(f)
	return l.descent.step(ctx, f, theta)
}

// Reset drops all curvature, so that the next step goes along the negative gradient.
func (l *LBFGS) Reset() { l.descent.forget() }

// State implements Stateful.
func (l *LBFGS) State() ([]byte, error) { return l.descent.state() }

// SetState implements Stateful. A state with more pairs than Memory keeps the latest.
func (l *LBFGS) SetState(state []byte) error { return l.descent.setState(state, l.descent.restore) }

// Describe implements Describer.
func (l *LBFGS) Describe() string { return fmt.Sprintf("LBFGS(memory %d)", l.memory()) }

// pairs is the inverse Hessian by the latest pairs, oldest first.
type pairs struct {
	most int
	list []pair
	free []pair // vectors for reuse
	a    []float64
	wide wide
}

// pair is one step: s, y and ρ = 1/sᵀy.
type pair struct {
	s, y  []float64
	rho   float64
	gamma float64 // sᵀy/yᵀy
}

func (m *pairs) resize(most int) {
	m.most = most
	for len(m.list) > most {
		m.drop()
	}
	m.a = make([]float64, most)
}

func (m *pairs) drop() {
	m.free = append(m.free, m.list[0])
	copy(m.list, m.list[1:])
	m.list = m.list[:len(m.list)-1]
}

func (m *pairs) reset(n int) {
	for len(m.list) > 0 {
		m.drop()
	}
	if len(m.free) > 0 && len(m.free[0].s) != n {
		m.free = nil
	}
}

func (m *pairs) empty() bool { return len(m.list) == 0 }

// direction is the two-loop recursion.
func (m *pairs) direction(p, g []float64) {
	for i, v := range g {
		p[i] = -v
	}
	for i := len(m.list) - 1; i >= 0; i-- {
		q := &m.list[i]
		m.a[i] = q.rho * m.wide.dot(q.s, p)
		m.wide.axpy(-m.a[i], q.y, p)
	}
	scale(m.list[len(m.list)-1].gamma, p)
	for i := range m.list {
		q := &m.list[i]
		b := q.rho * m.wide.dot(q.y, p)
		m.wide.axpy(m.a[i]-b, q.s, p)
	}
}

func (m *pairs) learn(st step) {
	if len(m.list) == m.most {
		m.drop()
	}
	var q pair
	if k := len(m.free); k > 0 {
		q, m.free = m.free[k-1], m.free[:k-1]
	} else {
		q.s, q.y = make([]float64, len(st.s)), make([]float64, len(st.s))
	}
	copy(q.s, st.s)
	copy(q.y, st.y)
	q.rho, q.gamma = 1/st.sy, st.sy/m.wide.dot(st.y, st.y)
	m.list = append(m.list, q)
}

func (m *pairs) save(w *stateWriter) {
	w.int(len(m.list))
	for _, q := range m.list {
		w.floats(q.s)
		w.floats(q.y)
		w.float(q.rho)
		w.float(q.gamma)
	}
}

func (m *pairs) load(r *stateReader, n int) func() {
	var list []pair
	for range r.int() {
		list = append(list, pair{s: r.vector(n), y: r.vector(n), rho: r.float(), gamma: r.float()})
		if r.err != nil {
			break
		}
	}
	return func() {
		m.list, m.free = list, nil
		for len(m.list) > m.most {
			m.drop()
		}
	}
}
