package picture

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// The picture is read back by the standard decoder: sizes are those reported, the corners of the matrix have the colours
// of the ends of the scale, and what is no number is grey.
func TestHeatmap(t *testing.T) {
	h := &Heatmap{
		Title: "cosines", Rows: 2, Columns: 2, Values: []float64{1, math.NaN(), -1, math.Inf(-1)}, Low: -1, High: 1,
		RowNames: []string{"pde", "a name that is far too long"}, ColumnNames: []string{"pde", "b"},
	}
	b, w, ht, err := h.PNG()
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil || img.Bounds().Dx() != w || img.Bounds().Dy() != ht {
		t.Fatalf("%v, %v instead of %d×%d", err, img.Bounds(), w, ht)
	}
	if w > 600 || ht > 600 || len(b) > 20000 {
		t.Errorf("%d×%d, %d bytes", w, ht, len(b))
	}
	p := palette()
	left, top := margin+nameChars*charWidth+5, margin+lineHeight+5
	for _, c := range []struct {
		x, y int
		want color.Color
	}{
		{left, top, p[scale-1]},
		{left + 299, top, p[grey]},
		{left, top + 299, p[0]},
		{left + 299, top + 299, p[0]},
		{left - 1, top - 1, p[black]},
		{0, 0, p[white]},
	} {
		if got := img.At(c.x, c.y); got != c.want {
			t.Errorf("pixel %d,%d is %v, want %v", c.x, c.y, got, c.want)
		}
	}
}

// Values whose range overflows, equal values and no numbers at all have a picture; sizes that do not fit have an error.
func TestHeatmapLimits(t *testing.T) {
	for _, v := range [][]float64{{-math.MaxFloat64, math.MaxFloat64}, {2, 2}, {math.NaN(), math.Inf(1)}, {0, 0}} {
		if _, _, _, err := (&Heatmap{Rows: 1, Columns: 2, Values: v}).PNG(); err != nil {
			t.Errorf("%v: %v", v, err)
		}
	}
	if got := shade(0, -math.MaxFloat64, math.MaxFloat64); got != (scale-1)/2 {
		t.Errorf("the middle of the scale is %d", got)
	}
	for _, h := range []*Heatmap{{}, {Rows: 2, Columns: 2, Values: make([]float64, 3)}, {Rows: 5000, Columns: 1, Values: make([]float64, 5000)}} {
		if _, _, _, err := h.PNG(); err == nil || !strings.HasPrefix(err.Error(), "picture: ") {
			t.Errorf("%d×%d: %v", h.Rows, h.Columns, err)
		}
	}
}

// The fullest bin reaches the top, an empty one has no bar, and one value is still seen beside a million.
func TestHistogram(t *testing.T) {
	h := &Histogram{Title: "r", Edges: []float64{-1, 0, 1, 2, 3}, Counts: []int{1000000, 0, 1, 7}}
	b, w, ht, err := h.PNG()
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil || img.Bounds().Dx() != w || img.Bounds().Dy() != ht {
		t.Fatal(err)
	}
	p := palette()
	left, top := margin+textWidth("1000000")+5, margin+lineHeight+5
	bar := func(i int) (height int) {
		for y := top; y < top+200; y++ {
			if img.At(left+100*i+50, y) == p[blue] {
				height++
			}
		}
		return height
	}
	// 200·log(1+k)/log(1+10⁶)
	for i, want := range []int{200, 0, 10, 30} {
		if got := bar(i); got != want {
			t.Errorf("bar %d is %d high, want %d", i, got, want)
		}
	}
	for _, bad := range []*Histogram{{}, {Edges: []float64{0, 1}, Counts: []int{1, 2}}, {Edges: make([]float64, 3001), Counts: make([]int, 3000)}} {
		if _, _, _, err := bad.PNG(); err == nil {
			t.Errorf("%d counts: no error", len(bad.Counts))
		}
	}
}

// Whatever is in a picture, the standard decoder finds the same pixels, and letters are where a general drawer puts them.
func TestPNGHoldsThePixels(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, size := range []image.Point{{1, 1}, {3, 2}, {257, 61}} {
		c := newCanvas(size.X, size.Y)
		for i := range c.Pix {
			if rng.IntN(3) > 0 {
				c.Pix[i] = uint8(rng.IntN(256))
			}
		}
		want := image.NewPaletted(c.Rect, c.Palette)
		copy(want.Pix, c.Pix)
		c.write(-5, 20, "step 12, é", black)
		d := font.Drawer{Dst: want, Src: image.NewUniform(c.Palette[black]), Face: basicfont.Face7x13, Dot: fixed.P(-5, 20+ascent)}
		d.DrawString("step 12, é")
		b, w, h, err := c.png()
		if err != nil || w != size.X || h != size.Y {
			t.Fatal(w, h, err)
		}
		img, err := png.Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := img.(*image.Paletted); !ok || !bytes.Equal(got.Pix, want.Pix) {
			t.Errorf("%v: other pixels", size)
		}
	}
}

func BenchmarkHeatmap(b *testing.B) {
	h := &Heatmap{Title: "loss landscape, step 500", Rows: 15, Columns: 15, Values: make([]float64, 225)}
	for i := range h.Values {
		h.Values[i] = float64(i)
	}
	for b.Loop() {
		if _, _, _, err := h.PNG(); err != nil {
			b.Fatal(err)
		}
	}
}

// A falling curve on a logarithmic axis goes through both corners; gaps, one point and curves of equal values are drawn,
// what does not fit is an error.
func TestLines(t *testing.T) {
	l := &Lines{Title: "loss", Log: true, Curves: []Curve{
		{"a", []float64{0, 1, 2}, []float64{1e4, 1, 1e-4}},
		{"b", []float64{0, 1, 2}, []float64{1, -1, math.NaN()}},
	}}
	b, w, ht, err := l.PNG()
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil || img.Bounds().Dx() != w || img.Bounds().Dy() != ht {
		t.Fatalf("%v, %v instead of %d×%d", err, img.Bounds(), w, ht)
	}
	left, top := margin+textWidth("-1.234e-10")+5, margin+lineHeight+5
	p := palette()
	for _, c := range []struct {
		x, y int
		want color.Color
	}{{left, top, p[0]}, {left + 419, top + 219, p[0]}, {left + 210, top + 109, p[0]}, {left + 300, top + 20, p[white]}, {left, top + 109, p[scale-30]}} {
		if got := img.At(c.x, c.y); got != c.want {
			t.Errorf("pixel %d,%d is %v, want %v", c.x, c.y, got, c.want)
		}
	}
	for _, y := range [][]float64{{2, 2}, {-math.MaxFloat64, math.MaxFloat64}} {
		if _, _, _, err := (&Lines{Curves: []Curve{{"c", []float64{1, 1}, y}}}).PNG(); err != nil {
			t.Error(err)
		}
	}
	for _, l := range []*Lines{{}, {Curves: make([]Curve, 9)}, {Curves: []Curve{{"c", []float64{1}, nil}}}, {Log: true, Curves: []Curve{{"c", []float64{1}, []float64{-1}}}}} {
		if _, _, _, err := l.PNG(); err == nil || !strings.HasPrefix(err.Error(), "picture: ") {
			t.Errorf("%+v: %v", l, err)
		}
	}
}
