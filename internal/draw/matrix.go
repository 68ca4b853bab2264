package draw

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Matrix is a table of numbers as coloured squares, the first row above. Of few entries the numbers stand there as well.
type Matrix struct {
	Title   string
	Values  [][]float64 // row by row
	Rows    []string    // names of the rows
	Columns []string    // names of the columns
	Colours Colours
	Low     float64 // ends of the scale; both 0 means those of the values
	High    float64
}

const mostNumbers = 8 // entries of a row or column that have room for numbers

func (m *Matrix) size() (w, h vg.Length) {
	n := vg.Length(max(1, len(m.Values)))
	side := min(40, 200/n)
	h = side*n + 52
	if m.upright() {
		h += widestOf(m.Columns) - 8
	}
	return titled(side*vg.Length(m.width())+m.rowNames()+50, m.Title), h
}

// upright reports whether the names of the columns are wider than these: then they stand from below to above.
func (m *Matrix) upright() bool {
	return widestOf(m.Columns) > min(40, 200/vg.Length(max(1, len(m.Values))))-4
}

func widestOf(names []string) vg.Length {
	widest := vg.Length(0)
	for _, n := range names {
		widest = max(widest, style(tickSize).Width(n))
	}
	return widest
}

func (m *Matrix) width() int {
	if len(m.Values) == 0 {
		return 1
	}
	return max(1, len(m.Values[0]))
}

func (m *Matrix) rowNames() vg.Length {
	return widestOf(m.Rows) + 12
}

func (m *Matrix) draw(c draw.Canvas, _ float64) error {
	rows, columns := len(m.Values), m.width()
	var all []float64
	for i, r := range m.Values {
		if len(r) != columns {
			return fmt.Errorf("row %d has %d entries, row 0 has %d", i, len(r), columns)
		}
		all = append(all, r...)
	}
	s, ok := (&Map{Values: all, Colours: m.Colours, Low: m.Low, High: m.High}).scale()
	if !ok {
		s.lo, s.hi = 0, 1
	}
	p := newPlot(m.Title, "", "")
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, float64(columns), 0, float64(max(1, rows))
	p.X.Tick.Marker, p.Y.Tick.Marker = names(m.Columns, 0.5), names(reversed(m.Rows), 0.5)
	p.X.Tick.Length, p.Y.Tick.Length = 0, 0
	p.X.Tick.Label.YAlign = draw.YTop
	if m.upright() {
		p.X.Tick.Label.Rotation, p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = math.Pi/2, draw.XRight, draw.YCenter
		room := slices.Clone(m.Columns)
		for i := range room {
			room[i] += "\u00a0\u00a0" // between the name and the squares
		}
		p.X.Tick.Marker = names(room, 0.5)
	}
	bar := colourBar{s}
	data := fit(p, draw.Crop(c, 0, -bar.width(), 0, 0), float64(max(1, rows))/float64(columns))
	px, py := p.Transforms(&data)
	for i, r := range m.Values {
		for j, v := range r {
			lo := vg.Point{X: px(float64(j)), Y: py(float64(rows - i - 1))}
			hi := vg.Point{X: px(float64(j + 1)), Y: py(float64(rows - i))}
			col := color.RGBA{200, 200, 200, 255}
			if v-v == 0 {
				col = s.palette.at(s.at(v))
			}
			data.FillPolygon(col, []vg.Point{lo, {X: hi.X, Y: lo.Y}, hi, {X: lo.X, Y: hi.Y}})
			if max(rows, columns) > mostNumbers {
				continue
			}
			t := style(tickSize)
			t.XAlign, t.YAlign = draw.XCenter, draw.YCenter
			if !bright(col) {
				t.Color = color.White
			}
			text := minus(strconv.FormatFloat(v, 'g', 2, 64))
			if t.Width(text) < hi.X-lo.X-2 {
				data.FillText(t, vg.Point{X: (lo.X + hi.X) / 2, Y: (lo.Y + hi.Y) / 2}, text)
			}
		}
	}
	frame(data)
	bar.draw(data)
	return nil
}

// names marks an axis with words: the first one at a place, the others one unit apart.
func names(list []string, first float64) plot.Ticker {
	return plot.TickerFunc(func(_, _ float64) []plot.Tick {
		var ts []plot.Tick
		for i, n := range list {
			ts = append(ts, plot.Tick{Value: float64(i) + first, Label: n})
		}
		return ts
	})
}

func reversed(list []string) []string {
	list = slices.Clone(list)
	slices.Reverse(list)
	return list
}
