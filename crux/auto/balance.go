package auto

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Balance is what an equation with a divergence, div(F) + s = 0, says of the parts of the domain: what flows into each of them, and what is
// made there, flows out. It is known of equations whose coefficients jump; see [Choice].
type Balance struct {
	Equation string

	flux, source ph.Expr // F along the normal; s, nil if there is none
	sign         float64 // 1 where what flows goes down the slope of the function, as it does for F = k·∇u
	m            *materials
	surfaces     []surface
	sides        sides
}

// Flow is what flows through a part of the domain, in all of its time.
type Flow struct {
	Of   string  // a material; two of them, first-second, for where they meet; "all" is the whole domain
	In   float64 // through the places of its surface where it flows in; where two meet, what leaves the first, less what comes back
	Out  float64 // where it flows out; what comes into the second, less what goes back
	Made float64 // by sources, less what is stored
	Size float64 // of what flows, whichever way
}

// Off is what is missing or too much, as a part of what flows.
func (f Flow) Off() float64 {
	if f.Size == 0 {
		return 0
	}
	return math.Abs(f.In+f.Made-f.Out) / f.Size
}

// balancePoints is the number of points in each of the three sets that a balance is measured by: integrals are then right to about
// 1e-3, and where functions are smooth on flat sides to 1e-5.
const balancePoints = 4096

// balance notes the balance of an equation that holds everywhere.
func (c *Choice) balance(k *kinked, m *materials, q crux.Constraint, flux, source ph.Expr, here []int) {
	fields := ph.Occurring[*ph.Field](flux)
	if q.On.Part() != nil || q.On.Dims() != len(m.Domain.Coords()) || len(fields) == 0 || flux.Dim() != 1 {
		return
	}
	if !ph.Contains(source, ph.Unknown) && size(source, m.Domain) == 0 {
		source = nil
	}
	own := *m
	own.parts = slices.Clone(m.parts)
	b := &Balance{Equation: q.Name, flux: flux, source: source, sign: 1, m: &own}
	for _, i := range here {
		b.surfaces = append(b.surfaces, k.surfaces[i])
	}
	b.sides = newSides(b.surfaces, m.Domain, c.Options.Precision)
	if on := b.met(); on.Count(1).Err() == nil {
		if v, err := b.sides.sign(flux, fields, on); err == nil {
			b.sign = v
		}
	}
	c.Balances = append(c.Balances, b)
}

// met are all places where materials meet; normals lead into the later one.
func (b *Balance) met() *domain.Points {
	return b.m.points(b.surfaces, func(below, above int) (keep, turn bool) {
		return below != above && below >= 0 && above >= 0, below > above
	})
}

// Measure computes the flows: of each material, of where two of them meet, and of all. Values are those of eval, at points that it
// draws, as [crux.Solver.Eval] does.
func (b *Balance) Measure(eval func(ph.Expr, *domain.Points) (*mat.Dense, error)) ([]Flow, error) {
	materials, all := make([]Flow, len(b.m.Materials)), Flow{Of: "all"}
	for i, x := range b.m.Materials {
		materials[i].Of = x.Name
	}
	through := func(list []*Flow, inwards float64) {
		for _, f := range list {
			f.In, f.Out, f.Size = f.In+max(inwards, 0), f.Out+max(-inwards, 0), f.Size+math.Abs(inwards)
		}
	}
	of := func(i int) []*Flow {
		if i >= 0 && i < len(materials) {
			return []*Flow{&materials[i]}
		}
		return nil
	}
	coords := b.m.Domain.Coords()
	dim := len(coords)
	by := away(b.m.Domain, b.m.precision)
	place := make([]float64, dim)
	side := func(row []float64, sign float64) int { // the material beside a point with its normal
		for i := range place {
			place[i] = row[i] + sign*by*row[dim+i]
		}
		return b.m.of(place)
	}
	err := integrate(eval, b.m.Domain.Boundary(balancePoints), true, []ph.Expr{b.flux}, func(row, v []float64) {
		through(append(of(side(row, -1)), &all), b.sign*v[0])
	})
	if err != nil {
		return nil, err
	}
	if b.source != nil {
		err = integrate(eval, b.m.Domain.Interior(balancePoints), false, []ph.Expr{b.source}, func(row, v []float64) {
			for _, f := range append(of(b.m.of(row)), &all) {
				f.Made += b.sign * v[0]
				f.Size += math.Abs(v[0])
			}
		})
		if err != nil {
			return nil, err
		}
	}
	between, err := b.across(eval, side, func(i int, inwards float64) { through(of(i), inwards) })
	if err != nil {
		return nil, err
	}
	for _, f := range between {
		all.Made += f.Made
	}
	return slices.Concat(materials, between, []Flow{all}), nil
}

// across are the flows from one material into another. Through is told what flows into each of them there.
func (b *Balance) across(eval func(ph.Expr, *domain.Points) (*mat.Dense, error), side func(row []float64, sign float64) int,
	through func(material int, inwards float64),
) (list []Flow, err error) {
	on := b.met()
	if on.Count(1).Err() != nil {
		return nil, nil // materials do not touch
	}
	asked := []ph.Expr{b.sides.below(b.flux), b.sides.above(b.flux)}
	sources := map[*Interface]int{} // their places among the values
	for i := range b.m.Interfaces {
		if x := &b.m.Interfaces[i]; x.Source != nil {
			sources[x] = len(asked)
			asked = append(asked, x.Source)
		}
	}
	return list, integrate(eval, on.Count(balancePoints), true, asked, func(row, v []float64) {
		first, second := side(row, -1), side(row, 1)
		if len(b.m.Materials) > 0 && min(first, second) < 0 { // at the very end of where they meet
			return
		}
		through(first, b.sign*v[0])
		through(second, -b.sign*v[1])
		name, made := "the jump", 0.0
		if len(b.m.Materials) > 0 {
			name = b.m.Materials[first].Name + "-" + b.m.Materials[second].Name
			if x := b.m.between(first, second); x != nil && x.Source != nil {
				made = v[sources[x]]
			}
		}
		at := slices.IndexFunc(list, func(f Flow) bool { return f.Of == name })
		if at < 0 {
			at, list = len(list), append(list, Flow{Of: name})
		}
		f := &list[at]
		f.In, f.Out, f.Made = f.In-b.sign*v[0], f.Out-b.sign*v[1], f.Made+made
		f.Size += max(math.Abs(v[0]), math.Abs(v[1]))
	})
}

// integrate visits points of a region with values of expressions, times the measure for which each point stands. Rows have the
// point, and its normal where it has one.
func integrate(eval func(ph.Expr, *domain.Points) (*mat.Dense, error), on *domain.Points, normals bool, list []ph.Expr,
	visit func(row, values []float64),
) error {
	measure := 0.0
	for _, p := range on.Patches() {
		measure += p.Measure
	}
	on = on.With(domain.Sobol{}).Every(0)
	if on.Dims() == 0 {
		on = on.Count(len(on.Patches()))
	}
	whole := slices.Clone(list)
	for _, c := range on.Coords() {
		whole = append(whole, c)
	}
	for _, c := range on.Coords() {
		if normals {
			whole = append(whole, ph.Normal(c))
		}
	}
	v, err := eval(ph.Concat(whole...), on)
	if err != nil {
		return fmt.Errorf("auto: balance: %w", err)
	}
	n, _ := v.Dims()
	for i := range n {
		row := v.RawRowView(i)
		values := row[:len(list)]
		for k := range values {
			values[k] *= measure / float64(n)
		}
		visit(row[len(list):], values)
	}
	return nil
}
