package picture

import (
	"fmt"
	"math"
)

// Lines are curves over a common horizontal axis.
type Lines struct {
	Title  string
	Log    bool // the vertical axis is logarithmic; values that are not positive are left out
	Curves []Curve
}

// Curve is one of them. Points that are no numbers interrupt it.
type Curve struct {
	Name string
	X, Y []float64
}

const mostCurves = 6

// PNG draws the curves. The error says what is wrong with their sizes.
func (l *Lines) PNG() (data []byte, width, height int, err error) {
	if len(l.Curves) < 1 || len(l.Curves) > mostCurves {
		return nil, 0, 0, fmt.Errorf("picture: %d curves; there may be 1 to %d", len(l.Curves), mostCurves)
	}
	x, y := newRange(), newRange()
	for _, k := range l.Curves {
		if len(k.X) != len(k.Y) {
			return nil, 0, 0, fmt.Errorf("picture: a curve of %d and %d numbers", len(k.X), len(k.Y))
		}
		for i, v := range k.Y {
			if v = l.level(v); finite(v) && finite(k.X[i]) {
				x.add(k.X[i])
				y.add(v)
			}
		}
	}
	if !(x.low <= x.high) {
		return nil, 0, 0, fmt.Errorf("picture: curves without points")
	}
	const wide, tall = 420, 220
	left, top := margin+textWidth("-1.234e-10")+5, margin+lineHeight+5
	names := 0
	for _, k := range l.Curves {
		names = max(names, textWidth(cut(k.Name, 3*nameChars)))
	}
	c := newCanvas(left+wide+margin+22+names+margin, top+tall+3+lineHeight+margin)
	c.text(margin, margin, l.Title)
	for i, k := range l.Curves {
		shade := uint8(i * (scale - 30) / max(1, len(l.Curves)-1))
		var from [2]int
		open := false
		for j, v := range k.Y {
			if v = l.level(v); !finite(v) || !finite(k.X[j]) {
				open = false
				continue
			}
			to := [2]int{left + int(x.part(k.X[j])*(wide-1)), top + int((1-y.part(v))*(tall-1))}
			if !open {
				from = to
			}
			c.line(from, to, shade)
			from, open = to, true
		}
		at := top + i*(lineHeight+3)
		c.fill(left+wide+margin, at+ascent-5, 16, 3, shade)
		c.text(left+wide+margin+22, at, cut(k.Name, 3*nameChars))
	}
	c.frame(left, top, wide, tall)
	high, low := y.high, y.low
	if l.Log {
		high, low = math.Pow(10, high), math.Pow(10, low)
	}
	c.text(margin, top, number(high))
	c.text(margin, top+tall-lineHeight, number(low))
	first, last := number(x.low), number(x.high)
	c.text(left, top+tall+3, first)
	c.text(left+wide-textWidth(last), top+tall+3, last)
	return c.png()
}

// level is where a value lies on the vertical axis; NaN if nowhere.
func (l *Lines) level(v float64) float64 {
	switch {
	case !l.Log:
		return v
	case v > 0:
		return math.Log10(v)
	}
	return math.NaN()
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// span is the least and the largest of some numbers.
type span struct{ low, high float64 }

func newRange() span { return span{math.Inf(1), math.Inf(-1)} }

func (r *span) add(v float64) { r.low, r.high = math.Min(r.low, v), math.Max(r.high, v) }

// part is where v lies between the ends, 0 to 1; in the middle if these are equal. Halves, since the span itself may overflow.
func (r *span) part(v float64) float64 {
	if !(r.high > r.low) {
		return 0.5
	}
	return (v/2 - r.low/2) / (r.high/2 - r.low/2)
}

// line draws a straight line, two pixels thick.
func (c canvas) line(from, to [2]int, shade uint8) {
	dx, dy := to[0]-from[0], to[1]-from[1]
	n := max(dx, -dx, dy, -dy, 1)
	for i := range n + 1 {
		c.fill(from[0]+dx*i/n, from[1]+dy*i/n, 2, 2, shade)
	}
}
