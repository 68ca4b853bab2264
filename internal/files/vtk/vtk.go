// Package vtk writes fields in the XML formats of VTK, which ParaView opens: .vtr for grids, .vtu for triangles and tetrahedra, and .pvd
// for a series of them over time.
//
// Arrays are compressed by zlib and written as base64, so that the files are XML. See the VTK File Formats document, "XML File Formats".
package vtk

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/crux-pinn/crux/internal/mesh"
)

// Field is a quantity at the nodes of a mesh.
type Field struct {
	Name       string
	Components int       // of each value; 0 means 1
	Data       []float64 // node by node, component by component
}

// Ending is that of the file that holds a mesh: ".vtr" for a grid, ".vtu" for others.
func Ending(m *mesh.Mesh) string {
	if m.Ticks != nil {
		return ".vtr"
	}
	return ".vtu"
}

// Write writes fields on a mesh of at most three dimensions in the format of Ending. Missing axes are 0.
func Write(w io.Writer, m *mesh.Mesh, fields []Field) error {
	if m.Dim < 1 || m.Dim > 3 {
		return fmt.Errorf("vtk: a mesh of %d dimensions; there are 1, 2 and 3", m.Dim)
	}
	for _, f := range fields {
		if len(f.Data) != m.Len()*max(1, f.Components) {
			return fmt.Errorf("vtk: %s has %d values of %d components at %d nodes", f.Name, len(f.Data), max(1, f.Components), m.Len())
		}
	}
	d := &document{w: bufio.NewWriter(w)}
	if m.Ticks != nil {
		d.grid(m, fields)
	} else {
		d.cells(m, fields)
	}
	if d.err != nil {
		return d.err
	}
	return d.w.Flush()
}

// document writes XML and remembers the first error.
type document struct {
	w   *bufio.Writer
	err error
}

func (d *document) printf(format string, args ...any) {
	if d.err == nil {
		_, d.err = fmt.Fprintf(d.w, format, args...)
	}
}

func (d *document) begin(kind string) {
	d.printf("<?xml version=\"1.0\"?>\n<VTKFile type=%q version=\"1.0\" byte_order=\"LittleEndian\" ", kind)
	d.printf("header_type=\"UInt64\" compressor=\"vtkZLibDataCompressor\">\n")
}

// grid writes a RectilinearGrid, whose first axis runs fastest.
func (d *document) grid(m *mesh.Mesh, fields []Field) {
	extent, ticks := "", [3][]float64{{0}, {0}, {0}}
	copy(ticks[:], m.Ticks)
	for _, t := range ticks {
		extent += fmt.Sprintf(" 0 %d", len(t)-1)
	}
	d.begin("RectilinearGrid")
	d.printf("<RectilinearGrid WholeExtent=%q>\n<Piece Extent=%q>\n", extent[1:], extent[1:])
	order := make([]int, m.Len()) // the node at each place of the file
	n := [3]int{len(ticks[0]), len(ticks[1]), len(ticks[2])}
	at := 0
	for k := range n[2] {
		for j := range n[1] {
			for i := range n[0] {
				order[at] = (i*n[1]+j)*n[2] + k // absent axes have one tick
				at++
			}
		}
	}
	d.fields(fields, order)
	d.printf("<Coordinates>\n")
	for i, axis := range []string{"x", "y", "z"} {
		d.floats(axis, 1, ticks[i])
	}
	d.printf("</Coordinates>\n</Piece>\n</RectilinearGrid>\n</VTKFile>\n")
}

// cellTypes are VTK's numbers of lines, triangles and tetrahedra.
var cellTypes = [4]byte{1: 3, 2: 5, 3: 10}

// cells writes an UnstructuredGrid.
func (d *document) cells(m *mesh.Mesh, fields []Field) {
	size := m.Dim + 1
	d.begin("UnstructuredGrid")
	d.printf("<UnstructuredGrid>\n<Piece NumberOfPoints=\"%d\" NumberOfCells=\"%d\">\n", m.Len(), len(m.Cells)/size)
	order := make([]int, m.Len())
	for i := range order {
		order[i] = i
	}
	d.fields(fields, order)
	points := make([]float64, 3*m.Len())
	for i := range m.Len() {
		copy(points[3*i:3*i+m.Dim], m.Node(i))
	}
	d.printf("<Points>\n")
	d.floats("Points", 3, points)
	d.printf("</Points>\n<Cells>\n")
	d.ints("connectivity", m.Cells)
	ends, types := make([]int, len(m.Cells)/size), make([]byte, len(m.Cells)/size)
	for i := range ends {
		ends[i], types[i] = (i+1)*size, cellTypes[m.Dim]
	}
	d.ints("offsets", ends)
	d.array("UInt8", "types", 1, types)
	d.printf("</Cells>\n</Piece>\n</UnstructuredGrid>\n</VTKFile>\n")
}

func (d *document) fields(fields []Field, order []int) {
	d.printf("<PointData>\n")
	for _, f := range fields {
		k := max(1, f.Components)
		data := make([]float64, 0, len(f.Data))
		for _, i := range order {
			data = append(data, f.Data[i*k:(i+1)*k]...)
		}
		d.floats(f.Name, k, data)
	}
	d.printf("</PointData>\n")
}

func (d *document) floats(name string, components int, x []float64) {
	b := make([]byte, 0, 8*len(x))
	for _, v := range x {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	}
	d.array("Float64", name, components, b)
}

func (d *document) ints(name string, x []int) {
	b := make([]byte, 0, 8*len(x))
	for _, v := range x {
		b = binary.LittleEndian.AppendUint64(b, uint64(v))
	}
	d.array("Int64", name, 1, b)
}

// block is the number of bytes that are compressed together, that of VTK itself.
const block = 1 << 15

// array writes a DataArray: the header, that is the number of blocks, their size, that of the last one if it is smaller, and the compressed
// sizes; then the blocks.
func (d *document) array(kind, name string, components int, data []byte) {
	header := []uint64{uint64((len(data) + block - 1) / block), block, uint64(len(data) % block)}
	var packed bytes.Buffer
	for len(data) > 0 && d.err == nil {
		part := data[:min(block, len(data))]
		data = data[len(part):]
		before := packed.Len()
		z := zlib.NewWriter(&packed)
		if _, err := z.Write(part); err != nil {
			d.err = err
		}
		if err := z.Close(); err != nil {
			d.err = err
		}
		header = append(header, uint64(packed.Len()-before))
	}
	var head []byte
	for _, v := range header {
		head = binary.LittleEndian.AppendUint64(head, v)
	}
	several := ""
	if components > 1 { // meshio takes one component, where it is said, for a column
		several = fmt.Sprintf(" NumberOfComponents=\"%d\"", components)
	}
	d.printf("<DataArray type=%q Name=\"%s\"%s format=\"binary\">\n%s%s\n</DataArray>\n",
		kind, escaped(name), several, base64.StdEncoding.EncodeToString(head), base64.StdEncoding.EncodeToString(packed.Bytes()))
}

// escaped is a text within the quotes of XML.
func escaped(s string) string {
	var b bytes.Buffer
	if xml.EscapeText(&b, []byte(s)) != nil {
		return ""
	}
	return b.String()
}

// Step is a file of a series.
type Step struct {
	Time float64
	File string // beside that of the series
}

// WriteSeries writes a .pvd file, which names the files of all times.
func WriteSeries(w io.Writer, steps []Step) error {
	d := &document{w: bufio.NewWriter(w)}
	d.printf("<?xml version=\"1.0\"?>\n<VTKFile type=\"Collection\" version=\"1.0\" byte_order=\"LittleEndian\">\n<Collection>\n")
	for _, s := range steps {
		d.printf("<DataSet timestep=\"%s\" part=\"0\" file=\"%s\"/>\n", strconv.FormatFloat(s.Time, 'g', -1, 64), escaped(s.File))
	}
	d.printf("</Collection>\n</VTKFile>\n")
	if d.err != nil {
		return d.err
	}
	return d.w.Flush()
}
