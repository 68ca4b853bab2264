// Package picture draws small PNG images of matrices and histograms, with their axes and scales, for dashboards. An image
// takes a few milliseconds and a few kilobytes: it has 256 colours and no smooth lines.
package picture

import (
	"image"
	"image/color"
	"strconv"

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
	if r.Empty() {
		return
	}
	first := c.Pix[c.PixOffset(r.Min.X, r.Min.Y):c.PixOffset(r.Max.X, r.Min.Y)]
	for k := range first {
		first[k] = i
	}
	for y := r.Min.Y + 1; y < r.Max.Y; y++ {
		copy(c.Pix[c.PixOffset(r.Min.X, y):], first)
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

// write is text in a colour. The letters are set pixel by pixel: a general drawer looks for the nearest colour of the palette at
// each, which takes longer than all else.
func (c canvas) write(x, y int, s string, colour uint8) {
	for _, r := range s {
		_, mask, from, _, _ := basicfont.Face7x13.Glyph(fixed.Point26_6{}, r)
		if letters, ok := mask.(*image.Alpha); ok {
			for dy := range lineHeight {
				for dx := range basicfont.Face7x13.Width {
					if letters.AlphaAt(from.X+dx, from.Y+dy).A > 0 && (image.Point{x + dx, y + dy}).In(c.Rect) {
						c.SetColorIndex(x+dx, y+dy, colour)
					}
				}
			}
		}
		x += charWidth
	}
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

// palette is viridis and the other colours.
func palette() color.Palette {
	p := make(color.Palette, 256)
	for i := range scale {
		p[i] = viridis(float64(i) / (scale - 1))
	}
	p[white] = color.RGBA{255, 255, 255, 255}
	p[black] = color.RGBA{0, 0, 0, 255}
	p[grey] = color.RGBA{190, 190, 190, 255}
	p[blue] = color.RGBA{59, 113, 202, 255}
	return p
}
