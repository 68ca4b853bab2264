package placeholder

import (
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// pointwise are the functions of one argument under the names by which texts know them.
var pointwise = map[string]func(Expr) Expr{
	"exp": Exp, "log": Log, "log1p": Log1p, "expm1": Expm1, "sqrt": Sqrt, "abs": Abs, "sign": Sign, "heaviside": Heaviside,
	"sin": Sin, "cos": Cos, "tan": Tan, "asin": Asin, "acos": Acos, "atan": Atan, "sinh": Sinh, "cosh": Cosh, "tanh": Tanh,
	"sigmoid": Sigmoid, "softplus": Softplus, "erf": Erf, "sum": Sum, "normalize": Normalize,
}

// specialCalls returns the calls whose arguments are more than expressions, with the arguments in words.
func specialCalls() []specialCall {
	return []specialCall{
		{"min", "min(a, b)", func(p *parser, c call) Expr { return p.extremum(c, Min) }},
		{"max", "max(a, b)", func(p *parser, c call) Expr { return p.extremum(c, Max) }},
		{"where", "where(condition, a, b)", (*parser).where},
		{"dot", "dot(v, w)", (*parser).dot},
		{"diff", "diff(u, x), diff(u, x, 2) or diff(u, x, y)", (*parser).diff},
		{"laplacian", "laplacian(u, x, y)", func(p *parser, c call) Expr { return p.operator(c, Laplacian) }},
		{"grad", "grad(u, x, y)", func(p *parser, c call) Expr { return p.operator(c, Gradient) }},
		{"div", "div(w, x, y)", func(p *parser, c call) Expr { return p.operator(c, Divergence) }},
		{"hessian", "hessian(u, x, y)", func(p *parser, c call) Expr { return p.operator(c, Hessian) }},
		{"jacobian", "jacobian(w, x, y)", func(p *parser, c call) Expr { return p.operator(c, Jacobian) }},
		{"dn", "dn(u, x, y)", func(p *parser, c call) Expr { return p.operator(c, NormalDerivative) }},
		{"at", "at(u, x, 1) or at(u, x = 1, t = 0)", (*parser).at},
		{"integral", "integral(u(x = s), s, 0, 1)", (*parser).integral},
	}
}

type specialCall struct {
	name, use string
	read      func(p *parser, c call) Expr
}

// call is a call while it is read.
type call struct {
	name string
	use  string // how the call is written, for errors
	tok  int
	args []ast.Node
}

func (p *parser) isFunction(s string) bool { return slices.Contains(p.functionNames(), s) }

func (p *parser) functionNames() []string {
	var all []string
	for s := range pointwise {
		all = append(all, s)
	}
	for s := range p.env.Functions {
		all = append(all, s)
	}
	for _, f := range specialCalls() {
		all = append(all, f.name)
	}
	slices.Sort(all)
	return all
}

func (p *parser) call(n *ast.CallNode) Expr {
	tok := p.token(n)
	c := call{name: p.tokens[tok].text, tok: tok, args: n.Arguments}
	if p.lookup(c.name) != nil {
		return p.evaluate(c, p.name(c.name, tok))
	}
	if f := p.env.Functions[c.name]; f != nil {
		return p.apply(c, func(e Expr) Expr { return p.custom(f, e, tok) })
	}
	if f := pointwise[c.name]; f != nil {
		return p.apply(c, func(e Expr) Expr { return p.locate(f(e), tok) })
	}
	for _, f := range specialCalls() {
		if f.name == c.name {
			c.use = f.use
			return f.read(p, c)
		}
	}
	e := p.name(c.name, tok) // a derivative such as u_x, or an unknown name
	if e.Err() != nil {
		return e
	}
	return p.evaluate(c, e)
}

// wrong reports arguments that do not fit.
func (p *parser) wrong(c call) Expr {
	return p.errorAt(c.tok, "%s takes other arguments; write %s", c.name, c.use)
}

// apply calls a function of one argument.
func (p *parser) apply(c call, f func(Expr) Expr) Expr {
	if len(c.args) != 1 {
		return p.errorAt(c.tok, "%s takes 1 argument, not %d", c.name, len(c.args))
	}
	e := p.expr(c.args[0])
	if e.Err() != nil {
		return e
	}
	return f(e)
}

// custom calls a function of the environment, which may return anything, nodes in use elsewhere included.
func (p *parser) custom(f func(Expr) Expr, e Expr, tok int) Expr {
	r := f(e)
	if r == nil {
		return p.errorAt(tok, "%s returned no expression", p.tokens[tok].text)
	}
	return p.refer(r, tok)
}

func (p *parser) exprs(nodes []ast.Node) []Expr {
	es := make([]Expr, len(nodes))
	for i, n := range nodes {
		es[i] = p.expr(n)
	}
	return es
}

func (p *parser) extremum(c call, f func(a, b Expr) Expr) Expr {
	if len(c.args) < 2 {
		return p.wrong(c)
	}
	e := p.expr(c.args[0])
	for _, a := range c.args[1:] {
		e = p.locate(f(e, p.expr(a)), c.tok)
	}
	return e
}

func (p *parser) where(c call) Expr {
	if len(c.args) != 3 {
		return p.wrong(c)
	}
	a := p.exprs(c.args)
	return p.locate(Where(a[0], a[1], a[2]), c.tok)
}

func (p *parser) dot(c call) Expr {
	if len(c.args) != 2 {
		return p.wrong(c)
	}
	a := p.exprs(c.args)
	return p.locate(Dot(a[0], a[1]), c.tok)
}

// coordinate returns the coordinate that an argument names.
func (p *parser) coordinate(n ast.Node) (*Coord, Expr) {
	tok := p.token(n)
	id, ok := n.(*ast.IdentifierNode)
	if !ok || p.tokens[tok].kind != nameToken {
		return nil, p.errorAt(tok, "a coordinate must stand here; there are %s", p.coordList())
	}
	s := p.tokens[p.token(id)].text
	c := p.coord(s)
	if c == nil {
		if p.lookup(s) == nil {
			return nil, p.errorAt(tok, "unknown coordinate %s; there are %s", s, p.coordList())
		}
		return nil, p.errorAt(tok, "%s is no coordinate; there are %s", s, p.coordList())
	}
	return c, nil
}

func (p *parser) coordList() string {
	if cs := p.coordNames(); len(cs) > 0 {
		return strings.Join(cs, ", ")
	}
	return "none"
}

// diff reads diff(e, x, y) and diff(e, x, 2): an order may stand behind each coordinate.
func (p *parser) diff(c call) Expr {
	if len(c.args) < 2 {
		return p.wrong(c)
	}
	e := p.expr(c.args[0])
	if e.Err() != nil {
		return e
	}
	var coords []*Coord
	for i := 1; i < len(c.args); i++ {
		x, bad := p.coordinate(c.args[i])
		if bad != nil {
			return bad
		}
		order := 1
		if i+1 < len(c.args) && p.startsNumber(c.args[i+1]) {
			i++
			k := p.integer(c.args[i], "the order of a derivative is a whole number")
			if k.err != nil {
				return k.err
			}
			if order = k.value; order < 1 || len(coords)+order > maxOrder {
				return p.errorAt(p.token(c.args[i]), "a derivative needs an order of 1 to %d", maxOrder)
			}
		}
		coords = append(coords, slices.Repeat([]*Coord{x}, order)...)
	}
	if f := fieldOf(e.term()); f != nil {
		for _, x := range coords {
			if !slices.Contains(f.coords, x) {
				return p.errorAt(c.tok, "%s is a function of %s, not of %s", f.name, names(f.coords), x.name)
			}
		}
	}
	if order := p.env.Order[p.tokens[p.token(c.args[0])].text]; order != nil && e.Op() == OpNamed {
		for _, x := range coords {
			if !slices.Contains(order, x) {
				return p.errorAt(c.tok, "%s is a function of %s, not of %s", e.Attr(), names(order), x.name)
			}
		}
	}
	return p.locate(e.D(coords...), c.tok)
}

// startsNumber reports whether an argument of diff is an order rather than a coordinate.
func (p *parser) startsNumber(n ast.Node) bool {
	id, ok := n.(*ast.IdentifierNode)
	return !ok || p.tokens[p.token(id)].kind == numberToken
}

// operator reads a differential operator op(e, x, y); without coordinates it is taken over space.
func (p *parser) operator(c call, op func(Expr, ...*Coord) Expr) Expr {
	if len(c.args) == 0 {
		return p.wrong(c)
	}
	e := p.expr(c.args[0])
	if e.Err() != nil {
		return e
	}
	coords := p.env.Space
	if len(c.args) > 1 {
		coords = nil
	}
	for _, a := range c.args[1:] {
		x, bad := p.coordinate(a)
		if bad != nil {
			return bad
		}
		coords = append(coords, x)
	}
	if len(coords) == 0 {
		return p.errorAt(c.tok, "name the coordinates, as in %s", c.use)
	}
	return p.locate(op(e, coords...), c.tok)
}

// at reads at(e, x, 1) and at(e, x = 1, t = 0).
func (p *parser) at(c call) Expr {
	if len(c.args) == 0 {
		return p.wrong(c)
	}
	e := p.expr(c.args[0])
	if e.Err() != nil {
		return e
	}
	if len(c.args) == 3 && !p.isNamed(c.args[1]) && !p.isNamed(c.args[2]) {
		x, bad := p.coordinate(c.args[1])
		if bad != nil {
			return bad
		}
		return p.locate(e.Subst(x, p.expr(c.args[2])), c.tok)
	}
	if len(c.args) < 2 {
		return p.wrong(c)
	}
	return p.replace(c, e, c.args[1:], nil)
}

// integral reads integral(f, s, lo, hi) and integral(f, s, lo, hi, nodes).
func (p *parser) integral(c call) Expr {
	if len(c.args) != 4 && len(c.args) != 5 {
		return p.wrong(c)
	}
	tok := p.token(c.args[1])
	if _, ok := c.args[1].(*ast.IdentifierNode); !ok || p.tokens[tok].kind != nameToken {
		return p.errorAt(tok, "the variable of integration is a name, as in %s", c.use)
	}
	nodes := 0
	if len(c.args) == 5 {
		k := p.integer(c.args[4], "the number of quadrature nodes is a whole number from 1 to 256")
		if k.err != nil {
			return k.err
		}
		if nodes = k.value; nodes < 1 || nodes > 256 {
			return p.errorAt(p.token(c.args[4]), "the number of quadrature nodes is a whole number from 1 to 256")
		}
	}
	lo, hi := p.expr(c.args[2]), p.expr(c.args[3])
	s := p.tokens[tok].text
	v := p.coord(s) // integrating over a coordinate binds that coordinate, so that fields are evaluated along it
	if v == nil {
		v = NewCoord(s)
	}
	p.bound = append(p.bound, variable{s, v})
	f := p.expr(c.args[0])
	p.bound = p.bound[:len(p.bound)-1]
	return p.locate(Integrate(f, v, lo, hi, nodes), c.tok)
}

// evaluate reads u(0, x) and u(t = 0): the expression e that the call names, at other coordinates.
func (p *parser) evaluate(c call, e Expr) Expr {
	if e.Err() != nil {
		return e
	}
	c.use = c.name + "(x = 1)"
	if len(c.args) == 0 {
		return p.errorAt(c.tok, "%s() lacks its coordinates; write %s, or just %s", c.name, c.use, c.name)
	}
	if slices.ContainsFunc(c.args, p.isNamed) {
		return p.replace(c, e, c.args, freeCoords(e))
	}
	order := p.order(c.name, e)
	if order == nil {
		return p.errorAt(c.tok, "%s has no order of coordinates; write them by name, as in %s", c.name, c.use)
	}
	if len(c.args) != len(order) {
		return p.errorAt(c.tok, "%s is a function of %s; %d coordinates are given", c.name, names(order), len(c.args))
	}
	var coords []*Coord
	var values []Expr
	for i, a := range c.args {
		v := p.expr(a)
		if v.Err() != nil {
			return v
		}
		if v.Op() != OpCoord || v.Attr() != order[i] {
			coords, values = append(coords, order[i]), append(values, v)
		}
	}
	return p.locate(substitute(e, coords, values), c.tok)
}

// order returns the order of coordinates in calls of a name or of a derivative of it, or nil.
func (p *parser) order(s string, e Expr) []*Coord {
	for i := len(s); i > 0; i = strings.LastIndexByte(s[:i], '_') {
		if order := p.env.Order[s[:i]]; order != nil && p.lookup(s[:i]) != nil {
			return order
		}
	}
	if f := fieldOf(e.term()); f != nil {
		return f.coords
	}
	if e.Op() == OpCoord {
		return nil
	}
	if free := freeCoords(e); len(free) == 1 {
		for c := range free {
			return []*Coord{c}
		}
	}
	return nil
}

// isNamed reports whether an argument has the form x = value.
func (p *parser) isNamed(n ast.Node) bool {
	b, ok := n.(*ast.BinaryNode)
	return ok && p.tokens[p.token(b)].kind == assignToken
}

// replace reads x = 1, t = 0. If free is given, every coordinate must be in it.
func (p *parser) replace(c call, e Expr, args []ast.Node, free map[*Coord]bool) Expr {
	var coords []*Coord
	var values []Expr
	for _, a := range args {
		if !p.isNamed(a) {
			return p.errorAt(p.token(a), "write every coordinate by name, or none, as in %s", c.use)
		}
		b := a.(*ast.BinaryNode)
		x, bad := p.coordinate(b.Left)
		if bad != nil {
			return bad
		}
		v := p.expr(b.Right)
		switch {
		case v.Err() != nil:
			return v
		case slices.Contains(coords, x):
			return p.errorAt(p.token(b.Left), "%s is given twice", x.name)
		case free != nil && !free[x]:
			return p.errorAt(p.token(b.Left), "%s, not of %s", p.dependence(e, c.name), x.name)
		}
		coords, values = append(coords, x), append(values, v)
	}
	return p.locate(substitute(e, coords, values), c.tok)
}
