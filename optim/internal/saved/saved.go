// Package saved writes and reads the states of methods: a name with a version, then fields in little-endian order. Floats are stored by
// their bits, so a restored method continues exactly.
//
// What a method saves is a list of fields, which serves both ways: pointers to numbers, truth values, texts and vectors, and parts with a
// state of their own, such as a method within another.
package saved

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"path"
	"slices"
)

// Part is a field with a state of its own.
type Part interface {
	State() ([]byte, error)
	SetState(state []byte) error
}

// Variable is a field that decides itself what there is to save.
type Variable interface {
	Save(w *Writer)
	// Load reads what Save wrote and returns a function that adopts it.
	Load(r *Reader) (set func())
}

// NotNegative is a field for a number that is finite and not negative.
type NotNegative struct{ X *float64 }

// State is the state of the named kind, such as "optim.LBFGS/1", with these fields.
func State(kind string, fields ...any) ([]byte, error) {
	var w Writer
	w.bytes([]byte(kind))
	err := w.put(fields)
	return w.b, err
}

// SetState sets the fields to what State has written, all of them or, where it is an error, none. Parts are set last, one after the other.
func SetState(kind string, state []byte, fields ...any) error {
	r := Read(kind, state)
	set := r.Get(fields...)
	if err := r.Finish(); err != nil {
		return err
	}
	return set()
}

// Writer appends fields to a state.
type Writer struct{ b []byte }

func (w *Writer) put(fields []any) error {
	for _, field := range fields {
		switch f := field.(type) {
		case *bool:
			w.Bool(*f)
		case *int:
			w.Int(*f)
		case *uint64:
			w.Uint(*f)
		case *float64:
			w.Float(*f)
		case NotNegative:
			w.Float(*f.X)
		case *string:
			w.bytes([]byte(*f))
		case *[]float64:
			w.Floats(*f)
		case Part:
			b, err := f.State()
			if err != nil {
				return err
			}
			w.bytes(b)
		case Variable:
			f.Save(w)
		default:
			panic(fmt.Sprintf("saved: a field of type %T", f))
		}
	}
	return nil
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

func (w *Writer) bytes(p []byte) {
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
	if got := string(r.bytes()); r.Err == nil && got != kind {
		r.Err = fmt.Errorf("the state is of kind %.40q; restore it into the method that wrote it", got)
		if path.Dir(got) == path.Dir(kind) {
			r.Err = fmt.Errorf("the state is of kind %.40q, from another version of crux; finish the run with that one, or start it again", got)
		}
	}
	return r
}

// Get reads fields that State has written, and returns a function that sets them. A vector must be as long as what it replaces.
func (r *Reader) Get(fields ...any) (set func() error) {
	var values, parts []func() error
	for _, field := range fields {
		switch f := field.(type) {
		case *bool:
			values = append(values, setter(f, r.Bool()))
		case *int:
			values = append(values, setter(f, r.Int()))
		case *uint64:
			values = append(values, setter(f, r.Uint()))
		case *float64:
			values = append(values, setter(f, r.Float()))
		case NotNegative:
			x := r.Float()
			if r.Err == nil && (!(x >= 0) || math.IsInf(x, 1)) {
				r.Err = fmt.Errorf("the state holds %v, which must be a finite number that is not negative", x)
			}
			values = append(values, setter(f.X, x))
		case *string:
			values = append(values, setter(f, string(r.bytes())))
		case *[]float64:
			values = append(values, setter(f, r.Vector(len(*f))))
		case Part:
			b := r.bytes()
			parts = append(parts, func() error { return f.SetState(b) })
		case Variable:
			set := f.Load(r)
			values = append(values, func() error { set(); return nil })
		}
	}
	return func() error {
		for _, set := range append(values, parts...) {
			if err := set(); err != nil {
				return err
			}
		}
		return nil
	}
}

func setter[T any](f *T, v T) func() error {
	return func() error {
		*f = v
		return nil
	}
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

func (r *Reader) bytes() []byte {
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

// Vector reads a slice that must have n elements.
func (r *Reader) Vector(n int) []float64 {
	switch m := r.Int(); {
	case r.Err == nil && m != n:
		r.Err = fmt.Errorf("the state holds a vector of %d elements, want %d", m, n)
	case r.Err == nil && n > len(r.b)/8:
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

func (r *Reader) Finish() error {
	if r.Err == nil && len(r.b) != 0 {
		r.Err = fmt.Errorf("the state has %d bytes too many", len(r.b))
	}
	if r.Err != nil {
		return fmt.Errorf("optim: set state of %s: %w", r.kind, r.Err)
	}
	return nil
}
