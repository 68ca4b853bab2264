package optim

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
)

// Param is one named block of the flat parameter vector: theta[Offset : Offset+Len].
type Param struct {
	Path   string // such as "flow/layer1/weight"; unique within a layout
	Offset int    // index of the first element in theta
	Len    int    // number of elements, the product of Shape
	Shape  []int  // row-major; empty for a scalar

	// Vector is the θ of which it is a block. Layouts of different vectors are different ones, so that a method does not carry
	// what it has learnt about one θ over to another. Nil, for use outside a solver, means that there is one θ only.
	Vector *Vector
}

// Vector is the identity of a θ: its address counts.
type Vector struct{ _ byte }

// Flat returns the layout of a single unnamed block of n parameters, for use of a method outside a solver.
func Flat(n int) []Param {
	return []Param{{Path: "theta", Len: n, Shape: []int{n}}}
}

// layout is the checked parameter layout a method was initialised with.
type layout struct {
	params []Param
	n      int    // length of θ
	id     uint64 // hash of paths, offsets and shapes; stored with every state
	vector *Vector
	known  bool
}

// newLayout checks that params tile 0…n−1 without gap or overlap and that paths are unique.
func newLayout(params []Param) (layout, error) {
	byOffset := slices.Clone(params)
	slices.SortStableFunc(byOffset, func(a, b Param) int { return a.Offset - b.Offset })
	seen := make(map[string]bool, len(params))
	h := fnv.New64a()
	l := layout{known: true}
	for _, p := range byOffset {
		size := 1
		for _, d := range p.Shape {
			size *= d
		}
		switch {
		case seen[p.Path]:
			return layout{}, fmt.Errorf("optim: parameter path %q occurs twice; give each parameter its own path", p.Path)
		case p.Len < 0 || size != p.Len:
			return layout{}, fmt.Errorf("optim: parameter %q has length %d but shape %v", p.Path, p.Len, p.Shape)
		case p.Offset != l.n:
			return layout{}, fmt.Errorf("optim: parameter %q starts at %d, want %d: a layout covers theta without gap or overlap", p.Path,
				p.Offset, l.n)
		}
		seen[p.Path] = true
		l.n += p.Len
		l.vector = p.Vector
		fmt.Fprintf(h, "%q %d %v\n", p.Path, p.Offset, p.Shape)
		p.Shape = slices.Clone(p.Shape)
		l.params = append(l.params, p)
	}
	l.id = h.Sum64()
	return l, nil
}

// same reports whether both are the same known layout of the same θ.
func (l layout) same(m layout) bool {
	return l.known && m.known && l.id == m.id && l.n == m.n && l.vector == m.vector
}

// check is the first line of every Step.
func (l layout) check(method string, theta []float64) error {
	if !l.known {
		return fmt.Errorf("optim: %s: Step before Init; call Init with the layout of theta first", method)
	}
	if len(theta) != l.n {
		return fmt.Errorf("optim: %s: theta has %d elements, Init was given %d", method, len(theta), l.n)
	}
	return nil
}

// size returns the number of elements in a layout.
func size(params []Param) int {
	n := 0
	for _, p := range params {
		n += p.Len
	}
	return n
}

// pathList joins the paths of params for an error message, the first dozen of them.
func pathList(params []Param) string {
	const most = 12
	var names []string
	for i, p := range params {
		if i == most {
			names = append(names, fmt.Sprintf("… and %d more", len(params)-most))
			break
		}
		names = append(names, p.Path)
	}
	return strings.Join(names, ", ")
}
