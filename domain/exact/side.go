package exact

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/crux-pinn/crux/internal/pointwise"
	ph "github.com/crux-pinn/crux/placeholder"
)

// sideFlux is a flux through a part of a shape's boundary, where along has the component 1 in the direction of the outward normal.
type sideFlux struct {
	part int
	flux
}

// correctSides adds to v what its fluxes through the sides of the shape lack (Sukumar, Srivastava 2022, Eq. 11; Rvachev):
//
//	v + Σ_k φ_k·(−rest − a·v − along·∇v),   φ_k = −ω_k P_k/(P_k + ω_k²)
//
// with ω_k zero on side k and normalised, |∇ω_k| = 1 there, so that φ_k has the slope 1 along the outward normal, and P_k the
// product of the functions of the other sides, squared where they have fluxes, so that φ_k changes nothing there. In a corner, where
// both are zero, a tiny number makes φ_k zero.
func (f *frame) correctSides(v ph.Expr, inhomogeneous bool) ph.Expr {
	sum := v
	for _, q := range f.fluxes {
		if !inhomogeneous && f.sideOrder(q.part) == 3 {
			continue // it vanishes to second order
		}
		if lack := q.lack(v, f.space(), inhomogeneous, func(e ph.Expr) ph.Expr { return e }); !zero(lack) {
			sum = add(sum, f.slope(q.part).Mul(lack))
		}
	}
	return sum
}

// slope is φ_k.
func (f *frame) slope(part int) ph.Expr {
	phi := f.normalised(part).Neg()
	var others ph.Expr
	for j, g := range f.parts {
		n := f.sideOrder(j)
		if j == part || n == 0 {
			continue
		}
		others = multiply(others, power(g.expr, min(n, 2)))
	}
	if others == nil {
		return phi
	}
	return phi.Mul(others.Div(others.Add(f.parts[part].expr.Pow(2)).Shift(tiny)))
}

// sideOrder is 0 without a condition on a part, 1 with a value, 2 with a flux, 3 with both.
func (f *frame) sideOrder(part int) int {
	n := 0
	if slices.ContainsFunc(f.held, func(h sector) bool { return slices.Contains(h.parts, part) }) {
		n++
	}
	if slices.ContainsFunc(f.fluxes, func(q sideFlux) bool { return q.part == part }) {
		n += 2
	}
	return n
}

// normalised is the function of a part, scaled to have the slope 1 on it.
func (f *frame) normalised(part int) ph.Expr {
	w := f.parts[part].expr
	if width := f.parts[part].width; width != 0 {
		return w.Scale(width)
	}
	squares := w.Pow(2)
	for _, c := range f.space() {
		squares = squares.Add(w.D(c).Pow(2))
	}
	return w.Div(ph.Sqrt(squares))
}

// noNormal is 0 along all coordinates.
func (f *frame) noNormal() map[*ph.Coord]float64 {
	normals := map[*ph.Coord]float64{}
	for _, c := range f.coords {
		normals[c] = 0
	}
	return normals
}

// space are the coordinates of the shape.
func (f *frame) space() []*ph.Coord { return f.coords[:len(f.coords)-len(f.axes)] }

// sideForm is a residual on a part of the shape as an affine form of u, with the outward normal written as −∇ω, and the coefficient
// that its derivative has along the normal.
func (f *frame) sideForm(e ph.Expr, u unknown, part int) (form affine, lead ph.Expr, ok bool) {
	space := f.space()
	if g := f.parts[part]; g.n != nil {
		normals := f.noNormal()
		for i, c := range space {
			normals[c] = -g.n[i]
		}
		if form, ok = split(e, u, normals); !ok {
			return form, nil, false
		}
		for _, c := range space {
			if b := form.b[c]; !zero(b) && normals[c] != 0 {
				lead = add(lead, b.Scale(normals[c]))
			}
		}
		return form, lead, true
	}
	// On a curved part the derivative must be along the normal, k·∂u/∂n. The normal is a symbol first, to see that it is.
	symbols := map[*ph.Coord]*ph.Coord{}
	for _, c := range space {
		symbols[c] = ph.NewCoord("n_" + c.Name())
	}
	with := func(e ph.Expr, normal func(c *ph.Coord) ph.Expr) ph.Expr {
		return ph.Replace(e, func(e ph.Expr) ph.Expr {
			if c, ok := e.Attr().(*ph.Coord); ok && e.Op() == ph.OpNormal {
				if symbols[c] == nil {
					return ph.Const(0) // along time
				}
				return normal(c)
			}
			return nil
		})
	}
	symbolic, ok := split(with(e, func(c *ph.Coord) ph.Expr { return symbols[c] }), u, nil)
	if !ok {
		return form, nil, false
	}
	omega := f.normalised(part)
	if form, ok = split(with(e, func(c *ph.Coord) ph.Expr { return omega.D(c).Neg() }), u, nil); !ok || len(form.b) == 0 {
		return form, nil, ok
	}
	first := space[0]
	if zero(symbolic.b[first]) {
		return form, nil, true
	}
	lead = ph.Replace(symbolic.b[first], func(e ph.Expr) ph.Expr {
		for c, s := range symbols {
			if e == ph.Expr(s) && c == first {
				return ph.Const(1)
			} else if e == ph.Expr(s) {
				return ph.Const(0)
			}
		}
		return nil
	})
	if !f.alongNormal(symbolic, symbols, lead) {
		return form, nil, true
	}
	return form, lead, true
}

// alongNormal reports whether the derivatives of a form are k·n_c with a k that does not depend on the normal, for some normals and
// points.
func (f *frame) alongNormal(form affine, symbols map[*ph.Coord]*ph.Coord, k ph.Expr) bool {
	for c, b := range form.b {
		if symbols[c] == nil && !zero(b) {
			return false // along time
		}
	}
	for try := range 3 {
		at := pointwise.Point{Coords: map[*ph.Coord]float64{}}
		for i, c := range f.coords {
			at.Coords[c] = f.lo[i] + (0.31+0.17*float64(try))*(f.hi[i]-f.lo[i])
		}
		for i, c := range f.space() {
			at.Coords[symbols[c]] = math.Cos(float64(1 + i + 2*try))
		}
		apart, size := 0.0, 0.0
		for _, c := range f.space() {
			b := form.b[c]
			if b == nil {
				return false
			}
			both := ph.Concat(b, k.Mul(symbols[c]))
			at.Params = parameterValues(both)
			v, err := pointwise.Eval(both, at)
			if err != nil {
				return false
			}
			apart, size = max(apart, math.Abs(v[0]-v[1])), max(size, math.Abs(v[0]), math.Abs(v[1]))
		}
		if !(apart <= 1e-9*size) {
			return false
		}
	}
	return true
}

var errOnRequest = errors.New("a flux on a domain that is not a box is slow to build in: it needs derivatives of one order more; " +
	"to force it, name it in hard: of a file, or set All in Go")

// onSide notes a condition with a derivative on a part of the shape.
func (f *frame) onSide(k int, form affine, lead ph.Expr, allowed bool) error {
	part := f.pieces[k].part
	switch {
	case lead == nil:
		return fmt.Errorf("on %s its derivative is not along the normal", f.describe(k))
	case f.sideOrder(part) >= 2:
		return fmt.Errorf("%s has a derivative already", f.describe(k))
	case !allowed && f.sideOrder(part) == 0:
		return errOnRequest
	}
	q := sideFlux{part, flux{over(form.a, lead), over(form.rest, lead), map[*ph.Coord]ph.Expr{}}}
	for _, c := range f.space() {
		if f.parts[part].n != nil {
			q.along[c] = over(form.b[c], lead)
		} else {
			q.along[c] = f.normalised(part).D(c).Neg()
		}
	}
	f.fluxes = append(slices.Clone(f.fluxes), q)
	return nil
}

// over is a quotient in which nil is 0.
func over(e, by ph.Expr) ph.Expr {
	if zero(e) || isConst(by, 1) {
		return e
	}
	return e.Div(by)
}
