package draw

import (
	"image/color"
	"math"
)

// Colours are those of a Map or a Matrix.
type Colours int

// The colour maps. Equal steps of values are equal steps for the eye, and the lightness rises, or falls on both sides of the middle, so
// that they can be read in grey and by those who do not tell red from green.
const (
	Sequential Colours = iota // violet, blue, green, yellow: for fields
	Heat                      // black, purple, orange, cream: for what should be zero, such as errors
	Diverging                 // blue, white, red: for numbers with a middle, such as cosines
)

// stop is a colour in OKLab, the space of Ottosson (2020) in which distances are differences for the eye, by lightness, chroma and hue in
// degrees.
type stop struct{ l, c, h float64 }

// The maps are smooth paths through these stops at equal lengths of the path.
var stops = [...][]stop{
	Sequential: {{0.29, 0.125, 312}, {0.42, 0.12, 282}, {0.55, 0.085, 235}, {0.67, 0.11, 172}, {0.79, 0.165, 142}, {0.92, 0.18, 104}},
	Heat:       {{0.16, 0.03, 290}, {0.31, 0.13, 300}, {0.47, 0.17, 345}, {0.63, 0.19, 22}, {0.79, 0.125, 60}, {0.96, 0.06, 95}},
	Diverging: {
		{0.36, 0.13, 262},
		{0.55, 0.13, 254},
		{0.76, 0.075, 245},
		{0.95, 0.004, 150},
		{0.76, 0.09, 40},
		{0.55, 0.155, 30},
		{0.36, 0.12, 27},
	},
}

// Table is the colours at equal steps of value, from the lowest.
func (m Colours) Table() []color.RGBA { return m.table() }

// palette is a colour map as a table.
type palette []color.RGBA

// shades is the number of colours of a palette.
const shades = 256

// table lays the path of a map out at equal steps.
func (m Colours) table() palette {
	lab := m.path()
	p := make(palette, len(lab))
	for i, c := range lab {
		p[i] = rgb(c)
	}
	return p
}

// path is the map in OKLab, with equal distances between neighbours.
func (m Colours) path() [][3]float64 {
	const fine = 4000
	var raw [][3]float64
	length := []float64{0}
	for i := range fine + 1 {
		raw = append(raw, lab(spline(stops[m], float64(i)/fine)))
		if i > 0 {
			length = append(length, length[i-1]+distance(raw[i], raw[i-1]))
		}
	}
	out := make([][3]float64, shades)
	middle, k := length[fine]/2, 0
	if m == Diverging { // white is in the middle, though blue is farther from it than red is
		middle = length[fine/2]
	}
	for i := range out {
		at := 2 * middle * float64(i) / (shades - 1)
		if at > middle {
			at = middle + (length[fine]-middle)*(2*float64(i)/(shades-1)-1)
		}
		for k < fine-1 && length[k+1] < at {
			k++
		}
		f := (at - length[k]) / (length[k+1] - length[k])
		for j := range 3 {
			out[i][j] = raw[k][j] + f*(raw[k+1][j]-raw[k][j])
		}
	}
	return out
}

func distance(a, b [3]float64) float64 {
	return math.Sqrt((a[0]-b[0])*(a[0]-b[0]) + (a[1]-b[1])*(a[1]-b[1]) + (a[2]-b[2])*(a[2]-b[2]))
}

// spline is the Catmull–Rom curve through the stops, in OKLab so that hues turn no detours.
func spline(s []stop, t float64) [3]float64 {
	x := t * float64(len(s)-1)
	k := min(int(x), len(s)-2)
	f := x - float64(k)
	at := func(i int) [3]float64 {
		q := s[min(max(i, 0), len(s)-1)]
		return [3]float64{q.l, q.c * math.Cos(q.h*math.Pi/180), q.c * math.Sin(q.h*math.Pi/180)}
	}
	a, b, c, d := at(k-1), at(k), at(k+1), at(k+2)
	var out [3]float64
	for j := range 3 {
		out[j] = b[j] + f/2*(c[j]-a[j]+f*(2*a[j]-5*b[j]+4*c[j]-d[j]+f*(3*(b[j]-c[j])+d[j]-a[j])))
	}
	return out
}

// lab keeps a colour, less colourful if need be, among those that a screen has.
func lab(c [3]float64) [3]float64 {
	for range 50 {
		r, g, b := linear(c)
		if min(r, g, b) >= -1e-4 && max(r, g, b) <= 1+1e-4 {
			break
		}
		c[1], c[2] = 0.98*c[1], 0.98*c[2]
	}
	return c
}

// linear is OKLab as linear light of red, green and blue (Ottosson 2020).
func linear(c [3]float64) (r, g, b float64) {
	l := c[0] + 0.3963377774*c[1] + 0.2158037573*c[2]
	m := c[0] - 0.1055613458*c[1] - 0.0638541728*c[2]
	s := c[0] - 0.0894841775*c[1] - 1.2914855480*c[2]
	l, m, s = l*l*l, m*m*m, s*s*s
	return 4.0767416621*l - 3.3077115913*m + 0.2309699292*s,
		-1.2684380046*l + 2.6097574011*m - 0.3413193965*s,
		-0.0041960863*l - 0.7034186147*m + 1.7076147010*s
}

// rgb is OKLab as sRGB.
func rgb(c [3]float64) color.RGBA {
	channel := func(v float64) uint8 {
		v = min(max(v, 0), 1)
		if v <= 0.0031308 {
			v *= 12.92
		} else {
			v = 1.055*math.Pow(v, 1/2.4) - 0.055
		}
		return uint8(255*v + 0.5)
	}
	r, g, b := linear(c)
	return color.RGBA{channel(r), channel(g), channel(b), 255}
}

// bright reports whether black is seen better on a colour than white.
func bright(c color.RGBA) bool {
	return 0.3*float64(c.R)+0.59*float64(c.G)+0.11*float64(c.B) > 130
}

// at is the colour of t in [0, 1].
func (p palette) at(t float64) color.RGBA {
	return p[int(min(max(t, 0), 1)*float64(len(p)-1)+0.5)]
}

// hues tell lines apart: Okabe & Ito (2008), whose colours people see as different whatever cones they have; black is for what is known.
var hues = []color.RGBA{
	{0, 114, 178, 255}, {213, 94, 0, 255}, {0, 158, 115, 255}, {204, 121, 167, 255}, {230, 159, 0, 255}, {86, 180, 233, 255}, {
		110, 110,
		110, 255,
	}, {240, 228, 66, 255},
}

// sequence is n colours for lines of which one follows the other; the lightest would not be seen on white.
func sequence(n int) []color.RGBA {
	p := Sequential.table()
	list := make([]color.RGBA, n)
	for i := range list {
		list[i] = p.at(0.85 * float64(i) / float64(max(1, n-1)))
	}
	return list
}
