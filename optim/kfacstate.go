package optim

import (
	"errors"
	"fmt"
	"math"

	"github.com/crux-pinn/crux/optim/internal/vec"
)

const kfacState = "optim.KFAC/1"

// State implements Stateful: the factors, λ, the last step and what is known of progress.
func (m *KFAC) State() ([]byte, error) {
	w, pending, err := m.begin(kfacState)
	if w == nil {
		return pending, err
	}
	w.Int(m.age)
	for _, x := range []float64{m.lambda, m.pair[0], m.pair[1]} {
		w.Float(x)
	}
	w.Floats(m.delta)
	m.progress.save(w)
	numbers := m.saved
	if m.now != nil {
		numbers = m.now.numbers()
	}
	w.Int(len(numbers))
	for _, x := range numbers {
		w.Floats(x)
	}
	return w.State(), nil
}

// SetState implements Stateful.
func (m *KFAC) SetState(state []byte) error { return m.setState(state, m.restore) }

func (m *KFAC) restore(state []byte) error {
	r := m.open(kfacState, state)
	age := r.Int()
	lambda, pair := r.Float(), [2]float64{r.Float(), r.Float()}
	delta := r.Floats()
	g := loadProgress(r)
	var saved [][]float64
	for range r.Int() {
		saved = append(saved, r.Floats())
		if r.Err != nil {
			break
		}
		if vec.FirstNonFinite(saved[len(saved)-1]) >= 0 {
			r.Err = errors.New("the factors in the state are not finite")
		}
	}
	if r.Err == nil {
		for _, x := range []float64{lambda, pair[0], pair[1]} {
			if !(x >= 0) || math.IsInf(x, 1) {
				r.Err = errors.New("the damping in the state is not a finite number")
			}
		}
		if len(delta) != 0 && len(delta) != m.layout.n || vec.FirstNonFinite(delta) >= 0 {
			r.Err = fmt.Errorf("the state holds no step of %d finite numbers", m.layout.n)
		}
	}
	if err := r.Finish(); err != nil {
		return err
	}
	if len(delta) == 0 {
		delta = nil
	}
	m.age, m.lambda, m.pair, m.delta, m.progress = age, lambda, pair, delta, g
	m.now, m.next, m.saved = nil, nil, saved
	return nil
}
