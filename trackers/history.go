package trackers

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"slices"
	"sync"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/claim"
)

// cloner is a measurement that can be copied.
type cloner[V any] interface{ clone() V }

// history is what a tracker has measured so far. Its methods may be called from any goroutine, also during a run.
type history[V cloner[V]] struct {
	claim.Mark // measurements are of one run

	mu     sync.RWMutex
	shape  []int // of every measurement
	epochs []int
	values []V
}

// adopt fixes the shape of the measurements. A tracker that has measured something of another shape cannot go on, because
// its history would not fit together.
func (h *history[V]) adopt(shape ...int) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.epochs) > 0 && !slices.Equal(h.shape, shape) {
		return fmt.Errorf("the tracker has measured something of shape %v and would now measure %v; use a new tracker", h.shape, shape)
	}
	h.shape = shape
	return nil
}

// Value is a copy of the latest measurement; ok is false before the first one.
func (h *history[V]) Value() (v V, ok bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if len(h.values) == 0 {
		return v, false
	}
	return h.values[len(h.values)-1].clone(), true
}

// LatestEpoch is the step of the latest measurement; ok is false before the first one.
func (h *history[V]) LatestEpoch() (epoch int, ok bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if len(h.epochs) == 0 {
		return 0, false
	}
	return h.epochs[len(h.epochs)-1], true
}

// all copies the whole history.
func (h *history[V]) all() (epochs []int, values []V) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	values = make([]V, len(h.values))
	for i, v := range h.values {
		values[i] = v.clone()
	}
	return slices.Clone(h.epochs), values
}

// publish adds a measurement. It replaces one of the same step, which is that of a solver.Measure before the step was taken.
func (h *history[V]) publish(epoch int, v V) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if n := len(h.epochs); n > 0 && h.epochs[n-1] == epoch {
		h.values[n-1] = v
		return
	}
	h.epochs, h.values = append(h.epochs, epoch), append(h.values, v)
}

// due reports whether to fire at a step: when the interval divides it, and at every call of solver.Measure.
func (h *history[V]) due(s *crux.Step, interval int) bool {
	return s.Measuring() || s.Epoch%interval == 0
}

// kept is a history as checkpoints store it.
type kept[V any] struct {
	Kind   string
	Shape  []int
	Epochs []int
	Values []V
}

// State implements crux.Stateful: the whole history.
func (h *history[V]) State() ([]byte, error) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	var b bytes.Buffer
	var v V
	if err := gob.NewEncoder(&b).Encode(kept[V]{fmt.Sprintf("%T", v), h.shape, h.epochs, h.values}); err != nil {
		return nil, fmt.Errorf("trackers: state: %w", err)
	}
	return b.Bytes(), nil
}

// SetState implements crux.Stateful. The state of another kind of tracker is an error, and then nothing changes.
func (h *history[V]) SetState(state []byte) error {
	var k kept[V]
	var v V
	want := fmt.Sprintf("%T", v)
	if err := gob.NewDecoder(bytes.NewReader(state)).Decode(&k); err != nil {
		return fmt.Errorf("trackers: state of %s: %w", want, err)
	}
	if k.Kind != want || len(k.Epochs) != len(k.Values) {
		return fmt.Errorf("trackers: the state holds %d epochs and %d values of %q; this tracker measures %s", len(k.Epochs), len(k.Values), k.Kind, want)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.shape, h.epochs, h.values = k.Shape, k.Epochs, k.Values
	latest := 0
	if n := len(k.Epochs); n > 0 {
		latest = k.Epochs[n-1]
	}
	claim.Restored(&h.Mark, latest)
	return nil
}
