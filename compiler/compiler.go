// Package compiler lowers PDE problems written with package placeholder into Gorgonia graphs and runs them.
//
// A [Group] is a set of residuals on one set of points. [TraceCompiler.Compile] writes it as a trace of values, applies
// the passes of [Passes] to it, and returns a [Program] that evaluates residuals, losses, gradients and
// Hessian-vector products over any number of points in memory that does not depend on that number.
package compiler

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/internal/exec"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Residual is one expression of a group and how it is reduced to a loss.
type Residual struct {
	Name    string
	Expr    ph.Expr
	Loss    Loss
	ByPoint bool // whether the points have weights in training: see Program.SetPointWeights
}

// Group is a set of residuals that share points: they share one forward pass.
type Group struct {
	Name      string
	Residuals []Residual
	Coords    []*ph.Coord              // the columns of Batch.X
	Columns   []string                 // the data columns that the points carry
	Normals   bool                     // whether the points carry normals
	Weighted  bool                     // whether the points carry weights for the losses
	Bounds    map[*ph.Coord][2]float64 // of every coordinate that a network normalises
}

// TraceCompiler compiles groups. The zero value is ready to use: all passes, float64, one worker for each core.
type TraceCompiler struct {
	Passes []Pass     // nil means Passes(); inline, jets and fuse may not be left out
	Plain  bool       // no algebraic simplification; for tests
	Dump   io.Writer  // if set, receives the trace after each pass
	Single bool       // compute in float32
	Pool   *exec.Pool // workers shared with other programs; nil means a pool of the program's own
	Layout *Layout    // of θ, shared by all programs of a solver; nil means that of the group's expressions
	// Ahead computes what depends on frozen parameters alone (Layout.Restrict) when SetPoints is called, not at every
	// evaluation. SetPoints must then be called again when they have changed. It costs memory for Program.Ahead numbers.
	Ahead bool
	// Reference runs the same graphs on Gorgonia's own TapeMachine, all points at once, where every operation is evaluated plainly.
	// It is some tens of times slower and takes memory for every value at every point: a reference to compare with.
	Reference bool
}

// Compile lowers a group. All errors of the group's expressions are joined, each with the user's position.
func (c *TraceCompiler) Compile(g Group) (*Program, error) {
	ps := c.Passes
	if ps == nil {
		ps = passes
	}
	for name := range required {
		if !slices.ContainsFunc(ps, func(p Pass) bool { return p.Name == name }) {
			return nil, fmt.Errorf("compiler: the pass %q cannot be left out", name)
		}
	}
	if err := check(g); err != nil {
		return nil, err
	}
	layout := c.Layout
	if layout == nil {
		var exprs []ph.Expr
		for _, r := range g.Residuals {
			exprs = append(exprs, r.Expr)
		}
		var err error
		if layout, err = NewLayout(exprs...); err != nil {
			return nil, err
		}
	}
	k := &compilation{group: g}
	if c.Ahead {
		k.varies = func(p *ph.Param) bool { return !layout.frozen(p) }
	}
	if err := k.run(ps, c.Plain, c.Dump); err != nil {
		return nil, err
	}
	if err := checkLeaves(k); err != nil {
		return nil, err
	}
	for _, v := range k.trace.reachable(append(slices.Clone(k.trace.hoists), k.trace.roots...)) {
		if q, ok := v.ref.(*ph.Param); ok {
			if _, ok := layout.at[q]; !ok {
				return nil, fmt.Errorf("compiler: group %q: parameter %s is not in the layout; make the layout of all expressions", g.Name, q.Path())
			}
		}
	}
	p := &Program{group: g, comp: k, layout: layout, pool: c.Pool, reference: c.Reference}
	p.factors, p.seeds = make([]float64, p.Len()), make([]float64, p.Len())
	for i := range p.Len() {
		p.sums = append(p.sums, make([]float64, p.Dim(i)))
	}
	p.residuals = make([][]float64, p.Len())
	for i, r := range g.Residuals {
		if r.ByPoint {
			p.rows, p.sums = append(p.rows, nil), append(p.sums, make([]float64, p.Dim(i)))
		}
	}
	p.sums = append(p.sums, nil)
	if p.pool == nil {
		p.pool, p.ownPool = exec.NewPool(0), true
	}
	if c.Single {
		p.run = newRunner[float32](p)
	} else {
		p.run = newRunner[float64](p)
	}
	return p, nil
}

// check finds mistakes that show before lowering.
func check(g Group) error {
	var errs []error
	if len(g.Residuals) == 0 {
		errs = append(errs, fmt.Errorf("compiler: group %q has no residual", g.Name))
	}
	for _, r := range g.Residuals {
		switch {
		case r.Expr == nil:
			errs = append(errs, fmt.Errorf("%q: the residual is missing", r.Name))
		case r.Expr.Err() != nil:
			errs = append(errs, fmt.Errorf("%q: %w", r.Name, r.Expr.Err()))
		}
		if err := r.Loss.check(); err != nil {
			errs = append(errs, fmt.Errorf("%q: %w", r.Name, err))
		}
	}
	return errors.Join(errs...)
}

// checkLeaves reports coordinates, columns and normals that the points do not have.
func checkLeaves(k *compilation) error {
	var errs []error
	g := k.group
	for i, root := range k.trace.roots {
		seen := map[*value]bool{}
		var visit func(v *value)
		visit = func(v *value) {
			if seen[v] {
				return
			}
			seen[v] = true
			bad := func(format string, args ...any) {
				e := g.Residuals[i].Expr
				if v.expr != nil {
					e = v.expr
				}
				errs = append(errs, fmt.Errorf("%q: %w", g.Residuals[i].Name, &ph.Error{Pos: e.Pos(), Msg: fmt.Sprintf(format, args...)}))
			}
			switch v.op {
			case opCoord:
				if c := v.ref.(*ph.Coord); !slices.Contains(g.Coords, c) {
					var names []string
					for _, c := range g.Coords {
						names = append(names, c.Name())
					}
					bad("coordinate %s is not one of the point set's (%s); fix it with At, or take points that have it", c.Name(),
						strings.Join(names, ", "))
				}
			case opColumn:
				if s := v.ref.(string); !slices.Contains(g.Columns, s) {
					bad("the point set has no data column %q; it has %v", s, g.Columns)
				}
			case opNormal:
				if !g.Normals {
					bad("the point set has no normals; take boundary points")
				}
			case opHoist:
				visit(k.trace.hoists[v.k])
			}
			for _, a := range v.args {
				visit(a)
			}
		}
		visit(root)
	}
	return errors.Join(errs...)
}
