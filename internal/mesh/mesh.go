// Package mesh covers domains by simplices: intervals, triangles, tetrahedra. Pictures are painted on them and ParaView's files hold them.
//
// A domain is a signed distance, negative inside. The cells of a regular grid are divided into simplices, and what reaches over the
// boundary is cut off there, so that nothing lies outside, and holes stay holes:
//
//	m := mesh.New([][]float64{domain.Ticks(0, 1, 101), domain.Ticks(0, 1, 101)}, disk.Distance)
//
// Parts that are thinner than a cell of the grid are lost.
package mesh

import "slices"

// Mesh is a set of nodes with simplices between them.
type Mesh struct {
	Dim   int       // of the space, and of the simplices
	X     []float64 // n×Dim: the nodes, one after the other
	Cells []int     // Dim+1 nodes for each simplex, positively oriented; nil for a grid of more than two dimensions

	// Ticks are the values along each axis where the nodes are a full grid, the last axis running fastest; nil where they are not.
	Ticks [][]float64
}

// Len is the number of nodes.
func (m *Mesh) Len() int { return len(m.X) / m.Dim }

// Node is a view of the coordinates of node i.
func (m *Mesh) Node(i int) []float64 { return m.X[i*m.Dim : (i+1)*m.Dim] }

// New covers the part of a grid in which the distance is not positive; without a distance, all of it.
func New(ticks [][]float64, distance func(x []float64) float64) *Mesh {
	m := &Mesh{Dim: len(ticks), X: nodes(ticks)}
	if distance == nil {
		m.Ticks = ticks
		if m.Dim <= 2 {
			each(ticks, func(s []int) { m.add(s) })
		}
		return m
	}
	c := &cutter{mesh: m, distance: distance, on: map[[2]int]int{}}
	c.measure()
	each(ticks, c.cut)
	m.compact()
	return m
}

// nodes are the points of a grid, the last axis running fastest.
func nodes(ticks [][]float64) []float64 {
	n, d := 1, len(ticks)
	for _, t := range ticks {
		n *= len(t)
	}
	x := make([]float64, n*d)
	for i := range n {
		k := i
		for j := d - 1; j >= 0; j-- {
			x[i*d+j] = ticks[j][k%len(ticks[j])]
			k /= len(ticks[j])
		}
	}
	return x
}

// each calls f for every simplex of every cell of a grid. A cell is divided by Kuhn's rule, one simplex for each order of the axes: the
// path from its lowest to its highest corner along them. So neighbours agree about the face between them.
func each(ticks [][]float64, f func(simplex []int)) {
	d := len(ticks)
	stride := make([]int, d)
	cells, n := 1, 1
	for j := d - 1; j >= 0; j-- {
		stride[j] = n
		n *= len(ticks[j])
		cells *= len(ticks[j]) - 1
	}
	orders := permutations(d)
	s := make([]int, d+1)
	for c := range cells {
		corner, k := 0, c
		for j := d - 1; j >= 0; j-- {
			corner += k % (len(ticks[j]) - 1) * stride[j]
			k /= len(ticks[j]) - 1
		}
		for _, order := range orders {
			s[0] = corner
			for i, axis := range order {
				s[i+1] = s[i] + stride[axis]
			}
			f(s)
		}
	}
}

// permutations are all orders of 0, …, n−1.
func permutations(n int) [][]int {
	if n == 0 {
		return [][]int{nil}
	}
	var all [][]int
	for _, p := range permutations(n - 1) {
		for at := range n {
			all = append(all, slices.Insert(slices.Clone(p), at, n-1))
		}
	}
	return all
}

// add appends a simplex, positively oriented, unless it is flat.
func (m *Mesh) add(s []int) {
	v := m.volume(s)
	if v == 0 {
		return
	}
	m.Cells = append(m.Cells, s...)
	if n := len(m.Cells); v < 0 {
		m.Cells[n-1], m.Cells[n-2] = m.Cells[n-2], m.Cells[n-1]
	}
}

// volume is Dim! times the signed volume of a simplex.
func (m *Mesh) volume(s []int) float64 {
	a := m.Node(s[0])
	edge := func(i, j int) float64 { return m.Node(s[i])[j] - a[j] }
	switch m.Dim {
	case 1:
		return edge(1, 0)
	case 2:
		return edge(1, 0)*edge(2, 1) - edge(1, 1)*edge(2, 0)
	case 3:
		return edge(1, 0)*(edge(2, 1)*edge(3, 2)-edge(2, 2)*edge(3, 1)) -
			edge(1, 1)*(edge(2, 0)*edge(3, 2)-edge(2, 2)*edge(3, 0)) +
			edge(1, 2)*(edge(2, 0)*edge(3, 1)-edge(2, 1)*edge(3, 0))
	}
	panic("mesh: simplices have at most three dimensions")
}

// compact leaves out the nodes that no simplex has.
func (m *Mesh) compact() {
	at := make([]int, m.Len())
	for i := range at {
		at[i] = -1
	}
	var x []float64
	for k, i := range m.Cells {
		if at[i] < 0 {
			at[i] = len(x) / m.Dim
			x = append(x, m.Node(i)...)
		}
		m.Cells[k] = at[i]
	}
	m.X = x
}

// Boundary are the faces that belong to one simplex only, with Dim nodes each: in the plane the edges of the outline and of the holes.
func (m *Mesh) Boundary() []int {
	size := m.Dim + 1
	count := map[[3]int]int{}
	key := func(cell []int, out int) [3]int {
		k := [3]int{-1, -1, -1}
		f := slices.Delete(slices.Clone(cell), out, out+1)
		slices.Sort(f)
		copy(k[:], f)
		return k
	}
	for c := 0; c < len(m.Cells); c += size {
		for out := range size {
			count[key(m.Cells[c:c+size], out)]++
		}
	}
	var list []int
	for c := 0; c < len(m.Cells); c += size {
		for out := range size {
			if k := key(m.Cells[c:c+size], out); count[k] == 1 {
				list = append(list, k[:m.Dim]...)
			}
		}
	}
	return list
}
