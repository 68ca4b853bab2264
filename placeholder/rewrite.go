package placeholder

import (
	"strings"
	"unicode"
)

// Rewrite returns a text with others in the place of names: f is asked about each name, with the arguments behind it, brackets included and
// rewritten already, or "", and returns what should stand for both, or false to leave the name as it is. u_x is one name. A text that
// cannot be read stays as it is.
func Rewrite(src string, f func(name, arguments string) (string, bool)) string {
	p := &parser{src: src}
	if p.scan(); p.bad != nil {
		return src
	}
	r := rewriter{text: []rune(src), tokens: p.tokens, f: f}
	return string(r.text[:p.tokens[0].from]) + r.upTo(len(p.tokens)-1)
}

type rewriter struct {
	text   []rune
	tokens []token
	next   int // of tokens
	f      func(name, arguments string) (string, bool)
}

// upTo rewrites what begins here and ends before a token.
func (r *rewriter) upTo(end int) string {
	var b strings.Builder
	for r.next < end {
		t := r.tokens[r.next]
		r.next++
		behind := string(r.text[t.from:r.tokens[r.next].from])
		if t.kind != nameToken {
			b.WriteString(behind)
			continue
		}
		behind = strings.TrimPrefix(behind, t.text)
		if r.tokens[r.next].text == "(" {
			behind += r.upTo(r.closing() + 1)
		}
		arguments := strings.TrimRightFunc(behind, unicode.IsSpace)
		to, ok := r.f(t.text, arguments)
		if !ok {
			to = t.text + arguments
		}
		b.WriteString(to + behind[len(arguments):])
	}
	return b.String()
}

// closing is the bracket that closes the next one; the last token if none does.
func (r *rewriter) closing() int {
	depth := 0
	for i := r.next; i < len(r.tokens)-1; i++ {
		switch r.tokens[i].kind {
		case openToken:
			depth++
		case closeToken:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(r.tokens) - 2
}
