package draw

import (
	"fmt"
	"image/color"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const (
	titleSize = 10
	labelSize = 9
	tickSize  = 8
)

var (
	ink  = color.Gray{40}
	pale = color.Gray{225}
)

// style is sans-serif text.
func style(size vg.Length) text.Style {
	return text.Style{
		Color: ink, Font: font.Font{Typeface: "Liberation", Variant: "Sans", Size: size},
		Handler: markup{text.Plain{Fonts: font.DefaultCache}},
	}
}

func titleStyle(size vg.Length) text.Style { return style(size) }

// newPlot is a plot in the style of all figures.
func newPlot(title, x, y string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	p.Title.Text, p.Title.TextStyle, p.Title.Padding = title, titleStyle(titleSize), 5
	p.Title.TextStyle.XAlign, p.Title.TextStyle.YAlign = draw.XCenter, draw.YTop
	for _, a := range []struct {
		axis *plot.Axis
		name string
	}{{&p.X, x}, {&p.Y, y}} {
		label, tick := a.axis.Label.TextStyle, a.axis.Tick.Label
		a.axis.Label.Text = a.name
		a.axis.Label.TextStyle = style(labelSize)
		a.axis.Label.TextStyle.XAlign, a.axis.Label.TextStyle.YAlign, a.axis.Label.TextStyle.Rotation = label.XAlign, label.YAlign, label.Rotation
		a.axis.Tick.Label = style(tickSize)
		a.axis.Tick.Label.XAlign, a.axis.Tick.Label.YAlign = tick.XAlign, tick.YAlign
		a.axis.Label.Padding, a.axis.Padding, a.axis.Tick.Length = 3, 0, 3
		a.axis.Tick.Marker = ticks(5)
		a.axis.LineStyle = draw.LineStyle{Color: ink, Width: 0.6}
		a.axis.Tick.LineStyle = a.axis.LineStyle
	}
	return p
}

// ticks marks an axis at about n round numbers.
func ticks(n int) plot.Ticker {
	return plot.TickerFunc(func(lo, hi float64) []plot.Tick {
		step := roundStep((hi - lo) / float64(n))
		if !(step > 0) || math.IsInf(step, 0) {
			return nil
		}
		var list []plot.Tick
		for k := math.Ceil(lo/step - 1e-6); k*step <= hi+1e-6*step && len(list) < 100; k++ {
			list = append(list, plot.Tick{Value: k * step, Label: label(k*step, step)})
		}
		return list
	})
}

// roundStep is 1, 2 or 5 times a power of ten, at least about x.
func roundStep(x float64) float64 {
	base := math.Pow(10, math.Floor(math.Log10(x)))
	for _, f := range []float64{1, 2, 5} {
		if f*base >= 0.85*x {
			return f * base
		}
	}
	return 10 * base
}

// label writes a tick with the digits that tell it from its neighbours.
func label(v, step float64) string {
	if math.Abs(v) < step/2 {
		return "0"
	}
	size, fine := math.Floor(math.Log10(math.Abs(v)*(1+1e-9))), math.Floor(math.Log10(step*(1+1e-9)))
	if size >= 5 || size <= -4 {
		digits := int(math.Max(0, size-fine))
		mantissa := fmt.Sprintf("%.*f", digits, v/math.Pow(10, size))
		return minus(mantissa + "·" + power(int(size)))
	}
	return minus(fmt.Sprintf("%.*f", int(math.Max(0, -fine)), v))
}

func power(k int) string { return fmt.Sprintf("10^{%d}", k) }

// minus is a number with a minus sign that is as wide as a plus.
func minus(s string) string { return strings.ReplaceAll(s, "-", "−") }

// decades marks a logarithmic axis at powers of ten, about n of them with a label.
func decades(n int) plot.Ticker {
	return plot.TickerFunc(func(lo, hi float64) []plot.Tick {
		if !(lo > 0 && hi > lo) {
			return nil
		}
		first, last := int(math.Floor(math.Log10(lo)+1e-9)), int(math.Ceil(math.Log10(hi)-1e-9))
		every := max(1, int(math.Ceil(float64(last-first)/float64(n))))
		var list []plot.Tick
		labels := 0
		for k := first; k <= last; k++ {
			v := math.Pow(10, float64(k))
			if t := (plot.Tick{Value: v}); v >= lo*(1-1e-9) && v <= hi*(1+1e-9) {
				if k%every == 0 {
					t.Label, labels = minus(power(k)), labels+1
				}
				list = append(list, t)
			}
			for j := 2; j < 10 && every == 1; j++ {
				if w := v * float64(j); w >= lo && w <= hi {
					list = append(list, plot.Tick{Value: w})
				}
			}
		}
		if labels >= 2 {
			return list
		}
		for i, t := range list { // less than two decades: numbers between them help
			k := int(math.Floor(math.Log10(t.Value) + 1e-9))
			lead := math.Round(t.Value / math.Pow(10, float64(k)))
			switch {
			case lead != 1 && lead != 2 && lead != 5:
			case k >= -1 && k <= 2:
				list[i].Label = strconv.FormatFloat(lead*math.Pow(10, float64(k)), 'g', 3, 64)
			case lead > 1:
				list[i].Label = minus(fmt.Sprintf("%.0f·%s", lead, power(k)))
			}
		}
		return list
	})
}

// logarithmic makes an axis logarithmic.
func logarithmic(a *plot.Axis, lo, hi float64) {
	a.Scale, a.Tick.Marker = plot.LogScale{}, decades(6)
	a.Min, a.Max = lo, hi
}

// markup is plain text in which ^{…} is raised, as in 10^{-3}. All else stands for itself.
type markup struct{ text.Plain }

// run is a part of a line.
type run struct {
	text   string
	raised bool
}

func runs(s string) []run {
	var list []run
	for {
		before, rest, ok := strings.Cut(s, "^{")
		up, after, closed := strings.Cut(rest, "}")
		if !ok || !closed {
			return append(list, run{text: s})
		}
		if before != "" {
			list = append(list, run{text: before})
		}
		list, s = append(list, run{up, true}), after
		if s == "" {
			return list
		}
	}
}

const small = 0.72 // of the size of the text, for what is raised

func (r run) font(f font.Font) font.Font {
	if r.raised {
		f.Size *= small
	}
	return f
}

// Box implements text.Handler.
func (m markup) Box(s string, f font.Font) (width, height, depth vg.Length) {
	for _, r := range runs(s) {
		w, h, d := m.Plain.Box(r.text, r.font(f))
		width += w
		if !r.raised {
			height, depth = max(height, h), max(depth, d)
		}
	}
	return width, height, depth
}

// Draw implements text.Handler.
func (m markup) Draw(c vg.Canvas, s string, sty text.Style, at vg.Point) {
	if !strings.Contains(s, "^{") {
		m.Plain.Draw(c, s, sty, at)
		return
	}
	if sty.Rotation != 0 {
		c.Push()
		defer c.Pop()
		c.Rotate(sty.Rotation)
	}
	// The point is turned, rather than the canvas moved: letters of images are blurred by a move of less than a pixel.
	sin, cos := math.Sincos(sty.Rotation)
	at.X, at.Y = at.Y*vg.Length(sin)+at.X*vg.Length(cos), at.Y*vg.Length(cos)-at.X*vg.Length(sin)
	width, _, _ := m.Box(s, sty.Font)
	at.X += vg.Length(sty.XAlign) * width
	at.Y += sty.Font.Size + vg.Length(sty.YAlign)*sty.Height(s) - sty.FontExtents().Ascent // as Plain sets a line
	c.SetColor(sty.Color)
	for _, r := range runs(s) {
		f := r.font(sty.Font)
		part := m.Fonts.Lookup(f, f.Size)
		up := vg.Length(0)
		if r.raised {
			up = 0.38 * sty.Font.Size
		}
		c.FillString(part, vg.Point{X: at.X, Y: at.Y + up}, r.text)
		at.X += part.Width(r.text)
	}
}
