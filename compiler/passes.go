package compiler

import (
	"errors"
	"fmt"
	"io"
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
	ahead    *schedule // of the hoisted values
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

// rewrite rebuilds the trace from its roots, replacing values for which f returns one. f gets the value and visit, which
// rewrites what it needs of the old trace.
func (c *compilation) rewrite(f func(t *trace, v *value, visit func(*value) *value) *value) {
	old, t := c.trace, c.trace.fresh()
	memo := map[*value]*value{}
	var visit func(v *value) *value
	visit = func(v *value) *value {
		if w, ok := memo[v]; ok {
			return w
		}
		w := f(t, v, visit)
		if w == nil {
			b := *v
			b.args = make([]*value, len(v.args))
			for i, a := range v.args {
				b.args[i] = visit(a)
			}
			w = t.widen(t.rebuild(&b, v.dim), v.dim)
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
				w = t.widen(t.rebuild(&b, v.dim), v.dim)
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
