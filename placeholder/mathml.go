package placeholder

import (
	"html"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// MathML is an expression as presentation MathML, without the element math around it: quotients as fractions, derivatives as ∂u/∂t, a
// sum of second derivatives by all coordinates of xs as Δu, and Greek letters for their names. An equation that was read from text has
// both its sides. Names are escaped. A text of more than 64 KiB is cut.
func MathML(e Expr, xs ...*Coord) string {
	m := mathml{printer: printer{root: e.term()}, space: xs}
	if lhs, rhs, ok := Sides(e); ok {
		m.write(lhs.term(), lowest)
		m.op("=")
		m.write(rhs.term(), lowest)
	} else {
		m.write(e.term(), lowest)
	}
	return "<mrow>" + steady(m.text.String()) + "</mrow>"
}

// steady keeps brackets from growing where there is no fraction between them. Without a font for mathematics browsers take the next larger
// one for every y that goes below the line.
func steady(text string) string {
	const open, shut = "<mo>(</mo>", "<mo>)</mo>"
	if !strings.Contains(text, open) {
		return text
	}
	var out []string // pieces of the text
	var opened []int // the brackets that are open, among them
	var tall []bool  // whether there is a fraction in them
	for text != "" {
		k := strings.Index(text[1:], "<mo>") + 1
		if k < 1 {
			k = len(text)
		}
		piece := text[:k]
		text = text[k:]
		if strings.HasPrefix(piece, shut) && len(opened) > 0 {
			last := len(opened) - 1
			if !tall[last] {
				out[opened[last]] = strings.Replace(out[opened[last]], "<mo>", `<mo stretchy="false">`, 1)
				piece = strings.Replace(piece, "<mo>", `<mo stretchy="false">`, 1)
			} else if last > 0 {
				tall[last-1] = true
			}
			opened, tall = opened[:last], tall[:last]
		}
		if strings.HasPrefix(piece, open) {
			opened, tall = append(opened, len(out)), append(tall, false)
		}
		if len(tall) > 0 && strings.Contains(piece, "<mfrac>") {
			tall[len(tall)-1] = true
		}
		out = append(out, piece)
	}
	return strings.Join(out, "")
}

// Sides are those of an equation that Parse has read, in which it is lhs − rhs; ok is false for any other expression.
func Sides(e Expr) (lhs, rhs Expr, ok bool) {
	n := e.term()
	if n.err != nil || n.op != OpSub {
		return nil, nil, false
	}
	lines := strings.Split(n.pos.Text, "\n")
	if n.pos.Line < 1 || n.pos.Line > len(lines) {
		return nil, nil, false
	}
	line := []rune(lines[n.pos.Line-1])
	if n.pos.Col < 1 || n.pos.Col > len(line) || line[n.pos.Col-1] != '=' {
		return nil, nil, false
	}
	return n.args[0], n.args[1], true
}

// mathml writes one expression.
type mathml struct {
	printer
	space []*Coord
}

// write writes n where only operators that bind at least as strongly as level may stand without brackets.
func (m *mathml) write(n *node, level int) {
	switch {
	case n == nil || n.err != nil:
		m.put("<mtext>?</mtext>")
		return
	case m.text.Len() > maxText:
		m.put("<mo>…</mo>")
		return
	}
	if base, sign, ok := m.laplacian(n); ok {
		m.bracketed(level >= raising || sign && level > adding, func() {
			if sign {
				m.op("−")
			}
			m.put("<mi mathvariant=\"normal\">Δ</mi>")
			m.write(base, raising)
		})
		return
	}
	if f, ok := m.normalDerivative(n); ok {
		m.put("<mfrac><mrow><mo>∂</mo>")
		m.write(f, raising)
		m.put("</mrow><mrow><mo>∂</mo><mi>n</mi></mrow></mfrac>")
		return
	}
	own := strength(n)
	if n.op == OpDiv || n.op == OpPow && halfPower(n) {
		own = atom
	}
	m.bracketed(own < level, func() { m.operator(n) })
}

func (m *mathml) bracketed(need bool, inside func()) {
	if need {
		m.put("<mrow><mo>(</mo>")
	}
	inside()
	if need {
		m.put("<mo>)</mo></mrow>")
	}
}

func (m *mathml) op(s string) { m.put("<mo>", html.EscapeString(s), "</mo>") }

// group writes one operand of a layout such as a fraction.
func (m *mathml) group(n *node, level int) {
	m.put("<mrow>")
	m.write(n, level)
	m.put("</mrow>")
}

func (m *mathml) operator(n *node) {
	switch n.op {
	case OpAdd:
		m.sum(n, "+")
	case OpSub:
		m.sum(n, "−")
	case OpMul:
		m.product(n)
	case OpDiv:
		m.put("<mfrac>")
		m.group(n.args[0], lowest)
		m.group(n.args[1], lowest)
		m.put("</mfrac>")
	case OpNeg:
		m.op("−")
		m.write(n.args[0], multiplying)
	case OpPow:
		m.power(n.args[0], n.attr.(float64), nil)
	case OpPower:
		m.power(n.args[0], math.NaN(), n.args[1])
	case OpCompare:
		m.write(n.args[0], adding)
		m.op([...]string{"<", "≤", ">", "≥", "="}[n.attr.(Relation)])
		m.write(n.args[1], adding)
	case OpWhere:
		m.put("<mrow><mo>{</mo><mtable columnalign=\"left\"><mtr><mtd>")
		m.write(n.args[1], lowest)
		m.put("</mtd><mtd><mtext>if </mtext>")
		m.write(n.args[0], lowest)
		m.put("</mtd></mtr><mtr><mtd>")
		m.write(n.args[2], lowest)
		m.put("</mtd><mtd><mtext>otherwise</mtext></mtd></mtr></mtable></mrow>")
	case OpSlice:
		r := n.attr.(Range)
		m.put("<msub>")
		m.group(n.args[0], atom)
		m.put("<mrow><mn>", strconv.Itoa(r.Lo))
		if r.Hi != r.Lo+1 {
			m.put(":", strconv.Itoa(r.Hi))
		}
		m.put("</mn></mrow></msub>")
	case OpConcat:
		m.arguments(n.args)
	case OpD:
		m.derivative(n)
	case OpAt:
		m.at(n)
	case OpIntegral:
		m.integral(n)
	default:
		m.leafOrCall(n)
	}
}

func (m *mathml) sum(n *node, op string) {
	m.write(n.args[0], adding)
	m.op(op)
	right := adding + 1
	if s := n.args[1]; s != nil && s.err == nil && strength(s) == negating {
		right = raising
	}
	m.write(n.args[1], right)
}

// product writes factors side by side, with a dot where a number follows.
func (m *mathml) product(n *node) {
	m.write(n.args[0], multiplying)
	b := n.args[1]
	digits := b
	for digits != nil && digits.err == nil && digits.op == OpPow {
		digits = digits.args[0]
	}
	dot := digits != nil && digits.err == nil && digits.op == OpConst && digits.attr.(float64) != math.Pi && digits.attr.(float64) >= 0
	if a := n.args[0]; a != nil && a.op == OpDiv && b != nil && b.op == OpDiv {
		dot = true
	}
	if dot {
		m.op("·")
	} else {
		m.put("<mo>&#x2062;</mo>")
	}
	right := multiplying + 1
	if b != nil && b.err == nil && strength(b) == negating {
		right = raising
	}
	m.write(b, right)
}

// halfPower reports whether a power is written as a root.
func halfPower(n *node) bool { return n.attr.(float64) == 0.5 }

func (m *mathml) power(base *node, p float64, exponent *node) {
	if p == 0.5 {
		m.put("<msqrt>")
		m.write(base, lowest)
		m.put("</msqrt>")
		return
	}
	up := func() {
		if exponent != nil {
			m.group(exponent, lowest)
		} else {
			m.put("<mrow>")
			m.number(p)
			m.put("</mrow>")
		}
	}
	if base != nil && base.err == nil && base.op == OpUnary && base.attr.(*Unary).builtin && functionName(base.attr.(*Unary).Name) != "" &&
		p == math.Trunc(p) && p > 0 {
		m.put("<msup>", functionName(base.attr.(*Unary).Name))
		up()
		m.put("</msup><mo>&#x2061;</mo>")
		m.arguments(base.args)
		return
	}
	m.put("<msup><mrow>")
	level := atom
	if base != nil && base.err == nil && base.op == OpDiv {
		m.bracketed(true, func() { m.write(base, lowest) })
	} else if base != nil && base.err == nil && (base.op == OpD || base.op == OpIntegral) {
		m.bracketed(true, func() { m.write(base, lowest) })
	} else {
		m.write(base, level)
	}
	m.put("</mrow>")
	up()
	m.put("</msup>")
}

// functionName is a function of which powers are written at its name; "" for others.
func functionName(name string) string {
	switch name {
	case "sin", "cos", "tan", "sinh", "cosh", "tanh":
		return "<mi>" + name + "</mi>"
	case "log":
		return "<mi>ln</mi>"
	}
	return ""
}

func (m *mathml) arguments(args []*node) {
	m.put("<mrow><mo>(</mo>")
	for i, a := range args {
		if i > 0 {
			m.put("<mo separator=\"true\">,</mo>")
		}
		m.write(a, lowest)
	}
	m.put("<mo>)</mo></mrow>")
}

func (m *mathml) leafOrCall(n *node) {
	switch n.op {
	case OpConst:
		m.number(n.attr.(float64))
	case OpCoord:
		m.put(mathName(m.coord(n.attr.(*Coord))))
	case OpParam:
		m.put(mathName(n.attr.(*Param).path))
	case OpField:
		m.put(mathName(n.attr.(*Field).name))
	case OpColumn, OpNamed:
		m.put(mathName(n.attr.(string)))
	case OpNormal:
		m.put("<msub><mi>n</mi>", mathName(m.coord(n.attr.(*Coord))), "</msub>")
	case OpUnary:
		switch name := n.attr.(*Unary).Name; name {
		case "exp":
			m.put("<msup><mi>e</mi>")
			m.group(n.args[0], lowest)
			m.put("</msup>")
		case "sqrt":
			m.put("<msqrt>")
			m.write(n.args[0], lowest)
			m.put("</msqrt>")
		case "abs":
			m.put("<mrow><mo>|</mo>")
			m.write(n.args[0], lowest)
			m.put("<mo>|</mo></mrow>")
		default:
			if f := functionName(name); f != "" {
				m.put(f)
			} else {
				m.put("<mi mathvariant=\"normal\">", html.EscapeString(name), "</mi>")
			}
			m.put("<mo>&#x2061;</mo>")
			m.arguments(n.args)
		}
	default:
		m.put("<mi mathvariant=\"normal\">", html.EscapeString(n.op.String()), "</mi><mo>&#x2061;</mo>")
		m.arguments(n.args)
	}
}

// number writes a number; one with an exponent as a product with a power of ten.
func (m *mathml) number(v float64) {
	if v < 0 || v == 0 && math.Signbit(v) {
		m.op("−")
		v = -v
	}
	if v == math.Pi {
		m.put("<mi>π</mi>")
		return
	}
	mantissa, exponent, ok := strings.Cut(strconv.FormatFloat(v, 'g', -1, 64), "e")
	if !ok {
		m.put("<mn>", mantissa, "</mn>")
		return
	}
	k, _ := strconv.Atoi(exponent) // of a number that was just written
	if mantissa != "1" {
		m.put("<mn>", mantissa, "</mn><mo>·</mo>")
	}
	m.put("<msup><mn>10</mn><mn>", strings.ReplaceAll(strconv.Itoa(k), "-", "−"), "</mn></msup>")
}

// derivative writes ∂²u/∂t∂x; d for a function of one coordinate. What is no name stands behind.
func (m *mathml) derivative(n *node) {
	base := n
	var coords []*Coord
	for base.op == OpD && base.err == nil {
		coords = append(slices.Clone(base.attr.([]*Coord)), coords...)
		base = base.args[0]
	}
	sign := "<mo>∂</mo>"
	if len(FreeCoords(base)) == 1 {
		sign = "<mi mathvariant=\"normal\">d</mi>"
	}
	top := sign
	if len(coords) > 1 {
		top = "<msup>" + sign + "<mn>" + strconv.Itoa(len(coords)) + "</mn></msup>"
	}
	named := base.err == nil && (base.op == OpField || base.op == OpNamed || base.op == OpCoord || base.op == OpColumn || base.op == OpParam)
	m.put("<mfrac><mrow>", top)
	if named {
		m.write(base, atom)
	}
	m.put("</mrow><mrow>")
	for len(coords) > 0 {
		k := 1
		for k < len(coords) && coords[k] == coords[0] {
			k++
		}
		m.put(sign)
		if k > 1 {
			m.put("<msup>", mathName(m.coord(coords[0])), "<mn>", strconv.Itoa(k), "</mn></msup>")
		} else {
			m.put(mathName(m.coord(coords[0])))
		}
		coords = coords[k:]
	}
	m.put("</mrow></mfrac>")
	if !named {
		m.write(base, atom)
	}
}

// at writes u(0, x) for a function with coordinates replaced, and otherwise the expression with what is replaced below a line.
func (m *mathml) at(n *node) {
	base, rs := simultaneous(n)
	if len(rs) == 0 {
		m.write(base, atom)
		return
	}
	if f := called(base); f != nil {
		m.write(base, atom)
		m.put("<mrow><mo>(</mo>")
		for i, c := range f {
			if i > 0 {
				m.put("<mo separator=\"true\">,</mo>")
			}
			k := slices.IndexFunc(rs, func(r replacement) bool { return r.coord == c })
			if k < 0 {
				m.put(mathName(m.coord(c)))
				continue
			}
			m.write(rs[k].value, lowest)
		}
		m.put("<mo>)</mo></mrow>")
		return
	}
	m.put("<msub><mrow>")
	m.write(base, atom)
	m.put("<mo stretchy=\"true\">|</mo></mrow><mrow>")
	for i, r := range rs {
		if i > 0 {
			m.put("<mo separator=\"true\">,</mo>")
		}
		m.put(mathName(m.coord(r.coord)))
		m.op("=")
		m.write(r.value, adding)
	}
	m.put("</mrow></msub>")
}

// called are the coordinates of a field, or of a derivative of one, in their order; nil for anything else.
func called(n *node) []*Coord {
	for n.err == nil && (n.op == OpD || n.op == OpNamed || n.op == OpSlice) {
		n = n.args[0]
	}
	if n.err != nil || n.op != OpField {
		return nil
	}
	return n.attr.(*Field).coords
}

func (m *mathml) integral(n *node) {
	in := n.attr.(*Integral)
	m.put("<mrow><msubsup><mo largeop=\"true\">∫</mo>")
	m.group(n.args[1], lowest)
	m.group(n.args[2], lowest)
	m.put("</msubsup>")
	m.write(n.args[0], multiplying)
	m.put("<mspace width=\"0.2em\"/><mi mathvariant=\"normal\">d</mi>", mathName(in.Var.name), "</mrow>")
}

// laplacian returns u of u_xx + u_yy, with all coordinates of space, or of its negative.
func (m *mathml) laplacian(n *node) (base *node, sign, ok bool) {
	if n.op == OpNeg && n.err == nil {
		base, sign, ok = m.laplacian(n.args[0])
		return base, true, ok && !sign
	}
	if len(m.space) < 2 || n.op != OpAdd {
		return nil, false, false
	}
	seen := map[*Coord]bool{}
	for _, term := range summandsOf(n, len(m.space)) {
		if term.err != nil || term.op != OpD {
			return nil, false, false
		}
		of := term
		var coords []*Coord
		for of.op == OpD && of.err == nil && len(coords) < 2 {
			coords = append(coords, of.attr.([]*Coord)...)
			of = of.args[0]
		}
		if len(coords) != 2 || coords[0] != coords[1] || seen[coords[0]] || !slices.Contains(m.space, coords[0]) || base != nil &&
			!same(base, of) {
			return nil, false, false
		}
		base, seen[coords[0]] = of, true
	}
	return base, false, len(seen) == len(m.space)
}

// normalDerivative returns u of n_x u_x + n_y u_y.
func (m *mathml) normalDerivative(n *node) (base *node, ok bool) {
	if n.op != OpAdd && n.op != OpMul {
		return nil, false
	}
	terms := summandsOf(n, 3)
	for _, term := range terms {
		if term.err != nil || term.op != OpMul {
			return nil, false
		}
		a, b := term.args[0], term.args[1]
		if a.op != OpNormal {
			a, b = b, a
		}
		if a.err != nil || b.err != nil || a.op != OpNormal || b.op != OpD {
			return nil, false
		}
		by := b.attr.([]*Coord)
		if len(by) != 1 || by[0] != a.attr.(*Coord) || base != nil && !same(base, b.args[0]) {
			return nil, false
		}
		base = b.args[0]
	}
	return base, len(terms) > 1 || len(terms) == 1 && len(m.space) == 1
}

// summandsOf are the terms of a sum, none if they are more than most.
func summandsOf(n *node, most int) []*node {
	if n.op != OpAdd || n.err != nil {
		return []*node{n}
	}
	var terms []*node
	for _, a := range n.args {
		some := summandsOf(a, most-len(terms)-1)
		if terms = append(terms, some...); len(some) == 0 || len(terms) > most {
			return nil
		}
	}
	return terms
}

// same reports whether two nodes are the same expression, perhaps at different places of a text.
func same(a, b *node) bool { return a == b || a.String() == b.String() }

var greek = map[string]string{
	"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "eps": "ε", "zeta": "ζ", "eta": "η", "theta": "θ",
	"kappa": "κ", "lambda": "λ", "lam": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ",
	"phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ",
	"Lambda": "Λ", "Xi": "Ξ", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}

// mathName writes a name: Greek letters as such, and what follows an underscore or a number at the end as an index.
func mathName(s string) string {
	head, index, _ := strings.Cut(s, "_")
	if head == "" {
		head, index = s, ""
	}
	if i := strings.IndexFunc(head, unicode.IsDigit); i > 0 && strings.TrimFunc(head[i:], unicode.IsDigit) == "" {
		head, index = head[:i], strings.TrimSuffix(head[i:]+","+index, ",")
	}
	letter := func(s string) string {
		if g, ok := greek[s]; ok {
			s = g
		}
		if len([]rune(s)) > 1 {
			return "<mi mathvariant=\"normal\">" + html.EscapeString(s) + "</mi>"
		}
		return "<mi>" + html.EscapeString(s) + "</mi>"
	}
	if index == "" {
		return letter(head)
	}
	return "<msub>" + letter(head) + letter(index) + "</msub>"
}
