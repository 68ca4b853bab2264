package auto

import (
	"math"
	"slices"

	"github.com/crux-pinn/crux/domain/exact"
	"github.com/crux-pinn/crux/internal/pointwise"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// mostRepeats bounds how often a problem is taken to repeat itself along an axis.
const mostRepeats = 32

// repeats is how often a problem that begins at a time repeats itself along a periodic axis of length L: the largest n for which a shift by
// L/n leaves all equations, conditions and regions as they are. As such a problem has one solution, the shift leaves that as it is, too: its
// period is L/n, and a network of that period has nothing else to learn. It is 1 where nothing in the problem changes along the axis, as
// nothing then says what the period is, and where the problem does not begin at a time: stationary equations have solutions that repeat
// themselves less often than their data, as eigenfunctions do.
//
// The residuals are tried with functions of that period in place of the fields, at some places and at those that are L/n further.
func (b *builder) repeats(c *ph.Coord, list []exact.Periodicity) int {
	lo, hi := b.Domain.Bounds()
	at := slices.Index(b.Domain.Coords(), c)
	var around []string // conditions that only ask for the period
	var fields []*ph.Field
	for _, p := range list {
		if p.Coord == c && b.whyNot(p) == "" {
			around, fields = append(around, p.Conditions...), append(fields, p.Field)
		}
	}
	var residuals []ph.Expr
	faces := make([][2]bool, len(lo)) // the ends of each axis at which there are conditions
	for i, k := range b.list {
		if slices.Contains(around, k.Name) {
			continue
		}
		e := b.terms[i]
		for _, f := range ph.Occurring[*ph.Field](e) {
			if slices.Contains(f.Coords(), c) && !slices.Contains(fields, f) {
				return 1
			}
		}
		if !ph.Given(ph.Replace(e, trialOf(c, lo[at], hi[at], 1))) || fixes(e, c) || !b.uniform(i, at, faces) {
			return 1
		}
		residuals = append(residuals, e)
	}
	if !b.begins(faces, residuals, at) || shifts(residuals, b, c, 0) {
		return 1
	}
	for n := mostRepeats; n > 1; n-- {
		if shifts(residuals, b, c, n) {
			return n
		}
	}
	return 1
}

// fixes reports whether an expression looks at given places along an axis, or integrates along it.
func fixes(e ph.Expr, c *ph.Coord) bool {
	return ph.Contains(e, func(part ph.Expr) bool {
		switch a := part.Attr().(type) {
		case *ph.Coord:
			return part.Op() == ph.OpAt && a == c
		case *ph.Integral:
			return a.Var == c
		}
		return false
	})
}

// uniform reports whether the region of a constraint is the same all along an axis, and notes the ends of other axes that it is at.
func (b *builder) uniform(i, axis int, faces [][2]bool) bool {
	on := b.list[i].On
	coords := b.Domain.Coords()
	if len(on.Patches()) == 0 || len(on.Columns()) > 0 || on.Part() != nil || !slices.Equal(on.Coords(), coords) {
		return false
	}
	cloud, err := spaced(on, 64).Draw(nil)
	if err != nil {
		return false
	}
	lo, hi := b.Domain.Bounds()
	var seen [8]bool // eighths of the axis in which there are points
	for n := range cloud.Len() {
		x := cloud.Row(n)
		seen[min(int(8*(x[axis]-lo[axis])/(hi[axis]-lo[axis])), 7)] = true
		for j := range coords {
			if cloud.Normals == nil || cloud.Normals[n*len(coords)+j] == 0 {
				continue
			}
			if j == axis || x[j] != lo[j] && x[j] != hi[j] {
				return false
			}
			faces[j][0], faces[j][1] = faces[j][0] || x[j] == lo[j], faces[j][1] || x[j] == hi[j]
		}
	}
	return !slices.Contains(seen[:], false)
}

// begins reports whether equations have derivatives along another axis that has conditions at its lower end alone, as time has.
func (b *builder) begins(faces [][2]bool, residuals []ph.Expr, axis int) bool {
	for j, c := range b.Domain.Coords() {
		if j == axis || !faces[j][0] || faces[j][1] {
			continue
		}
		for _, e := range residuals {
			if ph.Order(e, c, func(part ph.Expr) (is, inside bool) { return part.Op() == ph.OpField, true }) > 0 {
				return true
			}
		}
	}
	return false
}

// trialOf replaces fields by smooth functions of order one whose period along an axis is the n-th part of it; 0 is functions that do not
// depend on it.
func trialOf(c *ph.Coord, lo, hi float64, n int) func(ph.Expr) ph.Expr {
	return func(e ph.Expr) ph.Expr {
		f, ok := e.Attr().(*ph.Field)
		if !ok || e.Op() != ph.OpField {
			return nil
		}
		parts := make([]ph.Expr, f.Dim())
		for k := range parts {
			sum := ph.Const(0.7 + float64(k) + float64(len(f.Name())))
			for j, x := range f.Coords() {
				s := x.Scale(0.9 * float64(j+1) / (hi - lo))
				if x == c {
					s = ph.Sin(x.Shift(-lo).Scale(2 * math.Pi * float64(n) / (hi - lo)).Shift(float64(k))).Scale(0.45)
				}
				sum = sum.Add(s)
			}
			parts[k] = ph.Sin(sum).Shift(1.3)
		}
		return ph.Concat(parts...)
	}
}

// shifts reports whether residuals of functions with the n-th part of an axis as their period are the same that much further on; for 0, whether
// those of functions that do not depend on it are the same everywhere along it.
func shifts(residuals []ph.Expr, b *builder, c *ph.Coord, n int) bool {
	coords := b.Domain.Coords()
	lo, hi := b.Domain.Bounds()
	at := slices.Index(coords, c)
	length := hi[at] - lo[at]
	by := 0.3819660112501051 * length // of the golden section, which is no part of it
	if n > 0 {
		by = length / float64(n)
	}
	for _, e := range residuals {
		e = ph.Replace(e, trialOf(c, lo[at], hi[at], n))
		params := map[*ph.Param][]float64{}
		for _, p := range ph.Occurring[*ph.Param](e) {
			if len(p.Shape()) > 0 {
				return false
			}
			params[p] = make([]float64, 1)
			p.Initialize(nil, params[p])
		}
		for k := range 8 {
			here := map[*ph.Coord]float64{}
			for i, x := range coords {
				_, share := math.Modf(0.5 + 0.618*float64(k) + 0.382*float64(i)*float64(k+1))
				here[x] = lo[i] + share*(hi[i]-lo[i])
			}
			_, share := math.Modf(0.5 + 0.618*float64(k))
			here[c] = lo[at] + share*(length-by)
			first, err := pointwise.Eval(e, pointwise.Point{Coords: here, Params: params})
			here[c] += by
			then, err2 := pointwise.Eval(e, pointwise.Point{Coords: here, Params: params})
			if err != nil || err2 != nil || !alike(first, then) {
				return false
			}
		}
	}
	return true
}

// alike reports whether values are the same but for rounding.
func alike(a, b []float64) bool {
	for i := range a {
		if !(math.Abs(a[i]-b[i]) <= 1e-8*max(1, math.Abs(a[i]), math.Abs(b[i]))) {
			return false
		}
	}
	return len(a) == len(b)
}

// periodOf is the length along an axis after which the network of a field repeats itself; 0 if it does not.
func (b *builder) periodOf(f *ph.Field, c *ph.Coord) float64 {
	if p, ok := f.Module().(net.Periodic); ok {
		return p.Periods[c]
	}
	return b.choice.Periods[f][c]
}
