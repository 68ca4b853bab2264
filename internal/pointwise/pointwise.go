// Package pointwise evaluates expressions at one point, exactly and slowly, straight from their meaning. What must be sure
// before anything is compiled asks it: conditions built in, the data of problem files; and it is the oracle of the
// compiler's tests, as it shares nothing with the compiler: every derivative comes from nested dual numbers
// (product rule and Taylor series, no derivative rules of package placeholder for its own functions), at a cost of
// about 3^n multiplications for n nested derivatives. For arithmetic at many points there is Function.
package pointwise

import (
	"fmt"

	ph "github.com/crux-pinn/crux/placeholder"
)

// Point is everything on which the value of an expression depends.
type Point struct {
	Coords  map[*ph.Coord]float64
	Params  map[*ph.Param][]float64  // matrices row by row
	Bounds  map[*ph.Coord][2]float64 // for ph.Normalize
	Columns map[string]float64       // the row of the data columns
	Normals map[*ph.Coord]float64    // the outward normal
	Along   map[*ph.Param][]float64  // for Directional: the direction in parameter space
}

// Eval returns the components of e at the point.
func Eval(e ph.Expr, p Point) ([]float64, error) {
	jets, err := evaluate(e, p, 0)
	if err != nil {
		return nil, err
	}
	v := make([]float64, len(jets))
	for i, j := range jets {
		v[i] = j[0]
	}
	return v, nil
}

// Directional returns d/dη e(θ + ηv) at η = 0 for each component of e, where θ are the parameters and v is Along;
// parameters without an entry in Along stay fixed.
func Directional(e ph.Expr, p Point) ([]float64, error) {
	jets, err := evaluate(e, p, 1)
	if err != nil {
		return nil, err
	}
	v := make([]float64, len(jets))
	for i, j := range jets {
		v[i] = j.at(1)
	}
	return v, nil
}

// mistake carries an error out of the recursion to evaluate.
type mistake struct{ err error }

func fail(format string, args ...any) {
	panic(mistake{fmt.Errorf("pointwise: "+format, args...)})
}

func evaluate(e ph.Expr, p Point, used int) (v []jet, err error) {
	if e == nil {
		return nil, fmt.Errorf("pointwise: no expression")
	}
	if e.Err() != nil {
		return nil, e.Err()
	}
	defer func() {
		if r := recover(); r != nil {
			m, ok := r.(mistake)
			if !ok {
				panic(r)
			}
			v, err = nil, m.err
		}
	}()
	coords := make(map[*ph.Coord]jet, len(p.Coords))
	for c, x := range p.Coords {
		coords[c] = number(x)
	}
	s := &state{point: p, coords: coords, used: used, seen: map[ph.Expr][]jet{}}
	if used > 0 {
		s.direction = infinitesimal(0)
	}
	return s.eval(e), nil
}

// state is the meaning of the coordinates at one place of the recursion. It is never changed: a derivative, a
// substitution and an integral evaluate their operand in a state of its own.
type state struct {
	point     Point
	coords    map[*ph.Coord]jet
	used      int // infinitesimals in use
	direction jet // the infinitesimal along Point.Along, or nil
	seen      map[ph.Expr][]jet
}

// with returns the state in which coordinate c has another value and more infinitesimals are in use.
func (s *state) with(c *ph.Coord, v jet, more int) *state {
	n := *s
	n.coords = make(map[*ph.Coord]jet, len(s.coords)+1)
	for k, x := range s.coords {
		n.coords[k] = x
	}
	n.coords[c] = v
	n.used += more
	n.seen = map[ph.Expr][]jet{}
	return &n
}

func (s *state) eval(e ph.Expr) []jet {
	if v, ok := s.seen[e]; ok {
		return v
	}
	v := s.apply(e)
	if len(v) != e.Dim() {
		fail("%s has %d components, its Dim is %d", e.Op(), len(v), e.Dim())
	}
	s.seen[e] = v
	return v
}

func (s *state) coord(c *ph.Coord) jet {
	v, ok := s.coords[c]
	if !ok {
		fail("coordinate %s has no value", c.Name())
	}
	return v
}

func (s *state) apply(e ph.Expr) []jet {
	args := e.Args()
	switch e.Op() {
	case ph.OpConst:
		return []jet{number(e.Attr().(float64))}
	case ph.OpCoord:
		return []jet{s.coord(e.Attr().(*ph.Coord))}
	case ph.OpParam:
		return s.param(e.Attr().(*ph.Param))
	case ph.OpField:
		return s.eval(e.Attr().(*ph.Field).Body())
	case ph.OpColumn:
		v, ok := s.point.Columns[e.Attr().(string)]
		if !ok {
			fail("column %q has no value", e.Attr())
		}
		return []jet{number(v)}
	case ph.OpNormal:
		v, ok := s.point.Normals[e.Attr().(*ph.Coord)]
		if !ok {
			fail("the normal along %s has no value", e.Attr().(*ph.Coord).Name())
		}
		return []jet{number(v)}
	case ph.OpNormalize:
		return s.normalize(args[0])
	case ph.OpD:
		return s.derivative(args[0], e.Attr().([]*ph.Coord))
	case ph.OpAt:
		return s.with(e.Attr().(*ph.Coord), s.eval(args[1])[0], 0).eval(args[0])
	case ph.OpIntegral:
		return s.integrate(e.Attr().(*ph.Integral), args[0], s.eval(args[1])[0], s.eval(args[2])[0])
	case ph.OpAffine:
		return s.affine(args)
	case ph.OpNamed:
		return s.eval(args[0])
	case ph.OpSlice:
		r := e.Attr().(ph.Range)
		return s.eval(args[0])[r.Lo:r.Hi]
	case ph.OpConcat:
		var v []jet
		for _, a := range args {
			v = append(v, s.eval(a)...)
		}
		return v
	case ph.OpSum:
		sum := number(0)
		for _, j := range s.eval(args[0]) {
			sum = sum.add(j)
		}
		return []jet{sum}
	}
	return s.elementwise(e, args)
}

// normalize maps [lo, hi] onto [−1, 1].
func (s *state) normalize(in ph.Expr) []jet {
	parts := []ph.Expr{in}
	if in.Op() == ph.OpConcat {
		parts = in.Args()
	}
	v := make([]jet, len(parts))
	for i, x := range parts {
		c, _ := x.Attr().(*ph.Coord)
		b, ok := s.point.Bounds[c]
		if !ok {
			fail("a coordinate to be normalised has no bounds")
		}
		v[i] = s.eval(x)[0].sub(number(b[0])).scale(2 / (b[1] - b[0])).sub(number(1))
	}
	return v
}

func (s *state) param(p *ph.Param) []jet {
	v, ok := s.point.Params[p]
	if c, constant := p.Constant(); !ok && constant {
		v, ok = []float64{c}, true
	}
	if !ok || len(v) != p.Size() {
		fail("parameter %s has %d values, it needs %d", p.Path(), len(v), p.Size())
	}
	along := s.point.Along[p]
	if along != nil && len(along) != len(v) {
		fail("the direction along parameter %s has %d values, it needs %d", p.Path(), len(along), len(v))
	}
	j := make([]jet, len(v))
	for i := range v {
		j[i] = number(v[i])
		if s.direction != nil && along != nil {
			j[i] = j[i].add(s.direction.scale(along[i]))
		}
	}
	return j
}

// affine is out_j = Σ_i in_i W_ij + b_j.
func (s *state) affine(args []ph.Expr) []jet {
	in, weight := s.eval(args[0]), args[1].Attr().(*ph.Param)
	w, n := s.param(weight), weight.Shape()[1]
	out := make([]jet, n)
	for j := range out {
		out[j] = number(0)
		if len(args) == 3 {
			out[j] = s.eval(args[2])[j]
		}
		for i, x := range in {
			out[j] = out[j].add(x.mul(w[i*n+j]))
		}
	}
	return out
}
