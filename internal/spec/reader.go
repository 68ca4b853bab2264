package spec

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/crux-pinn/crux/internal/nearest"
	ph "github.com/crux-pinn/crux/placeholder"
)

// loader turns nodes into a problem and collects mistakes on the way.
type loader struct {
	src       *source
	dir       string
	errs      Errors
	constants map[string]ph.Expr // by which numbers may be written
	broken    map[string]bool    // names whose introduction is mistaken: what mentions them is not reported again
	nodes     map[string]*node
	total     int // steps in all that are wanted; 0 means those of the file
}

// fail notes a mistake at a node. Of the format's result, what stands behind "; " is the way out.
func (l *loader) fail(n *node, format string, args ...any) { l.failAt(n.at, n.path, format, args...) }

func (l *loader) failAt(at place, path, format string, args ...any) {
	msg, suggestion, _ := strings.Cut(fmt.Sprintf(format, args...), "; ")
	e := &Error{Path: path, Message: msg, Suggestion: suggestion}
	e.locate(at, l.src)
	l.errs = append(l.errs, e)
}

func (e *Error) locate(at place, main *source) {
	e.File, e.Line, e.Column, e.Excerpt = main.name, at.line, at.col, at.excerpt()
	if at.src != nil {
		e.File = at.src.name
	}
}

// section reads a mapping key by key, and knows in the end which keys nobody asked for.
type section struct {
	*loader
	n       *node
	known   []string
	missing []missing
}

// missing is a key that must be there and is not.
type missing struct{ key, example string }

// section returns the reader of a mapping; of anything else it reports an error and reads as an empty one.
func (l *loader) section(n *node, example string) *section {
	s := &section{loader: l, n: n}
	if n.kind != mapping {
		if n.kind != nothing {
			l.fail(n, "%s; write a mapping such as %s", wrongKind(n), example)
		}
		s.n = &node{kind: mapping, path: n.path, at: n.at}
		if n.kind == nothing {
			n.kind = mapping
			s.n = n
		}
	}
	return s
}

// wrongKind words what stands where something else should.
func wrongKind(n *node) string {
	switch n.kind {
	case scalar:
		return fmt.Sprintf("%q does not fit here", n.text)
	case nothing:
		return "a value is missing"
	}
	return n.kind.String() + " does not fit here"
}

// get returns the value of a key, or nil. An empty value counts as none.
func (s *section) get(key string) *node {
	s.known = append(s.known, key)
	if v := s.n.get(key); v != nil && v.kind != nothing {
		return v
	}
	return nil
}

// block returns the value of a key even when it is empty, as in lbfgs: {} or lbfgs: .
func (s *section) block(key string) *node {
	s.known = append(s.known, key)
	return s.n.get(key)
}

// need is get for a key that must be there.
func (s *section) need(key, example string) *node {
	v := s.get(key)
	if v == nil {
		s.lacks(key, example)
	}
	return v
}

// lacks notes a missing key. done reports it, unless a misspelt key there explains it.
func (s *section) lacks(key, example string) {
	s.missing = append(s.missing, missing{key, example})
}

// orDefault returns the value of a key; where there is none it writes the default into the mapping, so that the resolved
// file shows it.
func (s *section) orDefault(key, value string) *node {
	if v := s.get(key); v != nil {
		return v
	}
	v := &node{kind: scalar, text: value, path: join(s.n.path, key), at: s.n.at}
	s.n.put(key, v)
	return v
}

func (n *node) put(key string, v *node) {
	for i := range n.entries {
		if n.entries[i].key == key {
			n.entries[i].value = v
			return
		}
	}
	n.entries = append(n.entries, entry{key, v.at, v})
}

// done reports the keys that were not asked for and those that are missing.
func (s *section) done() {
	meant := map[string]bool{}
	for _, e := range s.n.entries {
		ok := false
		for _, k := range s.known {
			ok = ok || k == e.key
		}
		if ok {
			continue
		}
		meant[nearest.Name(e.key, s.known)] = true
		s.failAt(e.at, s.n.path, "unknown key %q; %s", e.key, oneOf(e.key, s.known))
	}
	for _, m := range s.missing {
		if !meant[m.key] {
			s.fail(s.n, "%s is missing; write %s: %s", m.key, m.key, m.example)
		}
	}
}

// oneOf words the nearest of the valid names, or all of them.
func oneOf(word string, valid []string) string {
	if near := nearest.Name(word, valid); near != "" {
		return fmt.Sprintf("did you mean %s?", near)
	}
	var once []string // keys that are asked for twice, and constraints that are their own part
	for _, v := range valid {
		if !slices.Contains(once, v) {
			once = append(once, v)
		}
	}
	if len(once) == 0 {
		return "none is expected here"
	}
	return "there are " + strings.Join(once, ", ")
}

// textOf is the text of a scalar.
func (l *loader) textOf(n *node, what string) (string, bool) {
	if n == nil {
		return "", false
	}
	if n.kind != scalar || strings.TrimSpace(n.text) == "" {
		l.fail(n, "%s; %s must stand here", wrongKind(n), what)
		return "", false
	}
	return n.text, true
}

// choice is one of several words.
func (l *loader) choice(n *node, what string, valid ...string) string {
	s, ok := l.textOf(n, what)
	if !ok {
		return ""
	}
	for _, v := range valid {
		if s == v {
			return s
		}
	}
	l.fail(n, "unknown %s %q; %s", what, s, oneOf(s, valid))
	return ""
}

// float is a number, which may be written as an expression in the constants: 1e-3, 0.01/pi.
func (l *loader) float(n *node) (float64, bool) {
	e, v, ok := l.quantity(n)
	if !ok || !l.fixed(n, e) {
		return 0, false
	}
	return v, true
}

// quantity is a number with the expression of it, in which a constant may be one of the curriculum; the number is with its own value.
func (l *loader) quantity(n *node) (ph.Expr, float64, bool) {
	s, ok := l.textOf(n, "a number")
	if !ok {
		return nil, 0, false
	}
	if v, err := strconv.ParseFloat(s, 64); err == nil && !math.IsInf(v, 0) && !math.IsNaN(v) && !strings.ContainsAny(s, "xX_") {
		return ph.Const(v), v, true
	}
	switch strings.ToLower(strings.TrimLeft(s, "+-")) {
	case ".inf", ".nan", "inf", "infinity", "nan":
		l.fail(n, "%s is not finite; a finite number must stand here", s)
		return nil, 0, false
	}
	e, ok := l.expr(n, ph.Env{Names: l.constants})
	if !ok {
		return nil, 0, false
	}
	v, err := number(e, nil)
	switch {
	case err != nil:
		l.fail(n, "%v", err)
	case math.IsNaN(v) || math.IsInf(v, 0):
		l.fail(n, "%s is %v; a finite number must stand here", s, v)
	default:
		return e, v, true
	}
	return nil, 0, false
}

// positive is a number above zero.
func (l *loader) positive(n *node) (float64, bool) {
	v, ok := l.float(n)
	if ok && !(v > 0) {
		l.fail(n, "%v is not positive", v)
		return 0, false
	}
	return v, ok
}

// integer is a whole number of at least min.
func (l *loader) integer(n *node, min int) (int, bool) {
	v, ok := l.float(n)
	switch {
	case !ok:
		return 0, false
	case v != math.Trunc(v) || math.Abs(v) > 1<<53:
		l.fail(n, "%s is not a whole number", n.text)
	case v < float64(min):
		l.fail(n, "%s is too small; it must be at least %d", n.text, min)
	default:
		return int(v), true
	}
	return 0, false
}

// boolean is true or false.
func (l *loader) boolean(n *node) bool { return l.choice(n, "choice", "true", "false") == "true" }

// floats is a list of n numbers, of any number of them if n is negative.
func (l *loader) floats(n *node, count int, example string) ([]float64, bool) {
	if n == nil {
		return nil, false
	}
	if n.kind != sequence || count >= 0 && len(n.items) != count || len(n.items) == 0 {
		l.fail(n, "%s; write a list of numbers such as %s", wrongKind(n), example)
		return nil, false
	}
	vs := make([]float64, len(n.items))
	all := true
	for i, it := range n.items {
		v, ok := l.float(it)
		vs[i], all = v, all && ok
	}
	return vs, all
}

// words is a list of texts, or one text.
func (l *loader) words(n *node, what string) []string {
	items := []*node{n}
	if n.kind == sequence {
		items = n.items
	}
	var list []string
	for _, it := range items {
		if s, ok := l.textOf(it, what); ok {
			list = append(list, s)
		}
	}
	return list
}
