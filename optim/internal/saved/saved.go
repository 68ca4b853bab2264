// Package saved writes and reads the states of methods: a name with a version, then fields in little-endian order. Floats are stored by
// their bits, so a restored method continues exactly.
package saved

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"path"
	"slices"
)

// Writer appends fields to a state.
type Writer struct{ b []byte }

// State is what was written.
func (w *Writer) State() []byte { return w.b }

// New starts a state of the named kind, such as "optim.LBFGS/1".
func New(kind string) *Writer {
	w := &Writer{}
	w.Bytes([]byte(kind))
	return w
}

func (w *Writer) Uint(v uint64)   { w.b = binary.LittleEndian.AppendUint64(w.b, v) }
func (w *Writer) Int(v int)       { w.Uint(uint64(v)) }
func (w *Writer) Float(v float64) { w.Uint(math.Float64bits(v)) }

func (w *Writer) Bool(v bool) {
	if v {
		w.Uint(1)
	} else {
		w.Uint(0)
	}
}

func (w *Writer) Bytes(p []byte) {
	w.Int(len(p))
	w.b = append(w.b, p...)
}

func (w *Writer) Floats(x []float64) {
	w.b = slices.Grow(w.b, 8*(len(x)+1))
	w.Int(len(x))
	for _, v := range x {
		w.Float(v)
	}
}

// Reader reads what a Writer wrote. The first failure sticks; Finish reports it.
type Reader struct {
	kind string
	b    []byte
	Err  error // the first failure
}

func Read(kind string, state []byte) *Reader {
	r := &Reader{kind: kind, b: state}
	if got := string(r.Bytes()); r.Err == nil && got != kind {
		r.Err = fmt.Errorf("the state is of kind %.40q; restore it into the method that wrote it", got)
		if path.Dir(got) == path.Dir(kind) {
			r.Err = fmt.Errorf("the state is of kind %.40q, from another version of crux; finish the run with that one, or start it again", got)
		}
	}
	return r
}

var errShort = errors.New("the state is cut short")

func (r *Reader) Uint() uint64 {
	if r.Err == nil && len(r.b) < 8 {
		r.Err = errShort
	}
	if r.Err != nil {
		return 0
	}
	v := binary.LittleEndian.Uint64(r.b)
	r.b = r.b[8:]
	return v
}

func (r *Reader) Float() float64 { return math.Float64frombits(r.Uint()) }
func (r *Reader) Bool() bool     { return r.Uint() != 0 }

// Int reads a count, which is never negative.
func (r *Reader) Int() int {
	v := r.Uint()
	if r.Err == nil && v > math.MaxInt {
		r.Err = fmt.Errorf("the state holds the count %d", v)
		return 0
	}
	return int(v)
}

func (r *Reader) Bytes() []byte {
	n := r.Int()
	if r.Err == nil && n > len(r.b) {
		r.Err = errShort
	}
	if r.Err != nil {
		return nil
	}
	p := r.b[:n:n]
	r.b = r.b[n:]
	return p
}

func (r *Reader) Floats() []float64 {
	n := r.Int()
	if r.Err == nil && n > len(r.b)/8 { // before the allocation: a damaged state must not ask for terabytes
		r.Err = errShort
	}
	if r.Err != nil {
		return nil
	}
	x := make([]float64, n)
	for i := range x {
		x[i] = r.Float()
	}
	return x
}

// Vector reads a slice that must have n elements.
func (r *Reader) Vector(n int) []float64 {
	x := r.Floats()
	if r.Err == nil && len(x) != n {
		r.Err = fmt.Errorf("the state holds a vector of %d elements, want %d", len(x), n)
	}
	return x
}

func (r *Reader) Finish() error {
	if r.Err == nil && len(r.b) != 0 {
		r.Err = fmt.Errorf("the state has %d bytes too many", len(r.b))
	}
	if r.Err != nil {
		return fmt.Errorf("optim: set state of %s: %w", r.kind, r.Err)
	}
	return nil
}
