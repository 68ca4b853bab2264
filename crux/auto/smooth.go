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
	if len(suspects) == 0 || len(on.Patches()) == 0 {
		return nil
	}
	if on.Dims() > 0 {
		on = spaced(on, samples)
	}
	c, err := on.Draw(nil)
	if err != nil {
		return nil
	}
	for k, e := range suspects {
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
		if low && high {
			return parts[k]
		}
	}
	return nil
}

// decides is what a part of an expression switches by, where that changes its sign; nil for a part that does not switch.
func decides(part ph.Expr) ph.Expr {
	a := part.Args()
	switch part.Op() {
	case ph.OpWhere:
		return a[0]
	case ph.OpCompare:
		if a[0].Dim() != 1 || a[1].Dim() != 1 {
			return a[0]
		}
		return a[0].Sub(a[1])
	case ph.OpMin, ph.OpMax:
		if a[0].Dim() == 1 && a[1].Dim() == 1 {
			return a[0].Sub(a[1])
		}
	case ph.OpUnary:
		if name := part.Attr().(*ph.Unary).Name; name == "abs" || name == "sign" || name == "heaviside" {
			return a[0]
		}
	}
	return nil
}

// jumping are the parts of a residual that jump inside a domain and stand within a derivative, or have a kink and stand within a second
// one: between the points it holds a delta function, which no point sees. order is the highest one of these derivatives, less 1 for a kink.
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
		e := decides(part)
		if e == nil || condition[part] || !ph.Given(e) {
			continue
		}
		for c := range ph.FreeCoords(e) {
			n := ph.Order(residual, c, func(p ph.Expr) (is, inside bool) { return p == part, true })
			if n < 1 || switches(part, d.Interior(0)) == nil || n < 2 && !jumps(part, d) {
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

// jumps reports whether the two sides of a part differ where it switches, which is looked up at some places.
func jumps(part ph.Expr, d domain.Domain) bool {
	if part.Op() != ph.OpWhere {
		return part.Op() != ph.OpMin && part.Op() != ph.OpMax && !(part.Op() == ph.OpUnary && part.Attr().(*ph.Unary).Name == "abs")
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
