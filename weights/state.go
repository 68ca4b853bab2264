package weights

import (
	"bytes"
	"encoding/gob"
	"fmt"

	"github.com/crux-pinn/crux/internal/claim"
)

// memory is what every scheme with state has: it is of one run, and its state is written in one way.
type memory struct{ claim.Mark }

// stored is the state of any scheme. Slices are nil where a scheme has none.
type stored struct {
	Version int
	Ints    []int
	Parts   [][]float64
}

const version = 2 // 1 had the weights of the latest step as well

func (m *memory) encode(ints []int, parts ...[]float64) ([]byte, error) {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(stored{version, ints, parts}); err != nil {
		return nil, fmt.Errorf("weights: state: %w", err)
	}
	return b.Bytes(), nil
}

func (m *memory) decode(state []byte, parts int) (ints []int, _ [][]float64, err error) {
	var s stored
	if err := gob.NewDecoder(bytes.NewReader(state)).Decode(&s); err != nil {
		return nil, nil, fmt.Errorf("weights: state: %w", err)
	}
	if s.Version != version || len(s.Parts) != parts {
		return nil, nil, fmt.Errorf("weights: state of version %d with %d parts; this scheme writes version %d with %d", s.Version, len(s.Parts), version, parts)
	}
	claim.Restored(&m.Mark, 0) // it does not know of which step it is
	return s.Ints, s.Parts, nil
}
