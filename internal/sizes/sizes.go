// Package sizes tells how large expressions are, to the order of magnitude and without a network.
package sizes

import (
	"math"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/pointwise"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Component is a component of an unknown function.
type Component struct {
	Field *ph.Field
	Index int
}

// Sizes tells how large expressions are: parts without unknowns are looked at where they
// hold, a derivative of an unknown function is its size over lengths, a product the product of sizes, and a sum the largest of them.
//
// Sizes scale as what they are of: in other units, by a power of two, every size is another one by the power of two that belongs to it,
// exactly.
type Sizes struct {
	Of      map[Component]float64 // of unknown functions; 1 for what is not there
	Numbers map[*ph.Param]float64 // of unknown numbers; 1 for what is not there
	Lengths map[*ph.Coord]float64 // in which functions change; 1 for what is not there
	At      *domain.Cloud         // where the parts without unknowns are looked at; nil where that cannot be

	Peaks *Peaks // where they are looked at once more, if they may have narrow peaks; nil where they are not
}

// Looks is the number of points at which a part is looked at.
const Looks = 64

// Size is that of the largest component.
func (s *Sizes) Size(e ph.Expr) float64 {
	if !ph.Contains(e, ph.Unknown) {
		if v := s.Largest(e); !math.IsNaN(v) {
			return v
		}
	}
	if v := s.bounded(e); !math.IsNaN(v) {
		return v
	}
	a := e.Args()
	switch e.Op() {
	case ph.OpConst:
		return math.Abs(e.Attr().(float64))
	case ph.OpField:
		f, most := e.Attr().(*ph.Field), 0.0
		for k := range f.Dim() {
			most = max(most, Or1(s.Of, Component{f, k}))
		}
		return most
	case ph.OpParam:
		return Or1(s.Numbers, e.Attr().(*ph.Param))
	case ph.OpSlice:
		if f, ok := a[0].Attr().(*ph.Field); ok {
			r, most := e.Attr().(ph.Range), 0.0
			for k := r.Lo; k < r.Hi; k++ {
				most = max(most, Or1(s.Of, Component{f, k}))
			}
			return most
		}
		return s.Size(a[0])
	case ph.OpMul:
		return s.Size(a[0]) * s.Size(a[1])
	case ph.OpDiv:
		return s.Size(a[0]) / s.Size(a[1])
	case ph.OpPow:
		return math.Pow(s.Size(a[0]), e.Attr().(float64))
	case ph.OpD:
		v := s.Size(a[0])
		for _, c := range e.Attr().([]*ph.Coord) {
			v /= Or1(s.Lengths, c)
		}
		return v
	case ph.OpIntegral:
		return s.Size(a[0]) * max(s.Size(a[1]), s.Size(a[2]))
	case ph.OpUnary:
		return unarySize(e.Attr().(*ph.Unary).Name, s.Size(a[0]))
	case ph.OpCompare, ph.OpNormal, ph.OpNormalize:
		return 1
	case ph.OpWhere:
		return max(s.Size(a[1]), s.Size(a[2]))
	case ph.OpAt, ph.OpNamed, ph.OpNeg, ph.OpSum:
		return s.Size(a[0])
	case ph.OpAdd, ph.OpSub, ph.OpMin, ph.OpMax, ph.OpConcat:
		most := 0.0
		for _, x := range a {
			most = max(most, s.Size(x))
		}
		return most
	}
	return 1
}

// unarySize is the size of a function of something of a size.
func unarySize(name string, of float64) float64 {
	switch name {
	case "sin", "tanh", "erf", "atan", "asin":
		return min(of, 1)
	case "abs":
		return of
	case "sqrt":
		return math.Sqrt(of)
	case "exp", "cosh", "sinh":
		return math.Exp(min(of, 300))
	}
	return 1
}

// Or1 is what a map has for a key, or 1.
func Or1[K comparable](m map[K]float64, k K) float64 {
	if v, ok := m[k]; ok {
		return v
	}
	return 1
}

// First is the first guess of an unknown number.
func First(p *ph.Param) float64 {
	v := []float64{0}
	p.Initialize(nil, v)
	return v[0]
}

// bounded is the size of an exponential whose argument has a size but is not positive: exp(−x) is at most 1, and where only numbers are
// unknown it is looked at with their sizes, and the signs of their first guesses. The exponential of the size of the argument would be as
// large as exp(156) for a bell. NaN for all others.
func (s *Sizes) bounded(e ph.Expr) float64 {
	f, ok := e.Attr().(*ph.Unary)
	if !ok || e.Op() != ph.OpUnary || f.Name != "exp" {
		return math.NaN()
	}
	if !ph.Contains(e, func(part ph.Expr) bool { return part.Op() == ph.OpField }) {
		guessed := ph.Replace(e, func(part ph.Expr) ph.Expr {
			p, ok := part.Attr().(*ph.Param)
			if !ok || part.Op() != ph.OpParam || len(p.Shape()) > 0 {
				return nil
			}
			return ph.Const(math.Copysign(Or1(s.Numbers, p), First(p)))
		})
		if v := s.Largest(guessed); !math.IsNaN(v) {
			return v
		}
	}
	if negative(e.Args()[0]) {
		return 1
	}
	return math.NaN()
}

// negative reports whether an expression has a minus in front.
func negative(e ph.Expr) bool {
	a := e.Args()
	switch e.Op() {
	case ph.OpNamed:
		return negative(a[0])
	case ph.OpNeg:
		return true
	case ph.OpConst:
		return e.Attr().(float64) < 0
	case ph.OpMul:
		return negative(a[0]) != negative(a[1])
	case ph.OpDiv:
		return negative(a[0])
	}
	return false
}

// Largest is the largest absolute value of a part without unknowns where it holds; NaN if that cannot be told.
func (s *Sizes) Largest(e ph.Expr) float64 {
	if s.At == nil || s.At.Len() == 0 || ph.Contains(e, func(part ph.Expr) bool { return part.Op() == ph.OpNormalize }) {
		return math.NaN()
	}
	most := largest(e, s.At)
	if s.Peaks != nil && !math.IsNaN(most) {
		if dense := s.Peaks.largest(e); dense > peaked*most {
			return dense
		}
	}
	return most
}

// largest is the largest absolute value at some of the points.
func largest(e ph.Expr, on *domain.Cloud) float64 {
	at := pointwise.Point{
		Coords: map[*ph.Coord]float64{}, Columns: map[string]float64{}, Normals: map[*ph.Coord]float64{},
		Params: Constants(e),
	}
	most, n := 0.0, on.Len()
	for i := 0; i < n; i += max(1, n/Looks) {
		for j, c := range on.Coords {
			at.Coords[c] = on.Row(i)[j]
			if on.Normals != nil {
				at.Normals[c] = on.Normals[i*len(on.Coords)+j]
			}
		}
		for name, column := range on.Columns {
			at.Columns[name] = column[i]
		}
		v, err := pointwise.Eval(e, at)
		if err != nil {
			return math.NaN()
		}
		for _, x := range v {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return math.NaN()
			}
			most = max(most, math.Abs(x))
		}
	}
	return most
}

// Power is the power of two next to a number above zero, in the sense of ratios.
func Power(v float64) float64 {
	m, e := math.Frexp(v)
	if m < math.Sqrt2/2 {
		e--
	}
	return math.Ldexp(1, e)
}

// Constants are the values of constants in an expression.
func Constants(e ph.Expr) map[*ph.Param][]float64 {
	values := map[*ph.Param][]float64{}
	for _, p := range ph.Occurring[*ph.Param](e) {
		if v, ok := p.Constant(); ok {
			values[p] = []float64{v}
		}
	}
	return values
}
