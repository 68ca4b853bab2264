package draw

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"maps"
	"math"
	"slices"
)

// movieDPI is the resolution of a moving picture, which is looked at on a screen.
const movieDPI = 110

// Movie draws figures one after the other into a GIF that starts over at its end. The figures have panels of the same sizes. delay is the
// time of a figure in hundredths of a second; the last one stays for a second.
func Movie(figures []*Figure, delay int) ([]byte, error) {
	if len(figures) == 0 {
		return nil, errors.New("draw: a movie needs a figure")
	}
	frames := make([]image.Image, len(figures))
	for i, f := range figures {
		img, err := f.Image(movieDPI)
		if err != nil {
			return nil, err
		}
		frames[i] = img
	}
	p := common(frames)
	g := &gif.GIF{}
	for _, img := range frames {
		g.Image = append(g.Image, p.frame(img))
		g.Delay = append(g.Delay, delay)
	}
	g.Delay[len(g.Delay)-1] = max(100, delay)
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// quantised is a palette with the entry for each colour whose channels are cut to five bits.
type quantised struct {
	colours color.Palette
	entry   map[uint16]uint8
}

// five is a colour with channels of five bits.
func five(r, g, b uint32) uint16 { return uint16(r>>11<<10 | g>>11<<5 | b>>11) }

// common is a palette of at most 256 colours for all images together. It begins with the most frequent colour and takes the one that is
// missed most, by its distance from those that are there and the root of how often it is seen: the ends of a scale are rare, and not to be
// lost.
func common(images []image.Image) *quantised {
	count := map[uint16]int{}
	total := map[uint16][3]int{}
	for _, img := range images {
		for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
			for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
				r, g, b, _ := img.At(x, y).RGBA()
				k := five(r, g, b)
				count[k]++
				s := total[k]
				total[k] = [3]int{s[0] + int(r>>8), s[1] + int(g>>8), s[2] + int(b>>8)}
			}
		}
	}
	q := &quantised{entry: map[uint16]uint8{}}
	keys := slices.Sorted(maps.Keys(count))
	colours, missed := make([]color.RGBA, len(keys)), make([]float64, len(keys))
	most := 0
	for i, k := range keys {
		s, n := total[k], count[k]
		colours[i] = color.RGBA{uint8(s[0] / n), uint8(s[1] / n), uint8(s[2] / n), 255}
		missed[i] = math.Inf(1)
		if n > count[keys[most]] {
			most = i
		}
	}
	for next := most; len(q.colours) < 256 && missed[next] > 0; {
		c := colours[next]
		q.colours = append(q.colours, c)
		for i, d := range colours {
			r, g, b := float64(c.R)-float64(d.R), float64(c.G)-float64(d.G), float64(c.B)-float64(d.B)
			missed[i] = math.Min(missed[i], (r*r+g*g+b*b)*math.Sqrt(float64(count[keys[i]])))
		}
		for i := range missed {
			if missed[i] > missed[next] {
				next = i
			}
		}
	}
	for i, k := range keys {
		q.entry[k] = uint8(q.colours.Index(colours[i]))
	}
	return q
}

func (q *quantised) frame(img image.Image) *image.Paletted {
	p := image.NewPaletted(img.Bounds(), q.colours)
	for y := p.Rect.Min.Y; y < p.Rect.Max.Y; y++ {
		for x := p.Rect.Min.X; x < p.Rect.Max.X; x++ {
			r, g, b, _ := img.At(x, y).RGBA()
			p.SetColorIndex(x, y, q.entry[five(r, g, b)])
		}
	}
	return p
}
