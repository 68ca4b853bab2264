package auto

import (
	"fmt"
	"slices"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/pointwise"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Material is a part of the domain in which coefficients have values of their own; see [Property].
type Material struct {
	Name  string
	Where ph.Expr // an expression of the coordinates that is not 0 there; nil, of the last one, is the rest of the domain
}

// Property is a coefficient with a value in each material, in their order: k of steel in steel, and that of air in air.
//
//	materials := []auto.Material{{Name: "steel", Where: ph.Compare(x, ph.Less, ph.Const(0.5))}, {Name: "air"}}
//	k := auto.Property(materials, ph.Const(45), ph.Const(0.03))
func Property(list []Material, values ...ph.Expr) ph.Expr {
	if len(values) != len(list) || len(list) == 0 {
		return ph.Bad("Property: %d values for %d materials; give one for each", len(values), len(list))
	}
	k := values[len(list)-1]
	for i := len(list) - 2; i >= 0; i-- {
		k = ph.Where(list[i].Where, values[i], k)
	}
	return k
}

// Interface says what holds where two materials meet. Without one, the unknown functions and their fluxes are the same on both sides. The
// flux is what stands within the divergence of an equation, times the normal; with the sign with which it grows with the normal derivative
// of the function, as k·∂u/∂n does.
type Interface struct {
	Between    [2]string // names of materials; the normal leads from the first to the second. Empty, for Flux alone: all
	Flux       ph.Expr   // the flux along the normal, where no equation has a divergence, such as k·∂u/∂n; nil takes that of equations
	Resistance ph.Expr   // R in u₂ − u₁ = R·flux: a thin layer that hinders the flow; nil is none
	Jump       ph.Expr   // g in u₂ − u₁ = g; nil is 0
	Source     ph.Expr   // q in flux₁ − flux₂ = q: what the interface gives off; nil is none
}

// MaterialError says what is wrong with a material, or with where two of them meet.
type MaterialError struct {
	Material  string // "" if it is an interface
	Interface [2]string
	Why       string
}

func (e *MaterialError) Error() string {
	if e.Material != "" {
		return fmt.Sprintf("auto: material %s: %s", e.Material, e.Why)
	}
	return fmt.Sprintf("auto: interface of %s and %s: %s", e.Interface[0], e.Interface[1], e.Why)
}

// Within is a test whether a point lies in one of some materials, for domain.Points.Where.
func Within(list []Material, i int, coords []*ph.Coord) func(x []float64) bool {
	m := materials{where: conditions(list, coords)}
	return func(x []float64) bool { return m.of(x) == i }
}

// Material tells in which of the materials of the problem a point of some coordinates lies; −1 is in none.
func (c *Choice) Material(coords []*ph.Coord) func(x []float64) int {
	m := materials{where: conditions(c.Materials, coords)}
	if len(m.where) == 0 {
		return func([]float64) int { return -1 }
	}
	return m.of
}

// conditions say where materials are, as functions; nil for the rest.
func conditions(list []Material, coords []*ph.Coord) (where []func(dst, x []float64)) {
	for _, x := range list {
		if x.Where == nil {
			where = append(where, nil)
			continue
		}
		where = append(where, pointwise.Function(x.Where, coords))
	}
	return where
}

// materials are those of a problem.
type materials struct {
	Problem
	where  []func(dst, x []float64) // nil for the rest
	lo, hi [][]float64              // of each material: its ends along the axes, as far as some points tell
	parts  []func(dst, x []float64) // without materials: conditions by which coefficients switch
	met    []ph.Expr                // fluxes that are named, of which the conditions are there

	precision crux.Precision
}

// newMaterials checks materials: every point of the domain belongs to one.
func newMaterials(p Problem, precision crux.Precision) (*materials, error) {
	m := &materials{Problem: p, precision: precision}
	coords := p.Domain.Coords()
	for i, x := range p.Materials {
		switch {
		case x.Where == nil && i < len(p.Materials)-1:
			return nil, &MaterialError{Material: x.Name, Why: "only the last material can be the rest of the domain; say where this one is"}
		case x.Where == nil:
			continue
		case x.Where.Err() != nil:
			return nil, x.Where.Err()
		case x.Where.Dim() != 1 || !ph.Given(x.Where):
			return nil, &MaterialError{Material: x.Name, Why: "where it is must be one condition on the coordinates"}
		}
	}
	m.where = conditions(p.Materials, coords)
	for _, x := range p.Interfaces {
		for _, name := range x.Between {
			if m.index(name) < 0 && x.Between != [2]string{} {
				return nil, &MaterialError{Interface: x.Between, Why: fmt.Sprintf("there is no material %q", name)}
			}
		}
	}
	if len(m.where) == 0 {
		return m, nil
	}
	at, err := spaced(p.Domain.Interior(0), 4*samples).Draw(nil)
	if err != nil {
		return nil, err
	}
	m.lo, m.hi = make([][]float64, len(m.where)), make([][]float64, len(m.where))
	for n := range at.Len() {
		row := at.Row(n)
		all := m.all(row)
		switch {
		case len(all) == 0:
			return nil, &MaterialError{Material: p.Materials[len(p.Materials)-1].Name, Why: fmt.Sprintf(
				"%s lies in no material; leave out where of the last one, which is then the rest", domain.Place(coords, row))}
		case len(all) > 1:
			return nil, &MaterialError{Material: p.Materials[all[1]].Name, Why: fmt.Sprintf(
				"%s lies in %s, too; each place is of one material", domain.Place(coords, row), p.Materials[all[0]].Name)}
		}
		i := all[0]
		if m.lo[i] == nil {
			m.lo[i], m.hi[i] = slices.Clone(row), slices.Clone(row)
		}
		for j, v := range row {
			m.lo[i][j], m.hi[i][j] = min(m.lo[i][j], v), max(m.hi[i][j], v)
		}
	}
	for i, lo := range m.lo {
		if lo == nil {
			return nil, &MaterialError{Material: p.Materials[i].Name, Why: fmt.Sprintf("none of %d points of the domain lies in it", at.Len())}
		}
	}
	return m, nil
}

// all are the materials in which a point lies: one, unless there is a mistake.
func (m *materials) all(x []float64) (list []int) {
	for i, f := range m.where {
		if f == nil && len(list) == 0 || f != nil && holds(f, x) {
			list = append(list, i)
		}
	}
	return list
}

// holds reports whether a condition holds at a point.
func holds(f func(dst, x []float64), x []float64) bool {
	var v [1]float64
	f(v[:], x)
	return v[0] != 0
}

// of is the material of a point, or a number of its own for each way in which coefficients switch; −1 outside of all.
func (m *materials) of(x []float64) int {
	if len(m.where) == 0 {
		sum := 0
		for i, f := range m.parts {
			if holds(f, x) {
				sum += 1 << i
			}
		}
		return sum
	}
	return slices.IndexFunc(m.where, func(f func(dst, x []float64)) bool { return f == nil || holds(f, x) })
}

func (m *materials) index(name string) int {
	for i, x := range m.Materials {
		if x.Name == name {
			return i
		}
	}
	return -1
}

// between is what is said of where two materials meet; nil if nothing is.
func (m *materials) between(a, b int) *Interface {
	for i, x := range m.Interfaces {
		if x.Resistance == nil && x.Jump == nil && x.Source == nil {
			continue
		}
		if p, q := m.index(x.Between[0]), m.index(x.Between[1]); p == a && q == b || p == b && q == a {
			return &m.Interfaces[i]
		}
	}
	return nil
}

// flux is what an equation has within its divergence, times the normal, where coefficients in it jump, which are parts. Nil if it has
// none. The rest is what the equation has beside its divergence; nil where the flux is named.
func (m *materials) flux(q crux.Constraint) (flux, rest ph.Expr, parts []ph.Expr, err error) {
	parts, order := jumping(q.Residual, m.Domain)
	if len(parts) == 0 {
		flux, parts, err = m.named(q)
		return flux, nil, parts, err
	}
	if _, smooth := knots(parts[0]); smooth >= 0 {
		return nil, nil, nil, &ph.Error{Pos: parts[0].Pos(), Msg: fmt.Sprintf("derivative %d of %s is infinite at its knots, which no point sees; "+
			"give a table interpolate: cubic, or smooth what has the kink", smooth+2, parts[0])}
	}
	if order > 1 {
		return nil, nil, nil, refused(parts[0], "of a second derivative crux does not know what holds there")
	}
	list, rest := divergence(q.Residual, parts)
	if list == nil {
		return nil, nil, nil, refused(parts[0], "it stands in no divergence, as in div(k*grad(u)), from which the flux could be taken")
	}
	for _, x := range list {
		term := x.flux.Mul(ph.Normal(x.along))
		if flux == nil {
			flux = term
		} else {
			flux = flux.Add(term)
		}
	}
	return flux, rest, parts, flux.Err()
}

// named is the flux that is given for an equation whose coefficients jump outside of derivatives: a factor of a second derivative leaves
// open what its flux is.
func (m *materials) named(q crux.Constraint) (flux ph.Expr, parts []ph.Expr, err error) {
	if len(m.Materials) == 0 || q.On.Dims() < len(m.Domain.Coords()) {
		return nil, nil, nil
	}
	fields := ph.Occurring[*ph.Field](q.Residual)
	for _, x := range m.Interfaces {
		if x.Flux == nil {
			continue
		}
		for _, f := range fields {
			if ph.Mentions(x.Flux, f) {
				if slices.Contains(m.met, x.Flux) { // by another equation
					return nil, nil, nil
				}
				m.met = append(m.met, x.Flux)
				for _, y := range m.Materials {
					if y.Where != nil {
						parts = append(parts, y.Where)
					}
				}
				return x.Flux, parts, nil
			}
		}
	}
	for part := range ph.Walk(q.Residual, nil) {
		if part.Op() != ph.OpMul && part.Op() != ph.OpDiv {
			continue
		}
		a := part.Args()
		for i, factor := range a {
			if ph.Given(factor) && !smooth(factor) && m.derived(a[1-i]) && switches(factor, m.Domain.Interior(0)) != nil && jumps(factor, m.Domain) {
				return nil, nil, &ph.Error{Pos: part.Pos(), Msg: fmt.Sprintf("%s stands in front of a second derivative and jumps, which leaves open "+
					"what flows from one material into the next; write it within the derivative, as in div(k*grad(u)), or name the flux, as in "+
					"interfaces: {flux: k*dn(u)}", factor)}
			}
		}
	}
	return nil, nil, nil
}

// derived reports whether an expression has a second derivative of an unknown function.
func (m *materials) derived(e ph.Expr) bool {
	for _, c := range m.Domain.Coords() {
		if ph.Order(e, c, func(part ph.Expr) (is, inside bool) { return part.Op() == ph.OpField, true }) >= 2 {
			return true
		}
	}
	return false
}

// piecewise is a network for each material, like that of a field and as large as all of them can be for a method of second order.
func (m *materials) piecewise(f *ph.Field, coords []*ph.Coord) net.Piecewise {
	p := net.Piecewise{Inner: f.Module()}
	for i, x := range m.Materials {
		p.Parts = append(p.Parts, net.Part{Name: x.Name, Where: x.Where, Lo: m.lo[i], Hi: m.hi[i]})
	}
	return p
}

// Hidden are the hidden layers with which networks for each of some materials have as many parameters together as
// Levenberg-Marquardt pays for: two layers of 6 to 20. It is nil where one network is for all materials.
func Hidden(materials, coords int) []int {
	if materials <= together {
		return nil
	}
	w := 20
	for w > 6 && materials*(w*w+(coords+3)*w+1) > optim.LargestSystem {
		w--
	}
	return []int{w, w}
}

// extents are the least of the materials along each axis.
func (m *materials) extents() map[*ph.Coord]float64 {
	least := map[*ph.Coord]float64{}
	for i := range m.Materials {
		for j, c := range m.Domain.Coords() {
			if v := m.hi[i][j] - m.lo[i][j]; least[c] == 0 || v < least[c] {
				least[c] = v
			}
		}
	}
	return least
}

// separates reports whether a surface has points with different materials on its sides.
func (m *materials) separates(s surface) bool {
	return m.points([]surface{s}, func(a, b int) (keep, turn bool) { return a != b, false }).Count(1).Err() == nil
}

// points are those of surfaces at which a rule holds for the materials below and above; with normals, which it may turn around.
func (m *materials) points(list []surface, rule func(below, above int) (keep, turn bool)) *domain.Points {
	coords := m.Domain.Coords()
	away := away(m.Domain, crux.Float64)
	lo, hi := m.Domain.Bounds()
	var levels []domain.Level
	for _, s := range list {
		var slopes []ph.Expr
		for _, c := range coords {
			slopes = append(slopes, s.level.D(c))
		}
		value, slope := pointwise.Function(s.level, coords), pointwise.Function(ph.Concat(slopes...), coords)
		levels = append(levels, domain.Level{
			Of:    s.of,
			Value: func(x []float64) float64 { v := [1]float64{}; value(v[:], x); return v[0] },
			Slope: func(x, g []float64) { slope(g, x) },
			Keep: func(x, normal []float64) bool {
				outside := false // a side of the domain, where the rest of materials is none
				side := func(sign float64) int {
					y := make([]float64, len(x))
					for i := range x {
						y[i] = x[i] + sign*away*normal[i]
						outside = outside || y[i] < lo[i] || y[i] > hi[i]
					}
					return m.of(y)
				}
				keep, turn := rule(side(-1), side(1))
				keep = keep && !outside
				for i := range normal {
					if turn {
						normal[i] = -normal[i]
					}
				}
				return keep
			},
		})
	}
	return domain.Surface(m.Domain, 0, levels...)
}
