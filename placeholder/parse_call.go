package placeholder

import (
	"slices"

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
