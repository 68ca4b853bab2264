package draw

import (
	"flag"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/crux-pinn/crux/internal/mesh"
)

var rewrite = flag.Bool("rewrite", false, "write the golden pictures again")

// plate is a square with a hole, and a function on it.
func plate() (*mesh.Mesh, []float64) {
	t := mesh.Ticks(0, 1, 61)
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
	t := mesh.Ticks(-1, 1, 41)
	strip := mesh.New([][]float64{mesh.Ticks(0, 1, 41), t}, nil)
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
	}
}

// Every kind of panel looks as it did when somebody looked at it, up to a few pixels, which other versions of the fonts would change.
func TestGolden(t *testing.T) {
	for name, f := range figures() {
		got, err := f.Image(100)
		if err != nil {
			t.Fatal(err)
		}
		same(t, filepath.Join("testdata", name+".png"), got)
	}
}

// same compares a picture with a golden one: of the pixels, at most one in a thousand may differ by more than a 16th.
func same(t *testing.T, path string, got image.Image) {
	t.Helper()
	if *rewrite {
		w, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(w, got); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return
	}
	r, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // it was read
	want, err := png.Decode(r)
	if err != nil {
		t.Fatal(err)
	}
	if got.Bounds() != want.Bounds() {
		t.Fatalf("%s: %v instead of %v", path, got.Bounds(), want.Bounds())
	}
	differ := 0
	for y := range got.Bounds().Dy() {
		for x := range got.Bounds().Dx() {
			r, g, b, _ := got.At(x, y).RGBA()
			R, G, B, _ := want.At(x, y).RGBA()
			if off(r, R)|off(g, G)|off(b, B) > 1<<12 {
				differ++
			}
		}
	}
	if all := got.Bounds().Dx() * got.Bounds().Dy(); differ > all/1000 {
		t.Errorf("%s: %d of %d pixels differ; look at the picture, and go test ./internal/draw -rewrite if it is right", path, differ, all)
	}
}

func off(a, b uint32) uint32 { return max(a, b) - min(a, b) }

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
