package claim

import (
	"bytes"
	"encoding/gob"
	"fmt"
)

// Encode is a state as checkpoints keep it: in Go's gob format, whose floats are exact.
func Encode(state any) ([]byte, error) {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(state); err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	return b.Bytes(), nil
}

// Decode reads what Encode has written.
func Decode[S any](b []byte) (state S, err error) {
	if err = gob.NewDecoder(bytes.NewReader(b)).Decode(&state); err != nil {
		err = fmt.Errorf("state: %w", err)
	}
	return state, err
}
