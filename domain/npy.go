package domain

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/internal/files/npy"
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
	a, err := npy.Read(src)
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
	switch len(a.Shape) {
	case 1:
	case 2:
		width = a.Shape[1]
	default:
		return nil, fmt.Errorf("domain: %s: the array has shape %v; points need rows and columns", name, a.Shape)
	}
	if width != len(header) || width == 0 {
		return nil, fmt.Errorf("domain: %s: the array has shape %v, but %d columns are named (%s); name each column once", name, a.Shape,
			len(header), strings.Join(header, ", "))
	}
	cols := make([][]float64, width)
	for i, v := range a.Data {
		cols[i%width] = append(cols[i%width], v)
	}
	return assemble(name, header, cols, coords)
}
