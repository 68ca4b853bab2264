package optim

import (
	"errors"
	"fmt"
)

const nncgState = "optim.NNCG/1"

// State implements Stateful. It holds the preconditioner: 8·Rank·P bytes.
func (m *NNCG) State() ([]byte, error) {
	w, pending, err := m.begin(nncgState)
	if w == nil {
		return pending, err
	}
	w.int(m.steps)
	w.float(m.mu)
	m.progress.save(w)
	w.floats(m.last)
	w.bool(m.sketched)
	w.floats(m.sketch.value)
	if len(m.sketch.value) > 0 {
		w.floats(m.sketch.u.q[:len(m.sketch.value)*m.layout.n])
	}
	return w.b, nil
}

// SetState implements Stateful.
func (m *NNCG) SetState(state []byte) error { return m.setState(state, m.restore) }

func (m *NNCG) restore(state []byte) error {
	r := m.open(nncgState, state)
	n := m.layout.n
	steps, mu := r.int(), r.float()
	g := loadProgress(r)
	last, sketched, value := r.vector(n), r.bool(), r.floats()
	var q []float64
	d := len(value)
	if d > 0 && r.err == nil {
		switch {
		case d > n:
			r.err = errors.New("the state holds more directions than parameters")
		default:
			q = r.vector(d * n)
		}
	}
	if r.err == nil && !(mu > 0 && finite(mu)) {
		r.err = fmt.Errorf("the state holds the damping %v", mu)
	}
	if err := r.finish(); err != nil {
		return err
	}
	m.steps, m.mu, m.progress, m.last, m.sketched = steps, mu, g, last, sketched
	m.sketch.drop()
	if d > 0 {
		s := min(valueOr(m.Rank, 60), n)
		m.sketch.u, m.sketch.omega = newBasis(n, max(s, d)), newBasis(n, max(s, d))
		m.sketch.u.d = d
		copy(m.sketch.u.q, q)
		m.sketch.value = value
		m.c = make([]float64, max(s, d))
	}
	return nil
}
