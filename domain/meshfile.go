package domain

import (
	"fmt"
	"math"
	"slices"

	"github.com/crux-pinn/crux/internal/files/msh"
	ph "github.com/crux-pinn/crux/placeholder"
)

// readMesh reads a mesh of Gmsh: what its triangles cover in the plane, and its tetrahedra in space. Without tetrahedra, triangles are the
// surface of a solid.
func readMesh(b []byte, coords []*ph.Coord) *Shape {
	m, err := msh.Parse(b)
	if err != nil {
		return unread(coords, "%v", err)
	}
	d := len(coords)
	if len(m.Cells[d]) == 0 && d == 3 && len(m.Cells[2]) > 0 {
		return surfaceOf(m, coords)
	}
	if len(m.Cells[d]) == 0 {
		return unread(coords, "it has no %s; mesh what is inside", [...]string{2: "triangles", 3: "tetrahedra"}[d])
	}
	for i, p := range m.Nodes {
		if d == 2 && p[2] != m.Nodes[0][2] {
			return unread(coords, "node %d has z = %g, and the first one has %g; a shape in the plane has the same z everywhere", i+1, p[2],
				m.Nodes[0][2])
		}
	}
	sides, err := boundary(m, d)
	if err != nil {
		return unread(coords, "%v", err)
	}
	groups := sideGroups(m.Cells[d-1], d)
	var triangles []Facets
	var edges []Edge
	for _, s := range sides {
		n := groups.of(s[:d])
		if d == 2 {
			edges = append(edges, Edge{Name: n, From: [2]float64(m.Nodes[s[0]][:2]), To: [2]float64(m.Nodes[s[1]][:2])})
		} else {
			triangles = append(triangles, Facets{n, [][3][3]float64{{m.Nodes[s[0]], m.Nodes[s[1]], m.Nodes[s[2]]}}})
		}
	}
	inner := append(cells(m, d), within(m, sides, d)...)
	var s *Shape
	if d == 2 {
		s = NewOutline(coords[0], coords[1], edges...)
	} else {
		s = NewPolyhedron(coords[0], coords[1], coords[2], triangles...)
	}
	switch g := s.geometry.(type) {
	case *Outline:
		g.inner = inner
	case *Polyhedron:
		g.inner = inner
	}
	s.regions = inner
	return s
}

// surfaceOf is the solid within the triangles of a mesh.
func surfaceOf(m *msh.Mesh, coords []*ph.Coord) *Shape {
	var parts []Facets
	for _, c := range m.Cells[2] {
		n := ""
		if len(c.Names) > 0 {
			n = c.Names[0]
		}
		t := [3][3]float64{m.Nodes[c.Nodes[0]], m.Nodes[c.Nodes[1]], m.Nodes[c.Nodes[2]]}
		if k := len(parts); k > 0 && parts[k-1].Name == n {
			parts[k-1].Triangles = append(parts[k-1].Triangles, t)
			continue
		}
		parts = append(parts, Facets{n, [][3][3]float64{t}})
	}
	return NewPolyhedron(coords[0], coords[1], coords[2], parts...)
}

// side is a side of a cell, its nodes in ascending order.
type side [3]int32

func sideOf(nodes []int32) side {
	s := side{-1, -1, -1}
	copy(s[:], nodes)
	slices.Sort(s[:])
	return s
}

// boundary are the sides that belong to one cell, so that the cell lies behind them: to the left of edges, against the normal of triangles.
func boundary(m *msh.Mesh, d int) ([][3]int32, error) {
	count := map[side]int{}
	var list [][3]int32
	outer := func(c *msh.Cell, visit func(s [3]int32)) {
		n := c.Nodes
		if d == 2 {
			for k := range 3 {
				visit([3]int32{n[k], n[(k+1)%3], -1})
			}
			return
		}
		for _, f := range [4][3]int{{0, 2, 1}, {0, 1, 3}, {1, 2, 3}, {2, 0, 3}} {
			visit([3]int32{n[f[0]], n[f[1]], n[f[2]]})
		}
	}
	for i := range m.Cells[d] {
		c := &m.Cells[d][i]
		v := content(m, c, d)
		if v == 0 {
			return nil, fmt.Errorf("cell %d, around %s, has no %s; mesh again", i+1, at(m.Nodes[c.Nodes[0]]), [...]string{2: "area", 3: "volume"}[d])
		}
		if v < 0 {
			c.Nodes[0], c.Nodes[1] = c.Nodes[1], c.Nodes[0]
		}
		outer(c, func(s [3]int32) { count[sideOf(s[:d])]++ })
	}
	for i := range m.Cells[d] {
		c := &m.Cells[d][i]
		var err error
		outer(c, func(s [3]int32) {
			switch k := sideOf(s[:d]); {
			case count[k] == 1:
				list = append(list, s)
			case count[k] > 2 && err == nil:
				err = fmt.Errorf("%d cells have one side in common, around %s; a cell is there twice, or cells overlap", count[k], at(m.Nodes[s[0]]))
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// content is the area or volume of a cell, positive for one that is positively oriented.
func content(m *msh.Mesh, c *msh.Cell, d int) float64 {
	a := m.Nodes[c.Nodes[0]]
	u, v := sub(m.Nodes[c.Nodes[1]], a), sub(m.Nodes[c.Nodes[2]], a)
	if d == 2 {
		return (u[0]*v[1] - u[1]*v[0]) / 2
	}
	return dot(cross3(u, v), sub(m.Nodes[c.Nodes[3]], a)) / 6
}

// sideNames are the groups that sides of cells belong to.
type sideNames map[side][]string

func sideGroups(cells []msh.Cell, d int) sideNames {
	n := sideNames{}
	for _, c := range cells {
		n[sideOf(c.Nodes[:d])] = c.Names
	}
	return n
}

// of is the first name of a side, "" for none.
func (n sideNames) of(nodes []int32) string {
	if list := n[sideOf(nodes)]; len(list) > 0 {
		return list[0]
	}
	return ""
}

// cells are patches of the cells of each group.
func cells(m *msh.Mesh, d int) []Patch {
	var list []Patch
	for _, name := range groupsOf(m.Cells[d]) {
		var corners [][4][3]float64
		var ends []float64
		total := 0.0
		for i := range m.Cells[d] {
			if c := &m.Cells[d][i]; slices.Contains(c.Names, name) {
				total += math.Abs(content(m, c, d))
				ends = append(ends, total)
				corners = append(corners, [4][3]float64{m.Nodes[c.Nodes[0]], m.Nodes[c.Nodes[1]], m.Nodes[c.Nodes[2]], m.Nodes[c.Nodes[3]]})
			}
		}
		list = append(list, Patch{Name: name, Params: d, Measure: total, At: func(u, x, _ []float64) bool {
			i, v := locate(ends, u[0])
			w := []float64{v, u[1], 0}
			copy(w[1:], u[1:])
			slices.Sort(w[:d]) // the gaps between ordered numbers are uniform barycentric coordinates
			p, last := [3]float64{}, 0.0
			for k := range d {
				p = along(p, corners[i][k], w[k]-last)
				last = w[k]
			}
			p = along(p, corners[i][d], 1-last)
			copy(x, p[:d])
			return true
		}})
	}
	return list
}

// within are patches of the groups of sides that lie between cells.
func within(m *msh.Mesh, outer [][3]int32, d int) []Patch {
	out := map[side]bool{}
	for _, s := range outer {
		out[sideOf(s[:d])] = true
	}
	var list []Patch
	for _, name := range groupsOf(m.Cells[d-1]) {
		var faces []*face
		var pieces []piece
		for _, c := range m.Cells[d-1] {
			if !slices.Contains(c.Names, name) || out[sideOf(c.Nodes[:d])] {
				continue
			}
			if d == 2 {
				pieces = append(pieces, piece{a: [2]float64(m.Nodes[c.Nodes[0]][:2]), b: [2]float64(m.Nodes[c.Nodes[1]][:2])})
				continue
			}
			f := &face{corners: [3][3]float64{m.Nodes[c.Nodes[0]], m.Nodes[c.Nodes[1]], m.Nodes[c.Nodes[2]]}}
			n := cross3(sub(f.corners[1], f.corners[0]), sub(f.corners[2], f.corners[0]))
			if l := norm(n); l > 0 {
				f.area, f.normal = l/2, along([3]float64{}, n, 1/l)
				faces = append(faces, f)
			}
		}
		switch {
		case len(pieces) > 0:
			list = append(list, curve(name, pieces))
		case len(faces) > 0:
			p := triangles(faces)
			p.Name = name
			list = append(list, p)
		}
	}
	return list
}

// groupsOf are the names of cells, each once, in order.
func groupsOf(cells []msh.Cell) (list []string) {
	for _, c := range cells {
		for _, n := range c.Names {
			if !slices.Contains(list, n) {
				list = append(list, n)
			}
		}
	}
	return list
}
