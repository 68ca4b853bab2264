package draw

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/crux-pinn/crux/internal/mesh"
)

// Map is a function on a part of the plane, as colours with a scale beside them and lines of equal values. Where there is no mesh, or a
// value is not a number, nothing is drawn. Nodes without triangles are drawn as dots.
type Map struct {
	Title, X, Y string     // above, and the names of the axes
	Mesh        *mesh.Mesh // of dimension 2
	Values      []float64  // one for each node

	XEnds, YEnds Ends // of the axes

	Colours   Colours
	Log       bool    // the colours follow the logarithm; what is not above Low is drawn like Low
	Low, High float64 // ends of the scale; both 0 means those of the values, about the middle 0 for Diverging
	Plain     bool    // without lines of equal values, which otherwise lie at the numbers of the colour scale
	Equal     bool    // a unit of X is as long as one of Y: both are lengths
	Dots      []Dots  // drawn over it
}

// Ends are the ends of an axis; zero means those of what is drawn.
type Ends [2]float64

func (e Ends) given() bool { return e != Ends{} }

// Dots are points on a map.
type Dots struct {
	X, Y []float64
	Size float64 // diameter in points; 0 means 2
}

const (
	mapWidth, mapHeight = 232, 196 // of a panel whose axes have different units, in points
	barWidth            = 9
	barGap              = 7
)

func (m *Map) size() (w, h vg.Length) {
	w, h = m.picture()
	return titled(w, m.Title), h
}

// picture is the size without a long title.
func (m *Map) picture() (w, h vg.Length) {
	ratio := m.ratio()
	if ratio == 0 {
		return mapWidth, mapHeight
	}
	const side, around, above = 165, 90, 52 // of the longer side; what axes, numbers and the title take
	if ratio <= 1 {
		return side + around, vg.Length(side*max(ratio, 0.15)) + above
	}
	return vg.Length(side*max(1/ratio, 0.15)) + around, side + above
}

// ratio is the height over the width where both are lengths, or 0.
func (m *Map) ratio() float64 {
	xlo, xhi, ylo, yhi := m.ends()
	if r := (yhi - ylo) / (xhi - xlo); m.Equal && r > 1./8 && r < 8 {
		return r
	}
	return 0
}

// ends are those of the axes.
func (m *Map) ends() (xlo, xhi, ylo, yhi float64) {
	xlo, xhi, ylo, yhi = m.extent()
	if m.XEnds.given() {
		xlo, xhi = m.XEnds[0], m.XEnds[1]
	}
	if m.YEnds.given() {
		ylo, yhi = m.YEnds[0], m.YEnds[1]
	}
	if m.Mesh != nil && len(m.Mesh.Cells) == 0 { // dots need room
		dx, dy := 0.04*(xhi-xlo), 0.04*(yhi-ylo)
		return xlo - dx, xhi + dx, ylo - dy, yhi + dy
	}
	return xlo, xhi, ylo, yhi
}

// extent are the ends of the mesh.
func (m *Map) extent() (xlo, xhi, ylo, yhi float64) {
	if m.Mesh == nil || m.Mesh.Dim != 2 || m.Mesh.Len() == 0 {
		return 0, 1, 0, 1
	}
	xlo, ylo = math.Inf(1), math.Inf(1)
	xhi, yhi = math.Inf(-1), math.Inf(-1)
	for i := range m.Mesh.Len() {
		p := m.Mesh.Node(i)
		xlo, xhi = math.Min(xlo, p[0]), math.Max(xhi, p[0])
		ylo, yhi = math.Min(ylo, p[1]), math.Max(yhi, p[1])
	}
	for _, ends := range [][2]*float64{{&xlo, &xhi}, {&ylo, &yhi}} {
		if *ends[0] == *ends[1] {
			*ends[0], *ends[1] = *ends[0]-0.5, *ends[1]+0.5
		}
	}
	return xlo, xhi, ylo, yhi
}

// scale is how values become colours.
type scale struct {
	palette palette
	log     bool
	lo, hi  float64
}

// scale is that of the map; ok is false where there is no value.
func (m *Map) scale() (s scale, ok bool) {
	s = scale{palette: m.Colours.table(), log: m.Log, lo: m.Low, hi: m.High}
	if s.lo == 0 && s.hi == 0 {
		s.lo, s.hi, ok = extremes(m.Values, m.Log)
		if !ok && m.Log { // all are zero
			s.log = false
			s.lo, s.hi, ok = extremes(m.Values, false)
		}
		if !ok {
			return s, false
		}
		if m.Colours == Diverging && !s.log {
			s.hi = math.Max(math.Abs(s.lo), math.Abs(s.hi))
			s.lo = -s.hi
		}
		const mostDecades = 8 // what is smaller is noise beside the rest
		if s.log {
			s.lo = math.Max(s.lo, s.hi*math.Pow(10, -mostDecades))
		}
	}
	if s.log && s.hi < 1.0001*s.lo {
		s.lo, s.hi = s.lo/2, s.hi*2
	}
	// Differences that are rounding are no picture.
	if size := math.Max(math.Abs(s.lo), math.Abs(s.hi)); !s.log && s.hi-s.lo <= 1e-12*size || s.hi == s.lo {
		pad := math.Max(1e-3*size, 1e-300)
		s.lo, s.hi = s.lo-pad, s.hi+pad
	}
	return s, true
}

// extremes are the least and the largest number, of those above 0 for a logarithm.
func extremes(x []float64, positive bool) (lo, hi float64, ok bool) {
	x = finite(x, positive)
	if len(x) == 0 {
		return 0, 0, false
	}
	return slices.Min(x), slices.Max(x), true
}

// at is where a value is on the scale, from 0 to 1.
func (s scale) at(v float64) float64 {
	if s.log {
		return (math.Log(math.Max(v, s.lo)) - math.Log(s.lo)) / (math.Log(s.hi) - math.Log(s.lo))
	}
	return (v - s.lo) / (s.hi - s.lo)
}

// ticks are the numbers beside the colours.
func (s scale) ticks() []plot.Tick {
	if s.log {
		list, numbers := decades(8).Ticks(s.lo, s.hi), 0
		for _, t := range list {
			if t.Label != "" {
				numbers++
			}
		}
		if numbers >= 2 {
			return list
		}
		return ticks(5).Ticks(s.lo, s.hi) // within a factor of less than 5 there may be no round number of a logarithm
	}
	return ticks(9).Ticks(s.lo, s.hi)
}

func (m *Map) draw(c draw.Canvas, dpi float64) error {
	switch {
	case m.Mesh == nil || m.Mesh.Dim != 2:
		return errors.New("a map needs a mesh of the plane")
	case len(m.Values) != m.Mesh.Len():
		return fmt.Errorf("%d values on %d nodes", len(m.Values), m.Mesh.Len())
	}
	w, _ := m.picture()
	c.Max.X = min(c.Max.X, c.Min.X+w) // not as wide as the widest of its column
	p := newPlot(m.Title, m.X, m.Y)
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = m.ends()
	s, ok := m.scale()
	bar := colourBar{scale: s}
	data := fit(p, draw.Crop(c, 0, -bar.width(), 0, 0), m.ratio())
	if ok {
		m.fill(data, p, s, dpi)
	}
	m.outline(data, p)
	for _, d := range m.Dots {
		dots(data, p, d.X, d.Y, ink, d.Size)
	}
	frame(data)
	if !ok {
		t := style(labelSize)
		t.XAlign, t.YAlign = draw.XCenter, draw.YCenter
		data.FillText(t, data.Center(), "no number to show")
		return nil
	}
	bar.draw(data)
	return nil
}

// fit draws axes and title of a plot and returns the canvas of its data, height over width in a ratio unless that is 0.
func fit(p *plot.Plot, c draw.Canvas, ratio float64) draw.Canvas {
	data := p.DataCanvas(c)
	w, h := data.Max.X-data.Min.X, data.Max.Y-data.Min.Y
	if ratio > 0 {
		if float64(h) > ratio*float64(w) {
			c.Min.Y += h - vg.Length(ratio)*w
		} else {
			c.Max.X -= w - h/vg.Length(ratio)
		}
	}
	// The title stands over the data, not over the axis as well.
	data = p.DataCanvas(c)
	title := p.Title.Text
	if title != "" {
		t := p.Title.TextStyle
		c.FillText(t, vg.Point{X: max(data.Center().X, c.Min.X+t.Width(title)/2), Y: c.Max.Y}, title)
		c.Max.Y -= t.Rectangle(title).Size().Y + p.Title.Padding
		p.Title.Text = ""
	}
	p.Draw(c)
	p.Title.Text = title
	return data
}

// titled is the width of a panel in which its title has room.
func titled(width vg.Length, title string) vg.Length {
	return max(width, style(titleSize).Width(title)+4)
}

// frame closes the axes to a rectangle.
func frame(c draw.Canvas) {
	c.StrokeLines(draw.LineStyle{Color: ink, Width: 0.6}, []vg.Point{
		{X: c.Min.X, Y: c.Max.Y},
		c.Max,
		{X: c.Max.X, Y: c.Min.Y},
		c.Min,
		{X: c.Min.X, Y: c.Max.Y},
	})
}

// fill paints the values, and the lines of equal ones.
func (m *Map) fill(c draw.Canvas, p *plot.Plot, s scale, dpi float64) {
	if len(m.Mesh.Cells) == 0 {
		for i := range m.Mesh.Len() {
			if v := m.Values[i]; v-v == 0 {
				x := m.Mesh.Node(i)
				dots(c, p, x[:1], x[1:], s.palette.at(s.at(v)), 3.5)
			}
		}
		return
	}
	img := m.raster(p, s, pixels(c.Max.X-c.Min.X, dpi), pixels(c.Max.Y-c.Min.Y, dpi))
	c.DrawImage(c.Rectangle, img)
	if m.Plain {
		return
	}
	px, py := p.Transforms(&c)
	for _, t := range s.ticks() {
		var path vg.Path
		for _, e := range m.level(t.Value) {
			path.Move(vg.Point{X: px(e[0]), Y: py(e[1])})
			path.Line(vg.Point{X: px(e[2]), Y: py(e[3])})
		}
		if len(path) > 0 && t.Label != "" {
			col := color.NRGBA{255, 255, 255, 150}
			if bright(s.palette.at(s.at(t.Value))) {
				col = color.NRGBA{0, 0, 0, 110}
			}
			c.SetLineStyle(draw.LineStyle{Color: col, Width: 0.5})
			c.Stroke(path)
		}
	}
}

// pixels is a length on the page in dots.
func pixels(l vg.Length, dpi float64) int { return max(2, int(math.Round(l.Dots(dpi)))) }

// outline draws the edges of the mesh, but for those on the frame.
func (m *Map) outline(c draw.Canvas, p *plot.Plot) {
	if len(m.Mesh.Cells) == 0 {
		return
	}
	px, py := p.Transforms(&c)
	var path vg.Path
	for b := m.Mesh.Boundary(); len(b) > 0; b = b[2:] {
		u, v := m.Mesh.Node(b[0]), m.Mesh.Node(b[1])
		if u[0] == v[0] && (u[0] == p.X.Min || u[0] == p.X.Max) || u[1] == v[1] && (u[1] == p.Y.Min || u[1] == p.Y.Max) {
			continue
		}
		path.Move(vg.Point{X: px(u[0]), Y: py(u[1])})
		path.Line(vg.Point{X: px(v[0]), Y: py(v[1])})
	}
	if len(path) > 0 {
		c.SetLineStyle(draw.LineStyle{Color: ink, Width: 0.8})
		c.Stroke(path)
	}
}

// dots draws points as one path, small squares where there are many.
func dots(c draw.Canvas, p *plot.Plot, x, y []float64, col color.Color, size float64) {
	if size == 0 {
		size = 2
	}
	const manyDots = 600
	r := vg.Length(size / 2)
	px, py := p.Transforms(&c)
	var path vg.Path
	for i := range x {
		at := vg.Point{X: px(x[i]), Y: py(y[i])}
		if !(at.X >= c.Min.X-1 && at.X <= c.Max.X+1 && at.Y >= c.Min.Y-1 && at.Y <= c.Max.Y+1) {
			continue
		}
		path.Move(vg.Point{X: at.X + r, Y: at.Y})
		if len(x) <= manyDots {
			path.Arc(at, r, 0, 2*math.Pi)
		} else {
			path.Line(vg.Point{X: at.X, Y: at.Y + r})
			path.Line(vg.Point{X: at.X - r, Y: at.Y})
			path.Line(vg.Point{X: at.X, Y: at.Y - r})
		}
		path.Close()
	}
	if len(path) > 0 {
		c.SetColor(col)
		c.Fill(path)
	}
}

// box is the mesh of a rectangle, in two triangles.
func box(xlo, xhi, ylo, yhi float64) *mesh.Mesh {
	return mesh.New([][]float64{{xlo, xhi}, {ylo, yhi}}, nil)
}
