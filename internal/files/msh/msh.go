// Package msh reads meshes of Gmsh, format 4.1, ASCII and binary (Gmsh reference manual, "MSH file format").
package msh

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Mesh is what a file holds.
type Mesh struct {
	Nodes [][3]float64
	Cells [4][]Cell // by dimension: points, edges, triangles, tetrahedra
}

// Cell is a simplex: the first Dim+1 nodes count. Quadrangles, prisms, pyramids and bricks are divided, and of elements of higher order the
// corners are taken.
type Cell struct {
	Nodes [4]int32
	Names []string // of the physical groups of its entity
}

// kinds are the elements that are read: their dimension, how many nodes they have, and the simplices that their corners make.
var kinds = map[int64]struct {
	dim, nodes int
	simplices  [][4]int
}{
	1: {1, 2, [][4]int{{0, 1}}}, 8: {1, 3, [][4]int{{0, 1}}}, 26: {1, 4, [][4]int{{0, 1}}},
	2: {2, 3, [][4]int{{0, 1, 2}}}, 9: {2, 6, [][4]int{{0, 1, 2}}}, 21: {2, 10, [][4]int{{0, 1, 2}}},
	3: {2, 4, quads}, 10: {2, 9, quads}, 16: {2, 8, quads},
	4: {3, 4, [][4]int{{0, 1, 2, 3}}}, 11: {3, 10, [][4]int{{0, 1, 2, 3}}}, 29: {3, 20, [][4]int{{0, 1, 2, 3}}},
	15: {0, 1, [][4]int{{0}}},
}

var quads = [][4]int{{0, 1, 2}, {0, 2, 3}}

// otherKinds are elements whose division into simplices their neighbours would have to share.
var otherKinds = map[int64]string{
	5: "hexahedra", 6: "prisms", 7: "pyramids", 12: "hexahedra", 13: "prisms", 14: "pyramids",
	17: "hexahedra", 18: "prisms", 19: "pyramids",
}

// most bounds the numbers in a file, by what memory holds.
const most = 1 << 28

// Parse reads a file.
func Parse(b []byte) (*Mesh, error) {
	r := &reader{rest: b, line: 1}
	if err := r.format(); err != nil {
		return nil, err
	}
	names := map[[2]int64]string{}    // of groups, by dimension and number
	groups := map[[2]int64][]string{} // names of entities, by dimension and number
	m := &Mesh{}
	index := map[int64]int32{}
	var nodes, elements bool
	for {
		name, err := r.section()
		if err != nil {
			return nil, err
		}
		switch name {
		case "":
			if !nodes || !elements {
				return nil, errors.New("it is cut off: it has no section Elements; export or copy it again")
			}
			return m, nil
		case "PhysicalNames":
			err = r.names(names)
		case "Entities":
			err = r.entities(names, groups)
		case "PartitionedEntities":
			return nil, fmt.Errorf("line %d: the mesh is partitioned, which is not read; save it whole", r.line)
		case "Nodes":
			nodes = true
			err = r.nodes(m, index)
		case "Elements":
			if !nodes {
				return nil, fmt.Errorf("line %d: the section Elements comes before that of the nodes", r.line)
			}
			elements = true
			err = r.elements(m, index, groups)
		default:
			err = r.skip(name)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
}

// reader reads numbers, as text or binary.
type reader struct {
	rest   []byte
	line   int // of what was read last, in text
	binary bool
	order  binary.ByteOrder
	err    error // the first mistake; then all numbers are 0
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

func (r *reader) cutOff() {
	r.fail("it is cut off; export or copy it again")
}

// text is the rest of a line, or all up to the next one.
func (r *reader) text() string {
	line, rest, _ := bytes.Cut(r.rest, []byte("\n"))
	r.rest = rest
	r.line++
	return strings.TrimSpace(string(line))
}

func (r *reader) format() error {
	name, err := r.section()
	if err != nil || name != "MeshFormat" {
		return errors.New("it is no mesh of Gmsh: it does not begin with $MeshFormat")
	}
	f := strings.Fields(r.text())
	if len(f) < 3 {
		return errors.New("it is no mesh of Gmsh: its format is missing")
	}
	if f[0] != "4.1" {
		return fmt.Errorf("it has format %s, and 4.1 is read; save it by gmsh -save -format msh41, or with Mesh.MshFileVersion = 4.1", f[0])
	}
	if f[2] != "8" {
		return fmt.Errorf("its sizes have %s bytes, and those with 8 are read", f[2])
	}
	if r.binary = f[1] == "1"; r.binary {
		if len(r.rest) < 4 {
			return errors.New("it is cut off; export or copy it again")
		}
		if r.order = binary.LittleEndian; r.order.Uint32(r.rest) != 1 {
			r.order = binary.BigEndian
		}
		if r.order.Uint32(r.rest) != 1 {
			return errors.New("it is neither ASCII nor binary as Gmsh writes it")
		}
		r.rest = r.rest[4:]
	}
	return r.end("MeshFormat")
}

// section is the name of the next section, "" at the end.
func (r *reader) section() (string, error) {
	for len(r.rest) > 0 {
		line := r.text()
		if line == "" {
			continue
		}
		if name, ok := strings.CutPrefix(line, "$"); ok && !strings.HasPrefix(name, "End") && len(name) < 80 {
			return name, nil
		}
		return "", fmt.Errorf("line %d: a section such as $Nodes should begin here", r.line-1)
	}
	return "", nil
}

// end reads the end of a section.
func (r *reader) end(name string) error {
	for r.err == nil && len(bytes.TrimSpace(r.rest)) > 0 {
		line := r.text()
		switch line {
		case "":
			continue
		case "$End" + name:
			return nil
		}
		return fmt.Errorf("line %d: %.40q where $End%s should be", r.line-1, line, name)
	}
	if r.cutOff(); r.err != nil {
		return r.err
	}
	return nil
}

func (r *reader) skip(name string) error {
	end := []byte("$End" + name)
	i := bytes.Index(r.rest, end)
	if i < 0 {
		return errors.New("it is cut off; export or copy it again")
	}
	r.line += bytes.Count(r.rest[:i], []byte("\n"))
	r.rest = r.rest[i:]
	return r.end(name)
}

// word is the next word of a text.
func (r *reader) word() string {
	for i, c := range r.rest {
		switch c {
		case '\n':
			r.line++
			continue
		case ' ', '\t', '\r':
			continue
		}
		r.rest = r.rest[i:]
		n := bytes.IndexAny(r.rest, " \t\r\n")
		if n < 0 {
			n = len(r.rest)
		}
		w := string(r.rest[:n])
		r.rest = r.rest[n:]
		return w
	}
	r.rest = nil
	r.cutOff()
	return ""
}

// whole is an int in text, and a size_t or an int in binary.
func (r *reader) whole(bytes int) int64 {
	if r.err != nil {
		return 0
	}
	if r.binary {
		if len(r.rest) < bytes {
			r.cutOff()
			return 0
		}
		b := r.rest[:bytes]
		r.rest = r.rest[bytes:]
		if bytes == 4 {
			return int64(int32(r.order.Uint32(b)))
		}
		return int64(r.order.Uint64(b))
	}
	w := r.word()
	v, err := strconv.ParseInt(w, 10, 64)
	if err != nil && r.err == nil {
		r.fail("line %d: %.40q where a whole number should be", r.line, w)
	}
	return v
}

func (r *reader) int() int64  { return r.whole(4) }
func (r *reader) size() int64 { return r.whole(8) }

// count is a size that what follows must have room for.
func (r *reader) count() int {
	n := r.size()
	if r.err == nil && (n < 0 || n > most || n > int64(len(r.rest))+1) {
		r.fail("line %d: there should be %d of something, which the rest of the file has no room for; it is cut off or damaged", r.line, n)
	}
	if r.err != nil {
		return 0
	}
	return int(n)
}

func (r *reader) real() float64 {
	if r.err != nil {
		return 0
	}
	v, err := 0.0, error(nil)
	if r.binary {
		if len(r.rest) < 8 {
			r.cutOff()
			return 0
		}
		v = math.Float64frombits(r.order.Uint64(r.rest))
		r.rest = r.rest[8:]
	} else {
		w := r.word()
		if v, err = strconv.ParseFloat(w, 64); err != nil && r.err == nil {
			r.fail("line %d: %.40q where a number should be", r.line, w)
		}
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		r.fail("a coordinate is %v; coordinates must be finite", v)
	}
	return v
}

// names reads PhysicalNames, which is text in binary files as well.
func (r *reader) names(names map[[2]int64]string) error {
	n, err := strconv.Atoi(r.text())
	if err != nil || n < 0 {
		return fmt.Errorf("line %d: the number of names should be here", r.line-1)
	}
	for range n {
		line := r.text()
		f := strings.SplitN(line, " ", 3)
		if len(f) < 3 {
			return fmt.Errorf("line %d: %.60q is no name of a group, such as 2 1 \"wall\"", r.line-1, line)
		}
		dim, err1 := strconv.ParseInt(f[0], 10, 64)
		tag, err2 := strconv.ParseInt(f[1], 10, 64)
		name, err3 := strconv.Unquote(strings.TrimSpace(f[2]))
		if err := errors.Join(err1, err2, err3); err != nil {
			return fmt.Errorf("line %d: %.60q is no name of a group, such as 2 1 \"wall\"", r.line-1, line)
		}
		names[[2]int64{dim, tag}] = name
	}
	return r.end("PhysicalNames")
}

// entities reads of which groups points, curves, surfaces and volumes are.
func (r *reader) entities(names map[[2]int64]string, groups map[[2]int64][]string) error {
	var n [4]int
	for dim := range n {
		n[dim] = r.count()
	}
	for dim := range int64(4) {
		for range n[dim] {
			tag := r.int()
			box := 6
			if dim == 0 {
				box = 3
			}
			for range box {
				r.real()
			}
			for range r.count() {
				group := r.int()
				name := names[[2]int64{dim, group}]
				if name == "" {
					name = strconv.FormatInt(group, 10)
				}
				groups[[2]int64{dim, tag}] = append(groups[[2]int64{dim, tag}], name)
			}
			if dim > 0 {
				for range r.count() {
					r.int()
				}
			}
			if r.err != nil {
				return r.err
			}
		}
	}
	return r.end("Entities")
}

func (r *reader) nodes(m *Mesh, index map[int64]int32) error {
	blocks := r.count()
	r.size()
	r.size()
	r.size()
	for range blocks {
		dim := r.int()
		r.int()
		parametric := r.int() != 0
		if dim < 0 || dim > 3 {
			r.fail("line %d: nodes on an entity of dimension %d; it is damaged", r.line, dim)
		}
		n := r.count()
		tags := make([]int64, n)
		for i := range tags {
			tags[i] = r.size()
		}
		for _, tag := range tags {
			var p [3]float64
			for k := range p {
				p[k] = r.real()
			}
			if parametric {
				for range dim {
					r.real()
				}
			}
			if _, ok := index[tag]; ok {
				r.fail("node %d is there twice", tag)
			}
			if r.err != nil {
				return r.err
			}
			index[tag] = int32(len(m.Nodes))
			m.Nodes = append(m.Nodes, p)
		}
		if r.err != nil {
			return r.err
		}
	}
	return r.end("Nodes")
}

func (r *reader) elements(m *Mesh, index map[int64]int32, groups map[[2]int64][]string) error {
	blocks := r.count()
	r.size()
	r.size()
	r.size()
	for range blocks {
		dim, entity, kind := r.int(), r.int(), r.int()
		n := r.count()
		k, ok := kinds[kind]
		switch {
		case r.err != nil:
			return r.err
		case otherKinds[kind] != "":
			return fmt.Errorf("the mesh has %s, and only tetrahedra, triangles and quadrangles are read; mesh without recombination",
				otherKinds[kind])
		case !ok:
			return fmt.Errorf("elements of type %d are not read; mesh with triangles or tetrahedra of order 1, 2 or 3", kind)
		}
		names := groups[[2]int64{dim, entity}]
		corner := make([]int32, k.nodes)
		for range n {
			tag := r.size()
			for i := range corner {
				node := r.size()
				at, ok := index[node]
				if !ok && r.err == nil {
					r.fail("element %d has node %d, which does not exist", tag, node)
				}
				corner[i] = at
			}
			if r.err != nil {
				return r.err
			}
			for _, s := range k.simplices {
				c := Cell{Names: names}
				for i := range k.dim + 1 {
					c.Nodes[i] = corner[s[i]]
				}
				m.Cells[k.dim] = append(m.Cells[k.dim], c)
			}
		}
	}
	return r.end("Elements")
}
