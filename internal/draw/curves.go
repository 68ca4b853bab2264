package draw

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Curves are lines, or points, over a common axis. Their names stand to the right.
type Curves struct {
	Title, X, Y  string   // above, and the names of the axes
	LogX, LogY   bool     // logarithmic axes; what is not above 0 is left out
	XEnds, YEnds Ends     // of the axes
	Rows         []string // names of 0, 1, … on the vertical axis, in the place of numbers; nil for none
	Lines        []Line
	Ordered      bool // the lines are a sequence, such as times or eigenvalues: their colours go from dark to light
	Equal        bool // a unit of X is as long as one of Y: points in a plane
}

// Line is a line, or points.
type Line struct {
	Name      string // "" for none
	X, Y      []float64
	Low, High []float64 // of a band around it; nil for none
	Stroke    Stroke
	Group     int // lines with the same number have the same colour; 0 means one of its own
}

// Stroke is how a line is drawn.
type Stroke int

// The strokes.
const (
	Solid Stroke = iota
	Dashed
	Points
	Band // nothing but what lies between Low and High
)

const (
	curvesWidth, curvesHeight = 300, 190 // in points, with the axes and without the legend
	longestLegend             = 12       // entries
)

// mostPoints of a line are drawn; of more, the extremes.
const mostPoints = 1500

func (p *Curves) size() (w, h vg.Length) {
	w, h = curvesWidth, curvesHeight
	if p.Equal {
		xlo, xhi, _ := p.span(func(l Line) []float64 { return l.X }, false)
		ylo, yhi, ok := p.span(func(l Line) []float64 { return l.Y }, false)
		if m := (&Map{Equal: true, Mesh: box(xlo, xhi, ylo, yhi), XEnds: p.XEnds, YEnds: p.YEnds}); ok && m.ratio() > 0 {
			w, h = m.picture()
			w -= 40 // no colour bar
		}
	}
	return titled(w+p.legendWidth(), p.Title), h
}

// entries are the lines with a name, at most as many as have room: the first ones, some between and the last one.
func (p *Curves) entries() []int {
	var list []int
	for i, l := range p.Lines {
		if l.Name != "" {
			list = append(list, i)
		}
	}
	if n := len(list); n > longestLegend {
		some := make([]int, longestLegend)
		for k := range some {
			some[k] = list[k*(n-1)/(longestLegend-1)]
		}
		return some
	}
	return list
}

const keyLength = 16 // of the sample of a line in the legend

func (p *Curves) legendWidth() vg.Length {
	t := style(tickSize)
	widest := vg.Length(0)
	list := p.entries()
	for _, i := range list {
		widest = max(widest, t.Width(p.Lines[i].Name))
	}
	if len(list) == 0 {
		return 0
	}
	return 8 + keyLength + 4 + widest
}

// colours are those of the lines.
func (p *Curves) colours() []color.RGBA {
	groups := map[int]int{}
	number := make([]int, len(p.Lines))
	n := 0
	for i, l := range p.Lines {
		k, ok := groups[l.Group]
		if !ok || l.Group == 0 {
			k = n
			n++
			groups[l.Group] = k
		}
		number[i] = k
	}
	of := hues
	if p.Ordered || n > len(hues) {
		of = sequence(n)
	}
	list := make([]color.RGBA, len(p.Lines))
	for i, k := range number {
		list[i] = of[k]
	}
	return list
}

// span is the range of one coordinate of all lines.
func (p *Curves) span(of func(Line) []float64, positive bool) (lo, hi float64, ok bool) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, l := range p.Lines {
		if a, b, some := extremes(of(l), positive); some {
			lo, hi, ok = math.Min(lo, a), math.Max(hi, b), true
		}
	}
	return lo, hi, ok
}

func (p *Curves) draw(c draw.Canvas, _ float64) error {
	for _, l := range p.Lines {
		if len(l.X) != len(l.Y) || l.Low != nil && (len(l.Low) != len(l.X) || len(l.High) != len(l.X)) {
			return fmt.Errorf("the line %q has %d and %d coordinates", l.Name, len(l.X), len(l.Y))
		}
	}
	pl := newPlot(p.Title, p.X, p.Y)
	values := func(l Line) []float64 { return append(append(append([]float64{}, l.Y...), l.Low...), l.High...) }
	xlog := setAxis(&pl.X, p.LogX, p, func(l Line) []float64 { return l.X }, !p.Equal)
	ylog := setAxis(&pl.Y, p.LogY, p, values, false)
	if p.XEnds.given() {
		pl.X.Min, pl.X.Max = p.XEnds[0], p.XEnds[1]
	}
	if p.YEnds.given() {
		pl.Y.Min, pl.Y.Max = p.YEnds[0], p.YEnds[1]
	}
	if !xlog {
		pl.X.Tick.Marker = ticks(6)
	}
	if p.Rows != nil {
		pl.Y.Min, pl.Y.Max, pl.Y.Tick.Marker = -0.6, float64(len(p.Rows))-0.4, names(p.Rows, 0)
	}
	ratio := 0.0
	if p.Equal {
		ratio = (&Map{Equal: true, Mesh: box(pl.X.Min, pl.X.Max, pl.Y.Min, pl.Y.Max)}).ratio()
	}
	legend := p.legendWidth()
	data := fit(pl, draw.Crop(c, 0, -legend-4, 0, 0), ratio)
	gridLines(data, pl)
	cols := p.colours()
	px, py := pl.Transforms(&data)
	in := func(x, y float64) (vg.Point, bool) {
		if x-x != 0 || y-y != 0 || xlog && x <= 0 || ylog && y <= 0 {
			return vg.Point{}, false
		}
		return vg.Point{X: px(x), Y: py(y)}, true
	}
	for i, l := range p.Lines {
		if l.Low != nil {
			band(data, l, in, cols[i])
		}
	}
	for i, l := range p.Lines {
		if l.Stroke == Band {
			continue
		}
		if l.Stroke == Points {
			var x, y []float64
			for k := range l.X {
				if _, ok := in(l.X[k], l.Y[k]); ok {
					x, y = append(x, l.X[k]), append(y, l.Y[k])
				}
			}
			size := 3.0
			if len(x) > 300 {
				size = 1.8
			}
			dots(data, pl, x, y, cols[i], size)
			continue
		}
		sty := lineStyle(l.Stroke, cols[i])
		var piece []vg.Point
		flush := func() {
			if len(piece) == 1 { // a line that is one point
				data.FillPolygon(cols[i], square(piece[0], 1.5))
			} else if len(piece) > 1 {
				data.StrokeLines(sty, data.ClipLinesXY(piece)...)
			}
			piece = nil
		}
		x, y := thin(l.X, l.Y)
		for k := range x {
			if at, ok := in(x[k], y[k]); ok {
				piece = append(piece, at)
			} else {
				flush()
			}
		}
		flush()
	}
	frame(data)
	p.legend(data, cols)
	return nil
}

// setAxis gives an axis the range of the lines, and reports whether it is logarithmic.
func setAxis(a *plot.Axis, log bool, p *Curves, of func(Line) []float64, tight bool) bool {
	lo, hi, ok := p.span(of, log)
	if !ok {
		log = false
		if lo, hi, ok = p.span(of, false); !ok {
			lo, hi = 0, 1
		}
	}
	if log {
		if hi < 1.5*lo {
			lo, hi = lo/2, hi*2
		} else if !tight {
			f := math.Pow(hi/lo, 0.04)
			lo, hi = lo/f, hi*f
		}
		logarithmic(a, lo, hi)
		return true
	}
	size := math.Max(math.Abs(lo), math.Abs(hi))
	switch {
	case hi-lo <= 1e-12*size || hi == lo:
		pad := math.Max(0.1*size, 1e-300)
		if size == 0 {
			pad = 1
		}
		lo, hi = lo-pad, hi+pad
	case !tight:
		lo, hi = lo-0.05*(hi-lo), hi+0.05*(hi-lo)
	}
	a.Min, a.Max = lo, hi
	return false
}

func square(at vg.Point, r vg.Length) []vg.Point {
	return []vg.Point{{X: at.X - r, Y: at.Y - r}, {X: at.X + r, Y: at.Y - r}, {X: at.X + r, Y: at.Y + r}, {X: at.X - r, Y: at.Y + r}}
}

func lineStyle(s Stroke, c color.Color) draw.LineStyle {
	sty := draw.LineStyle{Color: c, Width: 1.2}
	if s == Dashed {
		sty.Dashes, sty.Width, sty.Color = []vg.Length{3, 2.5}, 1, ink
	}
	return sty
}

// gridLines draws pale lines at the ticks with labels.
func gridLines(c draw.Canvas, p *plot.Plot) {
	sty := draw.LineStyle{Color: pale, Width: 0.5}
	for _, t := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
		if t.Label != "" {
			x := c.X(p.X.Norm(t.Value))
			c.StrokeLine2(sty, x, c.Min.Y, x, c.Max.Y)
		}
	}
	for _, t := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
		if t.Label != "" {
			y := c.Y(p.Y.Norm(t.Value))
			c.StrokeLine2(sty, c.Min.X, y, c.Max.X, y)
		}
	}
}

// band fills what lies between Low and High.
func band(c draw.Canvas, l Line, in func(x, y float64) (vg.Point, bool), col color.RGBA) {
	var low, high []vg.Point
	for k := range l.X {
		a, ok := in(l.X[k], l.Low[k])
		b, too := in(l.X[k], l.High[k])
		if ok && too {
			low, high = append(low, a), append([]vg.Point{b}, high...)
		}
	}
	if len(low) > 1 {
		c.FillPolygon(shade(col), c.ClipPolygonXY(append(low, high...)))
	}
}

// shade is the colour of a band.
func shade(c color.RGBA) color.NRGBA { return color.NRGBA{c.R, c.G, c.B, 50} }

// thin keeps the least and the largest of each stretch of a long line.
func thin(x, y []float64) (tx, ty []float64) {
	if len(x) <= mostPoints {
		return x, y
	}
	per := (2*len(x) + mostPoints - 1) / mostPoints
	for from := 0; from < len(x); from += per {
		to := min(len(x), from+per)
		lo, hi := from, from
		for k := from; k < to; k++ {
			if y[k] < y[lo] || y[lo] != y[lo] {
				lo = k
			}
			if y[k] > y[hi] || y[hi] != y[hi] {
				hi = k
			}
		}
		a, b := min(lo, hi), max(lo, hi)
		tx, ty = append(tx, x[a]), append(ty, y[a])
		if b != a {
			tx, ty = append(tx, x[b]), append(ty, y[b])
		}
	}
	if last := len(x) - 1; tx[len(tx)-1] != x[last] {
		tx, ty = append(tx, x[last]), append(ty, y[last])
	}
	return tx, ty
}

// legend writes the names of the lines to the right of the data.
func (p *Curves) legend(data draw.Canvas, cols []color.RGBA) {
	t := style(tickSize)
	t.YAlign = draw.YCenter
	const lineHeight = 12
	x := data.Max.X + 8
	y := data.Max.Y - 6
	for _, i := range p.entries() {
		l := p.Lines[i]
		switch l.Stroke {
		case Points:
			data.FillPolygon(cols[i], square(vg.Point{X: x + keyLength/2, Y: y}, 1.8))
		case Band:
			low, high := y-3, y+3
			data.FillPolygon(shade(cols[i]), []vg.Point{{X: x, Y: low}, {X: x + keyLength, Y: low}, {X: x + keyLength, Y: high}, {X: x, Y: high}})
		default:
			data.StrokeLine2(lineStyle(l.Stroke, cols[i]), x, y, x+keyLength, y)
		}
		data.FillText(t, vg.Point{X: x + keyLength + 4, Y: y}, l.Name)
		y -= lineHeight
	}
}
