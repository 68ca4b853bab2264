package crux

import (
	"fmt"
	"slices"
	"strings"

	ph "github.com/crux-pinn/crux/placeholder"
)

// windowed is a field with networks for every window; see Windows for the formula.
type windowed struct {
	field *ph.Field
	order int // m
	// of each window but the last: the parameters that it has left behind, and the function of the coordinates that they make
	frozen []map[*ph.Param]*ph.Param
	past   []ph.Expr
	// of each window: the same with trainable parameters, valid within it, and continued by the past everywhere before
	now, whole []ph.Expr
}

// build writes down the functions of all windows.
func (w *windowed) build(m *march) {
	f, t := w.field, m.Coord
	body := f.Body()
	params := paramsOf(body)
	for k := range len(m.ends) - 1 {
		a, b := m.ends[k], m.ends[k+1]
		var start []ph.Expr // ∂ⁱM/∂tⁱ at a
		if k > 0 {
			d := w.past[k-1]
			for range w.order {
				start = append(start, d.At(t, a))
				d = d.D(t)
			}
		}
		// the window's own time, as long as the whole axis
		lo, hi := m.ends[0], m.ends[len(m.ends)-1]
		own := t.Scale((hi - lo) / (b - a)).Shift(lo - a*(hi-lo)/(b-a))
		function := func(net ph.Expr) ph.Expr {
			n := net.Subst(t, own)
			if len(start) == 0 {
				return n
			}
			s := t.Shift(-a).Scale(1 / (b - a)).Pow(float64(w.order))
			tau := ph.Const(m.Onset).Pow(float64(w.order))
			sum := s.Div(s.Add(tau)).Mul(n)
			factor := ph.Const(1)
			for i, d := range start {
				sum = sum.Add(factor.Mul(d))
				factor = factor.Mul(t.Shift(-a)).Scale(1 / float64(i+1))
			}
			return sum
		}
		now := function(body)
		w.now = append(w.now, ph.Define(f.Name(), now))
		everywhere := now
		for j := k - 1; j >= 0; j-- {
			everywhere = ph.Where(ph.Compare(t, ph.Less, ph.Const(m.ends[j+1])), w.past[j], everywhere)
		}
		w.whole = append(w.whole, ph.Define(f.Name(), everywhere))
		if k == m.last() {
			break
		}
		frozen := map[*ph.Param]*ph.Param{}
		for _, p := range params {
			if p.Fixed() {
				continue // one for all windows
			}
			head, tail, _ := strings.Cut(p.Path(), "/")
			frozen[p] = p.Frozen(fmt.Sprintf("%s/window%d/%s", head, k+1, tail))
		}
		w.frozen = append(w.frozen, frozen)
		w.past = append(w.past, function(ph.Replace(body, func(e ph.Expr) ph.Expr {
			if p, ok := e.Attr().(*ph.Param); ok && frozen[p] != nil {
				return frozen[p]
			}
			return nil
		})))
	}
}

// in is an expression of the user's as it is in window k: within the window only, for training, or everywhere.
func (m *march) in(e ph.Expr, k int, everywhere bool) ph.Expr {
	if m == nil {
		return e
	}
	return ph.Replace(e, func(e ph.Expr) ph.Expr {
		f, _ := e.Attr().(*ph.Field)
		switch w := m.fields[f]; {
		case w == nil:
			return nil
		case everywhere:
			return w.whole[k]
		default:
			return w.now[k]
		}
	})
}

func fieldsOf(e ph.Expr) []*ph.Field {
	var list []*ph.Field
	for part := range ph.Walk(e, nil) {
		if f, ok := part.Attr().(*ph.Field); ok && !slices.Contains(list, f) {
			list = append(list, f)
		}
	}
	return list
}

// paramsOf are the parameters of a network, or of a residual outside of networks.
func paramsOf(e ph.Expr) []*ph.Param {
	var list []*ph.Param
	for part := range ph.Walk(e, nil) {
		if p, ok := part.Attr().(*ph.Param); ok {
			list = append(list, p)
		}
	}
	return list
}

// orderOf is the highest derivative along t of a field in an expression.
func orderOf(e ph.Expr, f *ph.Field, t *ph.Coord) int {
	return max(0, ph.Order(e, t, func(part ph.Expr) (is, inside bool) { return part.Attr() == any(f), true }))
}
