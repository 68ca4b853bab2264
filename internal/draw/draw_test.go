package draw

import (
	"bytes"
	"image/gif"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/cases"
	"github.com/crux-pinn/crux/internal/mesh"
)

// plate is a square with a hole, and a function on it.
func plate() (*mesh.Mesh, []float64) {
	t := domain.Ticks(0, 1, 61)
	m := mesh.New([][]float64{t, t}, func(x []float64) float64 { return 0.2 - math.Hypot(x[0]-0.6, x[1]-0.4) })
	u := make([]float64, m.Len())
	for i := range u {
		x := m.Node(i)
		u[i] = math.Sin(math.Pi*x[0]) * math.Cos(2*math.Pi*x[1])
	}
	return m, u
}

// figures are one of each kind.
func figures() map[string]*Figure {
	m, u := plate()
	tiny := make([]float64, len(u))
	for i, v := range u {
		tiny[i] = 1e-6 * math.Pow(v, 4)
	}
	t := domain.Ticks(-1, 1, 41)
	strip := mesh.New([][]float64{domain.Ticks(0, 1, 41), t}, nil)
	w := make([]float64, strip.Len())
	for i := range w {
		x := strip.Node(i)
		w[i] = -math.Tanh(20*x[1]) * math.Exp(-x[0]) * 3e4
		if x[0] > 0.4 && x[0] < 0.6 && math.Abs(x[1]) < 0.2 {
			w[i] = math.NaN()
		}
	}
	var steps, fast, slow, low, high []float64
	for k := range 4000 {
		x := float64(k)
		steps, fast = append(steps, x), append(fast, 30*math.Exp(-x/180)*(1.1+math.Sin(x))+1e-9)
		slow = append(slow, 2/(1+x))
		low, high = append(low, 1/(1+x)), append(high, 3/(1+x))
	}
	var times []Line
	for k := range 5 {
		var y []float64
		for _, x := range t {
			y = append(y, math.Sin(math.Pi*(x-0.1*float64(k))))
		}
		times = append(times, Line{Name: "t = 0." + string(rune('0'+2*k)), X: t, Y: y}, Line{X: t, Y: y, Stroke: Dashed})
	}
	times[1].Name = "reference"
	long := []string{"heat_equation", "left", "other_walls"}
	return map[string]*Figure{
		"maps": {Title: "A plate", Panels: []Panel{
			&Map{Title: "T", X: "x", Y: "y", Mesh: m, Values: u, Equal: true},
			&Map{Title: "|T − reference|", X: "x", Y: "y", Mesh: m, Values: tiny, Colours: Heat, Log: true, Equal: true},
			&Map{Title: "u", X: "t", Y: "x", Mesh: strip, Values: w, Colours: Diverging, Dots: []Dots{{X: []float64{0.2, 0.7}, Y: []float64{0.5, -0.5}}}},
		}},
		"curves": {Columns: 2, Panels: []Panel{
			&Curves{Title: "losses", X: "step", Y: "loss", LogY: true, Lines: []Line{{Name: "pde", X: steps, Y: fast}, {Name: "boundary", X: steps, Y: slow, Low: low, High: high}}},
			&Curves{Title: "u at several times", X: "x", Y: "u", Ordered: true, Lines: times},
			&Curves{Title: "points", X: "x", Y: "y", Equal: true, Lines: []Line{{Name: "pde", X: times[0].Y, Y: times[6].Y, Stroke: Points}, {Name: "bc", X: t, Y: slow[:41], Stroke: Points}}},
			&Bars{Title: "residual of pde", X: "residual", Y: "points", LogY: true, Edges: []float64{-2, -1, 0, 1, 2, 3}, Counts: []float64{1, 40, 300, 25, 0}},
		}},
		"matrix": {Panels: []Panel{
			&Matrix{Title: "cosines", Values: [][]float64{{1, -0.73}, {-0.73, 1}}, Rows: []string{"pde", "boundary"}, Columns: []string{"pde", "boundary"}, Colours: Diverging, Low: -1, High: 1},
		}},
		"upright": {Panels: []Panel{
			&Matrix{Title: "names that are wider than a square", Values: [][]float64{{1, 0.2, 0.1}, {0.2, 1, 0}, {0.1, 0, 1}}, Rows: long, Columns: long, Colours: Diverging, Low: -1, High: 1},
		}},
	}
}

// Every kind of panel looks as it did when somebody looked at it, up to a few pixels, which other versions of the fonts would change.
func TestGolden(t *testing.T) {
	for name, f := range figures() {
		got, err := f.Image(100)
		if err != nil {
			t.Fatal(err)
		}
		cases.Picture(t, filepath.Join("testdata", name+".png"), got)
	}
}

// All formats are files of their kind, and a format that is none is named with those that are.
func TestFormats(t *testing.T) {
	f := figures()["maps"]
	for format, start := range map[string]string{"png": "\x89PNG", "svg": "<?xml", "pdf": "%PDF-"} {
		b, err := f.Encode(format)
		if err != nil || len(b) < 1000 || string(b[:len(start)]) != start {
			t.Errorf("%s: %d bytes, %v", format, len(b), err)
		}
		if dir := os.Getenv("DRAW_OUT"); dir != "" {
			if err := os.WriteFile(filepath.Join(dir, "maps."+format), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := f.Encode("bmp"); err == nil || err.Error() != `draw: there is no format "bmp"; take one of png, svg, pdf` {
		t.Errorf("bmp: %v", err)
	}
}

// The colours of a map are equally far apart for the eye, and their lightness goes one way, or up and down around the middle.
func TestColours(t *testing.T) {
	for _, m := range []Colours{Sequential, Heat, Diverging} {
		p := m.path()
		least, most := math.Inf(1), 0.0
		for i := 1; i < len(p); i++ {
			d := distance(p[i], p[i-1])
			least, most = math.Min(least, d), math.Max(most, d)
			rising := m != Diverging || i < len(p)/2
			if i != len(p)/2 && (p[i][0] > p[i-1][0]) != rising {
				t.Errorf("map %d: lightness %v after %v at %d", m, p[i][0], p[i-1][0], i)
			}
		}
		if t.Logf("map %d: steps from %.4f to %.4f", m, least, most); most > 1.1*least {
			t.Errorf("map %d: steps from %v to %v", m, least, most)
		}
	}
}

// Ticks are round numbers with the digits that tell them apart.
func TestTicks(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		want   string
	}{
		{0, 1, "0 0.2 0.4 0.6 0.8 1.0"},
		{-1, 1, "−1.0 −0.5 0 0.5 1.0"},
		{0, 5000, "0 1000 2000 3000 4000 5000"},
		{1e-7, 4e-7, "1·10^{−7} 2·10^{−7} 3·10^{−7} 4·10^{−7}"},
		{211.2, 211.6, "211.2 211.3 211.4 211.5 211.6"},
		{0, 0, ""},
	} {
		var got []string
		for _, k := range ticks(5).Ticks(c.lo, c.hi) {
			got = append(got, k.Label)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("[%g, %g]: %s; want %s", c.lo, c.hi, s, c.want)
		}
	}
	for _, c := range []struct {
		lo, hi float64
		want   string
	}{
		{1e-4, 1, "10^{−4} 10^{−3} 10^{−2} 10^{−1} 10^{0}"},
		{1e-30, 1, "10^{−30} 10^{−25} 10^{−20} 10^{−15} 10^{−10} 10^{−5} 10^{0}"},
		{2e-3, 3e-2, "2·10^{−3} 5·10^{−3} 10^{−2} 2·10^{−2}"},
	} {
		var got []string
		for _, k := range decades(6).Ticks(c.lo, c.hi) {
			if k.Label != "" {
				got = append(got, k.Label)
			}
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("[%g, %g]: %s; want %s", c.lo, c.hi, s, c.want)
		}
	}
}

// In the hole of a plate there is nothing, and on a line of equal values there are these values.
func TestMask(t *testing.T) {
	m, u := plate()
	f := &Map{Mesh: m, Values: u}
	p := newPlot("", "", "")
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = f.ends()
	s, _ := f.scale()
	img := f.raster(p, s, 100, 100)
	covered := 0
	for y := range 100 {
		for x := range 100 {
			_, _, _, a := img.At(x, y).RGBA()
			px, py := (float64(x)+0.5)/100, 1-(float64(y)+0.5)/100
			switch d := math.Hypot(px-0.6, py-0.4); {
			case d < 0.19 && a != 0:
				t.Fatalf("something at (%v, %v), in the hole", px, py)
			case d > 0.21 && a == 0:
				t.Fatalf("nothing at (%v, %v)", px, py)
			case a != 0:
				covered++
			}
		}
	}
	if share := float64(covered) / 1e4; math.Abs(share-(1-math.Pi*0.04)) > 0.01 {
		t.Errorf("%v is covered", share)
	}
	line := f.level(0.3)
	if len(line) == 0 {
		t.Fatal("no line")
	}
	for _, e := range line {
		if v := math.Sin(math.Pi*e[0]) * math.Cos(2*math.Pi*e[1]); math.Abs(v-0.3) > 2e-3 {
			t.Fatalf("%v at (%v, %v) on the line of 0.3", v, e[0], e[1])
		}
	}
}

// Strange data is drawn, or is an error, and nothing panics.
func TestStrange(t *testing.T) {
	m, u := plate()
	nan, inf := math.NaN(), math.Inf(1)
	fill := func(v float64) []float64 {
		x := make([]float64, len(u))
		for i := range x {
			x[i] = v
		}
		return x
	}
	empty := &mesh.Mesh{Dim: 2}
	for name, p := range map[string]Panel{
		"constant":          &Map{Mesh: m, Values: fill(3)},
		"zero":              &Map{Mesh: m, Values: fill(0), Log: true},
		"no numbers":        &Map{Mesh: m, Values: fill(nan)},
		"infinite":          &Map{Mesh: m, Values: fill(inf), Log: true},
		"tiny":              &Map{Mesh: m, Values: fill(5e-324), Log: true},
		"nothing":           &Map{Mesh: empty},
		"no lines":          &Curves{},
		"empty line":        &Curves{LogY: true, Lines: []Line{{Name: "u"}}},
		"negative":          &Curves{LogX: true, LogY: true, Lines: []Line{{X: []float64{-1, 0}, Y: []float64{-1, nan}}}},
		"one point":         &Curves{Lines: []Line{{X: []float64{1}, Y: []float64{inf}}, {X: []float64{1}, Y: []float64{2}}}},
		"huge":              &Curves{Lines: []Line{{X: []float64{0, 1e300}, Y: []float64{-1e308, 1e308}}}},
		"empty matrix":      &Matrix{},
		"matrix of nothing": &Matrix{Values: [][]float64{{nan}}},
		"no counts":         &Bars{Edges: []float64{0, 0}, Counts: []float64{0}, LogX: true, LogY: true},
	} {
		f := &Figure{Panels: []Panel{p}}
		if _, err := f.Image(30); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := f.Encode("pdf"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, p := range map[string]Panel{
		"values": &Map{Mesh: m, Values: u[:3]}, "no mesh": &Map{}, "lengths": &Curves{Lines: []Line{{X: u, Y: u[:2]}}},
		"rows": &Matrix{Values: [][]float64{{1, 2}, {3}}}, "edges": &Bars{Edges: u[:2], Counts: u[:4]},
	} {
		if _, err := (&Figure{Panels: []Panel{p}}).Encode("svg"); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if b, err := (&Figure{}).Encode("png"); err != nil || len(b) == 0 {
		t.Errorf("no panels: %v", err)
	}
}

// A movie has a frame for each figure, and stops at the last one.
func TestMovie(t *testing.T) {
	var figs []*Figure
	for k := range 3 {
		figs = append(figs, &Figure{Panels: []Panel{&Curves{Title: "u", Lines: []Line{{X: []float64{0, 1}, Y: []float64{0, float64(k)}}}, YEnds: Ends{0, 3}}}})
	}
	b, err := Movie(figs, 8)
	if err != nil {
		t.Fatal(err)
	}
	g, err := gif.DecodeAll(bytes.NewReader(b))
	if err != nil || len(g.Image) != 3 || !slices.Equal(g.Delay, []int{8, 8, 100}) {
		t.Errorf("%d frames, delays %v, %v", len(g.Image), g.Delay, err)
	}
	if _, err := Movie(nil, 8); err == nil {
		t.Error("a movie of nothing")
	}
}

// The marks of an axis stand where the data has these values: what is drawn at a tick touches it.
func TestAxesFit(t *testing.T) {
	var rec recorder.Canvas
	m := mesh.New([][]float64{domain.Ticks(0, 1, 3), domain.Ticks(0, 1, 3)}, nil)
	for name, p := range map[string]Panel{
		"map":    &Map{Title: "u", X: "x", Y: "y", Mesh: m, Values: make([]float64, 9), Equal: true},
		"curves": &Curves{Title: "u", X: "x", Y: "y", Lines: []Line{{X: []float64{0, 1}, Y: []float64{0, 1}}}, YEnds: Ends{0, 1}},
	} {
		rec.Reset()
		w, h := p.size()
		if err := p.draw(draw.NewCanvas(&rec, w, h), 100); err != nil {
			t.Fatal(err)
		}
		var frame vg.Path // the first line of five points, before that of a scale
		for _, a := range rec.Actions {
			if s, ok := a.(*recorder.Stroke); ok && len(s.Path) == 5 && frame == nil {
				frame = s.Path
			}
		}
		if frame == nil {
			t.Fatalf("%s: no frame", name)
		}
		lo, hi := frame[3].Pos, frame[1].Pos
		var x, y []float64 // of the marks, which lie outside
		for _, a := range rec.Actions {
			s, ok := a.(*recorder.Stroke)
			if !ok || len(s.Path) != 2 {
				continue
			}
			switch p, q := s.Path[0].Pos, s.Path[1].Pos; {
			case p.X == q.X && max(p.Y, q.Y) <= lo.Y:
				x = append(x, float64(p.X))
			case p.Y == q.Y && max(p.X, q.X) <= lo.X:
				y = append(y, float64(p.Y))
			}
		}
		for _, c := range []struct {
			at    vg.Length
			marks []float64
		}{{lo.X, x}, {hi.X, x}, {lo.Y, y}, {hi.Y, y}} {
			if !slices.ContainsFunc(c.marks, func(m float64) bool { return math.Abs(m-float64(c.at)) < 1e-3 }) {
				t.Errorf("%s: no mark at %v, an end of the frame, but at %v", name, c.at, c.marks)
			}
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	f := &Figure{Panels: figures()["maps"].Panels[:1]}
	for _, format := range Formats() {
		b.Run(format, func(b *testing.B) {
			for b.Loop() {
				if _, err := f.Encode(format); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A scale of colours has two numbers at least, however narrow it is.
func TestNumbersOfNarrowScales(t *testing.T) {
	for _, ends := range [][2]float64{{2.1, 3.9}, {3, 3.003}, {0.6, 0.95}, {1.5, 6}, {1e-7, 1.3e-7}} {
		n := 0
		for _, tick := range (scale{log: true, lo: ends[0], hi: ends[1]}).ticks() {
			if tick.Label != "" {
				n++
			}
		}
		if n < 2 {
			t.Errorf("%d numbers from %v to %v", n, ends[0], ends[1])
		}
	}
}
