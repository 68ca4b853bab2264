package auto

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/pointwise"
	"github.com/crux-pinn/crux/internal/sizes"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Interfaces. In div(k·grad(u)) = f with a k that jumps, u has a kink where k jumps, so that the flux k·∂u/∂n is the same on both
// sides. Points inside see neither: there the derivative of k is zero. So
//
//   - the networks of u get |s| as an input, s = 0 being where k jumps: they are continuous there, with derivatives that may jump, and
//     smooth functions of the coordinates and |s| otherwise
//   - where u itself may jump, because of a contact resistance, they get the sign of s as well
//   - the jump of the flux is a condition of its own on that surface: what stands within the divergence, times the normal

// away is how far from a surface its sides are.
func away(d domain.Domain, precision crux.Precision) float64 {
	lo, hi := d.Bounds()
	longest := 0.0
	for i := range lo {
		longest = max(longest, hi[i]-lo[i])
	}
	return aside[precision] * longest
}

// aside is the same in lengths of the longest axis: far enough that rounding, 1e-16 in float64 and 1e-7 in
// float32, does not mix them up, and near enough that nothing changes on the way.
var aside = map[crux.Precision]float64{crux.Float64: 1e-10, crux.Float32: 1e-4}

// together is the largest number of materials whose solution one network has. Of 25 squares, one network with |s| for their 8 sides came to
// a relative error of 5e-2, and one for each of them to 2e-3 in the same time; of two, one network is the more exact (docs/materials.md).
const together = 4

// perSurface is the number of points that each of several surfaces has at least.
const perSurface = 100

// surface is where coefficients jump: where a smooth function is zero.
type surface struct {
	level ph.Expr
	above ph.Expr // not 0 where level is above zero; as the coefficients decide it, to the last bit
	of    []*ph.Coord
}

// kinked is what interfaces ask of the networks.
type kinked struct {
	surfaces []surface
	fields   map[*ph.Field][]int // surfaces, for each field whose flux jumps there
	torn     map[*ph.Field][]int // those where the field itself jumps
	names    []string            // of the conditions
	apart    *materials          // whose functions are of one network each; nil if all are of one
}

// interfaces finds the surfaces where coefficients within derivatives jump, and adds the conditions that hold there.
func (c *Choice) interfaces(p Problem) (kinked, error) {
	k := kinked{fields: map[*ph.Field][]int{}, torn: map[*ph.Field][]int{}}
	if p.Domain == nil || p.Domain.Err() != nil {
		return k, nil
	}
	m, err := newMaterials(p, c.Options.Precision)
	if err != nil {
		return k, err
	}
	if len(p.Materials) > together {
		k.apart, c.extents = m, m.extents()
	}
	for _, q := range slices.Clone(c.Problem.Constraints) {
		if q.Residual == nil || q.Residual.Err() != nil || q.On == nil {
			continue // New says so
		}
		flux, source, parts, err := m.flux(q)
		if err != nil {
			return k, fmt.Errorf("auto: constraint %q: %w", q.Name, err)
		}
		if flux == nil {
			continue
		}
		if m.parts = nil; len(m.Materials) == 0 {
			for _, part := range parts {
				m.parts = append(m.parts, pointwise.Function(decided(part), p.Domain.Coords()))
			}
		}
		var found []surface
		for _, part := range parts {
			list, ok := surfacesOf(part, p.Domain)
			if !ok {
				return k, fmt.Errorf("auto: constraint %q: %w", q.Name, refused(part,
					"it does not jump where a smooth function of the coordinates is zero"))
			}
			for _, s := range list {
				if !slices.ContainsFunc(found, func(o surface) bool { return sameSurface(o, s, p.Domain) }) {
					found = append(found, s)
				}
			}
		}
		var here []int
		for _, s := range found {
			if m.separates(s) {
				here = append(here, k.add(s, p.Domain))
			}
		}
		slices.Sort(here)
		if err := c.meet(&k, m, q, flux, here); err != nil {
			return k, err
		}
		if source != nil {
			c.balance(&k, m, q, flux, source, here)
		}
	}
	return k, nil
}

// refused says why a derivative of something that jumps is no equation.
func refused(part ph.Expr, why string) error {
	return &ph.Error{Pos: part.Pos(), Msg: fmt.Sprintf("a derivative of %s is infinite where it jumps, and %s; "+
		"use materials with a flux that is named, or a field for each side with conditions for value and flux between them", part, why)}
}

// meet adds the conditions of an equation on the surfaces where its flux jumps.
func (c *Choice) meet(k *kinked, m *materials, q crux.Constraint, flux ph.Expr, here []int) error {
	var list []surface
	for _, i := range here {
		list = append(list, k.surfaces[i])
	}
	fields := ph.Occurring[*ph.Field](flux)
	if k.apart != nil {
		c.apart = max(c.apart, len(m.Materials)*parameters(fields))
	}
	for _, f := range fields {
		k.fields[f] = append(k.fields[f], here...)
	}
	d := m.Domain
	s := newSides(list, d, c.Options.Precision)
	add := func(name string, residual ph.Expr, on *domain.Points, why string) error {
		if residual.Err() != nil {
			return residual.Err()
		}
		if on.Dims() > 0 {
			n, _ := Number(on, len(d.Coords()), false)
			on = on.Count(c.more(max(n, perSurface*len(list)), len(d.Coords())))
		}
		c.Problem.Constraints = append(c.Problem.Constraints, crux.Constraint{
			Name: name, Residual: residual, On: on, Weight: q.Weight, Scale: q.Scale, MeasureScale: q.MeasureScale,
		})
		k.names = append(k.names, name)
		c.decide(name+": "+why, "the materials meet there, and the equation has a divergence")
		return nil
	}
	rest := m.points(list, func(a, b int) (keep, turn bool) { return m.between(a, b) == nil, false })
	if rest.Count(1).Err() == nil {
		if err := add(q.Name+".flux", s.jump(flux), rest, "the flux is the same on both sides"); err != nil {
			return err
		}
	}
	torn := k.apart != nil
	for _, x := range m.Interfaces {
		if x.Between == [2]string{} || x.Resistance == nil && x.Jump == nil && x.Source == nil {
			continue
		}
		a, b := m.index(x.Between[0]), m.index(x.Between[1])
		on := m.points(list, func(i, j int) (keep, turn bool) { return i == a && j == b || i == b && j == a, i == b })
		if on.Count(1).Err() != nil {
			return &MaterialError{Interface: x.Between, Why: "they do not touch where the flux of " + q.Name + " jumps"}
		}
		name := q.Name + "." + x.Between[0] + "_" + x.Between[1]
		from := s.jump(flux)
		if x.Source != nil || x.Resistance != nil {
			sign, err := s.sign(flux, fields, on)
			if err != nil {
				return err
			}
			flux = flux.Scale(sign)
			from = s.jump(flux)
		}
		if x.Source != nil {
			from = from.Add(x.Source)
		}
		if err := add(name+"_flux", from, on, "what flows in flows out"); err != nil {
			return err
		}
		if x.Resistance == nil && x.Jump == nil {
			continue
		}
		if len(fields) != 1 || fields[0].Dim() != 1 {
			return &MaterialError{Interface: x.Between, Why: fmt.Sprintf("%s has several unknown functions, and it is open which one jumps", q.Name)}
		}
		torn = true
		by := s.jump(fields[0])
		if x.Jump != nil {
			by = by.Sub(x.Jump)
		}
		if x.Resistance != nil {
			by = by.Sub(x.Resistance.Mul(s.mean(flux)))
		}
		if err := add(name+"_value", by, on, "the value jumps as is said"); err != nil {
			return err
		}
	}
	if !torn {
		return nil
	}
	for _, f := range fields {
		k.torn[f] = append(k.torn[f], here...)
		if rest.Count(1).Err() == nil {
			name := q.Name + ".value"
			if len(fields) > 1 {
				name += "_" + f.Name()
			}
			if err := add(name, s.jump(f), rest, "the value is the same on both sides"); err != nil {
				return err
			}
		}
	}
	return nil
}

// parameters is the number of those of the networks of some fields.
func parameters(fields []*ph.Field) (n int) {
	for _, f := range fields {
		for _, p := range f.Parameters() {
			if !p.Fixed() {
				n += p.Size()
			}
		}
	}
	return n
}

// sides are those of surfaces, a little away from them along the normal.
type sides struct {
	coords []*ph.Coord
	by     map[*ph.Coord]float64
}

func newSides(list []surface, d domain.Domain, precision crux.Precision) sides {
	s := sides{d.Coords(), map[*ph.Coord]float64{}}
	by := away(d, precision)
	for _, x := range list {
		for _, c := range x.of {
			s.by[c] = by
		}
	}
	return s
}

// above is an expression on the side to which the normal leads, and below on the other.
func (s sides) above(e ph.Expr) ph.Expr { return s.at(e, 1) }
func (s sides) below(e ph.Expr) ph.Expr { return s.at(e, -1) }

func (s sides) at(e ph.Expr, sign float64) ph.Expr {
	for _, c := range s.coords {
		if by := s.by[c]; by != 0 {
			e = e.Subst(c, c.Add(ph.Normal(c).Scale(sign*by)))
		}
	}
	return e
}

func (s sides) jump(e ph.Expr) ph.Expr { return s.above(e).Sub(s.below(e)) }
func (s sides) mean(e ph.Expr) ph.Expr { return s.above(e).Add(s.below(e)).Scale(0.5) }

// sign is 1 where the flux grows with the normal derivative of the function, as k·∂u/∂n does, and −1 where it falls.
func (s sides) sign(flux ph.Expr, fields []*ph.Field, on *domain.Points) (float64, error) {
	at, err := spaced(on, 16).Draw(nil)
	if err != nil {
		return 0, err
	}
	row := at.Row(0)
	point := pointwise.Point{Coords: map[*ph.Coord]float64{}, Normals: map[*ph.Coord]float64{}, Params: sizes.Constants(flux)}
	var phi ph.Expr = ph.Const(0)
	for i, c := range at.Coords {
		n := at.Normals[i]
		point.Coords[c], point.Normals[c] = row[i]+n*s.by[c], n
		phi = phi.Add(c.Shift(-row[i]).Scale(n))
	}
	v, err := pointwise.Eval(with(flux, fields[0], 0, phi), point)
	w, also := pointwise.Eval(with(flux, fields[0], 0, ph.Const(0)), point)
	switch {
	case err != nil || also != nil || v[0] == w[0]:
		return 0, errors.New("the flux does not depend on the normal derivative of " + fields[0].Name())
	case v[0] < w[0]:
		return -1, nil
	}
	return 1, nil
}

// has reports whether the networks of a field may have a kink wherever something switches.
func (k kinked) has(f *ph.Field, by ph.Expr, d domain.Domain) bool {
	if by == nil {
		return false
	}
	found, ok := surfacesOf(by, d)
	for _, s := range found {
		ok = ok && slices.ContainsFunc(k.fields[f], func(i int) bool { return sameSurface(k.surfaces[i], s, d) })
	}
	return ok
}

// add is the place of a surface in the list; one that is there already is not added again.
func (k *kinked) add(s surface, d domain.Domain) int {
	for i, o := range k.surfaces {
		if sameSurface(o, s, d) {
			return i
		}
	}
	k.surfaces = append(k.surfaces, s)
	return len(k.surfaces) - 1
}

// sameSurface reports whether the functions of two surfaces are multiples of each other.
func sameSurface(a, b surface, d domain.Domain) bool {
	if !slices.Equal(a.of, b.of) {
		return false
	}
	f, g := pointwise.Function(a.level, d.Coords()), pointwise.Function(b.level, d.Coords())
	at, err := spaced(d.Interior(0), 16).Draw(nil)
	if err != nil {
		return false
	}
	var u, v, u0, v0 [1]float64
	for i := range at.Len() {
		f(u[:], at.Row(i))
		g(v[:], at.Row(i))
		if i == 0 {
			u0, v0 = u, v
		}
		if x, y := u[0]*v0[0], v[0]*u0[0]; !(math.Abs(x-y) <= 1e-12*(math.Abs(x)+math.Abs(y))) {
			return false
		}
	}
	return true
}

// part is a derivative within a residual, times something: what it is the derivative of, and along which coordinate.
type part struct {
	along *ph.Coord
	flux  ph.Expr
}

// divergence is the flux that belongs to the derivatives of what jumps: those are terms of a residual, with factors that do not jump, or
// that all of them have. Nil if they are not. The rest is what else stands in the residual, over the factors that all have.
func divergence(residual ph.Expr, jumping []ph.Expr) (flux []part, rest ph.Expr) {
	jumps := func(e ph.Expr) bool {
		return ph.Contains(e, func(p ph.Expr) bool { return slices.Contains(jumping, p) })
	}
	type term struct {
		part
		factors []ph.Expr
		all     ph.Expr // the derivative
	}
	var list []term
	ok := true
	var walk func(e ph.Expr, factors []ph.Expr)
	walk = func(e ph.Expr, factors []ph.Expr) {
		derived := func(e ph.Expr) bool {
			return ph.Contains(e, func(p ph.Expr) bool { return p.Op() == ph.OpD && jumps(p) })
		}
		if !derived(e) {
			return
		}
		a := e.Args()
		with := func(f ph.Expr) []ph.Expr { return append(slices.Clone(factors), f) }
		switch e.Op() {
		case ph.OpAdd:
			walk(a[0], factors)
			walk(a[1], factors)
		case ph.OpSub:
			walk(a[0], factors)
			walk(a[1], with(ph.Const(-1)))
		case ph.OpNeg:
			walk(a[0], with(ph.Const(-1)))
		case ph.OpNamed:
			walk(a[0], factors)
		case ph.OpMul:
			switch {
			case !derived(a[1]):
				walk(a[0], with(a[1]))
			case !derived(a[0]):
				walk(a[1], with(a[0]))
			default:
				ok = false
			}
		case ph.OpDiv:
			if ok = ok && !derived(a[1]); ok {
				walk(a[0], with(ph.Const(1).Div(a[1])))
			}
		case ph.OpD:
			by := e.Attr().([]*ph.Coord)
			if ok = ok && len(by) == 1 && !derived(a[0]); ok {
				list = append(list, term{part{by[0], a[0]}, factors, e})
			}
		default:
			ok = false
		}
	}
	walk(residual, nil)
	if !ok || len(list) == 0 {
		return nil, nil
	}
	common := func(f ph.Expr) bool {
		return !slices.ContainsFunc(list, func(t term) bool { return !slices.Contains(t.factors, f) })
	}
	var parts []part
	for _, t := range list {
		for _, f := range t.factors {
			if common(f) {
				continue
			}
			if !smooth(f) {
				return nil, nil
			}
			t.flux = f.Mul(t.flux)
		}
		parts = append(parts, t.part)
	}
	rest = ph.Replace(residual, func(e ph.Expr) ph.Expr {
		if slices.ContainsFunc(list, func(t term) bool { return t.all == e }) {
			return ph.Const(0)
		}
		return nil
	})
	for _, f := range list[0].factors {
		if common(f) {
			rest = rest.Div(f)
		}
	}
	return parts, rest
}

// decided is a condition that changes where a part of an expression switches.
func decided(part ph.Expr) ph.Expr {
	switch part.Op() {
	case ph.OpWhere:
		return part.Args()[0]
	case ph.OpCompare:
		return part
	}
	return ph.Compare(decides(part), ph.Greater, ph.Const(0))
}

// surfacesOf are where a part of an expression switches: where the smooth functions are zero that it compares.
func surfacesOf(e ph.Expr, d domain.Domain) (list []surface, ok bool) {
	if e.Op() == ph.OpWhere {
		e = e.Args()[0]
	}
	coords := d.Coords()
	add := func(s, above ph.Expr) {
		free := ph.FreeCoords(s)
		one := surface{level: s, above: above}
		for _, c := range coords {
			if free[c] {
				one.of = append(one.of, c)
			}
		}
		if len(one.of) > 0 {
			list = append(list, one)
		}
	}
	if smooth(e) {
		add(e, ph.Compare(e, ph.Greater, ph.Const(0)))
	}
	ok = true
	for part := range ph.Walk(e, nil) {
		s := decides(part)
		if s == nil {
			continue
		}
		switch {
		case logical(part) && part.Op() != ph.OpCompare, part.Op() == ph.OpCompare && part.Attr() == ph.Equal: // and, or, not
		case part.Op() == ph.OpCompare && level(part) != nil:
			s := level(part)
			above := part
			if !rises(part) {
				above = ph.Const(1).Sub(part)
			}
			add(s, above)
		case part.Op() == ph.OpUnary && smooth(s):
			add(s, ph.Compare(s, ph.Greater, ph.Const(0)))
		default:
			ok = false
		}
	}
	return list, ok && len(list) > 0
}

// logical reports whether an expression is made of comparisons, by and, or and not.
func logical(e ph.Expr) bool {
	switch e.Op() {
	case ph.OpCompare:
		return true
	case ph.OpMul, ph.OpMin, ph.OpMax:
		return logical(e.Args()[0]) && logical(e.Args()[1])
	}
	return false
}

// smooth reports whether nothing in an expression switches.
func smooth(e ph.Expr) bool {
	return !ph.Contains(e, func(p ph.Expr) bool { return decides(p) != nil || isRoot(p) })
}

// kink gives networks |s| as an input, for each surface s = 0 where their fluxes jump, in units of its size on the domain.
func (b *builder) kink() {
	k := b.kinks
	if k.apart != nil {
		b.corners()
	}
	for _, f := range b.plain() {
		if k.apart != nil {
			if k.fields[f] != nil {
				b.network(f)
			}
			continue
		}
		var inputs []ph.Expr
		for _, i := range slices.Compact(slices.Sorted(slices.Values(k.fields[f]))) {
			s := k.surfaces[i]
			if slices.ContainsFunc(s.of, func(c *ph.Coord) bool { return !slices.Contains(f.Coords(), c) }) {
				continue
			}
			by := s.level.Scale(1 / size(s.level, b.Domain))
			inputs = append(inputs, ph.Where(s.above, by, by.Neg()))
			if slices.Contains(k.torn[f], i) {
				inputs = append(inputs, ph.Where(s.above, ph.Const(1), ph.Const(-1)))
			}
		}
		b.give(f, inputs)
	}
}

// corners lets equations and fluxes count less where surfaces cross: the gradient is singular there, as r^(λ−1) with a λ between 0
// and 1.
func (b *builder) corners() {
	k := b.kinks
	var weight ph.Expr = ph.Const(1)
	length := math.Inf(1)
	for _, s := range k.surfaces {
		for _, c := range s.of {
			length = min(length, nearby*b.choice.extents[c])
		}
	}
	for i, s := range k.surfaces {
		for _, o := range k.surfaces[:i] {
			if len(s.of) == 1 && slices.Equal(s.of, o.of) {
				continue
			}
			q := distance2(s).Add(distance2(o))
			weight = weight.Mul(q.Div(q.Shift(length * length)))
		}
	}
	if weight.Op() == ph.OpConst {
		return
	}
	for i := range b.list {
		c := &b.list[i]
		if slices.Contains(k.names, c.Name) && strings.HasSuffix(c.Name, ".flux") {
			c.Residual = c.Residual.Mul(ph.Sqrt(weight))
		}
		if b.inside(*c) && len(c.On.Patches()) > 0 {
			c.Residual = c.Residual.Mul(weight)
		}
	}
}

// distance2 is the square of the distance from a surface, near it.
func distance2(s surface) ph.Expr {
	var slope ph.Expr = ph.Const(0)
	for _, c := range s.of {
		slope = slope.Add(s.level.D(c).Pow(2))
	}
	return s.level.Pow(2).Div(slope)
}

// network gives a field a network for each material.
func (b *builder) network(f *ph.Field) {
	b.fields[f] = ph.NewField(f.Name(), b.kinks.apart.piecewise(ph.ReplaceFields(f, b.fields).Attr().(*ph.Field), f.Coords()), f.Coords()...)
}

// size is the largest value of a function on some points of a domain.
func size(e ph.Expr, d domain.Domain) float64 {
	at, err := spaced(d.Interior(0), samples).Draw(nil)
	if err != nil {
		return 1
	}
	f := pointwise.Function(e, d.Coords())
	most := 0.0
	for i := range at.Len() {
		var v [1]float64
		f(v[:], at.Row(i))
		most = max(most, math.Abs(v[0]))
	}
	return most
}
