package optim

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"path"
	"slices"
)

// A state is a name with a version, then fields in little-endian order. Floats are stored by their bits, so a
// restored method continues exactly.

// stateWriter appends fields to a state.
type stateWriter struct{ b []byte }

// newState starts a state of the named kind, such as "optim.LBFGS/1".
func newState(kind string) *stateWriter {
	w := &stateWriter{}
	w.bytes([]byte(kind))
	return w
}

func (w *stateWriter) uint(v uint64)   { w.b = binary.LittleEndian.AppendUint64(w.b, v) }
func (w *stateWriter) int(v int)       { w.uint(uint64(v)) }
func (w *stateWriter) float(v float64) { w.uint(math.Float64bits(v)) }

func (w *stateWriter) bool(v bool) {
	if v {
		w.uint(1)
	} else {
		w.uint(0)
	}
}

func (w *stateWriter) bytes(p []byte) {
	w.int(len(p))
	w.b = append(w.b, p...)
}

func (w *stateWriter) floats(x []float64) {
	w.b = slices.Grow(w.b, 8*(len(x)+1))
	w.int(len(x))
	for _, v := range x {
		w.float(v)
	}
}

// stateReader reads what a stateWriter wrote. The first failure sticks; finish reports it.
type stateReader struct {
	kind string
	b    []byte
	err  error
}

func readState(kind string, state []byte) *stateReader {
	r := &stateReader{kind: kind, b: state}
	if got := string(r.bytes()); r.err == nil && got != kind {
		r.err = fmt.Errorf("the state is of kind %.40q; restore it into the method that wrote it", got)
		if path.Dir(got) == path.Dir(kind) {
			r.err = fmt.Errorf("the state is of kind %.40q, from another version of crux; finish the run with that one, or begin it anew", got)
		}
	}
	return r
}

var errShortState = errors.New("the state is cut short")

func (r *stateReader) uint() uint64 {
	if r.err == nil && len(r.b) < 8 {
		r.err = errShortState
	}
	if r.err != nil {
		return 0
	}
	v := binary.LittleEndian.Uint64(r.b)
	r.b = r.b[8:]
	return v
}

func (r *stateReader) float() float64 { return math.Float64frombits(r.uint()) }
func (r *stateReader) bool() bool     { return r.uint() != 0 }

// int reads a count, which is never negative.
func (r *stateReader) int() int {
	v := r.uint()
	if r.err == nil && v > math.MaxInt {
		r.err = fmt.Errorf("the state holds the count %d", v)
		return 0
	}
	return int(v)
}

func (r *stateReader) bytes() []byte {
	n := r.int()
	if r.err == nil && n > len(r.b) {
		r.err = errShortState
	}
	if r.err != nil {
		return nil
	}
	p := r.b[:n:n]
	r.b = r.b[n:]
	return p
}

func (r *stateReader) floats() []float64 {
	n := r.int()
	if r.err == nil && n > len(r.b)/8 { // before the allocation: a damaged state must not ask for terabytes
		r.err = errShortState
	}
	if r.err != nil {
		return nil
	}
	x := make([]float64, n)
	for i := range x {
		x[i] = r.float()
	}
	return x
}

// vector reads a slice that must have n elements.
func (r *stateReader) vector(n int) []float64 {
	x := r.floats()
	if r.err == nil && len(x) != n {
		r.err = fmt.Errorf("the state holds a vector of %d elements, want %d", len(x), n)
	}
	return x
}

func (r *stateReader) finish() error {
	if r.err == nil && len(r.b) != 0 {
		r.err = fmt.Errorf("the state has %d bytes too many", len(r.b))
	}
	if r.err != nil {
		return fmt.Errorf("optim: set state of %s: %w", r.kind, r.err)
	}
	return nil
}
