package compiler

import (
	"slices"

	ph "github.com/crux-pinn/crux/placeholder"
)

// collapse finds Σ c_k ∂²v/∂x_k² with constant c_k, and makes it one coefficient where nothing else reads the second
// derivatives one by one. Equal sums up to a factor are one value.
func collapse(c *compilation) error {
	s := &collapsing{uses: map[*value]int{}, sums: map[*value]*flatSum{}}
	s.count(c.trace)
	s.decide()
	c.rewrite(func(t *trace, v *value, visit func(*value) *value) *value {
		f := s.sums[v]
		if f == nil {
			return nil
		}
		var coef []float64
		var args []*value
		for _, g := range f.groups {
			if !g.reject {
				lap := value{op: opLap, dim: g.of.dim, ref: &lapSpec{g.coords, g.coef}, args: []*value{visit(g.of)}, expr: v.expr}
				coef, args = append(coef, g.factor), append(args, t.add(lap))
			}
		}
		for _, x := range f.terms {
			if x.group == nil || x.group.reject {
				coef, args = append(coef, x.coef), append(args, visit(x.v))
			}
		}
		return t.lin(v.dim, f.c0, coef, args)
	})
	return nil
}

// collapsing is what the pass knows of a trace.
type collapsing struct {
	uses map[*value]int
	sums map[*value]*flatSum
	all  []*laplacian
}

// flatSum is a sum with the sums inside it that nothing else reads.
type flatSum struct {
	c0     float64
	terms  []*flatTerm
	groups []*laplacian
}

type flatTerm struct {
	v     *value
	coef  float64
	group *laplacian // to which the term belongs, or nil
}

// laplacian is factor·Σ coef_k ∂²of/∂x_k², with the first coefficient 1.
type laplacian struct {
	of     *value
	factor float64
	coords []*ph.Coord
	coef   []float64
	parts  []*value // the second derivatives
	reject bool
}

// count finds how often each value is read, and the outermost sums.
func (s *collapsing) count(t *trace) {
	inner := map[*value]bool{} // sums that are terms of a sum
	all := t.reachable(t.roots)
	for _, r := range t.roots {
		s.uses[r]++
	}
	for _, v := range all {
		for _, a := range v.args {
			s.uses[a]++
		}
	}
	var flatten func(f *flatSum, v *value, scale float64)
	flatten = func(f *flatSum, v *value, scale float64) {
		f.c0 += scale * v.c0
		for i, a := range v.args {
			if a.op == opLin && s.uses[a] == 1 && a.dim == v.dim {
				inner[a] = true
				flatten(f, a, scale*v.coef[i])
				continue
			}
			f.terms = append(f.terms, &flatTerm{v: a, coef: scale * v.coef[i]})
		}
	}
	for _, v := range slices.Backward(all) { // a sum comes before its terms
		if v.op == opLin && !inner[v] {
			f := &flatSum{}
			flatten(f, v, 1)
			s.group(f)
			s.sums[v] = f
		}
	}
}

// group gathers the terms that are second derivatives of one value.
func (s *collapsing) group(f *flatSum) {
	slices.SortStableFunc(f.terms, func(a, b *flatTerm) int { return a.v.id - b.v.id }) // equal groups look alike
	byValue := map[*value]*laplacian{}
	for _, x := range f.terms {
		if x.v.op != opD {
			continue
		}
		cs := x.v.ref.(*diffSpec).coords
		if len(cs) != 2 || cs[0] != cs[1] {
			continue
		}
		of := x.v.args[0]
		g := byValue[of]
		if g == nil {
			g = &laplacian{of: of, factor: x.coef}
			byValue[of] = g
			f.groups = append(f.groups, g)
		}
		x.group = g
		g.coords, g.coef, g.parts = append(g.coords, cs[0]), append(g.coef, x.coef/g.factor), append(g.parts, x.v)
	}
	f.groups = slices.DeleteFunc(f.groups, func(g *laplacian) bool {
		g.reject = len(g.coords) < 2
		return g.reject
	})
	s.all = append(s.all, f.groups...)
}

// decide rejects groups with a second derivative that something else reads too.
func (s *collapsing) decide() {
	for again := true; again; {
		again = false
		for _, g := range s.all {
			if g.reject {
				continue
			}
			alike := 0
			for _, h := range s.all {
				if !h.reject && h.of == g.of && slices.Equal(h.coords, g.coords) && slices.Equal(h.coef, g.coef) {
					alike++
				}
			}
			for _, p := range g.parts {
				if s.uses[p] != alike {
					g.reject, again = true, true
				}
			}
		}
	}
}
