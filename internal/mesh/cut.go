package mesh

import (
	"math"
	"slices"
)

// cutter cuts the simplices of a grid at the boundary of a domain.
type cutter struct {
	mesh     *Mesh
	distance func(x []float64) float64
	inside   []bool         // of the nodes of the grid
	on       map[[2]int]int // the node where the edge from an inner to an outer node meets the boundary
}

// measure asks which nodes are inside. Those of the boundary are, up to rounding.
func (c *cutter) measure() {
	m := c.mesh
	size := 0.0
	for _, x := range m.X {
		size = math.Max(size, math.Abs(x))
	}
	c.inside = make([]bool, m.Len())
	for i := range c.inside {
		c.inside[i] = c.distance(m.Node(i)) <= 1e-12*size
	}
}

// cut adds the part of a simplex that is inside.
func (c *cutter) cut(s []int) {
	var in, out []int
	for _, i := range s {
		if c.inside[i] {
			in = append(in, i)
		} else {
			out = append(out, i)
		}
	}
	slices.Sort(in) // neighbours divide a common face alike
	switch {
	case len(in) == 0:
	case len(out) == 0:
		c.mesh.add(s)
	case len(in) == 1: // a corner
		for _, o := range out {
			in = append(in, c.meet(in[0], o))
		}
		c.keep(in)
	case len(out) == 1: // a corner is missing
		var cut []int
		for _, i := range in {
			cut = append(cut, c.meet(i, out[0]))
		}
		c.prism(in, cut)
	default: // an edge of a tetrahedron
		c.prism([]int{in[0], c.meet(in[0], out[0]), c.meet(in[0], out[1])}, []int{in[1], c.meet(in[1], out[0]), c.meet(in[1], out[1])})
	}
}

// prism adds what lies between two simplices with one dimension less.
func (c *cutter) prism(p, q []int) {
	for i := range p {
		c.keep(slices.Concat(p[:i+1], q[i:]))
	}
}

// keep adds a simplex unless two of its nodes are the same.
func (c *cutter) keep(s []int) {
	for i := range s {
		if slices.Contains(s[:i], s[i]) {
			return
		}
	}
	c.mesh.add(s)
}

// meet is the node where the edge from an inner to an outer node meets the boundary; the inner node itself where it lies on it.
func (c *cutter) meet(in, out int) int {
	if i, ok := c.on[[2]int{in, out}]; ok {
		return i
	}
	a, b := slices.Clone(c.mesh.Node(in)), slices.Clone(c.mesh.Node(out))
	x := make([]float64, len(a))
	lo, hi := 0.0, 1.0
	for range 40 { // halves: to 1e-12 of the edge
		mid := (lo + hi) / 2
		for j := range x {
			x[j] = a[j] + mid*(b[j]-a[j])
		}
		if c.distance(x) <= 0 {
			lo = mid
		} else {
			hi = mid
		}
	}
	const near = 1e-6 // of the edge; a simplex that is flatter shows nothing
	node := in
	if lo > near {
		for j := range x {
			x[j] = a[j] + lo*(b[j]-a[j])
		}
		node = c.mesh.Len()
		c.mesh.X = append(c.mesh.X, x...)
	}
	c.on[[2]int{in, out}] = node
	return node
}
