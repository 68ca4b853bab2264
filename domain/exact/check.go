package exact

import (
	"fmt"
	"math"
	"slices"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/pointwise"
	ph "github.com/crux-pinn/crux/placeholder"
)

// check evaluates all conditions, with a function in place of the network, on their pieces and where these meet. name is
// the condition that is new, before the frame without it.
func (f *frame) check(name string, before *frame) error {
	wraps := make([]int, len(f.wraps))
	for i, w := range f.wraps {
		wraps[i] = w.axis
	}
	free := f.trial(f.coords, wraps, 0.7)
	trial := f.build(free)
	if err := f.checkPeriodic(name, trial); err != nil {
		return err
	}
	for _, b := range f.done {
		for _, h := range b.at {
			terms := f.terms(h, trial)
			for _, x := range f.probesOf(h) {
				left, size, err := f.residual(terms, x)
				if err != nil {
					return err
				}
				if math.Abs(left) <= 1e-9*size {
					continue
				}
				if b.name != name {
					if at, by := f.meeting(name, b, before, free); at != nil {
						x, left = at, by
					}
				}
				return f.disagreement(name, b.name, x, left)
			}
		}
	}
	return nil
}

// termsOf are the terms of a condition for a function, with the values of parameters in them, behind the coefficient that must not vanish
// times what it belongs to, of a function of order one.
type termsOf struct {
	all    ph.Expr
	params map[*ph.Param][]float64
}

func (f *frame) terms(h hold, u ph.Expr) termsOf {
	terms := []ph.Expr{h.lead().Scale(f.steepness(h))}
	if h.form.a != nil {
		terms = append(terms, h.form.a.Mul(u))
	}
	for _, c := range f.coords {
		if k := h.form.b[c]; k != nil {
			terms = append(terms, k.Mul(u.D(c)))
		}
	}
	if h.form.rest != nil {
		terms = append(terms, h.form.rest)
	}
	all := ph.Concat(terms...)
	return termsOf{all, parameterValues(all)}
}

// residual is what is left of a condition at a point, and the size of its terms.
func (f *frame) residual(t termsOf, x []float64) (left, size float64, err error) {
	v, err := pointwise.Eval(t.all, pointwise.Point{Coords: f.point(x), Params: t.params})
	if err != nil {
		return 0, 0, fmt.Errorf("it cannot be evaluated: %w", err)
	}
	if v[0] == 0 {
		return 0, 0, fmt.Errorf("the function drops out of it at %s", f.place(x))
	}
	size = math.Abs(v[0])
	for _, t := range v[1:] {
		left, size = left+t, size+math.Abs(t)
	}
	return left, size, nil
}

// meeting is where the condition that is new contradicts another one, in a corner of both, and by how much: what is left of it there for a
// function that has all the others. nil if nothing is left where they meet.
func (f *frame) meeting(name string, other built, before *frame, free ph.Expr) (at []float64, by float64) {
	u := before.build(free)
	for _, b := range f.done {
		if b.name != name {
			continue
		}
		for _, h := range b.at {
			terms := f.terms(h, u)
			for _, x := range f.probesOf(h) {
				if !slices.ContainsFunc(other.at, func(o hold) bool { return f.pieces[o.piece].on(x) }) {
					continue
				}
				if left, size, err := f.residual(terms, x); err == nil && math.Abs(left) > max(1e-9*size, math.Abs(by)) {
					at, by = x, left
				}
			}
		}
	}
	return at, by
}

// lead is the coefficient that must not vanish: of the derivative, if there is one, and of the function otherwise.
func (h hold) lead() ph.Expr {
	if h.along != nil {
		return h.along
	}
	for _, b := range h.form.b { // one at most, as onFace sees to
		return b
	}
	return h.form.a
}

// steepness is the slope of a function of order one where the coefficient that must not vanish belongs to a derivative, and otherwise 1.
func (f *frame) steepness(h hold) float64 {
	if h.along == nil && len(h.form.b) == 0 {
		return 1
	}
	shortest := math.Inf(1)
	for i, lo := range f.lo {
		shortest = min(shortest, f.hi[i]-lo)
	}
	return 1 / shortest
}

// point is a point as expressions are evaluated there.
func (f *frame) point(x []float64) map[*ph.Coord]float64 {
	at := map[*ph.Coord]float64{}
	for i, c := range f.coords {
		at[c] = x[i]
	}
	return at
}

// place is a point in words.
func (f *frame) place(x []float64) string { return domain.Place(f.coords, x) }

// disagreement words that a condition does not hold at a point.
func (f *frame) disagreement(name, failed string, x []float64, left float64) error {
	where := f.place(x)
	if math.IsNaN(left) || math.IsInf(left, 0) {
		return fmt.Errorf("at %s its data are %v", where, left)
	}
	if name != failed {
		return fmt.Errorf("its data and those of %q disagree at %s by %.3g; make them agree there, or leave one of the two a constraint",
			failed, where, math.Abs(left))
	}
	others := ""
	for _, b := range f.done {
		if b.name != name {
			others += fmt.Sprintf(" or %q", b.name)
		}
	}
	if others == "" {
		return fmt.Errorf("at %s it does not agree with itself, by %.3g; make its data continuous across corners, or leave it a constraint",
			where, math.Abs(left))
	}
	return fmt.Errorf("its data disagree with themselves or with those of%s at %s by %.3g; "+
		"make them agree there, or leave one of the two a constraint", others[3:], where, math.Abs(left))
}

// parameterValues are the initial values of the parameters in an expression.
func parameterValues(e ph.Expr) map[*ph.Param][]float64 {
	m := map[*ph.Param][]float64{}
	for _, p := range ph.Occurring[*ph.Param](e) {
		if len(p.Shape()) == 0 {
			m[p] = make([]float64, 1)
			p.Initialize(nil, m[p])
		}
	}
	return m
}

// probesOf are points where a condition can be checked. A flux has no direction in a corner of a shape.
func (f *frame) probesOf(h hold) [][]float64 {
	list := f.probes(h.piece)
	if h.along == nil {
		return list
	}
	d := len(f.space())
	return slices.DeleteFunc(list, func(x []float64) bool {
		zeros := 0
		for _, value := range f.values {
			if math.Abs(value(x[:d])) <= vanishes {
				zeros++
			}
		}
		return zeros != 1
	})
}

// probes are points of a piece, first those where it meets others.
func (f *frame) probes(k int) [][]float64 {
	p := f.pieces[k]
	d := len(f.coords)
	var list [][]float64
	if f.shape == nil { // corners of a box, 64 at most
		for n := range 1 << min(d, 6) {
			x := slices.Clone(f.lo)
			for i := range min(d, 6) {
				if n>>i&1 == 1 {
					x[i] = f.hi[i]
				}
			}
			if p.on(x) {
				list = append(list, x)
			}
		}
	}
	if p.axis >= 0 && f.shape != nil { // where an end of time meets the boundary
		for _, q := range f.shape.Patches() {
			each(q, d-1, 5, func(x []float64) {
				list = append(list, append(x, [2]float64{f.lo[p.axis], f.hi[p.axis]}[p.side]))
			})
		}
	}
	if p.axis < 0 {
		if g, ok := f.shape.Geometry().(*domain.Polygon); ok { // corners, where data may be singular
			for _, v := range g.Vertices() {
				x := append(v[:2:2], f.lo[2:]...) // at the beginning of time, if there is time
				if p.on(x) {
					list = append(list, x)
				}
			}
		}
	}
	for _, q := range p.patches {
		each(q, d, 5, func(x []float64) {
			list = append(list, x)
			for _, i := range f.axes { // and at the ends of the axes
				if i != p.axis {
					y := slices.Clone(x)
					y[i] = [2]float64{f.lo[i], f.hi[i]}[len(list)%2]
					list = append(list, y)
				}
			}
		})
	}
	return list
}
