package compiler

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"github.com/crux-pinn/crux/internal/graph"
	"github.com/crux-pinn/crux/internal/kern"
	ph "github.com/crux-pinn/crux/placeholder"
)

// region is one elementwise program under construction.
type region struct {
	e      *emitter
	b      *graph.Builder
	width  int
	points bool
	level  int // bundles above this level are not read
	own    map[*value]bool
	memo   map[*value]int
	in     gorgonia.Nodes
	at     map[*gorgonia.Node]int
	stash  []int
}

// region emits a program that stores the roots as channels and the sums as single rows.
func (e *emitter) region(width int, points bool, roots, sums []*value, level int) (*gorgonia.Node, error) {
	r := &region{
		e: e, b: graph.NewBuilder(width), width: width, points: points, level: level,
		own: map[*value]bool{}, memo: map[*value]int{}, at: map[*gorgonia.Node]int{},
	}
	for _, v := range roots {
		r.own[v] = true
	}
	var out, red []int
	for _, v := range roots {
		x, err := r.value(v)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	for _, v := range sums {
		x, err := r.value(v)
		if err != nil {
			return nil, err
		}
		red = append(red, x)
	}
	if e.stash && points && width > 1 {
		stored := map[int]bool{}
		for _, x := range out {
			stored[x] = true
		}
		for _, x := range r.stash {
			if !stored[x] {
				stored[x] = true
				out = append(out, x)
			}
		}
	}
	return e.g.Pointwise(r.b.Program(points, out, red), r.in...)
}

func (r *region) value(v *value) (int, error) {
	if x, ok := r.memo[v]; ok {
		return x, nil
	}
	x, err := r.compute(v)
	if err == nil {
		r.memo[v] = x
	}
	return x, err
}

// load reads v from memory.
func (r *region) load(v *value) (int, error) {
	l, err := r.e.locate(v)
	if err != nil {
		return 0, err
	}
	k, ok := r.at[l.node]
	if !ok {
		k = len(r.in)
		r.at[l.node] = k
		r.in = append(r.in, l.node)
	}
	o := graph.Operand{In: k, Slot: l.slot, Col: l.col}
	switch {
	case v.dim == 1 && r.width > 1 && v.points:
		o.Kind = graph.Column
	case v.dim == 1 && r.width > 1:
		o.Kind = graph.Scalar
	case v.points:
		o.Kind = graph.Points
	case v.dim == 1:
		o.Kind = graph.Scalar
	default:
		o.Kind = graph.Row
	}
	return r.b.Load(o), nil
}

func (r *region) compute(v *value) (int, error) {
	if c, ok := isConst(v); ok {
		return r.b.Const(c), nil
	}
	if leaf(v) {
		return r.load(v)
	}
	if !r.own[v] {
		switch b := r.e.s.bundle[v]; {
		case b != nil && (b.level <= r.level) && !r.e.pending[b]:
			return r.load(v)
		case v.dim == 1 && r.width > 1: // computed once for each point, not once for each unit
			return r.load(v)
		case r.points && !v.points: // of parameters only: computed once for all points
			return r.load(v)
		}
	}
	b := r.b
	a := make([]int, len(v.args))
	for i, x := range v.args {
		if v.op == opLin || v.op == opPow && i > 0 {
			break
		}
		var err error
		if a[i], err = r.value(x); err != nil {
			return 0, err
		}
	}
	switch v.op {
	case opLin:
		return r.lin(v)
	case opMul:
		return b.Mul(a[0], a[1]), nil
	case opDiv:
		return b.Div(a[0], a[1]), nil
	case opPow:
		return b.PowC(a[0], v.c0), nil
	case opPower:
		return b.Pow(a[0], a[1]), nil
	case opUnary:
		u := v.ref.(*ph.Unary)
		x, err := r.e.function(b, u, a[0])
		if err == nil && v.params && v.points && dearFunction(u) {
			r.stash = append(r.stash, x)
		}
		return x, err
	case opMax:
		return b.Max(a[0], a[1]), nil
	case opMin:
		return b.Min(a[0], a[1]), nil
	case opCompare:
		return b.Cmp(relations[v.ref.(ph.Relation)], a[0], a[1]), nil
	case opWhere:
		return b.Select(a[0], a[1], a[2]), nil
	}
	return 0, fmt.Errorf("compiler: %s in an elementwise program", v.op)
}

// lin adds the terms one by one, so that each product can be fused into its addition.
func (r *region) lin(v *value) (int, error) {
	b := r.b
	acc := -1
	for i, x := range v.args {
		y, err := r.value(x)
		if err != nil {
			return 0, err
		}
		switch c := v.coef[i]; {
		case acc < 0:
			acc = b.MulC(y, c)
		case c == 1:
			acc = b.Add(acc, y)
		case c == -1:
			acc = b.Sub(acc, y)
		default:
			acc = b.Add(acc, b.MulC(y, c))
		}
	}
	if acc < 0 {
		return b.Const(v.c0), nil
	}
	return b.AddC(acc, v.c0), nil
}

var relations = [...]kern.Op{
	ph.Less: kern.OpLT, ph.LessEqual: kern.OpLE, ph.Greater: kern.OpGT, ph.GreaterEqual: kern.OpGE, ph.Equal: kern.OpEQ,
}

// builtin functions that have a kernel, by name.
var functions = map[string]kern.Op{
	"exp": kern.OpExp, "log": kern.OpLog, "log1p": kern.OpLog1p, "expm1": kern.OpExpm1, "sqrt": kern.OpSqrt, "abs": kern.OpAbs,
	"sign": kern.OpSign, "heaviside": kern.OpStep, "sin": kern.OpSin, "cos": kern.OpCos, "tan": kern.OpTan, "asin": kern.OpAsin,
	"acos": kern.OpAcos, "atan": kern.OpAtan, "sinh": kern.OpSinh, "cosh": kern.OpCosh, "tanh": kern.OpTanh,
	"sigmoid": kern.OpSigmoid, "softplus": kern.OpSoftplus, "erf": kern.OpErf,
}

func dearFunction(u *ph.Unary) bool {
	return u.Name != "abs" && u.Name != "sign" && u.Name != "heaviside"
}

// function applies u.
func (e *emitter) function(b *graph.Builder, u *ph.Unary, x int) (int, error) {
	if u.Builtin() {
		if k, ok := functions[u.Name]; ok {
			return b.Fn(k, x), nil
		}
	}
	f, ok := e.funcs[u]
	if !ok {
		f = &graph.Func{Name: u.Name, Eval: u.F}
		e.funcs[u] = f
		if u.Deriv != nil {
			// check the rule once, here, where an error can be returned
			if _, err := e.rule(graph.NewBuilder(1), u, 0, 0); err != nil {
				return 0, err
			}
			f.Deriv = func(b *graph.Builder, x, y int) int {
				d, err := e.rule(b, u, x, y)
				if err != nil {
					panic("compiler: derivative rule failed after it was checked: " + err.Error())
				}
				return d
			}
		}
	}
	return b.Call(f, x), nil
}

// rule writes f′ of a user's function into b, in terms of x and y = f(x).
func (e *emitter) rule(b *graph.Builder, u *ph.Unary, x, y int) (int, error) {
	t := newTrace(nil)
	arg, res := ph.NewCoord("x"), ph.NewCoord("y")
	vx, vy := t.add(value{op: opCoord, dim: 1, ref: arg}), t.add(value{op: opCoord, dim: 1, ref: res})
	l := &lowering{t: t, memo: map[ph.Expr]*value{}, env: map[*ph.Coord]*value{arg: vx, res: vy}}
	d, err := l.rule(u, arg, res)
	if err != nil {
		return 0, err
	}
	r := &region{e: e, b: b, width: 1, memo: map[*value]int{vx: x, vy: y}, own: map[*value]bool{}}
	if x == y { // only checking
		r.memo[vx] = b.Load(graph.Operand{})
		r.memo[vy] = r.memo[vx]
	}
	for _, v := range t.values {
		r.own[v] = true
	}
	return r.value(d)
}
