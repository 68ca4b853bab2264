package picture

import (
	"fmt"
	"math"
	"slices"
)

// Histogram shows how many values lie in each bin. Counts are on a logarithmic scale, since the rare values are the
// interesting ones.
type Histogram struct {
	Title  string
	Edges  []float64 // ascending, one more than there are counts
	Counts []int
}

// PNG draws the histogram. The error says what is wrong with its size.
func (h *Histogram) PNG() (data []byte, width, height int, err error) {
	n := len(h.Counts)
	if n < 1 || n > mostCells || len(h.Edges) != n+1 {
		return nil, 0, 0, fmt.Errorf("picture: a histogram of %d counts with %d edges", n, len(h.Edges))
	}
	const tall = 200
	bin := max(1, 400/n)
	most := max(1, slices.Max(h.Counts))
	left := margin + textWidth(fmt.Sprint(most)) + 5
	top := margin + lineHeight + 5
	w := bin * n
	c := newCanvas(max(left+w+margin, margin+textWidth(h.Title)+margin), top+tall+3+lineHeight+margin)
	c.text(margin, margin, h.Title)
	for i, k := range h.Counts {
		if k > 0 {
			y := int(math.Round(tall * math.Log1p(float64(k)) / math.Log1p(float64(most))))
			c.fill(left+i*bin, top+tall-y, max(1, bin-1), y, blue)
		}
	}
	c.frame(left, top, w, tall)
	c.text(margin, top, fmt.Sprint(most))
	c.text(left-5-charWidth, top+tall-lineHeight, "0")
	low, high := number(h.Edges[0]), number(h.Edges[n])
	c.text(left, top+tall+3, low)
	c.text(max(left+textWidth(low)+charWidth, left+w-textWidth(high)), top+tall+3, high)
	return c.png()
}
