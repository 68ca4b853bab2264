package cli

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/draw"
	"github.com/crux-pinn/crux/internal/gallery"
	"github.com/crux-pinn/crux/internal/problemfile"
	ph "github.com/crux-pinn/crux/placeholder"
)

// smallPicture is a field as the characters of a terminal show it: a map with two pixels in a character, or a curve of dots. It is
// evaluated once a second.
type smallPicture struct {
	problem *problemfile.Problem
	colours int // that the terminal has; 0 draws in grades of black
	shown   int // 0 for none, else which of the problem's functions, from 1

	grid  *grid // on which it is evaluated; nil before the first time
	eval  *crux.Evaluator
	drawn time.Time
	last  []string
}

const (
	pictureEvery = time.Second
	widest       = 72 // characters
	highest      = 16
	lowest       = 3
)

func (v *smallPicture) components() (list []problemfile.Field) {
	for _, f := range v.problem.Fields {
		list = append(list, f.Components()...)
	}
	return list
}

// next shows the next function, and none after the last.
func (v *smallPicture) next() {
	v.shown = (v.shown + 1) % (len(v.components()) + 1)
	v.grid = nil
}

// lines are the picture with a line that says what it shows, in a window of so many columns and rows.
func (v *smallPicture) lines(r *crux.Run, now time.Time, cols, rows int) ([]string, error) {
	if v.shown == 0 {
		return nil, nil
	}
	if rows-1 < lowest || cols < lowest {
		return []string{"the window is too small for a picture"}, nil
	}
	f := v.components()[v.shown-1]
	g := newGrid(v.problem, f.Coords, end(r, v.problem), min(cols, widest), min(rows-1, highest))
	if v.grid != nil && v.grid.equal(g) && now.Sub(v.drawn) < pictureEvery {
		return v.last, nil
	}
	if v.grid == nil || !v.grid.equal(g) {
		cloud, err := r.Cloud(domain.At(f.Coords, g.points(f.Coords)), "picture")
		if err != nil {
			return nil, err
		}
		if v.eval, err = r.CompileOn(f.Expr, cloud); err != nil {
			return nil, err
		}
		v.grid = g
	}
	values, err := v.eval.Eval()
	if err != nil {
		return nil, err
	}
	v.drawn, v.last = now, v.grid.draw(f.Name, values.RawMatrix().Data, v.colours)
	return v.last, nil
}

// end is the time up to which there is a solution: the end of the window that is trained.
func end(r *crux.Run, p *problemfile.Problem) float64 {
	if list := r.Solver().Windows(); list != nil {
		k, _ := r.Stage()
		return list[k].To
	}
	if p.Time == nil {
		return 0
	}
	_, hi := p.Bounds(p.Time)
	return hi
}

// grid are the middles of pixels over one or two coordinates; the others have a value.
type grid struct {
	section    gallery.Section
	lo, hi     [2]float64 // of the running coordinates
	nx, ny     int        // pixels; ny is 1 of a curve
	cols, rows int        // characters
	inside     []bool     // row by row from the top; nil if all are
}

// newGrid cuts a function of more than two coordinates at the last time, and then in the middle of the last ones.
func newGrid(p *problemfile.Problem, coords []*ph.Coord, last float64, cols, rows int) *grid {
	g := &grid{cols: cols, rows: rows}
	free := slices.Clone(coords)
	for len(free) > 2 {
		k := len(free) - 1
		at := gallery.Place{Coord: free[k]}
		lo, hi := p.Bounds(free[k])
		at.Value = lo/2 + hi/2
		if i := slices.Index(free, p.Time); i >= 0 {
			k, at = i, gallery.Place{Coord: p.Time, Value: last}
		}
		free = slices.Delete(free, k, k+1)
		g.section.Fixed = append(g.section.Fixed, at)
	}
	g.section.Free = free
	for i, c := range free {
		g.lo[i], g.hi[i] = p.Bounds(c)
	}
	if len(free) == 1 {
		g.nx, g.ny = 2*cols, 1
		return g
	}
	g.nx, g.ny = cols, 2*rows
	if !slices.Contains(free, p.Time) { // a shape looks as it is
		wide := (g.hi[0] - g.lo[0]) / (g.hi[1] - g.lo[1])
		g.nx = max(1, min(cols, int(math.Round(float64(g.ny)*wide))))
		g.ny = max(1, min(g.ny, 2*int(math.Ceil(float64(g.nx)/wide/2))))
	}
	if distance := g.section.Distance(p); distance != nil {
		g.inside = make([]bool, g.nx*g.ny)
		for i := range g.inside {
			x := g.at(i)
			g.inside[i] = distance(x[:]) <= 0
		}
	}
	return g
}

// equal reports whether two grids of one function are the same.
func (g *grid) equal(h *grid) bool {
	return g.cols == h.cols && g.rows == h.rows && slices.Equal(g.section.Fixed, h.section.Fixed)
}

// at is where pixel i is.
func (g *grid) at(i int) (x [2]float64) {
	x[0] = g.lo[0] + (g.hi[0]-g.lo[0])*(float64(i%g.nx)+0.5)/float64(g.nx)
	x[1] = g.hi[1] - (g.hi[1]-g.lo[1])*(float64(i/g.nx)+0.5)/float64(g.ny)
	return x
}

// points are the middles of all pixels with all coordinates.
func (g *grid) points(coords []*ph.Coord) []float64 {
	var list []float64
	for i := range g.nx * g.ny {
		x := g.at(i)
		for _, c := range coords {
			if k := slices.Index(g.section.Free, c); k >= 0 {
				list = append(list, x[k])
				continue
			}
			k := slices.IndexFunc(g.section.Fixed, func(p gallery.Place) bool { return p.Coord == c })
			list = append(list, g.section.Fixed[k].Value)
		}
	}
	return list
}

// draw draws values at the pixels.
func (g *grid) draw(name string, values []float64, colours int) []string {
	low, high := math.Inf(1), math.Inf(-1)
	for i, v := range values {
		if (g.inside == nil || g.inside[i]) && !math.IsNaN(v) && !math.IsInf(v, 0) {
			low, high = min(low, v), max(high, v)
		}
	}
	over := g.section.Free[0].Name() + " →"
	ends := fmt.Sprintf("from %.4g to %.4g", low, high)
	var rows []string
	switch {
	case g.ny == 1:
		rows = g.curve(values, low, high)
	case colours == 0:
		over += ", " + g.section.Free[1].Name() + " ↑"
		rows = g.grey(values, low, high)
	default:
		over += ", " + g.section.Free[1].Name() + " ↑"
		palette := draw.Sequential.Table()
		mark := func(t float64) string {
			return paint(palette[int(t*float64(len(palette)-1))], colours, 38) + "█" + colourEnd
		}
		ends = fmt.Sprintf("from %.4g %s to %.4g %s", low, mark(0), high, mark(1))
		rows = g.coloured(values, low, high, palette, colours)
	}
	title := fmt.Sprintf("%s over %s, %s", name, over, ends)
	if at := g.section.Label(); at != "" {
		title += ", at " + at
	}
	return append(rows, title)
}

// part is where a value lies between the ends, from 0 to 1; ok is false where there is none.
func (g *grid) part(values []float64, i int, low, high float64) (t float64, ok bool) {
	if i >= len(values) || g.inside != nil && !g.inside[i] || math.IsNaN(values[i]) || math.IsInf(values[i], 0) {
		return 0, false
	}
	if high == low {
		return 0.5, true
	}
	return (values[i] - low) / (high - low), true
}

// grey draws each pair of pixels as one character, the darker the larger.
func (g *grid) grey(values []float64, low, high float64) (rows []string) {
	for j := 0; j < g.ny; j += 2 {
		var b strings.Builder
		for i := range g.nx {
			t, up := g.part(values, j*g.nx+i, low, high)
			s, down := g.part(values, (j+1)*g.nx+i, low, high)
			c := ' '
			switch {
			case up && down:
				t = (t + s) / 2
			case down:
				t = s
			}
			if up || down {
				c = []rune("·░▒▓█")[min(int(5*t), 4)]
			}
			b.WriteRune(c)
		}
		rows = append(rows, b.String())
	}
	return rows
}

// colourEnd ends a colour.
const colourEnd = "\x1b[0m"

// paint is the sequence for a colour, of letters (38) or of the ground (48).
func paint(c color.RGBA, colours, what int) string {
	if colours > 256 {
		return fmt.Sprintf("\x1b[%d;2;%d;%d;%dm", what, c.R, c.G, c.B)
	}
	level := func(v uint8) int { return (int(v)*5 + 127) / 255 } // the cube of colours 16 to 231
	return fmt.Sprintf("\x1b[%d;5;%dm", what, 16+36*level(c.R)+6*level(c.G)+level(c.B))
}

// coloured draws two pixels as one character: the upper half of a block on a ground.
func (g *grid) coloured(values []float64, low, high float64, palette []color.RGBA, colours int) (rows []string) {
	for j := 0; j < g.ny; j += 2 {
		var b strings.Builder
		for i := range g.nx {
			t, up := g.part(values, j*g.nx+i, low, high)
			s, down := g.part(values, (j+1)*g.nx+i, low, high)
			at := func(t float64, what int) string { return paint(palette[int(t*float64(len(palette)-1))], colours, what) }
			switch {
			case up && down:
				b.WriteString(at(t, 38) + at(s, 48) + "▀" + colourEnd)
			case up:
				b.WriteString(at(t, 38) + "▀" + colourEnd)
			case down:
				b.WriteString(at(s, 38) + "▄" + colourEnd)
			default:
				b.WriteByte(' ')
			}
		}
		rows = append(rows, b.String())
	}
	return rows
}

// curve draws a curve of dots, two by four in a character of Braille.
func (g *grid) curve(values []float64, low, high float64) (rows []string) {
	height := 4 * g.rows
	cells := make([][]rune, g.rows)
	for j := range cells {
		cells[j] = slices.Repeat([]rune{'\u2800'}, g.cols)
	}
	before := -1
	for i := range values {
		t, ok := g.part(values, i, low, high)
		if !ok {
			before = -1
			continue
		}
		y := int((1-t)*float64(height-1) + 0.5)
		from, to := y, y
		if before >= 0 { // to the height of the dot before, so that steep pieces have no gaps
			from, to = min(y, before), max(y, before)
		}
		for k := from; k <= to; k++ {
			dots := [4][2]rune{{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}
			cells[k/4][i/2] |= dots[k%4][i%2]
		}
		before = y
	}
	for _, c := range cells {
		rows = append(rows, string(c))
	}
	return rows
}
