package vtk

import (
	"bufio"
	"fmt"
	"io"
)

// WriteSurface writes triangles as PolyData (.vtp), three corners each, with a number for every triangle by name.
func WriteSurface(w io.Writer, triangles [][3][3]float64, numbers []Field) error {
	n := len(triangles)
	for _, f := range numbers {
		if len(f.Data) != n*max(1, f.Components) {
			return fmt.Errorf("vtk: %s has %d values of %d components for %d triangles", f.Name, len(f.Data), max(1, f.Components), n)
		}
	}
	d := &document{w: bufio.NewWriter(w)}
	var points []float64
	var corners, ends []int
	at := map[[3]float64]int{}
	for _, t := range triangles {
		for _, p := range t {
			i, ok := at[p]
			if !ok {
				i = len(at)
				at[p] = i
				points = append(points, p[:]...)
			}
			corners = append(corners, i)
		}
		ends = append(ends, len(corners))
	}
	d.begin("PolyData")
	d.printf("<PolyData>\n<Piece NumberOfPoints=\"%d\" NumberOfVerts=\"0\" NumberOfLines=\"0\" ", len(at))
	d.printf("NumberOfStrips=\"0\" NumberOfPolys=\"%d\">\n", n)
	d.printf("<CellData>\n")
	for _, f := range numbers {
		d.floats(f.Name, max(1, f.Components), f.Data)
	}
	d.printf("</CellData>\n<Points>\n")
	d.floats("Points", 3, points)
	d.printf("</Points>\n<Polys>\n")
	d.ints("connectivity", corners)
	d.ints("offsets", ends)
	d.printf("</Polys>\n</Piece>\n</PolyData>\n</VTKFile>\n")
	if d.err != nil {
		return d.err
	}
	return d.w.Flush()
}
