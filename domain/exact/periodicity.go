package exact

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/crux-pinn/crux/internal/pointwise"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Periodicity is an axis along which conditions ask a field to be periodic.
type Periodicity struct {
	Field      *ph.Field
	Coord      *ph.Coord
	Period     float64  // the length of the axis
	Conditions []string // what asks for it, by name
	Why        string   // why the network should not be given the period all the same; empty if it should
	Lacks      ph.Expr  // the derivative of the field that an equation wants to be periodic and no condition makes so; nil if none
}

// Periodicities finds, among the conditions, those that a network with periodic inputs has by itself: u, or a derivative of it, is the
// same at both ends of an axis, at all points of the face. Ways to write that are, on a face, u − u(x = 1), and on faces or in the whole
// interior u(x = 0) − u(x = 1). equations are the residuals that hold inside.
//
//	raw := placeholder.NewField("u", net.MLP{}, t, x) // to write the conditions and equations with
//	for _, p := range (exact.Hard{Domain: slab, Conditions: conditions}).Periodicities(pde) {
//		if p.Why == "" {
//			module = net.Periodic{Periods: map[*placeholder.Coord]float64{p.Coord: p.Period}, Inner: module}
//		}
//	}
//
// A periodic network has all its derivatives the same at both ends, and all its components. So that this is asked for and no more, each
// component must have as many such conditions as the equations have derivatives of it along the axis: the value for first derivatives,
// value and slope for second ones. The equations must not change from one end to the other either, nor their first three derivatives
// along the axis, or the solution would be less smooth there than the network.
//
// With a network that is periodic [Hard.Apply] takes these conditions as built in.
func (h Hard) Periodicities(equations ...ph.Expr) []Periodicity {
	f, err := newFrame(h.Domain, 1)
	if err != nil {
		return nil // Apply says so
	}
	var groups []*periodic
	for i, c := range h.Conditions {
		p, err := f.pairIn(c)
		if p == nil {
			continue
		}
		at := slices.IndexFunc(groups, func(g *periodic) bool { return g.Field == p.of.field && g.axis == p.axis })
		if at < 0 {
			at = len(groups)
			groups = append(groups, &periodic{Periodicity: Periodicity{
				Field: p.of.field, Coord: f.coords[p.axis],
				Period: f.hi[p.axis] - f.lo[p.axis],
			}, axis: p.axis})
		}
		g := groups[at]
		c.Name = cmp.Or(c.Name, fmt.Sprint(i))
		g.Conditions = append(g.Conditions, c.Name)
		g.pairs = append(g.pairs, *p)
		if err != nil && g.Why == "" {
			g.Why = fmt.Sprintf("%s: %v", c.Name, err)
		}
	}
	for _, g := range groups {
		if g.Why == "" {
			g.Why = f.lacking(g, equations)
		}
	}
	for again := true; again; {
		again = false
		for _, e := range equations {
			for _, g := range groups {
				if g.Why == "" && ph.Mentions(e, g.Field) {
					g.Why = f.change(e, g.axis, groups)
					again = again || g.Why != ""
				}
			}
		}
	}
	list := make([]Periodicity, len(groups))
	for i, g := range groups {
		list[i] = g.Periodicity
	}
	return list
}

// periodic is a Periodicity with what asks for it.
type periodic struct {
	Periodicity
	axis  int
	pairs []pair
}

// smooth is up to which derivative what is given must be as periodic as a network.
const smooth = 3

// lacking says which condition a component of the field has not, although the equations want it; empty if there is none.
func (f *frame) lacking(g *periodic, equations []ph.Expr) string {
	for k := range g.Field.Dim() {
		u := unknown{g.Field, ph.Range{Lo: k, Hi: k + 1}}
		name := g.Field.Name()
		if g.Field.Dim() > 1 {
			name = fmt.Sprintf("component %d of %s", k, name)
		}
		top := 0
		for _, e := range equations {
			top = max(top, order(e, u, g.Coord))
		}
		for n := range max(top, 1) {
			if slices.ContainsFunc(g.pairs, func(p pair) bool { return p.of == u && p.order(f) == n }) {
				continue
			}
			if n == 0 {
				return fmt.Sprintf("no condition makes %s the same at both ends of %s, and what a network is periodic in holds of all it puts out",
					name, g.Coord.Name())
			}
			g.Lacks = g.Field.Index(k)
			for range n {
				g.Lacks = g.Lacks.D(g.Coord)
			}
			return fmt.Sprintf("no condition makes the %s derivative of %s the same at both ends of %s, "+
				"which an equation of order %d wants; add one, or it stays open",
				ordinal(n), name, g.Coord.Name(), top)
		}
	}
	return ""
}

func ordinal(n int) string {
	return []string{"", "first", "second", "third"}[min(n, 3)]
}

// order is that of the highest derivative of u along c in an expression, −1 if u occurs only where c is fixed.
func order(e ph.Expr, u unknown, c *ph.Coord) int {
	return ph.Order(e, c, func(part ph.Expr) (is, inside bool) {
		w, ok := unknownOf(part)
		return ok && w.field == u.field && w.at.Lo <= u.at.Lo && u.at.Hi <= w.at.Hi, !ok
	})
}

// change says where an equation, or a derivative of it along the axis, is not the same at both ends of the axis for a function that is;
// empty if it is everywhere.
func (f *frame) change(e ph.Expr, axis int, groups []*periodic) string {
	e = ph.Replace(e, func(e ph.Expr) ph.Expr {
		g, ok := e.Attr().(*ph.Field)
		if !ok || e.Op() != ph.OpField {
			return nil
		}
		wraps := []int{}
		if slices.ContainsFunc(groups, func(p *periodic) bool { return p.Field == g && p.axis == axis && p.Why == "" }) {
			wraps = append(wraps, axis)
		}
		parts := make([]ph.Expr, g.Dim())
		for k := range parts {
			parts[k] = f.trial(g.Coords(), wraps, 0.7+float64(k))
		}
		return ph.Concat(parts...)
	})
	if !ph.Given(e) {
		return "" // data are given at points, and none of them tells anything of the ends
	}
	if s := f.unlike(e, axis); s != "" {
		return fmt.Sprintf("an equation changes from one end of %s to the other: %s; leave the condition a constraint", f.coords[axis].Name(), s)
	}
	return ""
}

// unlike says where e or one of its first derivatives along an axis differs at its ends.
func (f *frame) unlike(e ph.Expr, axis int) string {
	c, l := f.coords[axis], f.hi[axis]-f.lo[axis]
	params := parameterValues(e)
	for n := range smooth + 1 {
		for _, x := range f.probes(f.face(axis)) {
			ends, err := f.atEnds(e, axis, x, pointwise.Point{Params: params})
			if err != nil {
				return fmt.Sprintf("it cannot be evaluated: %v", err)
			}
			for k, a := range ends[0] {
				b := ends[1][k]
				if math.Abs(a-b) <= 1e-8*max(1, math.Abs(a), math.Abs(b)) {
					continue
				}
				what := "it"
				if n > 0 {
					what = fmt.Sprintf("its %s derivative along %s", ordinal(n), c.Name())
				}
				return fmt.Sprintf("%s is %.4g at %s and %.4g at the other end of %s", what, a/math.Pow(l, float64(n)), f.place(x),
					b/math.Pow(l, float64(n)), c.Name())
			}
		}
		e = e.D(c).Scale(l)
	}
	return ""
}

// trial is a smooth function of some coordinates, of order one, and periodic along some axes.
func (f *frame) trial(coords []*ph.Coord, wraps []int, phase float64) ph.Expr {
	sum := ph.Const(phase)
	for i, c := range f.coords {
		if !slices.Contains(coords, c) {
			continue
		}
		s, k := c.Shift(-f.lo[i]).Scale(1/(f.hi[i]-f.lo[i])), 0.9*float64(i+1)
		if slices.Contains(wraps, i) {
			s, k = ph.Sin(s.Scale(2*math.Pi).Shift(float64(i))), k/2
		}
		sum = sum.Add(s.Scale(k))
	}
	return ph.Sin(sum).Shift(1.3)
}
