package exact

import (
	"fmt"
	"math"
	"slices"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/pointwise"
	ph "github.com/crux-pinn/crux/placeholder"
)

// pair says that u, or a derivative of it, is the same at both ends of an axis.
type pair struct {
	axis  int
	of    unknown
	along []*ph.Coord // the derivative, in the order of the domain's coordinates; empty for u itself
}

// order is the order of the derivative along the axis, −1 where it has other derivatives too.
func (p pair) order(f *frame) int {
	for _, c := range p.along {
		if c != f.coords[p.axis] {
			return -1
		}
	}
	return len(p.along)
}

// pairIn reads a condition as a pair: at all of its points it holds if, and only if, two values of one derivative agree, one at
// each end of an axis, of which u(x = 0) and u on the face are ways to write one. It is nil for a condition of another kind. The error
// says why a pair does not hold on the whole face.
func (f *frame) pairIn(c Condition) (*pair, error) {
	if c.Residual == nil || c.Residual.Err() != nil || c.Residual.Dim() != 1 || c.On == nil || c.On.Err() != nil || isData(c.On) {
		return nil, nil
	}
	p := f.pairNamed(c.Residual)
	if p == nil {
		return nil, nil
	}
	pieces, err := f.covers(c.On)
	off := func(k int) bool { return f.pieces[k].axis != p.axis }
	onFaces := err == nil && !slices.ContainsFunc(pieces, off)
	switch pieces = slices.DeleteFunc(pieces, off); {
	case err != nil && f.everywhere(c.On):
		err = nil
	case err == nil && len(pieces) == 0:
		err = fmt.Errorf("it does not cover the face %s = %v", f.coords[p.axis].Name(), f.lo[p.axis])
	}
	if len(pieces) == 0 { // all values say at which end they are taken: one face is like the other
		pieces = []int{f.face(p.axis)}
	}
	two := false
	for _, k := range pieces {
		same, apart := f.agree(c.Residual, *p, k, onFaces)
		if !same {
			return nil, nil
		}
		two = two || apart
	}
	if !two {
		return nil, nil
	}
	return p, err
}

// face is the piece that is the lower end of an axis.
func (f *frame) face(axis int) int {
	return slices.IndexFunc(f.pieces, func(p piece) bool { return p.axis == axis && p.side == 0 })
}

// everywhere reports whether a set of points is all of the inside.
func (f *frame) everywhere(on *domain.Points) bool {
	d, ok := f.domain.(interface{ Volume() float64 })
	if !ok || len(on.Coords()) != len(f.coords) {
		return false
	}
	for _, c := range f.coords {
		if !slices.Contains(on.Coords(), c) {
			return false
		}
	}
	for _, q := range on.Patches() {
		if q.Params < len(f.coords) {
			return false
		}
	}
	return math.Abs(measure(on.Patches())-d.Volume()) <= 1e-2*d.Volume()
}

// pairNamed finds the first derivative of an unknown that stands at an end of an axis, as in u_x(x = 0).
func (f *frame) pairNamed(e ph.Expr) *pair {
	for part := range ph.Walk(e, nil) {
		if axis, _ := f.end(part); axis >= 0 {
			if u, along, ok := f.derivative(part.Args()[0]); ok {
				return &pair{axis, u, along}
			}
		}
	}
	return nil
}

// end is the axis and the side at which a substitution takes its operand; −1 for anything else.
func (f *frame) end(e ph.Expr) (axis, side int) {
	c, ok := e.Attr().(*ph.Coord)
	if e.Op() != ph.OpAt || !ok || !ph.Given(e.Args()[1]) {
		return -1, 0
	}
	v, err := pointwise.Eval(e.Args()[1], pointwise.Point{})
	if err != nil {
		return -1, 0 // it is no number
	}
	for _, i := range f.axes {
		for side, at := range [2]float64{f.lo[i], f.hi[i]} {
			if c == f.coords[i] && math.Abs(v[0]-at) <= 1e-12*(f.hi[i]-f.lo[i]) {
				return i, side
			}
		}
	}
	return -1, 0
}

// derivative is the component of a field of which e is a derivative, and along what.
func (f *frame) derivative(e ph.Expr) (u unknown, along []*ph.Coord, ok bool) {
	e = plainly(e)
	if e.Op() != ph.OpD {
		u, ok = unknownOf(e)
		return u, nil, ok && u.at.Hi-u.at.Lo == 1
	}
	u, along, ok = f.derivative(e.Args()[0])
	along = append(slices.Clone(along), e.Attr().([]*ph.Coord)...)
	slices.SortFunc(along, func(a, b *ph.Coord) int { return slices.Index(f.coords, a) - slices.Index(f.coords, b) })
	return u, along, ok
}

// agree evaluates a residual on a face with numbers in place of the values of a pair. same: it vanishes where both are the same. two: it
// does not where they differ. With here, values without a substitution are those on the face.
func (f *frame) agree(residual ph.Expr, p pair, face int, here bool) (same, two bool) {
	values := [2]*ph.Coord{ph.NewCoord("lower"), ph.NewCoord("upper")}
	is := func(e ph.Expr) bool {
		u, along, ok := f.derivative(e)
		return ok && u == p.of && slices.Equal(along, p.along)
	}
	e := ph.Replace(residual, func(e ph.Expr) ph.Expr {
		switch axis, at := f.end(e); {
		case axis == p.axis && is(e.Args()[0]):
			return values[at]
		case here && is(e):
			return values[f.pieces[face].side]
		}
		return nil
	})
	if !ph.Given(e) {
		return false, false
	}
	params := parameterValues(e)
	same, two = true, true
	for _, x := range f.probes(face) {
		at := func(lower, upper float64) float64 {
			point := f.point(x)
			point[values[0]], point[values[1]] = lower, upper
			v, err := pointwise.Eval(e, pointwise.Point{Coords: point, Params: params})
			if err != nil {
				return math.NaN()
			}
			return math.Abs(v[0])
		}
		const a, b = 0.3, -1.7
		apart := at(a, b)
		two = two && apart > 0 && !math.IsInf(apart, 1)
		same = same && at(a, a) <= 1e-9*apart && at(b, b) <= 1e-9*apart
	}
	return same, two
}
