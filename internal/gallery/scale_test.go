package gallery

import (
	"testing"

	"github.com/crux-pinn/crux/internal/draw"
)

// The scale of an error ends above the rounding at sides where it vanishes, and not more than eight decades below its largest value.
func TestLeast(t *testing.T) {
	const n = 101
	var square []float64
	for i := range n * n {
		v := 1e-6 * (1 + float64(i%7))
		if x, y := i%n, i/n; x == 0 || y == 0 || x == n-1 || y == n-1 {
			v = 1e-17
		}
		square = append(square, v)
	}
	if low := least(positive([][]float64{square})); low < 1e-6 {
		t.Errorf("a scale begins at %v", low)
	}
	if low := least([]float64{1e-20, 1e-19, 1}); low != 1e-8 {
		t.Errorf("a scale begins at %v", low)
	}
	c := floored(&draw.Curves{LogY: true, Lines: []draw.Line{{X: square, Y: square}}})
	if c.YEnds[0] < 1e-7 || c.YEnds[0] > 1e-6 || c.YEnds[1] < 7e-6 || c.YEnds[1] > 1e-5 {
		t.Errorf("an axis from %v to %v", c.YEnds[0], c.YEnds[1])
	}
	for _, c := range []*draw.Curves{{Lines: []draw.Line{{X: square, Y: square}}}, {LogY: true}} {
		if floored(c).YEnds != (draw.Ends{}) {
			t.Errorf("%+v has ends %v", c, c.YEnds)
		}
	}
}
