package crux

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	ph "github.com/crux-pinn/crux/placeholder"
)

// windowed is a field with networks for every window; see Windows for the formula.
type windowed struct {
	field *ph.Field
	order int // m
	// of each window but the last: the parameters that it has left behind, and the function of the coordinates that they make
	frozen []map[*ph.Param]*ph.Param
	past   []ph.Expr
	units  [][]*ph.Param // of each window, by component: of its network; none for the first
	// of each window: the same with trainable parameters, valid within it, and continued by the past everywhere before
	now, whole []ph.Expr
}

// build writes down the functions of all windows of the coordinate t.
func (w *windowed) build(t *ph.Coord, ends []float64, onset float64) {
	f := w.field
	body := f.Body()
	params := ph.Occurring[*ph.Param](body)
	for k := range len(ends) - 1 {
		a, b := ends[k], ends[k+1]
		var start []ph.Expr // ∂ⁱM/∂tⁱ at a
		if k > 0 {
			d := w.past[k-1]
			for range w.order {
				start = append(start, d.At(t, a))
				d = d.D(t)
			}
		}
		// the window's own time, as long as the whole axis
		lo, hi := ends[0], ends[len(ends)-1]
		own := t.Scale((hi - lo) / (b - a)).Shift(lo - a*(hi-lo)/(b-a))
		back := t.Shift(-lo).Scale((b - a) / (hi - lo)).Shift(a)
		var units []*ph.Param
		for c := range f.Dim() {
			if k > 0 {
				units = append(units, ph.NewParam(f.Name(), 1).Frozen(fmt.Sprintf("%s/window%d/unit%d", f.Name(), k+1, c)))
			}
		}
		w.units = append(w.units, units)
		function := func(net ph.Expr) ph.Expr {
			n := placed(f, net, t, back).Subst(t, own)
			if k > 0 {
				n = n.Mul(inOne(units))
			}
			if len(start) == 0 {
				return n
			}
			s := t.Shift(-a).Scale(1 / (b - a)).Pow(float64(w.order))
			tau := ph.Const(onset).Pow(float64(w.order))
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
			everywhere = ph.Where(ph.Compare(t, ph.Less, ph.Const(ends[j+1])), w.past[j], everywhere)
		}
		w.whole = append(w.whole, ph.Define(f.Name(), everywhere))
		if k == len(ends)-2 {
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

// placed is the function of a network in which inputs that stay where they are have the time that they had before it is replaced: back is
// the inverse of what replaces it.
func placed(f *ph.Field, net ph.Expr, t *ph.Coord, back ph.Expr) ph.Expr {
	m, ok := f.Module().(ph.Placed)
	if !ok {
		return net
	}
	stay := m.Placed()
	return ph.Replace(net, func(part ph.Expr) ph.Expr {
		if slices.Contains(stay, part) {
			return part.Subst(t, back)
		}
		return nil
	})
}

// inOne are parameters as one vector.
func inOne(params []*ph.Param) ph.Expr {
	parts := make([]ph.Expr, len(params))
	for i, p := range params {
		parts[i] = p
	}
	return ph.Concat(parts...)
}

// measureUnits gives the networks of window k, which begins at a time, the units in which they are trained: powers of two, as large as the
// field has become there and at least 1, so that a solution that grows without bound leaves its networks with numbers of order one. Their last
// layers are divided by as much, so that they begin as the functions that they were: of an exponent in exp(t*N), units of 64 would otherwise
// make numbers beyond all. Networks that do not end in a layer keep their units.
func (s *Solver) measureUnits(w *windowed, k int, t *ph.Coord, at float64) error {
	most := make([]float64, w.field.Dim())
	for j := range s.sets {
		ev, err := s.compileOn(w.past[k-1].At(t, at), s.points[j].cloud)
		if err != nil {
			return err
		}
		v, err := ev.Eval()
		if err != nil {
			return err
		}
		for c := range most {
			most[c] = max(most[c], mat.Norm(v.ColView(c), math.Inf(1)))
		}
	}
	unitOf := func(k, c int) *float64 {
		at, _, _ := s.layout.Lookup(w.units[k][c].Path())
		return &s.fixed[at.Offset]
	}
	for c := range w.units[k] {
		before := 1.0
		if k > 1 {
			before = *unitOf(k-1, c)
		}
		_, exponent := math.Frexp(max(1, most[c]))
		unit := math.Ldexp(1, exponent-1)
		if !s.scaleOutput(w.field, c, before/unit) {
			unit = before
		}
		*unitOf(k, c) = unit
	}
	return nil
}

// scaleOutput multiplies a component of what the network of a field puts out by a factor, in its last layer; false if it does not end in one.
func (s *Solver) scaleOutput(f *ph.Field, c int, by float64) bool {
	body := f.Body()
	if body.Op() != ph.OpAffine {
		return false
	}
	params := body.Args()[1:] // of weights, in × out, row by row, and perhaps of a bias
	if slices.ContainsFunc(params, func(e ph.Expr) bool { return e.Attr().(*ph.Param).Fixed() }) {
		return false
	}
	for _, e := range params {
		at, _, _ := s.layout.Lookup(e.Attr().(*ph.Param).Path())
		for i := c; i < at.Len; i += f.Dim() {
			s.theta[at.Offset+i] *= by
		}
	}
	return true
}

// fieldsInWindows are the fields of a problem with windows.
type fieldsInWindows map[*ph.Field]*windowed

// in is an expression with other functions in the place of the fields.
func (fs fieldsInWindows) in(e ph.Expr, function func(*windowed) ph.Expr) ph.Expr {
	return ph.Replace(e, func(e ph.Expr) ph.Expr {
		f, _ := e.Attr().(*ph.Field)
		if w := fs[f]; w != nil {
			return function(w)
		}
		return nil
	})
}

// orderOf is the highest derivative along t of a field in an expression.
func orderOf(e ph.Expr, f *ph.Field, t *ph.Coord) int {
	return max(0, ph.Order(e, t, func(part ph.Expr) (is, inside bool) { return part.Attr() == any(f), true }))
}
