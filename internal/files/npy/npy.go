// Package npy reads arrays of numbers in NumPy's formats, npy, one array, and npz, several by name, and writes those of float64 and int64.
//
// The format is that of numpy.lib.format, version 1.0: a magic string, a header that is a Python dictionary, and the
// entries little-endian, last index fastest. An npz file is a zip archive of npy files, stored without compression.
package npy

import (
	"archive/zip"
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
)

// Array is an array with a name.
type Array struct {
	Name  string    // in an npz file; unused otherwise
	Shape []int     // empty for a single number
	Data  []float64 // the last index fastest
	Ints  []int64   // instead of Data: whole numbers
}

// Write writes one array as npy. A shape that does not fit the number of entries is an error, and nothing is written.
func Write(w io.Writer, a Array) error {
	if err := a.check(); err != nil {
		return err
	}
	b := bufio.NewWriter(w)
	if _, err := b.Write(header(a.kind(), a.Shape)); err != nil {
		return err
	}
	var le [8]byte
	for _, v := range a.Ints {
		binary.LittleEndian.PutUint64(le[:], uint64(v))
		if _, err := b.Write(le[:]); err != nil {
			return err
		}
	}
	for _, v := range a.Data {
		binary.LittleEndian.PutUint64(le[:], math.Float64bits(v))
		if _, err := b.Write(le[:]); err != nil {
			return err
		}
	}
	return b.Flush()
}

// WriteZip writes arrays as npz. Names must differ, and not be empty. The bytes depend on the arrays alone, not on the
// time of writing.
func WriteZip(w io.Writer, arrays []Array) error {
	seen := map[string]bool{}
	for _, a := range arrays {
		if a.Name == "" || seen[a.Name] {
			return fmt.Errorf("npy: array name %q is empty or used twice", a.Name)
		}
		seen[a.Name] = true
		if err := a.check(); err != nil {
			return err
		}
	}
	z := zip.NewWriter(w)
	for _, a := range arrays {
		f, err := z.CreateHeader(&zip.FileHeader{Name: a.Name + ".npy", Method: zip.Store})
		if err != nil {
			return err
		}
		if err := Write(f, a); err != nil {
			return err
		}
	}
	return z.Close()
}

// kind is NumPy's name for the type of the entries.
func (a Array) kind() string {
	if a.Ints != nil {
		return "<i8"
	}
	return "<f8"
}

func (a Array) check() error {
	n := 1
	for _, k := range a.Shape {
		if k < 0 || k > 0 && n > math.MaxInt/k {
			return fmt.Errorf("npy: array %q has shape %v", a.Name, a.Shape)
		}
		n *= k
	}
	if a.Ints != nil && a.Data != nil || n != len(a.Data)+len(a.Ints) {
		return fmt.Errorf("npy: array %q has shape %v, %d floats and %d integers", a.Name, a.Shape, len(a.Data), len(a.Ints))
	}
	return nil
}

// header is magic string, version, length and dictionary, padded by spaces to a multiple of 64 bytes, as NumPy does so
// that the entries are aligned.
func header(kind string, shape []int) []byte {
	var dims strings.Builder
	for i, n := range shape {
		if i > 0 {
			dims.WriteByte(' ')
		}
		fmt.Fprintf(&dims, "%d,", n)
	}
	s := dims.String()
	if len(shape) > 1 { // (3,) but (3, 4)
		s = strings.TrimSuffix(s, ",")
	}
	dict := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", kind, s)
	const fixed = 10 // magic, version, length
	pad := 63 - (fixed+len(dict))%64
	dict += strings.Repeat(" ", pad) + "\n"
	h := append([]byte("\x93NUMPY\x01\x00"), 0, 0)
	binary.LittleEndian.PutUint16(h[8:], uint16(len(dict)))
	return append(h, dict...)
}
