package draw

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// colourBar is the scale of colours, to the right of a picture.
type colourBar struct{ scale }

// width is what it takes, with its numbers.
func (b colourBar) width() vg.Length {
	if b.palette == nil {
		return 0
	}
	t := style(tickSize)
	widest := vg.Length(0)
	for _, tick := range b.ticks() {
		widest = max(widest, t.Width(tick.Label))
	}
	return barGap + barWidth + 5 + widest
}

// draw puts the bar to the right of the canvas, as high as it.
func (b colourBar) draw(beside draw.Canvas) {
	c := beside
	c.Min.X = beside.Max.X + barGap
	c.Max.X = c.Min.X + barWidth
	// Strips instead of an image, which viewers blur beyond its ends. Each goes up to the top, under those after it: where strips end within a
	// pixel, the ground would be seen between them.
	step := (c.Max.Y - c.Min.Y) / shades
	for i, col := range b.palette {
		y := c.Min.Y + step*vg.Length(i)
		c.FillPolygon(col, []vg.Point{{X: c.Min.X, Y: y}, {X: c.Max.X, Y: y}, {X: c.Max.X, Y: c.Max.Y}, {X: c.Min.X, Y: c.Max.Y}})
	}
	frame(c)
	t := style(tickSize)
	t.YAlign = draw.YCenter
	for _, tick := range b.ticks() {
		y := c.Min.Y + vg.Length(b.at(tick.Value))*(c.Max.Y-c.Min.Y)
		if y < c.Min.Y-0.1 || y > c.Max.Y+0.1 {
			continue
		}
		length := vg.Length(2.5)
		if tick.Label == "" {
			length = 1.5
		}
		c.StrokeLine2(draw.LineStyle{Color: ink, Width: 0.5}, c.Max.X, y, c.Max.X+length, y)
		c.FillText(t, vg.Point{X: c.Max.X + 4, Y: y}, tick.Label)
	}
}
