package picture

import (
	"fmt"
	"math"
	"strconv"
)

// Heatmap is a matrix as coloured squares, row 0 at the top, with a scale beside it. Entries that are no numbers are grey. Up
// to 6×6 entries also stand there as numbers.
type Heatmap struct {
	Title                 string
	Rows, Columns         int
	Values                []float64 // row by row
	RowNames, ColumnNames []string  // nil for none
	Low, High             float64   // ends of the scale; both 0 means the least and the largest of Values
}

// limits of the pictures.
const (
	panel     = 300 // pixels of the longer side of a matrix, about
	mostCells = 1024
	nameChars = 12

	mostNumbers = 6 // entries of a row or column that have room for numbers
)

// PNG draws the matrix. The error says what is wrong with its size.
func (h *Heatmap) PNG() (data []byte, width, height int, err error) {
	if h.Rows < 1 || h.Columns < 1 || max(h.Rows, h.Columns) > mostCells || len(h.Values) != h.Rows*h.Columns {
		return nil, 0, 0, fmt.Errorf("picture: a heatmap of %d×%d with %d values", h.Rows, h.Columns, len(h.Values))
	}
	low, high := h.ends()
	cell := max(1, panel/max(h.Rows, h.Columns))
	left, names := margin, 0
	for _, s := range h.RowNames {
		names = max(names, textWidth(cut(s, nameChars)))
	}
	if names > 0 {
		left += names + 5
	}
	top := margin + lineHeight + 5
	w, ht := cell*h.Columns, cell*h.Rows
	const bar = 14
	barAt := left + w + 15
	right := barAt + bar + 5 + textWidth("-1.234e-10") + margin
	bottom := top + ht + margin
	if len(h.ColumnNames) > 0 {
		bottom += lineHeight
	}
	c := newCanvas(max(right, margin+textWidth(h.Title)+margin), max(bottom, top+100))
	c.text(margin, margin, h.Title)
	for i := range h.Rows {
		for j := range h.Columns {
			v := h.Values[i*h.Columns+j]
			colour := shade(v, low, high)
			c.fill(left+j*cell, top+i*cell, cell, cell, colour)
			if s := strconv.FormatFloat(v, 'g', 3, 64); max(h.Rows, h.Columns) <= mostNumbers && textWidth(s) < cell {
				ink := uint8(black)
				if colour < scale/2 {
					ink = white
				}
				c.write(left+j*cell+(cell-textWidth(s))/2, top+i*cell+(cell-lineHeight)/2, s, ink)
			}
		}
	}
	c.frame(left, top, w, ht)
	for i, s := range h.RowNames {
		if i < h.Rows && cell >= lineHeight {
			c.text(margin, top+i*cell+(cell-lineHeight)/2, cut(s, nameChars))
		}
	}
	for j, s := range h.ColumnNames {
		if n := cell / charWidth; j < h.Columns && n >= 2 {
			c.text(left+j*cell+2, top+ht+3, cut(s, n))
		}
	}
	barHeight := max(ht, 100-margin)
	for y := range barHeight {
		c.fill(barAt, top+y, bar, 1, uint8((barHeight-1-y)*(scale-1)/max(1, barHeight-1)))
	}
	c.frame(barAt, top, bar, barHeight)
	c.text(barAt+bar+5, top-2, number(high))
	c.text(barAt+bar+5, top+barHeight-lineHeight+2, number(low))
	return c.png()
}

// ends are those of the scale.
func (h *Heatmap) ends() (low, high float64) {
	if h.Low != 0 || h.High != 0 {
		return h.Low, h.High
	}
	low, high = math.Inf(1), math.Inf(-1)
	for _, v := range h.Values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			low, high = math.Min(low, v), math.Max(high, v)
		}
	}
	return low, high
}

// shade is the colour of a value.
func shade(v, low, high float64) uint8 {
	switch {
	case math.IsNaN(v):
		return grey
	case v >= high && high > low:
		return scale - 1
	case v <= low || !(high > low):
		return 0
	}
	// halves, since the range itself may overflow
	return uint8((v/2 - low/2) / (high/2 - low/2) * (scale - 1))
}
