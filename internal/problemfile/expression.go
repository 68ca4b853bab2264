package problemfile

import (
	"errors"
	"fmt"
	"strings"

	"github.com/crux-pinn/crux/internal/files/tree"
	"github.com/crux-pinn/crux/internal/pointwise"
	ph "github.com/crux-pinn/crux/placeholder"
)

// expr reads an expression. A mistake in it is reported where it stands in the file.
func (l *loader) expr(n *tree.Node, env ph.Env) (ph.Expr, bool) {
	s, ok := l.textOf(n, "an expression")
	if !ok {
		return nil, false
	}
	if l.nodes == nil {
		l.nodes = map[string]*tree.Node{}
	}
	l.nodes[n.Path] = n
	if l.mentionsBroken(s) {
		return nil, false
	}
	e, err := ph.ParseNamed(n.Path, s, env)
	if err != nil {
		l.errs = append(l.errs, located(err, n, l.src))
		return nil, false
	}
	return e, true
}

// mentionsBroken reports whether a text refers to a name that could not be introduced, derivatives included.
func (l *loader) mentionsBroken(text string) bool {
	if len(l.broken) == 0 {
		return false
	}
	for _, s := range ph.Names(text) {
		for ; s != ""; s = s[:max(0, strings.LastIndexByte(s, '_'))] {
			if l.broken[s] {
				return true
			}
		}
	}
	return false
}

// located turns an error of an expression into one of the file.
func located(err error, n *tree.Node, main *tree.Source) *Error {
	at, msg := n.At, err.Error()
	if bad, ok := errors.AsType[*ph.Error](err); ok {
		msg = bad.Msg
		if bad.Pos.Line > 0 && bad.Pos.Col > 0 {
			at = n.Within(bad.Pos.Line, bad.Pos.Col)
		}
	}
	msg, suggestion, _ := strings.Cut(msg, "; ")
	if strings.HasSuffix(msg, "is never closed") && cutShort(n.Behind()) {
		suggestion = `within { } a comma ends a value, so write what has commas in quotes, as in "diff(k*u_x, x)"`
	}
	e := &Error{Path: n.Path, Message: msg, Suggestion: suggestion}
	e.Locate(at, main)
	return e
}

// cutShort reports whether what stands behind an expression is the rest of it: behind a comma a bracket is closed before the next key.
func cutShort(behind string) bool {
	rest, comma := strings.CutPrefix(behind, ",")
	i := strings.IndexAny(rest, ")]:{")
	return comma && i >= 0 && strings.ContainsRune(")]", rune(rest[i]))
}

// number is the value of an expression that depends on parameters at most.
func number(e ph.Expr, value func(*ph.Param) float64) (float64, error) {
	if e.Dim() != 1 {
		return 0, fmt.Errorf("it has %d components; a number must stand here", e.Dim())
	}
	at := pointwise.Point{}
	if value != nil {
		at.Params = map[*ph.Param][]float64{}
		for _, p := range parameters(e) {
			at.Params[p] = []float64{value(p)}
		}
	}
	v, err := pointwise.Eval(e, at)
	if err != nil {
		return 0, err
	}
	return v[0], nil
}
