package optim

import (
	"errors"
	"fmt"
	"math"
)

const kfacState = "optim.KFAC/1"

// State implements Stateful: the factors, λ, the last step and what is known of progress.
func (m *KFAC) State() ([]byte, error) {
	w, pending, err := m.begin(kfacState)
	if w == nil {
		return pending, err
	}
	w.int(m.age)
	for _, x := range []float64{m.lambda, m.pair[0], m.pair[1]} {
		w.float(x)
	}
	w.floats(m.delta)
	m.progress.save(w)
	numbers := m.saved
	if m.now != nil {
		numbers = m.now.numbers()
	}
	w.int(len(numbers))
	for _, x := range numbers {
		w.floats(x)
	}
	return w.b, nil
}

// SetState implements Stateful.
func (m *KFAC) SetState(state []byte) error { return m.setState(state, m.restore) }

func (m *KFAC) restore(state []byte) error {
	r := m.open(kfacState, state)
	age := r.int()
	lambda, pair := r.float(), [2]float64{r.float(), r.float()}
	delta := r.floats()
	g := loadProgress(r)
	var saved [][]float64
	for range r.int() {
		saved = append(saved, r.floats())
		if r.err != nil {
			break
		}
		if firstNonFinite(saved[len(saved)-1]) >= 0 {
			r.err = errors.New("the factors in the state are not finite")
		}
	}
	if r.err == nil {
		for _, x := range []float64{lambda, pair[0], pair[1]} {
			if !(x >= 0) || math.IsInf(x, 1) {
				r.err = errors.New("the damping in the state is not a finite number")
			}
		}
		if len(delta) != 0 && len(delta) != m.layout.n || firstNonFinite(delta) >= 0 {
			r.err = fmt.Errorf("the state holds no step of %d finite numbers", m.layout.n)
		}
	}
	if err := r.finish(); err != nil {
		return err
	}
	if len(delta) == 0 {
		delta = nil
	}
	m.age, m.lambda, m.pair, m.delta, m.progress = age, lambda, pair, delta, g
	m.now, m.next, m.saved = nil, nil, saved
	return nil
}
