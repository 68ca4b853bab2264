package auto

import (
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/pointwise"
	ph "github.com/crux-pinn/crux/placeholder"
)

// samples is the number of points at which data are asked whether they switch.
const samples = 512

// switches finds a part of a condition's data that has a jump or a kink where the condition holds: where, abs, sign, heaviside, min, max or a
// comparison that goes one way at some of its points and the other way at others. It is nil if there is none. A function into which such
// data are built carries the jump through the whole domain.
func switches(residual ph.Expr, on *domain.Points) ph.Expr {
	var suspects []ph.Expr // switch where their sign changes
	var parts []ph.Expr
	for part := range ph.Walk(residual, nil) {
		if e := decides(part); e != nil && isGiven(e) {
			suspects, parts = append(suspects, e), append(parts, part)
		}
	}
	if len(suspects) == 0 || on.Err() != nil || len(on.Patches()) == 0 {
		return nil
	}
	if on.Dims() > 0 {
		on = on.With(domain.Sobol{}).Count(samples)
	}
	c, err := on.Draw(nil)
	if err != nil {
		return nil
	}
	for k, e := range suspects {
		low, high := false, false
		at := pointwise.Point{Coords: map[*ph.Coord]float64{}, Params: constants(e)}
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
	switch part.Op() {
	case ph.OpWhere, ph.OpCompare:
		return first(part)
	case ph.OpMin, ph.OpMax:
		a := part.Args()
		if a[0].Dim() == 1 && a[1].Dim() == 1 {
			return a[0].Sub(a[1])
		}
	case ph.OpUnary:
		if name := part.Attr().(*ph.Unary).Name; name == "abs" || name == "sign" || name == "heaviside" {
			return part.Args()[0]
		}
	}
	return nil
}

// first is the condition of where, and the difference of what a comparison compares.
func first(part ph.Expr) ph.Expr {
	a := part.Args()
	if part.Op() == ph.OpCompare && a[0].Dim() == 1 && a[1].Dim() == 1 {
		return a[0].Sub(a[1])
	}
	return a[0]
}

// isGiven reports whether an expression is data of the problem.
func isGiven(e ph.Expr) bool {
	return !ph.Contains(e, func(part ph.Expr) bool {
		return part.Op() == ph.OpField || part.Op() == ph.OpColumn || part.Op() == ph.OpNormal
	})
}

// constants are the values of constants in an expression.
func constants(e ph.Expr) map[*ph.Param][]float64 {
	values := map[*ph.Param][]float64{}
	for part := range ph.Walk(e, nil) {
		if p, ok := part.Attr().(*ph.Param); ok {
			if v, ok := p.Constant(); ok {
				values[p] = []float64{v}
			}
		}
	}
	return values
}
