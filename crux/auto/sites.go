package auto

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/pointwise"
	"github.com/crux-pinn/crux/internal/sizes"
	ph "github.com/crux-pinn/crux/placeholder"
)

// site is a place on the boundary of a box, at one value of one coordinate, where the values that are given for a function jump or have
// a kink: on the face at an end of the axis c, where y = at.
type site struct {
	c, y     int // axes
	side     int
	at       float64
	kink     bool
	switches ph.Expr // what the data switch by there; nil in a corner
	rising   bool    // it is above 0 behind the place
	of       []string

	component int // of the field

	level ph.Expr // of a jump along a curve, which is where it is zero: see curves; nil otherwise
}

// corner reports whether y = at is a face too, and the values of both disagree where they meet.
func (s site) corner() bool { return s.switches == nil }

// why says what a site is.
func (s site) why(g box) string {
	what := strings.Join(slices.Compact(s.of), " and ")
	if s.level != nil {
		return fmt.Sprintf("%s jumps at %s = %.6g along the edge of %s", what, g.coords[s.c].Name(), g.end(s.c, s.side), s.switches)
	}
	place := fmt.Sprintf("at %s = %.6g, %s = %.6g", g.coords[s.c].Name(), g.end(s.c, s.side), g.coords[s.y].Name(), s.at)
	switch {
	case s.corner() && s.of[0] != s.of[1]:
		return what + " give different values " + place
	case s.kink:
		return what + " has a kink " + place
	}
	return what + " jumps " + place
}

// given is a condition that gives a component of a field values on faces of a box.
type given struct {
	name      string
	residual  ph.Expr
	field     *ph.Field
	component int
	faces     [][2]int // axis and side
	size      float64  // of the values
}

// box is a box at whose faces conditions are looked at.
type box struct {
	coords []*ph.Coord
	lo, hi []float64
}

func newBox(d *domain.Box) box {
	lo, hi := d.Bounds()
	return box{d.Coords(), lo, hi}
}

func (g box) end(c, side int) float64 { return [2]float64{g.lo[c], g.hi[c]}[side] }

func (g box) length(c int) float64 { return g.hi[c] - g.lo[c] }

// given takes a condition apart: what it gives, on which faces.
func (g box) given(name string, residual ph.Expr, on *domain.Points) []given {
	var list []given
	cloud, err := spaced(on, samples).Draw(nil)
	if err != nil || cloud.Normals == nil || !slices.Equal(cloud.Coords, g.coords) {
		return nil
	}
	var faces [][2]int
	for n := range cloud.Len() {
		normal := cloud.Normals[n*len(g.coords) : (n+1)*len(g.coords)]
		for c, v := range normal {
			if v == 1 || v == -1 {
				face := [2]int{c, int(v+1) / 2}
				if !slices.Contains(faces, face) {
					faces = append(faces, face)
				}
			}
		}
	}
	fields := ph.Occurring[*ph.Field](residual)
	if len(fields) != 1 {
		return nil
	}
	f := fields[0]
	for _, c := range g.coords {
		if ph.Order(residual, c, func(part ph.Expr) (is, inside bool) { return part.Op() == ph.OpField, true }) > 0 {
			return nil
		}
	}
	for k := range f.Dim() {
		x := given{name: name, residual: residual, field: f, component: k, faces: faces}
		ok := cloud.Len() > 0
		for n := 0; ok && n < cloud.Len(); n += 1 + cloud.Len()/64 {
			v, is := x.value(g, cloud.Row(n))
			ok = is
			x.size = max(x.size, math.Abs(v))
		}
		if ok {
			list = append(list, x)
		}
	}
	return list
}

// value is what the condition gives at a point; false if it gives none there.
func (x given) value(g box, at []float64) (v float64, ok bool) {
	var r [3]float64
	for i := range r {
		w, err := pointwise.Eval(with(x.residual, x.field, x.component, ph.Const(float64(i))), g.point(x.residual, at))
		if err != nil || len(w) != 1 {
			return 0, false
		}
		r[i] = w[0]
	}
	slope := r[1] - r[0]
	if slope == 0 || math.Abs(r[2]-r[1]-slope) > 1e-9*math.Abs(slope) {
		return 0, false
	}
	return -r[0] / slope, true
}

// with is an expression with a component of a field replaced, and the others zero.
func with(e ph.Expr, f *ph.Field, component int, by ph.Expr) ph.Expr {
	parts := slices.Repeat([]ph.Expr{ph.Const(0)}, f.Dim())
	parts[component] = by
	to := map[*ph.Field]ph.Expr{f: ph.Concat(parts...)}
	for _, o := range ph.Occurring[*ph.Field](e) {
		if o != f {
			to[o] = ph.Concat(slices.Repeat([]ph.Expr{ph.Const(0)}, o.Dim())...)
		}
	}
	return ph.ReplaceFields(e, to)
}

func (g box) point(e ph.Expr, x []float64) pointwise.Point {
	at := pointwise.Point{Coords: map[*ph.Coord]float64{}, Params: sizes.Constants(e)}
	for i, c := range g.coords {
		at.Coords[c] = x[i]
	}
	return at
}

// sites are the places where what is given for a field jumps or has a kink.
func (g box) sites(f *ph.Field, list []given) []site {
	var sites []site
	add := func(s site) {
		if slices.Contains(f.Coords(), g.coords[s.c]) && slices.Contains(f.Coords(), g.coords[s.y]) {
			sites = append(sites, s)
		}
	}
	for i, x := range list {
		if x.field != f {
			continue
		}
		for _, face := range x.faces {
			for _, s := range g.curves(x, face) {
				add(s)
			}
			for y := range g.coords {
				if y == face[0] {
					continue
				}
				for _, s := range g.roots(x.residual, y) {
					jump, kink := g.breaks(x, face, y, s.at)
					if !jump && !kink {
						continue
					}
					s.c, s.side, s.kink, s.of, s.component = face[0], face[1], !jump, []string{x.name}, x.component
					add(s)
				}
			}
			for _, o := range list[i:] {
				if o.field != f || o.component != x.component {
					continue
				}
				for _, other := range o.faces {
					if other[0] == face[0] || o.name == x.name && other[0] < face[0] || !g.disagree(x, o, face, other) {
						continue
					}
					add(site{c: face[0], side: face[1], y: other[0], at: g.end(other[0], other[1]), of: []string{x.name, o.name}, component: x.component})
				}
			}
		}
	}
	return sites
}

// Switches are the places between lo and hi, in ascending order, at which what constraints give switches, as far as that depends on this
// coordinate alone: t = 1 for a current where(t < 1, 5, 0). The solution has a kink there, or jumps, so windows of time should end there.
func Switches(constraints []crux.Constraint, c *ph.Coord, lo, hi float64) []float64 {
	g := box{[]*ph.Coord{c}, []float64{lo}, []float64{hi}}
	var list []float64
	for _, k := range constraints {
		for _, s := range g.roots(k.Residual, 0) {
			known := func(at float64) bool { return math.Abs(at-s.at) < closely*(hi-lo) }
			if !known(lo) && !known(hi) && !slices.ContainsFunc(list, known) {
				list = append(list, s.at)
			}
		}
	}
	slices.Sort(list)
	return list
}

// roots are the places inside an axis where something that switches the data, and depends on that coordinate alone, changes its sign.
func (g box) roots(e ph.Expr, y int) []site {
	var list []site
	c := g.coords[y]
	for part := range ph.Walk(e, nil) {
		s := decides(part)
		if s == nil || !ph.Given(s) {
			continue
		}
		if free := ph.FreeCoords(s); len(free) != 1 || !free[c] {
			continue
		}
		exactly := s
		if part.Op() == ph.OpCompare { // whether both are equal counts, too
			exactly = part
		}
		value := func(v float64) float64 {
			x := slices.Clone(g.lo)
			x[y] = v
			w, err := pointwise.Eval(s, g.point(s, x))
			if err != nil {
				return math.NaN()
			}
			return w[0]
		}
		before := value(g.lo[y])
		for i := 1; i <= samples; i++ {
			a, b := g.lo[y]+g.length(y)*float64(i-1)/samples, g.lo[y]+g.length(y)*float64(i)/samples
			after := value(b)
			if (before > 0) != (after > 0) {
				from := before > 0
				for range 60 {
					if m := a + (b-a)/2; (value(m) > 0) == from {
						a = m
					} else {
						b = m
					}
				}
				at := a + (b-a)/2
				if round, err := strconv.ParseFloat(strconv.FormatFloat(at, 'g', 9, 64), 64); err == nil && math.Abs(round-at) < 1e-12*g.length(y) {
					at = round // a number of few digits, most likely the one that was meant
				}
				rising := (after > 0) == rises(part)
				if !slices.ContainsFunc(list, func(r site) bool { return math.Abs(r.at-at) < closely*g.length(y) }) {
					list = append(list, site{y: y, at: at, switches: exactly, rising: rising})
				}
			}
			before = after
		}
	}
	return list
}

// somewhere are points of a face, in no order that anything has to do with.
func (g box) somewhere(face [2]int, n int) []float64 {
	x := make([]float64, len(g.coords))
	for i := range x {
		_, s := math.Modf(math.Pi * float64(2+i+3*n))
		x[i] = g.lo[i] + s*g.length(i)
	}
	x[face[0]] = g.end(face[0], face[1])
	return x
}

// closely is the distance, in units of the axis, below which two places are one.
const closely = 1e-6

// noticed is the part of the values' size from which a jump counts: it would make an error of as much, and a tenth of a percent is what
// engineers ask for.
const noticed = 1e-3

// breaks reports whether given values jump, or have a kink, where y passes a place.
func (g box) breaks(x given, face [2]int, y int, at float64) (jump, kink bool) {
	for n := range 5 {
		p := g.somewhere(face, n)
		value := func(by float64) float64 {
			p[y] = at + by*g.length(y)
			v, _ := x.value(g, p)
			return v
		}
		l2, l1, r1, r2 := value(-2e-5), value(-1e-5), value(1e-5), value(2e-5)
		jump = jump || math.Abs(r1-l1) > noticed*x.size
		kink = kink || math.Abs((r2-r1)-(l1-l2)) > noticed*x.size*1e-5
	}
	return jump, kink
}

// disagree reports whether two conditions give different values where their faces meet.
func (g box) disagree(x, o given, a, b [2]int) bool {
	for n := range 5 {
		p := g.somewhere(a, n)
		p[b[0]] = g.end(b[0], b[1])
		v, ok := x.value(g, p)
		w, also := o.value(g, p)
		if ok && also && math.Abs(v-w) > noticed*max(x.size, o.size) {
			return true
		}
	}
	return false
}
