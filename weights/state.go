package weights

import (
	"fmt"

	"github.com/crux-pinn/crux/internal/claim"
)

// memory is what a scheme has that remembers something: it is of one run, and what it remembers, a struct of exported fields, is its state.
type memory[T any] struct {
	claim.Mark
	now T
}

// stored is the state of a scheme as it is written.
type stored[T any] struct {
	Version int
	Kind    string // the type of Now: states are of one scheme
	Now     T
}

const version = 3 // 2 had slices without names

// State returns what the scheme remembers.
func (m *memory[T]) State() ([]byte, error) {
	return claim.Encode(stored[T]{version, fmt.Sprintf("%T", m.now), m.now})
}

// SetState restores what State returned.
func (m *memory[T]) SetState(state []byte) error {
	s, err := claim.Decode[stored[T]](state)
	if err != nil {
		return fmt.Errorf("weights: %w", err)
	}
	if kind := fmt.Sprintf("%T", m.now); s.Version != version || s.Kind != kind {
		return fmt.Errorf("weights: the state of another scheme or version, %s/%d; this one has %s/%d", s.Kind, s.Version, kind, version)
	}
	m.now = s.Now
	claim.Restored(&m.Mark, 0) // it does not know of which step it is
	return nil
}
