package tree

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Within returns the place of a letter of a scalar's text, given by line and column of that text: quotes, escapes and
// folded lines shift it. It walks through the source and the text side by side; white space of the one stands for white
// space of the other.
func (n *Node) Within(line, col int) Place {
	p := n.At
	if p.src == nil || p.Line < 1 || p.Line > len(p.src.lines) {
		return p
	}
	want := 0 // the letters of the text before the place
	for i, l := range strings.Split(n.Text, "\n") {
		if i+1 == line {
			want += min(col-1, utf8.RuneCountInString(l))
			break
		}
		want += utf8.RuneCountInString(l) + 1
	}
	if n.Block {
		p.Line, p.col = p.Line+1, 1
	} else if n.Quoted {
		p.col++
	}
	s := &cursor{src: p.src, line: p.Line - 1, col: p.col - 1}
	if n.Quoted && !n.Block {
		s.quote = []rune(p.src.lines[p.Line-1])[min(n.At.col-1, utf8.RuneCountInString(p.src.lines[p.Line-1])-1)]
	}
	text := []rune(n.Text)
	for i := 0; i < want && i < len(text); i++ {
		switch {
		case unicode.IsSpace(text[i]):
			for i+1 < want && unicode.IsSpace(text[i+1]) {
				i++
			}
			s.skipSpace()
		default:
			s.skipSpace()
			s.letter()
		}
	}
	if want < len(text) && !unicode.IsSpace(text[want]) {
		s.skipSpace()
	}
	return Place{p.src, s.line + 1, s.col + 1}
}

// cursor is a place in a source that moves.
type cursor struct {
	src       *Source
	line, col int  // 0-based
	quote     rune // around the scalar, if it is in quotes

	letters []rune // of line number of, counted from 1
	of      int
}

func (s *cursor) rune() (rune, bool) {
	if s.line >= len(s.src.lines) {
		return 0, false
	}
	if s.of != s.line+1 {
		s.letters, s.of = []rune(s.src.lines[s.line]), s.line+1
	}
	if s.col >= len(s.letters) {
		return '\n', true
	}
	return s.letters[s.col], true
}

func (s *cursor) next() {
	if r, ok := s.rune(); ok && r == '\n' {
		s.line, s.col = s.line+1, 0
		return
	}
	s.col++
}

func (s *cursor) skipSpace() {
	for r, ok := s.rune(); ok && unicode.IsSpace(r); r, ok = s.rune() {
		s.next()
	}
}

// letter moves over one letter of the scalar: a doubled quote is one, and so is an escape in double quotes.
func (s *cursor) letter() {
	r, ok := s.rune()
	if !ok {
		return
	}
	s.next()
	switch {
	case r == '\'' && s.quote == '\'':
		s.next()
	case r == '\\' && s.quote == '"':
		kind, _ := s.rune()
		s.next()
		for range map[rune]int{'x': 2, 'u': 4, 'U': 8}[kind] {
			s.next()
		}
	}
}

// Behind is what stands behind a scalar without quotes in its line; "" where that is not known.
func (n *Node) Behind() string {
	p := n.At
	if n.Kind != Scalar || n.Quoted || p.src == nil || p.Line < 1 || p.Line > len(p.src.lines) {
		return ""
	}
	line := []rune(p.src.lines[p.Line-1])
	rest, ok := strings.CutPrefix(string(line[min(max(0, p.col-1), len(line)):]), n.Text)
	if !ok {
		return ""
	}
	return strings.TrimSpace(rest)
}
