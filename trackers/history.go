package trackers

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unicode"

	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/claim"
	"github.com/crux-pinn/crux/trackers/explain"
)

// Value is one measurement as its tracker knows it: a struct with exported fields that are numbers, texts, arrays and slices, which a
// history copies and saves. Its Measurement is a view of it for all that shows it.
type Value interface {
	Measurement(at explain.Setting) Measurement
}

// History is what a tracker has measured so far. Embedded in a type with OnSolveBegin, which calls Begin, and OnStep, which asks Due and
// calls Publish, it makes that type a Tracker:
//
//	type Distance struct {
//		Interval int // steps between measurements; 0 means 100
//		trackers.History[DistanceValue]
//	}
//
// What reads a history may do so from any goroutine, also during a run. The zero value is empty.
type History[V Value] struct {
	claim.Mark // measurements are of one run

	interval int
	mu       sync.RWMutex
	shape    []int // of every measurement
	epochs   []int
	values   []V
}

// Begin prepares for a run that measures at every step that the interval divides; 0 means the default. The shape is whatever all
// measurements of a history must have in common, such as the number of constraints: a tracker that has measured something of another
// shape cannot continue.
func (h *History[V]) Begin(interval, byDefault int, shape ...int) (err error) {
	if h.interval, err = count("Interval", interval, byDefault, 1); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.epochs) > 0 && !slices.Equal(h.shape, shape) {
		return fmt.Errorf("the tracker has measured something of shape %v and would now measure %v; use a new tracker", h.shape, shape)
	}
	h.shape = shape
	return nil
}

// Due reports whether to measure at a step: when the interval divides it, and at every call of solver.Measure.
func (h *History[V]) Due(s *crux.Step) bool {
	return s.Measuring() || s.Epoch%max(1, h.interval) == 0
}

// Publish adds what was measured at a step, and records its scalars. It replaces a measurement of the same step, which is that of a
// solver.Measure before the step was taken.
func (h *History[V]) Publish(s *crux.Step, v V) error {
	h.add(s.Epoch, v)
	at := explain.Setting{Epoch: s.Epoch, Constraints: s.Run.Names()}
	for _, x := range v.Measurement(at).Scalars {
		if x.Key != "" {
			if err := s.Record("explainability/"+x.Key, x.Value); err != nil {
				return err
			}
		}
	}
	return nil
}

func (h *History[V]) add(epoch int, v V) {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := len(h.epochs)
	if n > 0 {
		share(&v, &h.values[n-1])
	}
	if n > 0 && h.epochs[n-1] == epoch {
		h.values[n-1] = v
		return
	}
	h.epochs, h.values = append(h.epochs, epoch), append(h.values, v)
}

// all are the measurements. What they point to never changes.
func (h *History[V]) all() (epochs []int, values []V) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return slices.Clone(h.epochs), slices.Clone(h.values)
}

// last is the latest measurement, which is not to be changed.
func (h *History[V]) last() (epoch int, v V, ok bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if n := len(h.epochs); n > 0 {
		return h.epochs[n-1], h.values[n-1], true
	}
	return 0, v, false
}

// Value is a copy of the latest measurement; ok is false before the first one.
func (h *History[V]) Value() (v V, ok bool) {
	_, v, ok = h.last()
	return detached(v), ok
}

// LatestEpoch is the step of the latest measurement; ok is false before the first one.
func (h *History[V]) LatestEpoch() (epoch int, ok bool) {
	epoch, _, ok = h.last()
	return epoch, ok
}

// Latest is the latest measurement as sinks take it; ok is false before the first one. What it holds is not to be changed.
func (h *History[V]) Latest(at explain.Setting) (m Measurement, ok bool) {
	epoch, v, ok := h.last()
	if !ok {
		return m, false
	}
	at.Epoch = epoch
	return v.Measurement(at), true
}

// Result is the whole history of a tracker.
type Result[V Value] struct {
	Epochs []int
	Values []V // one for each epoch
}

// Result is a copy of the history.
func (h *History[V]) Result() Result[V] {
	epochs, values := h.all()
	for i, v := range values {
		if values[i] = detached(v); i > 0 {
			share(&values[i], &values[i-1])
		}
	}
	return Result[V]{epochs, values}
}

// Arrays are the history for files: epochs (S), and each array of the measurements as one, with S rows. An array that is Fixed has no
// such axis as long as all measurements have the same. Where one is shorter than the longest, the rest is NaN.
func (h *History[V]) Arrays() []Array {
	epochs, values := h.all()
	return Result[V]{epochs, values}.Arrays()
}

// Called implements crux.Named: the tracker "error" of a file is "the tracker error".
func (h *History[V]) Called() string {
	return "the tracker " + FileName(strings.TrimSuffix(reflect.TypeFor[V]().Name(), "Value"))
}

// FileName is what files call a tracker with the given name of a type: NTKSpectrum is ntk_spectrum.
func FileName(name string) string {
	var b strings.Builder
	rs := []rune(name)
	for i, r := range rs {
		if unicode.IsUpper(r) && i > 0 && (unicode.IsLower(rs[i-1]) || i+1 < len(rs) && unicode.IsLower(rs[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// Arrays are those of the history.
func (r Result[V]) Arrays() []Array {
	ms := make([]Measurement, len(r.Values))
	for i, v := range r.Values {
		ms[i] = v.Measurement(explain.Setting{Epoch: r.Epochs[i]})
	}
	return append([]Array{whole("epochs", r.Epochs)}, stack(ms)...)
}

// Matrix is one of the arrays, by its name, with a row for each measurement; of a Fixed one its first axis are the rows. It is nil if
// there is no such array, or none of floats.
func (r Result[V]) Matrix(name string) *mat.Dense {
	for _, a := range r.Arrays() {
		if a.Name == name {
			return a.matrix()
		}
	}
	return nil
}

// Explain is what there is to say of the latest measurement, and the course of the scalars that have a name; ok is false before the
// first measurement.
func (h *History[V]) Explain(at explain.Setting) (s explain.Summary, ok bool) {
	epochs, values := h.all()
	number := map[string]int{} // of the series with a name
	for k, v := range values {
		at.Epoch = epochs[k]
		m := v.Measurement(at)
		for _, x := range m.Scalars {
			if x.Name == "" {
				continue
			}
			i, seen := number[x.Name]
			if !seen {
				i = len(s.Series)
				number[x.Name], s.Series = i, append(s.Series, explain.Series{Name: x.Name})
			}
			s.Series[i].Epochs, s.Series[i].Values = append(s.Series[i].Epochs, at.Epoch), append(s.Series[i].Values, x.Value)
		}
		if s.Tracker, s.Epoch = m.Title, at.Epoch; k == len(values)-1 && m.Findings != nil {
			s.Findings = m.Findings()
		}
	}
	return s, len(values) > 0
}

// saved is a history as checkpoints store it.
type saved[V any] struct {
	Kind   string
	Shape  []int
	Epochs []int
	Values []V
}

// State implements crux.Stateful: the whole history.
func (h *History[V]) State() ([]byte, error) {
	epochs, values := h.all()
	for i := len(values) - 1; i > 0; i-- {
		unshare(&values[i], &values[i-1])
	}
	return claim.Encode(saved[V]{fmt.Sprintf("%T", *new(V)), h.shape, epochs, values})
}

// SetState implements crux.Stateful. The state of another kind of tracker is an error, and then nothing changes.
func (h *History[V]) SetState(state []byte) error {
	want := fmt.Sprintf("%T", *new(V))
	k, err := claim.Decode[saved[V]](state)
	if err != nil {
		return fmt.Errorf("trackers: %s: %w", want, err)
	}
	if k.Kind != want || len(k.Epochs) != len(k.Values) {
		return fmt.Errorf("trackers: the state holds %d steps and %d values of %q; this tracker measures %s", len(k.Epochs), len(k.Values),
			k.Kind, want)
	}
	for i := 1; i < len(k.Values); i++ {
		share(&k.Values[i], &k.Values[i-1])
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
