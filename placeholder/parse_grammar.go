package placeholder

// fail notes a mistake in the grammar; the first one counts.
func (p *parser) fail(tok int, format string, args ...any) {
	if p.bad == nil {
		p.bad = p.errorAt(tok, format, args...)
	}
}

// text is the token to read next.
func (p *parser) text() string { return p.tokens[p.next].text }

// list reads brackets and what is in them. A comma may stand behind the last item.
func (p *parser) list(item func()) {
	p.open()
	for p.bad == nil && p.tokens[p.next].kind != closeToken {
		if item(); p.text() != "," {
			break
		}
		p.next++
	}
	p.close()
}

func (p *parser) open() {
	if len(p.opened) == maxDepth {
		p.fail(p.next, "brackets are nested more than %d deep; split the expression into definitions", maxDepth)
	}
	p.opened = append(p.opened, p.next)
	p.next++
}

func (p *parser) close() {
	if opener, _ := p.opener(); p.text() != closing[opener] {
		p.unexpected()
		return
	}
	p.opened = p.opened[:len(p.opened)-1]
	p.next++
}

var closing = map[string]string{"(": ")", "[": "]"}

// opener is the innermost bracket that is open here, and its token; "" if none is.
func (p *parser) opener() (string, int) {
	if len(p.opened) == 0 {
		return "", 0
	}
	tok := p.opened[len(p.opened)-1]
	return p.tokens[tok].text, tok
}

const (
	besideEquation = "= separates the two sides of an equation; put comparisons in parentheses"
	besideArgument = "x = value belongs between the commas of a call such as u(x = 1), without comparisons beside it"
)

// equate checks the = that is next, found where operators stronger than level are read. Those of arguments are not seen here.
func (p *parser) equate(level int) {
	switch {
	case len(p.opened) > 0:
		p.fail(p.next, "= belongs between the sides of an equation or after a coordinate, as in u(x = 1); a comparison is written ==")
	case p.equation >= 0:
		p.fail(p.next, "a second =; an equation has two sides, and a comparison is written ==")
	case level > lowest:
		p.fail(p.next, besideEquation)
	}
	p.equation = p.next
}

// unexpected words the mistake that the next token stands where none of its kind can.
func (p *parser) unexpected() {
	t, before := p.tokens[p.next], token{kind: operatorToken}
	if p.next > 0 {
		before = p.tokens[p.next-1]
	}
	opener, opened := p.opener()
	operands := before.kind <= numberToken || before.kind == closeToken // an operand ends before this one
	switch {
	case t.kind == endToken && p.next == 0:
		p.fail(p.next, "the expression is empty")
	case t.kind == endToken && opener != "":
		p.fail(opened, "this %s is never closed", opener)
	case t.kind == endToken:
		p.fail(p.next, "the expression ends too early; an operand is missing")
	case t.kind == closeToken && opener == "":
		p.fail(p.next, "this %s closes nothing", t.text)
	case t.kind == closeToken && t.text != closing[opener]:
		p.fail(p.next, "%s was opened, %s closes it", opener, t.text)
	case t.kind == assignToken:
		p.equate(lowest)
	case t.text == ":" && opener != "[":
		p.fail(p.next, "a colon belongs into brackets, as in w[0:2]")
	case t.text == "," && operands:
		p.fail(p.next, "a comma belongs between the arguments of a call or the parts of a list, as in min(a, b) and [a, b]")
	case t.kind <= numberToken && before.kind == nameToken && p.isFunction(before.text) && p.lookup(before.text) == nil:
		p.fail(p.next-1, "%s needs brackets, as in %s(%s)", before.text, before.text, t.text)
	case t.kind <= numberToken && before.kind <= numberToken:
		p.fail(p.next, "write * for a product: %s*%s", before.text, t.text)
	case t.kind == openToken && before.text == "]":
		p.fail(p.next, "components cannot be called; write at(w[0], x = 1), or * for a product")
	case t.kind <= numberToken || t.kind == openToken:
		p.fail(p.next, "write * for a product")
	}
	p.fail(p.next, "unexpected %q; an operand or operator is missing before it", t.text)
}
