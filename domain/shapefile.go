package domain

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/internal/files/outline"
	"github.com/crux-pinn/crux/internal/files/stl"
	ph "github.com/crux-pinn/crux/placeholder"
)

// ReadShape reads a shape from a file, by its ending:
//
//	.stl            a closed surface of triangles, binary or ASCII, in space; names are those of the solids in ASCII files
//	.msh            a mesh of Gmsh, format 4.1, in the plane or in space; names are those of physical groups, of boundary and inside
//	.dxf            an outline in the plane, of lines, arcs, circles, polylines, ellipses and splines; names are those of the layers
//	.svg            an outline in the plane, of paths and shapes; names are labels or ids, and y points up from the lower edge of the page
//	.geojson .json  polygons in the plane; names are those of the features
//	.csv .txt .tsv  corners in order, in columns with the names of the coordinates; a column loop tells several closed curves apart,
//	                and a column name is that of the edge from a corner to the next
//
// What has a name in the file gives points by [Shape.Part]. Numbers are taken as they are; [Scale], [Rotate] and [Shift] change units and
// places.
func ReadShape(path string, coords ...*ph.Coord) *Shape {
	s := &Shape{solid: solid{name: filepath.Base(path), box: &Box{coords: slices.Clone(coords)}}}
	if s.err = checkCoords(coords); s.err != nil {
		return s
	}
	b, err := os.ReadFile(path)
	if err != nil {
		s.err = fmt.Errorf("domain: %w", err)
		return s
	}
	return ParseShape(b, path, coords...)
}

// ParseShape is ReadShape for the content of a file. Its name says of which kind it is.
func ParseShape(b []byte, name string, coords ...*ph.Coord) *Shape {
	s := &Shape{solid: solid{name: filepath.Base(name), box: &Box{coords: slices.Clone(coords)}}}
	if s.err = checkCoords(coords); s.err != nil {
		return s
	}
	ending := strings.ToLower(filepath.Ext(name))
	i := slices.IndexFunc(shapeFiles, func(f shapeFile) bool { return f.ending == ending })
	if i < 0 {
		return s.fail("no shape is read from files of kind %q; give one of %s", ending, strings.Join(ShapeFiles(), ", "))
	}
	f := shapeFiles[i]
	if !slices.Contains(f.dims, len(coords)) {
		return s.fail("a %s file has a shape in %s coordinates, and here are %d (%s)", f.ending, either(f.dims), len(coords), names(coords))
	}
	read := f.read(b, coords)
	if read.err != nil {
		return s.fail("%s", strings.TrimPrefix(strings.TrimPrefix(read.err.Error(), "domain: "), read.name+": "))
	}
	read.name = s.name
	return read
}

// ShapeFiles are the endings of the files that ReadShape knows.
func ShapeFiles() []string {
	var list []string
	for _, f := range shapeFiles {
		list = append(list, f.ending)
	}
	return list
}

// either is "2" or "2 or 3".
func either(numbers []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(numbers), " ", " or "), "[]")
}

// shapeFile is a kind of files.
type shapeFile struct {
	ending string
	dims   []int // numbers of coordinates
	read   func(b []byte, coords []*ph.Coord) *Shape
}

var shapeFiles = []shapeFile{
	{".stl", []int{3}, readSTL},
	{".msh", []int{2, 3}, readMesh},
	{".dxf", []int{2}, drawn(outline.DXF)},
	{".svg", []int{2}, drawn(outline.SVG)},
	{".geojson", []int{2}, drawn(outline.GeoJSON)},
	{".json", []int{2}, drawn(outline.GeoJSON)},
	{".csv", []int{2}, readCorners},
	{".txt", []int{2}, readCorners},
	{".tsv", []int{2}, readCorners},
}

// unread is a shape that a file does not have.
func unread(coords []*ph.Coord, format string, args ...any) *Shape {
	return (&Shape{solid: solid{box: &Box{coords: coords}}}).fail(format, args...)
}

// drawn reads an outline.
func drawn(parse func(b []byte) ([]outline.Edge, error)) func(b []byte, coords []*ph.Coord) *Shape {
	return func(b []byte, coords []*ph.Coord) *Shape {
		list, err := parse(b)
		if err != nil {
			return unread(coords, "%v", err)
		}
		edges := make([]Edge, len(list))
		for i, e := range list {
			edges[i] = Edge(e)
		}
		return NewOutline(coords[0], coords[1], edges...)
	}
}

// readCorners reads the corners of an outline from a table.
func readCorners(b []byte, coords []*ph.Coord) *Shape {
	rows, _, err := cut(string(b))
	if err != nil {
		return unread(coords, "%v", err)
	}
	if len(rows) == 0 {
		return unread(coords, "it is empty")
	}
	column := map[string]int{}
	for i, c := range rows[0].cells {
		column[withoutUnits(c.text)] = i
	}
	x, hasX := column[coords[0].Name()]
	y, hasY := column[coords[1].Name()]
	if !hasX || !hasY {
		return unread(coords, "its first line names the columns, and there is none for %s and %s", coords[0].Name(), coords[1].Name())
	}
	text := func(l line, name string) string {
		if i, ok := column[name]; ok && i < len(l.cells) {
			return l.cells[i].text
		}
		return ""
	}
	var edges []Edge
	first, loop := 0, ""
	end := func() {
		if n := len(edges); n > first {
			edges[n-1].To = edges[first].From
		}
		first = len(edges)
	}
	for _, l := range rows[1:] {
		if text(l, "loop") != loop {
			end()
			loop = text(l, "loop")
		}
		e := Edge{Name: text(l, "name")}
		for k, i := range [2]int{x, y} {
			if i >= len(l.cells) {
				return unread(coords, "line %d: it has %d cells, and %s should be in cell %d", l.number, len(l.cells), coords[k].Name(), i+1)
			}
			v, _, err := l.cells[i].number()
			if err != nil {
				return unread(coords, "line %d: %q is not a number", l.number, l.cells[i].text)
			}
			e.From[k] = v
		}
		if n := len(edges); n > first {
			edges[n-1].To = e.From
		}
		edges = append(edges, e)
	}
	end()
	return NewOutline(coords[0], coords[1], edges...)
}

func readSTL(b []byte, coords []*ph.Coord) *Shape {
	solids, err := stl.Parse(b)
	if err != nil {
		return unread(coords, "%v", err)
	}
	var parts []Facets
	for _, s := range solids {
		parts = append(parts, Facets{Name: s.Name, Triangles: s.Triangles})
	}
	return NewPolyhedron(coords[0], coords[1], coords[2], parts...)
}
