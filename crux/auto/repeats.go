package auto

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/crux-pinn/crux/domain/exact"
	"github.com/crux-pinn/crux/internal/pointwise"
	"github.com/crux-pinn/crux/internal/sizes"
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
// What changes along the axis are the parts of residuals that are given, such as coefficients and initial values: they are compared at some places
// with those that are L/n further, each beside its own size.
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
	var residuals, given []ph.Expr
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
		if fixes(e, c) || !b.uniform(i, at, faces) {
			return 1
		}
		residuals = append(residuals, e)
		for part := range ph.Walk(e, func(part ph.Expr) bool { return !ph.Given(part) }) {
			if ph.Given(part) && ph.FreeCoords(part)[c] {
				given = append(given, part)
			}
		}
	}
	length := hi[at] - lo[at]
	if !b.begins(faces, residuals, at) || b.shifts(given, at, 0.3819660112501051*length) { // of the golden section, which is no part of it
		return 1
	}
	for n := mostRepeats; n > 1; n-- {
		if b.shifts(given, at, length/float64(n)) {
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

// shifts reports whether given expressions are the same so much further along an axis.
func (b *builder) shifts(given []ph.Expr, axis int, by float64) bool {
	return !slices.ContainsFunc(given, func(e ph.Expr) bool { return !b.shift(e, axis, by) })
}

// shift reports it of one, but for rounding.
func (b *builder) shift(e ph.Expr, axis int, by float64) bool {
	lo, hi := b.Domain.Bounds()
	at := pointwise.Point{Coords: map[*ph.Coord]float64{}, Params: map[*ph.Param][]float64{}}
	for _, p := range ph.Occurring[*ph.Param](e) {
		if len(p.Shape()) > 0 {
			return false
		}
		at.Params[p] = []float64{sizes.First(p)}
	}
	for c := range ph.FreeCoords(e) { // the variable of an integral around it is no coordinate of the domain
		at.Coords[c] = 0.5
	}
	size, change := 0.0, 0.0
	for k := range 16 {
		for i, c := range b.Domain.Coords() {
			_, share := math.Modf(0.5 + 0.618*float64(k) + 0.382*float64(i)*float64(k+1))
			length := hi[i] - lo[i]
			if i == axis {
				length -= by
			}
			at.Coords[c] = lo[i] + share*length
		}
		here, err := pointwise.Eval(e, at)
		at.Coords[b.Domain.Coords()[axis]] += by
		there, also := pointwise.Eval(e, at)
		if err != nil || also != nil || floats.HasNaN(here) || floats.HasNaN(there) {
			return false
		}
		size = max(size, floats.Norm(here, math.Inf(1)), floats.Norm(there, math.Inf(1)))
		change = max(change, floats.Distance(here, there, math.Inf(1)))
	}
	return change <= 1e-10*size
}

// periodOf is the length along an axis after which the network of a field repeats itself; 0 if it does not.
func (b *builder) periodOf(f *ph.Field, c *ph.Coord) float64 {
	if p, ok := f.Module().(net.Periodic); ok {
		return p.Periods[c]
	}
	return b.choice.Periods[f][c]
}
