package problemfile

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/crux-pinn/crux/internal/files/tree"
	"github.com/crux-pinn/crux/internal/nearest"
	ph "github.com/crux-pinn/crux/placeholder"
)

// loader turns nodes into a problem and collects mistakes on the way.
type loader struct {
	src        *tree.Source
	dir        string
	errs       Errors
	constants  map[string]ph.Expr // by which numbers may be written
	broken     map[string]bool    // names whose introduction is mistaken: what mentions them is not reported again
	nodes      map[string]*tree.Node
	selections []selection  // parameter patterns, to be checked against the paths there are
	unasked    []tree.Entry // keys that nobody asked for, with the mappings in which they stand
	total      int          // steps in all that are wanted; 0 means those of the file
}

// fail notes a mistake at a node. Of the format's result, what stands behind "; " is the way out.
func (l *loader) fail(n *tree.Node, format string, args ...any) {
	l.failAt(n.At, n.Path, format, args...)
}

func (l *loader) failAt(at tree.Place, path, format string, args ...any) {
	msg, suggestion, _ := strings.Cut(fmt.Sprintf(format, args...), "; ")
	e := &Error{Path: path, Message: msg, Suggestion: suggestion}
	e.Locate(at, l.src)
	l.errs = append(l.errs, e)
}

// harmless reports texts that a terminal would obey when they are printed.
func (l *loader) harmless(n *tree.Node) {
	bad := func(s string) bool {
		return strings.ContainsFunc(s, func(c rune) bool { return unicode.IsControl(c) && c != '\n' && c != '\t' && c != '\r' })
	}
	if bad(n.Text) {
		l.fail(n, "%q has a control character; leave it out", n.Text)
	}
	for _, it := range n.Items {
		l.harmless(it)
	}
	for _, e := range n.Entries {
		if bad(e.Key) {
			l.failAt(e.At, n.Path, "%q has a control character; leave it out", e.Key)
		}
		l.harmless(e.Value)
	}
}

// wrongKind words what stands where something else should.
func wrongKind(n *tree.Node) string {
	switch n.Kind {
	case tree.Scalar:
		return fmt.Sprintf("%q does not fit here", n.Text)
	case tree.Nothing:
		return "a value is missing"
	}
	return n.Kind.String() + " does not fit here"
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
func (l *loader) textOf(n *tree.Node, what string) (string, bool) {
	if n == nil {
		return "", false
	}
	if n.Kind != tree.Scalar || strings.TrimSpace(n.Text) == "" {
		l.fail(n, "%s; %s must stand here", wrongKind(n), what)
		return "", false
	}
	return n.Text, true
}

// choice is one of several words.
func (l *loader) choice(n *tree.Node, what string, valid ...string) string {
	s, ok := l.textOf(n, what)
	if !ok {
		return ""
	}
	if !slices.Contains(valid, s) {
		l.fail(n, "unknown %s %q; %s", what, s, oneOf(s, valid))
		return ""
	}
	return s
}

// float is a number, which may be written as an expression in the constants: 1e-3, 0.01/pi.
func (l *loader) float(n *tree.Node) (float64, bool) {
	e, v, ok := l.quantity(n)
	if !ok || !l.fixed(n, e) {
		return 0, false
	}
	return v, true
}

// quantity is a number with the expression of it, in which a constant may be one of the curriculum; the number is with its own value.
func (l *loader) quantity(n *tree.Node) (ph.Expr, float64, bool) {
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
func (l *loader) positive(n *tree.Node) (float64, bool) {
	v, ok := l.float(n)
	if ok && !(v > 0) {
		l.fail(n, "%v is not positive", v)
		return 0, false
	}
	return v, ok
}

// integer is a whole number of at least min.
func (l *loader) integer(n *tree.Node, min int) (int, bool) {
	v, ok := l.float(n)
	switch {
	case !ok:
		return 0, false
	case math.Abs(v) > 1<<53:
		l.fail(n, "%s is larger than anything that fits", n.Text)
	case v != math.Trunc(v):
		l.fail(n, "%s is not a whole number", n.Text)
	case v < float64(min):
		l.fail(n, "%s is too small; it must be at least %d", n.Text, min)
	default:
		return int(v), true
	}
	return 0, false
}

// boolean is true or false.
func (l *loader) boolean(n *tree.Node) bool { return l.choice(n, "choice", "true", "false") == "true" }

// floats is a list of n numbers, of any number of them if n is negative.
func (l *loader) floats(n *tree.Node, count int, example string) ([]float64, bool) {
	if n == nil {
		return nil, false
	}
	if n.Kind != tree.Sequence || count >= 0 && len(n.Items) != count || len(n.Items) == 0 {
		l.fail(n, "%s; write a list of numbers such as %s", wrongKind(n), example)
		return nil, false
	}
	vs := make([]float64, len(n.Items))
	all := true
	for i, it := range n.Items {
		v, ok := l.float(it)
		vs[i], all = v, all && ok
	}
	return vs, all
}

// words is a list of texts, or one text.
func (l *loader) words(n *tree.Node, what string) []string {
	var list []string
	for _, it := range itemsOf(n) {
		if s, ok := l.textOf(it, what); ok {
			list = append(list, s)
		}
	}
	return list
}
