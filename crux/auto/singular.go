package auto

import (
	"fmt"
	"math"
	"slices"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/pointwise"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// enrich gives networks inputs that are singular where the values on the boundary jump, as the solution of the equation is, see
// [box.input]. The conditions around such a place are trained.
func (b *builder) enrich() {
	d, ok := b.Domain.(*domain.Box)
	if !ok || d.Err() != nil {
		return
	}
	g := newBox(d)
	var list []given
	for i, k := range b.list {
		if b.onBoundary(k) {
			list = append(list, g.given(k.Name, b.terms[i], sized(k.On))...)
		}
	}
	weight := ph.Const(1)
	for _, f := range b.plain() {
		var inputs []ph.Expr
		for _, s := range g.sites(f, list) {
			if s.kink && b.kinks.has(f, s.switches, d) {
				continue // the solution has it at all times
			}
			of := b.choice.Periods[f]
			e, near, what := b.input(g, s, f)
			if e == nil || of[g.coords[s.c]] != 0 || of[g.coords[s.y]] != 0 {
				continue
			}
			inputs = append(inputs, e)
			b.choice.decide(fmt.Sprintf("an input of %s: %s", f.Name(), what), s.why(g))
			if s.corner() {
				b.contested = append(b.contested, s.of...)
			}
			less := near.Div(near.Shift(nearby * nearby))
			if s.kink {
				less = ph.Sqrt(less)
			}
			weight = weight.Mul(less)
		}
		b.give(f, inputs)
	}
	if weight.Op() == ph.OpConst {
		return
	}
	for i := range b.list {
		if k := &b.list[i]; b.inside(*k) && len(k.On.Patches()) > 0 {
			k.Residual = k.Residual.Mul(weight)
			b.choice.decide(k.Name+": counts less near such places", "its terms grow without bound there")
		}
	}
}

// give gives the network of a field further inputs.
func (b *builder) give(f *ph.Field, inputs []ph.Expr) {
	if len(inputs) == 0 {
		return
	}
	raw := !ph.Contains(f.Body(), func(e ph.Expr) bool { return e.Op() == ph.OpNormalize })
	network := ph.ReplaceFields(f, b.fields).Attr().(*ph.Field).Module()
	switch m := network.(type) {
	case net.Enriched:
		m.With = slices.Concat(m.With, inputs)
		network = m
	case net.Periodic: // it asks for coordinates
		m.Inner = net.Enriched{With: inputs, Inner: m.Inner, Raw: true}
		network = m
	default:
		network = net.Enriched{With: inputs, Inner: m, Raw: raw}
	}
	b.fields[f] = ph.NewField(f.Name(), network, f.Coords()...)
}

// nearby is the distance from a place, in units of the axis, within which the equation counts less: there its terms grow without
// bound, for a jump as 1/distance², for a kink as 1/distance.
const nearby = 0.1

// tiny keeps what is singular finite where it is, in units of the axes: far below the distance of points.
const tiny = 1e-10

// input is what a solution depends on around a place where its boundary values jump, of order one; nil where none is known.
//
//   - c and y of second order, elliptic: the angle around the place, which is harmonic: (2/π)·atan(η/h)
//   - c is time, from a face at its beginning, y of second order: erf(η/√(4Dτ)), the solution of u_t = D u_yy for a jump
//   - c is time, and the jump is along a curve: see across
//   - y is time, c of second order: erf(h/√(4D(t−t0))) for t > t0, and 1 before
//
// with h the distance to the face, η that to the place along it, and D of the equation there. A kink is the integral of a jump:
// η·erf(z) + √(4Dτ/π)·exp(−z²).
//
// near is the square of the distance from the place, in the same units of the axes and of the equation, and what says in words what the
// input is.
func (b *builder) input(g box, s site, f *ph.Field) (e, near ph.Expr, what string) {
	for i, k := range b.list {
		if !b.inside(k) || !ph.Mentions(b.terms[i], f) {
			continue
		}
		x := slices.Clone(g.lo) // in the middle of the other axes
		for j := range x {
			x[j] += 0.5 * g.length(j)
		}
		x[s.y] = s.at
		symbol := func(j, order int) float64 { return g.symbol(b.terms[i], f, s.component, x, j, order) }
		c, y := g.coords[s.c], g.coords[s.y]
		h := c.Shift(-g.end(s.c, 0))
		toward := 1.0
		if s.side == 1 {
			h, toward = h.Neg().Shift(g.length(s.c)), -1
		}
		eta := y.Shift(-s.at)
		if s.corner() && s.at == g.hi[s.y] && s.at != g.lo[s.y] {
			eta = eta.Neg()
		}
		a1, a2, y1, y2 := symbol(s.c, 1), symbol(s.c, 2), symbol(s.y, 1), symbol(s.y, 2)
		switch {
		case s.level != nil:
			if a2 == 0 && a1 != 0 {
				if e, near := g.across(s, h, func(i int) float64 { return -symbol(i, 2) / a1 * toward }); e != nil {
					return e, near, "the jump, spread by diffusion"
				}
			}
		case a2*y2 > 0 && !s.kink:
			ratio := math.Sqrt(a2 / y2)
			near = h.Pow(2).Add(eta.Scale(ratio).Pow(2)).Scale(1 / (g.length(s.c) * g.length(s.y) * ratio))
			return ph.Atan(eta.Scale(ratio).Div(h.Shift(tiny * g.length(s.c)))).Scale(2 / math.Pi), near, "the angle around the place"
		case a2 == 0 && a1 != 0 && y2 != 0 && -y2/a1*toward > 0:
			rate := -y2 / a1 * toward
			near = eta.Pow(2).Add(h.Scale(4 * rate)).Scale(1 / (g.length(s.y) * g.length(s.y)))
			return smoothed(s.sided(eta, h, g.length(s.y)), h, rate, g.length(s.y), s.kink), near, s.spread(y, rate)
		case y2 == 0 && y1 != 0 && a2 != 0:
			rate := -a2 / y1
			since := s.sided(eta, h, g.length(s.y))
			if rate < 0 {
				rate, since = -rate, since.Neg()
			}
			// a where, as a maximum would leave a steep layer at the face before t0
			late := ph.Compare(since, ph.Greater, ph.Const(0))
			near = h.Pow(2).Add(ph.Abs(since).Scale(4 * rate)).Scale(1 / (g.length(s.c) * g.length(s.c)))
			return ph.Where(late, smoothed(h, since, rate, g.length(s.c), s.kink), ph.Const(1)), near, s.spread(c, rate)
		}
	}
	return nil, nil, ""
}

// spread says what diffusion at a rate along a coordinate makes of a jump or a kink.
func (s site) spread(along *ph.Coord, rate float64) string {
	what := "jump"
	if s.kink {
		what = "kink"
	}
	return fmt.Sprintf("the %s, spread along %s by diffusion with the coefficient %.4g", what, along.Name(), rate)
}

// sided is the way from a place along a face, η. On the face itself it is beside the place, on the side on which the data have it: to the
// last bit, where these switch between two numbers that are next to each other.
func (s site) sided(eta, h ph.Expr, length float64) ph.Expr {
	if s.corner() {
		return eta
	}
	aside := closely * length
	if !s.rising {
		aside = -aside
	}
	above := ph.Where(ph.Compare(s.switches, ph.Greater, ph.Const(0)), ph.Const(aside), ph.Const(-aside))
	here := ph.Compare(h, ph.LessEqual, ph.Const(0)).Mul(ph.Compare(ph.Abs(eta), ph.Less, ph.Const(closely*length)))
	return ph.Where(here, above, eta)
}

// smoothed is a jump at x = 0, from −1 to 1, or the kink |x|, after it has diffused at a rate for a time. For times below 0, at which
// networks of later windows are evaluated though nothing uses the value, it is as at 0.
func smoothed(x, time ph.Expr, rate, length float64, kink bool) ph.Expr {
	least := tiny * length
	width := ph.Sqrt(ph.Max(time, ph.Const(0)).Scale(4 * rate).Shift(least * least))
	z := x.Div(width)
	if kink {
		return x.Mul(ph.Erf(z)).Add(width.Mul(ph.Exp(z.Pow(2).Neg())).Scale(1 / math.Sqrt(math.Pi))).Scale(1 / length)
	}
	return ph.Erf(z)
}

// symbol is the coefficient that a derivative of a component of a field along axis j has in an equation at a point.
func (g box) symbol(e ph.Expr, f *ph.Field, component int, x []float64, j, order int) float64 {
	phi := g.coords[j].Shift(-x[j])
	if order == 2 {
		phi = phi.Pow(2).Scale(0.5)
	}
	v, err := pointwise.Eval(with(e, f, component, phi), g.point(e, x))
	w, also := pointwise.Eval(with(e, f, component, ph.Const(0)), g.point(e, x))
	if err != nil || also != nil || len(v) != 1 {
		return 0
	}
	return v[0] - w[0]
}
