package draw

import (
	"fmt"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Bars are counts of numbers between edges: a histogram. Counts are on a logarithmic scale with LogY, from 0.5, so that one is seen.
type Bars struct {
	Title, X, Y string
	LogX, LogY  bool
	Edges       []float64 // one more than Counts, ascending
	Counts      []float64
}

func (b *Bars) size() (w, h vg.Length) { return titled(250, b.Title), curvesHeight }

func (b *Bars) draw(c draw.Canvas, _ float64) error {
	if len(b.Edges) != len(b.Counts)+1 || len(b.Counts) == 0 {
		return fmt.Errorf("%d counts between %d edges", len(b.Counts), len(b.Edges))
	}
	p := newPlot(b.Title, b.X, b.Y)
	p.X.Min, p.X.Max = b.Edges[0], b.Edges[len(b.Edges)-1]
	if b.LogX && p.X.Min > 0 {
		logarithmic(&p.X, p.X.Min, p.X.Max)
	}
	_, most, _ := extremes(b.Counts, false)
	p.Y.Min, p.Y.Max = 0, math.Max(1, 1.05*most)
	if b.LogY {
		logarithmic(&p.Y, 0.5, math.Max(2, 2*most))
	}
	data := fit(p, c, 0)
	gridLines(data, p)
	px, py := p.Transforms(&data)
	var path vg.Path
	for i, n := range b.Counts {
		if n <= p.Y.Min {
			continue
		}
		l, r, top := px(b.Edges[i]), px(b.Edges[i+1]), py(n)
		path.Move(vg.Point{X: l, Y: data.Min.Y})
		path.Line(vg.Point{X: r, Y: data.Min.Y})
		path.Line(vg.Point{X: r, Y: top})
		path.Line(vg.Point{X: l, Y: top})
		path.Close()
	}
	if len(path) > 0 {
		data.SetColor(hues[0])
		data.Fill(path)
	}
	frame(data)
	return nil
}
