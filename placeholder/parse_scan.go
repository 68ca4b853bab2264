package placeholder

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// tokenKind tells the parts of a text apart.
type tokenKind uint8

const (
	nameToken     tokenKind = iota
	numberToken             // value is its value
	operatorToken           // + - * / ^ ** < <= > >= == != and or not , :
	assignToken             // a single =: an equation, or an argument given by name
	openToken               // ( or [
	closeToken              // ) or ]
	endToken                // after the last
)

type token struct {
	kind      tokenKind
	text      string
	value     float64
	line, col int // 1-based, columns in letters
	depth     int // brackets around it
}

// syntaxError is a mistake found before the text is parsed.
type syntaxError struct {
	tok int
	msg string
}

// Limits keep the recursion over a hostile text bounded; expr-lang's own limit on nodes is 10000.
const (
	maxTokens = 8000
	maxDepth  = 200
	maxName   = 256
)

// scan cuts the text into tokens. The last one is always an endToken, and so is one that cannot be read.
func scan(src string) ([]token, *syntaxError) {
	var tokens []token
	text := []rune(src)
	line, lineStart, depth := 1, 0, 0
	for i := 0; ; {
		for i < len(text) && unicode.IsSpace(text[i]) {
			if text[i] == '\n' {
				line, lineStart = line+1, i+1
			}
			i++
		}
		t := token{kind: endToken, line: line, col: i - lineStart + 1, depth: depth}
		if i == len(text) {
			return append(tokens, t), nil
		}
		n, msg := t.read(text[i:])
		switch {
		case msg != "":
		case len(tokens) == maxTokens:
			msg = fmt.Sprintf("the expression has more than %d parts; split it into definitions", maxTokens)
		case t.kind == openToken:
			if depth++; depth > maxDepth {
				msg = fmt.Sprintf("brackets are nested more than %d deep; split the expression into definitions", maxDepth)
			}
		case t.kind == closeToken:
			depth--
			t.depth--
		}
		if msg != "" {
			t.kind = endToken
			return append(tokens, t), &syntaxError{len(tokens), msg}
		}
		tokens = append(tokens, t)
		i += n
	}
}

// read fills kind, text and value from the beginning of the text, and returns the length or what is wrong.
func (t *token) read(text []rune) (n int, msg string) {
	r := text[0]
	digit := func(i int) bool { return i < len(text) && text[i] >= '0' && text[i] <= '9' }
	switch {
	case letter(r):
		for n < len(text) && (letter(text[n]) || digit(n)) {
			n++
		}
		t.kind, t.text = nameToken, string(text[:n])
		if n > maxName {
			return 0, fmt.Sprintf("a name has at most %d letters", maxName)
		}
		if t.text == "and" || t.text == "or" || t.text == "not" {
			t.kind = operatorToken
		}
		return n, ""
	case digit(0) || r == '.' && digit(1):
		return t.number(text, digit)
	}
	return t.symbol(text)
}

// number reads digits, a decimal point and an exponent. The e of 2*e stays a name.
func (t *token) number(text []rune, digit func(int) bool) (n int, msg string) {
	for digit(n) {
		n++
	}
	if n < len(text) && text[n] == '.' {
		for n++; digit(n); {
			n++
		}
	}
	if n < len(text) && (text[n] == 'e' || text[n] == 'E') {
		k := n + 1
		if k < len(text) && (text[k] == '+' || text[k] == '-') {
			k++
		}
		if digit(k) {
			for n = k; digit(n); {
				n++
			}
		}
	}
	t.kind, t.text = numberToken, string(text[:n])
	v, err := strconv.ParseFloat(t.text, 64)
	if err != nil {
		return 0, fmt.Sprintf("the number %s is too large", t.text)
	}
	t.value = v
	return n, ""
}

// symbol reads operators and brackets.
func (t *token) symbol(text []rune) (n int, msg string) {
	two := string(text[:min(2, len(text))])
	switch two {
	case "**", "<=", ">=", "==", "!=":
		t.kind, t.text = operatorToken, two
		return 2, ""
	case "&&", "||":
		return 0, "write and, or, not for logic"
	case "//", "/*":
		return 0, "a division lacks its operand; expressions have no comments"
	}
	t.text = two[:len(string(text[0]))]
	switch text[0] {
	case '(', '[':
		t.kind = openToken
	case ')', ']':
		t.kind = closeToken
	case '=':
		t.kind = assignToken
	case '+', '-', '*', '/', '^', '<', '>', ',', ':':
		t.kind = operatorToken
	case '−', '–':
		return 0, "write the minus sign as -"
	case '·', '×':
		return 0, "write a product with *"
	case '²', '³':
		return 0, "write powers with ^, as in x^2"
	case '!':
		return 0, "write not for the opposite of a condition"
	case '\'', '"', '`':
		return 0, "quotes have no place in an expression"
	case '.':
		return 0, "a point belongs only into numbers; derivatives are written u_x, components w[0]"
	case '%':
		return 0, "there is no remainder; for a periodic function use sin and cos"
	case '?':
		return 0, "write where(condition, a, b)"
	default:
		return 0, fmt.Sprintf("%q has no meaning here", text[0])
	}
	return 1, ""
}

// check finds mistakes that are best explained before parsing: brackets, missing *, misplaced =.
func (p *parser) check() *syntaxError {
	if p.tokens[0].kind == endToken {
		return &syntaxError{0, "the expression is empty"}
	}
	var opened []int
	var call []bool // whether the bracket holds the arguments of a call
	equation := -1
	for i, t := range p.tokens[:len(p.tokens)-1] {
		next := p.tokens[i+1]
		switch t.kind {
		case openToken:
			opened = append(opened, i)
			call = append(call, t.text == "(" && i > 0 && p.tokens[i-1].kind == nameToken)
		case closeToken:
			k := len(opened) - 1
			if k < 0 {
				return &syntaxError{i, fmt.Sprintf("this %s closes nothing", t.text)}
			}
			if p.tokens[opened[k]].text == "(" != (t.text == ")") {
				return &syntaxError{i, fmt.Sprintf("%s was opened, %s closes it", p.tokens[opened[k]].text, t.text)}
			}
			opened, call = opened[:k], call[:k]
		case assignToken:
			switch {
			case len(opened) == 0 && equation >= 0:
				return &syntaxError{i, "a second =; an equation has two sides, and a comparison is written =="}
			case len(opened) == 0:
				equation = i
			case !call[len(call)-1] || p.tokens[i-1].kind != nameToken:
				return &syntaxError{i, "= belongs between the sides of an equation or after a coordinate, as in u(x = 1); a comparison is written =="}
			}
		case operatorToken:
			if t.text == ":" && (len(opened) == 0 || p.tokens[opened[len(opened)-1]].text != "[") {
				return &syntaxError{i, "a colon belongs into brackets, as in w[0:2]"}
			}
		}
		if t.kind == nameToken && next.kind <= numberToken && p.isFunction(t.text) && p.lookup(t.text) == nil {
			return &syntaxError{i, fmt.Sprintf("%s needs brackets, as in %s(%s)", t.text, t.text, next.text)}
		}
		if msg := missingProduct(t, next); msg != "" {
			return &syntaxError{i + 1, msg}
		}
	}
	if len(opened) > 0 {
		k := opened[len(opened)-1]
		return &syntaxError{k, fmt.Sprintf("this %s is never closed", p.tokens[k].text)}
	}
	return nil
}

// missingProduct reports two operands side by side: 2x, 2 (x+1), (a)(b), x y.
func missingProduct(a, b token) string {
	left := a.kind == nameToken || a.kind == numberToken || a.kind == closeToken
	right := b.kind == nameToken || b.kind == numberToken || b.kind == openToken && b.text == "(" && a.kind != nameToken
	switch {
	case !left || !right:
		return ""
	case a.kind == closeToken && a.text == "]" && b.kind == openToken:
		return "components cannot be called; write at(w[0], x = 1), or * for a product"
	case a.kind == closeToken || b.kind == openToken:
		return "write * for a product"
	}
	return fmt.Sprintf("write * for a product: %s*%s", a.text, b.text)
}

// copy writes the text for expr-lang's parser, and the index from its offsets back to tokens.
func (p *parser) copy() (string, map[int]int) {
	var b strings.Builder
	index := make(map[int]int, len(p.tokens))
	for i, t := range p.tokens {
		index[b.Len()] = i
		switch t.kind {
		case nameToken, numberToken:
			fmt.Fprintf(&b, "v%d ", i)
		case assignToken:
			b.WriteString("== ")
		default:
			b.WriteString(t.text)
			b.WriteByte(' ')
		}
	}
	return b.String(), index
}

func letter(r rune) bool { return r == '_' || unicode.IsLetter(r) }
