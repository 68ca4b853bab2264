package explain

import (
	"fmt"
	"slices"

	"github.com/crux-pinn/crux/crux"
)

// Setting is what words and titles need beside a measurement. The zero value will do: constraints are numbered then.
type Setting struct {
	Epoch       int        // step of the measurement; a history sets it
	Constraints []string   // names, in the order of the problem
	Coords      [][]string // for each constraint: names of the coordinates of its points
	Order       []string   // names of coordinates in the order in which places have them; nil is that of the points
	Rate        float64    // learning rate of the method at work; NaN if it has none, 0 if it is not known
}

// For is the setting of a solver.
func For(s *crux.Solver) Setting {
	at := Setting{Constraints: s.Names(), Rate: s.MethodInfo().Rate}
	for _, name := range at.Constraints {
		var coords []string
		if c, err := s.Cloud(name); err == nil { // every constraint has one
			for _, x := range c.Coords {
				coords = append(coords, x.Name())
			}
		}
		at.Coords = append(at.Coords, coords)
	}
	return at
}

// Constraint is the name of constraint i.
func (at Setting) Constraint(i int) string {
	if i < len(at.Constraints) {
		return at.Constraints[i]
	}
	return fmt.Sprintf("constraint %d", i)
}

// Place is a point of constraint i in words: (x = 0.25, y = 1).
func (at Setting) Place(i int, x []float64) string {
	if i >= len(at.Coords) {
		return Place(nil, x)
	}
	coords := at.Coords[i]
	if len(x) != len(coords) {
		return Place(coords, x)
	}
	var names []string
	var y []float64
	for _, name := range slices.Concat(at.Order, coords) { // those that Order does not have come last
		if k := slices.Index(coords, name); k >= 0 && !slices.Contains(names, name) {
			names, y = append(names, name), append(y, x[k])
		}
	}
	return Place(names, y)
}
