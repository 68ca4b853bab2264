// Package draw draws pictures as data into files: PNG, SVG, PDF and moving GIF, for papers and reports.
//
//	fig := &draw.Figure{Panels: []draw.Panel{
//		&draw.Map{Title: "u", X: "x", Y: "y", Mesh: m, Values: u, Equal: true},
//		&draw.Curves{Title: "losses", X: "step", LogY: true, Lines: []draw.Line{{Name: "pde", X: steps, Y: losses}}},
//	}}
//	svg, err := fig.Encode("svg")
//
// A [Figure] is a page of panels: a [Map] is a function on a plane, [Curves] are lines and points, [Matrix] is a table of numbers,
// [Bars] is a histogram, [Body] a surface in space. Nothing of them is changed, and two encodings of the same figure show the same.
//
// A map takes about a tenth of a second, most of it to compress (go test ./internal/draw -bench Encode). What is drawn during training is
// drawn by internal/files/picture.
package draw

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgpdf"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Figure is a page of panels.
type Figure struct {
	Title   string  // above all panels; "" for none
	Panels  []Panel // row by row
	Columns int     // panels in a row; 0 means as many as there are, at most three
	DPI     int     // dots per inch of PNG files, and of the images inside of others; 0 means 200
}

// Panel is one of Map, Curves, Matrix, Bars and Body.
type Panel interface {
	size() (width, height vg.Length)
	draw(c draw.Canvas, dpi float64) error
}

// Formats are the endings of files that Encode knows.
func Formats() []string { return []string{"png", "svg", "pdf"} }

// defaultDPI is crisp in print and on dense screens.
const defaultDPI = 200

// Encode draws the figure as the content of a file in one of Formats.
func (f *Figure) Encode(format string) ([]byte, error) {
	var b bytes.Buffer
	w, h := f.size()
	dpi := f.DPI
	if dpi == 0 {
		dpi = defaultDPI
	}
	switch format {
	case "png":
		img, err := f.Image(dpi)
		if err != nil {
			return nil, err
		}
		err = png.Encode(&b, img)
		return b.Bytes(), err
	case "svg":
		c := vgsvg.New(w, h)
		if err := f.draw(c, float64(dpi)); err != nil {
			return nil, err
		}
		if _, err := c.WriteTo(&b); err != nil {
			return nil, err
		}
		return []byte(svgText.Replace(b.String())), nil
	case "pdf":
		c := pdf{vgpdf.New(w, h)}
		if err := f.draw(c, float64(dpi)); err != nil {
			return nil, err
		}
		_, err := c.WriteTo(&b)
		return b.Bytes(), err
	}
	return nil, fmt.Errorf("draw: there is no format %q; take one of %s", format, strings.Join(Formats(), ", "))
}

// svgText lets readers without the fonts of the figure take others of the same widths, and names images as what they are.
var svgText = strings.NewReplacer("font-family:Liberation Sans", "font-family:Liberation Sans,Arial,Helvetica,sans-serif",
	"data:image/jpg;", "data:image/png;")

// Image draws the figure with a number of dots per inch.
func (f *Figure) Image(dpi int) (image.Image, error) {
	w, h := f.size()
	c := vgimg.NewWith(vgimg.UseWH(w, h), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(color.White))
	if err := f.draw(c, float64(dpi)); err != nil {
		return nil, err
	}
	return c.Image(), nil
}

func (f *Figure) columns() int {
	if f.Columns > 0 {
		return min(f.Columns, max(1, len(f.Panels)))
	}
	return min(3, max(1, len(f.Panels)))
}

// grid is the widths of the columns and the heights of the rows.
func (f *Figure) grid() (widths, heights []vg.Length) {
	n := f.columns()
	for i, p := range f.Panels {
		w, h := p.size()
		if i < n {
			widths = append(widths, 0)
		}
		if i%n == 0 {
			heights = append(heights, 0)
		}
		widths[i%n] = max(widths[i%n], w)
		heights[i/n] = max(heights[i/n], h)
	}
	return widths, heights
}

func sum(ls []vg.Length) (s vg.Length) {
	for _, l := range ls {
		s += l
	}
	return s
}

const (
	margin = 6 // points around the page and between panels
	head   = 18
)

func (f *Figure) size() (w, h vg.Length) {
	widths, heights := f.grid()
	w = sum(widths) + margin*vg.Length(len(widths)+1)
	h = sum(heights) + margin*vg.Length(len(heights)+1)
	if f.Title != "" {
		w, h = max(w, titleStyle(titleSize+1).Width(f.Title)+2*margin), h+head
	}
	return w, h
}

func (f *Figure) draw(on vg.CanvasSizer, dpi float64) error {
	c := draw.New(on)
	c.FillPolygon(color.White, []vg.Point{c.Min, {X: c.Max.X, Y: c.Min.Y}, c.Max, {X: c.Min.X, Y: c.Max.Y}})
	top := c.Max.Y - margin
	if f.Title != "" {
		s := titleStyle(titleSize + 1)
		s.XAlign, s.YAlign = draw.XCenter, draw.YTop
		c.FillText(s, vg.Point{X: c.Center().X, Y: top}, f.Title)
		top -= head
	}
	widths, heights := f.grid()
	for i, p := range f.Panels {
		row, col := i/f.columns(), i%f.columns()
		cell := c
		cell.Min.X = c.Min.X + margin*vg.Length(col+1) + sum(widths[:col])
		cell.Max.X = cell.Min.X + widths[col]
		cell.Max.Y = top - margin*vg.Length(row) - sum(heights[:row])
		cell.Min.Y = cell.Max.Y - heights[row]
		if err := p.draw(cell, dpi); err != nil {
			return fmt.Errorf("draw: panel %d, %q: %w", i+1, f.title(i), err)
		}
	}
	return nil
}

// title is that of a panel, for errors.
func (f *Figure) title(i int) string {
	switch p := f.Panels[i].(type) {
	case *Map:
		return p.Title
	case *Curves:
		return p.Title
	case *Matrix:
		return p.Title
	case *Bars:
		return p.Title
	case *Body:
		return p.Title
	}
	return ""
}

// finite are the entries that are numbers, and above zero where that is needed.
func finite(x []float64, positive bool) []float64 {
	return slices.DeleteFunc(slices.Clone(x), func(v float64) bool { return v-v != 0 || positive && v <= 0 })
}
