// Package picture draws small PNG images of matrices and histograms, with their axes and scales, for dashboards. An image
// takes a few milliseconds and a few kilobytes: it has 256 colours and no smooth lines.
package picture

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"strconv"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// The palette: a scale of colours, and four of their own.
const (
	scale = 252 // colours of the scale, entries 0 … 251
	white = 252
	black = 253
	grey  = 254 // no number
	blue  = 255
)

const (
	margin     = 10
	charWidth  = 7  // of the font
	lineHeight = 13 // of the font
	ascent     = 11
)

// canvas is an image that is being drawn.
type canvas struct{ *image.Paletted }

func newCanvas(width, height int) canvas {
	c := canvas{image.NewPaletted(image.Rect(0, 0, width, height), palette())}
	c.fill(0, 0, width, height, white)
	return c
}

// fill colours a rectangle.
func (c canvas) fill(x, y, width, height int, i uint8) {
	r := image.Rect(x, y, x+width, y+height).Intersect(c.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := c.Pix[c.PixOffset(r.Min.X, y):c.PixOffset(r.Max.X, y)]
		for k := range row {
			row[k] = i
		}
	}
}

// frame draws the border of a rectangle.
func (c canvas) frame(x, y, width, height int) {
	c.fill(x-1, y-1, width+2, 1, black)
	c.fill(x-1, y+height, width+2, 1, black)
	c.fill(x-1, y-1, 1, height+2, black)
	c.fill(x+width, y-1, 1, height+2, black)
}

// text writes a line whose upper left corner is (x, y).
func (c canvas) text(x, y int, s string) { c.write(x, y, s, black) }

// write is text in a colour.
func (c canvas) write(x, y int, s string, colour uint8) {
	d := font.Drawer{Dst: c, Src: image.NewUniform(c.Palette[colour]), Face: basicfont.Face7x13, Dot: fixed.P(x, y+ascent)}
	d.DrawString(s)
}

func textWidth(s string) int { return charWidth * len([]rune(s)) }

// cut shortens a text to n letters.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "~"
	}
	return s
}

// number is a number for an axis.
func number(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }

func (c canvas) png() (data []byte, width, height int, err error) {
	var b bytes.Buffer
	e := png.Encoder{CompressionLevel: png.BestSpeed}
	err = e.Encode(&b, c)
	return b.Bytes(), c.Rect.Dx(), c.Rect.Dy(), err
}

// palette is viridis and the other colours.
func palette() color.Palette {
	p := make(color.Palette, 256)
	for i := range scale {
		p[i] = Viridis(float64(i) / (scale - 1))
	}
	p[white] = color.RGBA{255, 255, 255, 255}
	p[black] = color.RGBA{0, 0, 0, 255}
	p[grey] = color.RGBA{190, 190, 190, 255}
	p[blue] = color.RGBA{59, 113, 202, 255}
	return p
}
