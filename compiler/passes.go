package compiler

import (
	"errors"
	"fmt"
	"io"

	ph "github.com/crux-pinn/crux/placeholder"
)

// Pass is one rewriting of the trace.
type Pass struct {
	Name string
	Why  string
	run  func(*compilation) error
}

// Passes lists the passes in order. The compiler cannot do without inline, jets and fuse; leaving out another gives the
// same numbers, slower.
var passes = []Pass{
	{"inline", "replace each network by the expressions it builds; equal values become one", inline},
	{"collapse", "sums of pure second derivatives that nothing else reads become one Laplacian coefficient", collapse},
	{"jets", "push derivatives, substitutions and integrals down to Taylor coefficients of the networks' inputs", lowerDerivatives},
	{"hoist", "values of the points alone that are dear to compute are computed once for each set of points", hoist},
	{"fuse", "one matrix product per layer for all coefficients, one elementwise program between products", fuse},
}

// Passes returns the pass table.
func Passes() []Pass { return append([]Pass(nil), passes...) }

var required = map[string]bool{"inline": true, "jets": true, "fuse": true}

// compilation is the state on which the passes work.
type compilation struct {
	group    Group
	trace    *trace
	schedule *schedule
	ahead    *schedule   // of the hoisted values
	sums     [][]float64 // places for the losses of a sweep
}

// run applies the passes, dumping the trace after each when w is not nil.
func (c *compilation) run(ps []Pass, plain bool, w io.Writer) error {
	c.trace = newTrace(c.group.Bounds)
	c.trace.plain = plain
	for _, p := range ps {
		if err := p.run(c); err != nil {
			return err
		}
		if w != nil {
			fmt.Fprintf(w, "# after %s: %s\n", p.Name, p.Why)
			c.print(w)
		}
	}
	return nil
}

// inline lowers the residuals of the group.
func inline(c *compilation) error {
	var errs []error
	for _, r := range c.group.Residuals {
		v, err := c.trace.lower(r.Expr)
		if err != nil {
			errs = append(errs, fmt.Errorf("%q: %w", r.Name, err))
			continue
		}
		c.trace.roots = append(c.trace.roots, v)
	}
	return errors.Join(errs...)
}

// rewrite rebuilds the trace from its roots, replacing values for which f returns one. f gets the value and its
// rewritten arguments.
func (c *compilation) rewrite(f func(t *trace, v *value, args []*value) *value) {
	old, t := c.trace, c.trace.fresh()
	memo := map[*value]*value{}
	var visit func(v *value) *value
	visit = func(v *value) *value {
		if w, ok := memo[v]; ok {
			return w
		}
		args := make([]*value, len(v.args))
		for i, a := range v.args {
			args[i] = visit(a)
		}
		w := f(t, v, args)
		if w == nil {
			b := *v
			b.args = args
			w = t.rebuild(&b, v.dim)
		}
		if w.expr == nil {
			w.expr = v.expr
		}
		memo[v] = w
		return w
	}
	for _, r := range old.roots {
		t.roots = append(t.roots, visit(r))
	}
	for _, h := range old.hoists {
		t.hoists = append(t.hoists, visit(h))
	}
	c.trace = t
}

// uses counts how often each value is read.
func (t *trace) uses() map[*value]int {
	n := map[*value]int{}
	var visit func(v *value)
	visit = func(v *value) {
		n[v]++
		if n[v] > 1 {
			return
		}
		for _, a := range v.args {
			visit(a)
		}
	}
	for _, r := range t.roots {
		visit(r)
	}
	return n
}

// collapse finds Σ c_k ∂²v/∂x_k² with constant c_k.
func collapse(c *compilation) error {
	before := c.trace.uses()
	uses := map[*value]int{} // of the values of the new trace
	c.rewrite(func(t *trace, v *value, args []*value) *value {
		for i, a := range v.args {
			uses[args[i]] = before[a]
		}
		if v.op != opLin {
			return nil
		}
		type term struct {
			v    *value
			coef float64
		}
		c0 := v.c0
		var terms []term
		var flatten func(args []*value, coef []float64, s float64)
		flatten = func(args []*value, coef []float64, s float64) {
			for i, a := range args {
				if a.op == opLin && uses[a] == 1 && a.dim == v.dim {
					c0 += s * coef[i] * a.c0
					flatten(a.args, a.coef, s*coef[i])
				} else {
					terms = append(terms, term{a, s * coef[i]})
				}
			}
		}
		flatten(args, v.coef, 1)
		groups := map[*value]*lapSpec{}
		var order []*value
		pure := func(x term) (*ph.Coord, bool) {
			if x.v.op != opD || uses[x.v] != 1 {
				return nil, false
			}
			cs := x.v.ref.(*diffSpec).coords
			return cs[0], len(cs) == 2 && cs[0] == cs[1]
		}
		for _, x := range terms {
			if k, ok := pure(x); ok {
				g := groups[x.v.args[0]]
				if g == nil {
					g = &lapSpec{}
					groups[x.v.args[0]] = g
					order = append(order, x.v.args[0])
				}
				g.coords, g.coef = append(g.coords, k), append(g.coef, x.coef)
			}
		}
		var coef []float64
		var rest []*value
		for _, x := range terms {
			if _, ok := pure(x); ok && len(groups[x.v.args[0]].coords) > 1 {
				continue
			}
			coef, rest = append(coef, x.coef), append(rest, x.v)
		}
		for _, a := range order {
			if g := groups[a]; len(g.coords) > 1 {
				f := g.coef[0] // a common factor stays outside, so that equal Laplacians are one value
				for k := range g.coef {
					g.coef[k] /= f
				}
				coef, rest = append(coef, f), append(rest, t.add(value{op: opLap, dim: a.dim, ref: g, args: []*value{a}, expr: v.expr}))
			}
		}
		return t.lin(v.dim, c0, coef, rest)
	})
	return nil
}

func lowerDerivatives(c *compilation) error {
	old, t := c.trace, c.trace.fresh()
	j := &jets{t: t, memo: map[*value]*value{}}
	var errs []error
	for i, r := range old.roots {
		v, err := j.eliminate(r)
		if err != nil {
			errs = append(errs, fmt.Errorf("%q: %w", c.group.Residuals[i].Name, err))
			continue
		}
		t.roots = append(t.roots, v)
	}
	c.trace = t
	return errors.Join(errs...)
}

// hoist marks values that depend on the points but on no parameter, hold few components and contain a function that is
// dear to compute: sources, boundary data, embeddings. They become columns, filled once for each set of points.
func hoist(c *compilation) error {
	dear := map[*value]bool{}
	var cost func(v *value) bool
	cost = func(v *value) bool {
		if d, ok := dear[v]; ok {
			return d
		}
		d := v.op == opUnary || v.op == opPower || v.op == opPow && v.c0 != float64(int(v.c0))
		for _, a := range v.args {
			d = cost(a) || d
		}
		dear[v] = d
		return d
	}
	const narrow = 8 // components worth a column each
	var hoists []*value
	uses := map[*value]bool{}
	old := c.trace
	// outermost values first: visit from the roots and stop at the first that qualifies
	var mark func(v *value)
	seen := map[*value]bool{}
	mark = func(v *value) {
		if seen[v] {
			return
		}
		seen[v] = true
		if v.points && !v.params && v.dim <= narrow && cost(v) && !(v.op == opSlice) {
			uses[v] = true
			return
		}
		for _, a := range v.args {
			mark(a)
		}
	}
	for _, r := range old.roots {
		mark(r)
	}
	t := old.fresh()
	copier := func(stop map[*value]bool) func(v *value) *value {
		memo := map[*value]*value{}
		var visit func(v *value) *value
		visit = func(v *value) *value {
			if w, ok := memo[v]; ok {
				return w
			}
			var w *value
			if stop[v] {
				w = t.add(value{op: opHoist, dim: v.dim, k: len(hoists), ref: "hoist", expr: v.expr})
				hoists = append(hoists, v)
			} else {
				b := *v
				b.args = make([]*value, len(v.args))
				for i, a := range v.args {
					b.args[i] = visit(a)
				}
				w = t.rebuild(&b, v.dim)
			}
			if w.expr == nil {
				w.expr = v.expr
			}
			memo[v] = w
			return w
		}
		return visit
	}
	outer := copier(uses)
	for _, r := range old.roots {
		t.roots = append(t.roots, outer(r))
	}
	inner := copier(nil)
	for _, h := range hoists {
		t.hoists = append(t.hoists, inner(h))
	}
	c.trace = t
	return nil
}
