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
	{"hoist", "values that depend only on the points and are expensive are computed once per point set", hoist},
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
	varies   func(*ph.Param) bool
}

// run applies the passes, dumping the trace after each when w is not nil.
func (c *compilation) run(ps []Pass, plain bool, w io.Writer) error {
	c.trace = newTrace(c.group.Bounds)
	c.trace.plain, c.trace.varies = plain, c.varies
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

// rewriter returns the function that copies values of another trace into t, replacing those for which f returns one. f gets
// the value and the function itself, which rewrites what f needs of the other trace.
func (t *trace) rewriter(f func(v *value, visit func(*value) *value) *value) func(v *value) *value {
	memo := map[*value]*value{}
	var visit func(v *value) *value
	visit = func(v *value) *value {
		if w, ok := memo[v]; ok {
			return w
		}
		w := f(v, visit)
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
	return visit
}

// rewrite rebuilds the trace from its roots; see rewriter.
func (c *compilation) rewrite(f func(t *trace, v *value, visit func(*value) *value) *value) {
	old, t := c.trace, c.trace.fresh()
	visit := t.rewriter(func(v *value, visit func(*value) *value) *value { return f(t, v, visit) })
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
// expensive: sources, boundary data, embeddings. They become columns, filled once for each set of points. When
// parameters are frozen (TraceCompiler.Ahead), so do the layers that depend on these alone, however wide.
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
		if v.points && !v.params && (v.dim <= narrow || v.frozen) && cost(v) && !(v.op == opSlice) {
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
	outer := t.rewriter(func(v *value, _ func(*value) *value) *value {
		if !uses[v] {
			return nil
		}
		hoists = append(hoists, v)
		return t.add(value{op: opHoist, dim: v.dim, k: len(hoists) - 1, ref: "hoist", expr: v.expr})
	})
	for _, r := range old.roots {
		t.roots = append(t.roots, outer(r))
	}
	inner := t.rewriter(func(*value, func(*value) *value) *value { return nil })
	for _, h := range hoists {
		t.hoists = append(t.hoists, inner(h))
	}
	c.trace = t
	return nil
}
