package npy

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// maxHeader bounds the text that describes an array; NumPy itself writes a few hundred bytes.
const maxHeader = 1 << 16

// maxEntries bounds an array: beyond it, memory and not this package is the limit.
const maxEntries = 1 << 28

// Read reads one array of the npy format, versions 1 to 3: the magic string, the version, the length of the header, the header as a Python
// dictionary, and the entries (NumPy Enhancement Proposal 1). Integers, booleans, float32 and float64 are read
// into Data, in C or Fortran order and either byte order; other types are ErrNoNumbers.
func Read(r io.Reader) (*Array, error) {
	var start [8]byte
	if _, err := io.ReadFull(r, start[:]); err != nil || string(start[:6]) != "\x93NUMPY" {
		return nil, fmt.Errorf("this is not an npy file; write it with numpy.save")
	}
	var length uint32
	switch start[6] {
	case 1:
		var n uint16
		if err := binary.Read(r, binary.LittleEndian, &n); err != nil {
			return nil, fmt.Errorf("the header is cut off")
		}
		length = uint32(n)
	case 2, 3:
		if err := binary.Read(r, binary.LittleEndian, &length); err != nil {
			return nil, fmt.Errorf("the header is cut off")
		}
	default:
		return nil, fmt.Errorf("npy format version %d is unknown; versions 1 to 3 are", start[6])
	}
	if length > maxHeader {
		return nil, fmt.Errorf("the header has %d bytes, more than any plain array needs", length)
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, fmt.Errorf("the header is cut off")
	}
	shape, kind, fortran, err := parseHeader(string(text))
	if err != nil {
		return nil, err
	}
	n := 1
	for _, k := range shape {
		if k > 0 && n > maxEntries/k {
			return nil, fmt.Errorf("shape %v has more than %d entries", shape, maxEntries)
		}
		n *= k
	}
	// Copying through a buffer allocates what is there, not what the header promises.
	var raw bytes.Buffer
	if got, err := io.CopyN(&raw, r, int64(n)*int64(kind.size)); err != nil {
		return nil, fmt.Errorf("shape %v needs %d bytes of data, but only %d follow: %w", shape, n*kind.size, got, err)
	}
	a := &Array{Shape: shape, Data: make([]float64, n)}
	for i := range a.Data {
		a.Data[i] = kind.decode(raw.Bytes()[i*kind.size:])
	}
	if fortran {
		a.transpose()
	}
	return a, nil
}

// parseHeader reads {'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }.
func parseHeader(text string) (shape []int, k kind, fortran bool, err error) {
	field := func(pattern string) string {
		if m := regexp.MustCompile(pattern).FindStringSubmatch(text); m != nil {
			return m[1]
		}
		return ""
	}
	descr := field(`'descr':\s*'([^']*)'`)
	order := field(`'fortran_order':\s*(True|False)`)
	dims := regexp.MustCompile(`'shape':\s*\(([\d,\s]*)\)`).FindStringSubmatch(text)
	if order == "" || dims == nil {
		return nil, kind{}, false, fmt.Errorf("the header %q names no shape and order", strings.TrimSpace(text))
	}
	if k, err = parseKind(descr); err != nil {
		return nil, kind{}, false, err
	}
	for _, s := range strings.Split(dims[1], ",") {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		d, err := strconv.Atoi(s)
		if err != nil {
			return nil, kind{}, false, fmt.Errorf("shape (%s): %w", dims[1], err)
		}
		shape = append(shape, d)
	}
	return shape, k, order == "True", nil
}

// kind is the type of the entries of an array.
type kind struct {
	size   int
	decode func(b []byte) float64
}

// ErrNoNumbers is what errors.Is finds where the entries of an array are texts, complex numbers and such.
var ErrNoNumbers = errors.New("the entries are no real numbers")

func parseKind(descr string) (kind, error) {
	var order binary.ByteOrder = binary.LittleEndian
	if strings.HasPrefix(descr, ">") {
		order = binary.BigEndian
	}
	kinds := map[string]kind{
		"f8": kindOf[float64](order), "f4": kindOf[float32](order),
		"i8": kindOf[int64](order), "i4": kindOf[int32](order), "i2": kindOf[int16](order), "i1": kindOf[int8](order),
		"u8": kindOf[uint64](order), "u4": kindOf[uint32](order), "u2": kindOf[uint16](order), "u1": kindOf[uint8](order),
		"b1": kindOf[uint8](order),
	}
	k, ok := kinds[strings.TrimLeft(descr, "<>=|")]
	if !ok {
		return k, fmt.Errorf("%w but of type %q; convert the array with astype(\"float64\")", ErrNoNumbers, descr)
	}
	return k, nil
}

func kindOf[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64 | float32 | float64](order binary.ByteOrder) kind {
	var v T
	return kind{binary.Size(v), func(b []byte) float64 {
		binary.Decode(b, order, &v) //nolint:errcheck // there are as many bytes as it needs
		return float64(v)
	}}
}

// transpose puts entries in Fortran order, first index fastest, into C order, last index fastest.
func (a *Array) transpose() {
	out := make([]float64, len(a.Data))
	for i := range out {
		rest, stride, from := i, len(out), 0
		for j := len(a.Shape) - 1; j >= 0; j-- {
			stride /= a.Shape[j]
			from += rest % a.Shape[j] * stride
			rest /= a.Shape[j]
		}
		out[i] = a.Data[from]
	}
	a.Data = out
}

// ReadZip reads all arrays of numbers of an npz file, by name. Arrays of other types are left out.
func ReadZip(path string) (map[string]*Array, error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	arrays := map[string]*Array{}
	for _, f := range z.File {
		name, ok := strings.CutSuffix(f.Name, ".npy")
		if !ok {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return nil, fmt.Errorf("array %s: %w", name, err)
		}
		a, err := Read(r)
		r.Close()
		if errors.Is(err, ErrNoNumbers) {
			continue // texts and such
		}
		if err != nil {
			return nil, fmt.Errorf("array %s: %w", name, err)
		}
		a.Name = name
		arrays[name] = a
	}
	return arrays, nil
}
