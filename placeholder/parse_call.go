package placeholder

import (
	"maps"
	"math"
	"slices"
)

// pointwise are the functions of one argument under the names by which texts know them.
var pointwise = map[string]func(Expr) Expr{
	"exp": Exp, "log": Log, "log1p": Log1p, "expm1": Expm1, "sqrt": Sqrt, "abs": Abs, "sign": Sign, "heaviside": Heaviside,
	"sin": Sin, "cos": Cos, "tan": Tan, "asin": Asin, "acos": Acos, "atan": Atan, "sinh": Sinh, "cosh": Cosh, "tanh": Tanh,
	"sigmoid": Sigmoid, "softplus": Softplus, "erf": Erf, "sum": Sum, "normalize": Normalize,
}

// function is one with several arguments, or with arguments that are more than expressions.
type function struct {
	name        string
	least, most int    // arguments
	use         string // how it is written
	read        func(p *parser, c call) Expr
}

// functions returns them. They are no variable since some of them read expressions, in which all of them may stand.
func functions() []function {
	extremum := func(f func(a, b Expr) Expr) func(*parser, call) Expr {
		return func(p *parser, c call) Expr {
			e := c.args[0].e
			for _, a := range c.args[1:] {
				e = p.locate(f(e, a.e), c.tok)
			}
			return e
		}
	}
	operator := func(op func(Expr, ...*Coord) Expr) func(*parser, call) Expr {
		return func(p *parser, c call) Expr { return p.operator(c, op) }
	}
	return []function{
		{"min", 2, math.MaxInt, "min(a, b)", extremum(Min)},
		{"max", 2, math.MaxInt, "max(a, b)", extremum(Max)},
		{"where", 3, 3, "where(condition, a, b)", func(_ *parser, c call) Expr { return Where(c.args[0].e, c.args[1].e, c.args[2].e) }},
		{"dot", 2, 2, "dot(v, w)", func(_ *parser, c call) Expr { return Dot(c.args[0].e, c.args[1].e) }},
		{"diff", 2, math.MaxInt, "diff(u, x), diff(u, x, 2) or diff(u, x, y)", (*parser).diff},
		{"laplacian", 1, math.MaxInt, "laplacian(u, x, y)", operator(Laplacian)},
		{"grad", 1, math.MaxInt, "grad(u, x, y)", operator(Gradient)},
		{"div", 1, math.MaxInt, "div(w, x, y)", operator(Divergence)},
		{"hessian", 1, math.MaxInt, "hessian(u, x, y)", operator(Hessian)},
		{"jacobian", 1, math.MaxInt, "jacobian(w, x, y)", operator(Jacobian)},
		{"dn", 1, math.MaxInt, "dn(u, x, y)", operator(NormalDerivative)},
		{"at", 2, math.MaxInt, "at(u, x, 1) or at(u, x = 1, t = 0)", (*parser).at},
		{"integral", 2, 5, "integral(u(x = s), s, 0, 1)", (*parser).integral},
	}
}

// Functions are the names of the functions that texts can use, sorted.
func Functions() []string { return (&parser{}).functionNames() }

func (p *parser) isFunction(s string) bool { return slices.Contains(p.functionNames(), s) }

func (p *parser) functionNames() []string {
	all := slices.AppendSeq(slices.Collect(maps.Keys(pointwise)), maps.Keys(p.env.Functions))
	for _, f := range functions() {
		all = append(all, f.name)
	}
	slices.Sort(all)
	return all
}

// call is a call while it is read.
type call struct {
	name string
	use  string // how it is written, for errors
	tok  int
	args []arg
}

// arg is an argument of a call: an expression, or x = value.
type arg struct {
	tok   int  // the first one
	given bool // it has the form x = value; tok is x, and e the value
	e     Expr
}

func (a arg) isGiven() bool { return a.given }

// call reads the call of the name at a token.
func (p *parser) call(tok int) Expr {
	c := call{name: p.tokens[tok].text, tok: tok}
	var f function
	if p.lookup(c.name) == nil {
		f = p.function(c.name)
	}
	c.use, c.args = f.use, p.arguments(f.name == "integral")
	if p.bad != nil {
		return p.bad
	}
	if f.read == nil { // a name, a derivative such as u_x, or unknown
		return p.locate(p.evaluate(c, p.name(c.name, tok)), tok)
	}
	given := slices.IndexFunc(c.args, arg.isGiven)
	switch n := len(c.args); {
	case given >= 0 && (f.name != "at" || given == 0):
		return p.errorAt(c.args[given].tok+1, besideArgument)
	case f.most == 1 && n != 1:
		return p.errorAt(tok, "%s takes 1 argument, not %d", c.name, n)
	case n < f.least || n > f.most:
		return p.errorAt(tok, "%s takes other arguments; write %s", c.name, f.use)
	}
	if n := c.args[0].e; n.Err() != nil {
		return n
	}
	return p.locate(f.read(p, c), tok)
}

// function returns the function of this name; its read is nil if there is none.
func (p *parser) function(s string) function {
	if custom := p.env.Functions[s]; custom != nil {
		return function{s, 1, 1, "", func(p *parser, c call) Expr {
			if e := custom(c.args[0].e); e != nil {
				return p.refer(e, c.tok) // it may be anything, nodes in use elsewhere included
			}
			return p.errorAt(c.tok, "%s returned no expression", s)
		}}
	}
	if f := pointwise[s]; f != nil {
		return function{s, 1, 1, "", func(_ *parser, c call) Expr { return f(c.args[0].e) }}
	}
	all := functions()
	if i := slices.IndexFunc(all, func(f function) bool { return f.name == s }); i >= 0 {
		return all[i]
	}
	return function{}
}

// arguments reads those of a call. The first one of an integral knows its variable, which is the second.
func (p *parser) arguments(integral bool) []arg {
	outer := p.bound
	if s := p.variable(); integral && s != "" {
		v := p.coord(s) // integrating over a coordinate binds that coordinate, so that fields are evaluated along it
		if v == nil {
			v = NewCoord(s)
		}
		p.bound = append(slices.Clone(outer), variable{s, v})
	}
	var args []arg
	p.list(func() {
		a, level := arg{tok: p.next}, lowest
		if p.tokens[p.next].kind == nameToken && p.tokens[p.next+1].kind == assignToken {
			a.given, level = true, comparing
			p.next += 2
		}
		if a.e = p.expression(level); strengths[p.text()] > lowest {
			p.fail(a.tok+1, besideArgument)
		}
		if args = append(args, a); len(args) == 2 {
			p.bound = outer
		}
	})
	p.bound = outer
	return args
}

// variable returns the name behind the first comma in the brackets that begin here, or "".
func (p *parser) variable() string {
	depth, found := 0, false
	for _, t := range p.tokens[p.next:] {
		switch {
		case found && t.kind == nameToken:
			return t.text
		case t.kind == openToken:
			depth++
		case t.kind == closeToken:
			depth--
		default:
			found = t.text == "," && depth == 1
		}
		if depth == 0 {
			break
		}
	}
	return ""
}
