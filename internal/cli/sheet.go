package cli

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/files/npy"
)

// sheet is a set of points with columns of values on them.
type sheet struct {
	label   string // in front of the arrays' names in an npz file; "" for the first sheet
	cloud   *domain.Cloud
	columns []column
}

// column is a function on the points of a sheet.
type column struct {
	name string
	dim  int       // components
	data []float64 // point by point, component by component within a point
}

// header names the columns of a sheet as a table: coordinates, then values, with the components of one numbered.
func (sh *sheet) header() []string {
	var h []string
	for _, c := range sh.cloud.Coords {
		h = append(h, c.Name())
	}
	for _, c := range sh.columns {
		if c.dim == 1 {
			h = append(h, c.name)
			continue
		}
		for k := range c.dim {
			h = append(h, fmt.Sprintf("%s[%d]", c.name, k))
		}
	}
	return h
}

// row appends one point of a sheet to dst.
func (sh *sheet) row(dst []float64, i int) []float64 {
	dst = append(dst, sh.cloud.Row(i)...)
	for _, c := range sh.columns {
		dst = append(dst, c.data[i*c.dim:(i+1)*c.dim]...)
	}
	return dst
}

// table is a sheet as one array.
func (sh *sheet) table() npy.Array {
	n := sh.cloud.Len()
	a := npy.Array{Shape: []int{n, len(sh.header())}}
	for i := range n {
		a.Data = sh.row(a.Data, i)
	}
	return a
}

// writeCSV writes a sheet as text. Every number reads back as the same number.
func (sh *sheet) writeCSV(w io.Writer) error {
	c := csv.NewWriter(w)
	if err := c.Write(sh.header()); err != nil {
		return err
	}
	var values []float64
	var fields []string
	for i := range sh.cloud.Len() {
		values, fields = sh.row(values[:0], i), fields[:0]
		for _, v := range values {
			fields = append(fields, decimal(v))
		}
		if err := c.Write(fields); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// arrays are the columns of a sheet for an npz file; see solution.arrays.
func (sh *sheet) arrays() []npy.Array {
	var list []npy.Array
	n, d := sh.cloud.Len(), len(sh.cloud.Coords)
	shape := []int{n}
	if ticks := gridTicks(sh.cloud); ticks != nil {
		shape = nil
		for j, t := range ticks {
			list = append(list, npy.Array{Name: sh.cloud.Coords[j].Name(), Shape: []int{len(t)}, Data: t})
			shape = append(shape, len(t))
		}
	} else {
		for j, c := range sh.cloud.Coords {
			x := make([]float64, n)
			for i := range x {
				x[i] = sh.cloud.X[i*d+j]
			}
			list = append(list, npy.Array{Name: c.Name(), Shape: []int{n}, Data: x})
		}
	}
	for _, c := range sh.columns {
		s := shape
		if c.dim > 1 {
			s = append(slices.Clone(shape), c.dim)
		}
		list = append(list, npy.Array{Name: c.name, Shape: s, Data: c.data})
	}
	return list
}

// gridTicks returns the ticks of each coordinate when the points are a full grid with the last coordinate running
// fastest, and nil otherwise.
func gridTicks(c *domain.Cloud) [][]float64 {
	n, d := c.Len(), len(c.Coords)
	ticks := make([][]float64, d)
	stride := 1 // points after which coordinate j moves on
	for j := d - 1; j >= 0; j-- {
		for i := 0; i < n; i += stride {
			if v := c.Row(i)[j]; len(ticks[j]) == 0 || v > ticks[j][len(ticks[j])-1] {
				ticks[j] = append(ticks[j], v)
			} else {
				break
			}
		}
		stride *= len(ticks[j])
	}
	if stride != n || n == 0 {
		return nil
	}
	for i := range n {
		k := i
		for j := d - 1; j >= 0; j-- {
			if c.Row(i)[j] != ticks[j][k%len(ticks[j])] {
				return nil
			}
			k /= len(ticks[j])
		}
	}
	return ticks
}
