package draw

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Body is the surface of a solid, seen from in front, above and the right, where each triangle belongs to one of several parts.
type Body struct {
	Title     string
	Triangles [][3][3]float64 // corners counter-clockwise as seen from outside
	Part      []int           // of each triangle, a place among Names, or −1 for none, which is grey
	Names     []string        // of the parts, to the right
	Axes      [3]string       // names of the coordinates
}

const bodyWidth, bodyHeight = 300, 260 // in points, without the legend

func (s *Body) legend() *Curves {
	c := &Curves{}
	for _, n := range s.Names {
		c.Lines = append(c.Lines, Line{Name: n})
	}
	return c
}

func (s *Body) size() (w, h vg.Length) {
	return titled(bodyWidth+s.legend().legendWidth(), s.Title), bodyHeight
}

// view turns the world so that x runs to the right and to the viewer, y to the right and away, z up: isometric from above.
func view(p [3]float64) (x, y, depth float64) {
	const turn, lift = 0.6, 0.45 // radians
	sin, cos := math.Sincos(turn)
	along, away := cos*p[0]+sin*p[1], -sin*p[0]+cos*p[1]
	up, high := math.Sincos(lift)
	return along, high*p[2] + up*away, high*away - up*p[2]
}

func (s *Body) draw(c draw.Canvas, _ float64) error {
	if len(s.Part) != len(s.Triangles) {
		return fmt.Errorf("%d triangles, and parts of %d", len(s.Triangles), len(s.Part))
	}
	st := titleStyle(titleSize)
	st.XAlign, st.YAlign = draw.XLeft, draw.YTop
	c.FillText(st, vg.Point{X: c.Min.X + 4, Y: c.Max.Y - 2}, s.Title)
	lo, hi := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	type seen struct {
		i     int
		depth float64
		at    [3][2]float64
	}
	var list []seen
	for i, t := range s.Triangles {
		v := seen{i: i}
		for k, p := range t {
			x, y, d := view(p)
			v.at[k] = [2]float64{x, y}
			v.depth += d / 3
			lo, hi = [2]float64{min(lo[0], x), min(lo[1], y)}, [2]float64{max(hi[0], x), max(hi[1], y)}
		}
		a, b := v.at[1], v.at[2]
		if (a[0]-v.at[0][0])*(b[1]-v.at[0][1])-(a[1]-v.at[0][1])*(b[0]-v.at[0][0]) > 0 { // it faces the viewer
			list = append(list, v)
		}
	}
	slices.SortStableFunc(list, func(a, b seen) int { // what is far comes first
		switch {
		case a.depth > b.depth:
			return -1
		case a.depth < b.depth:
			return 1
		}
		return 0
	})
	legend := s.legend().legendWidth()
	w, h := float64(c.Max.X-c.Min.X-legend)-24, float64(c.Max.Y-c.Min.Y)-44
	scale := min(w/max(hi[0]-lo[0], 1e-300), h/max(hi[1]-lo[1], 1e-300))
	place := func(p [2]float64) vg.Point {
		return vg.Point{
			X: c.Min.X + 12 + vg.Length((w-scale*(hi[0]-lo[0]))/2+scale*(p[0]-lo[0])),
			Y: c.Min.Y + 22 + vg.Length((h-scale*(hi[1]-lo[1]))/2+scale*(p[1]-lo[1])),
		}
	}
	for _, v := range list {
		paint := color.RGBA{0xc8, 0xc8, 0xc8, 0xff}
		if k := s.Part[v.i]; k >= 0 {
			paint = hues[k%len(hues)]
		}
		paint = lit(paint, s.Triangles[v.i])
		corners := []vg.Point{place(v.at[0]), place(v.at[1]), place(v.at[2])}
		c.FillPolygon(paint, corners)
		c.StrokeLines(draw.LineStyle{Color: paint, Width: 0.25}, append(corners, corners[0])) // hides the seams between neighbours
	}
	s.tripod(c)
	text := style(tickSize)
	text.YAlign = draw.YCenter
	for k, n := range s.Names {
		y := c.Max.Y - 26 - vg.Length(k)*13
		x := c.Max.X - legend + 8
		c.FillPolygon(hues[k%len(hues)], []vg.Point{{X: x, Y: y - 4}, {X: x + 10, Y: y - 4}, {X: x + 10, Y: y + 4}, {X: x, Y: y + 4}})
		c.FillText(text, vg.Point{X: x + keyLength + 4, Y: y}, n)
	}
	return nil
}

// lit is a colour under a lamp above the left shoulder of the viewer.
func lit(c color.RGBA, t [3][3]float64) color.RGBA {
	var a, b, n [3]float64
	for k := range 3 {
		a[k], b[k] = t[1][k]-t[0][k], t[2][k]-t[0][k]
	}
	length, shine := 0.0, 0.0
	lamp := [3]float64{0.2, -0.55, 0.81}
	for k := range 3 {
		n[k] = a[(k+1)%3]*b[(k+2)%3] - a[(k+2)%3]*b[(k+1)%3]
		length += n[k] * n[k]
		shine += n[k] * lamp[k]
	}
	if length > 0 {
		shine /= math.Sqrt(length)
	}
	l := 0.62 + 0.38*max(shine, 0)
	return color.RGBA{uint8(l * float64(c.R)), uint8(l * float64(c.G)), uint8(l * float64(c.B)), c.A}
}

// tripod shows where the axes run.
func (s *Body) tripod(c draw.Canvas) {
	from := vg.Point{X: c.Min.X + 22, Y: c.Min.Y + 20}
	text := style(tickSize)
	text.XAlign, text.YAlign = draw.XCenter, draw.YCenter
	for k, name := range s.Axes {
		var e [3]float64
		e[k] = 1
		x, y, _ := view(e)
		tip := vg.Point{X: from.X + vg.Length(16*x), Y: from.Y + vg.Length(16*y)}
		c.StrokeLines(draw.LineStyle{Color: color.Gray{0x40}, Width: 0.8}, []vg.Point{from, tip})
		c.FillText(text, vg.Point{X: from.X + vg.Length(24*x), Y: from.Y + vg.Length(24*y)}, name)
	}
}
