package placeholder

// Env says what the names in a text mean.
type Env struct {
	// Names are the coordinates, fields, parameters, constants, data columns and definitions that the text may use. A name
	// found here wins over a function, a constant (pi, e) and a derivative of the same spelling.
	Names map[string]Expr
	// Order is the order of the coordinates in calls such as u(0, x), for names whose expression is not a field and so has
	// no order of its own: a field with an output transform.
	Order map[string][]*Coord
	// Space are the coordinates meant by dn(u), laplacian(u), grad(u) and div(w) when they name none. Without them the
	// coordinates must be written out, as in dn(u, x, y).
	Space []*Coord
	// Ends are those of the coordinates, over which integral(a, x) goes when it names none. Without them the ends must be written out.
	Ends map[*Coord][2]float64
	// Nodes are those of integrals that do not say how many; 0 means 20.
	Nodes int
	// Functions are further functions of one argument, such as those that NewUnary returns.
	Functions map[string]func(Expr) Expr
}

// Parse reads an expression, or an equation lhs = rhs, which becomes lhs − rhs. The language:
//
//	1e-3, pi, e              numbers
//	a + b − c, a*b, a/b      arithmetic; products need their *
//	a^b, a**b                powers: −x^2 is −(x^2), 2^3^2 is 2^(3^2)
//	a < b, <=, >, >=, ==, != comparisons, 1 or 0; a < b < c is a < b and b < c; joined by and, or, not,
//	                         which binds more strongly than they do: not (a < b) needs its brackets
//	sin(a), min(a, b), where(cond, a, b)
//	                         the functions of this package under their names in lower case
//	u_t, u_xx, u_tx          derivatives of a name by coordinates of any length; the longest known name wins
//	diff(a, x), diff(a, x, 2, y)
//	                         derivatives of any expression, here ∂a/∂x and ∂³a/∂x²∂y
//	laplacian(u, x, y), grad(u, x, y), div(w, x, y), hessian(u, x, y), jacobian(w, x, y)
//	u(0, x), u(t = 0), at(a, t, 0), at(a, t = 0, x = 1)
//	                         the expression with coordinates replaced, all at once: by position in the order of the field's
//	                         coordinates, or by name. u_x(t = 0) is differentiated first
//	integral(a, s, lo, hi)   ∫ a ds by Gauss quadrature, Env.Nodes unless a fifth argument says otherwise; factors of a such as
//	                         1/sqrt(hi - s) are part of its weights; s is a new variable seen only in a, or a coordinate,
//	                         which is then bound in a
//	integral(a, x)           the same over the whole axis of a coordinate
//	normal_x (or n_x unless something is called n), dn(u, x, y)
//	                         component of the outward normal; the derivative along it
//	w[0], w[0:2], [a, b]     components, counted from 0; an expression of several components
//	sum(w), dot(v, w)        sum of components
//
// Every part of the result carries its place in the text. An error is an [*Error]; its Pos.Caret points into the text.
// The expression is then one that carries the error.
func Parse(src string, env Env) (Expr, error) { return ParseNamed("", src, env) }

// ParseNamed is Parse for a text that has a name, such as "residual"; positions then read residual:1:7.
func ParseNamed(name, src string, env Env) (Expr, error) {
	p := &parser{file: name, src: src, env: env, equation: -1}
	e := p.parse()
	return e, e.Err()
}

// parser reads one text by operator precedence and builds its expression as it goes. A mistake in what is said goes along in
// the expression; one in the grammar ends the reading.
type parser struct {
	file, src string
	env       Env
	tokens    []token
	bad       Expr       // the first mistake in the grammar
	next      int        // the token to read next
	opened    []int      // brackets around it, innermost last
	equation  int        // the = between the sides of an equation, or −1
	bound     []variable // variables of the integrals around it, innermost last
}

// variable is a coordinate with the name by which the text knows it.
type variable struct {
	name  string
	coord *Coord
}

func (p *parser) parse() Expr {
	p.scan()
	e := p.expression(lowest)
	if p.bad == nil && p.tokens[p.next].kind != endToken {
		p.unexpected()
	}
	if p.bad != nil {
		return p.bad
	}
	return e
}

// pos is the place of a token.
func (p *parser) pos(tok int) Pos {
	t := p.tokens[tok]
	return Pos{File: p.file, Line: t.line, Col: t.col, Text: p.src}
}

// mistake returns an expression that carries a mistake made at a place.
func (p *parser) mistake(at Pos, format string, args ...any) Expr {
	n := newNode(OpConst, 1, 0.0)
	n.pos = at
	return n.fail(format, args...)
}

// errorAt returns an expression that carries a mistake made at a token.
func (p *parser) errorAt(tok int, format string, args ...any) Expr {
	return p.mistake(p.pos(tok), format, args...)
}

// locate gives the place of a token to the nodes that an operator has just built over located operands, and to the
// mistake that it may have found. It must not see nodes that exist elsewhere: those are copied by refer.
func (p *parser) locate(e Expr, tok int) Expr {
	return Locate(e, p.pos(tok))
}

// Locate gives a place in a text to an expression that code has built for that text, and to all within it that have none. The expression
// must be new, and not in use elsewhere.
func Locate(e Expr, at Pos) Expr {
	place(e.term(), at)
	return e
}

func place(n *node, pos Pos) {
	if n == nil || n.pos.Text != "" {
		return
	}
	n.pos = pos
	for _, a := range n.args {
		place(a, pos)
	}
	if e, ok := n.err.(*Error); ok && e.Pos.Text == "" {
		n.err = &Error{Pos: pos, Msg: e.Msg}
	}
}

// refer returns e as it is used at a token: the same node at another place.
func (p *parser) refer(e Expr, tok int) Expr {
	if err := e.Err(); err != nil {
		return p.errorAt(tok, "%s: %v", p.tokens[tok].text, err)
	}
	n := *e.term()
	n.pos = p.pos(tok)
	return &n
}
