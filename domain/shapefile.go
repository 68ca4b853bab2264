package domain

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/internal/files/stl"
	ph "github.com/crux-pinn/crux/placeholder"
)

// ReadShape reads a shape from a file, by its ending:
//
//	.stl   a closed surface of triangles, binary or ASCII, in three coordinates; the names of solids in ASCII files are names of parts
//
// What has a name in the file gives points by [Shape.Part]. Numbers are taken as they are; [Transform] changes units and places.
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
		return s.fail("a %s file has a shape in %d coordinates, and here are %d (%s)", f.ending, f.dims[0], len(coords), names(coords))
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

// shapeFile is a kind of files.
type shapeFile struct {
	ending string
	dims   []int // numbers of coordinates
	read   func(b []byte, coords []*ph.Coord) *Shape
}

var shapeFiles = []shapeFile{
	{".stl", []int{3}, readSTL},
}

func readSTL(b []byte, coords []*ph.Coord) *Shape {
	solids, err := stl.Parse(b)
	if err != nil {
		return (&Shape{solid: solid{box: &Box{coords: coords}}}).fail("%v", err)
	}
	var parts []Facets
	for _, s := range solids {
		parts = append(parts, Facets{Name: s.Name, Triangles: s.Triangles})
	}
	return NewPolyhedron(coords[0], coords[1], coords[2], parts...)
}
