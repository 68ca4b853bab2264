package placeholder

import (
	"fmt"
	"strconv"
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
	from      int // letters of the text before it
}

// Limits keep the recursion over a hostile text bounded.
const (
	maxTokens = 8000
	maxDepth  = 200
	maxName   = 256
)

// Names returns the names that stand in a text, in order, as often as they occur: u_x is one, the e of 1e-3 is none. Where the
// text cannot be read any further, the list ends.
func Names(src string) []string {
	p := &parser{src: src}
	p.scan()
	var list []string
	for _, t := range p.tokens {
		if t.kind == nameToken {
			list = append(list, t.text)
		}
	}
	return list
}

// scan cuts the text into tokens. The last one is always an endToken, and so is one that cannot be read.
func (p *parser) scan() {
	text := []rune(p.src)
	line, lineStart := 1, 0
	for i := 0; ; {
		for i < len(text) && unicode.IsSpace(text[i]) {
			if text[i] == '\n' {
				line, lineStart = line+1, i+1
			}
			i++
		}
		t := token{kind: endToken, line: line, col: i - lineStart + 1, from: i}
		if i == len(text) {
			p.tokens = append(p.tokens, t)
			return
		}
		n, msg := t.read(text[i:])
		if msg == "" && len(p.tokens) == maxTokens {
			msg = fmt.Sprintf("the expression has more than %d parts; split it into definitions", maxTokens)
		}
		if msg != "" {
			t.kind = endToken
			p.tokens = append(p.tokens, t)
			p.fail(len(p.tokens)-1, "%s", msg)
			return
		}
		p.tokens = append(p.tokens, t)
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
	default:
		if hint, ok := hints[text[0]]; ok {
			return 0, hint
		}
		return 0, fmt.Sprintf("%q has no meaning here", text[0])
	}
	return 1, ""
}

var hints = map[rune]string{
	'−': "write the minus sign as -", '–': "write the minus sign as -",
	'·': "write a product with *", '×': "write a product with *",
	'²': "write powers with ^, as in x^2", '³': "write powers with ^, as in x^2",
	'!':  "write not for the opposite of a condition",
	'\'': "quotes have no place in an expression", '"': "quotes have no place in an expression", '`': "quotes have no place in an expression",
	'.': "a point belongs only into numbers; derivatives are written u_x, components w[0]",
	'%': "there is no remainder; for a periodic function use sin and cos",
	'?': "write where(condition, a, b)",
}

func letter(r rune) bool { return r == '_' || unicode.IsLetter(r) }
