package auto

import (
	"math"
	"slices"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/pointwise"
	"github.com/crux-pinn/crux/internal/sizes"
	ph "github.com/crux-pinn/crux/placeholder"
)

// samples is the number of points at which data are asked whether they switch.
const samples = 512

// switches finds a part of a condition's data that has a jump or a kink where the condition holds: where, abs, sign, heaviside, min, max or
// a comparison that goes one way at some of its points and the other way at others. It is nil if there is none. A function into which such
// data are built carries the jump through the whole domain.
func switches(residual ph.Expr, on *domain.Points) ph.Expr {
	var suspects []ph.Expr // switch where their sign changes
	var parts []ph.Expr
	for part := range ph.Walk(residual, nil) {
		if e := decides(part); e != nil && ph.Given(e) {
			suspects, parts = append(suspects, e), append(parts, part)
		}
	}
	if len(suspects) == 0 {
		return nil
	}
	c := sampled(on)
	for k, e := range suspects {
		if crossed(e, c) {
			return parts[k]
		}
	}
	return nil
}

// sampled are some points of a region; nil if it has none.
func sampled(on *domain.Points) *domain.Cloud {
	if len(on.Patches()) == 0 {
		return nil
	}
	if on.Dims() > 0 {
		on = spaced(on, samples)
	}
	c, err := on.Draw(nil)
	if err != nil {
		return nil
	}
	return c
}

// crossed reports whether an expression has both signs at some points; nil has none.
func crossed(e ph.Expr, c *domain.Cloud) bool {
	if c == nil {
		return false
	}
	low, high := false, false
	at := pointwise.Point{Coords: map[*ph.Coord]float64{}, Params: sizes.Constants(e)}
	for i := range c.Len() {
		for j, x := range c.Coords {
			at.Coords[x] = c.Row(i)[j]
		}
		v, err := pointwise.Eval(e, at)
		if err != nil {
			break // what cannot be told at one point cannot be told at others
		}
		low, high = low || v[0] <= 0, high || v[0] > 0
	}
	return low && high
}

// decides is what a part of an expression switches by, where that changes its sign: where the part jumps or has a kink. It is nil for a
// part that does neither.
func decides(part ph.Expr) ph.Expr {
	if e, smooth := knots(part); smooth <= 0 {
		return e
	}
	return nil
}

// knots is what changes its sign where a derivative of a part jumps, and how many derivatives are continuous there: -1 where the part
// itself jumps, 0 where it has a kink. It is nil for a part that is smooth.
func knots(part ph.Expr) (e ph.Expr, smooth int) {
	a := part.Args()
	switch part.Op() {
	case ph.OpWhere:
		return a[0], -1
	case ph.OpCompare:
		if a[0].Dim() != 1 || a[1].Dim() != 1 {
			return a[0], -1
		}
		return a[0].Sub(a[1]), -1
	case ph.OpMin, ph.OpMax:
		if a[0].Dim() == 1 && a[1].Dim() == 1 {
			return a[0].Sub(a[1]), 0
		}
	case ph.OpUnary:
		if u := part.Attr().(*ph.Unary); u.Knots != nil {
			return u.Knots(a[0]), u.Smooth
		}
	}
	return nil, 0
}

// jumping are the parts of a residual that jump inside a domain and stand within a derivative, or have a kink and stand within a second
// one, and so on: between the points it holds a delta function, which no point sees. order is the highest one of these derivatives.
func jumping(residual ph.Expr, d domain.Domain) (list []ph.Expr, order int) {
	condition := map[ph.Expr]bool{} // parts of the conditions of where, which counts as a whole
	for part := range ph.Walk(residual, nil) {
		if part.Op() == ph.OpWhere {
			for p := range ph.Walk(part.Args()[0], nil) {
				condition[p] = true
			}
		}
	}
	for part := range ph.Walk(residual, nil) {
		e, smooth := knots(part)
		if e == nil || condition[part] || !ph.Given(e) {
			continue
		}
		for c := range ph.FreeCoords(e) {
			n := ph.Order(residual, c, func(p ph.Expr) (is, inside bool) { return p == part, true })
			if n < smooth+2 || !crossed(e, sampled(d.Interior(0))) || n < 2 && !jumps(part, d) {
				continue
			}
			if !slices.Contains(list, part) {
				list = append(list, part)
			}
			order = max(order, n)
		}
	}
	return list, order
}

// jumps reports whether the two sides of an expression differ where it switches, which is looked up at some places.
func jumps(part ph.Expr, d domain.Domain) bool {
	if part.Op() != ph.OpWhere {
		if e, smooth := knots(part); e != nil {
			return smooth < 0
		}
		return slices.ContainsFunc(part.Args(), func(a ph.Expr) bool { return jumps(a, d) })
	}
	a := part.Args()
	if !ph.Given(a[1]) || !ph.Given(a[2]) {
		return true
	}
	c, err := spaced(d.Interior(0), samples).Draw(nil)
	if err != nil {
		return true
	}
	value := func(e ph.Expr, x []float64) float64 {
		at := pointwise.Point{Coords: map[*ph.Coord]float64{}, Params: sizes.Constants(e)}
		for j, q := range c.Coords {
			at.Coords[q] = x[j]
		}
		v, err := pointwise.Eval(e, at)
		if err != nil {
			return math.NaN()
		}
		return v[0]
	}
	size := 0.0
	for i := range c.Len() {
		size = max(size, math.Abs(value(a[1], c.Row(i))), math.Abs(value(a[2], c.Row(i))))
	}
	for i := range c.Len() - 1 {
		in, out := slices.Clone(c.Row(i)), slices.Clone(c.Row(i+1))
		side := value(a[0], in) != 0
		if side == (value(a[0], out) != 0) {
			continue
		}
		mid := make([]float64, len(in))
		for range 60 { // to where the condition changes
			for j := range mid {
				mid[j] = (in[j] + out[j]) / 2
			}
			if side == (value(a[0], mid) != 0) {
				copy(in, mid)
			} else {
				copy(out, mid)
			}
		}
		if !(math.Abs(value(a[1], mid)-value(a[2], mid)) <= 1e-9*size) {
			return true
		}
	}
	return false
}
