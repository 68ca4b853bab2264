package secant

import (
	"github.com/crux-pinn/crux/optim/internal/saved"
	"github.com/crux-pinn/crux/optim/internal/vec"
)

// Pairs is the inverse Hessian by the latest pairs, oldest first.
type Pairs struct {
	n    int // parameters
	most int
	list []pair
	free []pair // vectors for reuse
	a    []float64
	wide vec.Wide
}

// pair is one step: s, y and ρ = 1/sᵀy.
type pair struct {
	s, y  []float64
	rho   float64
	gamma float64 // sᵀy/yᵀy
}

func (m *Pairs) Resize(most int) {
	m.most = most
	for len(m.list) > most {
		m.drop()
	}
	m.a = make([]float64, most)
}

func (m *Pairs) drop() {
	m.free = append(m.free, m.list[0])
	copy(m.list, m.list[1:])
	m.list = m.list[:len(m.list)-1]
}

// Reset implements Model.
func (m *Pairs) Reset(n int) {
	m.n = n
	for len(m.list) > 0 {
		m.drop()
	}
	if len(m.free) > 0 && len(m.free[0].s) != n {
		m.free = nil
	}
}

// Use implements Model.
func (m *Pairs) Use(pool vec.Pool) { m.wide.Pool = pool }

// Empty implements Model.
func (m *Pairs) Empty() bool { return len(m.list) == 0 }

// direction is the two-loop recursion.
func (m *Pairs) Direction(p, g []float64) {
	for i, v := range g {
		p[i] = -v
	}
	for i := len(m.list) - 1; i >= 0; i-- {
		q := &m.list[i]
		m.a[i] = q.rho * m.wide.Dot(q.s, p)
		m.wide.Axpy(-m.a[i], q.y, p)
	}
	vec.Scale(m.list[len(m.list)-1].gamma, p)
	for i := range m.list {
		q := &m.list[i]
		b := q.rho * m.wide.Dot(q.y, p)
		m.wide.Axpy(m.a[i]-b, q.s, p)
	}
}

// Learn implements Model.
func (m *Pairs) Learn(st Step) {
	if len(m.list) == m.most {
		m.drop()
	}
	var q pair
	if k := len(m.free); k > 0 {
		q, m.free = m.free[k-1], m.free[:k-1]
	} else {
		q.s, q.y = make([]float64, len(st.S)), make([]float64, len(st.S))
	}
	copy(q.s, st.S)
	copy(q.y, st.Y)
	q.rho, q.gamma = 1/st.SY, st.SY/m.wide.Dot(st.Y, st.Y)
	m.list = append(m.list, q)
}

// Save implements Model.
func (m *Pairs) Save(w *saved.Writer) {
	w.Int(len(m.list))
	for _, q := range m.list {
		w.Floats(q.s)
		w.Floats(q.y)
		w.Float(q.rho)
		w.Float(q.gamma)
	}
}

// Load implements Model.
func (m *Pairs) Load(r *saved.Reader) (set func()) {
	var list []pair
	for range r.Int() {
		list = append(list, pair{s: r.Vector(m.n), y: r.Vector(m.n), rho: r.Float(), gamma: r.Float()})
		if r.Err != nil {
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
