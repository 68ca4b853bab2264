package domain

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	ph "github.com/crux-pinn/crux/placeholder"
)

// ReadNPY reads a data set from an array in NumPy's npy format, one row per point. header names its columns, as the first line
// of a CSV file does: coordinates by their names, and data columns. Nil means the coordinates in order and nothing else. A
// one-dimensional array is a single column.
//
// Arrays of integers, booleans, float32 and float64 are read, in C or Fortran order and either byte order.
func ReadNPY(path string, header []string, coords ...*ph.Coord) (*Points, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("domain: %w", err)
	}
	defer f.Close()
	return ParseNPY(f, path, header, coords...)
}

// ParseNPY is ReadNPY from an open source; name stands for it in errors.
func ParseNPY(src io.Reader, name string, header []string, coords ...*ph.Coord) (*Points, error) {
	if err := checkCoords(coords); err != nil {
		return nil, err
	}
	a, err := readArray(src)
	if err != nil {
		return nil, fmt.Errorf("domain: %s: %w", name, err)
	}
	if header == nil {
		for _, c := range coords {
			header = append(header, c.Name())
		}
	}
	for i, h := range header {
		if slices.Contains(header[:i], h) {
			return nil, fmt.Errorf("domain: %s: column %s is named twice", name, h)
		}
	}
	width := 1
	switch len(a.shape) {
	case 1:
	case 2:
		width = a.shape[1]
	default:
		return nil, fmt.Errorf("domain: %s: the array has shape %v; points need rows and columns", name, a.shape)
	}
	if width != len(header) || width == 0 {
		return nil, fmt.Errorf("domain: %s: the array has shape %v, but %d columns are named (%s); name each column once", name, a.shape, len(header), strings.Join(header, ", "))
	}
	cols := make([][]float64, width)
	for i, v := range a.data {
		cols[i%width] = append(cols[i%width], v)
	}
	return assemble(name, header, cols, coords)
}

// array is an array of any rank in C order.
type array struct {
	shape []int
	data  []float64
}

// maxHeader bounds the text that describes an array; NumPy itself writes a few hundred bytes.
const maxHeader = 1 << 16

// readArray reads the npy format, versions 1 to 3: the magic string, the version, the length of the header, the header as a Python
// dictionary, and the entries (NumPy Enhancement Proposal 1).
func readArray(r io.Reader) (*array, error) {
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
		if k > 0 && n > maxPoints/k {
			return nil, fmt.Errorf("shape %v has more than %d entries", shape, maxPoints)
		}
		n *= k
	}
	// Copying through a buffer allocates what is there, not what the header promises.
	var raw bytes.Buffer
	if got, err := io.CopyN(&raw, r, int64(n)*int64(kind.size)); err != nil {
		return nil, fmt.Errorf("shape %v needs %d bytes of data, but only %d follow: %w", shape, n*kind.size, got, err)
	}
	a := &array{shape, make([]float64, n)}
	for i := range a.data {
		a.data[i] = kind.decode(raw.Bytes()[i*kind.size:])
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

var errNoNumbers = errors.New("the entries are no real numbers")

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
		return k, fmt.Errorf("%w but of type %q; convert the array with astype(\"float64\")", errNoNumbers, descr)
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
func (a *array) transpose() {
	out := make([]float64, len(a.data))
	for i := range out {
		rest, stride, from := i, len(out), 0
		for j := len(a.shape) - 1; j >= 0; j-- {
			stride /= a.shape[j]
			from += rest % a.shape[j] * stride
			rest /= a.shape[j]
		}
		out[i] = a.data[from]
	}
	a.data = out
}
