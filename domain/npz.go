package domain

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/internal/files/npy"
	ph "github.com/crux-pinn/crux/placeholder"
)

// ReadNPZ reads a data set from the named arrays of a NumPy npz file. The arrays named like the coordinates are the points, in
// one of two forms:
//
//   - scattered: every coordinate has n entries, and all other arrays with n entries are data columns;
//   - on a grid: each coordinate has its own ticks, and arrays whose shape is the numbers of ticks, in the order of
//     coords, are data columns. The points are all combinations, the last coordinate running fastest.
//
// A grid is assumed when there is an array of such a shape, with two coordinates or more. Arrays of other shapes, and of texts, are left
// out.
func ReadNPZ(path string, coords ...*ph.Coord) (*Points, error) {
	if err := checkCoords(coords); err != nil {
		return nil, err
	}
	arrays, err := npy.ReadZip(path)
	if err != nil {
		return nil, fmt.Errorf("domain: %s: %w", path, err)
	}
	stored := slices.Sorted(maps.Keys(arrays))
	ticks, shape := make([][]float64, len(coords)), make([]int, len(coords))
	for i, c := range coords {
		a, ok := arrays[c.Name()]
		if !ok {
			return nil, fmt.Errorf("domain: %s has no array for coordinate %s; %sthe arrays are %s", path, c.Name(), didYouMean(c.Name(), stored),
				strings.Join(stored, ", "))
		}
		ticks[i], shape[i] = a.Data, len(a.Data)
		delete(arrays, c.Name())
	}
	n, err := gridSize(shape, "data set "+path)
	onGrid := len(coords) > 1 && err == nil &&
		slices.ContainsFunc(stored, func(s string) bool { return arrays[s] != nil && slices.Equal(arrays[s].Shape, shape) })
	if onGrid {
		columns := map[string][]float64{}
		for name, a := range arrays {
			if slices.Equal(a.Shape, shape) {
				columns[name] = a.Data
			}
		}
		p := data(coords, outer(coords, ticks, nil, n).X, columns, "data set "+path)
		return p, p.Err()
	}
	for i, c := range coords {
		if shape[i] != shape[0] {
			return nil, fmt.Errorf("domain: %s: %s has %d values and %s has %d, and no array has shape %v; "+
				"give each point a value of every coordinate, or data on the grid with axes in this order",
				path, coords[0].Name(), shape[0], c.Name(), shape[i], shape)
		}
	}
	var header []string
	for _, c := range coords {
		header = append(header, c.Name())
	}
	for name, a := range arrays {
		if len(a.Data) == shape[0] && len(a.Shape) > 0 && a.Shape[0] == shape[0] {
			header, ticks = append(header, name), append(ticks, a.Data)
		}
	}
	return assemble(path, header, ticks, coords)
}
